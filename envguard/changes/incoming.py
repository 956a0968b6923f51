"""What an install would bring, file by file, before it is let go: whether a wheel ships paths of conda's.

The installer's own dry run tells which distributions would come. What they hold stands in their RECORD alone, so pip
downloads their wheels, and uv unpacks them into a folder of ours; both keep them in their cache for the install that follows.
"""

from __future__ import annotations

import json
import os
import re
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from envguard.commands.command import Tool
from envguard.errors import ProbeFailed
from envguard.forecast import installed, pip, uv
from envguard.forecast.books import Books, wheel
from envguard.forecast.transaction import Coming
from envguard.probe import pip_files, reading
from envguard.run import Ran, run
from envguard.tables import BASICS
from envguard.value import value

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from envguard.commands.command import Command
    from envguard.facts import Environment
    from envguard.probe.pip_files import Row

PATIENCE = 3600.0
"""Seconds: what is downloaded here the install has not to download again."""
_LINE = re.compile(r"^ \+ (\S+?)(?:==(\S+)| @ (\S+))(?: \(from (\S+)\))?$", re.MULTILINE)
_SOURCES = (
    "--index",
    "--default-index",
    "--index-url",
    "--extra-index-url",
    "--find-links",
    "--no-index",
    "--index-strategy",
    "--keyring-provider",
    "--trusted-host",
    "--allow-insecure-host",
    "--cert",
    "--proxy",
    "--cache-dir",
    "--offline",
    "--prerelease",
    "--link-mode",
)


@value
class Tried:
    """What the dry run has shown."""

    ran: Ran | None
    """None if it could not be started, or took too long."""
    names: tuple[str, ...]
    """What would come, by name."""
    landings: tuple[Landing, ...]
    unseen: tuple[str, ...]
    """Of which nobody could look at the files."""


@value
class Landing:
    """A distribution that would be put onto files of a conda package."""

    name: str
    package: str
    paths: tuple[str, ...]


def tried(
    command: Command, argv: Sequence[str], env: Environment, python: str | None, environ: Mapping[str, str], folder: str
) -> Tried:
    """Runs a command dry, and looks at what it would bring."""
    with tempfile.TemporaryDirectory(prefix="envguard-") as scratch:
        report = Path(scratch, "report.json")
        more = ("--dry-run", "--report", str(report)) if command.tool is Tool.PIP else ("--dry-run",)
        shown = {"PIP_NO_COLOR": "1", "PIP_PROGRESS_BAR": "off", "NO_COLOR": "1", "UV_NO_PROGRESS": "1"}
        everything = {**environ, **shown}
        try:
            ran = run(inserted(argv, *more), PATIENCE, env=everything, cwd=folder)
        except ProbeFailed:
            return Tried(None, (), (), ())
        if ran.code:
            return Tried(ran, (), (), ())
        site = installed.site(env) or ""
        verb = argv.index("install")
        line = (pip if command.tool is Tool.PIP else uv).line_of(command)
        kept = (
            ()
            if line is None
            else tuple(
                part
                for option in line.options
                if option.name in _SOURCES
                for part in ((option.name,) if option.value is None else (option.name, option.value))
            )
        )
        target = Path(scratch, "files")
        target.mkdir()
        try:
            if command.tool is Tool.PIP:
                head = (*argv[:verb], "download", "--no-deps", "--dest", str(target), *kept)
                found, unseen = _by_pip(report, head, everything, folder, site, target)
            else:
                head = (*argv[: verb + 1], "--no-deps", "--target", str(target), *kept)
                asked = (*head, "--python", python) if python else head
                found, unseen = _by_uv(ran, asked, everything, folder, site, target)
        except (ProbeFailed, OSError, ValueError, LookupError, TypeError, AttributeError):
            return Tried(ran, (), (), ("?",))
    landings = tuple(landing for name, rows in found.items() for landing in landed(name, rows, env))
    return Tried(ran, tuple(found), landings, unseen)


def landed(name: str, rows: Mapping[str, Row], env: Environment) -> Iterator[Landing]:
    """The conda packages whose files a distribution would replace by others; what it replaced long ago is its own."""
    if name in BASICS:
        return
    books = Books(env)
    for package in env.conda_packages or ():
        if name in package.provides and name in env.replaced:
            continue
        entries = books.record(package.record)
        paths = sorted(
            path
            for path in rows.keys() & entries.keys()
            if entries[path].sha256 is None or pip_files.hexadecimal(rows[path].sha256) != entries[path].sha256
        )
        if paths:
            yield Landing(name, package.name, tuple(paths))


def inserted(argv: Sequence[str], *more: str) -> tuple[str, ...]:
    """A command with further options, before a `--` that ends them."""
    place = argv.index("--") if "--" in argv else len(argv)
    return (*argv[:place], *more, *argv[place:])


def _by_pip(
    report: Path, head: Sequence[str], environ: Mapping[str, str], folder: str, site: str, target: Path
) -> tuple[dict[str, Mapping[str, Row]], tuple[str, ...]]:
    found: dict[str, Mapping[str, Row]] = {}
    unseen: list[str] = []
    remote: dict[str, str] = {}
    for item in json.loads(report.read_text(encoding="utf-8"))["install"]:
        name = reading.normalise(item["metadata"]["name"])
        url, digest = _address(item["download_info"])
        rows = wheel(Coming(name, "", False, None, None, None, url), site)
        if rows is not None:
            found[name] = rows
        elif url.partition("?")[0].endswith(".whl") and not url.startswith("file:"):
            remote[name] = f"{url}#sha256={digest}" if digest else url
        else:
            unseen.append(name)
    if remote:
        ran = run((*head, *remote.values()), PATIENCE, env=environ, cwd=folder)
        there = {} if ran.code else {reading.normalise(file.name.split("-")[0]): file for file in target.glob("*.whl")}
        for name in remote:
            rows = wheel(Coming(name, "", False, None, None, None, str(there.get(name, ""))), site)
            if rows is None:
                unseen.append(name)
            else:
                found[name] = rows
    return found, tuple(unseen)


def _address(told: Any) -> tuple[str, str | None]:
    archive = told.get("archive_info") or {}
    digest = (archive.get("hashes") or {}).get("sha256") or str(archive.get("hash") or "").partition("sha256=")[2]
    return str(told["url"]), digest or None


def _by_uv(
    ran: Ran, head: Sequence[str], environ: Mapping[str, str], folder: str, site: str, target: Path
) -> tuple[dict[str, Mapping[str, Row]], tuple[str, ...]]:
    lines = _LINE.findall(f"{ran.stdout}\n{ran.stderr}")
    wanted = {
        reading.normalise(name): f"{name} @ {at or source}" if at or source else f"{name}=={version}"
        for name, version, at, source in lines
    }
    if not wanted:
        return {}, ()
    again = run((*head, *wanted.values()), PATIENCE, env=environ, cwd=folder)
    found: dict[str, Mapping[str, Row]] = {}
    for book in target.glob("*.dist-info/RECORD") if not again.code else ():
        content = reading.read(str(book), reading.RECORD_LIMIT).decode("utf-8-sig", "replace")
        name = reading.normalise(book.parent.name.split("-")[0])
        found[name] = {
            path: row
            for path, row in pip_files.parse_record(content, site)
            if os.path.isfile(target / os.path.relpath(path, site))  # noqa: PTH113
        }
    return found, tuple(name for name in wanted if name not in found)
