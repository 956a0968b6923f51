"""What the magics do, once one is called: read the line, ask `api`, show."""

from __future__ import annotations

import inspect
import os
import re
import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from IPython.display import display

from envguard import api
from envguard.cuda_report import CudaReport
from envguard.errors import BadArguments
from envguard.export_report import Depth, Form
from envguard.forecast_report import Forecast
from envguard.frontends import catalog, output, repairing
from envguard.frontends.arguments import add_configuration, add_deep, add_foresight, add_selection, selection
from envguard.frontends.foresight import foreseen
from envguard.frontends.parser import Parser
from envguard.frontends.progress import bar
from envguard.model import Answer, Text, Timeline, text
from envguard.probe.disk import uncollected
from envguard.render.language import say
from envguard.repair_report import RepairReport
from envguard.settings import Configuration

if TYPE_CHECKING:
    import argparse

    from IPython.core.interactiveshell import InteractiveShell

    from envguard.model import Report

    Told = Report | Timeline | Answer | CudaReport | Forecast | RepairReport

_REPAIR = re.compile(r"\s*(?P<verb>plan|repair)(?:\s+(?P<rest>.*))?", re.DOTALL)
"""Their options are their own; a folder of that name is checked as `./plan`."""
_FORECAST = re.compile(
    r"\s*(?P<options>(?:--(?:quick|build|details|help)\s+|(?:-o|--out)[\s=]\s*\S+\s+)*)forecast\s+(?P<command>\S.*)",
    re.DOTALL,
)
"""What follows the word is a cell of its own, whose options are not those of the magic."""


class Shown:
    """A report, a timeline or another answer as Jupyter shows it: HTML where that is possible, text elsewhere."""

    def __init__(self, told: Told, *, details: bool, terminal: bool) -> None:
        """In a terminal only the text is made, in colour if the terminal has any."""
        self.told, self.details, self.terminal = told, details, terminal

    def _repr_mimebundle_(self, **_kwargs: Any) -> dict[str, str]:
        told, details = self.told, self.details
        if isinstance(told, RepairReport):
            if self.terminal:
                return {"text/plain": repairing.repair_as(told, "text", sys.stdout, details=details)}
            return repairing.bundle(told, details=details)
        if isinstance(told, Forecast):
            if self.terminal:
                return {"text/plain": output.forecast_as(told, "text", sys.stdout, details=details)}
            return output.forecast_bundle(told, details=details)
        if isinstance(told, CudaReport):
            if self.terminal:
                return {"text/plain": output.cuda_as(told, "text", sys.stdout, details=details)}
            return output.cuda_bundle(told, details=details)
        if isinstance(told, Answer):
            if self.terminal:
                return {"text/plain": output.answer_as(told, "text", sys.stdout, details=details)}
            return output.answer_bundle(told, details=details)
        if isinstance(told, Timeline):
            if self.terminal:
                return {"text/plain": output.timeline_as(told, "text", sys.stdout, details=details)}
            return output.timeline_bundle(told, details=details)
        if self.terminal:
            return {"text/plain": output.for_terminal(told, sys.stdout, details=details)}
        return output.bundle(told, details=details)


_OF_THE_SHELL = frozenset(("scan", "diff", "report", "clean", "enable", "disable", "explain-log", "demo", "check"))
"""Commands of which there is no magic."""


