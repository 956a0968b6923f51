"""A script or a line for cmd.exe: the install commands in it. Its grammar is small and has no parser to take."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from envguard.commands import activation, programs
from envguard.commands.cell import TRIGGER
from envguard.commands.command import Invocation
from envguard.commands.scene import DEEPEST, Scene
from envguard.commands.shell import moved
from envguard.commands.text import Located

if TYPE_CHECKING:
    from envguard.commands.command import Word
    from envguard.commands.text import Holes

_TOKEN = re.compile(
    r"""(?P<blank>(?:[ \t,;=](?<![=,;])|\^\n)+)
    |(?P<end>\n|&&|\|\||[&|()])
    |(?P<redirect>\d?>>?(?:&\d)?|\d?<(?:&\d)?)
    |(?P<word>(?:"[^"\n]*"?|\^[^\n]|(?!\d?[<>])[^\s&|()<>"^])+)
    |(?P<other>.)""",
    re.VERBOSE,
)
_VARIABLE = re.compile(r"%([A-Za-z_]\w*)%")
_PART = re.compile(r'"([^"]*)"?|\^(.)|([^"^]+|\^$)')
_CONDITION = re.compile(r"(?:if|for|else)$", re.IGNORECASE)


def read(text: Located, holes: Holes, scene: Scene) -> list[Invocation]:
    """Every install command of a script, in order."""
    if scene.depth > DEEPEST or not TRIGGER.search(text.text):
        return []
    reader = _Reader(text, holes, scene)
    reader.run()
    return reader.found


class _Reader:
    def __init__(self, text: Located, holes: Holes, scene: Scene) -> None:
        self.text = text
        self.holes = holes
        self.scene = scene
        self.variables: dict[str, str | None] = dict(scene.variables)
        self.folder = scene.folder
        self.found: list[Invocation] = []

    def run(self) -> None:
        words: list[tuple[str, int, int]] = []
        behind = ""
        redirected = False
        nested = 0
        for token in _TOKEN.finditer(self.text.text):
            kind, raw = token.lastgroup, token[0]
            if kind == "redirect":
                redirected = not re.search(r"&\d$", raw)
            elif kind == "word" and redirected:
                redirected = False
            elif kind == "word":
                words.append((raw, *token.span()))
            elif kind == "end":
                nested += self._command(words, behind == "||" or nested > 0) if raw == "(" else 0
                if raw != "(":
                    self._command(words, behind == "||" or nested > 0)
                nested = max(0, nested - 1) if raw == ")" else nested
                behind = raw
                words = []
                redirected = False
        self._command(words, behind == "||" or nested > 0)

    def _command(self, words: list[tuple[str, int, int]], unsure: bool) -> int:
        """Reads one command; 1 if it opens a block that may not run."""
        while words and (words[0][0] in ("@", "do", "DO") or words[0][0].startswith("@")):
            raw, start, end = words[0]
            words = words[1:] if len(raw) == 1 or not raw.startswith("@") else [(raw[1:], start + 1, end), *words[1:]]
        if not words:
            return 0
        first = words[0][0].lower()
        if first == "rem" or first.startswith("::"):
            return 0
        if _CONDITION.match(first):
            words, unsure = _consequence(words), True
            if not words:
                return 1
        texts = [self._value(raw) for raw, _, _ in words]
        read = tuple(map(self.holes.word, texts))
        if not self._of_the_shell(read):
            self._started(words, texts, read, unsure)
        return 0

    def _started(
        self, words: list[tuple[str, int, int]], texts: list[str], given: tuple[Word, ...], unsure: bool
    ) -> None:
        from envguard.commands import python, shell

        led = programs.lead(texts, given, windows=True)
        span = self.text.span(words[0][1], words[-1][2])
        scene = replace(
            self.scene,
            variables={**self.variables, **led.variables},
            folder=self.folder,
            conditional=self.scene.conditional or unsure,
            wrappers=(*self.scene.wrappers, *led.wrappers),
            depth=self.scene.depth + 1,
        )
        if led.kind == "tool":
            found = (led.words, scene.form, span, scene.variables, scene.wrappers, scene.folder, scene.conditional)
            self.found.append(Invocation(*found))
        elif led.script is not None and led.kind in ("shell", "cmd", "code"):
            script = Located.at(led.script, span)
            program = programs.name_of(led.words[0].text)
            within = replace(scene, wrappers=(*scene.wrappers, program))
            if led.kind == "shell":
                self.found += shell.read(script, self.holes, replace(within, windows=False))
            elif led.kind == "cmd":
                self.found += read(script, self.holes, within)
            else:
                self.found += python.read(script, self.holes, scene, led.words[0])

    def _of_the_shell(self, read: tuple[Word, ...]) -> bool:
        texts = [word.text for word in read]
        if not texts[0]:
            return True
        name = texts[0].lower()
        if name in ("cd", "chdir", "pushd"):
            self.folder = moved(self.folder, [text for text in texts[1:] if text.lower() != "/d"])
            return True
        if name == "set" and len(texts) > 1:
            found = programs.ASSIGNMENT.fullmatch(" ".join(texts[1:]))
            if found:
                self.variables[found[1]] = found[2] if all(word.known for word in read) else None
            return True
        changed = activation.activated(texts[1:] if name == "call" and len(texts) > 1 else texts)
        if changed is not None:
            if "CONDA_SHLVL" in changed:
                changed["CONDA_SHLVL"] = "1"  # conda is a batch file there: it needs no function
            self.variables |= changed
        return changed is not None

    def _value(self, raw: str) -> str:
        """What a word means: without quotes and carets, with the variables that are known."""
        text = "".join(found[1] or found[2] or found[3] or "" for found in _PART.finditer(raw))

        def value(found: re.Match[str]) -> str:
            known = self.variables.get(found[1])
            return known if known is not None else self.holes.hole(found[0])

        return _VARIABLE.sub(value, text)


def _consequence(words: list[tuple[str, int, int]]) -> list[tuple[str, int, int]]:
    """What `if` and `for` would run, when it stands on the same line."""
    first = words[0][0].lower()
    low = [word[0].lower() for word in words]
    if first == "else":
        return words[1:]
    if first == "for":
        return words[low.index("do") + 1 :] if "do" in low else []
    at = 1
    while at < len(low) and low[at] in ("/i", "not"):
        at += 1
    if at < len(low) and low[at] in ("exist", "defined", "errorlevel"):
        return words[at + 2 :]
    if at < len(low) and "==" in low[at] and not low[at].endswith("=="):
        return words[at + 1 :]
    return words[at + 3 :]
