"""What came and went between two looks, and what of it is worth a word."""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from envguard import traces
from envguard.aftermath import aftermath
from envguard.change_report import Changed, Done
from envguard.changed import difference
from envguard.model import Change, Finding, Restart, Severity, text
from envguard.render.change_lines import lines
from tests.render.reports import report

if TYPE_CHECKING:
    from pathlib import Path


class Place:
    """A prefix of names alone."""

    def __init__(self, folder: Path) -> None:
        self.site, self.meta = folder / "site-packages", folder / "conda-meta"
        self.site.mkdir(parents=True)
        self.meta.mkdir()
        self.folders = (str(self.meta), str(self.site))

    def look(self) -> traces.Traces:
        return traces.take(self.folders)

    def pip(self, name: str, installer: str | None = "pip") -> None:
        info = self.site / f"{name}.dist-info"
        info.mkdir()
        if installer is not None:
            (info / "INSTALLER").write_text(f"{installer}\n", encoding="utf-8")

    def conda(self, build: str, *infos: str) -> None:
        """A record, with its dist-infos, whose INSTALLER says whatever conda packages say."""
        paths = "".join(f'"lib/python3.11/site-packages/{info}.dist-info/METADATA", ' for info in infos)
        (self.meta / f"{build}.json").write_text(f"{{{paths}}}", encoding="utf-8")
        for info in infos:
            self.pip(info)

    def gone(self, name: str) -> None:
        path = self.site / f"{name}.dist-info"
        for file in path.iterdir():
            file.unlink()
        path.rmdir()

    def unlinked(self, build: str) -> None:
        (self.meta / f"{build}.json").unlink()


def pip_adds(place: Place) -> None:
    place.pip("tabulate-0.9.0")
    place.pip("Flask_SQLAlchemy-3.1", "uv")


def pip_over_conda(place: Place) -> None:
    place.gone("numpy-1.26.4")
    place.pip("numpy-2.3.5")


def pip_beside(place: Place) -> None:
    place.pip("numpy-2.3.5")


def pip_again(place: Place) -> None:
    place.gone("numpy-1.26.4")
    time.sleep(0.02)
    place.pip("numpy-1.26.4")


def pip_uninstalls(place: Place) -> None:
    place.gone("numpy-1.26.4")


def conda_updates(place: Place) -> None:
    place.unlinked("numpy-1.26.4-py311_0")
    place.gone("numpy-1.26.4")
    place.conda("numpy-2.1.0-py311_0", "numpy-2.1.0")


def conda_removes_another_name(place: Place) -> None:
    place.unlinked("pytorch-2.2.0-cpu_py311_0")
    place.gone("torch-2.2.0")


def conda_adds_without_python(place: Place) -> None:
    place.conda("zlib-1.3-h1_0")


def nothing(place: Place) -> None:
    (place.site / "__pycache__").mkdir()
    (place.site / "mine.py").touch()
    (place.site / "~umpy-1.26.4.dist-info").mkdir()
    (place.meta / "history").touch()


@pytest.mark.parametrize(
    ("act", "expected"),
    [
        (pip_adds, {"pip": ["tabulate None 0.9.0"], "uv": ["flask-sqlalchemy None 3.1"]}),
        (pip_over_conda, {"pip": ["numpy 1.26.4 2.3.5"]}),
        (pip_beside, {"pip": ["numpy 1.26.4 2.3.5"]}),
        (pip_again, {"pip": ["numpy 1.26.4 1.26.4"]}),
        (pip_uninstalls, {None: ["numpy 1.26.4 None"]}),
        (conda_updates, {"conda": ["numpy 1.26.4 2.1.0"]}),
        (conda_removes_another_name, {"conda": ["pytorch 2.2.0 None"]}),
        (conda_adds_without_python, {"conda": ["zlib None 1.3"]}),
        (nothing, {}),
    ],
)
def test_who_did_what(tmp_path: Path, act: Any, expected: dict[str | None, list[str]]):
    place = Place(tmp_path)
    place.conda("numpy-1.26.4-py311_0", "numpy-1.26.4")
    place.conda("pytorch-2.2.0-cpu_py311_0", "torch-2.2.0")
    place.pip("six-1.16.0")
    before, stamps = place.look(), traces.stamps(place.folders)
    time.sleep(0.02)
    act(place)
    assert (traces.stamps(place.folders) != stamps) is True
    found = difference(before, place.look())
    done = found.done if found else ()
    assert {each.actor: [f"{c.name} {c.before} {c.after}" for c in each.changes] for each in done} == expected


