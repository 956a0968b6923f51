"""What an editor can offer to put a remark on a cell right: each an edit of that cell, where one is certain to be sound."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from envguard import versions
from envguard.errors import CannotTell
from envguard.forecast.alternatives import match_spec
from envguard.model import text
from envguard.packages.names import conda_names, is_known
from envguard.probe.reading import normalise
from envguard.rules import steps
from envguard.scan import rewrite
from envguard.scan_report import CellFix, Edit
from envguard.tables import INSTALLERS
from envguard.value import value

if TYPE_CHECKING:
    from collections.abc import Sequence

    from envguard.facts import Environment
    from envguard.model import Finding
    from envguard.scan_report import Cell
    from envguard.scanned import Install, Wanted

_HARMLESS = ("--quiet", "--yes", "--upgrade")
"""Options that do not change what a command asks for."""
_BEFORE = re.compile(r"[ \t]*(?:![ \t]*)?")
_SPECIAL = re.compile(r"[^\w.=+:-]")
"""Characters that a spec must not contain, since `%conda` hands it to a shell without its quotes."""
_PROTECT = "%envguard protect on"
_LOAD = "%load_ext envguard"


@value
class Beside:
    """What is known of the kernel beyond the facts about its environment."""

    has_envguard: bool = False
    loads_envguard: bool = False
    """Whether the kernel loads envguard when it starts."""


def fixes(
    cells: Sequence[Cell],
    finding: Finding,
    install: Install,
    every: Sequence[Install],
    env: Environment | None,
    beside: Beside,
) -> tuple[CellFix, ...]:
    """The ways out of one finding, the best first; `env` is None without a kernel."""
    source = cells[install.cell or 0].source
    found: list[CellFix | None] = []
    if finding.rule == "cell-shell-pip":
        found.append(_in_kernel(source, install, env))
    elif finding.rule == "cell-magic-without-tool" and env is not None:
        found.append(_by_tool(source, install, env))
    elif finding.rule == "cell-unpinned" and env is not None:
        found.append(_pinned(source, finding, install, env))
    if env is not None and not install.by_conda and finding.rule != "cell-magic-without-tool" and _is_here(install):
        found.append(_by_conda(source, install, every, env))
        found.append(_protected(cells, install, env, beside))
    found.append(CellFix("ignore", text("Ignore {rule} in this cell, with a reason", rule=finding.rule), None))
    return tuple(each for each in found if each is not None)


def span(source: str, install: Install) -> tuple[int, int]:
    """Where a command stands in the source of its cell."""
    start = rewrite.offset(source, install.line, install.column)
    return start, max(start, rewrite.offset(source, install.end_line, install.end_column))


def word(written: str) -> str:
    """A pattern for a requirement that stands by itself among the words of a command."""
    return rf"(?<![\w.\[/@+:=-]){re.escape(written)}(?![\w.\[/@+=<>!~;#-])"


def _is_here(install: Install) -> bool:
    """Whether a command may be about the kernel's environment."""
    return install.goes is None or install.goes.is_kernel is not False


def _in_kernel(source: str, install: Install, env: Environment | None) -> CellFix | None:
    """`%pip` for `!pip`, where the kernel has what the magic starts."""
    change = rewrite.rewritten(source, install)
    if change is None or (env is not None and not _has(env, by_conda=install.by_conda)):
        return None
    start, end, new = change
    return CellFix("kernel", text("Change to {magic}", magic=new), _edit(source, start, end, new))


def _has(env: Environment, *, by_conda: bool) -> bool:
    if by_conda:
        return env.is_conda and env.manager != "pixi"
    return env.distributions is None or steps.has_pip(env)


def _by_tool(source: str, install: Install, env: Environment) -> CellFix | None:
    """The magic of the tool that is there."""
    tool = steps.tool(env)
    start, end = span(source, install)
    head = re.compile(r"%?(?:conda|mamba|micromamba)\b").match(source, start, end)
    if head is None or tool is None or not env.is_conda or tool.name in (install.tool, "pixi"):
        return None
    new = f"%{tool.name}"
    return CellFix("kernel", text("Change to {magic}", magic=new), _edit(source, *head.span(), new))


def _by_conda(source: str, install: Install, every: Sequence[Install], env: Environment) -> CellFix | None:
    """The same from conda under conda's names, where nothing of pip's stands in its way and every name is known."""
    tool = steps.tool(env)
    if tool is None or tool.name == "pixi" or not env.is_conda or env.base or not env.writable:
        return None
    if any(dist.name not in INSTALLERS for dist in env.pip_owned) or any(_was_pip(each, install) for each in every):
        return None
    specs = [_spec(each, env) for each in install.wanted]
    named = [spec for spec in specs if spec is not None]
    if install.verb != "install" or not named or len(named) < len(specs) or install.files:
        return None
    if any(option not in _HARMLESS for option in install.options):
        return None
    whole = _whole(source, install)
    if whole is None:
        return None
    said = " ".join(named)
    new = f"%{tool.name} install --yes {said}"
    return CellFix("conda", text("Let conda install {packages}", packages=tuple(named)), _edit(source, *whole, new))


def _was_pip(other: Install, install: Install) -> bool:
    """Whether a command of pip's comes before in the notebook."""
    before = (other.cell or 0, other.line, other.column) < (install.cell or 0, install.line, install.column)
    return before and not other.by_conda and any(wanted.name not in INSTALLERS for wanted in other.wanted)


