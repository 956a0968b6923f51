"""What pip would do, by pip's own dry run.

pip runs in a process that starts no other program (`probe/dry_run.py`), so that no build backend runs whatever the road to
it: a folder, a repository, a source archive, one of those behind a dependency, a variable or a setting. The first run
lets pip choose as it would, source archives too. If it then comes to one, that is told, and pip is asked once more with
`--only-binary :all:`, without what has no wheel at all. With `build`, pip runs as it is and builds what it has to.

pip's report tells what comes. What goes is what pip sees installed under those names: `--ignore-installed` and `--target` take
nothing off; `--user` nothing of the environment's; `--prefix` and `--root` do, although they install elsewhere (pip 22.2 to 26).
"""

from __future__ import annotations

import json
import os
import tempfile
import time
from dataclasses import replace
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from envguard.commands import requirements
from envguard.commands.command import Placement, Verb
from envguard.commands.options import Style
from envguard.commands.requirements import clean
from envguard.commands.tools import pip as table
from envguard.facts import DirectUrl
from envguard.forecast import child, installed, refusals
from envguard.forecast.transaction import Coming, Transaction
from envguard.forecast.wanted import Said, building, said, wanted
from envguard.model import Text, text
from envguard.probe import dry_run, reading
from envguard.rules.releases import at_least
from envguard.run import Ran
from envguard.value import value

if TYPE_CHECKING:
    from collections.abc import Mapping

    from envguard.commands.command import Command, Place, Target
    from envguard.facts import Environment
    from envguard.forecast.child import Watch

REPORTS = "22.2"
"""The first pip with --report."""
MARKS = "23.0"
"""The first pip that keeps to PEP 668."""

_OURS = (
    "--requirement",
    "--editable",
    "--dry-run",
    "--report",
    "--quiet",
    "--verbose",
    "--log",
    "--progress-bar",
    "--no-input",
    "--yes",
    "--python",
    "--no-color",
    "--debug",
    "--disable-pip-version-check",
    "--retries",
    "--root-user-action",
    "--break-system-packages",
    "--compile",
    "--no-compile",
    "--no-warn-script-location",
    "--no-warn-conflicts",
)
"""Options that this module sets itself, or that change nothing of what comes and goes."""
_ROUNDS = 6


def plan(
    command: Command,
    target: Target,
    env: Environment,
    place: Place,
    *,
    build: bool = False,
    watch: Watch = child.PATIENT,
) -> Transaction:
    """What a `pip install` or `pip uninstall` would change in the environment that is its target."""
    line = line_of(command)
    if line is None or command.verb not in (Verb.INSTALL, Verb.REMOVE):
        return Transaction(unknown=(text("envguard foretells `pip install` and `pip uninstall` only"),))
    if not command.certain:
        return Transaction(unknown=(text("a part of the command is known only when it runs"),))
    variables = {**(place.variables or os.environ), **{k: v for k, v in command.variables.items() if v is not None}}
    pip = _own(env)
    if env.externally_managed and (pip is None or at_least(pip, MARKS)) and not _overridden(line, variables):
        return Transaction(
            refusal=text("the environment is marked as managed by another tool (PEP 668): pip refuses to change it")
        )
    if command.verb is Verb.REMOVE:
        return removal(command, env, variables, "pip")
    tool = _tool(env, target)
    if isinstance(tool, Text):
        return Transaction(unknown=(tool,))
    found = _asked(line, command, place, tool, build, watch)
    user = installed.in_user_site(env, variables)
    gone = (
        []
        if _beside(line, target, variables)
        else [
            dist
            for name, dist in installed.visible(env).items()
            if name not in user and name in {c.name for c in found.comes}
        ]
    )
    refusal = found.refusal or installed.stuck(env, gone, "pip")
    return replace(found, goes=tuple(dist.path for dist in gone), refusal=refusal)


def removal(command: Command, env: Environment, variables: Mapping[str, str], installer: str) -> Transaction:
    """What an uninstallation takes off: nothing need be run to know that."""
    user = installed.in_user_site(env, variables) if installer == "pip" else frozenset()
    seen = installed.visible(env)
    names = dict.fromkeys(each.name for each in command.requirements)
    gone = [seen[name] for name in names if name in seen and name not in user]
    if installer == "uv":  # which takes off every copy
        gone = [dist for dist in env.distributions or () if dist.name in names and dist.site == installed.site(env)]
    unknown = (text("a requirement of the command has no name"),) if None in names else ()
    refusal = installed.stuck(env, gone, installer)
    return Transaction(goes=tuple(dist.path for dist in gone), unknown=unknown, refusal=refusal)


