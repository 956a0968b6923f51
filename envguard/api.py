"""The one door of every front end: one function per verb, and no logic."""

from __future__ import annotations

import os
import sys
from dataclasses import replace
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from envguard import baseline, brought, collect, configuration, masking
from envguard._version import __version__
from envguard.errors import BadArguments, ProbeFailed
from envguard.model import RulePage, Verdict, text
from envguard.probe.disk import uncollected
from envguard.settings import Configuration, Selection
from envguard.store import Derived, write_atomically

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from envguard.change_report import Aftermath, Changed
    from envguard.changes.around import Begun, Ended, Seen
    from envguard.changes.autoload import Autoload
    from envguard.changes.protect import Protected, Protection
    from envguard.changes.protected import Done
    from envguard.collect import Progress
    from envguard.commands.command import Command, Place
    from envguard.comparison import Comparison
    from envguard.cuda_report import CudaReport
    from envguard.export_report import Caches, Depth, Export, Form
    from envguard.facts import Environment
    from envguard.forecast.glance import Glance
    from envguard.forecast_report import Alternative, Forecast
    from envguard.home import Home
    from envguard.ledger_entry import Whence
    from envguard.model import Answer, Finding, Report, Text, Timeline
    from envguard.process import Process
    from envguard.rebuild.options import Options as RebuildOptions
    from envguard.rebuild_report import RebuildReport, Rebuilt
    from envguard.repair_report import Repaired, RepairReport
    from envguard.rules.rule import Rule
    from envguard.running import Running
    from envguard.scan_report import Cell, CellReport, ScanReport
    from envguard.settings import Identity
    from envguard.undo_report import Checkpoint, UndoList, Undone, UndoPlan, UndoReport

_ALL = Selection()
_reports: Derived[Report] = Derived()
"""Of environments that have not changed since."""


def analyse(env: Environment, selection: Selection = _ALL) -> Report:
    """The report on facts. All rules are imported for it, which a forecast before a cell has no time for."""
    with brought.visit():
        from envguard.analyse import analyse as judge

        return judge(env, selection)


def now() -> str:
    """The time that stands in a report."""
    from envguard.analyse import now as time

    return time()


def inspect(
    prefix: str | Path | None = None,
    selection: Selection = _ALL,
    *,
    deep: bool = False,
    progress: Progress | None = None,
    keep: bool = True,
    process: str | None = "kernel",
) -> Report:
    """The report on a prefix, by default the running interpreter's own; `deep` hashes every file.

    Of its own prefix this process tells, too, what it has loaded: as a "kernel" that somebody works in, as a "fresh" one of
    which only the search path and the variables matter, or not at all (None).
    If nothing has changed since the last time, only that is looked at; `keep=False` spares what that costs a process
    that ends after this. `progress` is told the bytes hashed and all bytes.
    """
    with brought.visit(), uncollected():
        if deep:
            return analyse(collect.deeply(prefix, progress, process=process), selection)
        env = collect.by_import(prefix, keep=keep, process=process, meanwhile=_bring_rules)
        report = _reports.get(env, selection, lambda: analyse(env, selection), keep=lambda made: not made.failed)
        return replace(report, made_at=now())


def _bring_rules() -> None:
    """Imports what judges, while another process begins to read."""
    from envguard import analyse as _analyse  # noqa: F401


def inspect_python(
    executable: str | Path, selection: Selection = _ALL, *, deep: bool = False, progress: Progress | None = None
) -> Report:
    """The report on the environment of another interpreter, which is started with the probe."""
    return _analysed(collect.by_interpreter(executable), selection, deep=deep, progress=progress)


def inspect_kernelspec(
    name: str, selection: Selection = _ALL, *, deep: bool = False, progress: Progress | None = None
) -> Report:
    """The report on the environment of a kernel, for which an interpreter is started as Jupyter would start it."""
    return _analysed(collect.by_kernelspec(name), selection, deep=deep, progress=progress)


def inspect_client(
    kernel: Any, selection: Selection = _ALL, *, timeout: float = collect.PATIENCE, prefix: str | Path | None = None
) -> Report:
    """The report on a running kernel, asked through its client; on the files of `prefix` alone if it is busy."""
    return analyse(collect.by_client(kernel, timeout, prefix), selection)


