"""The warnings of installers: each in the words in which it really came, and in words that are only like them."""

from __future__ import annotations

import io
import subprocess
import sys
import time
from typing import TYPE_CHECKING
from zipfile import ZipFile

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from envguard.analyse import analyse
from envguard.install_log import AT_MOST, read
from envguard.rules.install_log import install_log_warning
from envguard.rules.install_warnings import PATTERNS, WARNINGS
from tests.envs import wheelhouse
from tests.rules.facts import commands, env, only, pkg, told

if TYPE_CHECKING:
    from pathlib import Path

    from envguard.model import Finding

CONFLICT = (
    "ERROR: pip's dependency resolver does not currently take into account all the packages that are installed. "
    "This behaviour is the source of the following dependency conflicts.\n"
    "sphinx 5.0.0 requires docutils<0.19,>=0.14, but you have docutils 0.21 which is incompatible.\n"
)
SAYS = {
    "requires-other": (CONFLICT, "sphinx"),
    "requires-missing": ("sphinx 5.0.0 requires snowballstemmer>=1.1, which is not installed.", "sphinx"),
    "has-requirement": (
        "sphinx 5.0.0 has requirement docutils<0.19,>=0.14, but you have docutils 0.21.\n",
        "sphinx",
    ),
    "resolver-blind": (CONFLICT.splitlines()[0], "pip"),
    "user-install": (
        "Defaulting to user installation because normal site-packages is not writeable\nCollecting six",
        "pip",
    ),
    "not-on-path": (
        "  WARNING: The scripts f2py and numpy-config are installed in '/home/me/.local/bin' which is not on PATH.",
        "/home/me/.local/bin",
    ),
    "invalid-distribution": (
        "WARNING: Ignoring invalid distribution -umpy (/opt/lab/lib/python3.11/site-packages)",
        "pip",
    ),
    "yanked": (
        (
            "WARNING: The candidate selected for download or install is a yanked version: 'requests' candidate (version 2.32.0 "
            "at https://files.pythonhosted.org/packages/24/e8/requests-2.32.0-py3-none-any.whl (from https://pypi.org/simple/requests/))\n"
            "Reason for being yanked: Yanked due to conflicts with CVE-2024-35195 mitigation"
        ),
        "requests",
    ),
    "yanked-uv": ('warning: `requests==2.32.0` is yanked (reason: "Yanked due to conflicts")', "requests"),
    "as-root": (
        "WARNING: Running pip as the 'root' user can result in broken permissions and conflicting behaviour with the system package manager",
        "pip",
    ),
    "outside": (
        "    Not uninstalling six at /usr/lib/python3/dist-packages, outside environment /opt/venv\n    Can't uninstall 'six'.",
        "six",
    ),
    "distutils": (
        "ERROR: Cannot uninstall 'PyYAML'. It is a distutils installed project and thus we cannot accurately determine which files belong to it",
        "PyYAML",
    ),
    "no-record": (
        (
            "error: uninstall-no-record-file\n\n× Cannot uninstall six 1.17.0\n"
            "╰─> The package's contents are unknown: no RECORD file was found for six."
        ),
        "six",
    ),
    "no-record-uv": (
        "warning: Failed to uninstall package at `env/lib/python3.11/site-packages/six-1.17.0.dist-info` due to missing `RECORD` file.",
        "env/lib/python3.11/site-packages/six-1.17.0.dist-info",
    ),
    "managed": (
        "error: externally-managed-environment\n\n× This environment is externally managed\n╰─> To install",
        "pip",
    ),
    "no-extra": ("WARNING: six 1.17.0 does not provide the extra 'nope'", "six"),
    "no-extra-uv": ("warning: The package `six==1.17.0` does not have an extra named `nope`", "six"),
    "not-installed": ("WARNING: Skipping nothere as it is not installed.", "nothere"),
    "target-kept": (
        "WARNING: Target directory /home/me/tt/six.py already exists. Specify --upgrade to force replacement.",
        "/home/me/tt",
    ),
    "uninstalled": ("    Uninstalling numpy-1.26.4:\n      Successfully uninstalled numpy-1.26.4\n", "numpy"),
    "tar-bz2": (
        (
            "WARNING conda.base.context:use_only_tar_bz2(632): Conda is constrained to only using the old .tar.bz2 file format "
            "because you have conda-build installed, and it is <3.18.3.  Update or remove conda-build"
        ),
        "conda-build",
    ),
    "pin-overridden": (
        "Solving environment: | WARNING conda.core.solve:_add_specs(583): pinned spec matplotlib=1.5 conflicts with explicit specs.  Overriding pinned spec.",
        "matplotlib=1.5",
    ),
    "pins-ignored": ("WARNING: the pinned specs were ignored", "conda"),
    "inconsistent": (
        (
            "The environment is inconsistent, please check the package plan carefully\n"
            "The following packages are causing the inconsistency:\n\n"
            "  - defaults/win-64::aiohttp==3.8.1=py37h2bbff1b_0\n  - defaults/noarch::async-timeout==4.0.1=pyhd3eb1b0_0\n\ndone\n"
        ),
        "conda",
    ),
    "damaged-package": (
        (
            "SafetyError: The package for cudatoolkit located at /home/me/anaconda3/pkgs/cudatoolkit-8.0-3\n"
            "appears to be corrupted. The path 'lib/libcufft.so.8.0.61'\nhas an incorrect size."
        ),
        "cudatoolkit",
    ),
    "clobber": (
        (
            "ClobberError: This transaction has incompatible packages due to a shared path.\n"
            "  packages: defaults/linux-64::intel-openmp-2023.1.0-hdb19cb5_46306, defaults/linux-64::llvm-openmp-14.0.6-h9e868ea_0\n"
            "  path: 'lib/libomptarget.so'\n"
        ),
        "lib/libomptarget.so",
    ),
    "clobber-foreign": (
        (
            "ClobberError: The package 'https://mirror.example.org/pkgs/main::cudnn-7.1.3-cuda8.0_0' cannot be installed due to a path collision "
            "for 'include/cudnn.h'.\nThis path already exists in the target prefix, and it won't be removed by an uninstall action in this transaction."
        ),
        "https://mirror.example.org/pkgs/main::cudnn-7.1.3-cuda8.0_0",
    ),
    "already-present": (
        "warning  libmamba [foo-1.2.3] The following files were already present in the environment:\n    - lib/python3.10/site-packages/package/__init__.py\n",
        "foo-1.2.3",
    ),
    "frozen-solve": (
        "Solving environment: failed with initial frozen solve. Retrying with flexible solve.",
        "conda",
    ),
    "pip-not-listed": (
        "Warning: you have pip-installed dependencies in your environment file, but you do not list pip itself as one of your conda dependencies.",
        "pip",
    ),
    "removed-condas": (
        "Using Python 3.11.7 environment at: /opt/miniconda3\n - requests==2.31.0 (from file:///croot/requests_1690400202158/work)\n + requests==2.32.0",
        "requests",
    ),
    "no-hardlink": (
        "warning: Failed to hardlink files; falling back to full copy. This may lead to degraded performance.",
        "uv",
    ),
    "other-project": (
        "warning: `VIRTUAL_ENV=/tmp/env` does not match the project environment path `.venv` and will be ignored; use `--active` to target the active environment instead",
        ".venv",
    ),
}
NEARLY = (
    " - mylab==0.1.0 (from file:///home/me/mylab)\n + requests==2.32.0 (from file:///croot/requests_1/work)",
    "WARNING: You are using pip version 20.0.2; however, version 26.0 is available.",
    "[notice] A new release of pip is available: 23.2.1 -> 26.0",
    "==> WARNING: A newer version of conda exists. <==\n  current version: 4.10.3",
    "Requirement already satisfied: numpy in /opt/lab/lib/python3.11/site-packages (1.26.4)",
    "Solving environment: done\n\n## Package Plan ##",
    "raise RuntimeError('The environment is inconsistent; back up and recreate .venv.')",
    "pandas 2.2.2 requires numpy, as everybody knows, but you have to install it",
    "Defaulting to user root",
    "DEPRECATION: Loading egg at /opt is deprecated.",
    "installed in '/opt/bin' which is on PATH",
    "Added pinned spec numpy=1.26 to the environment",
    "warning  libmamba Added empty dependency for problem type SOLVER_RULE_UPDATE",
    "Successfully uninstalled rich-13.0.0",  # pip's own
    "Successfully uninstalled numpy-2.3.5",  # not the version that conda has a record of
    "Skipping link: none of the wheel's tags match: https://example.org/x.whl",
    "WARNING: Location 'file:///simple/six/' is ignored: it is neither a file nor a directory.",
    "Retrying with flexible solve.",
    "Cannot uninstall requirement six, not installed",
    "The package for numpy located at /opt/pkgs was fetched",
)
WHERE = env((pkg("numpy", "1.26.4"),))


