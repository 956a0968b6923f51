"""The errors of installers: each in the words in which it comes, and in words that are only like them."""

from __future__ import annotations

from functools import partial

import pytest

from envguard.install_log import read
from envguard.rules.install_failures import ALL, ALL_PATTERNS, FAILURE_PATTERNS, FAILURES
from envguard.rules.install_log import install_log_warning
from envguard.rules.install_warnings import PATTERNS, PLACES
from tests.growth import growth
from tests.rules.facts import PREFIX, commands, env, only

SAYS = {
    "not-found-conda": (
        "PackagesNotFoundError: The following packages are not available from current channels:\n\n  - torhc\n  - foo=9.9\n",
        "none of conda's channels has what was asked for, in a build for this platform: torhc, foo",
    ),
    "not-there-conda": (
        "PackagesNotFoundError: The following packages are missing from the target environment:\n  - torhc\n",
        "conda has no record of what was to be removed or updated: torhc",
    ),
    "not-found-mamba": ("    └─ foo 9.9** does not exist (perhaps a typo or a missing channel).", None),
    "unsolvable-python": (
        (
            "UnsatisfiableError: The following specifications were found\nto be incompatible with the existing python "
            "installation in your environment:\n\nSpecifications:\n\n  - opencv=3.4.2 -> python[version='>=3.5,<3.6.0a0']\n\n"
            "Your python: python=3.11\n"
        ),
        "opencv has no build for the Python of the environment",
    ),
    "unsolvable": ("LibMambaUnsatisfiableError: Encountered problems while solving:\n  - package a-1 requires b", None),
    "corrupted": (
        (
            "CorruptedEnvironmentError: The target environment has been corrupted. Corrupted environments most commonly\n"
            "occur when the conda process is force-terminated while in an unlink-link\ntransaction.\n"
            "  environment location: /home/me/envs/ml\n  corrupted file: /home/me/envs/ml/conda-meta/numpy-1-0.json\n"
        ),
        (
            "conda was stopped in the midst of changing /home/me/envs/ml; what it left cannot be read: "
            "/home/me/envs/ml/conda-meta/numpy-1-0.json"
        ),
    ),
    "not-writable": (
        (
            "EnvironmentNotWritableError: The current user does not have write permissions to the target environment.\n"
            "  environment location: /opt/conda\n  uid: 1000\n  gid: 100\n"
        ),
        "conda may not write to /opt/conda, since it belongs to somebody else",
    ),
    "path-not-writable": (
        (
            "NotWritableError: The current user does not have write permissions to a required path.\n"
            "  path: /opt/conda/pkgs/urls.txt\n  uid: 1000\n"
        ),
        "conda may not write to /opt/conda/pkgs/urls.txt",
    ),
    "no-base": ("NoBaseEnvironmentError: This conda installation has no default base environment. Use\n", None),
    "archive-closed": (
        (
            'InvalidArchiveError("Error with archive /opt/conda/pkgs/x-1-0.conda.  You probably need to delete and re-download '
            "or re-create this file.  Message was:\\n\\nfailed with error: [Errno 13] Permission denied: '/opt/conda/pkgs/x'\")"
        ),
        "conda may not unpack /opt/conda/pkgs/x-1-0.conda, since its package cache belongs to somebody else",
    ),
    "archive": (
        "InvalidArchiveError('Error with archive /opt/conda/pkgs/x-1-0.conda.  You probably need to delete and re-download')",
        "/opt/conda/pkgs/x-1-0.conda in conda's package cache cannot be unpacked",
    ),
    "checksum": (
        (
            "ChecksumMismatchError: Conda detected a mismatch between the expected content and downloaded content\n"
            "for url 'https://host/x-1-0.conda'.\n"
        ),
        "what came from https://host/x-1-0.conda is not what the channel's index says",
    ),
    "no-source": (
        "CondaError: Cannot link a source that does not exist. /opt/conda/pkgs/x-1-0/lib/x.so\nRunning `conda clean`",
        "the unpacked package in conda's cache is not whole: there is no /opt/conda/pkgs/x-1-0/lib/x.so",
    ),
    "no-environment": (
        "EnvironmentLocationNotFound: Not a conda environment: /home/me/envs/gone\n",
        "there is no conda environment at /home/me/envs/gone",
    ),
    "no-environment-named": (
        "EnvironmentNameNotFound: Could not find conda environment: ml2\n",
        "this conda knows no environment of the name ml2",
    ),
    "not-of-conda": ("error    libmamba Non-conda folder exists at prefix\ncritical libmamba Aborting.", None),
    "http": (
        "CondaHTTPError: HTTP 403 FORBIDDEN for url <https://repo.host/linux-64/repodata.json>\nElapsed: 0.1\n",
        "conda got nothing from https://repo.host/linux-64/repodata.json: 403 FORBIDDEN",
    ),
    "locked": ("error    libmamba Could not lock '/home/me/micromamba/pkgs'", None),
    "of-conda-itself": (
        "RemoveError: 'requests' is a dependency of conda and cannot be removed from\nconda's operating environment.",
        "conda itself needs requests in the environment from which it runs",
    ),
    "terms": (
        (
            "CondaToSNonInteractiveError: Terms of Service have not been accepted for the following channels. Please accept "
            "or remove them before proceeding:\n    - https://repo.anaconda.com/pkgs/main\n"
        ),
        None,
    ),
    "pip-part": ("CondaEnvException: Pip failed\n", None),
    "not-initialised": (
        "CommandNotFoundError: Your shell has not been properly configured to use 'conda activate'.",
        None,
    ),
    "full": ("OSError: [Errno 28] No space left on device", "the disk is full"),
    "torch-index": (
        "ERROR: Could not find a version that satisfies the requirement torch==2.1.0+cu121 (from versions: none)",
        "PyPI has no torch==2.1.0+cu121, since a version with +cu121 is of PyTorch's own index",
    ),
    "no-release": (
        "ERROR: Could not find a version that satisfies the requirement torhc (from versions: none)",
        "no release of torhc is offered for this Python and this system",
    ),
    "no-such-release": (
        "ERROR: Could not find a version that satisfies the requirement tensorflow==2.4.0 (from versions: 2.16.1, 2.17.0)",
        "of tensorflow no release that fits ==2.4.0 is offered for this Python and this system",
    ),
    "requires-python": (
        "ERROR: Ignored the following versions that require a different python version: 1.21.2 Requires-Python >=3.7,<3.11",
        "releases were passed over, since they are for other Pythons: 1.21.2 Requires-Python >=3.7,<3.11",
    ),
    "another-python": (
        "ERROR: Package 'x' requires a different Python: 3.8.10 not in '>=3.9'",
        "what was to be installed is for Python >=3.9, and this is 3.8.10",
    ),
    "conflict": (
        "ERROR: Cannot install a==1 and b==2 because these package versions have conflicting dependencies.",
        None,
    ),
    "not-found-uv": (
        "  × No solution found when resolving dependencies:\n  ╰─▶ Because torhc was not found in the package registry and",
        "the index has no torhc",
    ),
    "no-wheel-uv": (
        (
            "  hint: You require CPython 3.13 (`cp313`), but we only found wheels for `jaxlib` (v0.4.36) with the following Python "
            "ABI tags: `cp310`, `cp311`"
        ),
        "jaxlib comes ready made for these only: `cp310`, `cp311`",
    ),
    "foreign-wheel": (
        "ERROR: numpy-1.21.0-cp38-cp38-win_amd64.whl is not a supported wheel on this platform.",
        "numpy-1.21.0-cp38-cp38-win_amd64.whl was made for another Python or another system, which its name tells",
    ),
    "build-failed": (
        "  ERROR: Failed building wheel for llvmlite\nFailed to build llvmlite\n",
        "llvmlite had to be built from its sources here, and that failed",
    ),
    "build-failed-early": ("  × Getting requirements to build wheel did not run successfully.\n", None),
    "pip-closed": (
        "ERROR: Could not install packages due to an OSError: [Errno 13] Permission denied: '/opt/conda/lib/x'\nConsider",
        "pip may not write to /opt/conda/lib/x",
    ),
    "in-use": (
        "ERROR: Could not install packages due to an OSError: [WinError 5] Access is denied: 'C:\\\\env\\\\~umpy\\\\x.dll'\n",
        "a program has C:\\\\env\\\\~umpy\\\\x.dll in use, most likely a running kernel",
    ),
    "long-path": (
        "HINT: This error might have occurred since this system does not have Windows Long Path support enabled.",
        None,
    ),
    "hashes": ("ERROR: THESE PACKAGES DO NOT MATCH THE HASHES FROM THE REQUIREMENTS FILE. If you", None),
    "no-ssl": ("however the ssl module in Python is not available.", None),
    "certificate": ("ssl.SSLCertVerificationError: [SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed", None),
    "syntax": (
        "ERROR: Invalid requirement: 'numpy=1.26.4': Expected end or semicolon",
        "numpy=1.26.4 is written as conda takes it, with one equals sign",
    ),
    "managed-uv": ("error: The interpreter at /usr is externally managed, and indicates the following:", None),
    "no-venv-uv": ("error: No virtual environment found; run `uv venv` to create an environment", None),
}