def inspect_told(told: Mapping[str, Any]) -> Report:
    """The report on the environment of a process that has told of itself, by whatever road that came here."""
    with brought.visit():
        env = collect.by_answer(told)
        return replace(_reports.get(env, _ALL, lambda: analyse(env)), made_at=now())


def inspect_running(seen: Running) -> Report:
    """The report on the environment of a process that cannot be asked: its interpreter is, started as that one was."""
    with brought.visit():
        return analyse(collect.by_started(seen.program, seen.prefix, seen.variables, seen.folder))


def running(process: int, mark: str) -> Running | None:
    """The Python that runs as a process or below it and has `mark` among its words; None if there is none to be seen."""
    from envguard import running as runs

    return runs.look(process, mark)


def maps(process: int) -> bytes:
    """What a process has mapped, as the system tells it; nothing where it does not."""
    from envguard import running as runs

    return runs.maps(process)


def activated(prefix: str | Path) -> tuple[str, ...]:
    """The variables that scripts of a prefix set when it is activated."""
    return collect.activated(prefix)


def process_of(told: Mapping[str, Any]) -> Process:
    """What a process has told of itself, as a value; ProbeFailed if it makes no sense."""
    from envguard.facts import process_from_dict

    try:
        return process_from_dict(told)
    except (TypeError, LookupError, AttributeError) as error:
        raise ProbeFailed(text("what the kernel answered is not what the probe tells")) from error


def unasked(told: Mapping[str, Any]) -> tuple[str, ...]:
    """Variables that a process should be asked for, too, as scripts of its environment set them."""
    return collect.unasked(told)


def look_anew() -> None:
    """Drops what is known of every prefix, so that the next look is a fresh one."""
    collect.forget()


def _analysed(env: Environment, selection: Selection, *, deep: bool, progress: Progress | None) -> Report:
    if deep:
        env = collect.deeply(env.prefix, progress, process=env.process)
    return analyse(env, selection)


def inspect_name(
    name: str,
    selection: Selection = _ALL,
    *,
    deep: bool = False,
    progress: Progress | None = None,
    process: str | None = "kernel",
) -> Report:
    """The report on the environment conda knows by this name."""
    return inspect(collect.named(name), selection, deep=deep, progress=progress, process=process)


def history(
    prefix: str | Path | None = None,
    *,
    name: str | None = None,
    python: str | None = None,
    kernel: str | None = None,
) -> Timeline:
    """How an environment came to be: a prefix, by default the running interpreter's own, or one named otherwise."""
    with brought.visit():
        from envguard.analyse import timeline

        return timeline(_environment(prefix, name, python, kernel, process=None))


def _environment(
    prefix: str | Path | None, name: str | None, python: str | None, kernel: str | None, process: str | None
) -> Environment:
    """The environment that somebody names in one of four ways."""
    if kernel is not None:
        return collect.by_kernelspec(kernel)
    if python is not None:
        return collect.by_interpreter(python)
    return collect.by_import(prefix if name is None else collect.named(name), process=process)


def why(
    error: BaseException | str | bytes | Path | None,
    prefix: str | Path | None = None,
    *,
    name: str | None = None,
    python: str | None = None,
    kernel: str | None = None,
    process: str | None = "kernel",
) -> Answer:
    """What caused an error, judged by an environment: an exception, a text that holds one, or a file with such a text."""
    with brought.visit():
        from envguard.why.answer import answer
        from envguard.why.reading import groups_of

        groups = groups_of(error)
        env = _environment(prefix, name, python, kernel, process)
        named = isinstance(error, BaseException) or any((prefix, name, python, kernel))
        told = answer(groups, env, analyse(env), named=named)
        if error is None or isinstance(error, BaseException) or told.causes:
            return told
        from envguard.why.installers import explained

        return explained(told, error, env)


def cuda(
    prefix: str | Path | None = None,
    *,
    name: str | None = None,
    python: str | None = None,
    kernel: str | None = None,
    process: str | None = "kernel",
) -> CudaReport:
    """What stands for and against CUDA in an environment; the driver is asked, in a process of its own."""
    with brought.visit():
        from envguard.cuda_verdict.told import told

        env = collect.with_driver(_environment(prefix, name, python, kernel, process))
        return told(env, analyse(env))


def cuda_told(answer: Mapping[str, Any]) -> CudaReport:
    """The same for the environment of a process that has told of itself."""
    with brought.visit():
        from envguard.cuda_verdict.told import told

        env = collect.with_driver(collect.by_answer(answer))
        return told(env, analyse(env))


