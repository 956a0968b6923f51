"""The errors with which installers give up: their words, what they mean, and what to do.

They are loud, but what they say is often not what has to be known: which file is broken, whose folder it is, why there is
no version. A command that a fix names is about the environment in the text, if the text names one, and never about ours.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from envguard.install_log import Pattern
from envguard.model import Fix, Safety, Severity, Step, text
from envguard.rules.install_warnings import PATTERNS, WARNINGS, Warned

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from envguard.facts import Environment

    Args = Mapping[str, str]
    Ways = Callable[[Environment, Args], tuple[Fix, ...]]

_NAME = r"[A-Za-z0-9_][A-Za-z0-9._-]{0,99}"
_PATH = r"[^\s'\"<>][^\n'\"<>]{0,399}?"
_END = r"(?=[.,;]?\s*(?:\n|\Z))"
_LISTED = r"(?P<listed>(?:\s+- [^\n]{1,300}){1,150})"


def _search(_env: Environment, args: Args) -> tuple[Fix, ...]:
    name = args.get("name") or next(iter(args.get("names", "").split()), "")
    if not name:
        return ()
    title = text("See in which channels there is a {name}, and for which platforms", name=name)
    return (Fix(title, (Step(("conda", "search", "--channel", "conda-forge", name)),), Safety.SAFE),)


def _versions(_env: Environment, args: Args) -> tuple[Fix, ...]:
    title = text("See which other versions of {name} there are", name=args["name"])
    return (Fix(title, (Step(("python", "-m", "pip", "index", "versions", args["name"])),), Safety.SAFE),)


def _new(_env: Environment, args: Args) -> tuple[Fix, ...]:
    name = args.get("name")
    title = text("Ask for it in a new environment, in which nothing else is settled, Python neither")
    step = ("conda", "create", "--name", "work", name or "NAME")
    return (Fix(title, (Step(step),), Safety.REVIEW if name else Safety.MANUAL),)


def _own(_env: Environment, _args: Args) -> tuple[Fix, ...]:
    title = text("Make an environment of your own, and install there")
    return (Fix(title, (Step(("conda", "create", "--name", "work", "python")),), Safety.REVIEW),)


def _own_venv(_env: Environment, _args: Args) -> tuple[Fix, ...]:
    title = text("Make an environment of your own, and install there")
    return (Fix(title, (Step(("python3", "-m", "venv", ".venv")),), Safety.SAFE),)


def _check_there(_env: Environment, args: Args) -> tuple[Fix, ...]:
    title = text("See what of it is there, and how to repair it")
    return (Fix(title, (Step(("envguard", "check", "--prefix", args["where"])),), Safety.SAFE),)


def _clean(_env: Environment, _args: Args) -> tuple[Fix, ...]:
    title = text("Throw away what conda's package cache holds, and give the command again")
    return (Fix(title, (Step(("conda", "clean", "--packages", "--tarballs")),), Safety.REVIEW),)


def _own_cache(_env: Environment, _args: Args) -> tuple[Fix, ...]:
    title = text("Let conda keep its packages in a folder of your own")
    step = Step(("conda", "config", "--prepend", "pkgs_dirs", "~/.conda/pkgs"))
    return (Fix(title, (step,), Safety.REVIEW),)


def _clean_index(_env: Environment, _args: Args) -> tuple[Fix, ...]:
    title = text("Throw away what was fetched and the index with it, and give the command again")
    return (Fix(title, (Step(("conda", "clean", "--index-cache", "--tarballs")),), Safety.REVIEW),)


def _locks(_env: Environment, _args: Args) -> tuple[Fix, ...]:
    title = text("When no other is at work any more, take the locks away that a killed one has left")
    return (Fix(title, (Step(("mamba", "clean", "--locks")),), Safety.REVIEW),)


def _environments(_env: Environment, _args: Args) -> tuple[Fix, ...]:
    return (Fix(text("See which environments there are"), (Step(("conda", "env", "list")),), Safety.SAFE),)


def _settings(_env: Environment, _args: Args) -> tuple[Fix, ...]:
    title = text("See which channels and proxies are set, and where")
    return (Fix(title, (Step(("conda", "config", "--show-sources")),), Safety.SAFE),)


def _terms(_env: Environment, args: Args) -> tuple[Fix, ...]:
    url = next((word for word in args.get("listed", "").split() if "://" in word), "")
    accept = Step(("conda", "tos", "accept", "--override-channels", "--channel", url or "URL"))
    return (
        Fix(text("Accept them, if you may and want to"), (accept,), Safety.MANUAL),
        Fix(text("Or give the command with `--override-channels --channel conda-forge`"), (), Safety.MANUAL),
    )


def _space(_env: Environment, _args: Args) -> tuple[Fix, ...]:
    title = text("Free what the caches of conda and pip take, then give the command again")
    steps = (Step(("conda", "clean", "--all")), Step(("python", "-m", "pip", "cache", "purge")))
    return (Fix(title, steps, Safety.REVIEW),)


def _wheels_only(_env: Environment, args: Args) -> tuple[Fix, ...]:
    title = text("Take the newest release of {name} that comes ready made for this Python", name=args["name"])
    step = Step(("python", "-m", "pip", "install", "--only-binary", ":all:", args["name"]))
    return (Fix(title, (step,), Safety.REVIEW),)


def _index_of_torch(_env: Environment, args: Args) -> tuple[Fix, ...]:
    title = text("Ask PyTorch's own index, which alone has builds with {build}", build=args["build"])
    url = f"https://download.pytorch.org/whl/{args['build']}"
    step = Step(("python", "-m", "pip", "install", args["wants"], "--index-url", url))
    return (Fix(title, (step,), Safety.REVIEW),)


def _by_pip_syntax(_env: Environment, args: Args) -> tuple[Fix, ...]:
    name, _, version = args["wants"].partition("=")
    title = text("Write two equals signs, as pip wants it")
    return (Fix(title, (Step(("python", "-m", "pip", "install", f"{name}=={version}")),), Safety.REVIEW),)


def _stop(_env: Environment, _args: Args) -> tuple[Fix, ...]:
    title = text("Stop every kernel and program that runs from this environment, then give the command again")
    return (Fix(title, (), Safety.MANUAL),)


def _purge(_env: Environment, _args: Args) -> tuple[Fix, ...]:
    title = text("Throw away what pip has kept of earlier downloads, and give the command again")
    return (Fix(title, (Step(("python", "-m", "pip", "cache", "purge")),), Safety.REVIEW),)


def _init(_env: Environment, _args: Args) -> tuple[Fix, ...]:
    title = text("Let a command run in an environment without activating it")
    step = Step(("conda", "run", "--name", "NAME", "python", "--version"))
    return (
        Fix(title, (step,), Safety.MANUAL),
        Fix(text("Or prepare the shell once, and open a new one"), (Step(("conda", "init")),), Safety.REVIEW),
    )


def _venv_of_uv(_env: Environment, _args: Args) -> tuple[Fix, ...]:
    title = text("Make one here, or name the Python of another by `--python`")
    return (Fix(title, (Step(("uv", "venv")),), Safety.SAFE),)


def _failure(
    name: str,
    marks: tuple[str, ...],
    whole: str,
    subject: str,
    means: str,
    so: str | None,
    ways: Ways | None,
    source: str,
    *,
    before: str | None = None,
    instead: tuple[str, ...] = (),
) -> Warned:
    return Warned(Pattern(name, marks, whole, before), Severity.WARNING, subject, means, so, ways, source, instead)


_CONDA = "https://github.com/conda/conda/blob/main/conda/exceptions.py"
_MAMBA = "https://github.com/mamba-org/mamba/tree/main/libmamba/src"
_PIP = "https://github.com/pypa/pip/tree/main/src/pip/_internal"
_UV = "https://github.com/astral-sh/uv/tree/main/crates"

FAILURES = (
    _failure(
        "not-found-conda",
        ("PackagesNotFoundError:", "ResolvePackageNotFound:"),
        r"(?:PackagesNotFoundError: The following packages are not available from current channels:|ResolvePackageNotFound:)" + _LISTED,
        "conda",
        "none of conda's channels has what was asked for, in a build for this platform: {names}",
        "the name may be misspelled, be PyPI's or another channel's; a build string of another system is never found",
        _search,
        _CONDA,
    ),
    _failure(
        "not-there-conda",
        ("PackagesNotFoundError:",),
        r"PackagesNotFoundError: The following packages are missing from the target environment:" + _LISTED,
        "conda",
        "conda has no record of what was to be removed or updated: {names}",
        "pip may have installed it, or another environment was meant",
        _environments,
        _CONDA,
    ),
    _failure(
        "not-found-mamba",
        ("does not exist (perhaps", "No candidates were found for"),
        r"(?:does not exist \(perhaps (?:a typo or a missing channel|a missing channel)\)|No candidates were found for (?P<spec>[^\n]{1,100}))",
        "conda",
        "none of conda's channels has what was asked for, in a build for this platform",
        "the name may be misspelled, be PyPI's or another channel's, or the version have no build for this system",
        None,
        _MAMBA,
    ),
    _failure(
        "unsolvable-python",
        ("UnsatisfiableError:",),
        r"UnsatisfiableError: The following specifications were found to be incompatible with the existing python installation in "
        rf"your environment: Specifications: - (?P<name>{_NAME})",
        "name",
        "{name} has no build for the Python of the environment",
        "conda keeps the Python of an environment unless another is asked for",
        _new,
        _CONDA,
    ),
    _failure(
        "unsolvable",
        ("UnsatisfiableError:", "LibMambaUnsatisfiableError:", "Could not solve for environment specs", "failed to solve requirements of environment"),
        r"(?:(?:LibMamba)?UnsatisfiableError:|Could not solve for environment specs|failed to solve requirements of environment)[^\n]{0,200}",
        "conda",
        "conda has found no packages that fit all of what was asked for, what is pinned, and the Python that is there",
        "the lines after it name what excludes each other; nothing was changed",
        _new,
        _CONDA + ", " + _MAMBA,
        instead=("unsolvable-python", "not-found-mamba", "not-found-conda"),
    ),
    _failure(
        "corrupted",
        ("CorruptedEnvironmentError:",),
        rf"CorruptedEnvironmentError: .{{1,400}}?environment location: (?P<where>{_PATH})\s*\n corrupted file: (?P<path>{_PATH}){_END}",
        "where",
        "conda was stopped in the midst of changing {where}; what it left cannot be read: {path}",
        "conda refuses every change until the record is repaired; packages may be there by half",
        _check_there,
        _CONDA,
    ),
    _failure(
        "not-writable",
        ("EnvironmentNotWritableError:",),
        rf"EnvironmentNotWritableError: The current user does not have write permissions to the target environment\. environment location: (?P<where>{_PATH}){_END}",
        "where",
        "conda may not write to {where}, since it belongs to somebody else",
        "nothing was changed; with sudo it would leave files there that belong to root, and hide the fault until the next time",
        _own,
        _CONDA,
    ),
    _failure(
        "path-not-writable",
        ("NotWritableError:",),
        rf"NotWritableError: The current user does not have write permissions to a required path\. path: (?P<path>{_PATH}){_END}",
        "path",
        "conda may not write to {path}",
        "most often a conda that was run with sudo has left it there; its owner or an administrator can give it back",
        None,
        _CONDA,
        before=r"(?<!Environment)",
    ),
    _failure(
        "no-base",
        ("NoBaseEnvironmentError:",),
        r"NoBaseEnvironmentError: This conda installation has no default base environment",
        "conda",
        "no environment was named and none is active, and this conda has none of its own",
        "nothing was changed",
        _environments,
        _CONDA,
    ),
    _failure(
        "archive-closed",
        ("InvalidArchiveError(",),
        rf"InvalidArchiveError\(.?Error with archive (?P<path>{_PATH})\. +You probably need to delete.{{1,300}}?Permission denied",
        "path",
        "conda may not unpack {path}, since its package cache belongs to somebody else",
        "deleting the file does not help; a cache of your own does",
        _own_cache,
        "https://github.com/conda/conda/issues/13133",
    ),
    _failure(
        "archive",
        ("InvalidArchiveError(",),
        rf"InvalidArchiveError\(.?Error with archive (?P<path>{_PATH})\. +You probably need to delete",
        "path",
        "{path} in conda's package cache cannot be unpacked",
        "the download was broken off, the disk is full, or on Windows the path is too long",
        _clean,
        "https://github.com/conda/conda/issues/8923",
        instead=("archive-closed",),
    ),
    _failure(
        "checksum",
        ("ChecksumMismatchError:",),
        r"ChecksumMismatchError: Conda detected a mismatch between the expected content and downloaded content for url '(?P<url>[^'\n]{1,400})'",
        "url",
        "what came from {url} is not what the channel's index says",
        "the download was broken off, or a mirror or proxy gives an index and files of two dates",
        _clean_index,
        _CONDA,
    ),
    _failure(
        "no-source",
        ("Cannot link a source that does not exist.",),
        rf"Cannot link a source that does not exist\. (?P<path>{_PATH})\s*(?:\n|Running)",
        "path",
        "the unpacked package in conda's cache is not whole: there is no {path}",
        "every environment that is made from it would lack the file",
        _clean,
        _CONDA,
    ),
    _failure(
        "no-environment",
        ("EnvironmentLocationNotFound:", "DirectoryNotACondaEnvironmentError:", "No prefix found at:", "Prefix is not a conda environment:"),
        r"(?:EnvironmentLocationNotFound: Not a conda environment:|No prefix found at:|Prefix is not a conda environment:"
        rf"|DirectoryNotACondaEnvironmentError:.{{1,300}}?target directory:) (?P<where>{_PATH}){_END}",
        "where",
        "there is no conda environment at {where}",
        "it was moved or deleted, or is of another conda",
        _environments,
        _CONDA + ", " + _MAMBA,
    ),
    _failure(
        "no-environment-named",
        ("EnvironmentNameNotFound:",),
        r"EnvironmentNameNotFound: Could not find conda environment: (?P<name>\S{1,100})",
        "name",
        "this conda knows no environment of the name {name}",
        "it was deleted, or belongs to another conda or another user; by its path (`--prefix`) it is found all the same",
        _environments,
        _CONDA,
    ),
    _failure(
        "not-of-conda",
        ("Non-conda folder exists at prefix",),
        r"Non-conda folder exists at prefix",
        "mamba",
        "mamba makes no environment in a folder that is there already and holds none",
        "it is what an earlier try has left, or what snakemake writes before: delete the folder if nothing of yours is in it",
        None,
        "https://github.com/mamba-org/mamba/issues/3845",
    ),
    _failure(
        "http",
        ("HTTP ",),
        r"HTTP (?P<status>000|[45]\d\d) (?P<reason>[A-Za-z -]{0,60}) for (?:url|channel) <(?P<url>[^>\s]{1,300})>",
        "url",
        "conda got nothing from {url}: {status} {reason}",
        "000 is a network or a proxy that lets nothing through, 401 and 403 a missing right, 404 a channel that is not there; nothing was changed",
        _settings,
        _CONDA,
    ),
    _failure(
        "locked",
        ("Could not lock '", "Cannot lock '", "LOCKERROR:", "LockError:"),
        r"(?:(?:Could not|Cannot) lock '|LOCKERROR:|LockError:)[^\n]{1,200}",
        "conda",
        "another conda or mamba is at work on the same files, or was killed and has left its lock",
        "two at once would damage the package cache",
        _locks,
        _MAMBA + "/core/util.cpp",
    ),
    _failure(
        "of-conda-itself",
        ("RemoveError:",),
        rf"RemoveError: '(?P<name>{_NAME})' is a dependency of conda and cannot be removed",
        "name",
        "conda itself needs {name} in the environment from which it runs",
        "nothing was changed",
        _own,
        _CONDA,
    ),
    _failure(
        "terms",
        ("CondaToSNonInteractiveError:",),
        r"CondaToSNonInteractiveError: Terms of Service have not been accepted for the following channels[^\n]{0,200}" + _LISTED,
        "conda",
        "conda takes nothing from channels whose terms nobody has accepted on this machine",
        "nothing was changed",
        _terms,
        "https://github.com/conda/conda-anaconda-tos",
    ),
    _failure(
        "pip-part",
        ("CondaEnvException: Pip failed", "Pip subprocess error:", "pip failed to install packages"),
        r"(?:CondaEnvException: Pip failed|Pip subprocess error:|pip failed to install packages)",
        "pip",
        "conda's part of the environment file is installed, and pip's part is not",
        "the environment exists and lacks everything that the file leaves to pip; what pip says stands above or below",
        None,
        _CONDA,
    ),
    _failure(
        "not-initialised",
        ("Your shell has not been properly configured", "Run 'conda init' before 'conda activate'"),
        r"(?:Your shell has not been properly configured to use 'conda (?:de)?activate'|Run 'conda init' before 'conda activate')",
        "conda",
        "`conda activate` does nothing in this shell, so what came after it went to the environment that was active before",
        "in a notebook it never lasts beyond its own line, since each line has a shell of its own",
        _init,
        _CONDA,
    ),
    _failure(
        "full",
        ("NoSpaceLeftError:", "No space left on device"),
        r"(?:NoSpaceLeftError: )?No space left on devices?",
        "disk",
        "the disk is full",
        "what was being written may be cut short, also in packages that were there before: check the environment afterwards",
        _space,
        "errno(3)",
    ),
    _failure(
        "torch-index",
        ("Could not find a version",),
        r"Could not find a version that satisfies the requirement (?P<wants>(?P<name>torch(?:vision|audio)?)==\S{1,30}\+(?P<build>cu\d{2,3}|cpu))",
        "name",
        "PyPI has no {wants}, since a version with +{build} is of PyTorch's own index",
        "pip has installed nothing",
        _index_of_torch,
        "https://pytorch.org/get-started/previous-versions",
    ),
    _failure(
        "no-release",
        ("Could not find a version",),
        rf"Could not find a version that satisfies the requirement (?P<name>{_NAME})(?P<range>[^\s(]{{0,100}})[^(\n]{{0,100}}\(from versions: none\)",
        "name",
        "no release of {name} is offered for this Python and this system",
        "the name may be misspelled, every release be for other Pythons, or the index not be reached, which an earlier line tells",
        _versions,
        _PIP,
        instead=("torch-index", "requires-python"),
    ),
    _failure(
        "no-such-release",
        ("Could not find a version",),
        rf"Could not find a version that satisfies the requirement (?P<name>{_NAME})(?P<range>[^\s(]{{0,100}})[^(\n]{{0,100}}\(from versions: (?!none)",
        "name",
        "of {name} no release that fits {range} is offered for this Python and this system",
        "older releases have no files for a newer Python: those that there are stand in the line itself",
        _versions,
        _PIP,
        instead=("torch-index", "requires-python"),
    ),
    _failure(
        "requires-python",
        ("Ignored the following versions that require a different python version:",),
        r"Ignored the following versions that require a different python version: (?P<versions>[^\n]{1,190})",
        "pip",
        "releases were passed over, since they are for other Pythons: {versions}",
        "the release that was asked for may be among them; it needs an environment with such a Python",
        _own,
        _PIP,
    ),
    _failure(
        "another-python",
        ("requires a different Python:",),
        r"requires a different Python: (?P<python>\S{1,40}) not in '(?P<range>[^'\n]{1,80})'",
        "python",
        "what was to be installed is for Python {range}, and this is {python}",
        "pip has installed nothing",
        _own,
        _PIP,
    ),
    _failure(
        "conflict",
        ("because these package versions have conflicting dependencies", "No solution found when resolving"),
        r"(?:because these package versions have conflicting dependencies|No solution found when resolving(?![^\n]{0,80}\n[^\n]{0,60}(?:was not found|no wheels)))[^\n]{0,100}",
        "requirements",
        "what was asked for cannot be had together: no versions meet all the requirements",
        "the lines after it name who asks for what; nothing was installed",
        None,
        _PIP + ", " + _UV,
        instead=("not-found-uv", "no-wheel-uv"),
    ),
    _failure(
        "not-found-uv",
        ("Because ",),
        rf"Because (?P<name>{_NAME}) was not found in the package registry",
        "name",
        "the index has no {name}",
        "the name may be misspelled, or be that of a module or of a package of conda's",
        None,
        _UV,
    ),
    _failure(
        "no-wheel-uv",
        ("we only found wheels for `",),
        rf"we only found wheels for `(?P<name>{_NAME})`[^\n]{{0,60}} with the following (?P<kind>Python implementation|Python ABI|platform) tags?: (?P<tags>[^\n]{{1,150}})",
        "name",
        "{name} comes ready made for these only: {tags}",
        "this Python or this system is not among them; another Python, or another release, is needed",
        _versions,
        _UV,
    ),
    _failure(
        "foreign-wheel",
        ("is not a supported wheel on this platform",),
        r"is not a supported wheel on this platform",
        "file",
        "{file} was made for another Python or another system, which its name tells",
        "pip has installed nothing",
        None,
        _PIP,
        before=r"(?P<file>[\w.+-]{1,190}\.whl) ",
    ),
    _failure(
        "build-failed",
        ("Failed building wheel for ", "Failed to build `"),
        rf"(?:Failed building wheel for |Failed to build `)(?P<name>{_NAME}?)(?:==(?P<version>[^\s`]{{1,60}}))?[`\s]",
        "name",
        "{name} had to be built from its sources here, and that failed",
        "there is no ready-made file of that release for this Python and system, mostly since one is much newer than the other",
        _wheels_only,
        _PIP + ", " + _UV,
    ),
    _failure(
        "build-failed-early",
        ("Getting requirements to build wheel did not run successfully", "metadata-generation-failed"),
        r"(?:Getting requirements to build wheel did not run successfully|metadata-generation-failed)",
        "pip",
        "a package had to be built from its sources here, and not even its description could be made",
        "it is often older than this Python: distutils left with 3.12, pkgutil.ImpImporter and old setuptools with it",
        None,
        _PIP,
        instead=("build-failed",),
    ),
    _failure(
        "pip-closed",
        ("Could not install packages due to an OSError:", "Could not install packages due to an EnvironmentError:"),
        rf"Could not install packages due to an (?:OS|Environment)Error: \[Errno 13\] Permission denied: '(?P<path>{_PATH})'",
        "path",
        "pip may not write to {path}",
        "with `--user` it would install for every environment of the same Python, which is worse",
        _own_venv,
        _PIP,
    ),
    _failure(
        "in-use",
        ("Could not install packages due to an OSError:",),
        r"Could not install packages due to an OSError: \[WinError (?:5|32)\].{1,200}?: '(?P<path>[^'\n]{1,400})'",
        "path",
        "a program has {path} in use, most likely a running kernel",
        "the old version was moved aside (a folder with ~) and the new one is not there whole",
        _stop,
        _PIP,
    ),
    _failure(
        "long-path",
        ("does not have Windows Long Path support enabled",),
        r"does not have Windows Long Path support enabled",
        "pip",
        "a path is longer than Windows allows here",
        "long paths have to be allowed by an administrator, or the environment to lie in a folder with a short name",
        None,
        _PIP,
    ),
    _failure(
        "hashes",
        ("THESE PACKAGES DO NOT MATCH THE HASHES",),
        r"THESE PACKAGES DO NOT MATCH THE HASHES FROM THE REQUIREMENTS FILE",
        "pip",
        "what was downloaded has another hash than it should have",
        "mostly a download was broken off or a mirror serves something else; nothing was installed",
        _purge,
        _PIP,
    ),
    _failure(
        "no-ssl",
        ("the ssl module in Python is not available", "the SSL module is not available"),
        r"the (?:ssl module in Python|SSL module) is not available",
        "ssl",
        "the Python that ran this cannot load its ssl module, so it could fetch nothing",
        "its OpenSSL is missing or another one is found first; on Windows most often the environment is not activated",
        None,
        _PIP,
    ),
    _failure(
        "certificate",
        ("CERTIFICATE_VERIFY_FAILED",),
        r"CERTIFICATE_VERIFY_FAILED\][^\n]{0,160}",
        "ssl",
        "the server's certificate is signed by nobody whom this Python knows",
        "mostly a proxy of the company signs anew: pip needs its certificate (`pip config set global.cert FILE`), conda, too (`ssl_verify`)",
        None,
        _PIP,
    ),
    _failure(
        "syntax",
        ("Invalid requirement: '",),
        rf"Invalid requirement: '(?P<wants>{_NAME}=(?!=)[^'=\s]{{1,60}})'",
        "wants",
        "{wants} is written as conda takes it, with one equals sign",
        "pip has installed nothing",
        _by_pip_syntax,
        _PIP,
    ),
    _failure(
        "managed-uv",
        ("is externally managed, and indicates",),
        r"is externally managed, and indicates",
        "uv",
        "uv has installed nothing, since the system manages this Python itself",
        None,
        _own_venv,
        _UV,
    ),
    _failure(
        "no-venv-uv",
        ("No virtual environment found",),
        r"No virtual environment found[^\n]{0,160}",
        "uv",
        "uv installs into an active environment or a .venv here, and there is neither",
        "a conda environment counts where it is activated; in a notebook, which activates nothing, uv does not see it",
        _venv_of_uv,
        _UV,
    ),
)  # fmt: skip
"""Every failure that is known."""

ALL = (*WARNINGS, *FAILURES)
FAILURE_PATTERNS = tuple(each.pattern for each in FAILURES)
ALL_PATTERNS = (*PATTERNS, *FAILURE_PATTERNS)
