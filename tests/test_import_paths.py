"""What comes before the environment, from real interpreters: user site, PYTHONPATH, working folder, activation."""

from __future__ import annotations

import dataclasses
import os
import subprocess
import sys
import textwrap
from typing import TYPE_CHECKING

import pytest
from jupyter_client.manager import KernelManager

from envguard import api, collect
from envguard.model import Severity
from envguard.process import Offer
from tests.cases.place import SITE, XY, Place, virtual
from tests.cases.watch import Kernel, asked
from tests.envs import wheelhouse
from tests.test_stale_kernel import made

if TYPE_CHECKING:
    from pathlib import Path

    from envguard.model import Finding, Report

CODES = (200, 201, 202, 203, 204, 230, 231)


def told(report: Report) -> list[tuple[int, str, str]]:
    assert report.failed == ()
    assert not [each for each in report.skipped if each.rule in ("user-site-shadows", "pythonpath-shadows")]
    return [(each.code, each.severity.value, each.subject) for each in report.findings if each.code in CODES]


def finding(report: Report, code: int) -> Finding:
    return next(each for each in report.findings if each.code == code)


@pytest.fixture
def place(tmp_path: Path) -> Place:
    """A sound environment with its own Python and one package."""
    made = Place(tmp_path / "envs" / "lab", python="own")
    made.library("python", f"{XY}.0", {})
    return made.package("foolib", "2.8.0")


@pytest.fixture
def user(tmp_path: Path) -> Path:
    return tmp_path / "home" / SITE


