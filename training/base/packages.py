"""What an installed package asks of others, against what is installed."""

from __future__ import annotations

import importlib.metadata


def unmet(distribution: str) -> list[str]:
    """What an installed distribution asks for and is not there, or in another version. Its extras are not asked for.
    Raises PackageNotFoundError where it is not installed itself."""
    from packaging.requirements import Requirement

    asked = [Requirement(line) for line in importlib.metadata.requires(distribution) or ()]
    wrong = []
    for one in asked:
        if one.marker is not None and not one.marker.evaluate({"extra": ""}):
            continue
        try:
            version = importlib.metadata.version(one.name)
        except importlib.metadata.PackageNotFoundError:
            wrong.append(f"{one.name} is missing")
            continue
        if not one.specifier.contains(version, prereleases=True):
            wrong.append(f"{one.name} is {version}, not {one.specifier}")
    return wrong
