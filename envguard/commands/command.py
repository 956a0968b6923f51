"""What an install command says, as values."""

from __future__ import annotations

import enum
from dataclasses import field
from typing import TYPE_CHECKING

from envguard.value import value

if TYPE_CHECKING:
    from collections.abc import Mapping

    from envguard.model import Evidence, Text

KERNEL_PYTHON = "{sys.executable}"
"""The word that stands for the interpreter of the kernel, however the cell has written it."""


class Tool(enum.Enum):
    """Who would install."""

    PIP = "pip"
    CONDA = "conda"
    MAMBA = "mamba"
    MICROMAMBA = "micromamba"
    PIXI = "pixi"
    UV = "uv"
    POETRY = "poetry"
    PDM = "pdm"
    EASY_INSTALL = "easy_install"

    @property
    def is_conda(self) -> bool:
        """Whether it writes conda's book."""
        return self in (Tool.CONDA, Tool.MAMBA, Tool.MICROMAMBA, Tool.PIXI)


class Verb(enum.Enum):
    """What it would do."""

    INSTALL = "install"
    UPDATE = "update"
    REMOVE = "remove"
    SYNC = "sync"
    """make the environment exactly what a file says: install and remove"""
    CREATE = "create"
    """another environment; nothing that exists is changed"""


class Form(enum.Enum):
    """How it stands in the cell."""

    SHELL = "shell"
    """`!pip`, `x = !pip`, `%sx`, `%system`"""
    MAGIC = "magic"
    """`%pip`, `%conda`, `%uv` and others, also without the `%`"""
    SCRIPT = "script"
    """`%%bash`, `%%sh`, `%%script`, `%%cmd`"""
    CALL = "call"
    """os.system, subprocess, get_ipython().system, pip.main"""
    LINE = "line"
    """a command line of its own: `envguard forecast -- pip install X`, a script, a Dockerfile"""


class Kind(enum.Enum):
    """What a requirement is."""

    NAME = "name"
    """`numpy>=2`, `requests[socks]`"""
    SPEC = "spec"
    """a match spec of conda"""
    URL = "url"
    """an archive somewhere: `https://…/x.whl`, `name @ https://…`"""
    VCS = "vcs"
    PATH = "path"
    """a folder or a file of this machine"""


@value
class Span:
    """Where in the source: lines from 1, columns from 0, in characters; the end is exclusive."""

    line: int
    column: int
    end_line: int
    end_column: int


@value
class Word:
    """One argument as the program would get it; where a part is known only when it runs, `text` is as written."""

    text: str
    known: bool = True


@value
class Invocation:
    """One program that would be started: what `cell` finds and `tools` understands.

    Its first word is the program itself, behind what `wrappers` names; `conda run -n X pip`, `uv run pip` and `python -m pip`
    keep all their words. An environment that was activated before it in the same shell stands in `variables`, as written:
    CONDA_DEFAULT_ENV (a name) or CONDA_PREFIX (a folder), VIRTUAL_ENV for one of venv. With conda's comes CONDA_SHLVL: "1"
    where conda's own function was made ready in that shell, None where nothing did that, so that `conda activate` may have
    failed. None for CONDA_DEFAULT_ENV or VIRTUAL_ENV: something was activated or left, which cannot be told.
    """

    words: tuple[Word, ...]
    form: Form
    span: Span
    """Of a line its words without `!`, of a magic with its `%`; of a call, and of `bash -c`, the whole of that."""
    variables: Mapping[str, str | None] = field(default_factory=dict)
    """Set for it alone, or before it in the same shell; None where the value is not known."""
    wrappers: tuple[str, ...] = ()
    """What starts it in turn: `sudo`, `env`, `time`, `nohup`."""
    folder: str | None = None
    """Where an earlier `cd` of the same shell has gone, as written."""
    conditional: bool = False
    """It stands in a function, a branch, a loop or behind `||`, and may not run."""
    misread: tuple[str, ...] = ()
    """Its words of which the shell keeps a part for itself, as IPython's `%conda` hands them on without their quotes."""
    branches: tuple[tuple[int, int, str], ...] = ()
    """The choices in which it stands, the outermost first: the line and column of each, and which way of it."""


