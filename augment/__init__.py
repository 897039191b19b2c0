"""Asks questions of a Document, checks them, and varies the pairs for training."""
