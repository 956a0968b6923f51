"""The command `envguard`, which is also `jupyter envguard`.

Exit codes: 0 nothing found at or above the threshold; 1 something found; 2 wrong arguments or no such environment;
3 envguard itself, or one of its rules, failed; 130 interrupted; 141 the reader of the output went away.
"""

from __future__ import annotations

import errno
import os
import shlex
import sys
import tempfile
import traceback
from pathlib import Path
from typing import IO, TYPE_CHECKING, TextIO

from envguard import api
from envguard.analyse import at_or_above
from envguard.cuda_report import State
from envguard.errors import BadArguments, EnvguardError
from envguard.forecast_report import Outcome
from envguard.frontends import catalog, exporting, output, protecting, rebuilding, repairing, scanning, undoing
from envguard.frontends.arguments import folder_of, selection, threshold
from envguard.frontends.foresight import foreseen
from envguard.frontends.progress import bar
from envguard.frontends.verbs import command_line
from envguard.model import Severity, text
from envguard.render.language import say
from envguard.settings import Configuration

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence

    from envguard.model import Report

FOUND, WRONG, FAILED, INTERRUPTED, NO_READER = 1, 2, 3, 130, 141
_NO_ROOM = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS})
"""What a disk says that takes nothing more, which is nobody's bug."""


def main(argv: Sequence[str] | None = None) -> int:
    """Runs one command and returns its exit code."""
    output.be_lenient(sys.stdout, sys.stderr)
    try:
        code = _run(sys.argv[1:] if argv is None else argv)
        sys.stdout.flush()
    except EnvguardError as error:
        print(output.one_line(error), file=sys.stderr)
        return WRONG
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        _close_quietly(sys.stdout)
        return NO_READER
    except OSError as error:
        if error.errno not in _NO_ROOM:
            return _our_fault()
        _close_quietly(sys.stdout)
        where = text("the output") if error.filename is None else text("{file}", file=str(error.filename))
        print(output.ours(text("{where}: {reason}", where=where, reason=error.strerror or str(error))), file=sys.stderr)
        return FAILED
    except Exception:  # noqa: BLE001 - the door of the front end
        return _our_fault()
    return code


def _our_fault() -> int:
    traceback.print_exc()
    print(output.OUR_FAULT, file=sys.stderr)
    return FAILED


def _run(argv: Sequence[str]) -> int:
    parser = command_line()
    options = parser.parse_args(argv)
    if options.command is None:
        parser.print_help(sys.stderr)
        return WRONG
    return _COMMANDS[options.command](options)


def _check(options: argparse.Namespace) -> int:
    settings = _settings(options)
    report = whole = _report(options, settings)
    if options.baseline is not None:
        report = api.without_known(whole, options.baseline)
    if options.write_baseline is not None:
        api.write_baseline(whole, options.write_baseline)
    _show(report, options)
    if report.failed:
        return FAILED
    return FOUND if at_or_above(report, threshold(options, settings)) else 0


def _settings(options: argparse.Namespace) -> Configuration:
    return Configuration() if options.no_config else api.configured()


def _report(options: argparse.Namespace, settings: Configuration) -> Report:
    chosen = selection(options, settings)
    if options.name is not None:
        report = api.inspect_name(options.name, chosen, deep=options.deep, progress=bar(sys.stderr), process="fresh")
    elif options.python is not None:
        report = api.inspect_python(options.python, chosen, deep=options.deep, progress=bar(sys.stderr))
    elif options.kernel is not None:
        report = api.inspect_kernelspec(options.kernel, chosen, deep=options.deep, progress=bar(sys.stderr))
    else:
        report = api.inspect(
            folder_of(options), chosen, deep=options.deep, progress=bar(sys.stderr), keep=False, process="fresh"
        )
    return api.accept(report, settings)


def _history(options: argparse.Namespace) -> int:
    told = api.history(folder_of(options), name=options.name, python=options.python, kernel=options.kernel)
    print(output.timeline_as(told, options.format, sys.stdout, details=options.details).rstrip("\n"))
    return 0


def _why(options: argparse.Namespace) -> int:
    source = _typed_in().read() if options.file == "-" else Path(options.file).expanduser()
    told = api.why(
        source, folder_of(options), name=options.name, python=options.python, kernel=options.kernel, process="fresh"
    )
    print(output.answer_as(told, options.format, sys.stdout, details=options.details).rstrip("\n"))
    return FOUND if told.causes else 0


def _cuda(options: argparse.Namespace) -> int:
    told = api.cuda(
        folder_of(options), name=options.name, python=options.python, kernel=options.kernel, process="fresh"
    )
    print(output.cuda_as(told, options.format, sys.stdout, details=options.details).rstrip("\n"))
    if told.failed:
        return FAILED
    return FOUND if told.verdict.state is State.BLOCKED else 0


def _report_for_others(options: argparse.Namespace) -> int:
    report = _report(options, _settings(options))
    _show(api.redact(report) if options.redact else report, options)
    return FAILED if report.failed else 0


def _diff(options: argparse.Namespace) -> int:
    told = api.diff(options.first, options.second)
    print(output.comparison_as(told, options.format, sys.stdout, details=options.details).rstrip("\n"))
    return FOUND if told.matters else 0


def _explain(options: argparse.Namespace) -> int:
    rule = api.explain(options.rule)
    print(
        catalog.rule_json(rule) if options.format == "json" else catalog.rule_text(rule, output.columns_of(sys.stdout))
    )
    return 0