def found(said: str, where=None):
    lines = read(said, ALL_PATTERNS)
    return list(install_log_warning(where or env(install_log=lines)))


def test_every_failure_has_its_words():
    assert list(SAYS) == [each.pattern.id for each in FAILURES]
    assert len({each.pattern.id for each in ALL}) == len(ALL)


@pytest.mark.parametrize("name", SAYS)
def test_is_told_once(name):
    said, message = SAYS[name]
    each = only(found(f"Collecting x\n{said}\n\nmore words\n"))
    known = next(each for each in FAILURES if each.pattern.id == name)
    assert each.message.english() == (message or known.means)
    assert (each.severity.value, each.rule) == ("warning", "install-log-warning")


@pytest.mark.parametrize(
    "said",
    [
        "PackagesNotFoundError was caught",
        "UnsatisfiableErrors are rare",
        "the EnvironmentNotWritableError of yesterday",
        "HTTP 200 OK for url <https://host/x>",
        "HTTP 404 Not Found for url https://host/x",
        "The space left on device is 5 GB",
        "satisfies the requirement numpy>=1 (from versions: ",
        "Requirement already satisfied: torch==2.1.0+cu121 in /opt/conda/lib",
        "Invalid requirement: 'numpy==1.26.4'",
        "Failed to build consensus",
        "Successfully built llvmlite",
        "x requires a different Python than y",
        "No virtual environment was asked for",
    ],
)
def test_is_not_told(said):
    assert [each.message.english() for each in found(said)] == []


def test_a_command_is_about_the_environment_of_the_text():
    for name, (said, _) in SAYS.items():
        for each in found(said):
            assert PREFIX not in str(commands(each)), name
    (corrupted,) = found(SAYS["corrupted"][0])
    assert commands(corrupted) == [["envguard check --prefix /home/me/envs/ml"]]


def test_the_outputs_of_notebooks_are_read_for_warnings_only():
    places = {each.id for each in PLACES}
    told = [line.pattern for said, _ in SAYS.values() for line in read(said, PATTERNS)]
    assert [each for each in told if each not in places] == []


def test_words_that_begin_as_many_failures_do_take_no_time():
    marks = [mark for each in FAILURES for mark in each.pattern.marks]
    said = "".join(f"{mark} - a -> python\n  environment location: /x\n" for mark in marks)
    assert growth(lambda times: partial(read, said * times, FAILURE_PATTERNS), 2, 8) < 9