def line_of(command: Command) -> Said | None:
    """The command line, read once more by pip's table: what `command` holds has no secrets."""
    verb = next((place for place, word in enumerate(command.argv) if word in ("install", "uninstall")), None)
    if verb is None:
        return None
    known = table.INSTALL if command.argv[verb] == "install" else table.UNINSTALL
    named = (
        place
        for place in range(verb)
        if table.NAME.fullmatch(os.path.basename(command.argv[place]).removesuffix(".exe"))
    )
    before = said(command.argv[max(named, default=0) + 1 : verb], known, Style.OPTPARSE)
    after = said(command.argv[verb + 1 :], known, Style.OPTPARSE)
    return Said(before.options + after.options, after.words)


@value
class _Tool:
    """The pip that is asked."""

    python: str
    folder: str
    """Where that pip lies; `-` for the interpreter's own."""
    ours: bool
    note: Text | None = None


def _own(env: Environment) -> str | None:
    """The version of the environment's pip."""
    dist = installed.visible(env).get("pip")
    return dist.version if dist else None


def _tool(env: Environment, target: Target) -> _Tool | Text:
    if target.python is None:
        return target.reason or text("there is no Python that could be asked")
    own = _own(env)
    if own is not None and at_least(own, REPORTS):
        return _Tool(target.python, "-", ours=False)
    spec = find_spec("pip")
    folder = os.path.dirname(spec.origin) if spec and spec.origin else None
    if folder is None or not os.path.exists(os.path.join(folder, "__pip-runner__.py")):
        return text(
            "{prefix} has no pip that can foretell ({wanted} or later), nor is there one beside envguard",
            prefix=env.prefix,
            wanted=REPORTS,
        )
    if own is None:
        return _Tool(target.python, folder, ours=True)
    note = text("pip {version} cannot foretell; a newer one was asked, which may choose otherwise", version=own)
    return _Tool(target.python, folder, ours=True, note=note)


def _overridden(line: Said, variables: Mapping[str, str]) -> bool:
    told = variables.get("PIP_BREAK_SYSTEM_PACKAGES", "").lower() in ("1", "true", "yes", "on")
    return told or line.has("--break-system-packages", "--target", "--prefix", "--root")


def _beside(line: Said, target: Target, variables: Mapping[str, str]) -> bool:
    """Whether pip installs without taking anything of the environment's off."""
    ignoring = variables.get("PIP_IGNORE_INSTALLED", "").lower() in ("1", "true", "yes", "on")
    if line.has("--ignore-installed", "--target") or ignoring or variables.get("PIP_TARGET"):
        return True
    return target.placement is Placement.USER


def _asked(line: Said, command: Command, place: Place, tool: _Tool, build: bool, watch: Watch) -> Transaction:
    """What comes; in as many rounds as it takes to find out what has no wheel."""
    end = time.monotonic() + watch.timeout
    unknown: dict[Text, None] = dict.fromkeys((tool.note,) if tool.note else ())
    without: set[str] = set()
    built: set[str] = set()  # those of which pip would take a release that has no wheel
    binary = False
    with tempfile.TemporaryDirectory(prefix="envguard-") as scratch:
        for number in range(_ROUNDS):
            folder = os.path.join(scratch, str(number))
            os.mkdir(folder)
            asked = wanted(line, command, place, folder, build=build, without=without)
            unknown.update(dict.fromkeys(building(each.name or each.text) for each in asked.built))
            if not asked.words and not line.has("--group", "--requirements-from-script"):
                return Transaction(unknown=tuple(unknown))
            left = replace(watch, timeout=round(max(1.0, end - time.monotonic()), 1))
            answer = _run(line, command, place, tool, asked.words, asked.named, folder, build, binary, left)
            if isinstance(answer, Text):
                return Transaction(unknown=(*unknown, answer))
            if answer.comes is not None:
                return Transaction(
                    tuple(each for each in answer.comes if each.name not in built), unknown=tuple(unknown)
                )
            names = {each.name for each in command.requirements}
            if answer.refused:
                unknown[building(answer.at)] = None
                built.add(answer.at or "")
                if binary:  # not the index's, but a dependency that says where it is
                    return Transaction(unknown=tuple(unknown))
                binary = True
            elif binary and answer.gave_up.name and reading.normalise(answer.gave_up.name) in names - without:
                without.add(reading.normalise(answer.gave_up.name))
            elif unknown:  # of what is left out, nobody knows whether it would have refused
                return Transaction(
                    unknown=(*unknown, *filter(None, (answer.gave_up.unknown or answer.gave_up.refusal,)))
                )
            else:
                told = tuple(filter(None, (answer.gave_up.unknown,)))
                return Transaction(refusal=answer.gave_up.refusal, unknown=told)
    return Transaction(unknown=tuple(unknown))