def findings(text: str | bytes, where=WHERE) -> list[Finding]:
    import dataclasses

    return list(install_log_warning(dataclasses.replace(where, install_log=read(text, PATTERNS))))


def test_every_warning_has_its_words_here():
    assert list(SAYS) == [each.pattern.id for each in WARNINGS]


@pytest.mark.parametrize("name", SAYS)
def test_it_is_found(name: str):
    said, subject = SAYS[name]
    line = only(each for each in read(f"Collecting six\n{said}\ndone", PATTERNS) if each.pattern == name)
    assert line.source in ("line 2", "line 3", "line 4")  # a conflict stands below its heading
    found = only(findings(said))
    assert (found.subject, found.severity) == (subject, next(e.severity for e in WARNINGS if e.pattern.id == name))
    assert "?" not in found.message.english()


@pytest.mark.parametrize("said", NEARLY)
def test_what_is_only_like_it(said: str):
    assert findings(said) == []


@pytest.mark.parametrize(
    "said",
    [
        "WARNING: Ignoring invalid distribution ~umpy (/x)",
        "WARNING: Ignoring incompletely removed distribution ~umpy-1.0.dist-info (/x); '~'-prefixed leftover directories",
        "warning: Ignoring dangling temporary directory: /x/~umpy-1.0.dist-info",
        "WARNING: Skipping /x/~umpy-1.0.dist-info due to invalid metadata entry 'name'",
    ],
)
def test_other_tools_and_releases_say_it_in_other_words(said: str):
    assert only(read(said, PATTERNS)).pattern == "invalid-distribution"


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
def test_line_ends_and_encodings(end: str, encoding: str):
    text = f"   ━━━ 12%\r   ━━━ 100%\n{CONFLICT}done\n".replace("\n", end)
    found = only(findings(text.encode(encoding)))
    assert found.message.english() == "sphinx 5.0.0 requires docutils<0.19,>=0.14, but docutils 0.21 is installed"
    assert found.evidence[0].source == "line 4"


