"""How fast Quire trains, how much memory that takes and whether it learns the same, beside TRL as it comes.

    python -m tests.bench_training [--shape starter|tiny|qwen2.5-3b|tinyllama-1.1b] [--unsloth PYTHON] [--rows FILE]
    python -m tests.bench_training --all --rows FILE     both large shapes, 2 x 4 and 2 x 16 rows a step, on a GPU

Every contender trains QLoRA adapters of rank 16 on all linear layers, at dropout 0, from the same random weights on the
same rows in the same order, in a process of its own; three runs of each take turns, and their medians are told. TRL and
Unsloth are at their defaults otherwise. "Quire" chooses by itself; "Quire, tight" keeps four bits, two rows at once and
no activations. TRL's losses part a little from Quire's, as it keeps the adapters of a base in four bits in bfloat16.
Finished runs stand in FILE, a JSON line each: called again with the same FILE, what is missing is done, and what cannot
run is told with its reason. `--unsloth` names the interpreter of an environment that has Unsloth.

Tokens a second count no padding, and leave out the first steps. The memory is the most that was reserved on the GPU, or
the process's own on a processor. Useful FLOPs of a row of L tokens, s of them learnt:

    (4 N + 6 n) L + 4 H s + 6 d l L^2

N weights in frozen linear layers (2 forward, 2 for the gradient of their input: none for their own), n in adapters
(2 forward, 4 backward), H in the output head, d l the widths of attention over all layers (causal: L/2 keys a query, QK
and AV, forward and twice that backward). What is computed twice is not counted twice, as in PaLM's utilisation
(Chowdhery et al. 2022, appendix B, which has 6 N as it learns every weight). They are held against the datasheet's
dense bfloat16 peak of the GPU where it is known, else against a large matrix product here.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median
from typing import Any

os.environ.setdefault("OMP_NUM_THREADS", "1")

import torch
from rich.console import Console
from rich.table import Table

from tests.bench_training_contender import RANK, rows
from training.base.models import STARTER

CONTENDER = Path(__file__).parent / "bench_training_contender.py"
RUNS, LONGEST_RUN = 3, 300
SET = {"OMP_WAIT_POLICY": "PASSIVE", "PYTORCH_ALLOC_CONF": "expandable_segments:True"}
"""As a training's process has it, for all alike."""

SHAPES: dict[str, dict[str, Any]] = {
    "tiny": {
        "model_type": "qwen2",
        "hidden_size": 64,
        "intermediate_size": 160,
        "num_hidden_layers": 2,
        "num_attention_heads": 4,
        "num_key_value_heads": 2,
        "vocab_size": 6144,
        "tie_word_embeddings": True,
    },
    "qwen2.5-3b": {
        "model_type": "qwen2",
        "hidden_size": 2048,
        "intermediate_size": 11008,
        "num_hidden_layers": 36,
        "num_attention_heads": 16,
        "num_key_value_heads": 2,
        "vocab_size": 151936,
        "max_position_embeddings": 32768,
        "rope_parameters": {"rope_type": "default", "rope_theta": 1000000.0},
        "tie_word_embeddings": True,
    },
    "tinyllama-1.1b": {
        "model_type": "llama",
        "hidden_size": 2048,
        "intermediate_size": 5632,
        "num_hidden_layers": 22,
        "num_attention_heads": 32,
        "num_key_value_heads": 4,
        "vocab_size": 32000,
        "max_position_embeddings": 2048,
    },
}
TIGHT = {"base_weights": "nf4", "micro_batch": "batch", "gradient_checkpointing": True}
CONTENDERS: dict[str, dict[str, Any]] = {
    "TRL": {"contender": "trl"},
    "Quire": {"contender": "quire", "settings": {}},
    "Quire, tight": {"contender": "quire", "settings": TIGHT},
    "Unsloth": {"contender": "unsloth"},
}
PEAKS = {"H100": 989e12, "H200": 989e12, "A100": 312e12, "L40S": 362e12, "L4": 121e12, "A10": 125e12}
"""Dense bfloat16 FLOP/s by NVIDIA's datasheets (SXM)."""


