"""An HTML page to the tree of its elements."""

from __future__ import annotations

import warnings
from functools import cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from bs4 import BeautifulSoup, Tag

DEEPEST = 100
"""Elements within each other that are told apart; of what is deeper only the text is kept."""


def tree_of(html: str) -> BeautifulSoup:
    """The elements of a page, at most `DEEPEST` of them within each other. Takes time in proportion to the page."""
    with warnings.catch_warnings():
        # XHTML is read as HTML on purpose.
        warnings.simplefilter("ignore", UserWarning)
        # Python's own parser takes minutes for a few hundred kB of tags that never end.
        return _shallow()(html, "lxml")


@cache
def _shallow() -> type[BeautifulSoup]:
    """Beautiful Soup, which for every text looks at all the elements around it, with a limit to their number."""
    from bs4 import BeautifulSoup

    class Shallow(BeautifulSoup):
        def reset(self) -> None:
            super().reset()
            self._below = 0

        def handle_starttag(self, *args: Any, **facts: Any) -> Tag | None:
            if len(self.tagStack) <= DEEPEST:
                return super().handle_starttag(*args, **facts)
            self._below += 1
            self.handle_data(" ")
            return None

        def handle_endtag(self, *args: Any) -> None:
            if not self._below:
                return super().handle_endtag(*args)
            self._below -= 1
            self.handle_data(" ")

    return Shallow
