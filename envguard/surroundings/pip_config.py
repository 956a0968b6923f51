"""Options that pip takes from files and variables, as far as they change where it installs.

Where pip looks: its user guide, "Configuration" (https://pip.pypa.io/en/stable/topics/configuration/).
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from envguard.machine import PipOption
from envguard.probe import reading

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_LIMIT = 1 << 20
_ASKED = ("user", "target", "prefix", "root", "require-virtualenv", "break-system-packages")
_INDEXES = ("index-url", "extra-index-url", "find-links", "trusted-host")


def pip_config(
    prefix: str, problems: reading.Problems, environ: Mapping[str, str] | None = None
) -> tuple[PipOption, ...]:
    """The options that hold for an installation, each from the strongest place that sets it.

    `environ` stands in for the variables of this process.
    """
    found = _set(prefix, problems, os.environ if environ is None else environ, _ASKED)
    return tuple(option for _, option in sorted(found.items()))


def indexes(prefix: str, problems: reading.Problems) -> tuple[PipOption, ...]:
    """From where pip fetches, in the same way; an address may hold a password, so this is for whoever takes it out."""
    found = _set(prefix, problems, os.environ, _INDEXES)
    return tuple(found[option] for option in _INDEXES if option in found)


def constraints(prefix: str, environ: Mapping[str, str]) -> tuple[str, ...]:
    """The constraint files that pip's configuration names, as written there; pip forgets them once a variable names others."""
    found = _in_files(prefix, reading.Problems(), environ, ("constraint",)).get("constraint")
    return tuple(found.value.split()) if found else ()


def _set(
    prefix: str, problems: reading.Problems, environ: Mapping[str, str], asked: tuple[str, ...]
) -> dict[str, PipOption]:
    variables = {
        option: PipOption(option, value.strip(), variable)
        for option in asked
        if (value := environ.get(variable := "PIP_" + option.upper().replace("-", "_")))
    }
    return {**_in_files(prefix, problems, environ, asked), **variables}


def _in_files(
    prefix: str, problems: reading.Problems, environ: Mapping[str, str], asked: tuple[str, ...]
) -> dict[str, PipOption]:
    general: dict[str, PipOption] = {}
    install: dict[str, PipOption] = {}
    for path in _files(prefix, environ):
        try:
            content = reading.read(str(path), _LIMIT).decode("utf-8-sig")
        except FileNotFoundError:
            continue
        except (OSError, ValueError) as error:
            problems.add(str(path), "could not be read: {error}", error=reading.why(error))
            continue
        import configparser  # most have no such file, and no kernel has it loaded

        parser = configparser.RawConfigParser(strict=False)
        try:
            parser.read_string(content, str(path))
        except (ValueError, configparser.Error) as error:
            problems.add(str(path), "could not be read: {error}", error=reading.why(error))
            continue
        for section, found in (("global", general), ("install", install)):
            if parser.has_section(section):
                found.update(_options(parser.items(section), str(path), asked))
    return {**general, **install}


def _options(items: list[tuple[str, str]], source: str, asked: tuple[str, ...]) -> dict[str, PipOption]:
    named = ((key.lower().lstrip("-").replace("_", "-"), value) for key, value in items)
    return {key: PipOption(key, value.strip(), source) for key, value in named if key in asked}


def _files(prefix: str, environ: Mapping[str, str]) -> Iterator[Path]:
    """Everybody's, the user's, the environment's, and the one that a variable names."""
    named = environ.get("PIP_CONFIG_FILE")
    if named == os.devnull:
        return  # pip's way to read no file at all
    name = "pip.ini" if sys.platform == "win32" else "pip.conf"
    # stays as it is where there is no home
    home = Path(environ.get("HOME" if sys.platform != "win32" else "USERPROFILE") or os.path.expanduser("~"))
    xdg = Path(environ.get("XDG_CONFIG_HOME") or home / ".config")
    if sys.platform == "win32":
        yield Path(environ.get("PROGRAMDATA") or "C:/ProgramData", "pip", name)
        yield home / "pip" / name
        yield Path(environ.get("APPDATA") or home, "pip", name)
    else:
        if sys.platform == "darwin":
            yield Path("/Library/Application Support/pip", name)
        for folder in reversed((environ.get("XDG_CONFIG_DIRS") or "/etc/xdg").split(os.pathsep)):
            yield Path(folder, "pip", name)
        yield Path("/etc", name)
        yield home / ".pip" / name
        support = home / "Library" / "Application Support" / "pip"
        yield (support if sys.platform == "darwin" and support.is_dir() else xdg / "pip") / name
    yield Path(prefix, name)
    if named:
        yield Path(named)
