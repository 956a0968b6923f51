"""Notebooks that are written as text: Quarto's and R Markdown's, MyST's and jupytext's Markdown, and Python with jupytext's cells.

Only code that is run counts: in Markdown the fences that say so, and in Python the magics that jupytext has turned into
comments (https://jupytext.readthedocs.io/en/latest/formats-scripts.html, …/formats-markdown.html;
https://quarto.org/docs/computations/execution-options.html). A README with `pip install` in a plain fence runs nothing.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from envguard.scan import imports, installs
from envguard.scan.notebook import beside
from envguard.scanned import Scanned
from envguard.value import value

if TYPE_CHECKING:
    from collections.abc import Iterator

    from envguard.scanned import Imported, Install

SUFFIXES = (".qmd", ".rmd", ".md", ".py")
HEAD = 4096
"""Bytes of a file that are looked at for its header."""
_ALWAYS = (".qmd", ".rmd")
_RULER = re.compile(r"(?:# ?)?---\s*$")
_TELLS = re.compile(r"#?\s*(?:jupytext|kernelspec):")
_JUPYTEXT_MARKDOWN = re.compile(r"format_name:[ \t]*['\"]?markdown\b")
_FENCE = re.compile(r"\{(?P<engine>[\w-]+)(?P<options>[^}]*)\}[ \t]*(?P<language>\w*)")
_PYTHON = ("python", "python3", "ipython", "ipython3", "py", "")
_SHELLS = ("bash", "sh", "zsh")
_OPTION = re.compile(r"[ \t]*(?:#\||:[\w-]+:)")
_NOT_RUN = re.compile(r"#\|[ \t]*eval:[ \t]*false\b|:tags:.*\bskip-execution\b", re.IGNORECASE)
_NOT_RUN_IN_R = re.compile(r"\beval[ \t]*=[ \t]*(?:F|FALSE)\b")
_MARKER = re.compile(r"# ?%%(?P<rest>.*)")
_NO_CODE = re.compile(r"\[(?:markdown|md|raw)\]")
_COMMENTED = re.compile(r"^([ \t]*)# ?(?=[!%])")


@value
class _Code:
    """Code that is run: its lines, and how many lines of the file stand before it."""

    source: str
    offset: int
    shell: bool = False


def is_one(path: str, head: str) -> bool:
    """Whether a file of one of the SUFFIXES is a notebook, by its name and its first characters."""
    return path.lower().endswith(_ALWAYS) or bool(_header(head.removeprefix("\ufeff").splitlines()))


def read(path: str, content: str, *, with_imports: bool) -> Scanned:
    """What such a notebook asks for and imports; a script of Python that is none is read as one cell, without a kernel."""
    lines = content.replace("\r\n", "\n").split("\n")
    header = _header(lines)
    kind = "document" if header or path.lower().endswith(_ALWAYS) else "script"
    where = installs.place(path, kernel=kind == "document")
    found: list[Install] = []
    used: list[Imported] = []

    def told(line: int) -> str:
        return f"{path}:{line}"

    for code in (_of_python if path.lower().endswith(".py") else _fences)(lines, header):
        if code.shell:
            found += installs.of_script(code.source, where, told, offset=code.offset)
            continue
        found += installs.of_cell(code.source, where, told, None, None, offset=code.offset)
        if with_imports:
            used += imports.of_cell(code.source, told, None, offset=code.offset)
    return Scanned(path, kind, tuple(found), (), tuple(used), beside(path) if used else frozenset())


def _header(lines: list[str]) -> int:
    """How many lines the header has that makes a text a notebook; 0 without one. Of a part of a text, all of it at most."""
    if not lines or not _RULER.match(lines[0]):
        return 0
    end = next((number for number, line in enumerate(lines[1:], 2) if _RULER.match(line)), len(lines))
    return end if any(map(_TELLS.match, lines[:end])) else 0


def _fences(lines: list[str], header: int) -> Iterator[_Code]:
    """The fences of a Markdown whose code is run: in jupytext's own Markdown also those that name a language alone."""
    from markdown_it import MarkdownIt

    plain = any(map(_JUPYTEXT_MARKDOWN.search, lines[:header]))
    for token in MarkdownIt("commonmark").parse("\n".join(lines)):
        if token.type != "fence" or token.map is None:
            continue
        engine, options = _engine(token.info.strip(), plain=plain)
        inside = token.content.split("\n")
        kept = [line for line in inside if _OPTION.match(line)]
        if any(map(_NOT_RUN.search, kept)) or _NOT_RUN_IN_R.search(options):
            continue
        if engine in _PYTHON or engine in _SHELLS:
            yield _Code(_without_options(inside), token.map[0] + 1, engine in _SHELLS)


def _engine(info: str, *, plain: bool) -> tuple[str | None, str]:
    """What runs the code of a fence, with the options in its first line; None if nothing does."""
    fence = _FENCE.match(info)
    if fence is None:
        return (info.partition(" ")[0].lower() or None) if plain else None, ""
    engine = fence["engine"].lower()
    return fence["language"].lower() if engine == "code-cell" else engine, fence["options"]


def _without_options(lines: list[str]) -> str:
    """The code of a fence: the options that stand before it are blank lines."""
    at = 0
    if lines[:1] == ["---"] and "---" in lines[1:]:  # MyST's other way to write them
        at = lines.index("---", 1) + 1
    while at < len(lines) and _OPTION.match(lines[at]):
        at += 1
    return "\n".join([""] * at + lines[at:])


def _of_python(lines: list[str], header: int) -> Iterator[_Code]:
    """The cells of a script with jupytext's header, their magics as they are in the notebook; without one, all of it."""
    if not header:
        yield _Code("\n".join(lines), 0)
        return
    begin, runs = header, True
    for number, line in enumerate([*lines[header:], "# %%"], header):
        marker = _MARKER.match(line)
        if marker is None:
            continue
        if runs:
            yield _Code("\n".join(_COMMENTED.sub(r"\1", each) for each in lines[begin:number]), begin)
        begin, runs = number + 1, _NO_CODE.search(marker["rest"]) is None