def _spec(wanted: Wanted, env: Environment) -> str | None:
    """conda's spec for a requirement; None where its name is only a guess, or a shell would read it otherwise."""  # noqa: D403
    if wanted.kind != "name" or wanted.name is None or "[" in wanted.text or ";" in wanted.text or "{" in wanted.text:
        return None
    if not wanted.specifier and normalise(wanted.text) != wanted.name:
        return None  # more was written than is understood
    names = conda_names(wanted.name)
    there = next((name for name in names if name in env.by_name), None)
    if there is None and not is_known(wanted.name):
        return None
    spec = match_spec(there or names[0], wanted.specifier)
    return None if spec is None or _SPECIAL.search(spec) else spec


def _whole(source: str, install: Install) -> tuple[int, int] | None:
    """The line of a command that stands alone in it, from its first character; None of any other."""
    start, end = span(source, install)
    begin = rewrite.offset(source, install.line, 0)
    before = source[begin:start]
    rest = re.compile(r"[^\r\n]*").match(source, end)
    continued = source[:begin].rstrip("\r\n").endswith("\\")
    if source.lstrip().startswith("%%") or continued or _BEFORE.fullmatch(before) is None:
        return None
    if rest is None or rest[0].strip() or install.form not in ("shell", "magic"):
        return None
    return begin + len(before) - len(before.lstrip(" \t")), end


def _protected(cells: Sequence[Cell], install: Install, env: Environment, beside: Beside) -> CellFix | None:
    """A line before it that has pip keep to what conda has installed; only where the kernel knows the line."""
    number = install.cell or 0
    source = cells[number].source
    whole = _whole(source, install)
    if install.tool != "pip" or whole is None or not env.conda_packages or not beside.has_envguard:
        return None
    if any(_PROTECT in cell.source for cell in cells[: number + 1]):
        return None
    begin = rewrite.offset(source, install.line, 0)
    indent = source[begin : whole[0]]
    lines = (_PROTECT,) if beside.loads_envguard or _loads(cells[: number + 1]) else (_LOAD, _PROTECT)
    new = "".join(f"{indent}{line}\n" for line in lines)
    return CellFix("protect", text("Protect conda's packages first"), _edit(source, begin, begin, new))


def _loads(cells: Sequence[Cell]) -> bool:
    return any(_LOAD in cell.source for cell in cells)


def _pinned(source: str, finding: Finding, install: Install, env: Environment) -> CellFix | None:
    """The versions and commits that the kernel's environment has."""
    start, end = span(source, install)
    if not _is_here(install):
        return None
    pins: dict[str, str] = {}
    edits = []
    for wanted in install.wanted:
        is_vcs = wanted.kind == "vcs"
        if wanted.pinned or is_vcs != (finding.subject == wanted.text):
            continue
        pin = _commit(wanted, env) if is_vcs else _version(wanted, env)
        place = re.compile(word(wanted.text)).search(source, start, end)
        if pin is not None and place is not None:
            pins[wanted.text] = pin
            edits.append((*place.span(), pin))
    if not edits:
        return None
    edits.sort()
    first, last = edits[0][0], edits[-1][1]
    parts, at = [], first
    for begin, until, pin in edits:
        parts += [source[at:begin], pin]
        at = until
    said = text("Pin what is installed here: {pins}", pins=tuple(pins.values()))
    return CellFix("pin", said, _edit(source, first, last, "".join(parts)))


def _version(wanted: Wanted, env: Environment) -> str | None:
    if wanted.name is None or wanted.name in INSTALLERS or wanted.kind not in ("name", "spec"):
        return None
    if wanted.by_conda:
        package = env.by_name.get(wanted.name)
        bare = re.fullmatch(r"(?:[\w./-]+::)?[\w.-]+", wanted.text)
        return f"{wanted.text}=={package.version}" if package is not None and bare else None
    dist = next(iter(env.dists_named.get(normalise(wanted.name), ())), None)
    name = re.match(r"[\w.-]+(?:\[[\w.,\s-]*\])?", wanted.text)
    try:
        asked = versions.requirement(wanted.text)
        if dist is None or dist.version is None or name is None or asked is None or asked.marker is not None:
            return None
        fits = versions.pip_allows(asked, dist.version) is versions.Answer.YES
    except CannotTell:
        return None
    return f"{name[0]}=={dist.version}" if fits else None


def _commit(wanted: Wanted, env: Environment) -> str | None:
    """The requirement with the commit that was installed from the same repository."""
    address, hash_, fragment = wanted.text.partition("#")
    scheme, separator, rest = address.partition("://")
    host, _, path = rest.partition("/")
    path = path.partition("@")[0]
    if not separator or not path:
        return None
    for dist in env.pip_owned:
        direct = dist.direct_url
        if direct is not None and direct.commit and _repository(direct.url) == _repository(f"{host}/{path}"):
            return f"{scheme}://{host}/{path}@{direct.commit}{hash_}{fragment}"
    return None


def _repository(address: str) -> str:
    """An address without what does not tell one repository from another: its scheme, a user, `.git`."""
    rest = address.rpartition("://")[2]
    host, _, path = rest.partition("/")
    return f"{host.rpartition('@')[2]}/{path}".rstrip("/").removesuffix(".git").lower()


def _edit(source: str, start: int, end: int, new: str) -> Edit:
    return Edit(*rewrite.place(source, start), *rewrite.place(source, end), new)
