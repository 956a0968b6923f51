"""PROJ's databases: facts -> findings."""

from __future__ import annotations

import pytest

from envguard.facts import Activation
from envguard.machine import ProjDatabase
from envguard.model import Certainty
from envguard.rules.proj import proj_database_too_old
from tests.rules.facts import PREFIX, SITE, Told, commands, dist, env, kernel, only, pkg, told

PROJ = pkg("proj", "9.0.1", provides=())
WHEEL = dist("rasterio", "1.4.3")
SCRIPT = Activation("etc/conda/activate.d/proj4-activate.sh", PROJ.record, ("PROJ_LIB", "PROJ_DATA"))
SHARE = f"{PREFIX}/share/proj"


def where(conda=(1, 2), wheel=(1, 3), *, script=SCRIPT, process=None, made_for="9.4.1", **more):
    databases = (
        ProjDatabase(f"{SITE}/rasterio/proj_data/proj.db", WHEEL.path, made_for, wheel),
        ProjDatabase("share/proj/proj.db", PROJ.record, "9.0.1", conda),
    )
    process = process or kernel(kind="fresh")
    return env((PROJ,), (WHEEL,), activation=(script,) if script else (), process=process, proj=databases, **more)


def with_variables(**variables: str):
    return kernel(variables=variables)


SAID = "pip's rasterio 1.4.3 is sent to the database of conda's proj 9.0.1, which is too old for it"
WARNING, ERROR = [Told("warning", "rasterio", SAID)], [Told("error", "rasterio", SAID)]


@pytest.mark.parametrize(
    ("at", "expected"),
    [
        (where(), WARNING),
        (where(conda=(0, 0)), WARNING),
        (where(conda=(2, 9)), WARNING),
        (where(process=with_variables(PROJ_DATA=SHARE)), ERROR),
        (where(process=with_variables(PROJ_LIB=SHARE)), ERROR),
        (where(process=with_variables(PROJ_LIB=f"{SHARE}:/home/me/grids")), ERROR),
        # new enough
        (where(conda=(1, 3)), []),
        (where(conda=(1, 6), process=with_variables(PROJ_DATA=SHARE)), []),
        # nothing sends it there
        (where(script=None), []),
        (where(process=with_variables()), []),
        (where(process=with_variables(PROJ_DATA="")), []),
        (where(process=with_variables(PROJ_DATA="/usr/share/proj")), []),
        (where(process=with_variables(PROJ_DATA=f"/home/me/proj:{SHARE}")), []),
        (where(process=with_variables(PROJ_DATA=f"{PREFIX}/{SITE}/rasterio/proj_data", PROJ_LIB=SHARE)), []),
        # wheels with a PROJ before 9.1 read PROJ_DATA, too
        (where((1, 0), (1, 2), made_for="9.0.1", process=with_variables(PROJ_DATA=SHARE)), ERROR),
        (where((1, 0), (1, 2), made_for="9.0.1", process=with_variables(PROJ_LIB=SHARE)), ERROR),
        # nothing to be sent to
        (env((PROJ,), (WHEEL,), activation=(SCRIPT,), proj=()), []),
    ],
)
def test_a_wheel_of_pips_and_condas_database(at, expected):
    assert told(proj_database_too_old, at) == expected


def test_what_it_rests_on_and_the_way_out():
    found = only(proj_database_too_old(where(process=with_variables(PROJ_DATA=SHARE))))
    assert found.certainty is Certainty.CERTAIN
    assert [(each.source, each.says.english()) for each in found.evidence] == [
        ("PROJ_DATA", f"is {SHARE}"),
        ("share/proj/proj.db", "has layout 1.2, that of PROJ 9.0.1"),
        (f"{SITE}/rasterio/proj_data/proj.db", "has layout 1.3, that of PROJ 9.4.1"),
    ]
    off, back = commands(found)[0]
    assert off.endswith("pip uninstall --yes rasterio")
    assert back.endswith("rasterio")
    assert only(proj_database_too_old(where())).certainty is Certainty.LIKELY
    assert only(proj_database_too_old(where(manager="pixi"))).fixes == ()
