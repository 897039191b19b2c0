"""Reads a file into a Document."""