def model_folder(shape: str) -> Path:
    """The starter, or a model of such a shape with random weights, made once, with the starter's tokenizer."""
    from transformers import AutoConfig, AutoModelForCausalLM, AutoTokenizer

    if shape == "starter":
        return STARTER
    folder = Path(tempfile.gettempdir()) / "quire-bench-training" / shape
    if not (folder / "whole").exists():
        torch.manual_seed(0)
        config = AutoConfig.for_model(**SHAPES[shape], bos_token_id=None, eos_token_id=2, pad_token_id=0)
        with torch.device("cuda" if torch.cuda.is_available() else "cpu"):
            model = AutoModelForCausalLM.from_config(config, dtype=torch.bfloat16)
        model.save_pretrained(str(folder))
        AutoTokenizer.from_pretrained(STARTER).save_pretrained(str(folder))
        del model
        torch.cuda.empty_cache()
        (folder / "whole").touch()
    return folder


def useful_flops(folder: Path, made: list[tuple[list[int], list[int]]]) -> float:
    """Of a row, as the mean over the rows; see the top."""
    from transformers import AutoConfig, AutoModelForCausalLM

    config = AutoConfig.from_pretrained(folder)
    with torch.device("meta"):
        model = AutoModelForCausalLM.from_config(config)
    head = model.get_output_embeddings()
    linears = [one for one in model.modules() if isinstance(one, torch.nn.Linear) and one is not head]
    frozen = sum(one.weight.numel() for one in linears)
    adapters = RANK * sum(one.in_features + one.out_features for one in linears)
    widths = config.num_hidden_layers * model.get_decoder().layers[0].self_attn.q_proj.out_features
    total = 0.0
    for prompt, answer in made:
        length = len(prompt) + len(answer)
        total += (4 * frozen + 6 * adapters) * length + 4 * head.weight.numel() * len(answer) + 6 * widths * length**2
    return total / len(made)


def peak_flops() -> tuple[float, str]:
    """What the device can do in a second, and how that is known."""
    on_gpu = torch.cuda.is_available()
    name = torch.cuda.get_device_name() if on_gpu else ""
    known = [peak for kind, peak in PEAKS.items() if kind in name.replace("-", " ").split()]
    if known:
        return known[0], f"of {known[0] / 1e12:.0f} TFLOP/s"
    torch.set_num_threads(1)
    size = 8192 if on_gpu else 1024
    matrix = torch.randn(size, size, device="cuda" if on_gpu else "cpu", dtype=torch.bfloat16 if on_gpu else None)
    best = 0.0
    for _ in range(5):
        began = time.perf_counter() if on_gpu else time.process_time()
        _ = matrix @ matrix
        if on_gpu:
            torch.cuda.synchronize()
        best = max(best, 2 * size**3 / ((time.perf_counter() if on_gpu else time.process_time()) - began))
    return best, f"of {best / 1e12:.2f} TFLOP/s, a large matrix product here"


def run(spec: dict[str, Any], python: str) -> dict[str, Any]:
    """What one contender measured, or why it could not."""
    shutil.rmtree(spec["work"], ignore_errors=True)
    Path(spec["work"]).mkdir(parents=True)
    command = [python, str(CONTENDER), json.dumps(spec)]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=LONGEST_RUN, env={**os.environ, **SET})
    except (subprocess.TimeoutExpired, OSError) as error:
        return {"failed": str(error).splitlines()[0][:300]}
    if done.returncode:
        return {"failed": (done.stderr.strip().splitlines() or [f"status {done.returncode}"])[-1][:300]}
    found: dict[str, Any] = json.loads(done.stdout.strip().splitlines()[-1])
    return found


