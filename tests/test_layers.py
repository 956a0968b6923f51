"""The direction of imports: each module imports only from layers below its own, or from inside its own folder.

Also where third parties may be imported at all. Imports inside functions count. Circles within `rules` or `render`
are not seen.
"""

from __future__ import annotations

import ast
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import envguard

if TYPE_CHECKING:
    from collections.abc import Iterator

PACKAGE = Path(envguard.__file__).parent
LAYERS = (
    "_version brought languages",
    "probe value traces masking",
    "model machine library process cuda tables",
    "scanned",
    "change_report",
    "ledger_entry",
    "facts errors comparison cuda_report forecast_report undo_report repair_report export_report scan_report",
    "rebuild_report",
    "settings",
    "configuration store run prefixes changed",
    "home",
    "ledger",
    "elf",
    "loader",
    "ranges",
    "conda_order",
    "versions surroundings packages hashes install_log",
    "asking natively ahead",
    "collect",
    "witnessed",
    "timeline commands",
    "rules running",
    "analyse",
    "why cuda_verdict",
    "suppress baseline compare redact aftermath",
    "forecast",
    "changes export scan",
    "rebuild",
    "api",
    "demo jobs",
    "render",
    "frontends",
    "__init__ __main__",
)
FLOOR = {name: depth for depth, names in enumerate(LAYERS) for name in names.split()}
RENDER_MAY = {
    "envguard.languages",
    "envguard.model",
    "envguard.comparison",
    "envguard.cuda_report",
    "envguard.forecast_report",
    "envguard.change_report",
    "envguard.undo_report",
    "envguard.repair_report",
    "envguard.rebuild_report",
    "envguard.export_report",
    "envguard.scan_report",
    "envguard.value",
}
ONLY_IN = {
    "IPython": ("frontends", "__init__"),
    "ipywidgets": ("frontends",),
    "traitlets": ("frontends",),
    "tornado": ("frontends",),
    "jupyter_server": ("frontends",),
    "rattler": ("versions", "packages"),
    "rich": ("render",),
    "ruamel": ("surroundings", "commands", "export", "scan"),
    "markdown_it": ("scan",),
    "jupyter_core": ("surroundings", "frontends"),
    "packaging": ("versions",),
    "filelock": ("home", "ledger"),
    "platformdirs": ("home",),
    "psutil": ("changes", "rebuild", "running", "frontends"),
    "jupyter_client": ("frontends",),
    "ipykernel": ("demo",),  # what its kernel is started by
    "prometheus_client": ("frontends",),
    "tomli": ("configuration",),
    "tree_sitter": ("commands",),
    "tree_sitter_bash": ("commands",),
    "typing_extensions": ("value",),  # for mypy alone
}


def _imports(path: Path) -> Iterator[str]:
    """Every module a file imports, by its full name; of `from package import name` the name too."""
    package = ("envguard", *path.relative_to(PACKAGE).parts[:-1])
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else ()
            stem = ".".join((*base, *filter(None, [node.module])))
            yield from (f"{stem}.{alias.name}" for alias in node.names) if stem == "envguard" else (stem,)


def _problems(package: Path = PACKAGE) -> Iterator[str]:
    own = {path.stem for path in (package / "probe").glob("*.py")}
    for path in sorted(package.rglob("*.py")):
        here = path.relative_to(package).parts[0].removesuffix(".py")
        if here not in FLOOR:
            yield f"{here} stands in no layer"
            continue
        for name in _imports(path):
            top, _, rest = name.partition(".")
            there = rest.partition(".")[0]
            if top == "envguard":
                if there != here and FLOOR.get(there, len(LAYERS)) >= FLOOR[here]:
                    yield f"{path.name}: {here} imports {name}"
                if here == "render" and there != here and name not in RENDER_MAY:
                    yield f"{path.name}: a renderer imports {name}"
            elif here == "probe":
                if top not in sys.stdlib_module_names and top not in own:
                    yield f"{path.name}: the probe imports {name}"
            elif top not in sys.stdlib_module_names and here not in ONLY_IN.get(top, ()):
                yield f"{path.name}: {here} imports {name}"


def test_the_direction_of_imports():
    assert not list(_problems()), "\n".join(_problems())


def test_no_probe_is_named_like_a_module_of_the_standard_library():
    assert not {path.stem for path in (PACKAGE / "probe").glob("*.py")} & set(sys.stdlib_module_names)


def test_only_the_renderers_are_unknown_to_what_computes():
    users = {
        path.relative_to(PACKAGE).parts[0]
        for path in PACKAGE.rglob("*.py")
        if any(name.startswith("envguard.render") for name in _imports(path))
    }
    assert users <= {"render", "frontends"}
