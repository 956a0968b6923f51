"""Python code: the calls in it that start an installer, by its tree.

Names count only as far as this piece of code tells: a literal that was assigned to one before, on every road to where it
is used, and what it was imported as. All else is a hole in the command.
"""

from __future__ import annotations

import ast
from collections import Counter
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING

from envguard.commands import calls
from envguard.commands.command import Form, Invocation, Word
from envguard.commands.expressions import evaluate, text_of
from envguard.commands.names import Names, Segments, stored
from envguard.commands.quiet import parsed
from envguard.commands.scene import DEEPEST, Scene
from envguard.commands.shell import moved
from envguard.commands.text import Holes, Located

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from envguard.commands.magics import Escape

_MUTATE = {"append", "extend", "insert", "remove", "pop", "clear", "sort", "reverse"}
_BLOCKS = (ast.If, ast.For, ast.AsyncFor, ast.While)
_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
_NESTED = (ast.Lambda, ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)


def read(text: Located, holes: Holes, scene: Scene, interpreter: Word | None = None) -> list[Invocation]:
    """Every install command of plain Python code, run by this interpreter (None: by the kernel)."""
    if scene.depth > DEEPEST:
        return []
    inner = replace(scene, depth=scene.depth + 1)
    return Reader(text.text, text, holes, inner, {}, interpreter).run()


def of_tree(tree: ast.Module, source: str, windows: bool = False) -> tuple[Invocation, ...]:
    """The same from a tree of what IPython has made of a cell; places are those in `source`, the transformed one."""
    text = Located.of(source)
    reader = Reader(text.text, text, Holes(), Scene(Form.SHELL, windows), {})
    return tuple(reader.through(tree))


