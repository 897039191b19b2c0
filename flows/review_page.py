"""The local page on which a person decides: a pair beside its source, one form, nothing from elsewhere.

Every answer to the browser is made of the files below the output folder, so that a reload tells what is on the disk.
"""

from __future__ import annotations

import signal
import socket
from collections.abc import Awaitable, Callable
from contextlib import suppress
from functools import lru_cache
from pathlib import Path
from typing import Literal, NamedTuple
from urllib.parse import parse_qsl, urlencode

import uvicorn
from fastapi import FastAPI, Request, Response
from fastapi.responses import FileResponse, HTMLResponse, PlainTextResponse, RedirectResponse
from pydantic import TypeAdapter, ValidationError
from starlette.middleware.trustedhost import TrustedHostMiddleware

from extractors.errors import QuireError
from extractors.records import Document
from flows.corpus import read_back
from flows.decisions import add_decision, decisions_file, read_decisions
from flows.report import template
from flows.review import Group, Offer, decision_of, offered, sources, view
from flows.samples import illustrate
from flows.store import current_files
from flows.workers import worker_pools

HOST = "127.0.0.1"
HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; script-src 'self'; img-src data:; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
}


class Form(NamedTuple):
    """What the page sends when a button is pressed."""

    key: str
    verdict: Literal["accept", "reject", "undecided"]
    show: Group = "undecided"
    source: str = ""
    question: str = ""
    answer: str = ""


def review(out: Path, raw_docs: Path, port: int) -> None:
    """Serve the page on loopback until Ctrl-C; `port` 0 takes any that is free.

    Raises QuireError if there is nothing to review, or the port is taken.
    """
    read_decisions(out)
    offered(out)
    with socket.socket() as listening:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listening.bind((HOST, port))
            listening.listen()
        except OSError as error:
            raise QuireError(
                f"The page cannot be served on {HOST}, port {port}: {error.strerror}.",
                fix="Choose another --port, or 0 for any that is free.",
            ) from None
        print(f"http://{HOST}:{listening.getsockname()[1]}", flush=True)
        server = uvicorn.Server(uvicorn.Config(review_app(out, raw_docs), log_level="warning"))
        # However it is ended, its workers are let go first.
        signal.signal(signal.SIGTERM, signal.default_int_handler)
        with worker_pools(), suppress(KeyboardInterrupt):
            server.run(sockets=[listening])


def review_app(out: Path, raw_docs: Path) -> FastAPI:
    """The page and its form. Pictures are drawn by worker processes, so it needs `worker_pools` around it."""
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
    # Another site may have its own name point here, and its pages send forms here: neither is answered.
    app.add_middleware(TrustedHostMiddleware, allowed_hosts=[HOST, "localhost"])
    html = template("review.html.j2")

    @app.middleware("http")
    async def guarded(request: Request, call_next: Callable[[Request], Awaitable[Response]]) -> Response:
        origin = request.headers.get("origin")
        if origin and origin != f"http://{request.headers['host']}":
            return PlainTextResponse("This form is not of this page.", 403)
        response = await call_next(request)
        response.headers.update(HEADERS)
        return response

    @app.exception_handler(QuireError)
    async def told(request: Request, error: QuireError) -> Response:
        return PlainTextResponse(str(error), 503)

    @app.get("/")
    def page(show: Group = "undecided", source: str = "", pair: str = "") -> HTMLResponse:
        offers, decisions = _offers(out, _stamp(out)), read_decisions(out)
        now = view(offers, decisions, show, source, pair)
        offer = offers.get(now.key)
        sample = None
        if offer:
            file = current_files(out / ".quire").get(offer.pair.doc_id)
            sample = illustrate(offer.split, offer.pair, [], _document(file) if file else None, raw_docs)
        return HTMLResponse(
            html.render(
                now=now,
                offer=offer,
                sample=sample,
                decision=decisions.get(now.key),
                show=show,
                source=source,
                sources=sources(offers),
                decisions_file=decisions_file(out),
                at=lambda key: f"?{urlencode({'show': show, 'source': source, 'pair': key})}",
            )
        )

    @app.post("/")
    async def decide(request: Request) -> Response:
        try:
            form = _FORM.validate_python(dict(parse_qsl((await request.body()).decode(), keep_blank_values=True)))
        except (ValidationError, UnicodeDecodeError):
            return PlainTextResponse("This is no form of this page.", 422)
        offers = _offers(out, _stamp(out))
        if form.key not in offers:
            return PlainTextResponse("This pair is gone: a build went by. Load the page again.", 409)
        add_decision(out, decision_of(offers[form.key].pair, form.verdict, form.question, form.answer))
        goes_to = form.key
        if form.verdict != "undecided":
            goes_to = view(offers, read_decisions(out), form.show, form.source, form.key).after
        where = {"show": form.show, "source": form.source, "pair": goes_to}
        return RedirectResponse(f"/?{urlencode(where)}", 303)

    @app.get("/{name}")
    def asset(name: Literal["report.css", "review.css", "review.js"]) -> FileResponse:
        return FileResponse(Path(__file__).parent / "templates" / name)

    return app


_FORM = TypeAdapter(Form)


def _stamp(out: Path) -> tuple[int, ...]:
    """What changes with every build."""
    files = (out / "dataset" / "manifest.json", out / "ledger.jsonl", out / ".quire" / "asked.json")
    return tuple(file.stat().st_mtime_ns if file.exists() else 0 for file in files)


@lru_cache(maxsize=1)
def _offers(out: Path, stamp: tuple[int, ...]) -> dict[str, Offer]:
    return offered(out)


@lru_cache(maxsize=4)
def _document(file: Path) -> Document:
    return read_back(file)
