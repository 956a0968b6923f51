"""conda's own way to what a pip or uv command asks for, tried by a dry solve; and to what it would take off."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from envguard import versions
from envguard.commands import requirements as written
from envguard.commands.command import Form, Placement, Verb
from envguard.commands.command import Tool as By
from envguard.forecast import conda
from envguard.forecast_report import Alternative
from envguard.model import Step, Text, Where, text
from envguard.packages import solving
from envguard.rules import fixes, steps
from envguard.value import value

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from envguard.commands.command import Command, Requirement, Target
    from envguard.facts import Environment
    from envguard.forecast.transaction import Transaction
    from envguard.packages.channels import Channel

_SHOWN = 8
_NO_TOOL = Text("{title} (with conda, mamba or micromamba, none of which was found here)")


@value
class Found:
    """What conda has in place of one requirement."""

    requirement: Requirement
    specs: tuple[str, ...]
    channel: Channel | None
    """Where it was seen; None where nobody could look."""


def install(
    command: Command,
    target: Target,
    env: Environment,
    found: tuple[Found, ...],
    rest: tuple[Requirement, ...],
    after: tuple[Step, ...],
    gap: Text | None,
    network: bool,
    timeout: float,
    cancel: Callable[[], bool] | None,
) -> Alternative:
    """The way that installs by conda what conda has, and the rest by the steps `after`; tried by a dry solve."""
    specs = tuple(dict.fromkeys(spec for each in found for spec in each.specs))
    told = [each.channel for each in found if each.channel is not None and each.channel.origin == "records"]
    named = tuple(dict.fromkeys(channel.name for channel in told))
    tool, head = _tool(env)
    place = () if _in_cell(command, target, tool) else _prefix(env)
    options = ("--yes",) if _in_cell(command, target, tool) else ()
    argv = (head, "add" if tool is By.PIXI else "install", *options, *place, *channels(named, tool), *specs)
    step = Step((tool.value, *argv[1:]), Where.CELL) if _in_cell(command, target, tool) else Step(argv)
    title = text("Let conda install {packages}", packages=specs)
    if rest:
        title = text(
            "Let conda install {packages} first, and pip only {rest}",
            packages=specs,
            rest=tuple(each.text for each in rest),
        )
    if steps.tool(env) is None:
        title = Text(_NO_TOOL.text, {"title": title})
    if any(each.channel is None for each in found):
        return Alternative("conda", title, (step, *after), None, gap)
    asked = replace(
        command,
        tool=tool,
        verb=Verb.INSTALL,
        argv=argv,
        requirements=tuple(written.conda(spec) for spec in specs),
        constraints=(),
        files=(),
        options=tuple(("--channel", name) for name in named),
        certain=True,
    )
    plan = conda.plan(asked, target, env, timeout=timeout, cancel=cancel, network=network)
    first = _taken_off(env, plan)
    off = (steps.uninstall(env, *first),) if first else ()
    proven, says = _judged(env, plan, specs, tool)
    return Alternative("conda", title, (*off, step, *after), proven, says)


def remove(
    command: Command,
    target: Target,
    env: Environment,
    *,
    network: bool,
    timeout: float,
    cancel: Callable[[], bool] | None,
) -> tuple[Alternative, ...]:
    """The way that removes by conda what conda has installed, and with it what needs that; none for what is not conda's."""
    dists = [dist for each in command.requirements for dist in env.dists_named.get(each.name or "", ())]
    packages = tuple(
        dict.fromkeys(
            env.by_record[dist.owner].name for dist in dists if dist.owner is not None and dist.owner in env.by_record
        )
    )
    if not packages or env.base or not fixes.may_write(env) or target.placement is not Placement.SITE:
        return ()
    tool, head = _tool(env)
    in_cell = _in_cell(command, target, tool)
    argv = (head, "remove", *(("--yes",) if in_cell else _prefix(env)), *packages)
    step = Step((tool.value, *argv[1:]), Where.CELL) if in_cell else Step(argv)
    asked = replace(
        command,
        tool=tool,
        argv=argv,
        requirements=tuple(written.conda(name) for name in packages),
        options=(),
        certain=True,
    )
    plan = conda.plan(asked, target, env, timeout=timeout, cancel=cancel, network=network)
    gone = {env.by_record[record].name for record in plan.unlinks if record in env.by_record}
    gone -= {package.name for package in plan.links} | set(packages)
    proven: bool | None = True
    says = text("tried without removing: nothing else would go")
    if plan.refusal is not None:
        proven, says = False, plan.refusal
    elif plan.unknown:
        proven, says = None, plan.unknown[0]
    elif gone:
        says = text("tried without removing: {packages} would go with it", packages=_few(tuple(sorted(gone))))
    return (Alternative("conda", text("Let conda remove {packages}", packages=packages), (step,), proven, says),)


