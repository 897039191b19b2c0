"""What `quire clean` removes, and what it leaves."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from extractors.errors import QuireError
from extractors.files import write_whole
from flows.clean import cleaned, forget_runs, spare
from flows.crashed import tag_of
from flows.settings import Settings
from flows.store import opened, remember_asked, remember_documents


def made(work: Path, step: str, key: str, days: float, size: int = 1000) -> Path:
    """A result of a step, last used so many days ago, with what is kept beside it."""
    path = work / step / f"{step}@1-{key}.json"
    for file in (path, work / "results" / path.stem, work / "seconds" / f"{path.stem}.txt"):
        write_whole(file, b"x" * (size if file is path else 1))
        os.utime(file, (time.time() - 86400 * days,) * 2)
    return path


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    found = Settings(out=tmp_path / "out")
    work = found.work
    remember_documents(work, {"a": made(work, "read", "a-1", 90)})
    remember_asked(work, {"a": made(work, "ask", "a-1", 90)})
    made(work, "read", "old-1", 40)
    made(work, "read", "new-1", 2)
    made(work, "split", "s-1", 50)
    made(work, "split", "s-2", 45)
    write_whole(work / "results" / "write@4-w-1", b"w")
    write_whole(found.out / "dataset" / "train.json", b"{}")
    write_whole(work / "format", "1\n")
    for training, days in {"abc": 1.0, "last": 0.0}.items():
        folder = work / "train" / "checkpoints" / training
        write_whole(folder / "checkpoint-3" / "trainer_state.json", b"{}")
        os.utime(folder, (time.time() - 86400 * days,) * 2)
    return found


def names(settings: Settings, days: float | None = None, gigabytes: float | None = None) -> list[str]:
    return [one.name for one in spare(settings.work, days, gigabytes)]


def test_what_the_last_build_used_is_kept(settings: Settings) -> None:
    assert names(settings) == ["split@1-s-1", "read@1-old-1", "read@1-new-1", "checkpoints of training abc"]


def test_by_age_and_by_size(settings: Settings) -> None:
    assert names(settings, days=30) == ["split@1-s-1", "read@1-old-1"]
    assert names(settings, days=0)[-1] == "checkpoints of training last", "a training that was stopped may go on"
    size = sum(path.stat().st_size for path in settings.work.rglob("*") if path.is_file())
    assert names(settings, gigabytes=(size - 1) / 1e9) == ["split@1-s-1"]
    assert names(settings, gigabytes=size / 1e9) == []


def test_a_dry_run_removes_nothing_and_the_other_only_what_it_named(settings: Settings) -> None:
    before = sorted(settings.out.rglob("*"))
    told = list(cleaned(settings, None, None, dry_run=True))
    assert {*before} == {*settings.out.rglob("*")} - {settings.work / "lock"}
    assert told[-1].startswith("Would remove 4: 0.0 MB")
    assert list(cleaned(settings, None, None))[:-1] == told[:-1]
    left = {path.name for path in settings.out.rglob("*") if path.is_file()}
    assert left >= {"train.json", "read@1-a-1.json", "ask@1-a-1.json", "split@1-s-2.json", "write@4-w-1"}
    assert not {name for name in left if "old" in name or "s-1" in name}
    assert [path.name for path in (settings.work / "train" / "checkpoints").iterdir()] == ["last"]


def test_what_is_in_quarantine_stays_there_and_kept_failures_go(settings: Settings) -> None:
    quarantined = settings.work / "refused" / "read@1-hangs-1.json"
    write_whole(quarantined, b"{}")
    write_whole(settings.work / "results" / "0f3c", b"what a lost document failed of")
    assert "failures that were kept, 0.0 MB" in [*cleaned(settings, None, None)]
    assert quarantined.exists()
    assert [path.name for path in (settings.work / "results").iterdir() if "@" not in path.name] == []


def test_trials_of_a_search_go_and_it_is_said_where_nothing_does(settings: Settings) -> None:
    write_whole(settings.work / "tune" / "abc" / "study.db", b"x" * 1000)
    os.utime(settings.work / "tune" / "abc", (1, 1))
    write_whole(settings.work / "tune" / "last" / "study.db", b"x" * 1000)
    assert "trials of search abc, 0.0 MB" in [*cleaned(settings, None, None)]
    assert [path.name for path in (settings.work / "tune").iterdir()] == ["last"]
    (said,) = cleaned(settings, None, None)
    assert said.startswith("Nothing to remove; ")
    assert list(cleaned(settings, 30, None, dry_run=True))[1].startswith("Runs that ended more than 30 days ago would")


def test_question_models_made_ready_go_but_the_one_used_last(settings: Settings) -> None:
    for model, when in {"last-1": time.time(), "before-1": 2.0, ".before-1.x.unfinished": 1.0}.items():
        write_whole(settings.work / "t5" / model / "model.bin", b"x" * 1000)
        os.utime(settings.work / "t5" / model, (when, when))
    assert names(settings) == names(settings), "to look is not to use"
    told, by_age = ([name for name in some if "model" in name] for some in (names(settings), names(settings, days=-1)))
    assert told == ["question model made ready .before-1.x.unfinished", "question model made ready before-1"]
    assert by_age == [*told, "question model made ready last-1"]


def test_what_a_user_has_there_or_links_to_is_left_alone(settings: Settings, tmp_path: Path) -> None:
    out, work, elsewhere = settings.out, settings.work, tmp_path / "elsewhere"
    write_whole(elsewhere / "paper@2.pdf", b"mine")
    mine = [out / "paper@1.pdf", out / "read" / "read@1-x-y.json", out / "train" / "checkpoints" / "a" / "b"]
    for file in mine:
        write_whole(file, b"mine")
    (work / "read" / "link@1-b-c.json").symlink_to(elsewhere / "paper@2.pdf")
    (work / "read" / "gone@1-b-c.json").symlink_to(elsewhere / "gone")
    (work / "train" / "checkpoints" / "linked").symlink_to(elsewhere)
    [*cleaned(settings, None, None)]
    assert all(file.read_bytes() == b"mine" for file in (*mine, elsewhere / "paper@2.pdf"))
    assert not any(path.is_symlink() for path in work.rglob("*")), "the links go, and not what they lead to"


def test_a_folder_of_another_program_is_none_of_ours(tmp_path: Path) -> None:
    write_whole(tmp_path / ".quire" / "read" / "mine@home", b"mine")
    with pytest.raises(QuireError, match="no work folder"):
        list(cleaned(Settings(out=tmp_path), None, None))
    assert [path.name for path in (tmp_path / ".quire").rglob("*")] == ["read", "mine@home"]


def test_a_folder_that_a_run_holds_is_left_alone(settings: Settings) -> None:
    with opened(settings.work), pytest.raises(QuireError, match="Another run"):
        list(cleaned(settings, None, None))
    with pytest.raises(QuireError, match="no work folder"):
        list(cleaned(Settings(out=settings.out / "elsewhere"), None, None))


@pytest.mark.slow
def test_old_runs_are_forgotten_and_those_of_other_folders_are_not(server: str, tmp_path: Path) -> None:
    from prefect import flow, tags
    from prefect.client.orchestration import get_client
    from prefect.client.schemas.sorting import FlowRunSort
    from prefect.settings import PREFECT_API_URL, temporary_settings

    @flow
    def nothing() -> None: ...

    with temporary_settings({PREFECT_API_URL: server}):
        for folder in ("mine", "other", "mine"):
            with tags(tag_of(tmp_path / folder)):
                nothing()
        assert forget_runs(tmp_path / "mine", days=1) == 0
        assert forget_runs(tmp_path / "mine", days=0) == 2
        with get_client(sync_client=True) as client:
            left = [
                run
                for run in client.read_flow_runs(sort=FlowRunSort.START_TIME_ASC, limit=200)
                if str(tmp_path) in "".join(run.tags)
            ]
        assert [run.tags for run in left] == [[str(tmp_path / "other")]]
