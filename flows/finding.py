"""What the doctor found, and how it is shown."""

from __future__ import annotations

from extractors.records import Record


class Finding(Record):
    """One thing looked at: what was found, and the fix where that is not enough. A run cannot do without what is
    `needed`."""

    name: str
    ok: bool
    found: str
    fix: str = ""
    needed: bool = True


def show(findings: list[Finding]) -> None:
    """The findings as a table, then the fixes in full."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, padding=(0, 2, 0, 0), show_header=False)
    for finding in findings:
        word, style = ("ok", "green") if finding.ok else ("lacks", "red") if finding.needed else ("without", "yellow")
        table.add_row(Text(word, style), Text(finding.name, "bold"), Text(finding.found))
        if finding.fix:
            table.add_row("", "", Text(finding.fix, style))
    Console(highlight=False).print(table)