def test_coloured_and_wrapped():
    coloured = "\x1b[31mERROR: \x1b[0msphinx\x1b[1m 5.0.0\x1b[0m requires docutils<0.19,>=0.14, but\n  you have docutils 0.21\n  which is incompatible.\x1b[0m"
    assert only(findings(coloured)).subject == "sphinx"
    wrapped = "WARNING: Conda is constrained to only using\nthe old .tar.bz2 file format because"
    assert commands(only(findings(wrapped))) == [["conda update --name base conda-build"]]


def test_the_heading_is_told_only_where_no_conflict_is():
    assert [each.subject for each in findings(CONFLICT)] == ["sphinx"]


def test_what_causes_an_inconsistency_is_named():
    found = only(findings(SAYS["inconsistent"][0]))
    assert found.message.english().endswith("requirements of packages were not met: aiohttp, async-timeout")


def test_often_is_told_once():
    found = only(findings(SAYS["no-extra"][0] + "\n" + "noise\n" * 10 + SAYS["no-extra"][0]))
    assert found.evidence[0].says.english().endswith("(and 1 more time)")
    assert found.evidence[0].source == "line 1"


def test_secrets_stay_where_they_are():
    said = "WARNING: yanked version: 'x' candidate (version 1.0 at https://me:hunter2@host/t/tk-1/x.whl (from y))"
    assert "hunter2" not in repr(findings(said))
    channel = SAYS["clobber-foreign"][0].replace("https://mirror.example.org/", "https://me:hunter2@host/t/tk-12/")
    assert "hunter2" not in repr(findings(channel))
    assert "tk-12" not in repr(findings(channel))


def test_conda_updates_what_pip_could_not():
    where = env((pkg("pyyaml", "6.0"),))
    assert commands(only(findings(SAYS["distutils"][0], where))) == [
        ["/opt/conda/bin/conda install --prefix /opt/conda/envs/lab pyyaml"]
    ]
    assert commands(only(findings(SAYS["distutils"][0], env((pkg("pyyaml"),), writable=False)))) == [
        ["envguard check --prefix /opt/conda/envs/lab"]
    ]


def test_without_a_log_it_is_skipped():
    report = analyse(env(install_log=None))
    assert [each.reason.english() for each in report.skipped if each.rule == install_log_warning.id] == [
        "only `envguard explain-log` reads what an installer has printed"
    ]