def told(key: list[Any], found: dict[str, list[dict[str, Any]]], tokens: float, flops: float) -> Table:
    """One shape and size of step: the median of each contender's runs, from the slowest to the fastest."""
    shape, batch, accumulation = key
    peak, known = peak_flops()
    examples = batch * accumulation
    device = next((one["device"] for runs in found.values() for one in runs if "device" in one), "")
    title = f"{shape}, {batch} x {accumulation} rows of {tokens:.0f} tokens a step, on {device}"
    columns = ("", "tokens/s", "range", "beside TRL", "peak GiB", "useful FLOPs", "losses", "all, s")
    table = Table(*columns, title=title, caption=f"useful FLOPs {known}; all: a whole run, imports included")
    paces = {
        name: [examples * tokens * one["steps"] / one["seconds"] for one in runs if "seconds" in one]
        for name, runs in found.items()
    }
    base = median(paces["TRL"]) if paces.get("TRL") else 0
    for name, runs in found.items():
        good, pace = [one for one in runs if "seconds" in one], paces[name]
        if not good:
            table.add_row(name, "-", "", "", "", "", runs[-1]["failed"], "")
            continue
        losses = good[-1]["losses"]
        table.add_row(
            name,
            f"{median(pace):,.0f}",
            f"{min(pace):,.0f} to {max(pace):,.0f}",
            f"{median(pace) / base:.2f}" if base else "",
            f"{median(one['peak_gib'] for one in good):.2f}",
            f"{median(pace) / tokens * flops / peak:.1%}",
            " ".join(f"{losses[at]:.4f}" for at in (0, len(losses) // 2, -1)),
            f"{median(one['all_seconds'] for one in good):.0f}",
        )
    return table


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--shape", default="starter", choices=["starter", *SHAPES])
    parser.add_argument("--all", action="store_true", help="both large shapes, 2 x 4 and 2 x 16 rows a step")
    parser.add_argument("--unsloth", metavar="PYTHON", help="the interpreter of an environment that has Unsloth")
    parser.add_argument("--rows", type=Path, help="file of the finished runs, to go on from")
    parser.add_argument("--minutes", type=float, default=9, help="no run is begun after these")
    chosen = parser.parse_args()
    on_gpu, until = torch.cuda.is_available(), time.monotonic() + 60 * chosen.minutes
    shapes = ["tinyllama-1.1b", "qwen2.5-3b"] if chosen.all else [chosen.shape]
    accumulations = [4, 16] if chosen.all or on_gpu else [4]
    finished: list[dict[str, Any]] = []
    if chosen.rows and chosen.rows.exists():
        finished = [json.loads(line) for line in chosen.rows.read_text(encoding="utf-8").splitlines()]
    names = [name for name in CONTENDERS if name != "Unsloth" or chosen.unsloth]
    left = 0
    for shape in shapes:
        folder = model_folder(shape)
        for accumulation in accumulations:
            key = [shape, 2, accumulation]
            warm_up, steps = (5, 30) if on_gpu else (2, 6)
            task = {"rows": 2 * accumulation * (warm_up + steps), "shortest": 150, "longest": 300, "vocabulary": 6000}
            task.update(warm_up=warm_up, steps=steps, batch=2, accumulation=accumulation, model=str(folder))
            for repeat in range(RUNS):
                for name in names:
                    mark = {"key": key, "name": name, "repeat": repeat}
                    if any(mark.items() <= one.items() for one in finished):
                        continue
                    if time.monotonic() > until:
                        left += 1
                        continue
                    with tempfile.TemporaryDirectory() as work:
                        spec = {**task, **CONTENDERS[name], "work": f"{work}/work"}
                        python = chosen.unsloth if name == "Unsloth" else sys.executable
                        finished.append({**mark, **run(spec, python)})
                    if chosen.rows:
                        with chosen.rows.open("a", encoding="utf-8") as file:
                            file.write(json.dumps(finished[-1]) + "\n")
            made = rows(task)
            found = {name: [one for one in finished if one["key"] == key and one["name"] == name] for name in names}
            found = {name: runs for name, runs in found.items() if runs}
            if found:
                tokens = sum(len(prompt) + len(answer) for prompt, answer in made) / len(made)
                Console(width=150).print(told(key, found, tokens, useful_flops(folder, made)))
    if left:
        print(f"{left} runs are left: call it again with the same --rows.")


if __name__ == "__main__":
    main()
