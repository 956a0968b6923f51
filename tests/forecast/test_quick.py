"""The quick forecast as a table: environment and command -> outcome and concerns; each concern with what nearly is one."""

from __future__ import annotations

import json
import os
import shlex
import shutil
import subprocess
import sys
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from envguard import api
from envguard.commands.command import Aim, AimKind, Place
from envguard.commands.find import commands, of_argv
from envguard.forecast_report import Concern, Depth, Outcome
from envguard.model import Severity
from tests.nobody import as_nobody
from tests.probe.prefix import SITE, Prefix

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from envguard.forecast_report import Forecast
    from tests.envs.scenarios import Scenario

BREAKS, REPLACES, UNSTOPPABLE = "breaks-constraint", "replaces-conda", "unstoppable"
AFTER, LANDS = "conda-after-pip", "lands-on-pip"

TABLE = [
    # what conda owns, and what leaves it alone
    ("clean", "pip install numpy", "harmless", ()),
    ("clean", "pip install numpy==1.26.4", "harmless", ()),
    ("clean", "pip install numpy==1.26.4+local", "risky", (REPLACES,)),
    ("clean", "pip install 'numpy>=1.20,<2'", "harmless", ()),
    ("clean", "pip install numpy~=1.26.0", "harmless", ()),
    ("clean", "pip install numpy==1.26.*", "harmless", ()),
    ("clean", "pip install 'numpy>=2'", "harmful", (BREAKS, REPLACES)),
    ("clean", "pip install numpy==2.3.5", "harmful", (BREAKS, REPLACES)),
    ("clean", "pip install numpy==1.26.3", "risky", (REPLACES,)),
    ("clean", "pip install 'numpy<1.26.4,>=1.26'", "risky", (REPLACES,)),
    ("clean", "pip install numpy==2.0.0rc1", "risky", (REPLACES,)),
    ("clean", "pip install -U numpy", "risky", (REPLACES,)),
    ("clean", "pip install -U numpy==1.26.4", "harmless", ()),
    ("clean", "pip install -U 'numpy<=1.26.4'", "harmless", ()),
    ("clean", "pip install -U tabulate", "harmless", ()),
    ("clean", "pip install tabulate", "harmless", ()),
    ("clean", "pip install python-dateutil==2.8", "harmful", (BREAKS, REPLACES)),
    ("clean", "pip install python-dateutil==2.8.2", "risky", (REPLACES,)),
    ("clean", "pip install Python_Dateutil", "harmless", ()),
    ("clean", "pip install sqlalchemy==1.4.54", "harmful", (BREAKS, REPLACES)),
    ("clean", "pip install SQLAlchemy==2.0.30", "risky", (REPLACES,)),
    ("clean", "pip install 'numpy==2.3.5; python_version < \"3.0\"'", "harmless", ()),
    ("clean", "pip install 'numpy==2.3.5; sys_platform == \"linux\"'", "harmful", (BREAKS, REPLACES)),
    ("clean", "pip install requests[socks]", "harmless", ()),
    ("clean", "pip install 'requests[socks]>=3'", "risky", (REPLACES,)),
    ("clean", "pip install git+https://example.org/numpy#egg=numpy", "risky", (REPLACES,)),
    ("clean", "pip install 'numpy @ https://example.org/numpy-1.26.4-cp311-cp311-linux_x86_64.whl'", "harmless", ()),
    ("clean", "pip install 'numpy @ https://example.org/numpy-2.3.5-cp311-cp311-linux_x86_64.whl'", "harmful", (BREAKS, REPLACES)),
    ("clean", "pip install git+https://example.org/thing#egg=thing", "harmless", ()),
    ("clean", "pip install --force-reinstall six", "risky", (REPLACES, UNSTOPPABLE)),
    ("clean", "pip install --force-reinstall --no-deps tabulate", "harmless", ()),
    ("clean", "pip install -I tabulate", "risky", (UNSTOPPABLE,)),
    ("clean", "pip install -I requests", "risky", (REPLACES, REPLACES, REPLACES, REPLACES, REPLACES, UNSTOPPABLE)),
    ("clean", "pip install -I --no-deps requests", "risky", (REPLACES, UNSTOPPABLE)),
    ("clean", "pip install --dry-run numpy==2.3.5", None, ()),
    ("clean", "pip install --target /tmp/elsewhere numpy==2.3.5", "harmless", ()),
    ("clean", "pip uninstall -y numpy", "harmful", (BREAKS, REPLACES, UNSTOPPABLE)),
    ("clean", "pip uninstall -y pandas", "risky", (REPLACES, UNSTOPPABLE)),
    ("clean", "pip uninstall -y tabulate", "harmless", ()),
    ("clean", "pip install -r {files}/two.txt", "harmful", (BREAKS, REPLACES)),
    ("clean", "pip install -r {files}/sound.txt", "harmless", ()),
    ("clean", "pip install -r {files}/nothing.txt", "unknown", ("unreadable",)),
    ("clean", "pip install -c {files}/kept.txt -U numpy", "harmless", ()),
    ("clean", "pip install -c {files}/kept.txt numpy==2.3.5", "refused", ()),
    ("clean", "pip install -c {files}/kept.txt --force-reinstall numpy", "risky", (REPLACES, UNSTOPPABLE)),
    ("clean", "uv pip install --python {prefix} numpy", "harmless", ()),
    ("clean", "uv pip install --python {prefix} numpy==2.3.5", "harmful", (BREAKS, REPLACES)),
    ("clean", "uv pip install --python {prefix} --reinstall-package six six", "risky", (REPLACES, UNSTOPPABLE)),
    ("clean", "uv pip sync --python {prefix} {files}/sound.txt", "harmful", (REPLACES, UNSTOPPABLE)),
    ("clean", "uv pip uninstall --python {prefix} pytz", "harmful", (BREAKS, REPLACES, UNSTOPPABLE)),
    # the order: conda alone, and after pip
    ("clean", "conda install seaborn", "harmless", ()),
    ("clean", "conda update --all", "harmless", ()),
    ("clean", "conda remove pandas", "harmless", ()),
    ("clean", "conda create -n other numpy", "harmless", ()),
    ("sound", "pip install tabulate", "harmless", ()),
    ("sound", "pip install -U tabulate", "harmless", ()),
    ("sound", "pip install tabulate==0.8", "harmless", ()),
    ("sound", "pip uninstall -y tabulate", "harmless", ()),
    ("sound", "pip install --force-reinstall tabulate", "harmless", ()),
    ("sound", "conda install requests", "harmless", ()),
    ("sound", "conda install 'requests>=2'", "harmless", ()),
    ("sound", "conda install requests=2.32.3=pyhd8ed1ab_0", "harmless", ()),
    ("sound", "conda install requests=2.31", "risky", (AFTER,)),
    ("sound", "conda install flask", "risky", (AFTER,)),
    ("sound", "conda install --no-deps flask", "harmless", ()),
    ("sound", "conda install tabulate", "risky", (LANDS, AFTER)),
    ("sound", "conda install --no-deps tabulate", "risky", (LANDS,)),
    ("sound", "conda update --all", "risky", (AFTER,)),
    ("sound", "conda update requests", "risky", (AFTER,)),
    ("sound", "conda remove requests", "harmless", ()),
    ("sound", "conda create -n other tabulate", "harmless", ()),
    ("sound", "mamba install flask", "risky", (AFTER,)),
    # shape A: pip's numpy stands over conda's
    ("s1", "pip install numpy", "harmless", ()),
    ("s1", "pip install numpy==1.26.4", "harmless", ()),
    ("s1", "pip install -U numpy", "harmless", ()),
    ("s1", "pip install pandas==2.0", "risky", (REPLACES,)),
    ("s1", "pip uninstall -y numpy", "harmless", ()),
    ("s1", "conda install numpy", "harmless", ()),
    ("s1", "conda install numpy=1.25", "risky", (LANDS, AFTER)),
    ("s1", "conda install --force-reinstall numpy", "risky", (LANDS, AFTER)),
    ("s1", "conda remove numpy", "risky", (LANDS,)),
    # shape B: conda's files are back, pip's dist-info is left
    ("s4", "pip install numpy", "harmless", ()),
    ("s4", "pip install numpy==2.3.5", "harmful", (BREAKS, REPLACES)),
    ("s4", "pip uninstall -y numpy", "harmful", (BREAKS, REPLACES, UNSTOPPABLE)),
    # what is broken already is not broken by it
    ("s5", "pip install sqlalchemy==1.4.50", "harmless", ()),
    ("s5", "pip install sqlalchemy==2.0.36", "harmless", ()),
    ("s5", "pip install -U sqlalchemy", "harmless", ()),
    # the story of the manual
    ("s0", "pip install torch", "harmless", ()),
    ("s0", "pip install torch==2.5", "risky", (REPLACES,)),
    ("s0", "pip install --force-reinstall gadgets", "risky", (REPLACES, REPLACES, UNSTOPPABLE)),
    ("s0", "conda install pytorch", "harmless", ()),
    ("s0", "conda install requests=2.30", "risky", (LANDS, AFTER)),
    ("s0", "conda remove pytorch", "risky", (AFTER,)),
    # base
    ("base_with_pip", "pip install tabulate", "risky", ("base",)),
    ("base_with_pip", "pip install requests", "harmless", ()),
    ("base_with_pip", "pip install -U requests", "harmless", ()),
    ("base_with_pip", "pip install urllib3==1.26", "risky", (REPLACES, "base")),
    ("base_with_pip", "pip install --user tabulate", "risky", ("user-site",)),
    ("base_with_pip", "conda install flask", "risky", (AFTER, "base")),
    ("base_with_pip", "conda update conda", "risky", (AFTER,)),
    # the user's own folder
    ("clean", "pip install --user tabulate", "risky", ("user-site",)),
    ("clean", "pip install --user numpy==1.26.4", "risky", ("user-site",)),
    ("clean", "pip install --user numpy==2.3.5", "harmful", (BREAKS, "user-site", REPLACES)),
]  # fmt: skip
"""Environment, command, outcome (None: not a command at all), concerns in their order."""


