"""The explicit list: the very files of conda's packages by their addresses, in an order in which they can be linked."""

from __future__ import annotations

from typing import TYPE_CHECKING

from envguard.errors import BadArguments
from envguard.export import requirements_txt
from envguard.export.comments import hashed, header
from envguard.export_report import Lost
from envguard.model import text
from envguard.probe.reading import spec_name

if TYPE_CHECKING:
    from collections.abc import Iterator

    from envguard.export.conda_part import CondaItem
    from envguard.export.inventory import Inventory


def write(told: Inventory) -> str:
    """The whole file."""
    if not told.env.conda_packages:
        raise BadArguments(
            text(
                "{prefix} has no packages of conda's to list; --format requirements lists pip's", prefix=told.env.prefix
            )
        )
    how = [
        "Make it anew:  conda create --name work --file explicit.txt",
        f"Only for {told.env.platform or 'the same platform'}: these are files, and nothing is solved.",
    ]
    lines = [f"{item.url}#{item.md5}" if item.md5 else f"{item.url}" for item in _in_order(told) if item.url]
    content = hashed(header(told, how)) + "@EXPLICIT\n" + "".join(f"{line}\n" for line in lines)
    part = requirements_txt.lines(told)
    if not part:
        return content
    then = ["", "Then pip's part, by the new environment's own Python, from a requirements.txt of these lines:"]
    then += ["  python -m pip install --no-deps --requirement requirements.txt", "", *part]
    return content + hashed(then)


def lost(told: Inventory) -> Iterator[Lost]:
    """What only this form loses."""
    nowhere = tuple(item.name for item in told.conda if item.url is None)
    if nowhere:
        yield Lost(
            "records", text("no record tells where these were fetched, so they are missing: {names}", names=nowhere)
        )
    unchecked = tuple(item.name for item in told.conda if item.url is not None and item.md5 is None)
    if unchecked:
        yield Lost(
            "records", text("nothing checks the files of these, whose records have no MD5: {names}", names=unchecked)
        )
    if places := tuple(dict.fromkeys(item.url.rsplit("/", 2)[0] for item in told.conda if item.url and item.url.startswith("file:"))):  # fmt: skip
        yield Lost("channels", text("these channels are folders of this machine: {places}", places=places))


def _in_order(told: Inventory) -> Iterator[CondaItem]:
    """What others depend on before them, as tools link a list in its order."""
    items = {item.name: item for item in told.conda}
    done: set[str] = set()
    for start in items:
        path = [start]
        while path:
            name = path[-1]
            package = told.env.by_name.get(name)
            needs = [spec_name(spec) for spec in package.depends] if package is not None else []
            ahead = next((n for n in needs if n in items and n not in done and n not in path), None)
            if ahead is not None and name not in done:
                path.append(ahead)
                continue
            path.pop()
            if name not in done:
                done.add(name)
                yield items[name]
