"""The guard's one line: what it says, what it offers, and that no name in it can mislead."""

from __future__ import annotations

from dataclasses import replace

import pytest

from envguard.forecast_report import Alternative, Concern, Remark
from envguard.model import Severity, Step, Where, text
from envguard.render.forecast_line import INSTEAD, line, more, refusal
from tests.render.forecasts import FULL, HOSTILE, QUICK, REPLACES, USER, told
from tests.render.reports import LONG, MISCHIEF, PREFIX

MORE = "`%envcheck forecast pip install numpy==2.3.5` tells more"
AWAY = Remark(Concern.OTHER_ENVIRONMENT, Severity.ERROR, text("pip is that of {prefix}", prefix="/opt/base"))
HERE = Alternative("kernel", text("here"), (Step(("%pip", "install", "a b"), Where.CELL),))


def test_the_line():
    assert line(QUICK) == f"envguard: conda's scipy 1.14.1 needs numpy >=1.26,<2; {MORE}"
    only = replace(QUICK, remarks=(REPLACES,))
    assert line(only).startswith(
        "envguard: pip would replace conda's numpy 1.26.4, on which scipy, pandas, scikit-learn depend; "
    )
    assert "; and one more install of this cell is worth a look; " in line(QUICK, 1)
    assert "; and 3 more installs of this cell are worth a look; " in line(QUICK, 3)


def test_what_goes_elsewhere_is_told_how_it_would_not():
    away = told("pip", "install", "a b", remarks=(AWAY,), alternatives=(HERE,))
    assert line(away) == (
        "envguard: pip is that of /opt/base; `%pip install 'a b'` would be for this kernel; "
        "`%envcheck forecast pip install 'a b'` tells more"
    )
    assert "Instead: `%pip install 'a b'`." in refusal(away)
    # where it goes is not what speaks against it
    assert "would be for this kernel" not in line(replace(away, remarks=(REPLACES,)))


def test_what_the_shell_would_misread_is_told_as_it_has_to_be_written():
    remark = Remark(Concern.MISREAD, Severity.WARNING, text("the shell keeps a part"))
    way = Alternative("quoted", text("so"), (Step(("%conda", "install", "numpy>=2"), Where.CELL),))
    misread = told("conda", "install", "numpy>=2", tool="conda", remarks=(remark,), alternatives=(way,))
    assert line(misread) == (
        """envguard: the shell keeps a part; write `%conda install "'numpy>=2'"`; """
        "`%envcheck forecast conda install 'numpy>=2'` tells more"
    )
    assert """Instead: `%conda install "'numpy>=2'"`.""" in refusal(misread)
    assert "; write `" not in line(replace(misread, remarks=(REPLACES,)))


def test_a_refusal_takes_the_better_way_or_the_rule():
    assert f"Instead: `%conda install --prefix {PREFIX} " in refusal(FULL)
    failed = replace(FULL.alternatives[0], proven=False)
    assert "Instead: `!envguard protect -- pip install" in refusal(
        replace(FULL, alternatives=(failed, *FULL.alternatives[1:]))
    )
    assert "Instead: leave `--user` out, or make an environment of its own. " in refusal(USER)


@pytest.mark.parametrize("concern", Concern)
def test_each_concern_has_its_advice(concern: Concern):
    said = refusal(told("pip", "install", "x", remarks=(Remark(concern, Severity.WARNING, text("so it is")),)))
    assert f"so it is. Instead: {INSTEAD[concern].text}. `%envcheck forecast pip install x` tells more" in said


def test_a_command_is_told_whole_or_not_at_all():
    assert (
        more(told("pip", "install", *(f"package-{n}" for n in range(20)))) == "`%envcheck forecast` with this command"
    )


@pytest.mark.parametrize("say", [line, refusal])
def test_no_name_can_mislead(say):
    for forecast in (HOSTILE, told("pip", MISCHIEF), told("pip", LONG, remarks=HOSTILE.remarks)):
        said = say(forecast)
        assert said.isprintable()
        assert said.startswith("envguard: ")
