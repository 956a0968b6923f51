"""Forecasts made by hand: one per outcome a reader can meet, and one that is out for mischief."""

from __future__ import annotations

from dataclasses import replace

from envguard.forecast_report import Alternative, Concern, Depth, Forecast, Foreseen, Outcome, Remark
from envguard.model import Evidence, Severity, Step, Where, text

from .reports import LONG, MISCHIEF, NUMPY, PREFIX, SITE, summary


def told(*command: str, **more: object) -> Forecast:
    given = {
        "tool": "pip",
        "verb": "install",
        "depth": Depth.QUICK,
        "environment": summary(),
        "python": f"{PREFIX}/bin/python3.11",
        "placement": "site",
        "folder": None,
        "is_kernel": True,
        "installs": (),
        "replaces": (),
        "removes": (),
        "remarks": (),
        "new_findings": (),
        "cleared_findings": (),
        "outcome": Outcome.HARMLESS,
        "alternatives": (),
        "unknown": (),
        "stale": (),
        "refusal": None,
        "envguard_version": "0.1.0",
        "made_at": "2025-03-14T09:26:53+00:00",
        **more,
    }
    return Forecast(command=command, **given)  # type: ignore[arg-type]


OVER = Foreseen(
    "numpy", "2.3.5", "1.26.4", "pip", "conda", "numpy-1.26.4-py311h64a7726_0", ("scipy", "pandas", "scikit-learn"),
    compiled=True, requested=True, source="https://pypi.org/simple",
)  # fmt: skip
REPLACES = Remark(
    Concern.REPLACES_CONDA,
    Severity.WARNING,
    text(
        "pip would replace conda's {name} {version}, on which {dependants} depend",
        name="numpy",
        version="1.26.4",
        dependants=("scipy", "pandas", "scikit-learn"),
    ),
    (Evidence(text("conda's record owns numpy 1.26.4"), "conda-meta/numpy-1.26.4-py311h64a7726_0.json"),),
    "numpy",
)
BREAKS = Remark(
    Concern.BREAKS_CONSTRAINT,
    Severity.ERROR,
    text("conda's {package} needs {spec}", package="scipy 1.14.1", spec="numpy >=1.26,<2"),
    (Evidence(text("depends on numpy >=1.26,<2"), "conda-meta/scipy-1.14.1-py311h2b215a9_0.json"),),
    "scipy",
)

QUICK = told("pip", "install", "numpy==2.3.5", replaces=(OVER,), remarks=(BREAKS, REPLACES), outcome=Outcome.HARMFUL)
FULL = told(
    "pip", "install", "transformers[torch]>=5",
    depth=Depth.FULL,
    replaces=(OVER,),
    installs=(
        Foreseen("transformers", "5.1.0", None, "pip", None, compiled=False, requested=True),
        *(Foreseen(f"dependency-{n}", f"{n}.0", None, "pip", None) for n in range(12)),
    ),
    removes=(Foreseen("oldpkg", None, "0.9", "pip", "pip"),),
    remarks=(REPLACES,),
    new_findings=(NUMPY,),
    cleared_findings=(replace(NUMPY, subject="pandas"),),
    stale=("numpy", "pandas"),
    unknown=(text("could not foretell {name}: building it runs its code", name="mytool @ git+https://example.org/x"),),
    alternatives=(
        Alternative(
            "conda",
            text("Take {name} from conda-forge", name="transformers 5.1"),
            (Step(("conda", "install", "--prefix", PREFIX, "conda-forge::transformers>=5")),),
            proven=True,
            says=text("12 packages would be new and none replaced"),
        ),
        Alternative(
            "protected",
            text("Keep what conda owns as it is"),
            (Step(("envguard", "protect", "--", "pip", "install", "transformers[torch]>=5")),),
        ),
        Alternative("kernel", text("In this kernel's environment"), (Step(("%pip", "install", "x"), Where.CELL),)),
    ),
    outcome=Outcome.HARMFUL,
)  # fmt: skip
HARMLESS = told(
    "%pip", "install", "tabulate",
    depth=Depth.FULL,
    installs=(Foreseen("tabulate", "0.9.0", None, "pip", None, compiled=False, requested=True),),
)  # fmt: skip
NOTHING = told("pip", "install", "numpy")
USER = told(
    "pip", "install", "--user", "x",
    placement="user", folder="/home/me/.local/lib/python3.11/site-packages", outcome=Outcome.RISKY,
    installs=(Foreseen("x", None, None, "pip", None, requested=True),),
    remarks=(Remark(Concern.USER_SITE, Severity.WARNING, text("it goes into the user's own folder")),),
)  # fmt: skip
REFUSED = told(
    "pip", "install", "x",
    outcome=Outcome.REFUSED, refusal=text("pip installs nothing here: the system's own package manager keeps it"),
)  # fmt: skip
LOST = told(
    "pip", "install", "x",
    environment=None, python=None, is_kernel=None, outcome=Outcome.UNKNOWN,
    unknown=(text("there is no pip on PATH"),),
)  # fmt: skip
HOSTILE = told(
    MISCHIEF, "--index-url", LONG,
    environment=summary(name=MISCHIEF, prefix=f"/{MISCHIEF}"),
    folder=MISCHIEF,
    placement="folder",
    replaces=(
        Foreseen(MISCHIEF, MISCHIEF, LONG, "pip", "conda", MISCHIEF, (MISCHIEF, LONG), source=MISCHIEF),
    ),
    remarks=(
        Remark(
            Concern.UNREADABLE,
            Severity.INFO,
            text("{file} cannot be read", file=MISCHIEF),
            (Evidence(text("{x}", x=LONG), f"{SITE}/{MISCHIEF}"),),
            MISCHIEF,
        ),
    ),
    stale=(MISCHIEF, LONG),
    unknown=(text("{x}", x=MISCHIEF),),
    alternatives=(Alternative("conda", text("{x}", x=MISCHIEF), (Step(("conda", MISCHIEF)),), says=text("{x}", x=LONG)),),
    outcome=Outcome.RISKY,
)  # fmt: skip

FORECASTS = {
    "quick": QUICK,
    "full": FULL,
    "harmless": HARMLESS,
    "nothing": NOTHING,
    "user": USER,
    "refused": REFUSED,
    "lost": LOST,
    "hostile": HOSTILE,
}
