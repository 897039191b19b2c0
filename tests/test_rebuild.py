"""Only what changed: after each kind of change exactly the steps that depend on it run, and what they make is, byte for
byte, what a build from nothing makes."""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import pymupdf
import pytest

from flows.kept import VERSIONS
from flows.settings import Settings, load
from tests.augment.checkpoints import new_layout
from tests.test_end_to_end import ADAPTERS, DECODING, TOKENS, contents

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("kept_workers")]

CORPUS = {"deduplicate": 1, "split": 1, "augment": 1, "write": 1}
ALL = {"read": 4, "ask": 4, **CORPUS}
SCHEDULER = "\nA scheduler is a component that sets the learning rate.\n"
MORE = "# More\n\nA data loader is a component that feeds batches to the training loop.\n"
WARM_UP = (
    "Warm-up is a phase of training in which the learning rate rises from zero.",
    "A checkpoint is a file that holds the weights and the state of the optimiser.",
    "Weight decay is a penalty that pulls all weights towards zero at every step.",
)


class Built(NamedTuple):
    """Documents, the output folder of a build from them, and the question model, which all builds share."""

    raw_docs: Path
    out: Path
    model: Path

    def settings(self, *overrides: str, out: Path | None = None) -> Settings:
        return load(
            raw_docs=self.raw_docs,
            out=out or self.out,
            overrides=["workers=1", f"ask.model={self.model}", *overrides],
        )


class Change(NamedTuple):
    """What is done before the next build, the settings of that build, and how often each step should run in it."""

    done: Callable[[Built], object]
    settings: tuple[str, ...]
    steps: dict[str, int]


def page(path: Path, scanned: bool) -> None:
    """A page of text as a PDF, or the picture of it."""
    with pymupdf.open() as text:
        text.new_page().insert_textbox((60, 60, 540, 400), "\n\n".join(WARM_UP), fontname="tiro", fontsize=14)
        if not scanned:
            text.save(path)
            return
        with pymupdf.open() as scan:
            picture = text[0].get_pixmap(dpi=200, colorspace=pymupdf.csGRAY)
            scan.new_page().insert_image(text[0].rect, pixmap=picture)
            scan.save(path, deflate=True)


def rewrite(name: str, text: str) -> Callable[[Built], object]:
    return lambda built: (built.raw_docs / name).write_text(text)


def train_the_model_on(built: Built) -> None:
    """Other weights under the same name."""
    new_layout(built.model, d_ff=96)


