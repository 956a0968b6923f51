"""Keeps pip and uv from conda's packages by constraints: `name==version` for every distribution that conda owns.

* Pinned is what conda owns by path and content now. What pip has replaced, or put a second copy of, is not pinned: to hold
  pip's version would preserve the damage, to ask for conda's would let pip take files off that two books claim.
* pip, setuptools and wheel are not pinned: an installer has to be able to renew itself, and builds ask for newer ones.
* The file lies in a folder of its own that only the user can enter, below the temporary one, and goes with this process.
* The variables name it as a file:// URL, for pip and uv split them at blanks; the user's own files stay in them.
* Builds that pip isolates inherit the variables up to pip 26.1 (measured: 22.2, 25.2, 25.3, 26.0 and 26.1 do, 26.2 and 26.3 do
  not), uv's never do; no build inherits what comes by `-c`.
* A variable outdoes pip's configuration, whose constraint files are therefore named in it, too.

What constraints do not hold is in `limits`.
"""

from __future__ import annotations

import atexit
import contextlib
import hashlib
import os
import re
import shlex
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from envguard import collect, store, versions
from envguard.errors import BadArguments
from envguard.model import Text, text
from envguard.probe.marks import unfinished
from envguard.rules.releases import below
from envguard.surroundings.pip_config import constraints
from envguard.tables import BASICS
from envguard.value import value

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, MutableMapping

    from envguard.facts import Distribution, Environment

VARIABLES = ("PIP_CONSTRAINT", "UV_CONSTRAINT")
SPARES_BUILDS = "26.2"
_NAME = re.compile(r"[a-z0-9](?:[a-z0-9-]*[a-z0-9])?")
_FILE = "constraints.txt"


@value
class LeftOut:
    """A distribution of conda's, or one that was, that is not pinned."""

    name: str
    version: str | None
    reason: Text


@value
class Protection:
    """What pip and uv are told to leave as it is."""

    prefix: str
    pins: tuple[str, ...]
    """`numpy==1.26.4`, by name."""
    left_out: tuple[LeftOut, ...]

    note: Text | None = None
    """What else the variables do, in this environment."""

    @property
    def content(self) -> str:
        """The constraints file."""
        return "".join(f"{line}\n" for line in (_HEADER, *self.pins))

    @property
    def fingerprint(self) -> str:
        """What changes when the file would."""
        return hashlib.sha256(self.content.encode()).hexdigest()

    @property
    def pinned(self) -> Mapping[str, str]:
        """Version by name."""
        return dict(pin.split("==", 1) for pin in self.pins)


_HEADER = "# written by envguard: what conda owns here, for pip and uv to leave as it is"


def protection(env: Environment) -> Protection:
    """What would have to stay for conda's book to stay true."""
    names: dict[str, list[Distribution]] = {}
    for dist in env.distributions or ():
        if dist.kind != "leftover":
            names.setdefault(dist.name, []).append(dist)
    pins, left_out = [], []
    for name, dists in sorted(names.items()):
        told = _told(name, dists, env)
        if isinstance(told, LeftOut):
            left_out.append(told)
        elif told is not None:
            pins.append(f"{name}=={told}")
    for stem in env.unreadable_records:
        name, version, _ = (*stem.rsplit("-", 2), "", "")[:3]
        left_out.append(LeftOut(name, version or None, text("its record cannot be read")))
    return Protection(env.prefix, tuple(pins), tuple(left_out), _on_builds(env))


def known(env: Environment) -> Environment:
    """The same; BadArguments if nobody can tell what is conda's there, so that nothing could be held, or if it is not whole."""
    if unfinished(env.prefix):
        raise BadArguments(
            text(
                "{prefix} was left unfinished by a rebuild: `envguard rebuild {target} --resume` begins it anew, `--discard` removes it",
                prefix=env.prefix,
                target=shlex.quote(env.prefix),
            )
        )
    if env.distributions is None and env.is_conda:
        if env.unreadable_records:
            raise BadArguments(text("conda's records cannot be read: {records}", records=env.unreadable_records))
        raise BadArguments(text("what conda owns in {prefix} cannot be told", prefix=env.prefix))
    return env


def needed(env: Environment) -> Protection:
    """The same; BadArguments if there is nothing to protect."""
    told = protection(known(env))
    if not told.pins:
        raise BadArguments(
            text("conda owns no Python package in {prefix}: there is nothing to protect", prefix=env.prefix)
        )
    return told


def _on_builds(env: Environment) -> Text | None:
    pip = next((dist.version for dist in env.dists_named.get("pip", ()) if below(dist.version, SPARES_BUILDS)), None)
    if pip is None:
        return None
    return text(
        "pip {version} holds what it installs to build other packages to the same versions; from {spares} on it does not",
        version=pip,
        spares=SPARES_BUILDS,
    )


def _told(name: str, dists: list[Distribution], env: Environment) -> str | LeftOut | None:
    """The version to which a name is pinned, why it is not, or None where conda has nothing to do with it."""
    ours = [dist for dist in dists if dist.owner is not None]
    others = [dist for dist in dists if dist.owner is None]
    if not ours:
        if any(dist.taken_from for dist in others) or any(env.replaced.get(name) is dist for dist in others):
            return LeftOut(name, others[0].version, text("pip has replaced conda's"))
        return None
    version = ours[0].version
    if name in BASICS:
        return LeftOut(name, version, text("installers may renew themselves"))
    if others:
        return LeftOut(name, version, text("pip has put another {name} beside conda's", name=name))
    if not _NAME.fullmatch(name):
        return LeftOut(name, version, text("it is no name for pip"))
    if version is None:
        return LeftOut(name, None, text("it does not tell its version"))
    spelled = {versions.pep440(dist.version or "") for dist in ours}
    if None in spelled:
        return LeftOut(name, version, text("{version} is no version for pip", version=version))
    if len(spelled) > 1:
        told = tuple(str(dist.version) for dist in ours)
        return LeftOut(name, version, text("conda has it in more than one version: {versions}", versions=told))
    return spelled.pop()


