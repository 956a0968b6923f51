"""The same by hand: the commands of the package manager that is here, and what to do where envguard makes nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from envguard.masking import without_secrets
from envguard.model import Fix, Safety, Step, text
from envguard.rules import steps

if TYPE_CHECKING:
    from envguard.facts import Environment
    from envguard.packages.solving import Solved
    from envguard.rebuild.wanted import Wanted


def commands(env: Environment, folder: str, told: Wanted, records: tuple[Solved, ...]) -> tuple[Step, ...]:
    """What makes the same environment without envguard: conda's packages exactly, then pip's without touching them.

    Options and specs are those that conda documents for `create`; mamba and micromamba take the same.
    """
    found = steps.tool(env) if env.manager != "pixi" else None
    python = f"{folder}\\python.exe" if env.layout == "windows" else f"{folder}/bin/python"
    create = Step(
        (
            found.path if found is not None else "conda",
            "create",
            "--prefix",
            folder,
            *steps.without_defaults(env),
            "--override-channels",
            *(word for channel in told.channels for word in ("--channel", channel)),
            *(f"{each.name}={each.version}={each.build}" for each in sorted(records, key=_python_first)),
        )
    )
    if not told.requirements:
        return (create,)
    options = [word for option, value in told.options for word in (option, without_secrets(value))]
    options += [] if told.with_dependencies else ["--no-deps"]
    lines = [
        word for each in told.requirements for word in without_secrets(each.line).split(" ", each.line.startswith("--"))
    ]
    return (create, Step((python, "-m", "pip", "install", *options, *lines)))


def _python_first(record: Solved) -> tuple[bool, str]:
    return record.name != "python", record.name


def instead(env: Environment, folder: str) -> tuple[Fix, ...]:
    """The way out where there is no book of conda's to go by: a venv of the same Python."""
    if env.is_conda:
        return ()
    python = steps.python(env)
    new = f"{folder}\\Scripts\\python.exe" if env.layout == "windows" else f"{folder}/bin/python"
    written = (
        Step(
            ("envguard", "export", "--prefix", env.prefix, "--format", "requirements", "--output", "requirements.txt")
        ),
        Step((python, "-m", "venv", folder)),
        Step((new, "-m", "pip", "install", "--requirement", "requirements.txt")),
    )
    title = text("Write down what pip has installed, make a venv with the same Python, and install it there")
    return (Fix(title, written, Safety.MANUAL),)
