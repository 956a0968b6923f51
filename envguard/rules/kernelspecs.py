"""Rules about kernelspecs: the files by which Jupyter knows which Python a kernel is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from envguard.model import Certainty, Evidence, Fix, Safety, Severity, text
from envguard.rules import fixes, steps
from envguard.rules.rule import Found, Rule, rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from envguard.facts import Environment
    from envguard.machine import Kernelspec

_DEFAULT = ("python", "python2", "python3")


@rule("kernelspec-other-env", code=220, severity=Severity.WARNING, needs=("kernelspecs",))
def kernelspec_other_env(env: Environment) -> Iterator[Found]:
    """A kernelspec of this environment starts another environment's Python.

    A `kernel.json` in this environment's own folder names a Python that lies elsewhere.

    Why it matters: a notebook that seems to run in this environment runs in the other one; what is installed here
    cannot be imported there. For the default kernel, which everybody takes for this environment's own, and for one of
    the environment's name it is a warning. A kernel under another name is often put there on purpose, and is information.

    How to repair: let the environment's ipykernel write its kernelspec anew, or remove the kernelspec.

    Not reported: `python` without a path, which Jupyter takes for its own; the runner of nb_conda_kernels; kernels of other
    languages; kernelspecs outside this environment; a Python that is not there (EG221).
    """
    for spec in env.kernelspecs or ():
        if spec.level != "env" or spec.here is not False or spec.conda_env is not None or spec.exists is False:
            continue
        own = spec.name.lower() in (*_DEFAULT, env.name.lower())
        yield Found(
            subject=spec.name,
            message=text(
                "the kernelspec {name} of this environment starts {python}", name=spec.name, python=spec.python or "?"
            ),
            evidence=(_starts(spec),),
            consequence=text("its notebooks do not run in this environment"),
            fixes=_anew(env, spec) if fixes.may_write(env) else (),
            severity=Severity.WARNING if own else Severity.INFO,
        )


@rule("kernelspec-dead", code=221, severity=Severity.ERROR, needs=("kernelspecs",))
def kernelspec_dead(env: Environment) -> Iterator[Found]:
    """A kernelspec starts a program that is not there.

    A `kernel.json` names a program, or an environment, by a path at which there is nothing: the environment was deleted or
    moved, and its kernelspec stayed.

    Why it matters: Jupyter offers the kernel and cannot start it ("FileNotFoundError", or a kernel that dies at once). In
    this environment's own folder that is an error; one in the user's folder is not this environment's fault, and is a warning;
    elsewhere it is information.

    How to repair: remove the kernelspec, or let the environment's ipykernel write it anew.

    Not reported: programs that the file leaves to the PATH.
    """
    weights = {"env": Severity.ERROR, "user": Severity.WARNING}
    for spec in env.kernelspecs or ():
        if spec.exists is not False:
            continue
        target = spec.conda_env or (spec.argv[0] if spec.argv else "?")
        own = spec.level == "env"
        yield Found(
            subject=spec.name,
            message=text("the kernelspec {name} starts {target}, which is not there", name=spec.name, target=target),
            evidence=(_starts(spec),),
            consequence=text("Jupyter offers this kernel and cannot start it"),
            fixes=() if own and not fixes.may_write(env) else _anew(env, spec) if own else _remove(env, spec),
            severity=weights.get(spec.level, Severity.INFO),
        )


@rule("kernelspec-overridden", code=222, severity=Severity.WARNING, needs=("kernelspecs",))
def kernelspec_overridden(env: Environment) -> Iterator[Found]:
    """A kernelspec of the user hides that of the environment.

    Jupyter takes the first kernelspec of a name that it finds. One in the user's folder has the same name as this
    environment's own, comes first, and starts another Python.

    Why it matters: Jupyter started from this environment runs its notebooks in the other one, activated or not. Most
    often `ipykernel install --user` was once run elsewhere without `--name`.

    How to repair: remove the user's kernelspec, or give it a name of its own.

    Not reported: a kernelspec that starts the same Python, or leaves it open; and, with jupyter_core 5 and
    an environment of one's own, which Jupyter asks before the user's folder.
    """
    first: dict[str, Kernelspec] = {}
    for spec in env.kernelspecs or ():
        hidden_by = first.setdefault(spec.name.lower(), spec)
        if spec.level != "env" or hidden_by is spec or hidden_by.here is not False or spec.here is False:
            continue
        yield Found(
            subject=spec.name,
            message=text(
                "the kernelspec {name} of this environment is hidden by another, which starts {python}",
                name=spec.name,
                python=hidden_by.python or hidden_by.conda_env or "?",
            ),
            evidence=(
                _starts(hidden_by),
                Evidence(text("this one is the environment's own, and comes later"), spec.path),
            ),
            consequence=text("Jupyter started from this environment runs its notebooks in another"),
            fixes=_remove(env, hidden_by),
            certainty=Certainty.LIKELY,
        )


def _starts(spec: Kernelspec) -> Evidence:
    return Evidence(text("starts {program}", program=" ".join(spec.argv[:3]) or text("nothing")), spec.path)


def _anew(env: Environment, spec: Kernelspec) -> tuple[Fix, ...]:
    """The kernelspec written anew, or removed; the default one is what notebooks ask for, so it is removed only where nothing can write it."""
    written = _write(env, spec)
    return written if written and spec.name.lower() in _DEFAULT else (*written, *_remove(env, spec))


def _write(env: Environment, spec: Kernelspec) -> tuple[Fix, ...]:
    if not any(dist.name == "ipykernel" and dist.kind != "leftover" for dist in env.distributions or ()):
        return ()
    named = () if spec.name.lower() in _DEFAULT else ("--name", spec.name)
    title = text("Let this environment's ipykernel write the kernelspec {name} anew", name=spec.name)
    return (Fix(title, (steps.write_kernelspec(env, *named),)),)


def _remove(env: Environment, spec: Kernelspec) -> tuple[Fix, ...]:
    """Jupyter removes the first of a name, and the PATH's may be another environment's: where that can hit another, the folder itself has to go."""
    title = text("Remove the kernelspec {name}", name=spec.name)
    met = next((each for each in env.kernelspecs or () if each.name.lower() == spec.name.lower()), spec)
    if met is spec and spec.level != "env":
        return (Fix(title, (steps.forget_kernelspec(spec.name),), Safety.REVIEW),)
    return (Fix(title, (steps.remove_path(env, spec.path),), Safety.MANUAL),)


RULES: tuple[Rule, ...] = (kernelspec_other_env, kernelspec_dead, kernelspec_overridden)
