"""Plans and repairs made by hand: one for each that a reader can meet, and one that is out for mischief."""

from __future__ import annotations

from dataclasses import replace

from envguard.model import Act, Change, Fix, Safety, Step, Verdict, text
from envguard.repair_report import By, Choice, Foreseen, Plan, PlannedStep, Repaired, RepairReport

from .reports import LONG, MISCHIEF, PREFIX, REPORTS

MADE = {"envguard_version": "0.1.0", "made_at": "2025-03-14T09:26:53+00:00"}
BROKEN = REPORTS["broken"]
FIRST, SECOND = BROKEN.findings[:2]
OFF = Step((f"{PREFIX}/bin/python", "-m", "pip", "uninstall", "--yes", "numpy"), act=Act.UNINSTALL, of=("numpy",))
BACK = Step(
    ("conda", "install", "--prefix", PREFIX, "--force-reinstall", "numpy=1.26.4=py311h64a7726_0"),
    act=Act.RELINK,
    of=("numpy",),
)
CHOICE = Choice(
    "numpy", "1.26.4", "numpy", "2.3.5", "conda",
    text("--keep-pip {name} leaves it to pip for good: conda forgets its own", name="numpy"),
)  # fmt: skip
BY_HAND = Fix(text("Look for a version of {name} that works", name="gadgets"), safety=Safety.MANUAL)
PLAN = Plan(
    environment=BROKEN.environment,
    verdict=Verdict.BROKEN,
    steps=(
        PlannedStep(text("pip takes {names} off", names=("numpy 2.3.5",)), OFF, By.PIP),
        PlannedStep(text("conda's {packages} comes back", packages=("numpy 1.26.4",)), BACK, By.TOOL),
    ),
    changes=(Change("numpy", "2.3.5", "1.26.4"), Change("http-extras", "1.0", None)),
    loses=(text("pip's {name} {version}", name="http-extras", version="1.0"),),
    needs_restart=True,
    proof=Foreseen(Verdict.SOUND, (FIRST, SECOND), (), ()),
    choices=(CHOICE,),
)
DONE = Repaired(
    done=2,
    failure=None,
    output="",
    changes=PLAN.changes,
    before=Verdict.BROKEN,
    after=Verdict.SOUND,
    cleared=(FIRST, SECOND),
    remains=(),
    new=(),
    checkpoint="20250314T092653Z-1f3a9c",
    taken_back=None,
)
NOTHING = replace(
    PLAN, verdict=Verdict.SOUND, steps=(), changes=(), loses=(), needs_restart=False, choices=(),
    proof=Foreseen(Verdict.SOUND, (), (), ()),
)  # fmt: skip
PARTLY = replace(
    PLAN,
    steps=(replace(PLAN.steps[1], by=By.ENVGUARD, source=text("from {place}", place="/opt/conda/pkgs")),),
    proof=Foreseen(Verdict.STRAINED, (FIRST,), (SECOND,), (FIRST,), (text("nobody has tried it: {reason}", reason="no network"),)),
    by_hand=(BY_HAND, BY_HAND),
    rebuild=text("{n} packages would have to be put back", n=14),
    choices=(replace(CHOICE, keeps="pip"),),
    kept=("numpy",),
)  # fmt: skip
REPAIRS = {
    "plan": RepairReport(PREFIX, PLAN, None, **MADE),
    "nothing": RepairReport(PREFIX, NOTHING, None, **MADE),
    "untold": RepairReport(PREFIX, replace(NOTHING, verdict=Verdict.UNKNOWN), None, **MADE),
    "partly-plan": RepairReport(PREFIX, PARTLY, None, **MADE),
    "no-step": RepairReport(PREFIX, replace(NOTHING, verdict=Verdict.STRAINED, proof=replace(NOTHING.proof, remains=(SECOND,)), by_hand=(BY_HAND,)), None, **MADE),
    "refused": RepairReport(PREFIX, replace(NOTHING, verdict=Verdict.BROKEN, proof=replace(NOTHING.proof, remains=(FIRST,)), by_hand=FIRST.fixes[:1], refused=(text("{prefix} is the base environment", prefix=PREFIX),)), None, **MADE),
    "done": RepairReport(PREFIX, PLAN, DONE, **MADE),
    "partly": RepairReport(PREFIX, PARTLY, replace(DONE, remains=(SECOND,), new=(FIRST,), after=Verdict.STRAINED, remarks=(text("{file}: it is full", file="ledger"),)), **MADE),
    "back": RepairReport(PREFIX, PLAN, replace(DONE, done=1, failure=text("step {n} failed: {reason}", n=2, reason="conda failed with exit code 1"), output="CondaError\nno more", changes=(), after=Verdict.BROKEN, cleared=(), remains=(FIRST, SECOND), checkpoint=None, taken_back=True), **MADE),
    "half": RepairReport(PREFIX, PLAN, replace(DONE, failure=text("it was interrupted"), taken_back=False, remarks=(text("`envguard undo {id}` takes it back once that is settled", id="1"),)), **MADE),
    "mischief": RepairReport(
        MISCHIEF,
        replace(
            PARTLY,
            steps=(PlannedStep(text("{x}", x=MISCHIEF), Step((MISCHIEF, LONG)), By.ENVGUARD, text("{x}", x=LONG)),),
            changes=(Change(MISCHIEF, LONG, MISCHIEF),),
            loses=(text("{x}", x=LONG), text("{x}", x=MISCHIEF)),
            choices=(replace(CHOICE, package=MISCHIEF, pip=LONG, otherwise=text("{x}", x=MISCHIEF)),),
            rebuild=text("{x}", x=MISCHIEF),
        ),
        None,
        **MADE,
    ),
    "mischief-done": RepairReport(PREFIX, PARTLY, replace(DONE, output=f"{MISCHIEF}\n{LONG}", failure=text("{x}", x=MISCHIEF), checkpoint=MISCHIEF), **MADE),
}  # fmt: skip