def test_folders_that_are_not_there_or_may_not_be_read(tmp_path: Path):
    folders = (str(tmp_path / "nowhere"), str(tmp_path / "a\0b"), str(tmp_path))
    assert traces.take(folders)[folders[0]] == {}
    assert traces.stamps(folders)[:2] == (None, None)
    assert difference(traces.take(folders), traces.take(folders)) is None


NAMES = st.dictionaries(
    st.text(min_size=1, max_size=30) | st.sampled_from(["a-1.dist-info", "a-1-0.json", "-.json"]), st.integers(0, 3)
)


@settings(deadline=None, max_examples=40)
@given(NAMES, NAMES, NAMES, NAMES)
def test_strange_names(first: dict[str, int], second: dict[str, int], third: dict[str, int], fourth: dict[str, int]):
    meta, site = os.path.join("nowhere", "conda-meta"), "nowhere"  # noqa: PTH118
    found = difference({meta: first, site: second}, {meta: third, site: fourth})
    assert found is None or found.done


def finding(rule: str, subject: str, severity: Severity = Severity.WARNING, **args: str) -> Finding:
    from envguard.model import Certainty

    said = text("{subject} is not well", subject=subject, **args)
    return Finding(rule, 102, severity, Certainty.CERTAIN, subject, said, None, (), ())


NUMPY = Changed((Done("pip", (Change("numpy", "1.26.4", "2.3.5"),)),))
OVER = finding("pip-overwrote-conda", "numpy", Severity.ERROR)
DEPENDS = finding("conda-depends-unmet", "scipy", spec="numpy >=1.26")
RUNTIME = finding("two-openmp-runtimes", "libgomp")
INFO = finding("mixed-channels", "numpy", Severity.INFO)
STALE = finding("stale-module", "numpy", Severity.ERROR)
RESTART = Restart(needed=True, names=("numpy",), says=())


def told(after: tuple[Finding, ...], before: tuple[Finding, ...] | None, **more: Any) -> list[str] | None:
    restart = more.pop("restart", None)
    made = report(findings=after, restart=restart)
    found = aftermath(NUMPY, made, None if before is None else report(findings=before), **more)
    return None if found is None else [*found.stale, *(each.rule for each in found.findings)]


def test_a_change_that_makes_nothing_worse_is_not_worth_a_word():
    assert told((), ()) is None
    assert told((INFO,), ()) is None
    assert told((OVER, DEPENDS), (OVER, DEPENDS)) is None
    assert told((), (OVER,)) is None
    assert told((), None, restart=Restart(needed=False, names=(), says=())) is None
    assert told((), None, restart=Restart(needed=None, names=("numpy",), says=())) is None


def test_what_is_new_or_graver():
    assert told((OVER, DEPENDS, INFO), ()) == ["pip-overwrote-conda", "conda-depends-unmet"]
    assert told((OVER,), (finding("pip-overwrote-conda", "numpy"),)) == ["pip-overwrote-conda"]
    assert told((finding("pip-overwrote-conda", "numpy"),), (OVER,)) is None


def test_without_a_report_before_only_what_names_the_change():
    assert told((OVER, DEPENDS, RUNTIME), None) == ["pip-overwrote-conda", "conda-depends-unmet"]


def test_what_came_by_an_import_meanwhile_is_not_laid_to_the_install():
    assert told((RUNTIME,), ()) is None
    assert told((RUNTIME,), (), recent=True) == ["two-openmp-runtimes"]


def test_stale_modules_are_told_once():
    assert told((STALE,), (), restart=RESTART) == ["numpy"]
    assert told((STALE,), (), restart=RESTART, stale=frozenset(("numpy",))) is None


def test_the_lines():
    changed = Changed(
        (
            Done("conda", tuple(Change(f"lib{n}", None, "1.0") for n in range(6))),
            Done("pip", (Change("numpy", "1.26.4", "2.3.5"), Change("six\x1b[31m", "1.16", "1.16"))),
            Done(None, (Change("pandas", "2.2", None),)),
        )
    )
    more = tuple(finding("pip-overwrote-conda", f"name{n}") for n in range(5))
    found = aftermath(
        changed,
        report(findings=more, restart=Restart(needed=True, names=("numpy", "pandas"), says=())),
        report(findings=()),
        recent=True,
        between=True,
    )
    assert found is not None
    assert lines(found) == (
        (
            "envguard: since the last cell: numpy 1.26.4 → 2.3.5 (pip), pandas 2.2 removed, six\\x1b[31m 1.16 installed once more (pip), "
            "lib0 1.0 added (conda) and 5 more; numpy, pandas are stale in this kernel: restart it"
        ),
        "  ! EG102 pip-overwrote-conda: name0 is not well",
        "  ! EG102 pip-overwrote-conda: name1 is not well",
        "  ! EG102 pip-overwrote-conda: name2 is not well",
        "  and 2 more; %envcheck tells more",
    )