@value
class _Answer:
    """What one run of pip came to."""

    comes: tuple[Coming, ...] | None
    refused: bool = False
    """Whether it would have started a program."""
    at: str | None = None
    """What it was at then."""
    gave_up: refusals.GaveUp = refusals.GaveUp()


def _run(
    line: Said,
    command: Command,
    place: Place,
    tool: _Tool,
    words: tuple[str, ...],
    named: tuple[str, ...],
    folder: str,
    build: bool,
    binary: bool,
    watch: Watch,
) -> _Answer | Text:
    report, refused = os.path.join(folder, "report.json"), os.path.join(folder, "refused")
    at: list[str] = []

    def told(output: str) -> None:
        begin, _, rest = output.partition(" ")
        if begin in ("Collecting", "Processing", "Obtaining") and rest:
            at[:] = [clean(rest.partition(" (from ")[0])]
            if watch.progress is not None:
                watch.progress(text("pip looks at {name}", name=at[0]))

    arguments = [
        "install",
        "--dry-run",
        "--report",
        report,
        "--no-input",
        "--disable-pip-version-check",
        "--progress-bar=off",
        "--retries=1",  # without any, pip does not say that an index cannot be reached
    ]
    arguments += line.all_but(_OURS)
    arguments += ["--only-binary=:all:"] if binary else []  # the last word on that is the one that holds
    arguments += words
    if not build:
        argv = [tool.python, dry_run.__file__, refused, tool.folder, *arguments]
    elif tool.folder == "-":
        argv = [tool.python, "-m", "pip", *arguments]
    else:
        argv = [tool.python, os.path.join(tool.folder, "__pip-runner__.py"), *arguments]
    variables = {**child.variables(command, place, named), "PYTHONDONTWRITEBYTECODE": "1"}
    ran = child.ask(argv, variables, child.folder(command, place), watch, told)
    if not isinstance(ran, Ran):
        return ran
    if os.path.exists(refused):
        return _Answer(None, refused=True, at=_name(at[0]) if at else None)
    if ran.code == 0:
        return _read(report)
    return _Answer(None, gave_up=refusals.of_pip(f"{ran.stderr}\n{ran.stdout}"))


def _name(told: str) -> str:
    """What pip was at, by its name if it has one: `x @ git+…` and `./x-1.0.tar.gz` are x."""
    return requirements.pip(told).name or told


def _read(report: str) -> _Answer | Text:
    try:
        with open(report, encoding="utf-8") as file:
            told = json.load(file)
        return _Answer(tuple(_coming(each) for each in told["install"]))
    except FileNotFoundError:
        return _Answer(())  # pip up to 22.3 writes none where all is there
    except (OSError, ValueError, LookupError, TypeError, AttributeError):
        return text("pip's report could not be read")


def _coming(item: Mapping[str, Any]) -> Coming:
    metadata, origin = item["metadata"], item["download_info"]
    url = str(origin["url"])
    file = reading.string(url.partition("#")[0].partition("?")[0].rpartition("/")[2])
    is_wheel = bool(file) and str(file).endswith(".whl") and "vcs_info" not in origin and "dir_info" not in origin
    return Coming(
        name=reading.normalise(metadata["name"]),
        version=str(metadata["version"]),
        requested=item.get("requested") is True,
        requires=tuple(reading.strings(metadata.get("requires_dist"))),
        requires_python=reading.string(metadata.get("requires_python")),
        file=file if is_wheel else None,
        source=clean(url),
        direct_url=_direct(origin, clean(url)) if item.get("is_direct") is True else None,
    )


def _direct(origin: Mapping[str, Any], url: str) -> DirectUrl:
    vcs, folder = origin.get("vcs_info") or {}, origin.get("dir_info") or {}
    return DirectUrl(
        url=url,
        editable=folder.get("editable") is True,
        vcs=reading.string(vcs.get("vcs")),
        commit=reading.string(vcs.get("commit_id")),
        requested_revision=reading.string(vcs.get("requested_revision")),
        exists=True if url.startswith("file:") else None,
    )