def explain_log(
    source: str | bytes | Path | IO[bytes],
    prefix: str | Path | None = None,
    *,
    name: str | None = None,
    python: str | None = None,
    kernel: str | None = None,
) -> Report:
    """The warnings and errors in what an installer has printed: a text, a stream, a file or a notebook; with ways out for an environment."""
    from envguard.install_log import read
    from envguard.rules.install_failures import ALL_PATTERNS
    from envguard.rules.install_log import install_log_warning

    lines = read(source, ALL_PATTERNS)
    env = replace(_environment(prefix, name, python, kernel, process=None), install_log=lines)
    told = analyse(env, Selection(select=(install_log_warning.id,)))
    # the state of the environment, how it came to be, and what of it could not be read: none of it is what the log tells
    return replace(told, verdict=Verdict.UNKNOWN, timeline=(), problems=(), of_log=True)


def place(*, is_kernel: bool = True) -> Place:
    """Where this process would run a command; on a command line nothing is the kernel's."""
    from envguard.commands.command import Place

    return Place(sys.executable, sys.prefix, os.getcwd(), dict(os.environ), is_kernel)  # noqa: PTH109 - a string is wanted


def command(words: Sequence[str], place: Place) -> Command:
    """The install command that these words are; BadArguments if they are none."""
    from envguard.commands.find import of_argv

    return _one(of_argv(words, place), " ".join(masking.words(words)))


def command_of_cell(source: str, place: Place) -> Command:
    """The install command that a cell would run; BadArguments if there is none, or several."""
    from envguard.commands.find import commands

    found = commands(source, place, windows=os.name == "nt")
    return _one(found[0] if len(found) == 1 else None, masking.without_secrets(source))


def _one(found: Command | None, words: str) -> Command:
    if found is None:
        raise BadArguments(text("this is not one command that installs or removes something: {words}", words=words))
    return found


def foretell(command: Command, place: Place) -> Forecast:
    """What an install command would do, as far as that can be seen at once, without network or subprocess."""
    with brought.visit():
        from envguard.commands.target import target
        from envguard.forecast.quick import quick

        return quick(command, target(command, place), place)


def forecast(
    command: Command,
    place: Place,
    *,
    build: bool = False,
    progress: Callable[[Text], None] | None = None,
    cancel: Callable[[], bool] | None = None,
    timeout: float | None = None,
    alternatives: bool = True,
    process: str | Process | None = "kernel",
) -> Forecast:
    """What a command would do, by its own resolver and by the rules: with the network, and for as long as `timeout` seconds.

    `progress` is told where it is, `cancel` is asked whether to go on. With `build`, the code of source archives, folders
    and repositories runs, as it would in the command itself. Where something speaks against it, other ways are looked for,
    too, unless `alternatives` says not to. The kernel of a place is this process, unless `process` is what another one
    has told, or None.
    """
    with brought.visit():
        from envguard.commands.target import target
        from envguard.forecast.child import SECONDS
        from envguard.forecast.full import full

        found = target(command, place)
        limit = SECONDS if timeout is None else timeout
        return full(
            command,
            found,
            place,
            build=build,
            progress=progress,
            cancel=cancel,
            timeout=limit,
            alternatives=alternatives,
            process=process,
        )


def alternatives(
    command: Command, place: Place, *, network: bool = True, timeout: float | None = None
) -> tuple[Alternative, ...]:
    """Other ways to what a command asks for, the best first; without `network` as far as this machine knows."""
    with brought.visit():
        from envguard.commands.target import target
        from envguard.forecast import alternatives as ways

        found = target(command, place)
        if found.prefix is None:
            return ()
        env = collect.by_import(found.prefix, process=None)
        limit = ways.SECONDS if timeout is None else timeout
        return ways.alternatives(command, found, env, network=network, timeout=limit)


def diff(first: str | Path, second: str | Path) -> Comparison:
    """What differs between two environments, each given by its folder or by its name."""
    from envguard.compare import compare

    environments = _either(first), _either(second)
    reports = analyse(environments[0]), analyse(environments[1])
    return compare(*environments, reports)


def configured(folder: str | Path | None = None) -> Configuration:
    """What `[tool.envguard]` of the nearest pyproject.toml asks for, from the current folder upwards."""
    from envguard import suppress

    return suppress.checked(configuration.configured(Path.cwd() if folder is None else Path(folder)), rules())


