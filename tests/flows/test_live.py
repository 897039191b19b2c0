"""A training on Prefect's pages while it runs."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
from prefect import flow
from prefect.settings import PREFECT_API_URL, temporary_settings

from flows import live as module
from flows.live import Live
from tests.flows.real_run import post


def artifacts(api: str, key: str) -> list[dict[str, Any]]:
    wanted = {"artifacts": {"key": {"any_": [key]}}}
    found: list[dict[str, Any]] = post(api, "/artifacts/filter", wanted).json()
    return found


def test_a_server_shows_how_far_it_is_every_few_seconds_and_at_its_end(server: str, monkeypatch: pytest.MonkeyPatch):
    now = [100.0]
    monkeypatch.setattr(module.time, "monotonic", lambda: now[0])
    seen = []

    @flow
    def training() -> None:
        live = Live("tested-training")
        for step in range(1, 11):
            live.tell(step, 40, f"loss {9 - step}, 4000 tokens/s, 2.5 GiB, 0:01:00 left")
            seen.append([(found["data"], found["description"]) for found in artifacts(server, "tested-training")])
            now[0] += 2
        live.finish()

    with temporary_settings({PREFECT_API_URL: server}):
        training()
    (last,) = artifacts(server, "tested-training")
    assert (last["data"], last["type"]) == (100, "progress") and last["flow_run_id"]
    assert last["description"] == "10 of 40: loss -1, 4000 tokens/s, 2.5 GiB, 0:01:00 left"
    assert seen[0] == seen[1] == seen[2] == [(2.5, "1 of 40: loss 8, 4000 tokens/s, 2.5 GiB, 0:01:00 left")]
    assert [shown[0][0] for shown in seen] == [2.5, 2.5, 2.5, 10, 10, 10, 17.5, 17.5, 17.5, 25]


def test_nothing_is_shown_of_what_never_began(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(module, "create_progress_artifact", pytest.fail)
    Live("training").finish()


def test_a_server_that_is_gone_costs_no_training(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture):
    calls = []

    def gone(percent: float, **_: Any) -> None:
        calls.append(percent)
        raise httpx.ConnectError("All connection attempts failed")

    monkeypatch.setattr(module, "create_progress_artifact", gone)
    live = Live("training")
    live.tell(1, 4, "loss 1")
    live.tell(2, 4, "loss 1")
    live.finish()
    assert calls == [25, 100] and "All connection attempts failed" in caplog.text
