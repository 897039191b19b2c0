"""Errors that a user can cause and mend: what happened, and the fix."""

from __future__ import annotations

from pathlib import Path


class QuireError(Exception):
    """Shown to the user as one message, never as a traceback."""

    def __init__(self, message: str, *, fix: str = "") -> None:
        super().__init__(f"{message} {fix}".strip())
        self.message = message
        self.fix = fix


class OtherVersion(QuireError):
    """What another version of Quire wrote, and this one would misread."""

    def __init__(self, path: Path, found: object, known: int, *, fix: str) -> None:
        super().__init__(f"{path} was written by another version of Quire (format {found}, not {known}).", fix=fix)


class NothingInHand(QuireError):
    """The work came to its end with nothing to show for it: exit status 3."""


class UnreadableDocument(QuireError):
    """A document that cannot be read. `reason` is short and stable, for the ledger."""

    def __init__(self, reason: str, message: str, *, fix: str = "") -> None:
        super().__init__(message, fix=fix)
        self.reason = reason

    def __reduce__(self) -> tuple[object, ...]:
        return _unreadable, (self.reason, self.message, self.fix)


def _unreadable(reason: str, message: str, fix: str) -> UnreadableDocument:
    return UnreadableDocument(reason, message, fix=fix)
