"""The models that ship with the project, and the scripts that train them from nothing."""

from pathlib import Path

STARTER_T5 = Path(__file__).parent / "t5"
"""The folder of the starter question model."""
