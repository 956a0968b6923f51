"""Tries whether what somebody asked for can be imported, by an environment's own Python and within a time limit.

Nothing is written into the environment: no byte code, and what libraries keep for themselves goes into a folder that is removed.
"""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from envguard import run
from envguard.errors import ProbeFailed
from envguard.masking import without_secrets
from envguard.rebuild_report import Tried
from envguard.rules import steps

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from envguard.facts import Environment

SECONDS = 300.0
"""For all of one Python, and anew after each module that ends it: the first import of a large framework reads a gigabyte."""
_PROBE = Path(__file__).parents[1] / "probe" / "importing.py"
_MANY = 4
"""Modules that are tried of one package."""


def tried(old: Environment, new: Environment, names: Collection[str]) -> tuple[Tried, ...]:
    """What both environments can import of packages and distributions of these names."""
    modules = {name: found for name in sorted(names) if (found := _modules((old, new), name))}
    wanted = list(dict.fromkeys(module for found in modules.values() for module in found))
    before, after = imports(old, wanted), imports(new, wanted)
    return tuple(
        Tried(name, module, _well(before, module), _well(after, module), after.get(module) or before.get(module) or "")
        for name, found in modules.items()
        for module in found
    )


def imports(env: Environment, modules: Iterable[str]) -> Mapping[str, str | None]:
    """Of each module the error, None if it can be imported; those that could not be tried are left out."""
    left, found = list(modules), {}
    with tempfile.TemporaryDirectory(prefix="envguard-") as folder:
        file = Path(folder, "answer")
        while left:
            file.write_bytes(b"")
            says = _ask(env, left, folder, file)
            told = _lines(file)
            found.update({name: None if error is None else without_secrets(error) for name, error in told})
            left = left[len(told) :]
            if says is None and left:
                break  # no Python at all
            if left:
                found[left.pop(0)] = says or ""
        for name in [name for name, error in found.items() if error is not None] if len(found) > 1 else []:
            # what another module has done to the process before is no fault of this one
            file.write_bytes(b"")
            says = _ask(env, [name], folder, file)
            told = _lines(file)
            found[name] = (says or "") if not told else told[0][1] and without_secrets(told[0][1])
    return found


def _lines(file: Path) -> list[tuple[str, str | None]]:
    """The lines that were written whole."""
    return [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines() if line.endswith("]")]


def _ask(env: Environment, modules: list[str], folder: str, file: Path) -> str | None:
    """Starts the Python; what ended it before the end, None if it cannot even be started."""
    variables = {
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONNOUSERSITE": "1",
        "PYTHONPATH": None,
        "PYTHONHOME": None,
        "MPLCONFIGDIR": folder,
        "XDG_CACHE_HOME": folder,
        "NUMBA_CACHE_DIR": folder,
    }
    try:
        ran = run.run(
            (steps.python(env), str(_PROBE), str(file), *modules), SECONDS, env=variables, cwd=folder, kept=1 << 16
        )
    except ProbeFailed as error:
        return error.text.english() if file.stat().st_size or "did not answer" in error.text.text else None
    if ran.code < 0:
        return f"signal {-ran.code}"
    return ran.last_line or f"exit code {ran.code}"


def _well(told: Mapping[str, str | None], module: str) -> bool | None:
    return told[module] is None if module in told else None


def _modules(environments: tuple[Environment, Environment], name: str) -> tuple[str, ...]:
    """The modules of a package, by whichever environment has it; that of its own name first, else a few."""
    found: dict[str, None] = {}
    for env in environments:
        records = {package.record for package in env.conda_packages or () if package.name == name}
        paths = {dist.path for dist in env.dists_named.get(name, ())}
        for each in env.importable or ():
            if (each.record in records or each.distribution in paths) and not each.name.startswith("_"):
                found[each.name] = None
    own = [module for module in found if module.lower().replace("_", "-") == name.replace("_", "-")]
    return tuple(own or list(found)[:_MANY])