def _judged(env: Environment, plan: Transaction, specs: tuple[str, ...], tool: By) -> tuple[bool | None, Text]:
    """Whether the dry solve went well, and what came of it."""
    if plan.refusal is not None:
        return False, plan.refusal
    if plan.unknown:
        return None, plan.unknown[0]
    old = {package.name: package for package in env.conda_packages or ()}
    new = {package.name for package in plan.links}
    gone = {env.by_record[record].name for record in plan.unlinks if record in env.by_record} - new
    lost = tuple(sorted(gone & solving.asked_for(env)))
    if lost:
        return False, text("{tool} would remove {packages} for it", tool=tool.value, packages=lost)
    comes = tuple(f"{each.name} {each.version}" for each in plan.links if each.name not in old)
    changes = tuple(
        f"{each.name} {old[each.name].version} → {each.version}"
        for each in plan.links
        if each.name in old and old[each.name].version != each.version
    )
    if changes:
        return True, text(
            "tried without installing: {tool} would install {packages} and change {changes}",
            tool=tool.value,
            packages=_few(comes) or specs,
            changes=_few(changes),
        )
    if comes:
        return True, text(
            "tried without installing: {tool} would install {packages} and change nothing that is there",
            tool=tool.value,
            packages=_few(comes),
        )
    for spec in specs:
        over = env.replaced.get(versions.spec_name(spec) or "")
        if over is not None:
            return False, text(
                "pip's {name} {version} has replaced conda's; that has to be repaired first",
                name=over.name,
                version=over.version or "?",
            )
    return True, text("conda has installed {packages} already", packages=specs)


def _few(told: tuple[str, ...]) -> tuple[str, ...]:
    return told if len(told) <= _SHOWN else (*told[: _SHOWN - 1], "…")


def _taken_off(env: Environment, plan: Transaction) -> tuple[str, ...]:
    """Distributions of pip's onto which conda would write, or of the same name; pip takes them off while it knows their files."""
    hit = {landing.distribution for landing in conda.landings(env, plan)}
    bring = {name for package in plan.links for name in package.provides}
    hit |= {dist.path for dist in env.pip_owned if dist.name in bring}
    return tuple(dict.fromkeys(dist.name for dist in env.pip_owned if dist.path in hit))


def _tool(env: Environment) -> tuple[By, str]:
    chosen = steps.tool(env)
    if chosen is None:
        return (By.PIXI, "pixi") if env.manager == "pixi" else (By.CONDA, "conda")
    return By(chosen.name), chosen.path


def _in_cell(command: Command, target: Target, tool: By) -> bool:
    """Whether the way is a magic of the notebook in which the command stands."""
    return bool(target.is_kernel) and command.form is not Form.LINE and tool in (By.CONDA, By.MAMBA, By.MICROMAMBA)


def _prefix(env: Environment) -> tuple[str, ...]:
    workspace = re.fullmatch(r"(.+)[/\\]\.pixi[/\\]envs[/\\]([^/\\]+)[/\\]?", env.prefix)
    if env.manager == "pixi":
        return ("--manifest-path", workspace[1]) if workspace else ()
    return ("--prefix", env.prefix)


def channels(named: Iterable[str], tool: By) -> tuple[str, ...]:
    """The options that name channels."""
    return () if tool is By.PIXI else tuple(part for name in named for part in ("--channel", name))