class File:
    """A constraints file that lasts as long as this process, or until it is removed."""

    def __init__(self, told: Protection) -> None:
        """Writes it; BadArguments if that cannot be."""
        try:
            self._folder = tempfile.mkdtemp(prefix="envguard-")  # mode 0700
        except OSError as error:
            raise _unwritable(tempfile.gettempdir(), error) from error
        self._owner = os.getpid()
        self.path = Path(self._folder, _FILE)
        self.fingerprint = ""
        atexit.register(self.remove)
        try:
            self.update(told)
        except BaseException:
            self.remove()
            raise

    @property
    def url(self) -> str:
        """Its address, in which no blank is left."""
        return self.path.as_uri()

    def update(self, told: Protection) -> bool:
        """Writes it anew if it would be another one, or has gone; whether it was."""
        if told.fingerprint == self.fingerprint and self.path.exists():
            return False
        try:
            Path(self._folder).mkdir(mode=0o700, exist_ok=True)  # who cleans the temporary folder takes old ones off
            store.write_atomically(self.path, told.content.encode(), 0o600)
        except OSError as error:
            raise _unwritable(str(self.path), error) from error
        self.fingerprint = told.fingerprint
        return True

    def remove(self) -> None:
        """Takes it away; a process that was forked leaves it to the one that made it."""
        if os.getpid() == self._owner:
            atexit.unregister(self.remove)
            shutil.rmtree(self._folder, ignore_errors=True)


@contextlib.contextmanager
def written(told: Protection) -> Iterator[Path]:
    """The constraints file for as long as it is needed."""
    file = File(told)
    try:
        yield file.path
    finally:
        file.remove()


def write(told: Protection, path: Path) -> None:
    """Writes the constraints where the user wants them; BadArguments if that cannot be."""
    try:
        store.write_atomically(path, told.content.encode())
    except OSError as error:
        raise _unwritable(str(path), error) from error


def variables(path: Path, environ: Mapping[str, str], prefix: str) -> dict[str, str]:
    """What PIP_CONSTRAINT and UV_CONSTRAINT have to be for a file to count besides the user's own."""
    ours = path.as_uri()
    own = {name: tuple(environ.get(name, "").split()) for name in VARIABLES}
    pip = own["PIP_CONSTRAINT"] or constraints(prefix, environ)
    return {
        "PIP_CONSTRAINT": " ".join((*(each for each in pip if each != ours), ours)),
        "UV_CONSTRAINT": " ".join((*(each for each in own["UV_CONSTRAINT"] if each != ours), ours)),
    }


class Protected:
    """Protection of one prefix by the variables of this process, which what it starts inherits.

    `on` and `off` may be called in any order and as often as one likes; as a context it is on within.
    """

    def __init__(self, prefix: str | Path, environ: MutableMapping[str, str] | None = None) -> None:
        self.prefix = str(prefix)
        self.told: Protection | None = None
        """What is protected; None while it is off."""
        self._environ = os.environ if environ is None else environ
        self._file: File | None = None
        self._before: dict[str, str | None] = {}
        self._set: dict[str, str] = {}

    @property
    def state(self) -> str:
        """`on`, `off`, or `lost`: the variables were changed since and do not name our file any more."""
        if self._file is None:
            return "off"
        url = self._file.url
        return "on" if all(url in self._environ.get(name, "").split() for name in VARIABLES) else "lost"

    def on(self) -> Protection:
        """Turns it on, or brings it up to date; BadArguments if there is nothing to protect, or no place for the file."""
        env = collect.by_import(self.prefix)
        told = needed(env)
        if self._file is None:
            self._file = File(told)
            self._before = {name: self._environ.get(name) for name in VARIABLES}
            self._set = {}
        else:
            self._file.update(told)
        if self.state != "on":
            self._set = variables(self._file.path, self._environ, env.prefix)
            self._environ.update(self._set)
        self.told = told
        return told

    def refresh(self) -> bool:
        """Brings it up to date if the prefix has changed since; whether that was so. Nothing while it is off."""
        if self._file is None:
            return False
        before = self._file.fingerprint
        self.on()
        return self._file.fingerprint != before

    def off(self) -> None:
        """Turns it off: the variables are as they were, but for what was changed in them meanwhile."""
        file, self._file, self.told = self._file, None, None
        if file is None:
            return
        for name in VARIABLES:
            now = self._environ.get(name)
            if now is not None and now == self._set.get(name):
                before = self._before[name]
                if before is None:
                    del self._environ[name]
                else:
                    self._environ[name] = before
            elif now is not None and file.url in now.split():
                kept = " ".join(each for each in now.split() if each != file.url)
                self._environ[name] = kept
                if not kept:
                    del self._environ[name]
        file.remove()

    def __enter__(self) -> Protected:
        self.on()
        return self

    def __exit__(self, *_error: object) -> None:
        self.off()


def _unwritable(where: str, error: OSError) -> BadArguments:
    return BadArguments(
        text("the constraints cannot be written to {where}: {reason}", where=where, reason=error.strerror or str(error))
    )
