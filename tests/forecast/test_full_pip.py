"""Forecasts of pip and uv, against what the same command then does in a copy of the environment: real tools, real PyPI."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from envguard import api
from envguard.analyse import analyse
from envguard.collect import by_import
from envguard.forecast_report import Depth, Outcome
from tests.envs import scenarios
from tests.forecast import ground
from tests.forecast.ground import SIX, Ground, dists
from tests.require import require

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from envguard.forecast_report import Forecast
    from envguard.model import Finding
    from tests.envs.scenarios import Scenario

OLDEST, NEWEST = "22.2.2", "newest"


@pytest.fixture(scope="module")
def field(scenario: Callable[..., Scenario], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ground]:
    """An environment to look at, and the files that the commands name; whatever is foretold, it stays as it is."""
    require("network")
    folder, home = tmp_path_factory.mktemp("work here"), tmp_path_factory.mktemp("home")
    ground.wheel(folder / "wheels", "demo", "1.0", {"demo.py": "x = 1\n"}, ("six>=1.15",))
    theirs = {"http_extras.py": "", "requests/__version__.py": "__version__ = 'theirs'\n"}
    ground.wheel(folder / "wheels", "http-extras", "1.0", theirs)
    (folder / "sub").mkdir()
    _write(
        folder / "reqs.txt", "# all\nrequests[socks] \\\n   ==2.31.0\n-r sub/more.txt\ntomli; python_version < '3'\n"
    )
    _write(folder / "sub/more.txt", "toolz>=0.11\n-c limits.txt\n--find-links ../wheels\ndemo\n")
    _write(folder / "sub/limits.txt", "toolz<0.12\n")
    _write(folder / "limits.txt", "toolz==0.11.2\nidna<3.9\n")
    _write(folder / "gone.txt", "tabulate\n")
    _write(folder / "hashed.txt", f"six==1.16.0 --hash=sha256:{SIX}\n")
    _write(folder / "exactly.txt", "requests==2.31.0\nidna==3.10\n")
    kept = ground.copy(scenario("sound").prefix, tmp_path_factory.mktemp("kept"))
    before = scenarios.state(kept)
    yield ground.compiled(Ground(kept, folder, home))
    assert scenarios.state(kept) == before


def _write(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8")


@pytest.fixture(scope="module")
def with_pip(field: Ground, tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Ground]:
    """The same environment with another pip, by its version."""
    made: dict[str, Ground] = {}

    def give(version: str) -> Ground:
        if version not in made:
            here = field.at(ground.copy(field.prefix, tmp_path_factory.mktemp("pip")))
            here.run("{pip} install --quiet --upgrade pip" + ("" if version == NEWEST else f"=={version}"))
            made[version] = ground.compiled(here)
        return made[version]

    return give


@dataclass(frozen=True)
class Row:
    """A command, and what is peculiar about it."""

    line: str
    pip: str = ""
    stays: bool = False
    """What it installs anew is not taken off before."""
    elsewhere: str = ""
    """The folder it installs into."""
    variables: tuple[tuple[str, str], ...] = ()
    nothing: bool = False

    @property
    def id(self) -> str:
        return f"{self.pip} {self.line}".strip().replace("{", "").replace("}", "")


ROWS = (
    Row("{pip} install toolz==0.12.0"),
    Row("{pip} install 'requests[socks]==2.31.0'"),
    Row("{pip} install -r reqs.txt"),
    Row("""{pip} install 'tomli; python_version < "3"' 'toolz; python_version > "3"'"""),
    Row("{pip} install --no-deps flask==3.0.0"),
    Row("{pip} install --user idna==3.7", elsewhere="{home}/.local/lib/python{xy}/site-packages"),
    Row("{pip} install --target '{here}/target' idna==3.7 six", elsewhere="{here}/target"),
    Row("{pip} install --prefix '{here}/prefix' idna==3.7", elsewhere="{here}/prefix/lib/python{xy}/site-packages"),
    Row("{pip} install -U tabulate six"),
    Row("{pip} install -U --upgrade-strategy eager requests"),
    Row("{pip} uninstall -y six not-there -r gone.txt"),
    Row("{pip} install wheels/demo-1.0-py3-none-any.whl"),
    Row("{pip} install 'demo @ {uri}/wheels/demo-1.0-py3-none-any.whl'"),
    Row("{pip} install {socks}"),
    Row("{pip} install --pre attrs"),
    Row("{pip} install --no-index --find-links wheels demo"),
    Row("{pip} install --index-url https://pypi.org/simple six==1.15.0"),
    Row("{pip} install -c limits.txt toolz 'idna!=3.10'"),
    Row("{pip} install toolz 'idna!=3.10'", variables=(("PIP_CONSTRAINT", "sub/limits.txt"),)),
    Row("{pip} install --force-reinstall --no-deps six==1.16.0"),
    Row("{pip} install --force-reinstall requests==2.31.0"),
    Row("{pip} install --ignore-installed idna==3.7", stays=True),
    Row("{pip} install six requests", nothing=True),
    Row("{pip} install 'idna<3.10'"),
    Row("{pip} install --require-hashes -r hashed.txt", nothing=True),
    Row("{pip} install --only-binary :all: --no-deps markupsafe==2.1.5"),
    Row("{pip} install 'requests[socks]==2.31.0' -r sub/more.txt", OLDEST),
    Row("{pip} install -U six tabulate", OLDEST),
    Row("{pip} install six", OLDEST, nothing=True),
    Row("{pip} install 'requests[socks]==2.31.0' -r sub/more.txt", NEWEST),
    Row(
        "{pip} install --prefix '{here}/newer' idna==3.7", NEWEST, elsewhere="{here}/newer/lib/python{xy}/site-packages"
    ),
    Row("{uv} install {py} toolz==0.12.0"),
    Row("{uv} install {py} 'requests[socks]==2.31.0'"),
    Row("{uv} install {py} -r sub/more.txt"),
    Row("{uv} install {py} -U six tabulate"),
    Row("{uv} install {py} --reinstall-package six six"),
    Row("{uv} install {py} --no-deps flask==3.0.0"),
    Row("{uv} install {py} wheels/demo-1.0-py3-none-any.whl"),
    Row("{uv} install {py} --target '{here}/by-uv' idna==3.7", elsewhere="{here}/by-uv"),
    Row("{uv} install {py} six requests", nothing=True),
    Row("{uv} uninstall {py} six tabulate not-there"),
    Row("{uv} sync {py} exactly.txt"),
)


@pytest.mark.parametrize(
    "row", [pytest.param(row, id=row.id, marks=() if n % 5 == 0 else pytest.mark.slow) for n, row in enumerate(ROWS)]
)
def test_the_forecast_equals_what_then_happens(
    row: Row, field: Ground, with_pip: Callable[[str], Ground], tmp_path: Path
):
    here, more = (with_pip(row.pip) if row.pip else field), dict(row.variables)
    told = api.forecast(here.command(row.line, more), here.place(more), alternatives=False)
    assert (told.depth, told.unknown, told.refusal) == (Depth.FULL, (), None)
    before = dists(here.site)
    there = here.at(ground.copy(here.prefix, tmp_path))
    there.home = tmp_path / "home"
    there.variables = {**here.variables, "PIP_CACHE_DIR": str(here.home / "pip"), "UV_CACHE_DIR": str(here.home / "uv")}
    there.run(row.line, more)
    was, comes = _was(told), _comes(told)
    if row.elsewhere:
        place = row.elsewhere.format(home=there.home, here=there.folder, xy=there.site.parent.name[6:])
        assert dists(type(there.site)(place)) == comes
        assert dists(there.site) == before - was
    else:
        assert dists(there.site) == (before if row.stays else before - was) | comes
    changed = told.installs + told.replaces + told.removes
    assert row.nothing is (not changed)
    if row.nothing:
        assert (told.outcome, told.new_findings, told.remarks) == (Outcome.HARMLESS, (), ())


def _was(told: Forecast) -> set[tuple[str, str]]:
    return {(each.name, each.was or "") for each in told.replaces + told.removes}


def _comes(told: Forecast) -> set[tuple[str, str]]:
    return {(each.name, each.version or "") for each in told.installs + told.replaces}


FOUND = (
    ("sound", "{pip} install idna==3.7"),
    ("sound", "{pip} install tabulate==0.8.10"),
    ("sound", "{pip} uninstall -y idna"),
    ("sound", "{pip} install wheels/http_extras-1.0-py3-none-any.whl"),
    ("sound", "{pip} install --ignore-installed idna==3.7"),
    ("sound", "{pip} install --no-deps flask==3.0.0"),
    ("clean", "{pip} install numpy==2.3.5"),
    ("clean", "{pip} uninstall -y pandas"),
    ("clean", "{pip} install sqlalchemy==1.4.54"),
    ("s1", "{pip} uninstall -y numpy"),
    ("s3_two_dist_infos", "{pip} install idna==3.6"),
)


@pytest.mark.parametrize(
    ("name", "line"),
    [
        pytest.param(name, line, id=f"{name} {line}", marks=() if n == 0 else pytest.mark.slow)
        for n, (name, line) in enumerate(FOUND)
    ],
)
def test_the_new_findings_are_those_of_the_analysis_afterwards(
    name: str, line: str, field: Ground, scenario: Callable[..., Scenario], tmp_path: Path
):
    here = field.at(ground.copy(scenario(name).prefix, tmp_path))
    told = api.forecast(here.command(line), here.place(), alternatives=False)
    assert (told.unknown, told.refusal) == ((), None)
    before = analyse(by_import(here.prefix, keep=False)).findings
    here.run(line)
    then = analyse(by_import(here.prefix, keep=False)).findings
    old, now = _told(before), _told(then)
    assert _told(told.new_findings) == now - old
    assert _told(told.cleared_findings) == old - now


def _told(findings: tuple[Finding, ...]) -> set[tuple[str, str, str, str]]:
    """Findings as far as a forecast can know them; that scripts start another Python is so for a copy only."""
    return {
        (each.rule, each.severity.value, each.subject, each.fingerprint)
        for each in findings
        if each.rule != "script-shebang-elsewhere"
    }
