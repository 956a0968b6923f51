"""What an environment is made of, as far as it can be made again, and what cannot.

Whose a distribution is, conda's books and hashes tell, never INSTALLER: what conda owns is conda's to bring back. Names and
versions come from foreign files; what could not be one is told as lost instead of written where it would mean something else.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from envguard.analyse import analyse
from envguard.export import conda_part, pip_part
from envguard.export.channels import chosen
from envguard.export.indexes import indexes
from envguard.export.state import variables
from envguard.export_report import Depth, Lost
from envguard.model import text
from envguard.probe.marks import UNFINISHED, unfinished
from envguard.settings import Selection
from envguard.value import value

if TYPE_CHECKING:
    from collections.abc import Iterator

    from envguard.export.conda_part import CondaItem
    from envguard.export.indexes import Index
    from envguard.export.pip_part import PipItem
    from envguard.facts import Environment

_ASKED = ("conda-record-lost", "conda-constrains-violated", "requires-dist-unmet")
_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,99}")


@value
class Inventory:
    """All that a form is written from."""

    env: Environment
    depth: Depth
    name: str
    channels: tuple[str, ...]
    """The strongest first, without secrets."""
    defaults: bool
    """Whether `defaults` is one of them, so that nobody's `defaults` need be kept away."""
    conda: tuple[CondaItem, ...]
    pip: tuple[PipItem, ...]
    given: tuple[str, ...]
    """The distributions that conda's packages bring, as `name==version`."""
    indexes: tuple[Index, ...]
    lost: tuple[Lost, ...]

    @property
    def lines(self) -> tuple[str, ...]:
        """What pip is to install, one requirement each."""
        return tuple(item.line for item in self.pip if item.line is not None)


def inventory(env: Environment, depth: Depth) -> Inventory:
    """What is there, to be written down so closely."""
    from_pip = pip_part.items(env, depth)
    from_conda = conda_part.items(env, depth, needs_pip=any(item.line is not None for item in from_pip.items))
    listed, defaults = chosen(env)
    found = indexes(env, from_pip.items)
    lost = (
        *from_conda.lost,
        *from_pip.lost,
        *(Lost(each.option, each.lost) for each in found if each.lost is not None),
        *_judged(env, from_pip.items),
        *_beside(env),
    )
    return Inventory(
        env=env,
        depth=depth,
        name=env.name if _NAME.fullmatch(env.name) and not env.base else "work",
        channels=listed,
        defaults=defaults,
        conda=from_conda.items,
        pip=from_pip.items,
        given=pip_part.given(env),
        indexes=found,
        lost=tuple(dict.fromkeys(lost)),
    )


def _judged(env: Environment, items: tuple[PipItem, ...]) -> Iterator[Lost]:
    """What the rules find that comes along or stands in the way: a lost record, and requirements that do not hold."""
    written = {item.name for item in items if item.line is not None}
    unread = {f"conda-meta/{stem}.json" for stem in env.unreadable_records}  # which are told together
    for finding in analyse(env, Selection(select=_ASKED)).findings:
        if any(each.source in unread for each in finding.evidence):
            continue
        if finding.rule != "requires-dist-unmet":
            yield Lost(finding.subject, finding.message)
        elif finding.subject in written:
            message = finding.message
            yield Lost(
                finding.subject,
                text(
                    "{name} {version} requires {requirements}, which is not so here: pip would change what it asks for, or refuse",
                    name=str(message.args.get("name", finding.subject)),
                    version=str(message.args.get("version", "?")),
                    requirements=message.args.get("requirements", ()),
                ),
            )


def _beside(env: Environment) -> Iterator[Lost]:
    """What no list of packages holds."""
    if unfinished(env.prefix):
        said = text("a rebuild works on this environment, or was interrupted: it is not whole")
        yield Lost(UNFINISHED, said)
    if env.unreadable_records:
        said = text("conda's records of these cannot be read, so they are missing here: {names}", names=tuple(env.unreadable_records))  # fmt: skip
        yield Lost("conda-meta", said)
    if env.distributions is None:
        said = text("what pip has installed here cannot be told")
        yield Lost("site-packages", said)
    if env.pinned:
        yield Lost("conda-meta/pinned", text("what is pinned is not written down: {specs}", specs=tuple(env.pinned)))
    if names := variables(env):
        said = text("these variables are set for the environment; their values may be secrets and are left out: {names}", names=names)  # fmt: skip
        yield Lost("conda-meta/state", said)
