"""Timelines and comparisons made by hand, told by every renderer."""

from __future__ import annotations

from dataclasses import replace

from envguard.comparison import Comparison, Difference, Kind, Owner, Package, Weight
from envguard.model import Change, Event, Mark, Phase, Timeline, text

from .reports import LONG, MISCHIEF, NUMPY, PANDAS, STALE, summary

HISTORY = "conda-meta/history"
MADE = "2025-03-14T09:26:53+00:00"

EVENTS = (
    Event(
        "2024-02-01T10:00:00",
        "conda",
        "create",
        ("numpy 1.26.3",),
        "conda create -n analysis -c conda-forge python=3.11 numpy pandas scipy",
        HISTORY,
        (
            Change("numpy", None, "1.26.3"),
            Change("pandas", None, "2.2.0"),
            *(Change(f"lib{n}", None, f"{n}.0") for n in range(40)),
        ),
    ),
    Event(
        "2024-02-03T11:30:00",
        "conda",
        "update",
        (),
        "conda update --all",
        HISTORY,
        (
            Change("numpy", "1.26.3", "1.26.4"),
            Change("openssl", "3.2.0 h0_0", "3.2.0 h0_1"),
            Change("tk", "8.6.12", None),
            Change("six", None, "1.16.0"),
        ),
    ),
    Event(
        "2024-03-05T09:12:44",
        "pip",
        "install",
        ("numpy 2.1.0",),
        None,
        "numpy-2.1.0.dist-info",
        (Change("numpy", None, "2.1.0"), Change("torch", None, "2.3.0")),
        Mark.HANDOVER,
    ),
    Event("2024-03-06T09:12:44", "uv", "install", (), None, "ruff", (Change("ruff", None, "0.5"),)),
    Event(
        "2024-05-06T10:00:00",
        "conda",
        "link",
        (),
        "/opt/conda/bin/conda install --prefix /opt/conda/envs/analysis --channel conda-forge pandas=2.2.2",
        HISTORY,
        (Change("pandas", "2.2.0", "2.2.2"),),
        Mark.VIOLATION,
    ),
    Event("2024-05-07T10:00:00", "conda", "nothing", (), "conda install pandas", HISTORY),
    Event(
        "2024-05-08T10:00:00",
        "conda",
        "unlink",
        (),
        "conda remove tk",
        HISTORY,
        (Change("tk", "8.6.13", None),),
        Mark.VIOLATION,
    ),
)
POINT = "20240509T080000Z-1f3a9c"
REMEMBERED = (
    *EVENTS[:2],
    Event(
        "2024-03-05T09:12:40",
        "pip",
        "install",
        ("numpy 2.1.0", "torch 2.3.0"),
        "pip install numpy==2.1.0 torch",
        ".envguard/ledger.jsonl",
        (Change("numpy", "1.26.4", "2.1.0"), Change("torch", None, "2.3.0")),
        Mark.HANDOVER,
        "install",
        "/home/ada/gate/training run.ipynb",
        "8d9f0c1e",
        "ada",
        undo="20240305T081240Z-0a1b2c",
        kept=False,
    ),
    Event(
        "2024-05-06T10:00:00",
        "conda",
        "link",
        (),
        "conda install pandas=2.2.2",
        HISTORY,
        (Change("pandas", "2.2.0", "2.2.2"),),
        Mark.VIOLATION,
        "install",
        "C:\\Users\\grace\\clean.ipynb",
        None,
        "grace",
        kept=True,
    ),
    Event("2024-05-07T10:00:00", "uv", "install", (), None, "x", (Change("ruff", None, "0.5"),), deed="found"),
    Event(
        "2024-05-08T10:00:00",
        "pip",
        "nothing",
        (),
        "pip install nonesuch",
        ".envguard/ledger.jsonl",
        deed="install",
        user="ada",
        failed=True,
    ),
    Event(
        "2024-05-09T10:00:00",
        "pip",
        "install",
        ("scipy 1.17.0",),
        "pip install -U scipy",
        ".envguard/ledger.jsonl",
        (Change("scipy", "1.13.0", "1.17.0"),),
        None,
        "install",
        "/home/ada/gate/training run.ipynb",
        "77aa0c1e",
        "ada",
        undone=True,
    ),
    Event(
        "2024-05-09T10:05:00",
        "envguard",
        "undo",
        ("scipy 1.13.0",),
        None,
        ".envguard/ledger.jsonl",
        (Change("scipy", "1.17.0", "1.13.0"),),
        None,
        "undo",
        "/home/ada/gate/training run.ipynb",
        "88aa0c1e",
        "ada",
        undo=POINT,
    ),
)
COPIED = Event(
    "2023-01-01T00:00:00", "pip", "install", (), None, "old", (Change("old", None, "1"),), Mark.COPIED
)  # fmt: skip


