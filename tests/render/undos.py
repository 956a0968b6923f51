"""Undos made by hand: one for each that a reader can meet, and one that is out for mischief."""

from __future__ import annotations

from dataclasses import replace

from envguard.model import Change, text
from envguard.undo_report import Checkpoint, Left, Proof, State, UndoList, Undone, UndoPlan, UndoReport

from .reports import LONG, MISCHIEF, PREFIX

MADE = {"envguard_version": "0.1.0", "made_at": "2025-03-14T09:26:53+00:00"}
SITE = "lib/python3.11/site-packages"
NUMPY = Checkpoint(
    "20250314T092653Z-1f3a9c",
    "2025-03-14T10:26:53+01:00",
    State.ENDED,
    (f"{PREFIX}/bin/python", "-m", "pip", "install", "numpy==2.3.5"),
    failed=False,
    changes=(Change("numpy", "1.26.4", "2.3.5"),),
    added=1200,
    removed=900,
    replaced=300,
    kept=1200,
    size=60_000_000,
)
LATER = Checkpoint(
    "20250315T080000Z-00ab12",
    "2025-03-15T09:00:00+01:00",
    State.ENDED,
    ("pip", "install", "a b", "&&", "pip", "install", "tabulate"),
    failed=True,
    changes=tuple(Change(name, None, "1.0") for name in ("tabulate", "wcwidth", "tqdm", "rich")),
)
CUT = replace(LATER, id="20250316T080000Z-00ab13", state=State.BEGUN, failed=None, changes=())
GONE = replace(NUMPY, id="20250313T080000Z-00ab11", state=State.UNDONE, command=())
PLAN = UndoPlan(
    NUMPY,
    (LATER,),
    (Change("numpy", "2.3.5", "1.26.4"), Change("tabulate", "1.0", None)),
    tuple(f"{SITE}/numpy/new{n}.py" for n in range(3)),
    (f"{SITE}/numpy/__init__.py",),
    (Left(f"{SITE}/other.py", text("it was not kept, as nothing said that it would be replaced")),),
    (text("what has changed where installers put nothing stays as it is: {paths}", paths=("notes.txt",)),),
)
DONE = Undone(NUMPY, (LATER,), PLAN.removes, PLAN.restores, PLAN.restores, (), Proof(True, (), 1, 2, 3))
REPORTS = {
    "planned": UndoReport(PREFIX, PLAN, None, **MADE),
    "refused": UndoReport(
        PREFIX,
        UndoPlan(NUMPY, refused=(text("{program} works on {prefix} just now (process {process})", program="pip", prefix=PREFIX, process=7),)),
        None,
        **MADE,
    ),
    "nothing": UndoReport(PREFIX, UndoPlan(None, refused=(text("there is nothing to take back"),)), None, **MADE),
    "done": UndoReport(PREFIX, replace(PLAN, left=()), DONE, **MADE),
    "partly": UndoReport(
        PREFIX,
        PLAN,
        replace(
            DONE,
            fetched=(),
            left=tuple(Left(f"{SITE}/{n}.py", text("{reason}", reason="Permission denied")) for n in range(12)),
            proof=Proof(False, (f"{SITE}/0.py", f"{SITE}/1.py"), 0, 0, 0),
        ),
        **MADE,
    ),
    "mischief": UndoReport(
        MISCHIEF,
        UndoPlan(
            replace(NUMPY, id=MISCHIEF, when=MISCHIEF, command=(MISCHIEF, LONG)),
            (replace(LATER, command=()),),
            (Change(MISCHIEF, LONG, MISCHIEF),),
            (MISCHIEF,),
            (LONG,),
            (Left(MISCHIEF, text("{reason}", reason=MISCHIEF)),),
            (text("{x}", x=MISCHIEF),),
        ),
        None,
        **MADE,
    ),
}  # fmt: skip
LISTS = {
    "list": UndoList(PREFIX, True, (GONE, NUMPY, LATER, CUT), (CUT.id,), None, (), **MADE),
    "list-cleared": UndoList(PREFIX, False, (), (), None, (NUMPY, LATER), **MADE),
    "list-foreign": UndoList(
        PREFIX, False, (), (), text("{folder} was made in {prefix}", folder=f"{PREFIX}/.envguard", prefix="/old"), (), **MADE
    ),
    "list-mischief": UndoList(MISCHIEF, True, (replace(CUT, id=MISCHIEF, command=(MISCHIEF, LONG)),), (MISCHIEF,), text("{x}", x=LONG), (), **MADE),
}  # fmt: skip