def envcheck(shell: InteractiveShell, line: str) -> None:
    """The magic `%envcheck`."""
    asked = _FORECAST.fullmatch(line)
    if asked:
        _forecast(shell, asked["options"], asked["command"])
        return
    repairs = _REPAIR.fullmatch(line)
    if repairs:
        from envguard.frontends import repair_magic

        getattr(repair_magic, repairs["verb"])(shell, _words(repairs["rest"] or ""))
        return
    options = _parser().parse_intermixed_args(_words(line))
    if options.help:
        magic = shell.find_line_magic("envcheck")  # type: ignore[no-untyped-call]
        _say(say(Text(inspect.getdoc(magic) or "")))
        return
    check_out(options)
    match options.words:
        case ["rules"]:
            _say(catalog.rules_text(api.rules(), output.columns()))
        case ["explain", rule]:
            _say(catalog.rule_text(api.explain(rule), output.columns()))
        case ["explain", *_]:
            raise BadArguments(text("`explain` takes one rule; `%envcheck rules` lists them"))
        case ["why"]:
            show(shell, api.why(last_error()), options)
        case ["why", file]:
            show(shell, api.why(Path(file)), options)
        case ["why", *_]:
            raise BadArguments(
                text("`why` takes one file at most; without one it means the last error of this session")
            )
        case ["cuda"] | ["cuda", _] as words:
            show(shell, api.cuda(words[1] if len(words) > 1 else None), options)
        case ["export"] | ["export", _] as words:
            _export(shell, words[1] if len(words) > 1 else Form.ENVIRONMENT_YML.value, options)
        case ["stamp"] | ["stamp", _] as words:
            from envguard.frontends import stamp_magic

            _say(say(stamp_magic.stamp(shell, words[1] if len(words) > 1 else None)))
        case ["stamp", *_]:
            raise BadArguments(text("`stamp` takes the file of one notebook; without one it means this notebook"))
        case ["rebuild", *_]:
            raise BadArguments(
                text(
                    "a rebuild takes minutes and asks: in a terminal, `envguard rebuild NEW_PREFIX --prefix {prefix}` makes a new environment in place of this one",
                    prefix=sys.prefix,
                )
            )
        case ["forecast"]:
            raise BadArguments(text("`forecast` takes a command: `%envcheck forecast pip install X`"))
        case ["undo" | "protect" as verb, *_] if not Path(verb).exists():
            raise BadArguments(text("that is another magic: `%envguard --help` tells of `{verb}`", verb=verb))
        case [verb, *_] if verb in _OF_THE_SHELL and not Path(verb).exists():
            raise BadArguments(text("`{verb}` is for the shell: `!envguard {verb} --help` tells more", verb=verb))
        case ["history"] | ["history", _] as words:
            show(shell, api.history(words[1] if len(words) > 1 else None), options)
        case [word] if word.replace("-", "").isalpha() and not Path(word).exists():
            raise BadArguments(
                text(
                    "{word} is neither a folder nor a word of `%envcheck`; `%envcheck --help` and `%envguard --help` list their words",
                    word=word,
                )
            )
        case [] | [_] as words:
            settings = Configuration() if options.no_config else api.configured()
            with uncollected():  # until it is shown: the first collection after so many new objects takes a while
                report = api.inspect(
                    words[0] if words else None,
                    selection(options, settings),
                    deep=options.deep,
                    progress=bar(sys.stderr),
                )
                show(shell, api.accept(report, settings), options)
        case _:
            raise BadArguments(text("one folder at a time; put a path that has spaces in quotes"))


def _forecast(shell: InteractiveShell, line: str, source: str) -> None:
    parser = Parser(prog="%envcheck", add_help=False)
    parser.add_argument("-o", "--out", metavar="NAME")
    add_foresight(parser)
    options = parser.parse_args(_words(line))
    check_out(options)
    place = api.place()
    show(shell, foreseen(api.command_of_cell(source, place), place, options), options)


def _export(shell: InteractiveShell, form: str, options: argparse.Namespace) -> None:
    """The file as text, to be copied; what it does not hold stands in it."""
    if form not in {each.value for each in Form}:
        raise BadArguments(
            text("{form} is no form of an export: {forms}", form=form, forms=tuple(each.value for each in Form))
        )
    (told,) = api.export(None, (Form(form),), Depth.EXACT)
    if options.out is not None:
        shell.push({options.out: told.content})  # type: ignore[no-untyped-call]
    _say(told.content.rstrip("\n"))


def check_out(options: argparse.Namespace) -> None:
    """BadArguments if what is named after -o cannot be a variable."""
    if options.out is not None and not options.out.isidentifier():
        raise BadArguments(text("{name} is not the name of a variable", name=options.out))


def last_error() -> BaseException | None:
    """The last exception of the session that nobody caught."""
    found = getattr(sys, "last_exc", None) or getattr(sys, "last_value", None)
    return found if isinstance(found, BaseException) else None


def show(shell: InteractiveShell, told: Told, options: argparse.Namespace) -> None:
    """Displays something, and keeps it in a variable where that is asked for."""
    if options.out is not None:
        shell.push({options.out: told})  # type: ignore[no-untyped-call]
    display(Shown(told, details=options.details, terminal=_in_terminal(shell)))  # type: ignore[no-untyped-call]


def _in_terminal(shell: InteractiveShell) -> bool:
    """Whether the shell is that of a terminal, which has loaded its module then; in a kernel nobody else needs it."""
    module = sys.modules.get("IPython.terminal.interactiveshell")
    return module is not None and isinstance(shell, module.TerminalInteractiveShell)


def envpanel(line: str) -> None:
    """The magic `%envpanel`."""
    from envguard.frontends.panel import panel

    words = _words(line)
    if len(words) > 1 or any(word.startswith("-") for word in words):
        raise BadArguments(text("`%envpanel` takes one folder and nothing else"))
    display(panel(words[0] if words else None))  # type: ignore[no-untyped-call]


def _parser() -> Parser:
    parser = Parser(prog="%envcheck", add_help=False)
    parser.add_argument("words", nargs="*")
    parser.add_argument("-h", "--help", action="store_true")
    parser.add_argument("-o", "--out", metavar="NAME")
    add_deep(parser)
    add_selection(parser)
    add_configuration(parser)
    return parser


def _words(line: str) -> list[str]:
    try:
        lexer = shlex.shlex(line, posix=True, punctuation_chars=False)
        lexer.whitespace_split, lexer.commenters = True, ""
        if os.name == "nt":
            lexer.escape = ""  # a backslash separates folders there
        return list(lexer)
    except ValueError as error:
        raise BadArguments(text("{reason} in the line of the magic", reason=str(error))) from error


def _say(words: str) -> None:
    sys.stdout.write(words + "\n")