def damage_the_corpus(built: Built) -> None:
    """As a disk does, or who copied the folder in part."""
    for step in ("deduplicate", "split", "augment"):
        (file,) = (built.out / ".quire" / step).iterdir()
        file.write_bytes(file.read_bytes()[: file.stat().st_size // 2])


def nothing(built: Built) -> None:
    pass


CHANGES = {
    "nothing that matters": Change(lambda built: (built.raw_docs / "tokens.md").touch(), ("train.rank=8",), {}),
    "a document added": Change(rewrite("more.md", MORE), (), {"read": 1, "ask": 1, **CORPUS}),
    "a document edited": Change(rewrite("adapters.md", ADAPTERS + SCHEDULER), (), {"read": 1, "ask": 1, **CORPUS}),
    "a document renamed": Change(
        lambda built: (built.raw_docs / "decoding.md").rename(built.raw_docs / "search.md"),
        (),
        {"read": 1, "ask": 1, **CORPUS},
    ),
    "a document deleted": Change(lambda built: (built.raw_docs / "decoding.md").unlink(), (), CORPUS),
    "a document that is another's double": Change(rewrite("twice.md", TOKENS), (), {"write": 1}),
    "a text replaced by a scan of it": Change(
        lambda built: page(built.raw_docs / "warm-up.pdf", scanned=True), (), {"read": 1, "ask": 1, **CORPUS}
    ),
    "a setting of reading": Change(nothing, ("read.dpi=200",), {"read": 4, "write": 1}),
    "a setting of the ledger": Change(nothing, ("read.poor_confidence=0.99",), {"write": 1}),
    "a setting of asking": Change(nothing, ("ask.questions_per_passage=2",), {"ask": 4, **CORPUS}),
    "a setting of the corpus": Change(nothing, ("ask.near_duplicate=0.2",), CORPUS),
    "a setting of the split": Change(nothing, ("split.test_seen=0.4",), {"split": 1, "augment": 1, "write": 1}),
    "a setting of augmenting": Change(nothing, ("augment.rates={noise=1.0}",), {"augment": 1, "write": 1}),
    "a setting of the dataset": Change(nothing, ('dataset.formats=["chat"]',), {"write": 1}),
    "damaged files of pairs": Change(damage_the_corpus, ('dataset.formats=["chat"]',), CORPUS),
    # What so small a model asks, no gate lets through: the pairs are the same.
    "the revision of the question model": Change(train_the_model_on, (), {"ask": 4, "deduplicate": 1, "write": 1}),
}


@contextmanager
def at(server: str, out: Path) -> Iterator[None]:
    """Flows speak to the server and keep their results where the command line has them kept."""
    from prefect.settings import PREFECT_API_URL, PREFECT_LOCAL_STORAGE_PATH, temporary_settings

    with temporary_settings({PREFECT_API_URL: server, PREFECT_LOCAL_STORAGE_PATH: out / ".quire" / "results"}):
        yield


def performed(settings: Settings, server: str) -> dict[str, int]:
    """Build, and tell how often each step ran: a step that was not taken from the kept results keeps a new one."""
    from flows.run import quire_build

    before = kept_results(settings.out)
    with at(server, settings.out):
        quire_build(settings.model_dump(mode="json"))
    after = kept_results(settings.out)
    return Counter(name.partition("@")[0] for name in after if after[name] != before.get(name))


def kept_results(out: Path) -> dict[str, int]:
    return {file.name: file.stat().st_mtime_ns for file in (out / ".quire" / "results").glob("*@*")}


def bytes_of(out: Path) -> dict[str, str]:
    return contents(out / "dataset") | {"ledger": (out / "ledger.jsonl").read_text()}


@pytest.fixture(scope="module")
def first(server: str, kept_workers: None, tmp_path_factory: pytest.TempPathFactory) -> Built:
    """What all the changes are made to."""
    folder = tmp_path_factory.mktemp("first")
    built = Built(folder / "raw_docs", folder / "out", new_layout(folder / "model"))
    built.raw_docs.mkdir()
    for name, text in {"adapters.md": ADAPTERS, "decoding.md": DECODING, "tokens.md": TOKENS}.items():
        (built.raw_docs / name).write_text(text)
    page(built.raw_docs / "warm-up.pdf", scanned=False)
    assert performed(built.settings(), server) == ALL
    return built


@pytest.fixture
def built(first: Built, tmp_path: Path) -> Iterator[Built]:
    """A copy of it, to be changed. The model, whose path is in the manifest, is put right afterwards."""
    shutil.copytree(first.model, tmp_path / "model")
    copied = first._replace(raw_docs=tmp_path / "raw_docs", out=tmp_path / "out")
    shutil.copytree(first.raw_docs, copied.raw_docs)
    shutil.copytree(first.out, copied.out)
    yield copied
    shutil.copytree(tmp_path / "model", first.model, dirs_exist_ok=True)


@pytest.mark.parametrize("name", CHANGES)
def test_a_change_redoes_what_depends_on_it_and_equals_a_clean_build(name: str, built: Built, server: str) -> None:
    change = CHANGES[name]
    before = bytes_of(built.out)
    change.done(built)
    assert performed(built.settings(*change.settings), server) == change.steps
    clean = built.out.with_name("clean")
    performed(built.settings(*change.settings, out=clean), server)
    assert bytes_of(built.out) == bytes_of(clean)
    assert (bytes_of(built.out) != before) == bool(change.steps)


@pytest.mark.parametrize("step", ALL)
def test_a_new_version_of_a_step_redoes_that_step_alone_where_it_makes_the_same(
    step: str, built: Built, server: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = bytes_of(built.out)
    monkeypatch.setitem(VERSIONS, step, "another")
    assert performed(built.settings(), server) == {step: ALL[step]}
    assert bytes_of(built.out) == before
