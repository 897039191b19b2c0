"""The command line: `quire`."""

from __future__ import annotations

import json
import logging
import os
import sys
from pathlib import Path
from typing import Annotated, Literal

import typer

from flows.options import Config, DryRun, Out, Overrides, Preset, RawDocs
from flows.outcome import outcome_of
from flows.settings import ConfigurationError, Settings, load, preset_file, preset_names

app = typer.Typer(
    help="Papers in, adapters out: a folder of documents becomes a question-answer dataset and LoRA adapters.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="markdown",
)


@app.command(epilog="Example: `quire run raw_docs --preset qwen2.5-3b --out out`")
def run(
    raw_docs: RawDocs = None,
    preset: Preset = "starter",
    config: Config = None,
    overrides: Overrides = None,
    out: Out = None,
    dry_run: DryRun = False,
) -> None:
    """Build the dataset, then train and judge the adapters: the whole job."""
    _perform("quire_run", _settings(preset, config, overrides, out, raw_docs), dry_run)


@app.command(epilog="Example: `quire build raw_docs --set ask.passage_words=120`")
def build(
    raw_docs: RawDocs = None,
    preset: Preset = "starter",
    config: Config = None,
    overrides: Overrides = None,
    out: Out = None,
    dry_run: DryRun = False,
) -> None:
    """Read the documents and build the dataset."""
    _perform("quire_build", _settings(preset, config, overrides, out, raw_docs), dry_run)


@app.command(epilog="Example: `quire train --set train.epochs=1`")
def train(
    preset: Preset = "starter",
    config: Config = None,
    overrides: Overrides = None,
    out: Out = None,
    dry_run: DryRun = False,
) -> None:
    """Train adapters on the dataset in the output folder and judge them."""
    _perform("quire_train", _settings(preset, config, overrides, out), dry_run)


@app.command(epilog="Example: `quire evaluate --set evaluate.max_rows=500`")
def evaluate(
    preset: Preset = "starter",
    config: Config = None,
    overrides: Overrides = None,
    out: Out = None,
    dry_run: DryRun = False,
) -> None:
    """Judge the adapters in the output folder against their base model again."""
    _perform("quire_evaluate", _settings(preset, config, overrides, out), dry_run)


@app.command(epilog="Example: `quire tune --preset qwen2.5-3b --trials 20`")
def tune(
    trials: Annotated[
        int | None, typer.Option(help="Trainings, at most.  [default: 12]", min=1, show_default=False)
    ] = None,
    preset: Preset = "starter",
    config: Config = None,
    overrides: Overrides = None,
    out: Out = None,
    dry_run: DryRun = False,
) -> None:
    """Search learning rate, rank and epochs by the validation loss, and write the best as a preset."""
    wanted = [] if trials is None else [f"tune.trials={trials}"]
    _perform("quire_tune", _settings(preset, config, [*(overrides or ()), *wanted], out), dry_run)


@app.command(epilog="Example: `quire extract raw_docs/lora-and-qlora.pdf --picture page.png --page 2`")
def extract(
    file: Annotated[Path, typer.Argument(help="A document.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print the full record instead of the body text.")] = False,
    picture: Annotated[
        Path | None,
        typer.Option(
            help="Draw the pages of a PDF with their blocks instead: one page to OUT.png, or all to a folder.",
            metavar="OUT",
            show_default=False,
        ),
    ] = None,
    page: Annotated[int | None, typer.Option(help="The page to draw, from 1.", show_default=False)] = None,
    preset: Preset = "starter",
    config: Config = None,
    overrides: Overrides = None,
) -> None:
    """Print what the pipeline reads in one document, and on stderr how much of it, how, and what was lost."""
    from flows.extract import draw, summary
    from flows.extract import extract as read

    if page is not None and picture is None:
        raise ConfigurationError("--page is the page to draw.", fix="Say where to: --picture OUT.png.")
    settings = _settings(preset, config, overrides).read
    document = read(file, settings)
    print(summary(document, settings.poor_confidence), file=sys.stderr)
    if picture is not None:
        for drawn in draw(file, document, picture, page, settings):
            print(drawn)
    else:
        print(document.model_dump_json(indent=1) if as_json else document.text)


@app.command(epilog="Example: `quire doctor --preset qwen2.5-3b`")
def doctor(
    raw_docs: RawDocs = None,
    preset: Preset = "starter",
    config: Config = None,
    overrides: Overrides = None,
    out: Out = None,
) -> None:
    """Say what this machine has and lacks for these settings, each lack with its fix."""
    from flows.doctor import examine
    from flows.finding import show

    findings = examine(_settings(preset, config, overrides, out, raw_docs))
    show(findings)
    if any(finding.needed and not finding.ok for finding in findings):
        raise typer.Exit(1)


@app.command(epilog='Example: `quire serve --cron "0 3 * * *" --watch`')
def serve(
    raw_docs: RawDocs = None,
    preset: Preset = "starter",
    config: Config = None,
    overrides: Overrides = None,
    out: Out = None,
    cron: Annotated[str | None, typer.Option(help="Run at these times, in cron's notation.")] = None,
    every: Annotated[float | None, typer.Option(help="Run every so many seconds.")] = None,
    watch: Annotated[bool, typer.Option("--watch", help="Run when files in the folder have changed.")] = False,
    overlap: Annotated[
        Literal["wait", "refuse"], typer.Option(help="Of runs that are due while one goes on, one waits or none.")
    ] = "wait",
    host: Annotated[str, typer.Option(help="Address the Prefect UI listens on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Port of the Prefect UI.")] = 4200,
) -> None:
    """Keep running: the schedule and the watched folder, with the Prefect UI.

    Files that are dropped in are run once they have stopped growing, however many. One run makes up for those that were
    due while this was stopped, and for one that was stopped midway.
    """
    settings = _settings(preset, config, overrides, out, raw_docs)
    from flows.start import keep_results_in

    keep_results_in(settings)
    from flows.serve import serve as keep_serving

    keep_serving(settings, cron=cron, every=every, watch=watch, overlap=overlap, port=port, host=host)


