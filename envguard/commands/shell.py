"""A script or a line for bash and its like: the install commands in it, parsed by tree-sitter's grammar of bash.

The parser sees only ASCII: every other character, and every hole, is one word character there, so its positions are
positions in the text.
"""

from __future__ import annotations

import posixpath
import re
from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING, Any

from envguard.commands import activation, programs
from envguard.commands.cell import TRIGGER
from envguard.commands.command import Invocation
from envguard.commands.scene import DEEPEST, Scene
from envguard.commands.shell_words import Words
from envguard.commands.text import Located

if TYPE_CHECKING:
    from collections.abc import Iterable

    from envguard.commands.command import Span, Word
    from envguard.commands.text import Holes

_STRANGE = re.compile("[^\t\n\\x20-\\x7e]")
_DEEPEST_NODE = 120
_QUERIES = {"test", "[", "which", "type", "hash", "command", "grep", "ls"}
_DECLARES = {"export", "declare", "typeset", "readonly", "local"}


def read(text: Located, holes: Holes, scene: Scene) -> list[Invocation]:
    """Every install command of a script, in order."""
    if scene.depth > DEEPEST or not TRIGGER.search(text.text):
        return []
    reader = _Reader(text, holes, scene)
    reader.walk(_parser().parse(_STRANGE.sub("_", text.text).encode("ascii")).root_node, reader.state(), False, 0)
    return sorted(reader.found, key=lambda one: (one.span.line, one.span.column))


@cache
def _parser() -> Any:
    import tree_sitter
    import tree_sitter_bash

    return tree_sitter.Parser(tree_sitter.Language(tree_sitter_bash.language()))


class _State:
    """What one shell knows when it comes to a command."""

    def __init__(self, known: dict[str, str | None], exported: dict[str, str | None], folder: str | None, hook: bool):
        self.known = known
        self.exported = exported
        self.folder = folder
        self.hooked = hook

    def copy(self) -> _State:
        return _State(dict(self.known), dict(self.exported), self.folder, self.hooked)

    def assign(self, name: str, value: str | None, export: bool) -> None:
        self.known[name] = value
        if export or name in self.exported:
            self.exported[name] = value


