"""Base models: found, their shapes, loaded by TRL or Unsloth, spread over GPUs, and written out whole."""
