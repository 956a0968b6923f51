"""Files in YAML: environment files, and those of CI with the scripts in their jobs."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from envguard.commands import requirements
from envguard.scan import installs
from envguard.scanned import Install, Scanned

if TYPE_CHECKING:
    from collections.abc import Iterator

    from envguard.commands.command import Requirement
    from envguard.scanned import Wanted

_SCRIPTS = frozenset(
    (
        "run",
        "script",
        "before_script",
        "after_script",
        "before_install",
        "install",
        "bash",
        "command",
        "commands",
        "test_script",
        "build_script",
        "postcreatecommand",
        # Read the Docs and Task
        "post_checkout",
        "pre_create_environment",
        "create_environment",
        "post_create_environment",
        "pre_install",
        "post_install",
        "pre_build",
        "cmds",
        "onbeforeinstall",
    )
)
_DEEPEST = 30
_EXPRESSION = re.compile(r"\$\{\{([^}\n]{0,300})\}\}")


class NotYaml(ValueError):
    """It is no YAML, or not of the kind it should be."""


def load(content: str) -> Any:
    """The document with the places of its parts; NotYaml if it is none."""
    from ruamel.yaml import YAML

    parser = YAML(typ="rt", pure=True)
    parser.allow_duplicate_keys = True
    try:
        return parser.load(content.removeprefix("\ufeff"))
    except Exception as error:  # odd tags, dates and a damaged library raise anything
        said = (str(error).strip() or type(error).__name__).splitlines()[0]
        raise NotYaml(said[:200]) from error


def read_ci(path: str, content: str) -> Scanned:
    """The scripts of its jobs; each job is an environment of its own."""
    where = installs.place(path, kernel=False)
    lines = content.replace("\r\n", "\n").split("\n")
    found: list[Install] = []
    jobs: dict[tuple[str, ...], int] = {}
    for script, line, job, condition in _scripts(load(content), (), 0):
        stage = jobs.setdefault(job, len(jobs))
        # a block begins on the line after its key, a plain text on the key's own
        block = line <= len(lines) and lines[line - 1].rstrip().endswith(("|", ">", "|-", ">-", "|+", ">+"))
        offset = line if block else line - 1
        found += installs.of_script(
            _EXPRESSION.sub(_variable, script),
            where,
            lambda number: f"{path}:{number}",
            stage=stage,
            offset=offset,
            condition=condition,
        )
    return Scanned(path, "ci", tuple(sorted(found, key=lambda each: (each.stage, each.line))))


def _variable(found: re.Match[str]) -> str:
    """What GitHub fills in before the shell reads the line, as the variable that it is to whoever reads the file."""
    return "$" + (re.sub(r"\W+", "_", found[1]).strip("_") or "expression")


def _scripts(node: Any, path: tuple[str, ...], depth: int) -> Iterator[tuple[str, int, tuple[str, ...], str | None]]:
    """Each script with its line, its job, and the condition of its step."""
    if depth > _DEEPEST:
        return
    if isinstance(node, dict):
        condition = str(node["if"]) if "steps" in path and isinstance(node.get("if"), str) else None
        for key, told in node.items():
            name = str(key)
            line = _line(node, key)
            if name.lower() in _SCRIPTS:
                yield from ((*each, condition) for each in _texts(told, line, _job(path)))
            else:
                yield from _scripts(told, (*path, name), depth + 1)
    elif isinstance(node, list):
        for each in node:
            yield from _scripts(each, path, depth + 1)


def _texts(told: Any, line: int, job: tuple[str, ...]) -> Iterator[tuple[str, int, tuple[str, ...]]]:
    if isinstance(told, str):
        yield str(told), line, job
    elif isinstance(told, dict):  # CircleCI's `run:` with a command in it
        for key, inner in told.items():
            if str(key) in ("command", "cmd") and isinstance(inner, str):
                yield str(inner), _line(told, key), job
    elif isinstance(told, list):
        for number, each in enumerate(told):
            place = _item(told, number, line)
            if isinstance(each, str):
                yield str(each), place, job
            else:
                yield from _texts(each, place, job)


def _job(path: tuple[str, ...]) -> tuple[str, ...]:
    """The job in a path such as `jobs`, `build`, `steps`; in GitLab's files it is the first key."""
    for several in ("jobs", "tasks"):
        if several in path:
            return path[: path.index(several) + 2]
    return path[:1]


def read_environment(path: str, content: str) -> Scanned:
    """What an environment file lists for conda and for pip; nothing of a file that is none."""
    told = load(content)
    listed = told.get("dependencies") if isinstance(told, dict) else None
    if not isinstance(listed, list):
        return Scanned(path, "environment", ())
    begin = _line(told, "dependencies")
    conda: list[Wanted] = []
    pip: list[Wanted] = []
    missing = None
    for number, each in enumerate(listed):
        line = _item(listed, number, begin)
        if isinstance(each, str):
            conda.append(installs.wanted(requirements.conda(str(each)), by_conda=True, line=line))
        elif isinstance(each, dict) and isinstance(each.get("pip"), list) and each["pip"]:
            missing = _line(each, "pip")
            for place, written in enumerate(each["pip"]):
                if isinstance(written, str) and (found := _for_pip(str(written))) is not None:
                    pip.append(installs.wanted(found, by_conda=False, line=_item(each["pip"], place, missing)))
    if any(each.name == "pip" for each in conda):
        missing = None
    parts = [_listed(path, begin, conda, by_conda=True)] if conda else []
    parts += [_listed(path, pip[0].line or begin, pip, by_conda=False)] if pip else []
    return Scanned(path, "environment", tuple(parts), pip_missing=missing)


def _for_pip(written: str) -> Requirement | None:
    """A line of pip's list; None for an option."""
    plain = written.split(" #")[0].strip()
    if plain.startswith(("-e ", "--editable")):
        return requirements.pip(plain.split(None, 1)[-1].removeprefix("--editable="), editable=True)
    return None if plain.startswith("-") or not plain else requirements.pip(plain)


def _listed(path: str, line: int, wanted: list[Wanted], *, by_conda: bool) -> Install:
    return Install(
        source=f"{path}:{line}",
        said="conda env create" if by_conda else "pip install",
        tool="conda" if by_conda else "pip",
        verb="create",
        form="line",
        aim="name",
        env=None,
        by_conda=by_conda,
        wanted=tuple(wanted),
        files=(),
        options=(),
        stage=0,
        line=line,
        column=0,
        end_line=line,
        end_column=0,
    )


def _line(node: Any, key: Any) -> int:
    try:
        return int(node.lc.key(key)[0]) + 1
    except (AttributeError, KeyError, TypeError, IndexError):
        return 1


def _item(node: Any, number: int, otherwise: int) -> int:
    try:
        return int(node.lc.item(number)[0]) + 1
    except (AttributeError, KeyError, TypeError, IndexError):
        return otherwise
