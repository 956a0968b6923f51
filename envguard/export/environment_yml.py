"""environment.yml: conda's packages, pip itself, and pip's in a list below it, with comments where something is to be known."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq

from envguard.export.comments import hashed, header, item, said

if TYPE_CHECKING:
    from envguard.export.inventory import Inventory

_HOW = (
    "Make it anew:  conda env create --file environment.yml",
    "(mamba and micromamba take the same file; pip's part is installed last, as it should be)",
)


def write(told: Inventory) -> str:
    """The whole file."""
    return hashed(header(told, _HOW)) + body(told, with_pip=True)


def body(told: Inventory, *, with_pip: bool) -> str:
    """The YAML itself, with or without what pip installs."""
    stream = io.StringIO()
    parser = YAML()
    parser.indent(mapping=2, sequence=4, offset=2)
    parser.width = 4096  # a requirement is never wrapped
    parser.dump(_document(told, with_pip=with_pip), stream)
    return stream.getvalue()


def _document(told: Inventory, *, with_pip: bool) -> Any:
    dependencies = CommentedSeq(each.spec for each in told.conda)
    for place, each in enumerate(told.conda):
        if each.note is not None:
            dependencies.yaml_set_comment_before_after_key(place, before=said(each.note), indent=2)
    if with_pip and told.lines:
        dependencies.append(CommentedMap(pip=_for_pip(told)))
    document = CommentedMap()
    document["name"] = told.name
    # without the second word conda would add the channels of whoever makes it anew, `defaults` among them
    document["channels"] = CommentedSeq([*told.channels, *(() if told.defaults else ("nodefaults",))])
    document["dependencies"] = dependencies
    return document


def _for_pip(told: Inventory) -> Any:
    """The requirements, with what has none as a comment before the first."""
    found = CommentedSeq()
    comments: dict[int, list[str]] = {}
    for index in told.indexes:
        comments.setdefault(len(found), []).append(said(index.note))
        if index.line is not None:
            found.append(index.line)
    for each in told.pip:
        if each.line is None:
            comments.setdefault(len(found), []).append(item(each))
    found.extend(told.lines)
    for place, lines in comments.items():
        found.yaml_set_comment_before_after_key(place, before="\n".join(lines), indent=6)
    return found