@app.command(epilog="Example: `quire report --out out`")
def report(
    raw_docs: RawDocs = None,
    preset: Preset = "starter",
    config: Config = None,
    overrides: Overrides = None,
    out: Out = None,
) -> None:
    """Write the page a person looks at, and print where it is."""
    from flows.report import write_report

    settings = _settings(preset, config, overrides, out, raw_docs)
    print(write_report(settings.out, settings.raw_docs))


@app.command(epilog="Example: `quire review --out out`")
def review(
    raw_docs: RawDocs = None,
    preset: Preset = "starter",
    config: Config = None,
    overrides: Overrides = None,
    out: Out = None,
    port: Annotated[int, typer.Option(help="Port of the page on this machine; 0 for any that is free.")] = 4280,
) -> None:
    """Serve a page on which a person accepts, rejects or edits pairs beside their source, and print its address."""
    from flows.review_page import review as serve_page

    settings = _settings(preset, config, overrides, out, raw_docs)
    serve_page(settings.out, settings.raw_docs, port)


@app.command(epilog='Example: `quire ask "What does LoRA stand for?"`')
def ask(
    question: Annotated[str, typer.Argument(help="The question.")],
    passage: Annotated[
        str, typer.Option(help="Text to answer from, for adapters that were trained with it.", show_default=False)
    ] = "",
    preset: Preset = "starter",
    config: Config = None,
    overrides: Overrides = None,
    out: Out = None,
) -> None:
    """Answer a question with the trained adapters, beside the base model's answer."""
    _quieten()
    from training.answering import answer

    base, adapted = answer(question, _settings(preset, config, overrides, out).out / "adapters", passage)
    print(f"base model: {base}\nadapters:   {adapted}")


@app.command(epilog="Example: `quire export --quantise 4bit`")
def export(
    folder: Annotated[
        Path | None,
        typer.Argument(help="Folder to write.  [default: named after its form, in out/export]", show_default=False),
    ] = None,
    quantise: Annotated[
        Literal["8bit", "4bit"] | None,
        typer.Option(help="Hold the linear layers in so many bits.", show_default=False),
    ] = None,
    prune: Annotated[
        Literal["magnitude", "2:4"] | None,
        typer.Option(help="Zero the smallest weights of each layer, or two of every four.", show_default=False),
    ] = None,
    share: Annotated[
        float | None, typer.Option(help="Share that is pruned by magnitude.  [default: 0.3]", show_default=False)
    ] = None,
    preset: Preset = "starter",
    config: Config = None,
    overrides: Overrides = None,
    out: Out = None,
) -> None:
    """Write the trained adapters, merged into their base, as a whole model for other programs, and what that costs."""
    _quieten()
    from flows.export import export as write

    write(_settings(preset, config, overrides, out), folder, quantise, prune, share)


@app.command(epilog="Example: `quire clean --older-than 30`")
def clean(
    older_than: Annotated[
        float | None, typer.Option(help="Only what was not used for so many days, old runs too.", min=0)
    ] = None,
    larger_than: Annotated[
        float | None, typer.Option(help="Only until the work folder holds at most so many GB.", min=0)
    ] = None,
    dry_run: DryRun = False,
    preset: Preset = "starter",
    config: Config = None,
    overrides: Overrides = None,
    out: Out = None,
) -> None:
    """Remove what the last build did not use from the work folder. Files of yours are not in it.

    What a stopped training or search goes on from is removed only by its age, with `--older-than`.
    """
    _quieten()
    from flows.clean import cleaned

    for line in cleaned(_settings(preset, config, overrides, out), older_than, larger_than, dry_run=dry_run):
        print(line)


@app.command(epilog="Example: `quire presets qwen2.5-3b`")
def presets(
    name: Annotated[str | None, typer.Argument(help="Print this one, with every setting.")] = None,
) -> None:
    """List the presets, or print one with all its settings."""
    if name is None:
        for known in preset_names():
            first = preset_file(known).read_text().partition("\n")[0]
            print(f"{known:18} {first.removeprefix('# ')}")
        return
    print(preset_file(name).read_text())
    print("# every setting, as this preset leaves it:")
    for section, values in load(name).model_dump(mode="json").items():
        for key, value in values.items() if isinstance(values, dict) else [("", values)]:
            print(f"# {section}{'.' if key else ''}{key} = {json.dumps(value)}")


def _settings(
    preset: str,
    config: Path | None,
    overrides: list[str] | None,
    out: Path | None = None,
    raw_docs: Path | None = None,
) -> Settings:
    return load(preset, config, overrides or (), out=out, raw_docs=raw_docs)


def _quieten() -> None:
    """Before the first heavy import: the libraries tell of weights and kernels, and nobody asked."""
    logging.disable(logging.WARNING)
    os.environ["TQDM_DISABLE"] = "1"


def _perform(flow_name: str, settings: Settings, dry_run: bool) -> None:
    """Run one of the flows, or say what it would do."""
    if dry_run:
        from flows.plan import show_plan

        show_plan(flow_name, settings)
        return
    from flows.start import start

    start(flow_name, settings)


def main() -> None:
    """Entry point."""
    outcome_of(app)


if __name__ == "__main__":
    main()