class Reader:
    """Goes through the statements of one piece of code, in the order in which they would run."""

    def __init__(
        self,
        source: str,
        text: Located,
        holes: Holes,
        scene: Scene,
        escapes: Mapping[int, Escape],
        interpreter: Word | None = None,
    ) -> None:
        self.source = source
        self.text = text
        self.scene = scene
        self.names = Names(holes, interpreter)
        self.names.written_in(source)
        self.segments = Segments(source)
        self.escapes = escapes
        self.found: list[Invocation] = []
        self._assigned: Counter[str] = Counter()

    def run(self) -> list[Invocation]:
        """Every install command; of code that cannot be parsed those of its magic lines."""
        tree = parsed(self.source)
        if isinstance(tree, ast.Module):
            return self.through(tree)
        for escape in self.escapes.values():
            self._escape(escape, escape.indented)
        return self.found

    def through(self, tree: ast.Module) -> list[Invocation]:
        """The commands of a tree; where it is too deep, those before the depth."""
        self._assigned = Counter(stored(tree))
        with suppress(RecursionError):
            self._body(tree.body, False)
        return self.found

    def _body(self, statements: Iterable[ast.stmt], unsure: bool) -> None:
        for statement in statements:
            self._statement(statement, unsure)

    def _statement(self, node: ast.stmt, unsure: bool) -> None:
        if isinstance(node, ast.Pass):
            if node.lineno in self.escapes:
                self._escape(self.escapes[node.lineno], unsure)
        elif isinstance(node, (ast.Import, ast.ImportFrom)):
            self.names.imported(node)
        elif isinstance(node, (*_FUNCTIONS, ast.ClassDef)):
            self._definition(node, unsure)
        elif isinstance(node, _BLOCKS):
            self._block(node, unsure)
        elif isinstance(node, (ast.With, ast.AsyncWith)):
            for item in node.items:
                self._expression(item.context_expr, unsure)
                if item.optional_vars is not None:
                    self.names.bind(item.optional_vars, None)
            self._body(node.body, unsure)
        elif isinstance(node, ast.Match):
            self._expression(node.subject, unsure)
            self._branches([case.body for case in node.cases], set(stored(node)), node)
        elif isinstance(node, ast.Try) or type(node).__name__ == "TryStar":
            self._try(node, unsure)  # type: ignore[arg-type]
        else:
            self._simple(node, unsure)

    def _simple(self, node: ast.stmt, unsure: bool) -> None:
        value = getattr(node, "value", None)
        if isinstance(value, ast.Constant) and value.value is None and value.lineno in self.escapes:
            self._escape(self.escapes[value.lineno], unsure)
        else:
            for child in ast.iter_child_nodes(node):
                if isinstance(child, ast.expr):
                    self._expression(child, unsure)
        if isinstance(node, ast.Assign):
            for target in node.targets:
                self._environment(target, node.value)
                self.names.bind(target, node.value)
        elif isinstance(node, ast.AnnAssign):
            self.names.bind(node.target, node.value)
        elif isinstance(node, ast.AugAssign):
            whole = ast.BinOp(node.target, node.op, node.value) if isinstance(node.target, ast.Name) else None
            self.names.bind(node.target, ast.copy_location(whole, node) if whole else None)
        elif isinstance(node, ast.Delete):
            for target in node.targets:
                self.names.bind(target, None)

    def _environment(self, target: ast.expr, expression: ast.expr) -> None:
        """`os.environ["X"] = …`; a part of a list that is replaced makes the list unknown."""
        if isinstance(target, ast.Attribute) and self.names.dotted(target) == "sys.argv":
            self.names.values["sys.argv"] = evaluate(expression, self.names)
        if not isinstance(target, ast.Subscript):
            return
        if self.names.dotted(target.value) == "os.environ":
            name = evaluate(target.slice, self.names)
            if isinstance(name, str):
                value = evaluate(expression, self.names)
                word = self.names.holes.word(value) if isinstance(value, str) else None
                known = word.text if word is not None and word.known else None
                self.scene = replace(self.scene, variables={**self.scene.variables, name: known})
        elif isinstance(target.value, ast.Name):
            self.names.forget(target.value.id)

    def _definition(self, node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef, unsure: bool) -> None:
        for decorator in node.decorator_list:
            self._expression(decorator, unsure)
        if isinstance(node, ast.ClassDef):
            self._body(node.body, unsure)
            for name in stored(node):
                self.names.forget(name)
            return
        for default in (*node.args.defaults, *(one for one in node.args.kw_defaults if one is not None)):
            self._expression(default, unsure)
        scene, values, modules = self.scene, dict(self.names.values), dict(self.names.modules)
        for name, count in self._assigned.items():
            if count > 1:
                self.names.forget(name)
        given = node.args
        for argument in (*given.posonlyargs, *given.args, *given.kwonlyargs, given.vararg, given.kwarg):
            if argument is not None:
                self.names.forget(argument.arg)
        self._body(node.body, True)
        self.scene, self.names.values, self.names.modules = scene, values, modules
        self.names.forget(node.name)

    def _block(self, node: ast.If | ast.For | ast.AsyncFor | ast.While, unsure: bool) -> None:
        changed = set(stored(node))
        whole = node
        if isinstance(node, ast.If):
            bodies: list[list[ast.stmt]] = []
            first = True
            while True:
                self._expression(node.test, unsure or not first)
                bodies.append(node.body)
                if len(node.orelse) != 1 or not isinstance(node.orelse[0], ast.If):
                    break
                node, first = node.orelse[0], False
            self._branches([*bodies, node.orelse], changed, whole)
            return
        for name in changed:
            self.names.forget(name)
        self._expression(node.test if isinstance(node, ast.While) else node.iter, unsure)
        self._branches([node.body, node.orelse], changed)

    def _branches(self, bodies: list[list[ast.stmt]], changed: set[str], choice: ast.stmt | None = None) -> None:
        """Each begins with what was known before; afterwards what one of them assigns is not known.

        Of a `choice` only one of them runs.
        """
        for way, body in enumerate(filter(None, bodies)):
            before = len(self.found)
            kept = {name: (self.names.values.get(name, ...), self.names.modules.get(name)) for name in changed}
            scene = self.scene
            self._body(body, True)
            if choice is not None:
                self._stand_in(choice, way, before)
            self.scene = scene
            for name, (value, module) in kept.items():
                self.names.forget(name)
                if value is ...:
                    del self.names.values[name]
                else:
                    self.names.values[name] = value
                if module:
                    self.names.modules[name] = module
        for name in changed:
            self.names.forget(name)

    def _stand_in(self, choice: ast.stmt, way: int, before: int) -> None:
        """Notes that what was found since stands in one way of a choice."""
        if len(self.found) > before:
            span = self.segments.span(choice, self.text)
            place = (span.line, span.column, str(way))
            self.found[before:] = [replace(one, branches=(place, *one.branches)) for one in self.found[before:]]

    def _try(self, node: ast.Try, unsure: bool) -> None:
        self._body(node.body, unsure)
        changed = set(stored(node))
        if node.handlers or node.orelse:
            self._branches([*(handler.body for handler in node.handlers), node.orelse], changed)
        self._body(node.finalbody, unsure)

    def _escape(self, escape: Escape, unsure: bool) -> None:
        from envguard.commands import magics

        scene = replace(self.scene, conditional=self.scene.conditional or unsure)
        found, after = magics.escaped(escape, self.names, scene)
        self.found += found
        self.scene = replace(after, conditional=self.scene.conditional)

    def _expression(self, expression: ast.expr, unsure: bool) -> None:
        """Every call in an expression, the inner ones first as Python runs them."""
        found: list[tuple[ast.Call, bool]] = []
        waiting: list[tuple[ast.AST, bool]] = [(expression, unsure)]
        while waiting:
            node, doubt = waiting.pop()
            if isinstance(node, ast.Call):
                found.append((node, doubt))
            if isinstance(node, ast.NamedExpr):
                self.names.forget(node.target.id)
            for child, certain in _children(node):
                waiting.append((child, doubt or not certain))
        for call, doubt in reversed(found):
            self._call(call, doubt)

    def _call(self, call: ast.Call, unsure: bool) -> None:
        if isinstance(call.func, ast.Attribute) and isinstance(call.func.value, ast.Name):
            held = self.names.values.get(call.func.value.id)
            if isinstance(held, list) and call.func.attr in _MUTATE:
                self.names.forget(call.func.value.id)
        name = self.names.dotted(call.func)
        if name is None:
            return
        if name == "os.chdir" and call.args:
            to = self.names.holes.word(text_of(call.args[0], self.names)).text
            self.scene = replace(self.scene, folder=moved(self.scene.folder, [to]))
            return
        if name == "get_ipython().run_line_magic" and len(call.args) == 2:
            self._line_magic(call)
        candidates = [name, *(f"{star}.{name}" for star in self.names.stars)] if "." not in name else [name]
        known = next((one for one in candidates if calls.is_known(one)), None)
        if known is None:
            return
        scene = replace(self.scene, conditional=self.scene.conditional or unsure, form=Form.CALL)
        self.found += calls.started(known, call, self.names, scene, self.segments.span(call, self.text))

    def _line_magic(self, call: ast.Call) -> None:
        """`%env` and `%cd`, as IPython writes them."""
        from envguard.commands import magics

        magic, line = (text_of(given, self.names) for given in call.args)
        rest = Located.at(line, self.segments.span(call, self.text))
        self.scene = magics.changed(magic, rest, self.names, self.scene) or self.scene


def _children(node: ast.AST) -> Iterator[tuple[ast.AST, bool]]:
    """The parts of an expression, each with whether it is evaluated whenever the whole is."""
    sure = not isinstance(node, _NESTED)
    for name, value in ast.iter_fields(node):
        for place, child in enumerate(value if isinstance(value, list) else [value]):
            if isinstance(child, ast.AST):
                branch = isinstance(node, ast.IfExp) and name != "test"
                later = isinstance(node, ast.BoolOp) and place > 0
                yield child, sure and not branch and not later
