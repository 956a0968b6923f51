"""A table of what changes, for a notebook and a browser; on a narrow screen each cell says its column."""

from __future__ import annotations

from typing import TYPE_CHECKING

from envguard.render.element import element
from envguard.render.language import say

if TYPE_CHECKING:
    from collections.abc import Sequence

    from envguard.model import Text
    from envguard.render.element import Element
    from envguard.render.language import Translator

Row = tuple[tuple[str, ...], ...]


def table(columns: Sequence[Text], rows: Sequence[Row], language: Translator | None) -> Element:
    """Rows under their heads; the first cell of each is its head."""
    titles = tuple(say(each, language) for each in columns)
    return element(
        "table",
        element("thead", element("tr", *(element("th", title, scope="col") for title in titles))),
        element("tbody", *(_row(row, titles) for row in rows)),
        class_="eg-grid",
    )


def _row(row: Row, titles: tuple[str, ...]) -> Element:
    first, *rest = row
    return element(
        "tr",
        element("th", *first, scope="row"),
        # the title once more, for a narrow window, where the heads of the columns are gone
        *(element("td", element("p", *cell), data_title=title) for title, cell in zip(titles[1:], rest, strict=True)),
    )
