"""An environment in one of the forms."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from envguard._version import __version__
from envguard.analyse import now
from envguard.errors import BadArguments
from envguard.export import dockerfile, environment_yml, explicit, requirements_txt
from envguard.export.inventory import inventory
from envguard.export.verify import tried
from envguard.export_report import Depth, Export, Form
from envguard.model import text

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from envguard.commands.command import Place
    from envguard.facts import Environment
    from envguard.model import Text

_WRITERS = {
    Form.ENVIRONMENT_YML: environment_yml.write,
    Form.EXPLICIT: explicit.write,
    Form.REQUIREMENTS: requirements_txt.write,
    Form.DOCKERFILE: dockerfile.write,
}
_LOST = {Form.EXPLICIT: explicit.lost, Form.DOCKERFILE: dockerfile.lost}


def write(
    env: Environment,
    forms: Sequence[Form],
    depth: Depth = Depth.EXACT,
    *,
    place: Place | None = None,
    network: bool = True,
    progress: Callable[[Text], None] | None = None,
) -> tuple[Export, ...]:
    """What is written, and what is lost by it; with a `place` to run from it is tried, too.

    Of several forms those that cannot be are left out, such as an explicit list of an environment without conda.
    """
    if env.conda_packages is None and env.is_conda and not env.unreadable_records:
        raise BadArguments(text("what conda owns in {prefix} cannot be told", prefix=env.prefix))
    if env.unreadable_records and not env.conda_packages:
        raise BadArguments(
            text(
                "none of conda's records in {prefix} can be read: nothing tells what is installed there",
                prefix=env.prefix,
            )
        )
    inventories = {each: inventory(env, each) for each in dict.fromkeys(_depth(form, depth) for form in forms)}
    found = []
    for form in forms:
        told = inventories[_depth(form, depth)]
        if form in _LOST:
            told = replace(told, lost=tuple(dict.fromkeys((*told.lost, *_LOST[form](told)))))
        try:
            content = _WRITERS[form](told)
        except BadArguments:
            if len(forms) == 1:
                raise
            continue
        found.append(Export(env.prefix, form, told.depth, content, told.lost, None, __version__, now()))
    if place is not None:
        with_conda = forms != (Form.REQUIREMENTS,)
        seen = tried(inventories[_depth(forms[0], depth)], place, with_conda=with_conda, network=network, progress=progress)  # fmt: skip
        found[0] = replace(found[0], tried=seen)
    return tuple(found)


def _depth(form: Form, depth: Depth) -> Depth:
    """An explicit list names files; there is nothing to be less exact about."""
    return Depth.EXACT if form is Form.EXPLICIT else depth
