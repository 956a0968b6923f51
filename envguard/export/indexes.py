"""From where pip fetches: the options that its configuration and earlier commands name, and what versions tell of it.

Credentials become variables, which pip fills in from whoever makes the environment anew; a folder of this machine is named
in a comment only.
"""

from __future__ import annotations

import itertools
import os
import re
from typing import TYPE_CHECKING

from envguard.masking import SECRET, without_secrets
from envguard.model import Text, text
from envguard.probe import reading
from envguard.surroundings.pip_config import indexes as configured
from envguard.value import value

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from envguard.export.pip_part import PipItem
    from envguard.facts import Environment

VARIABLES = "${PIP_INDEX_USER}:${PIP_INDEX_PASSWORD}@"
_USUAL = ("https://pypi.org/simple", "https://pypi.python.org/simple")
_USER = re.compile(r"(?<=://)[^/\s]*@")
_PLAIN = re.compile(r"[^\s'\"\\`;]{1,1000}")
_PYTORCH = re.compile(r"\d[\w.]*\+((?:cu\d{2,3}|rocm[\d.]+|cpu|xpu))")
_OF_PYTORCH = ("torch", "torchvision", "torchaudio", "torchtext", "xformers", "functorch", "torchdata")
_ADDRESSES = ("--index-url", "--extra-index-url", "--find-links")
_SHORT = {"-i": "--index-url", "-f": "--find-links", "--pypi-url": "--index-url"}


@value
class Index:
    """One option."""

    option: str
    line: str | None
    """As it stands in a requirement file; None for what only this machine has."""
    note: Text
    lost: Text | None = None


def indexes(env: Environment, items: Iterable[PipItem]) -> tuple[Index, ...]:
    """Every option, each once; where nothing is for pip, none."""
    written = [item for item in items if item.line is not None]
    if not written:
        return ()
    found: dict[tuple[str, str], Index] = {}
    for option, told, note in (*_configured(env), *_from_commands(env), *_from_versions(written)):
        if option in _ADDRESSES and told.rstrip("/") in _USUAL:
            continue
        # of two main indexes one would silently win
        name = "--extra-index-url" if option == "--index-url" and any(o == "--index-url" for o, _ in found) else option
        if not any(address == told for _, address in found):
            found[name, told] = _index(name, told, note)
    return tuple(found.values())


def beyond_configuration(env: Environment, items: Iterable[PipItem]) -> tuple[tuple[str, str], ...]:
    """The options that no configuration of this machine holds, as (option, value), folders of this machine among them."""
    known = {told.rstrip("/") for _, told, _ in _configured(env)} | set(_USUAL)
    found: dict[str, str] = {}
    for option, told, _ in (*_from_commands(env), *_from_versions(item for item in items if item.line is not None)):
        if told.rstrip("/") not in known and SECRET not in told and not re.search(r"[\s'\"\\`;]", told):
            found.setdefault(told, option)
    return tuple((option, told) for told, option in found.items())


def _configured(env: Environment) -> Iterator[tuple[str, str, Text]]:
    for option in configured(env.prefix, reading.Problems()):
        for told in option.value.split():
            yield f"--{option.name}", told, text("as pip is set up where this was written")


def _from_commands(env: Environment) -> Iterator[tuple[str, str, Text]]:
    """What the ledger remembers of installs: an index there is one more, since another install did without it."""
    for entry in env.ledger or ():
        if entry.tool not in ("pip", "uv") or entry.failed:
            continue
        words = [part for word in entry.command for part in (word.split("=", 1) if word.startswith("--") else [word])]
        for option, told in itertools.pairwise(words):
            name = _SHORT.get(option, option)
            if name in _ADDRESSES and not told.startswith("-"):
                name = "--extra-index-url" if name == "--index-url" else name
                yield name, told, text("from a command that installed here")


def _from_versions(items: Iterable[PipItem]) -> Iterator[tuple[str, str, Text]]:
    for item in items:
        match = _PYTORCH.fullmatch(item.version)
        if match and item.name in _OF_PYTORCH and item.line == f"{item.name}=={item.version}":
            address = f"https://download.pytorch.org/whl/{match[1]}"
            yield (
                "--extra-index-url",
                address,
                text("only there is {name} {version}", name=item.name, version=item.version),
            )


def _index(option: str, told: str, note: Text) -> Index:
    is_path = "://" not in told and option != "--trusted-host"
    if told.startswith("file:") or is_path:
        shown = without_secrets(told)
        lost = text("pip looked into {place}, which only this machine has", place=os.path.expanduser(shown))  # noqa: PTH111
        return Index(option, None, lost, lost)
    plain, hidden = told, False
    if (user := _USER.search(told)) and not user[0].startswith("${"):
        plain, hidden = _USER.sub("", told, count=1), True
    masked = without_secrets(plain)
    if not _PLAIN.fullmatch(masked) or SECRET in masked or "<TOKEN>" in masked:
        address = re.sub(r"[?#].*", "", masked)
        lost = text("an index whose address holds a secret is left out ({address})", address=address)
        return Index(option, None, lost, lost)
    if not hidden:
        return Index(option, f"{option} {masked}", note)
    line = f"{option} {masked.replace('://', '://' + VARIABLES, 1)}"
    lost = text(
        "the index {address} wants a user and a password (set PIP_INDEX_USER and PIP_INDEX_PASSWORD)", address=masked
    )
    return Index(option, line, lost, lost)