@pytest.mark.parametrize("size", [(1 << 20) - 700, (1 << 20) - 50, (1 << 20) + 20, 3 << 20])
def test_in_parts(size: int):
    """A warning is found wherever the parts meet in which a log is read."""
    noise = "an ordinary line that says nothing\n"
    text = noise * (size // len(noise)) + CONFLICT + noise * 40_000 + SAYS["tar-bz2"][0]
    lines = read(text, PATTERNS)
    assert [each.pattern for each in lines] == ["resolver-blind", "requires-other", "tar-bz2"]
    assert lines[1].source == f"line {size // len(noise) + 2}"
    assert lines[1].times == 1


def test_a_log_without_end_is_read_in_time():
    for words in ("requires ", "ClobberError: The package '", "x 1 requires y, but you have z ", "\x1b[31m"):
        started = time.process_time()
        read(words * (300_000 // len(words)), PATTERNS)
        assert time.process_time() - started < 5
    many = "".join(f"WARNING: Skipping name{n} as it is not installed.\n" for n in range(3000))
    assert len(read(many, PATTERNS)) == AT_MOST


PIECES = st.sampled_from(
    [*(said for said, _ in SAYS.values()), "\x1b[", "\r", "\n", "\x00", "'", "`", "- ", "  ", "{", '{"cells"']
)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(PIECES | st.text(max_size=20) | st.binary(max_size=20), max_size=8),
    st.sampled_from(["utf-8", "utf-16-le"]),
)
def test_it_never_fails(pieces: list[str | bytes], encoding: str):
    from envguard.errors import BadArguments

    raw = b"".join(p if isinstance(p, bytes) else p.encode(encoding, "replace") for p in pieces)
    try:
        lines = read(io.BytesIO(raw), PATTERNS)
    except BadArguments:
        assert b'"cells"' in raw
        return
    assert not analyse(env(install_log=lines)).failed


def made(folder: Path, name: str, version: str, *requires: str) -> Path:
    """A wheel of one module."""
    info, file = f"{name}-{version}.dist-info", folder / f"{name}-{version}-py3-none-any.whl"
    with ZipFile(file, "w") as wheel:
        wheel.writestr(f"{name}.py", f"__version__ = '{version}'\n")
        needs = "".join(f"Requires-Dist: {each}\n" for each in requires)
        wheel.writestr(f"{info}/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n{needs}")
        wheel.writestr(
            f"{info}/WHEEL", "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        )
        wheel.writestr(f"{info}/RECORD", f"{name}.py,,\n{info}/METADATA,,\n{info}/WHEEL,,\n{info}/RECORD,,\n")
    return file


@pytest.mark.slow
def test_what_pip_really_says(tmp_path: Path):
    """One environment, and pip at work in it: every warning of its that can be had without a network or another user."""
    place = tmp_path / "env"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", place], check=True)
    [site] = place.glob("[lL]ib/**/site-packages")
    needy, old, new = (
        made(tmp_path, "needy", "1.0", "thing<2"),
        made(tmp_path, "thing", "1.0"),
        made(tmp_path, "thing", "2.0"),
    )

    def pip(*arguments: str | Path) -> list[str]:
        command = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--python", place, *arguments]
        done = subprocess.run(command, env=wheelhouse.isolated(), capture_output=True, check=False, cwd=tmp_path)
        return [each.pattern for each in read(done.stdout + done.stderr, PATTERNS) if each.pattern != "as-root"]

    install = ("install", "--no-index", "--no-compile")
    assert pip(*install, needy, old) == []
    assert pip(*install, new) == ["uninstalled", "resolver-blind", "requires-other"]
    assert pip("check") == ["has-requirement"]
    assert pip(*install, "--find-links", tmp_path, "thing[more]==1.0") == ["uninstalled", "no-extra"]
    (tmp_path / "there").mkdir()
    (tmp_path / "there/thing.py").touch()
    assert pip(*install, "--target", "there", old) == ["target-kept"]
    (site / "thing-1.0.dist-info/RECORD").unlink()
    assert pip("uninstall", "--yes", "thing") == ["no-record"]
    (site / "olden-1.0-py3.11.egg-info").write_text("Metadata-Version: 1.0\nName: olden\nVersion: 1.0\n")
    assert sorted(pip("uninstall", "--yes", "nothere", "olden")) == ["distutils", "not-installed"]
    (site / "-umpy-1.0.dist-info").mkdir()
    (site / "-umpy-1.0.dist-info/METADATA").write_text("Metadata-Version: 2.1\nName: -umpy\nVersion: 1.0\n")
    assert pip("list") == ["invalid-distribution"]


def test_the_table_as_told():
    assert told(install_log_warning, env(install_log=read(SAYS["no-extra"][0], PATTERNS))) == [
        ("warning", "six", "six 1.17.0 has no extra of the name nope")
    ]
