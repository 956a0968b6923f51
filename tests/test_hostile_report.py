"""A hostile prefix through the whole of envguard: rules that fail on nothing, and every form of the report."""

from __future__ import annotations

import json
from functools import partial
from typing import TYPE_CHECKING

import pytest

from envguard import collect
from envguard.analyse import analyse, timeline
from envguard.errors import NoSuchEnvironment
from envguard.render.html import html, page
from envguard.render.json_v1 import dumps
from envguard.render.markdown import markdown
from envguard.render.sarif import sarif
from envguard.render.text import text
from tests.growth import growth
from tests.probe.prefix import SITE, Prefix
from tests.rules.facts import dist, env, overlap, pkg, revision

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from envguard.facts import Environment

NASTY = ["\udcff", "\x1b[31mred", "a\nb", "<script>x", "\u202eevil", "{0}", "%s", "--help", "'\"`$(x)"]


def test_a_prefix_full_of_nasty_names(tmp_path: Path) -> None:
    made = Prefix(tmp_path / "env")
    for number, name in enumerate(NASTY):
        files = {f"n{number}/{name}.py": b"old", f"n{number}/{name}.so": b"old"}
        made.conda(
            f"n{number}", "1", {f"{SITE}/{path}": data for path, data in files.items()}, depends=[name, f"n0 {name}"]
        )
        made.pip(f"n{number}", "2", {path: data + b"new" for path, data in files.items()})
        info = made.path / SITE / f"n{number}-2.dist-info"
        info.joinpath("METADATA").write_bytes(
            f"Name: n{number}\nVersion: {name}\nRequires-Dist: {name}\n".encode("utf-8", "surrogateescape")
        )
        info.rename(made.path / SITE / f"n{number}{name}-2.dist-info")
        (made.path / SITE / f"{name}-1.dist-info").mkdir()
        made.write(f"conda-meta/{name}.json", b"{").write(
            f"{SITE}/{name}.pth", f"import os # {name}\n".encode("utf-8", "surrogateescape")
        )
    history = "".join(f"==> {name} <==\n# cmd: {name}\n+{name}::{name}-1-0\n" for name in NASTY)
    made.write("conda-meta/history", history.encode("utf-8", "surrogateescape"))
    report = analyse(collect.by_import(made.path))
    assert not report.failed
    assert len(report.problems) >= len(NASTY)
    for told in (text(report, 80), html(report), page(report, details=True), dumps(report), markdown(report)):
        told.encode()
        assert "\x1b" not in told
        assert "\u202e" not in told
    assert "<script>x" not in html(report) + page(report, details=True)
    json.dumps(sarif(report)).encode()


def told(made: Environment) -> None:
    assert not analyse(made).failed
    timeline(made)


def many_dists(number: int) -> Environment:
    return env((), [dist(f"d{n}", requires=(f"d{n * 7 % number}>=2",), installed=n * 100.0) for n in range(number)])


def many_records(number: int) -> Environment:
    return env([pkg(f"p{n}", depends=(f"p{n * 7 % number} >=2", f"x{n}"), constrains=(f"p{n * 3 % number} <1",)) for n in range(number)])  # fmt: skip


def many_clashes(number: int) -> Environment:
    packages = [pkg(f"p{n}", depends=(f"p{n * 7 % number} >=1",)) for n in range(number)]
    dists = [dist(f"p{n}", "2.0") for n in range(number)]
    return env(packages, dists, overlaps=tuple(overlap(*pair) for pair in zip(packages, dists, strict=True)))


def many_revisions(number: int) -> Environment:
    history = tuple(
        revision(f"+p{n}-1-0", when=f"{1970 + n // 300}-01-01 00:{n // 60 % 60:02}:{n % 60:02}") for n in range(number)
    )
    return env([pkg("a")], [dist(f"d{n}", installed=n * 1000.0) for n in range(number)], history=history)


@pytest.mark.slow
@pytest.mark.parametrize(
    "make", [many_dists, many_records, many_clashes, many_revisions], ids=lambda make: make.__name__
)
def test_four_times_as_much_takes_no_sixteen_times_as_long(make: Callable[[int], Environment]) -> None:
    assert growth(lambda number: partial(told, make(number)), 1000, 4000) < 9


@pytest.mark.parametrize("prefix", ["~nobody-here/env", "a\0b", "/srv/\udcff"])
def test_a_prefix_that_cannot_be(prefix: str) -> None:
    with pytest.raises(NoSuchEnvironment):
        collect.by_import(prefix)