def project(folder: str | Path | None = None) -> Configuration:
    """The same, for what it accepts of installs: no rule is brought for that. Nothing where it cannot be read."""
    try:
        return configuration.configured(Path.cwd() if folder is None else Path(folder))
    except OSError:  # the current folder is gone
        return Configuration()


def accept(report: Report, settings: Configuration) -> Report:
    """The report with the findings set apart that a project accepts."""
    from envguard import suppress

    return suppress.suppress(report, settings)


def without_known(report: Report, file: str | Path) -> Report:
    """The report with only those findings that a baseline does not know."""
    return baseline.without_known(report, baseline.read(Path(file)))


def write_baseline(report: Report, file: str | Path) -> None:
    """Writes the findings of a report into a file, for `without_known`."""
    baseline.write(Path(file), report)


def redact(report: Report, identity: Identity | None = None) -> Report:
    """The report without what names a person, a machine or a secret; by default whose process this is."""
    from envguard import redact as redaction

    return redaction.redact(report, redaction.whoami() if identity is None else identity)


def aftermath(
    changed: Changed,
    after: Report,
    before: Report | None,
    stale: frozenset[str] = frozenset(),
    *,
    recent: bool = False,
    between: bool = False,
) -> Aftermath | None:
    """What a change has made worse, by the report after it and one before; None if nothing is worse."""
    from envguard.aftermath import aftermath as judge

    return judge(changed, after, before, stale, recent=recent, between=between)


def weights(report: Report) -> dict[tuple[str, str], int]:
    """What of a report is needed to tell later what is new: rule and subject of each finding, and how grave it is."""
    from envguard import aftermath as judge

    return judge.weights(report)


def newer(report: Report, before: Mapping[tuple[str, str], int]) -> tuple[Finding, ...]:
    """The errors and warnings of a report that are new, or graver, against the `weights` of an earlier one."""
    from envguard import aftermath as judge

    return judge.newer(report, before)


def cleared(report: Report, before: Mapping[tuple[str, str], int]) -> int:
    """How many errors and warnings of an earlier report are no more."""
    from envguard import aftermath as judge

    return judge.cleared(report, before)


def protection(prefix: str | Path | None = None, *, name: str | None = None) -> Protection:
    """What pip and uv have to leave as it is, for conda's book of an environment to stay true."""
    from envguard.changes import protect

    return protect.protection(protect.known(_environment(prefix, name, None, None, process=None)))


def protected(prefix: str | Path) -> Protected:
    """Protection of an environment by the variables of this process: a context, or `.on()` and `.off()`."""
    from envguard.changes import protect

    return protect.Protected(prefix)


def protect(words: Sequence[str], place: Place, tell: Callable[[Text], None], *, network: bool = True) -> Done:
    """Runs a command that installs by pip or uv so that what conda owns stays as it is; `tell` hears what is done."""
    from envguard.changes import protected

    return protected.protected(words, command(words, place), place, tell, network=network)


def write_constraints(told: Protection, file: str | Path) -> None:
    """Writes a constraints file for `pip install -c`, whole or not at all."""
    from envguard.changes import protect

    protect.write(told, Path(file))


def unprotected(command: Command, prefix: str | Path, *, variables: Mapping[str, str] | None = None) -> Text | None:
    """Why protection would not hold a command, with this process' variables by default; None if it would."""
    from envguard.changes import limits

    environ = os.environ if variables is None else variables
    return limits.refuses(command, collect.by_import(prefix), environ, by_variables=True)


def protected_by(file: str | Path, prefix: str | Path, variables: Mapping[str, str]) -> dict[str, str]:
    """Writes the constraints of a prefix into a file: the variables by which they protect a process that has these.

    BadArguments if there is nothing to protect, or the file cannot be written.
    """
    from envguard.changes import protect

    told = protect.needed(collect.by_import(prefix, process=None))
    protect.write(told, Path(file))
    return protect.variables(Path(file), variables, told.prefix)


def glance(prefix: str) -> Glance:
    """What the names of files tell of a prefix, without reading its books."""
    from envguard.forecast import glance as glances

    return glances.glance(prefix)


def unchangeable(prefix: str | Path) -> Text | None:
    """Why a server should not change a prefix, whoever asks; None if it may."""
    from envguard.changes import permitted

    return permitted.refusal(os.path.realpath(prefix))


