"""The commands that other programs serve an exported model with. None of them is run here."""

from __future__ import annotations

import json
import shlex
from pathlib import Path

QUESTION = "What does LoRA stand for?"
GGUF_TYPES = {"bfloat16": "bf16", "float16": "f16", "float32": "f32"}


def commands(folder: Path, dtype: str, *, quantised: bool) -> tuple[tuple[str, str], ...]:
    """Titles and shell commands for the model in `folder`, whose weights are stored as `dtype`.

    llama.cpp converts no folder that is quantised already: it rounds weights of 16 bits itself.
    """
    name, place = folder.name, shlex.quote(str(folder))
    asked = {"model": name, "temperature": 0, "messages": [{"role": "user", "content": QUESTION}]}
    served = (
        (
            "vLLM",
            f"vllm serve {place} --served-model-name {shlex.quote(name)}\n"
            "curl http://localhost:8000/v1/chat/completions -H 'Content-Type: application/json' \\\n"
            f"  -d {shlex.quote(json.dumps(asked))}",
        ),
    )
    if quantised:
        return served
    gguf, small = (shlex.quote(f"{folder}{suffix}.gguf") for suffix in ("", "-Q4_K_M"))
    return (
        *served,
        (
            "llama.cpp",
            f"python llama.cpp/convert_hf_to_gguf.py {place} --outfile {gguf} --outtype {GGUF_TYPES[dtype]}\n"
            f"llama-cli -m {gguf} --jinja --temp 0 -st -p {shlex.quote(QUESTION)}",
        ),
        (
            "llama.cpp, in four bits",
            f"llama-quantize {gguf} {small} Q4_K_M\n"
            f"llama-cli -m {small} --jinja --temp 0 -st -p {shlex.quote(QUESTION)}",
        ),
    )
