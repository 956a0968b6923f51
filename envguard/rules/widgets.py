"""The rule about Jupyter's widgets: the half in the kernel and the half in the browser."""

from __future__ import annotations

from typing import TYPE_CHECKING

from envguard.model import Evidence, Severity, text
from envguard.rules import fixes, steps
from envguard.rules.overlaps import live
from envguard.rules.rule import Found, Rule, rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from envguard.facts import Distribution, Environment
    from envguard.model import Fix

_PARTNERS = {
    # main version of ipywidgets: those of its partners (setup of ipywidgets 7.7 and 8; jupyterlab_widgets' package.json)
    7: {"jupyterlab-widgets": 1, "widgetsnbextension": 3, "front end": 3},
    8: {"jupyterlab-widgets": 3, "widgetsnbextension": 4, "front end": 5},
}


@rule("widgets-version-mismatch", code=250, severity=Severity.WARNING, needs=("distributions",))
def widgets_version_mismatch(env: Environment) -> Iterator[Found]:
    """The widgets in the kernel and those in the browser do not match.

    ipywidgets makes the widgets in the kernel; an extension of JupyterLab shows them. Both come in main versions that belong
    together: ipywidgets 8 with jupyterlab_widgets 3, ipywidgets 7 with jupyterlab_widgets 1.

    Why it matters: instead of a widget there is text, or "Error displaying widget: model not found".

    How to repair: bring both to the same main version with one installer, then reload the page.

    Not reported: environments without JupyterLab or Notebook, since the browser's half is then that of another environment,
    which the files of this one do not tell.
    """
    dists = {dist.name: dist for dist in live(env)}
    kernel = dists.get("ipywidgets")
    if kernel is None or not {"jupyterlab", "notebook"} & set(dists):
        return
    partners = _PARTNERS.get(_main(kernel.version) or 0)
    if partners is None:
        return
    wrong = [
        (dist.name, dist.version, dist.path)
        for name in ("jupyterlab-widgets", "widgetsnbextension")
        if (dist := dists.get(name)) is not None and _main(dist.version) not in (None, partners[name])
    ]
    first = next(iter(env.frontends or ()), None)
    if first is not None and not wrong and _main(first.version) not in (None, partners["front end"]):
        wrong.append(("@jupyter-widgets/jupyterlab-manager", first.version, first.path))
    if not wrong:
        return
    yield Found(
        subject="ipywidgets",
        message=text(
            "ipywidgets {version} does not go with {others}",
            version=kernel.version or "?",
            others=tuple(f"{name} {version}" for name, version, _ in wrong),
        ),
        evidence=(
            Evidence(text("says ipywidgets {version}", version=kernel.version or "?"), kernel.path),
            *(
                Evidence(text("says {name} {version}", name=name, version=version or "?"), path)
                for name, version, path in wrong
            ),
        ),
        consequence=text("widgets are shown as text, or not at all"),
        fixes=_match(env, kernel, partners["jupyterlab-widgets"]),
    )


def _main(version: str | None) -> int | None:
    main = (version or "").partition(".")[0]
    return int(main) if main.isdecimal() else None


def _match(env: Environment, kernel: Distribution, lab: int) -> tuple[Fix, ...]:
    if not fixes.may_write(env):
        return fixes.own_environment(env)
    if env.manager == "pixi":
        return ()
    title = text("Install the partner of ipywidgets {version}", version=kernel.version or "?")
    if kernel.owner is None:
        return (fixes.by_pip(env, title, (steps.pip_install(env, f"jupyterlab-widgets=={lab}.*"),)),)
    return (fixes.with_tool(env, title, (steps.conda_install(env, f"jupyterlab_widgets={lab}"),)),)


RULES: tuple[Rule, ...] = (widgets_version_mismatch,)
