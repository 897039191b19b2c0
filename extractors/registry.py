"""Functions that register themselves under a name when their module is imported."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable
from typing import Generic, TypeVar

T = TypeVar("T")


class Registry(Generic[T]):
    """The functions of one package, each in a file of its own, found without a list of them.

    The sibling modules are imported at the first look, so a new file in `package` is enough to add an entry.
    """

    def __init__(self, package: str) -> None:
        self._package = package
        self._entries: dict[str, T] = {}
        self._loaded = False

    def register(self, name: str) -> Callable[[T], T]:
        """Decorator that enters a function under `name`. Raises ValueError if the name is taken."""

        def enter(entry: T) -> T:
            if name in self._entries:
                raise ValueError(f"{self._package} holds two entries named {name!r}")
            self._entries[name] = entry
            return entry

        return enter

    def entries(self) -> dict[str, T]:
        """All entries by name, in the order of their names."""
        if not self._loaded:
            package = importlib.import_module(self._package)
            for module in sorted(found.name for found in pkgutil.iter_modules(package.__path__)):
                importlib.import_module(f"{self._package}.{module}")
            self._loaded = True
        return dict(sorted(self._entries.items()))
