"""Likelihoods and answers in batches, with memory and without."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from extractors.errors import QuireError
from tests.training.made_up import make_pair
from training import inference
from training.inference import Budget, answers, generate, likelihood
from training.memory import microbatch
from training.prompts import encode


def test_the_likelihood_in_batches_is_that_of_each_row_alone(reloaded):
    import torch

    model, tokenizer, stops, job = reloaded
    pairs = [make_pair("ash", n, answer="It is " + "very " * n + "red.") for n in range(7)]
    examples = encode(pairs, tokenizer, stops, job.train)
    for example, found in zip(examples, likelihood(model, tokenizer, examples, Budget(300)), strict=True):
        with torch.no_grad():
            ids = torch.tensor([example.input_ids])
            alone = model(input_ids=ids, labels=torch.tensor([example.labels])).loss.item()
        assert found.tokens == len(example.completion)
        assert found.nll / found.tokens == pytest.approx(alone, abs=1e-4)
        assert 0 <= found.correct <= found.tokens


def test_answers_in_batches_are_those_of_each_question_alone(reloaded):
    model, tokenizer, stops, job = reloaded
    pairs = [make_pair("ash", n, question="Which " + "white " * (2 * n) + "flask?") for n in range(5)]
    prompts = [example.prompt for example in encode(pairs, tokenizer, stops, job.train)]
    alone = [generate(model, tokenizer, stops, [prompt], 8)[0] for prompt in prompts]
    assert generate(model, tokenizer, stops, prompts, 8) == alone
    told: list[int] = []
    assert answers(model, tokenizer, stops, prompts, 8, Budget(150), told.append) == alone
    assert any(alone)
    assert told == sorted(told) and told[-1] == 5 and len(told) > 1


@given(st.lists(st.integers(1, 60), max_size=30), st.integers(1, 200))
def test_every_row_is_in_one_batch_that_keeps_to_the_budget(lengths, tokens):
    batches: list[list[int]] = []
    Budget(tokens).each(lengths, batches.append)
    assert sorted(at for batch in batches for at in batch) == list(range(len(lengths)))
    assert all(len(batch) == 1 or len(batch) * max(lengths[at] for at in batch) <= tokens for batch in batches)


@pytest.mark.parametrize("seed", range(5))
def test_memory_that_runs_out_halves_the_batch_and_loses_no_row(seed, monkeypatch):
    monkeypatch.setattr(microbatch, "free_memory", lambda: None)  # slow, and nothing was taken
    lengths = [random.Random(seed).randint(1, 60) for _ in range(12 + seed)]
    done: list[int] = []
    told: list[int] = []

    def work(batch: list[int]) -> None:
        if len(batch) * max(lengths[at] for at in batch) > 60 + 10 * seed:
            raise MemoryError
        done.extend(batch)

    budget = Budget(10_000, lambda tokens, error: told.append(tokens))
    budget.each(lengths, work)
    assert sorted(done) == list(range(len(lengths)))
    assert told and told == sorted(set(told), reverse=True)
    assert budget.tokens == told[-1]


def test_a_row_that_does_not_fit_alone_is_told():
    def work(batch: list[int]) -> None:
        raise RuntimeError("CUDA error: out of memory")

    with pytest.raises(QuireError, match="a single row of 7 tokens: CUDA error") as failure:
        Budget(100).each([7, 5], work)
    assert "train.max_length" in failure.value.fix


def test_other_errors_are_not_taken_for_a_lack_of_memory():
    with pytest.raises(ZeroDivisionError):
        Budget(100).each([7, 5], lambda batch: 1 // 0)


def test_an_answer_is_not_lost_to_memory(reloaded, monkeypatch):
    model, tokenizer, stops, job = reloaded
    prompts = [
        example.prompt for example in encode([make_pair("ash", n) for n in range(6)], tokenizer, stops, job.train)
    ]
    calm = answers(model, tokenizer, stops, prompts, 8, Budget(4096), lambda _: None)
    honest, sizes = inference.generate, []

    def tight(model, tokenizer, stops, prompts, most):
        sizes.append(len(prompts))
        if len(prompts) > 2:
            raise RuntimeError("CUDA out of memory. Tried to allocate 2.00 GiB.")
        return honest(model, tokenizer, stops, prompts, most)

    monkeypatch.setattr(inference, "generate", tight)
    assert answers(model, tokenizer, stops, prompts, 8, Budget(4096), lambda _: None) == calm
    assert sizes[0] == 6 and sizes[-1] <= 2
