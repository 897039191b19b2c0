"""Pushing, held against a stand-in for the hub: what is called and with what, and what becomes of a failure. The hub
itself was never reached."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from pathlib import Path
from typing import Any

import huggingface_hub
import pytest

from extractors.errors import QuireError
from tests.training.made_up import make_dataset
from training.dataset import OWN_FILES, read_manifest
from training.hub import push

REAL = huggingface_hub.HfApi
SECRET = "hf_never_to_be_seen"


class StandIn:
    """Notes what it is called with, after the real interface has agreed to the arguments."""

    def __init__(self, failing: str = "", error: Exception | None = None) -> None:
        self.calls: list[tuple[str, dict[str, Any]]] = []
        self.failing, self.error = failing, error

    def __call__(self, **arguments: Any) -> StandIn:
        inspect.signature(REAL).bind(**arguments)
        self.token = arguments["token"]
        return self

    def __getattr__(self, name: str) -> Callable[..., str]:
        def called(*args: Any, **kwargs: Any) -> str:
            bound = inspect.signature(getattr(REAL, name)).bind(self, *args, **kwargs)
            self.calls.append((name, {key: value for key, value in bound.arguments.items() if key != "self"}))
            if name == self.failing and self.error:
                raise self.error
            return "https://hub.example/datasets/me/papers"

        return called


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch) -> StandIn:
    stand_in = StandIn()
    monkeypatch.setattr(huggingface_hub, "HfApi", stand_in)
    monkeypatch.setenv("HF_TOKEN", SECRET)
    return stand_in


@pytest.fixture
def dataset(tmp_path: Path) -> Path:
    folder = make_dataset(tmp_path / "dataset")
    (folder / "notes.txt").write_text("mine")
    return folder


def test_a_private_repository_is_made_before_the_files_of_the_dataset_go_up(hub: StandIn, dataset: Path) -> None:
    assert push(dataset, "me/papers") == "https://hub.example/datasets/me/papers"
    (made, how), (uploaded, what) = hub.calls
    assert (made, uploaded, hub.token) == ("create_repo", "upload_folder", SECRET)
    assert how == {"repo_id": "me/papers", "repo_type": "dataset", "private": True, "exist_ok": True}
    assert (what["repo_id"], what["repo_type"], what["folder_path"]) == ("me/papers", "dataset", dataset)
    there = {path.relative_to(dataset).as_posix() for path in dataset.rglob("*") if path.is_file()}
    assert set(what["allow_patterns"]) == there - {"notes.txt"}
    assert set(what["delete_patterns"]) == set(OWN_FILES) - there
    assert read_manifest(dataset)["dataset"].startswith(what["commit_message"].removeprefix("Dataset "))


@pytest.mark.parametrize("failing", ["create_repo", "upload_folder"])
@pytest.mark.parametrize("error", [ConnectionError("no route"), ValueError(f"bad\ntoken {SECRET}"), OSError("reset")])
def test_a_failure_is_told_with_the_command_that_tries_again(
    hub: StandIn, dataset: Path, failing: str, error: Exception
) -> None:
    hub.failing, hub.error = failing, error
    before = {path: path.read_bytes() for path in dataset.rglob("*") if path.is_file()}
    with pytest.raises(QuireError, match="was not pushed to me/papers") as told:
        push(dataset, "me/papers")
    assert f"hf upload me/papers {dataset} . --repo-type dataset --private" in told.value.fix
    assert SECRET not in str(told.value) and "\n" not in str(told.value)
    assert before == {path: path.read_bytes() for path in dataset.rglob("*") if path.is_file()}


def test_without_a_token_in_the_environment_the_hub_is_not_asked(
    hub: StandIn, dataset: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("HF_TOKEN")
    with pytest.raises(QuireError, match="no HF_TOKEN in the environment"):
        push(dataset, "me/papers")
    assert hub.calls == []


def test_what_is_no_dataset_is_not_pushed(hub: StandIn, tmp_path: Path) -> None:
    with pytest.raises(QuireError, match="There is no dataset"):
        push(tmp_path, "me/papers")
    assert hub.calls == []
