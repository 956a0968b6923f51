"""envguard on environments of strangers, against an oracle written without it.

No exception, no failed rule, the same owners and clobbers with the right shape, and nothing told about the sound.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from envguard.analyse import analyse
from envguard.facts import Environment
from envguard.model import Severity
from envguard.probe import disk, reading
from tests.field.materialise import Wild, folder, materialise

if TYPE_CHECKING:
    from envguard.model import Report

DAMAGE = {"clobbered", "duplicates", "both_dist_infos", "broken_conda_constraints", "conda_after_pip"}


@pytest.fixture(scope="module")
def field(tmp_path_factory: pytest.TempPathFactory) -> tuple[list[Wild], frozenset[str]]:
    source = folder()
    if source is None:
        pytest.skip("the field set is not beside this checkout (see tests/field/materialise.py)")
    return materialise(source, tmp_path_factory.mktemp("field"))


@pytest.fixture(scope="module")
def judged(field: tuple[list[Wild], frozenset[str]]) -> list[tuple[Wild, Environment, Report]]:
    wild, space = field
    hashes = reading.hashes
    with pytest.MonkeyPatch.context() as patch:
        # binaries are not in the set: space in the place of a file has its size and no content to judge by
        patch.setattr(reading, "hashes", lambda path, *rest: frozenset() if path in space else hashes(path, *rest))
        facts = [(item, Environment.from_dict(disk.collect(str(item.prefix)))) for item in wild]
    return [(item, env, analyse(env)) for item, env in facts]


def test_no_rule_fails(judged: list[tuple[Wild, Environment, Report]]) -> None:
    assert [(wild.id, report.failed) for wild, _, report in judged if report.failed] == []


def test_owners_are_the_oracles(judged: list[tuple[Wild, Environment, Report]]) -> None:
    told = {wild.id: len([d for d in env.pip_owned if d.kind != "egg-link"]) for wild, env, _ in judged}
    assert told == {wild.id: wild.verdict["dists_not_conda_owned"] for wild, _, _ in judged}


def test_unreadable_records_are_the_oracles(judged: list[tuple[Wild, Environment, Report]]) -> None:
    for wild, env, _ in judged:
        assert sorted(env.unreadable_records) == sorted(wild.verdict["conda_records_unreadable"]), wild.id


def test_clobbers_are_found_with_their_shape(judged: list[tuple[Wild, Environment, Report]]) -> None:
    """Where the two have equal sizes the oracle says so; then conda's dist-info still being there decides."""
    for wild, env, report in judged:
        told = {
            (
                overlap.record.removeprefix("conda-meta/").removesuffix(".json"),
                env.by_path[overlap.distribution].name,
            ): (overlap.shape)
            for overlap in env.overlaps
        }
        expected = {
            (clobber["conda"], clobber["dist"]): "conda"
            if clobber["files_in_place"] == "same sizes"
            else clobber["files_in_place"]
            for clobber in wild.verdict.get("clobbers", ())
        }
        assert told == expected, wild.id
        found = [finding for finding in report.findings if finding.rule == "pip-overwrote-conda"]
        assert len(found) == len(expected), wild.id


def test_duplicates_are_found(judged: list[tuple[Wild, Environment, Report]]) -> None:
    for wild, _, report in judged:
        told = {finding.subject for finding in report.findings if finding.rule == "duplicate-dist-info"}
        assert told == set(wild.verdict.get("duplicate_dists", ())), wild.id


def test_missing_files_of_complete_environments_are_the_oracles(
    judged: list[tuple[Wild, Environment, Report]],
) -> None:
    for wild, env, _ in judged:
        present = wild.verdict["conda_files_present"]
        if wild.complete:
            gone = sum(total - there for kind, (there, total) in present.items() if kind != "pyc")
            assert sum(package.missing.count for package in env.conda_packages or ()) == gone, wild.id


def test_nothing_is_told_about_the_sound(judged: list[tuple[Wild, Environment, Report]]) -> None:
    """A sound environment is complete as committed and shows none of the damages the oracle knows."""
    sound = [
        (wild, report)
        for wild, env, report in judged
        if wild.complete and not DAMAGE & set(wild.kinds) and not any(p.missing.count for p in env.conda_packages or ())
    ]
    assert len(sound) >= 2
    for wild, report in sound:
        if "conda_records_inconsistent" in wild.kinds:
            continue  # conda's own, told as such: see the next test
        above = [f for f in report.findings if f.severity is not Severity.INFO]
        assert above == [], wild.id


def test_condas_own_inconsistency_is_no_error(judged: list[tuple[Wild, Environment, Report]]) -> None:
    for wild, env, report in judged:
        if not env.pip_owned:
            errors = [f.rule for f in report.findings if f.severity is Severity.ERROR]
            assert set(errors) <= {"conda-file-missing", "conda-file-altered"}, wild.id  # commits leave files out