def timeline(*events: Event, phase: Phase = Phase.MIXED, **changes: object) -> Timeline:
    notes = (text("pip keeps no log: a package it installed and later replaced or removed is not told"),)
    return Timeline(summary(**changes), phase, events, notes, "0.1.0", MADE)


def hostile(name: str) -> Timeline:
    """A timeline with a name in every place that something foreign can get into."""
    change = (Change(name, name, name), Change(name, None, name), Change(name, name, None))
    events = tuple(
        Event(name, actor, action, (name,), name, name, changes, mark, deed, name, name, name, name, deed is None)
        for actor in ("conda", name)
        for action in ("create", "link", name)
        for changes in ((), change)
        for mark, deed in zip((None, *Mark), (None, "install", "found", "undo"), strict=True)
    )
    return timeline(*events, name=name, prefix=name)


TIMELINES = {
    "mixed": timeline(*EVENTS),
    "remembered": timeline(*REMEMBERED),
    "copied": timeline(COPIED, *EVENTS[:1], phase=Phase.CONDA_THEN_PIP),
    "empty": Timeline(summary(), Phase.NOT_CONDA, (), (), "0.1.0", MADE),
    "hostile": hostile(MISCHIEF),
}


def conda(version: str, build: str = "py311_0", channel: str = "conda-forge") -> Package:
    return Package(version, build, channel, Owner.CONDA)


def comparison(*differences: Difference, **changes: object) -> Comparison:
    return Comparison(
        summary(),
        summary(name="copy", prefix="/opt/conda/envs/copy"),
        differences,
        200,
        (NUMPY, STALE) if differences else (),
        (PANDAS,) if differences else (),
        "0.1.0",
        MADE,
    )


OVER = Package("2.1.0", None, "conda-forge", Owner.PIP_OVER_CONDA)
COMPARISONS = {
    "differ": comparison(
        Difference("numpy", conda("1.26.4"), OVER, (Kind.OWNER, Kind.VERSION), Weight.MATTERS),
        Difference(
            "pytorch", conda("2.3.0", "cuda118_h1_0"), conda("2.3.0", "cpu_h2_0"), (Kind.BUILD,), Weight.MATTERS
        ),
        Difference("mylab", Package("0.3", None, None, Owner.PIP), None, (Kind.ONLY,), Weight.MATTERS),
        Difference("tk", None, conda("8.6"), (Kind.ONLY,), Weight.MINOR),
        Difference(
            "certifi",
            conda("2024.2.2"),
            conda("2024.2.3", channel="pkgs/main"),
            (Kind.PATCH, Kind.CHANNEL),
            Weight.MINOR,
        ),
    ),
    "same": comparison(),
    "unread": replace(
        comparison(),
        notes=(text("conda's records in {prefix} cannot be read: {records}", prefix="/opt/x", records=("a-1-0",)),),
    ),
    "hostile": comparison(
        Difference(MISCHIEF, conda(MISCHIEF, MISCHIEF), conda(LONG), (Kind.VERSION,), Weight.MATTERS),
        Difference(LONG, conda(MISCHIEF), None, (Kind.ONLY,), Weight.MINOR),
    ),
}
