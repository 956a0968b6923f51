"""A cell as it was typed: its magic lines, its cell magic, and the Python between them.

What IPython's transformers do to the text is done here to a copy, line by line, so that every line stays where it is.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from envguard.commands import expand, programs, python, shell, unquoted, windows
from envguard.commands.command import Form, Invocation, Word
from envguard.commands.names import Names
from envguard.commands.scene import DEEPEST, Scene
from envguard.value import value

if TYPE_CHECKING:
    from envguard.commands.text import Holes, Located

PACKAGERS = {"pip", "conda", "mamba", "micromamba", "uv"}
"""The magics that IPython has for installers; pixi, poetry and pdm have none."""
SPLITTING = {"conda", "mamba", "micromamba"}
"""Those of them that split their line and join it again without quotes."""
SYSTEM = {"sx", "system", "!"}
CELLS = {"time", "timeit", "capture", "prun", "memit"}
"""Cell magics whose body is a cell of its own."""
LINES = {"time", "timeit", "prun", "memit"}
SCRIPTS = {"bash", "sh", "zsh", "ksh", "dash"}
PYTHONS = {"python", "python2", "python3", "pypy"}

_PROMPT = re.compile(r"^[ \t]*>>>|\A(?:[^\n]*\n)?In \[\d+\]: ", re.MULTILINE)
_PROMPTS = re.compile(r"^[ \t]*(?:(?:>>>|\.\.\.)(?:[ \t]|(?=\S)|$)|In \[\d+\]: |\.{3,}: ?)", re.MULTILINE)
_INDENT = re.compile(r"[ \t]+")
_CONTINUED = re.compile(r"\\\n")
_AUTOMATIC = re.compile(r"(pip|conda|mamba|micromamba|uv|sx|system|time|timeit|prun)(?![\w.])(?!\s*(?:[=,]|$))")
_HELP = re.compile(r"(?:^|[\s\w.*%\]])(?:%{0,2}(?!\d)[\w*]+(?:\.\w+|\[-?[0-9]+\])*)\?\??[ \t]*$")
_QUOTED = re.compile(r"[#'\"]")
_TOKEN = re.compile(
    r"""(?P<triple>[bBrRuUfFtT]{0,2}(?:\"\"\"(?:[^\\"]|\\.|"(?!""))*(?:\"\"\"|\\?\Z)|'''(?:[^\\']|\\.|'(?!''))*(?:'''|\\?\Z)))
    |(?P<string>[bBrRuUfFtT]{0,2}(?:"(?:[^\\"\n]|\\.)*(?:"|\\?(?=\n|\Z))|'(?:[^\\'\n]|\\.)*(?:'|\\?(?=\n|\Z))))
    |(?P<comment>\#[^\n]*)
    |(?P<open>[(\[{])
    |(?P<close>[)\]}])
    |(?P<joined>\\\n)
    |(?P<newline>\n)
    |(?P<compared>[=!<>:]=|[-+*/%&|^@]=|//=|\*\*=|>>=|<<=)
    |(?P<assigned>=(?:[ \t]|\\\n)*(?=![^=]|%[A-Za-z_])|=)
    |(?P<name>\w+)
    |(?P<other>[^\w\n])""",
    re.VERBOSE | re.DOTALL,
)
_OPTION = re.compile(r"(?:-\w+(?:[ \t]+\d+)?[ \t]+)*")


@value
class Escape:
    """A line that is not Python: `!…`, `%…` and their like; `text` begins with the sign."""

    text: Located
    indented: bool


def read(text: Located, holes: Holes, scene: Scene) -> list[Invocation]:
    """Every install command of a cell, in order."""
    if scene.depth > DEEPEST:
        return []
    text = _cleaned(text)
    if text.text.startswith("%%") and not re.match(r"%%\w+\?", text.text):
        return _cell_magic(text, holes, scene)
    if "\n" not in text.text.rstrip("\n") and len(text.text.splitlines()) == 1:
        found = _AUTOMATIC.match(text.text)
        if found and not _HELP.search(text.text):
            names = Names(holes)
            return line_magic(found[1], text, names, scene, 0)
    source, escapes = _scanned(text)
    return python.Reader(source, text, holes, scene, escapes).run()


def _cleaned(text: Located) -> Located:
    """Without blank lines in front, without the indentation of the first line, without prompts."""
    blank = re.match(r"(?:[ \t\f]*\n)*", text.text)
    start = blank.end() if blank else 0
    text = text.part(start, len(text.text))
    indent = _INDENT.match(text.text)
    if indent:
        every = re.finditer(rf"^{re.escape(indent[0])}", text.text, re.MULTILINE)
        text = text.edited([(found.start(), found.end(), "") for found in every])
    if _PROMPT.search(text.text):
        text = text.edited([(found.start(), found.end(), "") for found in _PROMPTS.finditer(text.text)])
    return text


def _scanned(text: Located) -> tuple[str, dict[int, Escape]]:
    """The cell with a placeholder for each line that is not Python, and those lines by their number."""
    source = text.text
    kept: list[str] = []
    escapes: dict[int, Escape] = {}
    at = copied = depth = 0
    line = 1
    fresh = True  # a statement may begin here
    assigned = False  # its first `=` has been seen

    def escape(start: int, placeholder: str, indented: bool) -> int:
        nonlocal copied, line
        end = _line_end(source, start)
        escapes[line] = Escape(text.part(start, end), indented)
        kept.extend((source[copied:start], placeholder, "\n" * source.count("\n", start, end)))
        line += source.count("\n", start, end)
        copied = end
        return end

    while at < len(source):
        if fresh and source.startswith("\\\n", at):  # an empty line that goes on
            line, at = line + 1, at + 2
            continue
        if fresh:
            start = at
            while start < len(source) and source[start] in " \t\f":
                start += 1
            end = source.find("\n", start)
            end = len(source) if end < 0 else end
            sign = source[start : start + 1]
            helped = source[end - 1 : end] in ("?", " ", "\t") and not _QUOTED.search(source, start, end)
            helped = helped and _HELP.search(source[max(start, end - 300) : end]) is not None
            if sign and (sign in "!%?,;/" or helped):
                at = escape(start, "pass", start > at)
                if helped and sign in "!%":
                    escapes.popitem()
                continue
            fresh, assigned, at = False, False, start
            continue
        token = _TOKEN.match(source, at)
        if token is None:
            at += 1
            continue
        kind = token.lastgroup
        begin, at = at, token.end()
        if kind == "newline":
            line += 1
            fresh = depth == 0
        elif kind in ("triple", "joined", "string"):
            line += token[0].count("\n")
        elif kind == "open":
            depth += 1
        elif kind == "close":
            depth = max(0, depth - 1)
        elif kind == "assigned":
            line += token[0].count("\n")
            if depth or assigned:
                continue
            assigned = True
            if source[at : at + 1] in ("!", "%"):
                at = escape(at, "None", source[source.rfind("\n", 0, begin) + 1] in " \t")
    kept.append(source[copied:])
    return "".join(kept), escapes


def _line_end(source: str, at: int) -> int:
    """The end of a line that backslashes may continue."""
    while True:
        end = source.find("\n", at)
        if end < 0:
            return len(source)
        if source[end - 1] != "\\":
            return end
        at = end + 1


def escaped(escape: Escape, names: Names, scene: Scene) -> tuple[list[Invocation], Scene]:
    """What a line that is not Python starts, and what holds after it."""
    text = escape.text
    text = text.edited([(found.start(), found.end(), " ") for found in _CONTINUED.finditer(text.text)])
    if text.text.startswith("!"):
        start = 2 if text.text.startswith("!!") else 1
        return system(text.part(start, len(text.text)), names, scene), scene
    found = re.match(r"%(\w+)(?= |$)", text.text)
    if not found:
        return [], scene
    rest = text.part(found.end() + 1, len(text.text))
    after = changed(found[1], rest, names, scene)
    if after is not None:
        return [], after
    return line_magic(found[1], text, names, scene, 1), scene


def system(text: Located, names: Names, scene: Scene) -> list[Invocation]:
    """A line for the shell, as IPython hands it over."""
    read_shell = windows.read if scene.windows else shell.read
    return read_shell(expand.expanded(text, names), names.holes, scene)


def line_magic(name: str, text: Located, names: Names, scene: Scene, sign: int) -> list[Invocation]:
    """`%name …`; the text begins with the name, behind a sign of so many characters."""
    if name in PACKAGERS:
        found = system(text.part(sign, len(text.text)), names, scene)
        first = text.span(sign, sign + len(name))
        if found and (found[0].span.line, found[0].span.column) == (first.line, first.column):
            span = replace(found[0].span, line=text.span(0, 1).line, column=text.span(0, 1).column)
            found[0] = replace(found[0], form=Form.MAGIC, span=span)
            if name in SPLITTING and not scene.windows:
                found[0] = unquoted.handed_on(found[0])
        return found
    rest = text.part(sign + len(name), len(text.text))
    if name in SYSTEM:
        return system(rest, names, scene)
    if name in LINES:
        lead = re.match(r"[ \t]*", rest.text)
        start = lead.end() if lead else 0
        option = _OPTION.match(rest.text, start)
        inner = rest.part(option.end() if option else start, len(rest.text))
        return read(inner, names.holes, replace(scene, depth=scene.depth + 1))
    return []


def changed(name: str, rest: Located, names: Names, scene: Scene) -> Scene | None:
    """What `%env` and `%cd` leave behind in the kernel; None for any other magic."""
    if name not in ("env", "set_env", "cd", "pushd"):
        return None
    word = names.holes.word(expand.expanded(rest, names).text.strip())
    if name in ("env", "set_env"):
        found = re.fullmatch(r"(\w+)(?:\s*=\s*|\s+)(.*)", word.text, re.DOTALL)
        if not found:
            return scene
        return replace(scene, variables={**scene.variables, found[1]: found[2] if word.known else None})
    folder = re.sub(r"^-q\s+", "", word.text).strip("'\"")
    return replace(scene, folder=shell.moved(scene.folder, [folder] if folder else []))


def _cell_magic(text: Located, holes: Holes, scene: Scene) -> list[Invocation]:
    end = text.text.find("\n")
    end = len(text.text) if end < 0 else end
    name, _, line = text.text[2:end].rstrip().partition(" ")
    return cell_magic(name, line, text.part(end + 1, len(text.text)), holes, scene)


def cell_magic(name: str, line: str, body: Located, holes: Holes, scene: Scene) -> list[Invocation]:
    """`%%name line`, and the cell below it."""
    within = replace(scene, form=Form.SCRIPT, depth=scene.depth + 1)
    if name in CELLS:
        return read(body, holes, replace(scene, depth=scene.depth + 1))
    if name in SYSTEM:
        return system(body, Names(holes), within)
    if name in SCRIPTS or name in PYTHONS:
        name, line = "script", f"{name} {line}"
    if name == "cmd":
        return windows.read(body, holes, replace(within, windows=True))
    if name != "script":
        return []
    words = _program(line.split())
    led = programs.lead(words, [Word(word) for word in words], scene.windows)
    if led.kind == "shell" and led.script is None:
        return shell.read(body, holes, replace(within, windows=False, hooked=led.login))
    if led.kind == "cmd":
        return windows.read(body, holes, replace(within, windows=True))
    if led.kind == "code" and led.fed:
        return python.read(body, holes, within, led.words[0])
    return []


def _program(words: list[str]) -> list[str]:
    """What `%%script` starts, behind its own options."""
    at = 0
    own: list[str] = []
    program = False
    while at < len(words):
        if words[at] in ("--out", "--err", "--proc"):
            at += 2
        elif words[at] in ("--bg", "--no-raise-error"):
            at += 1
        elif words[at].startswith("-s") and program:
            break  # what follows are arguments of the script
        else:
            own.append(words[at])
            program = True
            at += 1
    return own