def _forecast(options: argparse.Namespace) -> int:
    place = api.place(is_kernel=False)
    told = foreseen(api.command(_as_argv(options.words), place), place, options)
    print(output.forecast_as(told, options.format, sys.stdout, details=options.details).rstrip("\n"))
    return 0 if told.outcome is Outcome.HARMLESS else FOUND


def _as_argv(words: list[str]) -> list[str]:
    """The words of a command that may have been given as a cell has it, or whole as one word."""
    first = words[0].lstrip("!%").lstrip()
    if len(words) > 1 or not first:
        return [first, *words[1:]]
    try:
        return shlex.split(first)
    except ValueError:
        return words


def _protect(options: argparse.Namespace) -> int:
    if options.words:
        if options.show or options.output is not None:
            raise BadArguments(text("--show and --output are not for a command that is run"))
        if options.prefix is not None or options.name is not None:
            raise BadArguments(
                text("--prefix and --name are for --show; a command that is run tells itself what it changes")
            )
        if options.format != "text":
            raise BadArguments(text("a command that is run speaks for itself: --format is for --show"))
        done = api.protect(options.words, api.place(is_kernel=False), lambda told: _aside(output.ours(told)))
        if done.output:
            _aside(done.output)
        for line in protecting.done_lines(done):
            _aside(line)
        return done.code if done.code is not None and not (done.code == 0 and done.changed) else FOUND
    if not options.show and options.output is None:
        raise BadArguments(text("protect wants a command after `--`, or --show"))
    told = api.protection(options.prefix, name=options.name)
    if options.output is not None:
        api.write_constraints(told, Path(options.output).expanduser())
    if options.show:
        print((protecting.constraints_json if options.format == "json" else protecting.constraints_text)(told))
    return 0


def _loading(options: argparse.Namespace) -> int:
    prefix = sys.prefix if options.kernel_env is None else str(Path(options.kernel_env).expanduser())
    if options.status:
        told, home = api.autoload_state(prefix), api.home(prefix)
    elif options.command == "enable":
        told, home = api.enable(prefix), api.make_home(prefix, undo=True if options.undo else None)
    else:
        told = api.disable(prefix)
        if options.forget:
            api.forget(prefix)
        home = api.home(prefix)
        if home.undo:
            home = api.make_home(prefix, undo=False)
    print((protecting.autoload_json if options.format == "json" else protecting.autoload_text)(told, home))
    return FOUND if told.state == "broken" else 0


def _aside(line: str) -> None:
    """Says something of ours beside the output of a command that is run."""
    print(line, file=sys.stderr, flush=True)


def _explain_log(options: argparse.Namespace) -> int:
    source = _typed_in() if options.file == "-" else Path(options.file).expanduser()
    report = api.explain_log(
        source, folder_of(options), name=options.name, python=options.python, kernel=options.kernel
    )
    _show(report, options)
    if report.failed:
        return FAILED
    return FOUND if at_or_above(report, Severity.WARNING) else 0


def _typed_in() -> IO[bytes]:
    if sys.stdin is None:  # closed by whoever started this
        raise BadArguments(text("there is no standard input"))
    return sys.stdin.buffer


def _rules(options: argparse.Namespace) -> int:
    rules = api.rules()
    print(
        catalog.rules_json(rules)
        if options.format == "json"
        else catalog.rules_text(rules, output.columns_of(sys.stdout))
    )
    return 0


def _demo(options: argparse.Namespace) -> int:
    if options.lab:
        from envguard.frontends import demo_lab

        return demo_lab.lab(options)
    if options.no_browser or options.port is not None:
        raise BadArguments(text("--no-browser and --port are for --lab"))
    if options.keep is not None:
        return _demo_in(_empty(Path(options.keep).expanduser()), options)
    with tempfile.TemporaryDirectory(prefix="envguard-") as folder:
        return _demo_in(Path(folder, "demo"), options)


def _demo_in(prefix: Path, options: argparse.Namespace) -> int:
    from envguard import demo

    demo.build(prefix)
    report = api.inspect(prefix, selection(options))
    if options.format == "text":
        print(say(demo.STORY), end="\n\n")
    _show(report, options)
    return FAILED if report.failed else 0


def _empty(folder: Path) -> Path:
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise BadArguments(text("{folder} is not an empty folder", folder=str(folder)))
    return folder


def _show(report: Report, options: argparse.Namespace) -> None:
    print(output.FORMATS[options.format](report, sys.stdout, details=options.details).rstrip("\n"))


def _close_quietly(stream: TextIO) -> None:
    """Sends what is still buffered nowhere, lest the interpreter complain of it while shutting down."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


_COMMANDS = {
    "check": _check,
    "history": _history,
    "why": _why,
    "cuda": _cuda,
    "report": _report_for_others,
    "diff": _diff,
    "explain": _explain,
    "forecast": _forecast,
    "protect": _protect,
    "enable": _loading,
    "disable": _loading,
    "plan": repairing.plan,
    "repair": repairing.repair,
    "rebuild": rebuilding.rebuild,
    "undo": undoing.undo,
    "export": exporting.export,
    "scan": scanning.scan,
    "clean": exporting.clean,
    "explain-log": _explain_log,
    "rules": _rules,
    "demo": _demo,
}
