"""The house rule: imports point one way, and only flows knows Prefect."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from graphlib import TopologicalSorter
from pathlib import Path
from typing import Any

import pytest

from augment.records import Passage, QAPair
from augment.settings import AskSettings, AugmentSettings

ROOT = Path(__file__).parent.parent
ORDER = ("extractors", "augment", "training", "flows")


def imported_by(file: Path) -> set[str]:
    names = set()
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Import):
            names |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.add(node.module.partition(".")[0])
    return names


@pytest.mark.parametrize("package", ORDER)
def test_imports_point_one_way(package: str) -> None:
    above = set(ORDER[ORDER.index(package) + 1 :])
    files = sorted((ROOT / package).rglob("*.py"))
    assert files
    against = {
        f"{file.relative_to(ROOT)} imports {name}"
        for file in files
        for name in imported_by(file)
        if name in above or (name == "prefect" and package != "flows")
    }
    assert not against


@pytest.mark.parametrize("package", ORDER[2:])
def test_folders_and_modules_of_a_package_import_each_other_in_no_circle(package: str) -> None:
    """Counted are a package's folders, each as a whole, and the modules on top, with imports inside functions."""
    imports: dict[str, set[str]] = {}
    for file in (ROOT / package).rglob("*.py"):
        part = file.relative_to(ROOT / package).with_suffix("").parts[0]
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.ImportFrom) and node.module and part != "__init__":
                head, *below = node.module.split(".")
                if head == package:
                    named = below[:1] or [alias.name for alias in node.names]
                    imports.setdefault(part, set()).update({*named} - {part})
    TopologicalSorter(imports).prepare()


@pytest.mark.parametrize("package", ORDER[:3])
def test_a_package_imports_without_the_heavy_libraries(package: str) -> None:
    heavy = ("torch", "transformers", "prefect", "pytesseract", "trl")
    code = f"import sys, {package}; print([name for name in {heavy!r} if name in sys.modules])"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT)
    assert run.stdout.strip() == "[]", run.stderr


@pytest.mark.parametrize(
    ("package", "registry", "name"),
    [("augment.gates", "GATES", "shouting"), ("augment.operators", "OPERATORS", "politeness")],
)
def test_a_new_file_is_enough(package: str, registry: str, name: str, tmp_path: Path) -> None:
    """The examples of CONTRIBUTING.md, dropped into their packages, are found and work."""
    blocks = re.findall(r"```python\n# (.+?)\n(.+?)```", (ROOT / "CONTRIBUTING.md").read_text(), re.DOTALL)
    (example,) = [code for file, code in blocks if file.endswith(f"/{name}.py")]
    (tmp_path / f"{name}.py").write_text(example)
    code = f"""
import {package} as package
package.__path__.append({str(tmp_path)!r})
from tests.test_house import try_example
try_example({name!r}, package.{registry}.entries()[{name!r}])
"""
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT)
    assert run.returncode == 0, run.stderr


def try_example(name: str, entry: Any) -> None:
    pair = QAPair(
        id="1", question="WHAT IS LORA?", answer="LoRA is a method.", answer_span="a method",
        context="LoRA is a method.", doc_id="d", source="a.md", title="", section="", page=1, char_start=8,
        char_end=16, generator="rules@1",
    )  # fmt: skip
    if name == "shouting":
        passage = Passage(
            passage_id="p", doc_id="d", section=(), start=0, end=17, text=pair.context, sentences=((0, 17),)
        )
        assert entry(pair, passage, AskSettings()).reason == "shouted"
    else:
        (polite,) = entry.vary([pair], [pair], AugmentSettings(), 1)
        assert (polite.question, polite.parent_id, entry.rate) == ("Please tell me: wHAT IS LORA?", "1", 0.2)