def wheel_of(tmp_path: Path, name: str, version: str, place: Place, user: Path) -> None:
    """Real pip installs for the user, by the environment's own Python."""
    wheel = made(tmp_path, name, version, f"__version__ = {version!r}\n")
    command = [sys.executable, "-m", "pip", "--python", place.python, "install", "--user", "--no-index", "--quiet"]
    home = {**wheelhouse.isolated(), "PYTHONUSERBASE": str(user.parents[2])}
    home.pop("PYTHONNOUSERSITE", None)
    done = subprocess.run(
        [*command, "--ignore-installed", wheel], env=home, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert (user / f"{name}-{version}.dist-info").is_dir()


def base(user: Path) -> dict[str, str]:
    return {"PYTHONUSERBASE": str(user.parents[2])}


def test_the_users_copy_that_pip_made(place: Place, user: Path, tmp_path: Path):
    wheel_of(tmp_path, "foolib", "2.6.0", place, user)
    report = asked(place.python, **base(user))
    assert told(report) == [(201, "warning", "foolib"), (200, "info", "user site")]
    found = finding(report, 201)
    assert found.message.english() == "the user's own foolib 2.6.0 is imported instead of this environment's 2.8.0"
    assert [each.source for each in found.evidence] == [str(user / "foolib.py"), f"{SITE}/foolib"]
    ran = subprocess.run(
        [place.python, "-c", "import foolib; print(foolib.__version__)"],
        env={**os.environ, **base(user)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert ran.stdout.strip() == "2.6.0"  # it is as envguard says


def test_the_users_folder_switched_off(place: Place, user: Path, tmp_path: Path):
    wheel_of(tmp_path, "foolib", "2.6.0", place, user)
    assert told(asked(place.python, **base(user), PYTHONNOUSERSITE="1")) == []


def test_a_kernel_that_has_loaded_the_one_or_the_other(place: Place, user: Path, tmp_path: Path):
    wheel_of(tmp_path, "foolib", "2.6.0", place, user)
    with Kernel(place.python, tmp_path, **base(user)) as kernel:
        kernel.run("import foolib")
        assert (201, "warning", "foolib") in told(kernel.report())
    with Kernel(place.python, tmp_path, **base(user)) as kernel:
        kernel.run(f"import sys; sys.path.insert(0, {str(place.at(SITE))!r}); import foolib")
        assert (201, "warning", "foolib") not in told(kernel.report())


def test_what_is_left_of_a_copy(place: Place, user: Path):
    info = user / "foolib-2.6.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: foolib\nVersion: 2.6.0\n")
    assert (201, "warning", "foolib") in told(asked(place.python, **base(user)))
    code = "import foolib, importlib.metadata as m; print(foolib.__version__, m.version('foolib'))"
    ran = subprocess.run(
        [place.python, "-c", code], env={**os.environ, **base(user)}, capture_output=True, text=True, check=True
    )
    assert ran.stdout.split() == ["2.8.0", "2.6.0"]


def test_what_only_the_users_folder_has(place: Place, user: Path, tmp_path: Path):
    wheel_of(tmp_path, "barlib", "1.0", place, user)
    assert told(asked(place.python, **base(user))) == [(200, "info", "user site")]
    place.wheel("needy", "1.0", requires=("barlib>=1",))
    assert told(asked(place.python, **base(user))) == [(200, "warning", "user site")]
    assert told(asked(place.python, **base(user), PYTHONNOUSERSITE="1")) == [(202, "warning", "user site")]


def test_pip_is_sent_where_nobody_looks(place: Place, user: Path, tmp_path: Path):
    wheel_of(tmp_path, "barlib", "1.0", place, user)
    off = {**base(user), "PYTHONNOUSERSITE": "1"}
    assert told(asked(place.python, **off)) == []
    assert told(asked(place.python, **off, PIP_USER="1")) == [(202, "warning", "user site")]


def test_a_venv_that_needs_what_the_user_has(tmp_path: Path, user: Path):
    python, site = virtual(tmp_path / "venv")
    (user / "barlib-1.0.dist-info").mkdir(parents=True)
    info = site / "needy-1.0.dist-info"
    info.mkdir()
    assert told(asked(python, **base(user))) == []
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: needy\nVersion: 1.0\nRequires-Dist: barlib\n")
    (info / "RECORD").write_text("needy-1.0.dist-info/METADATA,,\nneedy-1.0.dist-info/RECORD,,\n")
    assert told(asked(python, **base(user))) == [(202, "warning", "user site")]


def test_an_empty_users_folder(place: Place, user: Path):
    assert told(asked(place.python, **base(user))) == []
    user.mkdir(parents=True)
    assert told(asked(place.python, **base(user))) == []


def test_pythonpath(place: Place, tmp_path: Path):
    ros, tool, mine = tmp_path / "ros/lib/python2.7/dist-packages", tmp_path / "tool", tmp_path / "mine"
    for folder, names in ((ros, ("barlib",)), (tool, ("foolib", "other")), (mine, ("project", "tests"))):
        for name in names:
            (folder / name).mkdir(parents=True)
            (folder / name / "__init__.py").write_text("")
    assert told(asked(place.python, PYTHONPATH=os.pathsep.join(map(str, (ros, tool, mine))))) == [
        (204, "error", str(ros)),
        (204, "warning", str(tool)),
    ]
    assert told(asked(place.python, PYTHONPATH=f"{mine}{os.pathsep}{place.at(SITE)}")) == []


def test_a_file_beside_the_notebook(place: Place, tmp_path: Path):
    work = tmp_path / "work"
    work.mkdir()
    place.wheel("needy", "1.0", requires=("foolib",))
    (work / "mine.py").write_text("")
    with Kernel(place.python, work) as kernel:
        kernel.run("import mine, foolib")
        assert told(kernel.report()) == []
    (work / "foolib.py").write_text("")
    (work / "queue.py").write_text("")
    with Kernel(place.python, work) as kernel:
        assert told(kernel.report()) == [(203, "warning", "foolib")]
        kernel.run("import foolib, queue")
        report = kernel.report()
    assert told(report) == [(203, "warning", "foolib"), (203, "warning", "queue")]
    assert finding(report, 203).evidence[0].source == str(work / "foolib.py")
    assert told(asked(place.python)) == []


def test_an_old_folder_before_an_editable_install(place: Place, tmp_path: Path):
    work, source = tmp_path / "work", tmp_path / "src" / "mine"
    (work / "mine").mkdir(parents=True)
    source.mkdir(parents=True)
    (source / "__init__.py").write_text("")
    finder = f"""
        import sys
        from importlib.util import spec_from_file_location
        MAPPING: dict[str, str] = {{'mine': {str(source)!r}}}
        class Finder:
            @classmethod
            def find_spec(cls, name, path=None, target=None):
                folder = MAPPING.get(name)
                return spec_from_file_location(name, folder + '/__init__.py') if folder else None
        def install():
            sys.meta_path.append(Finder)
    """
    code = b"import __editable___mine_1_0_finder; __editable___mine_1_0_finder.install()"
    place.wheel(
        "mine",
        "1.0",
        {"__editable___mine_1_0_finder.py": textwrap.dedent(finder).encode(), "__editable__.mine-1.0.pth": code},
        more={"direct_url.json": f'{{"url": "file://{tmp_path}/src", "dir_info": {{"editable": true}}}}'.encode()},
    )
    with Kernel(place.python, work) as kernel:
        kernel.run("import mine; assert mine.__file__ is None")  # an empty namespace
        assert told(kernel.report()) == [(203, "warning", "mine")]
    with Kernel(place.python, source.parent) as kernel:  # the project itself
        kernel.run("import mine; assert mine.__file__")
        assert told(kernel.report()) == []


def test_activation(place: Place, tmp_path: Path):
    place.library("proj", "9.4", {"share/proj/proj.db": b"", "etc/conda/activate.d/proj.sh": b"export PROJ_DATA=$X\n"})
    place.package("pyproj", "3.6", depends=["proj >=9"])
    with Kernel(place.python, tmp_path) as kernel:
        assert told(kernel.report()) == [(230, "info", "lab")]
        kernel.run("import pyproj")
        assert told(kernel.report()) == [(230, "warning", "lab")]
    active = {"CONDA_PREFIX": str(place.path), "PROJ_DATA": str(place.at("share/proj"))}
    with Kernel(place.python, tmp_path, **active) as kernel:
        kernel.run("import pyproj")
        assert told(kernel.report()) == []
    assert told(asked(place.python)) == []
    assert told(asked(place.python, PROJ_LIB="/usr/share/proj")) == [(231, "warning", "PROJ_LIB")]


def test_the_pip_of_the_kernels_own_path(place: Place, tmp_path: Path):
    """Not of the process that envguard runs in."""
    elsewhere = tmp_path / "other" / "bin"
    elsewhere.mkdir(parents=True)
    (elsewhere / "python").write_bytes(b"")
    (elsewhere / "pip").write_text(f"#!{elsewhere}/python\n")
    (elsewhere / "pip").chmod(0o755)
    with Kernel(place.python, tmp_path, PATH=str(elsewhere)) as kernel:
        report = kernel.report()
    found = finding(report, 210)
    assert (found.severity, found.evidence[0].source) == (Severity.WARNING, str(elsewhere / "pip"))
    with Kernel(place.python, tmp_path, PATH=str(tmp_path)) as kernel:
        assert 210 not in {each.code for each in kernel.report().findings}


def test_a_real_kernel_beside_a_file(tmp_path: Path):
    (tmp_path / "fastjsonschema.py").write_text("")
    manager = KernelManager()
    manager.kernel_spec.argv[0] = sys.executable
    manager.start_kernel(env={**wheelhouse.isolated(), "IPYTHONDIR": str(tmp_path / "ipython")}, cwd=str(tmp_path))
    client = manager.client()
    try:
        client.start_channels()
        client.wait_for_ready(timeout=60)
        report = api.inspect_client(client, timeout=30)
        assert "fastjsonschema" in {subject for code, _, subject in told(report) if code == 203}
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)


def test_no_folder_is_looked_at_without_end(place: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    work = tmp_path / "work"
    work.mkdir()
    for number in range(40):
        (work / f"n{number}.py").write_text("")
    (work / "pkg").mkdir()
    (work / "pkg" / "__init__.py").write_text("")
    (work / "space").mkdir()
    (work / "no-name.py").write_text("")
    with Kernel(place.python, work) as kernel:
        env = collect.by_client(kernel)
        (found,) = [each for each in env.elsewhere or () if each.path == str(work)]
        assert (found.origin, found.before, len(found.offers)) == ("current", True, 42)
        assert found.offers[0] == Offer("pkg", "pkg")
        assert found.offers[-1] == Offer("space", "space", namespace=True)
        monkeypatch.setattr(sys.modules["envguard.surroundings.elsewhere"], "_NAMES", 10)
        env = collect.by_client(kernel)
    assert [each.source for each in env.problems] == [str(work)]
    assert dataclasses.replace(env, process=None).elsewhere is not None