@pytest.fixture(scope="module")
def around(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Programs that are only looked up, and requirement files."""
    folder = tmp_path_factory.mktemp("around")
    (folder / "bin").mkdir()
    for name in ("conda", "mamba", "uv"):
        program = folder / "bin" / name
        program.write_text("#!/bin/sh\nexit 1\n", encoding="utf-8")
        program.chmod(0o755)
    files = {
        "two.txt": "tabulate  # new\nnumpy==2.3.5\n",
        "sound.txt": "tabulate\nnumpy>=1.20\nsix\n",
        "kept.txt": "numpy==1.26.4\n",
    }
    for name, content in files.items():
        (folder / name).write_text(content, encoding="utf-8")
    return folder


def place(prefix: Path, around: Path, **variables: str) -> Place:
    """A kernel of an environment that is active."""
    path = os.pathsep.join((str(prefix / "bin"), str(around / "bin"), "/usr/bin", "/bin"))
    known = {"PATH": path, "HOME": str(around), "CONDA_PREFIX": str(prefix), **variables}
    return Place(str(prefix / "bin/python"), str(prefix), str(around), known)


def foretold(line: str, where: Place) -> Forecast:
    command = of_argv(shlex.split(line), where)
    assert command is not None
    return api.foretell(command, where)


def concerns(forecast: Forecast) -> tuple[str, ...]:
    return tuple(remark.concern.value for remark in forecast.remarks)


@pytest.mark.parametrize(("name", "line", "outcome", "expected"), TABLE, ids=[f"{row[0]}: {row[1]}" for row in TABLE])
def test_the_table(
    scenario: Callable[..., Scenario],
    around: Path,
    name: str,
    line: str,
    outcome: str | None,
    expected: tuple[str, ...],
) -> None:
    prefix = scenario(name).prefix
    where = place(prefix, around)
    words = shlex.split(line.replace("{prefix}", str(prefix)).replace("{files}", str(around)))
    command = of_argv(words, where)
    if outcome is None:
        assert command is None
        return
    assert command is not None
    told = api.foretell(command, where)
    assert (told.outcome.value, concerns(told)) == (outcome, expected)
    assert told.depth is Depth.QUICK
    ranks = [remark.severity.rank for remark in told.remarks]
    assert ranks == sorted(ranks)
    for remark in told.remarks:
        assert remark.says.english()
        for evidence in remark.evidence:
            assert evidence.says.english()
            assert evidence.source
            assert (prefix / evidence.source).exists() or remark.concern is Concern.UNREADABLE


def test_what_is_told_of_a_package(scenario: Callable[..., Scenario], around: Path) -> None:
    prefix = scenario("clean").prefix
    told = foretold("pip install numpy==2.3.5 tabulate==0.9 six", place(prefix, around))
    [numpy] = told.replaces
    assert (numpy.name, numpy.was, numpy.version, numpy.owner, numpy.installer) == (
        "numpy",
        "1.26.4",
        "2.3.5",
        "conda",
        "pip",
    )
    assert (numpy.record, numpy.dependants, numpy.compiled, numpy.requested) == (
        "numpy-1.26.4-py311h5eee18b_0", ("pandas", "scipy"), True, True,
    )  # fmt: skip
    assert [(each.name, each.version, each.owner) for each in told.installs] == [("tabulate", "0.9", None)]
    assert [(each.subject, each.severity) for each in told.remarks] == [
        ("numpy", Severity.ERROR),
        ("numpy", Severity.WARNING),
    ]
    assert told.remarks[0].says.english() == (
        "pip would bring numpy 2.3.5, and conda's scipy asks for another (numpy >=1.26,<2)"
    )
    assert told.environment is not None
    assert (told.environment.name, told.environment.python_version, told.is_kernel) == ("clean", "3.11.7", True)


def test_secrets_are_not_told(scenario: Callable[..., Scenario], around: Path) -> None:
    line = "pip install -U --index-url https://me:secret@host/simple --proxy me:secret@proxy numpy"
    told = foretold(line, place(scenario("clean").prefix, around))
    assert "secret" not in repr(told)
    assert told.command[:3] == ("pip", "install", "-U")


# another environment than the kernel's


def other(scenario: Callable[..., Scenario], around: Path, **changed: Any) -> Place:
    """The kernel runs in `clean`, and the shell finds the programs of `sound` first."""
    where = place(scenario("sound").prefix, around)
    clean = scenario("clean").prefix
    return replace(where, python=str(clean / "bin/python"), prefix=str(clean), **changed)


def test_the_wrong_environment(scenario: Callable[..., Scenario], around: Path) -> None:
    where = other(scenario, around)
    told = foretold("pip install tabulate2", where)
    assert (told.outcome, concerns(told), told.is_kernel) == (Outcome.HARMFUL, ("other-environment",), False)
    says = told.remarks[0].says.english()
    assert str(scenario("sound").prefix) in says
    assert where.prefix in says
    [way] = told.alternatives
    assert (way.kind, way.steps[0].argv) == ("kernel", ("%pip", "install", "tabulate2"))
    told = foretold("conda install flask", where)
    assert (concerns(told)[0], told.alternatives[0].steps[0].argv) == (
        "other-environment",
        ("%conda", "install", "flask"),
    )


def test_quotes_that_ipython_takes_off(scenario: Callable[..., Scenario], around: Path) -> None:
    where = place(scenario("clean").prefix, around)
    found = {}
    for source in (
        "%conda install 'six>=1'",
        """%conda install "'six>=1'" """,
        "%conda install six=1",
        "%pip install 'six>=1'",
    ):
        [command] = commands(source, where)
        told = api.foretell(command, where)
        found[source] = (concerns(told)[:1] == ("misread",), [way.kind for way in told.alternatives])
    assert list(found.values()) == [(True, ["quoted"]), (False, []), (False, []), (False, [])]


def test_an_environment_that_somebody_names(scenario: Callable[..., Scenario], around: Path) -> None:
    """It is meant: it is said, and is no warning."""
    sound = scenario("sound").prefix
    for line in (f"{sound}/bin/pip install tabulate2", f"conda install -p {sound} --no-deps flask"):
        told = foretold(line, other(scenario, around))
        assert (told.outcome, concerns(told)) == (Outcome.HARMLESS, ("other-environment",))
        assert told.remarks[0].severity is Severity.INFO


def test_outside_a_kernel_no_environment_is_the_wrong_one(scenario: Callable[..., Scenario], around: Path) -> None:
    told = foretold("pip install tabulate2", other(scenario, around, is_kernel=False))
    assert (told.outcome, told.remarks, told.alternatives) == (Outcome.HARMLESS, (), ())


def test_the_kernels_own_pip(scenario: Callable[..., Scenario], around: Path) -> None:
    where = other(scenario, around)
    for source in ("%pip install tabulate2", "!{sys.executable} -m pip install tabulate2"):
        [command] = commands(source, where)
        told = api.foretell(command, where)
        assert (told.outcome, told.remarks, told.is_kernel) == (Outcome.HARMLESS, (), True)


# what refuses


def test_no_such_program(scenario: Callable[..., Scenario], around: Path) -> None:
    told = foretold("micromamba install flask", place(scenario("clean").prefix, around))
    assert (told.outcome, concerns(told)) == (Outcome.REFUSED, ("no-tool",))
    assert told.refusal is not None


def test_a_kernel_without_pip(tmp_path: Path, around: Path) -> None:
    made = Prefix(tmp_path / "env").write("bin/python", b"").conda("python", "3.11.7", {})
    where = place(made.path, around)
    [command] = commands("%pip install tabulate", where)
    told = api.foretell(command, where)
    assert (told.outcome, concerns(told)) == (Outcome.REFUSED, ("no-tool",))
    made.write(f"{SITE}/pip/__init__.py", b"").pip("pip", "24.2", {})
    assert api.foretell(command, where).outcome is Outcome.HARMLESS


def test_an_environment_that_cannot_be_told(around: Path, tmp_path: Path) -> None:
    where = place(tmp_path, around)
    command = of_argv(["pip", "install", "numpy"], where)
    assert command is not None
    unknown = replace(
        command, aim=Aim(AimKind.PYTHON, "{which}", known=False), argv=("{which}", "-m", "pip"), certain=False
    )
    told = api.foretell(unknown, where)
    assert (told.outcome, told.environment, len(told.unknown)) == (Outcome.UNKNOWN, None, 1)


@pytest.fixture(scope="module")
def venv(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("venv") / "plain"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", folder], check=True)
    site = folder / SITE
    for name, version in (("pip", "24.2"), ("numpy", "1.26.4")):
        info = site / f"{name}-{version}.dist-info"
        info.mkdir(parents=True)
        (info / "METADATA").write_text(f"Name: {name}\nVersion: {version}\n", encoding="utf-8")
        (info / "INSTALLER").write_text("pip\n", encoding="utf-8")
    (site / "pip").mkdir()
    pip = folder / "bin/pip"
    pip.write_text(f"#!{folder}/bin/python\n", encoding="utf-8")
    pip.chmod(0o755)
    return folder


@pytest.mark.parametrize(
    "line",
    [
        "pip install numpy==2.3.5",
        "pip install -U numpy",
        "pip install -I --force-reinstall numpy",
        "pip uninstall -y numpy",
        "uv pip sync --python {prefix} {files}/sound.txt",
        "uv pip install --python {prefix} numpy==2.3.5",
    ],
)
def test_a_plain_venv_is_its_users_own(venv: Path, around: Path, line: str) -> None:
    told = foretold(line.format(prefix=venv, files=around), place(venv, around, VIRTUAL_ENV=str(venv)))
    assert (told.outcome, told.remarks) == (Outcome.HARMLESS, ())


def test_user_in_a_venv(venv: Path, around: Path) -> None:
    told = foretold("pip install --user tabulate", place(venv, around))
    assert (told.outcome, concerns(told)) == (Outcome.REFUSED, ("user-site",))


@pytest.fixture
def managed(tmp_path: Path) -> Prefix:
    """A Python that belongs to a system (PEP 668)."""
    made = (
        Prefix(tmp_path / "usr").write("bin/python", b"").pip("pip", "24.2", {}).write(f"{SITE}/pip/__init__.py", b"")
    )
    made.write("bin/pip", f"#!{made.path}/bin/python\n".encode())
    (made.path / "bin/pip").chmod(0o755)
    return made.write("lib/python3.11/EXTERNALLY-MANAGED", b"[externally-managed]\n")


def test_a_python_of_the_system(managed: Prefix, around: Path) -> None:
    where = place(managed.path, around, PIP_CONFIG_FILE=os.devnull)
    for line in ("pip install tabulate", "pip uninstall -y pip", "pip install --user tabulate"):
        told = foretold(line, where)
        assert (told.outcome, concerns(told)) == (Outcome.REFUSED, ("externally-managed",))
    for line in ("pip install --break-system-packages tabulate", "pip install --target /tmp/x tabulate"):
        assert (foretold(line, where).outcome, concerns(foretold(line, where))) == (Outcome.HARMLESS, ())
    allowed = place(managed.path, around, PIP_BREAK_SYSTEM_PACKAGES="1")
    assert foretold("pip install tabulate", allowed).outcome is Outcome.HARMLESS


def test_a_pip_that_is_older_than_the_mark(managed: Prefix, around: Path) -> None:
    shutil.rmtree(managed.path / SITE / "pip-24.2.dist-info")
    managed.pip("pip", "22.3", {})
    assert foretold("pip install tabulate", place(managed.path, around)).outcome is Outcome.HARMLESS


def test_a_frozen_environment(tmp_path: Path, around: Path) -> None:
    made = Prefix(tmp_path / "env").write("bin/python", b"").conda("python", "3.11.7", {}).pip("pip", "24.2", {})
    made.write(f"{SITE}/pip/__init__.py", b"").write("bin/pip", f"#!{made.path}/bin/python\n".encode())
    (made.path / "bin/pip").chmod(0o755)
    where = place(made.path, around)
    assert foretold("pip install tabulate", where).outcome is Outcome.HARMLESS
    made.write("conda-meta/frozen", b"")
    told = foretold("pip install tabulate", where)
    assert (told.outcome, concerns(told)) == (Outcome.RISKY, ("read-only",))
    assert foretold("conda install tabulate", where).outcome is Outcome.REFUSED
    assert foretold("conda install --override-frozen tabulate", where).outcome is not Outcome.REFUSED


@pytest.fixture
def closed() -> Iterator[Prefix]:
    """An environment that others may only read, in a folder that everybody may enter."""
    folder = Path(tempfile.mkdtemp(prefix="envguard-test-"))
    folder.chmod(0o755)
    made = Prefix(folder / "env").write("bin/python", b"").conda("python", "3.11.7", {})
    files = made.info("numpy", "1.26.4", {"numpy/__init__.py": b""}, "conda")
    made.conda("numpy", "1.26.4", files).pip("pip", "24.2", {}).write(f"{SITE}/pip/__init__.py", b"")
    made.write("bin/pip", f"#!{made.path}/bin/python\n".encode())
    (made.path / "bin/pip").chmod(0o755)
    (made.path / "bin/python").chmod(0o755)
    if os.geteuid():
        for top, _, _ in os.walk(made.path):
            Path(top).chmod(0o555)
    yield made
    for top, _, _ in os.walk(folder):
        Path(top).chmod(0o755)
    shutil.rmtree(folder)


def told_to_nobody(line: str, where: Place) -> tuple[str, list[str]]:
    """What another user is told."""

    def work() -> bytes:
        told = foretold(line, where)
        return json.dumps([told.outcome.value, concerns(told)]).encode()

    outcome, found = json.loads(as_nobody(work))
    return outcome, found


def test_an_environment_that_may_only_be_read(closed: Prefix) -> None:
    programs = closed.path / "bin"
    if not os.geteuid():
        (programs / "conda").write_text("#!/bin/sh\n", encoding="utf-8")
        (programs / "conda").chmod(0o755)
    where = place(closed.path, closed.path.parent)
    assert told_to_nobody("pip install tabulate", where) == ("risky", ["user-site"])
    assert told_to_nobody("pip install numpy==2.0", where) == ("risky", ["user-site", "replaces-conda"])
    hidden = place(closed.path, closed.path.parent, PYTHONNOUSERSITE="1")
    assert told_to_nobody("pip install tabulate", hidden) == ("refused", ["read-only"])
    if not os.geteuid():
        assert told_to_nobody("conda install flask", where) == ("refused", ["read-only"])
        assert foretold("pip install tabulate", where).outcome is Outcome.HARMLESS


# what cannot be read


def test_a_broken_record_makes_its_owner_unknown(tmp_path: Path, around: Path) -> None:
    made = Prefix(tmp_path / "env").write("bin/python", b"").conda("python", "3.11.7", {}).pip("pip", "24.2", {})
    made.write(f"{SITE}/pip/__init__.py", b"").write("bin/pip", f"#!{made.path}/bin/python\n".encode())
    (made.path / "bin/pip").chmod(0o755)
    made.conda("numpy", "1.26.4", made.info("numpy", "1.26.4", {"numpy/__init__.py": b""}))
    where = place(made.path, around)
    assert concerns(foretold("pip install numpy==2", where)) == ("replaces-conda",)
    (made.path / "conda-meta/numpy-1.26.4-0.json").unlink()
    (made.path / "conda-meta/numpy-1.26.4-0.json").mkdir()
    told = foretold("pip install numpy==2", where)
    assert (told.outcome, concerns(told)) == (Outcome.UNKNOWN, ())
    assert any("numpy-1.26.4-0.json" in each.english() for each in told.unknown)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    specs=st.lists(st.text(max_size=20).map(lambda text: f"numpy {text}"), max_size=4),
    wanted=st.one_of(
        st.sampled_from(("numpy", "numpy==2", "numpy>=2,<1", "numpy~=1", "numpy===x", "numpy!=1.*")),
        st.text(max_size=12).map(lambda text: f"numpy{text}"),
    ),
    options=st.lists(st.sampled_from(("-U", "-I", "--no-deps", "--user", "--force-reinstall")), max_size=2),
)
def test_it_never_raises(
    tmp_path_factory: pytest.TempPathFactory, around: Path, specs: list[str], wanted: str, options: list[str]
) -> None:
    made = Prefix(tmp_path_factory.mktemp("any") / "env").write("bin/python", b"").pip("pip", "24.2", {})
    made.write(f"{SITE}/pip/__init__.py", b"")
    made.conda("numpy", "1.26.4", made.info("numpy", "1.26.4", {"numpy/__init__.py": b""}))
    made.conda("scipy", "1", {f"{SITE}/scipy/__init__.py": b""}, depends=specs, constrains=specs)
    where = place(made.path, around)
    command = of_argv(["pip", "install", *options, "six", wanted], where)
    assert command is not None
    told = api.foretell(replace(command, aim=Aim(AimKind.KERNEL)), where)
    assert told.depth is Depth.QUICK
    assert told.environment is not None
    assert all(remark.says.english() for remark in told.remarks)