def place_in(prefix: str) -> Place:
    """Where a command would run in a fresh shell in which a prefix is active."""
    from envguard.changes import permitted

    return permitted.place(prefix)


def autoload_state(prefix: str | Path) -> Autoload:
    """Whether every kernel of a prefix loads envguard."""
    from envguard.changes import autoload

    return autoload.state(prefix)


def enable(prefix: str | Path) -> Autoload:
    """Makes every kernel of a prefix load envguard."""
    from envguard.changes import autoload

    return autoload.enable(prefix)


def disable(prefix: str | Path) -> Autoload:
    """Takes back what `enable` did."""
    from envguard.changes import autoload

    return autoload.disable(prefix)


def home(prefix: str | Path | None = None) -> Home:
    """Our folder of a prefix, by default the running interpreter's own, if there is one."""
    from envguard import home as homes

    return homes.look(sys.prefix if prefix is None else prefix)


def make_home(prefix: str | Path | None = None, *, undo: bool | None = None) -> Home:
    """Makes our folder, in which changes are noted; with `undo` installs get a way back from now on, or no longer."""
    from envguard import home as homes

    return homes.make(sys.prefix if prefix is None else prefix, undo=undo)


def forget(prefix: str | Path) -> bool:
    """Removes our folder with the ledger and all that could be taken back; whether there was one."""
    from envguard import home as homes

    return homes.drop(prefix)


def prefix_of(
    prefix: str | Path | None = None, *, name: str | None = None, python: str | None = None, kernel: str | None = None
) -> str:
    """The prefix that somebody names in one of four ways, by default the running interpreter's own."""
    if python is not None or kernel is not None:
        return _environment(None, None, python, kernel, None).prefix
    found = sys.prefix if prefix is None and name is None else prefix if name is None else collect.named(name)
    return collect.folder_of(found)


def undo_list(prefix: str | Path | None = None) -> UndoList:
    """What can be taken back in a prefix, and what could."""
    return _undo_list(home(prefix))


def checkpoint_of(prefix: str | Path, process: int, since: str) -> str | None:
    """The last checkpoint that a process has made and ended since a time, written as ids begin; None if there is none."""
    from envguard.changes import checkpoint

    return checkpoint.made_by(home(prefix), process, since)


def undo_clear(prefix: str | Path | None = None, id: str | None = None) -> UndoList:  # noqa: A002 - as the option is called
    """Lets go of one checkpoint or of all; what is left, and what went."""
    from envguard.changes import checkpoint

    found = home(prefix)
    if id is not None and id not in {each.id for each in checkpoint.all(found)}:
        raise BadArguments(text("there is no checkpoint {id}", id=id))
    return _undo_list(found, checkpoint.clear(found, id))


def _undo_list(found: Home, cleared: tuple[Checkpoint, ...] = ()) -> UndoList:
    from envguard.changes import checkpoint
    from envguard.undo_report import UndoList

    open_ones = tuple(each.id for each in checkpoint.unfinished(found))
    return UndoList(
        found.prefix, found.undo, checkpoint.all(found), open_ones, found.reason, cleared, __version__, now()
    )


def undo_plan(prefix: str | Path | None = None, id: str | None = None) -> UndoReport:  # noqa: A002
    """What taking back a checkpoint would do, the last one if none is named; changes nothing."""
    from envguard.changes import undo as undoing
    from envguard.undo_report import UndoReport

    found = home(prefix)
    return UndoReport(found.prefix, undoing.plan(found, id), None, __version__, now())


