"""Prefect flows, settings and the command line around the three packages below."""
