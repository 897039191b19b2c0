"""How questions are asked of a document, and how the training pairs are varied."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from extractors.settings import Section

Generator = Literal["model", "rules"]


class AskSettings(Section):
    generators: tuple[Generator, ...] = Field(("rules", "model"), description="where questions come from")
    model: str = Field("starter", description="question model: hub id, local folder or 'starter'")
    revision: str = Field("", description="revision of a hub model; empty for its newest")
    passage_words: int = Field(160, ge=40, description="words a passage holds at most, in whole sentences")
    window_tokens: int = Field(512, ge=32, description="tokens of the passage that the question model sees")
    answers_per_passage: int = Field(8, ge=1, description="answer spans the model is asked about, a passage")
    extract_answers: bool = Field(
        False,
        description="let the question model also choose the answers, where it was trained to: "
        "valhalla/t5-base-qa-qg-hl was, valhalla/t5-base-qg-hl was not, and the starter does it poorly",
    )
    questions_per_passage: int = Field(8, ge=1, description="pairs kept of one passage")
    beams: int = Field(4, ge=1, description="beams of the search")
    batch_tokens: int = Field(4096, ge=64, description="padded input tokens in one batch")
    exact: bool = Field(False, description="question model in float32, not in bfloat16 on a GPU and int8 on a CPU")
    min_coverage: float = Field(0.25, ge=0, le=1, description="share of a question's words found in its passage")
    min_retrieval: float = Field(
        0.45, ge=0, le=1, description="BM25 of its passage for a question, as a share of the best passage's"
    )
    min_derivation: float = Field(
        1.0, ge=0, le=1, description="how far a model's question must follow from its sentence by moving words; 0: not"
    )
    round_trip_model: str = Field(
        "", description="who must give each answer back: hub id, folder, 'same' for the question model; empty: nobody"
    )
    min_round_trip: float = Field(0.6, gt=0, le=1, description="token F1 of the answer given back, at least")
    round_trip_rules: bool = Field(False, description="whether questions that rules ask must make the round trip too")
    near_duplicate: float = Field(0.8, gt=0, le=1, description="Jaccard likeness at which two texts are one")
    timeout_s: float = Field(7200, gt=0, description="seconds that the questions of one document may take")


class AugmentSettings(Section):
    rates: dict[str, Annotated[float, Field(ge=0, le=1)]] = Field(
        {}, description="share of the training pairs an operator varies, by its name; 0 for none, else its own rate"
    )
    paraphrase_model: str = Field("", description="hub id or folder of a T5 paraphraser; empty for rules alone")
