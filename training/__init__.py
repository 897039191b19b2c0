"""Splits pairs, trains adapters on them, and judges the adapters."""
