"""One training of a search, in a process of its own: adapters that are only measured, by their validation loss.

    python -m training.trial JOB.json

As `training.sft`, which it shares its job and its events with, but nothing is published and nothing generated. The
last event says how the adapters fared, on all documents of the validation set together and on each of them:

    {"event": "done", "eval_loss", "steps", "documents": {doc_id: [summed negative log-likelihood, tokens]}}
"""

from __future__ import annotations

import sys
from collections import defaultdict

from training.dataset import dataset_hash, read_split
from training.inference import Budget, likelihood
from training.jobs import Emit, NotTrainable, TrainJob, child
from training.learning.checkpoints import job_key
from training.learning.fitting import fit
from training.preparing.prepared import prepare
from training.strategies import STRATEGIES


def measure(job: TrainJob, emit: Emit) -> None:
    """Preflight, training, and the loss of the adapters that it would publish on the validation set. Raises
    NotTrainable where there is none, and what the preflight and the training raise."""
    files, tokenizer, _, selections, checked = prepare(job)
    emit({"event": "preflight", **checked.model_dump()})
    held_out = selections["validation"].examples
    if not held_out:
        raise NotTrainable(
            "There are no validation rows, by which the trials would be told apart.",
            fix="Build the dataset from more documents, or with a larger split.validation.",
        )
    key = job_key(job, dataset_hash(job.dataset), files.revision)
    weights, trained = fit(job, files, tokenizer, selections, job.work / "checkpoints" / key, emit)

    budget = Budget(job.evaluate.batch_tokens)
    found = likelihood(STRATEGIES[job.train.strategy].load(files, job.train, weights), tokenizer, held_out, budget)
    document_of = {pair.id: pair.doc_id for pair in read_split(job.dataset, "validation")}
    documents: defaultdict[str, tuple[float, int]] = defaultdict(lambda: (0.0, 0))
    for example, one in zip(held_out, found, strict=True):
        nll, tokens = documents[document_of[example.id]]
        documents[document_of[example.id]] = nll + one.nll, tokens + one.tokens
    nll, tokens = (sum(parts) for parts in zip(*documents.values(), strict=True))
    emit({"event": "done", "eval_loss": nll / tokens, "steps": trained["steps"], "documents": dict(documents)})


if __name__ == "__main__":
    sys.exit(child(measure))
