"""Rebuilds made by hand: one for each that a reader can meet, and one that is out for mischief."""

from __future__ import annotations

from dataclasses import replace

from envguard.export_report import Depth
from envguard.model import Fix, Step, Verdict, text
from envguard.rebuild_report import Kernel, NewPackage, NewRequirement, RebuildPlan, RebuildReport, Rebuilt, Tried

from .reports import LONG, MISCHIEF, PREFIX, REPORTS
from .timelines import COMPARISONS

MADE = {"envguard_version": "0.1.0", "made_at": "2025-03-14T09:26:53+00:00"}
BROKEN = REPORTS["broken"]
NEW = "/home/ada/envs/work-rebuilt"
KERNEL = Kernel("work-rebuilt", "Python (work-rebuilt)", "/home/ada/.local/share/jupyter/kernels/work-rebuilt")
CREATE = Step(
    ("conda", "create", "--prefix", NEW, "--override-channels", "--channel", "conda-forge", "numpy=1.26.4=py311_0")
)
PLAN = RebuildPlan(
    environment=BROKEN.environment,
    verdict=Verdict.BROKEN,
    target=NEW,
    depth=Depth.VERSIONS,
    channels=("conda-forge", "bioconda"),
    packages=(
        NewPackage("numpy", "1.26.4", "py311_0", "conda-forge", "1.26.4", True),
        NewPackage("openssl", "3.4.1", "h0_0", "conda-forge", "3.3.0", False),
        NewPackage("pip", "24.2", "pyh_0", "conda-forge", None, False),
    ),
    requirements=(
        NewRequirement("gadgets", "gadgets @ git+https://example.org/gadgets@0123456", True),
        NewRequirement("tabulate", "tabulate==0.9.0", False),
    ),
    options=("--extra-index-url https://wheels.example.org/simple",),
    constraints=("numpy==1.26.4",),
    with_dependencies=False,
    carried=("conda-meta/pinned",),
    loses=(text("pip's {name} {version}: conda's {other} is there instead", name="numpy", version="2.3.5", other="1.26.4"),),
    gains=(text("{n} file of conda's {name} is missing here, and comes back", name="scipy", n=1),),
    remarks=(text("not possible as it is here ({reason})", reason="no packages fit together: numpy 1.26.4 py311_7"),),
    kernel=KERNEL,
    commands=(CREATE, Step((f"{NEW}/bin/python", "-m", "pip", "install", "--no-deps", "tabulate==0.9.0"))),
)  # fmt: skip
SAME = replace(COMPARISONS["differ"], differences=())
DONE = Rebuilt(
    failure=None,
    output="",
    after=Verdict.SOUND,
    remains=(),
    imports=(Tried("numpy", "numpy", True, True), Tried("tabulate", "tabulate", False, True, "")),
    comparison=COMPARISONS["differ"],
    kernel=KERNEL,
    half_built=False,
)
LEFT = replace(DONE, after=None, imports=(), comparison=None, kernel=None, half_built=True, output="ERROR: no\nmore")
REFUSED = replace(
    PLAN, packages=(), requirements=(), options=(), constraints=(), carried=(), loses=(), gains=(), remarks=(),
    kernel=None, commands=(), refused=(text("{folder} is not empty", folder=NEW),), instead=(Fix(text("Choose another"), (CREATE,)),),
)  # fmt: skip
REBUILDS = {
    "plan": RebuildReport(PREFIX, PLAN, None, **MADE),
    "bare": RebuildReport(PREFIX, replace(PLAN, depth=Depth.EXACT, requirements=(), kernel=None, carried=(), loses=(), gains=(), remarks=()), None, **MADE),
    "refused": RebuildReport(PREFIX, REFUSED, None, **MADE),
    "done": RebuildReport(PREFIX, PLAN, DONE, **MADE),
    "same": RebuildReport(PREFIX, replace(PLAN, loses=()), replace(DONE, comparison=SAME, imports=DONE.imports[:1], kernel=None), **MADE),
    "partly": RebuildReport(PREFIX, PLAN, replace(DONE, after=Verdict.STRAINED, remains=BROKEN.findings[:1], imports=(Tried("numpy", "numpy", True, False, "ImportError: no"), Tried("x", "x", None, None))), **MADE),
    "unfinished": RebuildReport(PREFIX, PLAN, replace(LEFT, failure=text("{program} failed with exit code {code}", program="pip", code=1)), **MADE),
    "mischief": RebuildReport(
        MISCHIEF,
        replace(
            PLAN,
            packages=(NewPackage(MISCHIEF, LONG, MISCHIEF, LONG, LONG, True),),
            requirements=(NewRequirement(MISCHIEF, MISCHIEF, True),),
            channels=(MISCHIEF,),
            loses=(text("{x}", x=LONG), text("{x}", x=MISCHIEF)),
            kernel=Kernel(MISCHIEF, LONG, MISCHIEF),
            carried=(MISCHIEF,),
        ),
        None,
        **MADE,
    ),
    "mischief-done": RebuildReport(PREFIX, PLAN, replace(LEFT, output=f"{MISCHIEF}\n{LONG}", failure=text("{x}", x=MISCHIEF)), **MADE),
}  # fmt: skip
