"""direct_url.json -> findings."""

from __future__ import annotations

from dataclasses import replace

import pytest

from envguard.facts import DirectUrl, Importable
from envguard.machine import PathFile
from envguard.rules.origins import dead_link_install, editable_install, temporary_url_install, unpinned_vcs_install
from tests.rules.facts import SITE, Told, commands, dist, env, only, owned, told

COMMIT = "0123456789abcdef0123456789abcdef01234567"
HOST = "https://example.org/mine.git"


def git(revision=None, url=HOST):
    return dist("mine", direct_url=DirectUrl(url, vcs="git", commit=COMMIT, requested_revision=revision))


def at(url="file:///home/me/mine", **more):
    return dist("mine", direct_url=DirectUrl(url, **more))


@pytest.mark.parametrize(
    ("rule", "where", "expected"),
    [
        (unpinned_vcs_install, git(), f"mine was installed from {HOST}, from what HEAD was then"),
        (unpinned_vcs_install, git("main"), f"mine was installed from {HOST}, from what main was then"),
        (unpinned_vcs_install, git(COMMIT), None),
        (unpinned_vcs_install, git(url="https://me:secret@example.org/mine.git?token=1"), f"mine was installed from {HOST}, from what HEAD was then"),
        (unpinned_vcs_install, at(), None),
        (editable_install, at(editable=True, exists=True), "mine is installed in place, from file:///home/me/mine"),
        (editable_install, at(editable=True), "mine is installed in place, from file:///home/me/mine"),
        (editable_install, at(editable=True, exists=False), None),
        (editable_install, at(exists=True), None),
        (dead_link_install, at(editable=True, exists=False), "mine is installed in place from file:///home/me/mine, which is gone"),
        (dead_link_install, at(editable=True), None),
        (dead_link_install, at(exists=False), None),
        (temporary_url_install, at(exists=False), "mine was installed from file:///home/me/mine, which is gone"),
        (temporary_url_install, at(exists=True), None),
        (temporary_url_install, at(HOST), None),
    ],
)  # fmt: skip
def test_origin(rule, where, expected):
    severity = "warning" if rule is dead_link_install else "info"
    assert told(rule, env((), [where])) == ([Told(severity, "mine", expected)] if expected else [])


@pytest.mark.parametrize("rule", [unpinned_vcs_install, editable_install, dead_link_install, temporary_url_install])
def test_what_conda_owns_keeps_the_address_it_was_built_from(rule):
    built = DirectUrl("file:///croot/certifi/work", editable=True, vcs="git", commit=COMMIT, exists=False)
    assert told(rule, env((), [owned("certifi", direct_url=built)])) == []


def test_a_dead_link_is_taken_off_by_what_still_sees_it():
    gone = DirectUrl("file:///home/me/mine", editable=True, exists=False)
    pip = dist("pip", "24.0")
    found = only(dead_link_install(env((), [dist("mine", direct_url=gone), pip])))
    assert commands(found) == [["/opt/conda/envs/lab/bin/python -m pip uninstall --yes mine"]]
    link = dist("mine", None, kind="egg-link", path=f"{SITE}/mine.egg-link", direct_url=gone)
    found = only(dead_link_install(env((), [link, pip])))
    assert commands(found) == [[f"rm /opt/conda/envs/lab/{SITE}/mine.egg-link"]]


MINE = dist("mine", direct_url=DirectUrl("file:///home/me/mine", editable=True, exists=True))
MINES_PTH = f"{SITE}/__editable__.mine-1.0.pth"


@pytest.mark.parametrize(
    ("pth", "expected"),
    [
        (
            PathFile(f"{SITE}/conda.pth", None, (), (), ("/home/me/old",)),
            Told("warning", "conda.pth", "conda.pth adds /home/me/old to the search path, where there is nothing"),
        ),
        (
            PathFile(f"{SITE}/x.pth", None, (), (), ("/home/me/old",)),
            Told("info", "x.pth", "x.pth adds /home/me/old to the search path, where there is nothing"),
        ),
        (
            PathFile(MINES_PTH, MINE.path, (), (), ("/home/me/mine/src",)),
            Told("warning", "mine", "mine is installed in place, and its code is gone from /home/me/mine/src"),
        ),
        (PathFile(f"{SITE}/conda.pth", None, (), ("/home/me/old",)), None),
    ],
)
def test_dead_lines_of_start_up_files(pth, expected):
    where = env((), [MINE], pths=(pth,))
    assert told(dead_link_install, where) == ([expected] if expected else [])


def test_a_dead_line_is_told_once():
    gone = replace(MINE, direct_url=DirectUrl("file:///home/me/my%20code", editable=True, exists=False))
    lines = (
        PathFile(MINES_PTH, MINE.path, (), (), ("/home/me/my code/src",)),
        PathFile(f"{SITE}/easy-install.pth", None, (), (), ("/home/me/my code",)),
    )
    assert [each.subject for each in told(dead_link_install, env((), [gone], pths=lines))] == ["mine"]


def test_a_finder_whose_code_is_gone():
    offers = Importable("mine", "/home/me/mine/mine", None, MINE.path, gone=True)
    found = only(dead_link_install(env((), [MINE], importable=(offers,))))
    assert found.subject == "mine"
    assert commands(found) == [["/opt/conda/envs/lab/bin/python -m pip install --no-deps --editable /home/me/mine"]]
    assert told(dead_link_install, env((), [MINE], importable=(replace(offers, gone=False),))) == []
