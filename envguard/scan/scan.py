"""Reads files, has the rules judge them, and puts right what can be: every file by itself, whatever is in the others."""

from __future__ import annotations

import traceback
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from envguard._version import __version__
from envguard.analyse import now, select
from envguard.errors import BadArguments, CannotTell
from envguard.facts import Environment
from envguard.model import Failed, Problem, Suppressed, text
from envguard.probe import reading
from envguard.rules import RULES
from envguard.scan import dockerfile, documents, installs, json_places, notebook, recipes, rewrite, yaml_files
from envguard.scan.walk import files
from envguard.scan_report import Remark, ScanReport, Spot
from envguard.scanned import Scanned
from envguard.settings import Selection

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from envguard.model import Finding
    from envguard.rules.rule import Rule
    from envguard.scanned import Install

SIZES = {"notebook": 1 << 30}
"""Bytes that are read of a file, by its kind; of any other kind four megabytes."""
_SIZE = 4 << 20
_SHELL_PIP = "cell-shell-pip"
NOBODY = Environment.unread()
"""What stands in the place of an environment where none was named."""
_FILE_RULES = tuple(rule for rule in RULES if {"scanned", "install_log"} & set(rule.needs))


def scan(
    paths: Iterable[str],
    env: Environment | None = None,
    selection: Selection = Selection(),  # noqa: B008 - frozen
    *,
    fix: bool = False,
    progress: Callable[[str], None] | None = None,
) -> ScanReport:
    """What is found in some files and folders, held against an environment if there is one."""
    select(RULES, selection)  # a name that no rule has is told, whatever the rule would be about
    chosen = select(_FILE_RULES, _within(selection))
    remarks: list[Remark] = []
    suppressed: list[Suppressed] = []
    problems: list[Problem] = []
    failed: dict[str, Failed] = {}
    fixed: list[Spot] = []
    count = 0
    for found in files(paths):
        if isinstance(found, Problem):
            problems.append(found)
            continue
        path, kind = found
        if progress is not None:
            progress(path)
        try:
            content = _content(path, kind)
            scanned = _READERS[kind](path, content, env is not None)
        except (OSError, ValueError, RecursionError) as error:
            problems.append(Problem(path, text("cannot be read: {error}", error=reading.why(error))))
            continue
        except Exception as error:  # noqa: BLE001 - a file that brings a reader down must not hide the others
            problems.append(Problem(path, text("envguard could not read it: {error}", error=repr(error)[:200])))
            failed.setdefault(kind, Failed(f"reader of a {kind}", traceback.format_exc()))
            continue
        count += 1
        told, _ = _accepted(scanned, _judged(scanned, env, chosen, failed))
        if fix and scanned.kind == "notebook" and told:
            content, scanned, done = _fixed(path, content, scanned, told, problems, with_imports=env is not None)
            fixed += done
        told, apart = _accepted(scanned, _judged(scanned, env, chosen, failed))
        suppressed += apart
        remarks += _placed(scanned, content, told)
    return ScanReport(
        target=None if env is None else env.prefix,
        files=count,
        remarks=tuple(remarks),
        problems=tuple(problems),
        failed=tuple(failed.values()),
        fixed=tuple(fixed),
        suppressed=tuple(suppressed),
        envguard_version=__version__,
        made_at=now(),
    )