def undo(
    prefix: str | Path | None = None,
    id: str | None = None,  # noqa: A002
    *,
    plan: UndoPlan | None = None,
    whence: Whence | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> tuple[Undone, Text | None]:
    """Takes an install back as a `plan` says, by default that of now, and notes it in the ledger.

    BadArguments if it must not be; with what came of it, why it could not be noted. `progress` hears of files done and all.
    """
    from envguard.changes import around, remember
    from envguard.changes import undo as undoing

    found = home(prefix)
    meant = undoing.plan(found, id) if plan is None else plan
    return around.take_back(found, meant, remember.whence() if whence is None else whence, progress)


def repair_plan(
    prefix: str | Path | None = None, keep: Sequence[str] = (), *, progress: Callable[[Text], None] | None = None
) -> RepairReport:
    """What would bring a prefix back to a sound state; changes nothing. What is named in `keep` stays pip's."""
    with brought.visit():
        from envguard.changes import planning
        from envguard.changes import repair as repairs
        from envguard.repair_report import RepairReport

        env = collect.by_import(prefix, process=None)
        plan = planning.plan(env, keep, progress)
        plan = replace(plan, interrupted=bool(repairs.interrupted(home(env.prefix))))
        return RepairReport(env.prefix, plan, None, __version__, now())


def repair(told: RepairReport, *, whence: Whence | None = None, tell: Callable[[Text], None] | None = None) -> Repaired:
    """Carries a plan out, with a way back, and checks again; what went wrong is taken back. `tell` hears of each step.

    BadArguments if it must not be done.
    """
    with brought.visit():
        from envguard.changes import remember, repair

        origin = remember.whence() if whence is None else whence
        return repair.repair(told.prefix, told.plan, origin, tell or (lambda _: None))


def repair_again(
    prefix: str | Path | None = None,
    *,
    whence: Whence | None = None,
    tell: Callable[[Text], None] | None = None,
) -> tuple[str, ...]:
    """Takes an interrupted repair back, so that it can begin anew; the names that it left to pip."""
    with brought.visit():
        from envguard.changes import remember, repair

        origin = remember.whence() if whence is None else whence
        return repair.take_back(home(prefix), origin, tell or (lambda _: None))


def rebuild_plan(
    target: str | Path,
    prefix: str | Path | None = None,
    options: RebuildOptions | None = None,
    *,
    resumed: bool = False,
    progress: Callable[[Text], None] | None = None,
) -> RebuildReport:
    """What a new environment at `target` would hold in place of `prefix`, solved; makes nothing.

    With `resumed` a half-built one may stand there.
    """
    with brought.visit():
        from envguard.rebuild import planning
        from envguard.rebuild import target as targets
        from envguard.rebuild.options import Options
        from envguard.rebuild_report import RebuildReport

        env = collect.by_import(prefix, process=None)
        folder = targets.folder(str(target))
        prepared = planning.prepare(env, folder, options or Options(), progress, resumed=resumed)
        return RebuildReport(env.prefix, prepared.plan, None, __version__, now())


def rebuild(
    told: RebuildReport, options: RebuildOptions | None = None, *, tell: Callable[[Text], None] | None = None
) -> Rebuilt:
    """Makes the new environment, checks it, tries what it can import and compares; the old one stays as it is.

    BadArguments if it must not be done. `tell` hears of each part.
    """
    with brought.visit():
        from envguard.rebuild import building
        from envguard.rebuild.options import Options

        return building.rebuild(told.plan, options or Options(), tell or (lambda _: None))


def rebuild_options(**options: Any) -> RebuildOptions:
    """How a rebuild is asked for: the fields of `RebuildOptions`."""
    from envguard.rebuild.options import Options

    return Options(**options)


def rebuild_unfinished(target: str | Path) -> tuple[str, RebuildOptions] | None:
    """Of a half-built environment the old prefix and how it was asked for; None if it is none."""
    from envguard.rebuild import marker
    from envguard.rebuild import target as targets
    from envguard.rebuild.options import Options

    found = marker.read(targets.folder(str(target)))
    return None if found is None else (found.source, Options.read(found.options))


def rebuild_discard(target: str | Path) -> str:
    """Removes a half-built environment; its folder. BadArguments if it is none."""
    from envguard.rebuild import marker
    from envguard.rebuild import target as targets

    return marker.discard(targets.folder(str(target))).target


def whence(cell: str | None, count: int | None, namespace: Mapping[str, object]) -> Whence:
    """From where this process changes something."""
    from envguard.changes import remember

    return remember.whence(cell, count, namespace)


def begin_installs(found: Home, seen: Sequence[Seen], *, undo: bool, owner: tuple[int, float] | None = None) -> Begun:
    """Notes what is there before installs run in a prefix, and makes a way back with `undo`.

    `owner` is the process in which they run, by its number and the time at which it was started; by default this one.
    """
    from envguard.changes import around

    return around.begin(found, seen, undo=undo, owner=owner)


def drop_installs(begun: Begun) -> None:
    """Forgets what was begun for installs that will not run."""
    from envguard.changes import around

    around.drop(begun)


def end_installs(begun: Begun, whence: Whence, *, failed: bool | None) -> Ended:
    """Notes in the ledger what they have done, in whatever way they ended."""
    from envguard.changes import around

    return around.end(begun, whence, failed=failed)


def note_found(found: Home, changed: Changed) -> tuple[str | None, Text | None] | None:
    """Notes what was found afterwards: the ledger's file if it is its first line, and why it could not be noted."""
    from envguard.changes import around

    return around.found(found, changed)


def export(
    prefix: str | Path | None,
    forms: Sequence[Form],
    depth: Depth,
    *,
    name: str | None = None,
    python: str | None = None,
    kernel: str | None = None,
    verify: bool = False,
    network: bool = True,
    progress: Callable[[Text], None] | None = None,
) -> tuple[Export, ...]:
    """An environment written down in some forms; with `verify` it is tried, once, without installing anything."""
    with brought.visit():
        from envguard.export.written import write

        env = _environment(prefix, name, python, kernel, process=None)
        here = place(is_kernel=False) if verify else None
        return write(env, forms, depth, place=here, network=network, progress=progress)


def write_export(content: str, file: Path) -> None:
    """Writes what `export` made, whole or not at all."""
    try:
        write_atomically(file, content.encode("utf-8"))
    except OSError as error:
        reason = error.strerror or str(error)
        raise BadArguments(text("{file} cannot be written: {reason}", file=str(file), reason=reason)) from error


def caches(
    prefix: str | Path | None = None,
    *,
    name: str | None = None,
    python: str | None = None,
    kernel: str | None = None,
) -> Caches:
    """What package managers keep that they could fetch again, and what clears it."""
    with brought.visit():
        from envguard.export.caches import caches as weighed

        return weighed(_environment(prefix, name, python, kernel, process=None))


def scan(
    paths: Sequence[str],
    selection: Selection = _ALL,
    *,
    fix: bool = False,
    prefix: str | Path | None = None,
    name: str | None = None,
    python: str | None = None,
    kernel: str | None = None,
    progress: Callable[[str], None] | None = None,
) -> ScanReport:
    """What notebooks and other files ask installers for, held against an environment if one is named."""
    with brought.visit():
        from envguard.scan.scan import scan as read

        named = any(each is not None for each in (prefix, name, python, kernel))
        env = _environment(prefix, name, python, kernel, process=None) if named else None
        return read(paths, env, selection, fix=fix, progress=progress)


def cells(cells: Sequence[Cell], place: Place | None = None) -> tuple[CellReport, ...]:
    """What is to be said of some cells of one notebook, in its order, while they are typed; `place` is its kernel, if one is known."""
    with brought.visit():
        from envguard import suppress
        from envguard.changes import autoload
        from envguard.scan.cell_fixes import Beside
        from envguard.scan.cells import judge

        if place is None:
            return judge(cells, None, None)

        def look() -> tuple[Environment, Beside]:
            loads = autoload.state(place.prefix).state == "on"
            return collect.by_files(place.prefix), Beside(loads or autoload.importable(place.prefix), loads)

        return judge(cells, place, look, suppress.counts(configured(Path(place.folder))))


def stamp_differs(stamp: Mapping[str, Any], cells: Sequence[Cell], prefix: str | Path) -> tuple[Finding, ...]:
    """What of a notebook's stamp is otherwise in an environment, as far as the notebook's cells import it."""
    with brought.visit():
        from envguard.scan.stamped import differences

        return differences(stamp, cells, collect.by_files(prefix))


def stamp(file: str | Path, prefix: str | Path | None = None) -> tuple[str, ...]:
    """Writes into a notebook's file in which environment it works; the modules that it tells of."""
    with brought.visit():
        from envguard.scan.stamp import stamp as write

        return write(file, _environment(prefix, None, None, None, process=None))


def pages() -> tuple[RulePage, ...]:
    """Every rule as renderers need it."""
    return tuple(RulePage(rule.id, rule.code, rule.severity, rule.title, rule.page) for rule in rules())


def _either(target: str | Path) -> Environment:
    folder = Path(target).expanduser()
    named = isinstance(target, str) and not folder.is_dir() and folder.name == target
    return collect.by_import(collect.named(str(target)) if named else folder)


def rules() -> tuple[Rule, ...]:
    """Every rule, in the order of their codes."""
    from envguard.rules import RULES

    return RULES


def explain(selector: str) -> Rule:
    """The rule that an id or a code names; its `page` is the explanation."""
    from envguard.analyse import select

    return select(rules(), Selection(select=(selector,)))[0]