@value
class Requirement:
    """One thing that is to be installed or removed."""

    text: str
    """As written, without secrets."""
    kind: Kind
    name: str | None
    """Normalised as its tool does (PEP 503, or conda's small letters); None if it does not tell."""
    specifier: str = ""
    extras: tuple[str, ...] = ()
    marker: str | None = None
    editable: bool = False
    pinned: bool = False
    """An exact version, or a commit: tomorrow it means the same."""
    channel: str | None = None
    source: str | None = None
    """The file it stands in, with its line (`/home/me/requirements.txt:3`); None for the command itself."""


@value
class File:
    """A file that a command names."""

    path: str
    """As written."""
    role: str
    """requirements, constraints, environment (environment.yml), explicit (a conda list of URLs), or project."""
    unread: Text | None = None
    """Why it was not read; None if it was."""


class AimKind(enum.Enum):
    """How a command says what it is about."""

    KERNEL = "kernel"
    """the interpreter of the kernel: `%pip`, `{sys.executable} -m pip`"""
    PROGRAM = "program"
    """the Python of a program that is looked up on PATH, or stands at a path: `pip`, `/opt/x/bin/pip3`"""
    PYTHON = "python"
    """an interpreter, looked up on PATH or at a path: `python3 -m pip`, `--python X`"""
    NAME = "name"
    """conda's environment of that name"""
    PREFIX = "prefix"
    ACTIVE = "active"
    """whatever is active: conda without `-n`, uv without `--python`"""
    PROJECT = "project"
    """the environment of a project, found from its folder: uv add, poetry, pdm, pixi"""


@value
class Aim:
    """What a command says it is about; `target` finds out what that is."""

    kind: AimKind
    value: str | None = None
    known: bool = True


@value
class Command:
    """One install command."""

    tool: Tool
    verb: Verb
    argv: tuple[str, ...]
    """The program and its arguments, as it would get them; unknown parts as written. It may hold secrets: never shown."""
    requirements: tuple[Requirement, ...]
    """Those of the files, too."""
    constraints: tuple[Requirement, ...]
    files: tuple[File, ...]
    options: tuple[tuple[str, str | None], ...]
    """By their long names, in order, each as often as it was given: `("--upgrade", None)`, `("--index-url", "https://…")`."""
    aim: Aim
    form: Form
    span: Span
    variables: Mapping[str, str | None] = field(default_factory=dict)
    wrappers: tuple[str, ...] = ()
    folder: str | None = None
    conditional: bool = False
    certain: bool = True
    """False if a word of it is known only when it runs."""
    misread: tuple[str, ...] = ()
    """Its words of which the shell keeps a part for itself."""
    branches: tuple[tuple[int, int, str], ...] = ()
    """The choices in which it stands, as those of an Invocation."""

    def option(self, name: str) -> str | None:
        """The last value of an option; "" if it has none, None if it was not given."""
        return next((value or "" for given, value in reversed(self.options) if given == name), None)


@value
class Place:
    """Where a cell or a line would run: the kernel, its folder and its variables."""

    python: str
    """sys.executable of the kernel, or the interpreter that envguard runs in."""
    prefix: str
    folder: str
    """The current folder."""
    variables: Mapping[str, str] = field(default_factory=dict)
    is_kernel: bool = True
    """False on a command line, where nothing is the kernel's."""


class Placement(enum.Enum):
    """Where in the target the files go."""

    SITE = "site"
    """its site-packages"""
    USER = "user"
    """the user's own site-packages"""
    FOLDER = "folder"
    """a folder that was named: --target, --prefix, --root"""


@value
class Target:
    """What a command would really change."""

    prefix: str | None
    """None if that cannot be told; `reason` says why."""
    python: str | None
    placement: Placement = Placement.SITE
    folder: str | None = None
    """For USER and FOLDER: which."""
    is_kernel: bool | None = None
    """Whether that is the environment of the kernel; None if that cannot be told."""
    reason: Text | None = None
    """Why it is another one than the kernel's, or none."""
    evidence: tuple[Evidence, ...] = ()