def _within(selection: Selection) -> Selection:
    """The part of a selection that is about files."""

    def named(selectors: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(each for each in selectors if any(rule.named(each) for rule in _FILE_RULES))

    asked = named(selection.select)
    if selection.select and not asked:
        raise BadArguments(text("none of the rules that are asked for is about files; `envguard rules` lists them"))
    return Selection(asked, named(selection.ignore))


def _content(path: str, kind: str) -> str:
    """The text of a file. A byte that is not UTF-8 makes a notebook invalid; in a script it is passed over."""
    limit = SIZES.get(kind, _SIZE)
    with Path(path).open("rb") as file:
        data = file.read(limit + 1)
    if len(data) > limit:
        raise ValueError(f"it has more than {limit >> 20} MB")
    return data.decode("utf-8") if kind == "notebook" else data.decode("utf-8-sig", "replace")


def _script(path: str, content: str, _with_imports: bool) -> Scanned:
    found = installs.of_script(content, installs.place(path, kernel=False), lambda line: f"{path}:{line}")
    return Scanned(path, "script", tuple(found))


_READERS: dict[str, Callable[[str, str, bool], Scanned]] = {
    "notebook": lambda path, content, imports: notebook.read(path, content, with_imports=imports),
    "document": lambda path, content, imports: documents.read(path, content, with_imports=imports),
    "dockerfile": lambda path, content, _: dockerfile.read(path, content),
    "script": _script,
    "recipes": lambda path, content, _: recipes.recipes(path, content),
    "definition": lambda path, content, _: recipes.definition(path, content),
    "windows": lambda path, content, _: recipes.windows(path, content),
    "devcontainer": lambda path, content, _: recipes.devcontainer(path, content),
    "ci": lambda path, content, _: yaml_files.read_ci(path, content),
    "environment": lambda path, content, _: yaml_files.read_environment(path, content),
}


def _accepted(scanned: Scanned, found: Iterable[Finding]) -> tuple[tuple[Finding, ...], tuple[Suppressed, ...]]:
    """The findings that count, and those that the metadata of their cell have ignored, each with its reason."""
    cells: dict[str, int | None] = {each.source: each.cell for each in scanned.installs}
    cells.update((each.source, each.cell) for each in scanned.imports)
    left, apart = [], []
    for finding in found:
        source = finding.evidence[0].source
        reasons = (scanned.ignored or {}).get(cells.get(source) or 0, {})
        reason = next((reasons[name] for name in (finding.rule, f"eg{finding.code}") if name in reasons), None)
        if reason is None:
            left.append(finding)
        else:
            apart.append(Suppressed(finding, reason, None, source))
    return tuple(left), tuple(apart)


def _judged(scanned: Scanned, env: Environment | None, chosen: tuple[Rule, ...], failed: dict[str, Failed]) -> Iterator[Finding]:  # fmt: skip
    if not (scanned.installs or scanned.warnings or scanned.imports or scanned.pip_missing):
        return
    where = replace(NOBODY if env is None else env, scanned=(scanned,), install_log=scanned.warnings)
    for rule in chosen:
        if any(getattr(where, need) is None for need in rule.needs):
            continue
        try:
            for finding in list(rule(where)):
                # ways out of a log begin with a check of the environment, which nobody has named
                yield replace(finding, fixes=()) if env is None else finding
        except CannotTell:
            continue
        except Exception:  # noqa: BLE001 - as in analyse: a bug of a rule must not hide what the others found
            failed.setdefault(rule.id, Failed(rule.id, traceback.format_exc()))


def _fixed(
    path: str, content: str, scanned: Scanned, told: tuple[Finding, ...], problems: list[Problem], *, with_imports: bool
) -> tuple[str, Scanned, list[Spot]]:
    named = {each.evidence[0].source for each in told if each.rule == _SHELL_PIP}
    try:
        done = rewrite.fix(path, content, [each for each in scanned.installs if each.source in named])
        if not done:
            return content, scanned, []
        changed = _content(path, "notebook")
    except OSError as error:
        problems.append(Problem(path, text("cannot be written: {error}", error=reading.why(error))))
        return content, scanned, []
    again = notebook.read(path, changed, with_imports=with_imports)
    return changed, again, [_spot(path, each, None) for each in done]


def _placed(scanned: Scanned, content: str, told: tuple[Finding, ...]) -> Iterator[Remark]:
    if not told:
        return
    known = {each.source: each for each in reversed(scanned.installs)}
    lines = _Lines(content) if scanned.kind == "notebook" else None
    imported = {each.source: each for each in scanned.imports}
    shelled = scanned.kind == "notebook" and any(each.rule == _SHELL_PIP for each in told)
    cells = notebook.loads(content) if shelled else []
    found = []
    if lines is not None:  # once, up to the last of them
        cells_of = [known[s].cell or 0 for s in (each.evidence[0].source for each in told) if s in known]
        lines.of(max(cells_of, default=1), 1)
    for finding in told:
        source = finding.evidence[0].source
        install = known.get(source)
        fixable = False
        if install is not None:
            spot = _spot(scanned.path, install, lines)
            if shelled and finding.rule == _SHELL_PIP and install.cell is not None:
                fixable = rewrite.rewritten(notebook.source_of(cells[install.cell - 1]), install) is not None
        elif source in imported:
            each = imported[source]
            if lines is None or each.cell is None:
                spot = Spot(scanned.path, each.line)
            else:
                spot = Spot(scanned.path, lines.of(each.cell, each.line), each.cell, None, each.line)
        else:
            spot = _read_from(scanned.path, source, lines)
        found.append(Remark(finding, spot, fixable))
    yield from sorted(
        found, key=lambda each: (each.spot.cell or 0, each.spot.cell_line or each.spot.line or 0, each.finding.code)
    )


def _spot(path: str, install: Install, lines: _Lines | None) -> Spot:
    if install.cell is None:
        return Spot(path, install.line)
    line = None if lines is None else lines.of(install.cell, install.line)
    return Spot(path, line, install.cell, install.cell_id, install.line)


def _read_from(path: str, source: str, lines: _Lines | None) -> Spot:
    """The place of what no command is about: the output of a cell, a line of a list."""
    rest = source.removeprefix(path)
    if rest.startswith(", cell ") and rest[7:].isdecimal():
        cell = int(rest[7:])
        return Spot(path, None if lines is None else lines.of(cell, 1), cell)
    return Spot(path, int(rest[1:]) if rest.startswith(":") and rest[1:].isdecimal() else None)


class _Lines:
    """Where the lines of cells stand in the file of a notebook; looked for only once somebody asks."""

    def __init__(self, content: str) -> None:
        self._content = content
        self._places: list[list[json_places.Literal]] = []
        self._seen = 0

    def of(self, cell: int, line: int) -> int | None:
        """The line of the file; None where a cell has no source there."""
        if cell > self._seen:
            self._places = json_places.sources(self._content, cell)
            self._seen = cell
        literals = self._places[cell - 1] if cell <= len(self._places) else []
        if not literals:
            return None
        # one string for each line is what Jupyter writes
        at = literals[line - 1] if len(literals) > 1 and line <= len(literals) else literals[0]
        return self._content.count("\n", 0, at.start) + 1