class _Reader:
    def __init__(self, text: Located, holes: Holes, scene: Scene) -> None:
        self.text = text
        self.words = Words(text, holes)
        self.holes = holes
        self.scene = scene
        self.found: list[Invocation] = []

    def state(self) -> _State:
        given = dict(self.scene.variables)
        return _State(dict(given), given, self.scene.folder, self.scene.hooked)

    def walk(self, node: Any, state: _State, unsure: bool, depth: int) -> None:
        """Goes through a node, which may change the state for those after it."""
        if depth > _DEEPEST_NODE:
            return
        kind = node.type
        if kind == "command":
            self._command(node, [], [], state, unsure, depth)
        elif kind == "redirected_statement":
            self._redirected(node, state, unsure, depth)
        elif kind == "list":
            self._list(node, state, unsure, depth)
        elif kind == "pipeline":
            for child in node.named_children:
                self.walk(child, state.copy(), unsure, depth + 1)
        elif kind in ("subshell", "command_substitution", "process_substitution"):
            inner = state.copy()
            for child in node.named_children:
                self.walk(child, inner, unsure, depth + 1)
        elif kind == "function_definition":
            inner = state.copy()
            for child in node.named_children:
                self.walk(child, inner, True, depth + 1)
        elif kind in ("if_statement", "while_statement"):
            way = 0
            for child in node.children:
                if child.type in ("then", "do_group", "elif_clause", "else_clause"):
                    way += 1
                if child.is_named:
                    before = len(self.found)
                    self.walk(child, state, unsure or way > 0, depth + 1)
                    if way:
                        self._stand_in(node, way, before)
        elif kind in ("for_statement", "c_style_for_statement", "case_statement"):
            variable = node.child_by_field_name("variable")
            if variable is not None:
                state.known[self.words.raw(variable)] = None
            for way, child in enumerate(node.named_children):
                before = len(self.found)
                self.walk(child, state, unsure or child.type in ("do_group", "case_item"), depth + 1)
                if child.type == "case_item":
                    self._stand_in(node, way, before)
        elif kind in ("declaration_command", "unset_command"):
            self._declaration(node, state, unsure, depth)
        elif kind == "variable_assignment":
            self._assignment(node, state, False)
            self._inner(node, state, unsure, depth)
        elif kind not in ("comment", "raw_string", "word"):
            for child in node.named_children:
                self.walk(child, state, unsure, depth + 1)

    def _stand_in(self, node: Any, way: int, before: int) -> None:
        """Notes that what was found since stands in one way of a choice."""
        span = self.text.span(node.start_byte, node.end_byte)
        choice = (span.line, span.column, str(way))
        self.found[before:] = [replace(one, branches=(choice, *one.branches)) for one in self.found[before:]]

    def _inner(self, node: Any, state: _State, unsure: bool, depth: int) -> None:
        """The commands whose output a word is made of."""
        for child in node.named_children:
            if child.type not in ("word", "raw_string"):
                self.walk(child, state.copy(), unsure, depth + 1)

    def _list(self, node: Any, state: _State, unsure: bool, depth: int) -> None:
        """`a && b || c`: a tree that leans to the left, as deep as it is long."""
        parts: list[tuple[Any, Any]] = []
        while node.type == "list" and node.child_count >= 3:
            parts.append((node.children[1], node.children[-1]))
            node = node.children[0]
        before = len(self.found)
        self.walk(node, state, unsure, depth + 1)
        asked = self._asks(node)
        choice, way = None, 0  # of `a || b || c` one comes to its end; whoever stands behind `&&` begins anew
        for operator, part in reversed(parts):
            either = operator.type == "||"
            if either and choice is None:
                choice, way = operator, 0
                self._stand_in(choice, way, before)
            elif not either:
                choice = None
            before = len(self.found)
            self.walk(part, state, unsure or either or asked, depth + 1)
            if choice is not None:
                way += 1
                self._stand_in(choice, way, before)
            asked = not either and (asked or self._asks(part))

    def _asks(self, node: Any) -> bool:
        """Whether a command is there for its answer: what stands behind it depends on that."""
        while node.type == "redirected_statement" and node.named_children:
            node = node.named_children[0]
        if node.type in ("test_command", "negated_command"):
            return True
        return node.type == "command" and self.words.raw(node).split(maxsplit=1)[:1] in [[name] for name in _QUERIES]

    def _declaration(self, node: Any, state: _State, unsure: bool, depth: int) -> None:
        words = self.words.raw(node).split()
        exports = words[0] == "export" or (words[0] in _DECLARES and any("x" in w for w in words if w[0] == "-"))
        for child in node.named_children:
            if child.type == "variable_assignment":
                self._assignment(child, state, exports)
                self._inner(child, state, unsure, depth)
            elif child.type == "variable_name":
                name = self.words.raw(child)
                if node.type == "unset_command":
                    state.assign(name, "", False)
                elif exports and name in state.known:
                    state.exported[name] = state.known[name]

    def _assignment(self, node: Any, state: _State, export: bool) -> None:
        name, value = node.child_by_field_name("name"), node.child_by_field_name("value")
        if name is None or name.type != "variable_name":
            return
        adds = any(child.type == "+=" for child in node.children)
        word = self.holes.word(self.words.joined(value, state.known) if value is not None else "")
        state.assign(self.words.raw(name), word.text if word.known and not adds else None, export)

    def _redirected(self, node: Any, state: _State, unsure: bool, depth: int) -> None:
        body = node.child_by_field_name("body")
        extra: list[Any] = []
        given: list[tuple[str, Any]] = []
        rest: list[Any] = []
        for child in node.named_children:
            if child.type == "file_redirect":
                extra += [one for one in child.named_children if one.type != "file_descriptor"][1:]
                rest.append(child)
            elif child.type == "herestring_redirect":
                given.append(("string", child))
            elif child.type == "heredoc_redirect":
                given += [("document", one) for one in child.named_children if one.type == "heredoc_body"]
                rest += [one for one in child.named_children if one.type not in ("heredoc_start", "heredoc_end")]
        if body is not None and body.type == "command":
            self._command(body, extra, given, state, unsure, depth)
        elif body is not None:
            self.walk(body, state, unsure, depth + 1)
        for child in rest:
            self._inner(child, state, unsure, depth) if child.type == "file_redirect" else self.walk(
                child, state.copy(), unsure, depth + 1
            )

    def _command(
        self, node: Any, extra: list[Any], given: list[tuple[str, Any]], state: _State, unsure: bool, depth: int
    ) -> None:
        mine = _State(dict(state.known), {}, None, False)  # `X=1 pip …` is for that one command
        words: list[str] = []
        ends: list[int] = []
        for child in (*node.named_children, *extra):
            if child.type == "variable_assignment" and not words:
                self._assignment(child, mine, True)
                self._inner(child, state, unsure, depth)
            elif child.type == "herestring_redirect":
                given.append(("string", child))
            elif child.type == "file_redirect":
                spare = [one for one in child.named_children if one.type != "file_descriptor"][1:]
                for one in spare:
                    fields = self.words.fields(one, state.known)
                    words += fields
                    ends += [one.end_byte] * len(fields)
            else:
                fields = self.words.fields(child, state.known)
                words += fields
                ends += [child.end_byte] * len(fields)
                self._inner(child, state, unsure, depth)
        error = node.next_sibling
        if error is not None and error.type == "ERROR" and error.start_byte - node.end_byte <= 1:
            open_word = self.holes.written(self.words.raw(error).strip())
            if open_word != "\\":  # a quote that is never closed
                words.append(self.holes.hole(open_word))
                ends.append(error.end_byte)
        if words:
            self._started(words, (node.start_byte, max(ends)), mine.exported, given, state, unsure)

    def _started(
        self,
        words: list[str],
        place: tuple[int, int],
        own: dict[str, str | None],
        given: list[tuple[str, Any]],
        state: _State,
        unsure: bool,
    ) -> None:
        read = tuple(map(self.holes.word, words))
        if self._of_the_shell(read, state):
            return
        led = programs.lead(words, read, self.scene.windows)
        span = self.text.span(*place)
        scene = replace(
            self.scene,
            variables={**state.exported, **own, **led.variables},
            folder=state.folder,
            conditional=self.scene.conditional or unsure,
            wrappers=(*self.scene.wrappers, *led.wrappers),
            hooked=state.hooked,
        )
        if led.kind == "tool":
            self.found.append(
                Invocation(
                    led.words, scene.form, span, scene.variables, scene.wrappers, scene.folder, scene.conditional
                )
            )
        elif led.kind:
            self._script(led, scene, span, given, state)

    def _script(self, led: programs.Led, scene: Scene, span: Span, given: list[tuple[str, Any]], state: _State) -> None:
        """A script in a word, in a here-document or in a here-string."""
        if led.kind == "eval":
            script = led.script or ""
            state.hooked = state.hooked or activation.is_hook(self.holes.written(script))
            self.found += read(Located.at(script, span), self.holes, replace(scene, depth=scene.depth + 1))
            return
        program = programs.name_of(led.words[0].text)
        within = replace(scene, wrappers=(*scene.wrappers, program), depth=scene.depth + 1, hooked=led.login)
        texts = [Located.at(led.script, span)] if led.script is not None else []
        if led.fed:
            for how, node in given:
                if how == "document":
                    texts.append(self.text.part(node.start_byte, node.end_byte))
                else:
                    string = "".join(self.words.joined(one, state.known) for one in node.named_children)
                    texts.append(Located.at(string, span))
        for text in texts:
            if led.kind == "shell":
                self.found += read(text, self.holes, within)
            elif led.kind == "cmd":
                from envguard.commands import windows

                self.found += windows.read(text, self.holes, replace(within, windows=True))
            else:
                from envguard.commands import python

                self.found += python.read(text, self.holes, replace(within, wrappers=scene.wrappers), led.words[0])

    def _of_the_shell(self, read: tuple[Word, ...], state: _State) -> bool:
        """What changes the shell itself; True if it starts nothing."""
        texts = [word.text for word in read]
        name = programs.name_of(texts[0])
        if name in ("cd", "pushd"):
            state.folder = moved(state.folder, [one for one in texts[1:] if not re.fullmatch(r"-[LPe@]+|--", one)])
            return True
        changed = activation.activated(texts)
        if changed is not None:
            for key in activation.VARIABLES:
                state.exported.pop(key, None)
            state.hooked = state.hooked or texts[0] in ("source", ".")
            state.exported |= changed
            if "CONDA_SHLVL" in changed:
                state.exported["CONDA_SHLVL"] = "1" if state.hooked else None
            return True
        if name in ("source", ".") and len(texts) > 1 and activation.is_hook(texts[1]):
            state.hooked = True
        return name in ("source", ".")


def moved(folder: str | None, words: Iterable[str]) -> str:
    """Where one is after a `cd`."""
    to = next(iter(words), "~")
    if to.startswith(("/", "~", "$", "%", "{")) or to == "-" or re.match(r"[A-Za-z]:", to) or not folder:
        return to
    return posixpath.join(folder, to)
