"""What the review page shows next, and its answers over HTTP; the page in a browser is in test_review_browser.py."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from augment.decisions import Decision, key_of
from extractors.errors import QuireError
from flows.cli import app
from flows.decisions import decisions_file, read_decisions
from flows.review import Group, Offer, decision_of, offered, view
from flows.review_page import review, review_app
from flows.workers import worker_pools
from tests.flows.example import ExampleOut, make_pair

GREEDY = "What is greedy decoding?"


def offers_of(*groups: str) -> dict[str, Offer]:
    """An offer a letter: u for a pair of the dataset, d for one that a gate dropped."""
    offers = {}
    for number, group in enumerate("".join(groups)):
        pair = make_pair(f"{number}", f"{number % 2}.md", "rules").model_copy(update={"question": f"What is {number}?"})
        offers[key_of(pair)] = Offer(
            pair, "train" if group == "u" else "", "gate form: too long" if group == "d" else ""
        )
    return offers


def test_what_was_asked_is_offered_once_in_reading_order(example_out: ExampleOut) -> None:
    offers = offered(example_out.out)
    assert [(offer.pair.question, offer.split, offer.dropped) for offer in offers.values()] == [
        ("What is LoRA?", "train", ""),
        ("What is shown in Figure 3?", "", "ask: points elsewhere"),
        ("What is the rank of the matrices?", "validation", ""),
        ("What is NormalFloat?", "train", ""),
        ("What is greedy decoding?", "test", ""),
    ]
    assert list(offers) == [key_of(offer.pair) for offer in offers.values()]


def test_without_a_build_there_is_nothing_to_review(tmp_path: Path) -> None:
    with pytest.raises(QuireError, match="quire build"):
        offered(tmp_path)
    run = CliRunner().invoke(app, ["review", "--out", str(tmp_path)])
    assert isinstance(run.exception, QuireError)


@given(
    st.text("ud", min_size=1, max_size=8),
    st.dictionaries(st.integers(0, 7), st.sampled_from(["accept", "reject"])),
    st.sampled_from(["undecided", "decided", "dropped"]),
)
def test_going_on_visits_each_pair_of_a_group_once(made: str, decided: dict[int, str], group: Group) -> None:
    offers = offers_of(made)
    keys = list(offers)
    decisions = {
        keys[n]: Decision.model_validate({"key": keys[n], "verdict": verdict})
        for n, verdict in decided.items()
        if n < len(keys)
    }
    now = view(offers, decisions, group)
    assert sum(now.counts.values()) == len(offers)
    assert now.decided == len(decisions) <= now.in_all
    visited = []
    while now.key:
        visited.append(now.key)
        following = view(offers, decisions, group, key=now.after) if now.after else None
        if following is None:
            break
        assert following.before == now.key
        now = following
    assert len(visited) == len(set(visited)) == now.counts[group]


def test_from_a_pair_of_another_group_the_way_goes_on_where_it_stands() -> None:
    offers = offers_of("uuuu")
    first, second, third, _ = offers
    decisions = {second: Decision(key=second, verdict="reject")}
    now = view(offers, decisions, "undecided", key=second)
    assert (now.before, now.after, now.undo) == (first, third, second)
    assert view(offers, decisions, "undecided", key=first).undo == second


def test_of_one_document_only_its_pairs_count() -> None:
    offers = offers_of("uuud")
    now = view(offers, {}, "undecided", "0.md")
    assert now.counts == {"undecided": 2, "decided": 0, "dropped": 0}
    assert offers[now.after].pair.source == "0.md"


def test_words_that_were_not_changed_are_no_edit() -> None:
    pair = make_pair("1", "a.md", "rules")
    same = decision_of(pair, "accept", " What is\nit? ", "It is  it.")
    assert (same.question, same.answer) == (None, None)
    edited = decision_of(pair, "accept", "What is that?", "  ")
    assert (edited.question, edited.answer) == ("What is that?", None)
    assert decision_of(pair, "reject", "What is that?", "That.").question is None


@pytest.fixture
def client(example_out: ExampleOut) -> Iterator[TestClient]:
    with worker_pools():
        yield TestClient(review_app(example_out.out, example_out.raw_docs), base_url="http://127.0.0.1:4280")


def key_in(page: str) -> str:
    return re.findall(r'name="key" value="(\w+)"', page)[0]


def test_a_decision_goes_to_the_file_and_the_next_pair_comes(client: TestClient, example_out: ExampleOut) -> None:
    page = client.get("/").text
    assert "What is LoRA?" in page and "data:image/png" in page and "<polygon" in page
    first = key_in(page)
    answer = client.post("/", data={"key": first, "verdict": "reject"}, follow_redirects=False)
    assert (answer.status_code, "pair=" in answer.headers["location"]) == (303, True)
    page = client.get(answer.headers["location"]).text
    assert "What is the rank of the matrices?" in page and "<b>1</b> of 4 decided" in page
    edited = {"key": key_in(page), "verdict": "accept", "question": "How large is the rank?", "answer": ""}
    client.post("/", data=edited)
    assert list(read_decisions(example_out.out).values()) == [
        Decision(key=first, verdict="reject"),
        Decision(key=edited["key"], verdict="accept", question="How large is the rank?"),
    ]
    client.post("/", data={"key": first, "verdict": "undecided"})
    assert list(read_decisions(example_out.out)) == [edited["key"]]
    assert "accepted with your words" in client.get("/", params={"show": "decided"}).text


def test_pairs_that_were_dropped_say_where_and_can_be_had(client: TestClient, example_out: ExampleOut) -> None:
    page = client.get("/", params={"show": "dropped"}).text
    assert "What is shown in Figure 3?" in page and "dropped by ask: points elsewhere" in page
    page = client.post("/", data={"key": key_in(page), "verdict": "accept", "show": "dropped"}).text
    assert "There is no such pair" in page
    assert [decision.verdict for decision in read_decisions(example_out.out).values()] == ["accept"]


def test_the_filter_by_document(client: TestClient) -> None:
    page = client.get("/", params={"source": "decoding.md"}).text
    assert GREEDY in page and "of 1 decided" in page and "<mark>a strategy" in page


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"origin": "http://127.0.0.1:4280"}, 303),
        ({}, 303),
        ({"origin": "http://evil.example"}, 403),
        ({"origin": "null"}, 403),
        ({"host": "evil.example"}, 400),
    ],
)
def test_only_its_own_page_may_decide(
    client: TestClient, example_out: ExampleOut, headers: dict[str, str], status: int
) -> None:
    key = next(iter(offered(example_out.out)))
    answer = client.post("/", data={"key": key, "verdict": "reject"}, headers=headers, follow_redirects=False)
    assert answer.status_code == status
    assert decisions_file(example_out.out).exists() == (status == 303)


@pytest.mark.parametrize(
    "data", [{}, {"key": "x"}, {"key": "x", "verdict": "maybe"}, {"key": "x", "verdict": "reject"}, {"other": "x"}]
)
def test_a_form_that_is_none_decides_nothing(client: TestClient, example_out: ExampleOut, data: dict[str, str]) -> None:
    assert client.post("/", data=data).status_code in (409, 422)
    assert not decisions_file(example_out.out).exists()


def test_nothing_but_the_page_and_its_files_is_served(client: TestClient) -> None:
    page = client.get("/")
    assert "script-src 'self'" in page.headers["content-security-policy"]
    assert client.get("/review.js").status_code == client.get("/review.css").status_code == 200
    for name in ("report.html.j2", "docs", "openapi.json", "..%2Fcli.py", "review.html.j2"):
        assert client.get(f"/{name}").status_code in (404, 422)


def test_a_damaged_file_is_told_and_not_overwritten(client: TestClient, example_out: ExampleOut) -> None:
    decisions_file(example_out.out).write_text("not a decision\n")
    answer = client.get("/")
    assert (answer.status_code, "Line 1" in answer.text) == (503, True)
    with pytest.raises(QuireError, match="Line 1"):
        review(example_out.out, example_out.raw_docs, 0)
    decisions_file(example_out.out).unlink()
    (example_out.out / "dataset" / "manifest.json").write_text("[]")
    with pytest.raises(QuireError, match=r"manifest\.json is damaged"):
        review(example_out.out, example_out.raw_docs, 0)


def test_what_a_build_changes_is_seen_without_a_new_start(client: TestClient, example_out: ExampleOut) -> None:
    assert "What is LoRA?" in client.get("/").text
    (example_out.out / ".quire" / "asked.json").unlink()
    answer = client.get("/")
    assert (answer.status_code, "quire build" in answer.text) == (503, True)


def test_a_taken_port_is_told(example_out: ExampleOut) -> None:
    import socket

    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        with pytest.raises(QuireError, match="--port"):
            review(example_out.out, example_out.raw_docs, taken.getsockname()[1])
