"""conda, mamba and micromamba; options of conda 4.6 to 26 and of mamba 1 and 2."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from envguard.commands import conda_files, requirements
from envguard.commands.command import Aim, AimKind, Form, Tool, Verb, Word
from envguard.commands.options import Given, Parsed, Style, parse, table
from envguard.commands.tools.call import program_name

if TYPE_CHECKING:
    from envguard.commands.command import Command, Requirement
    from envguard.commands.tools.call import Call

TOOLS = {
    "conda": Tool.CONDA,
    "mamba": Tool.MAMBA,
    "micromamba": Tool.MICROMAMBA,
    "conda-script": Tool.CONDA,
}

_GENERAL = (
    "--help -h",
    "--version -V",
    "--json",
    "--verbose -v",
    "--quiet -q",
    "--debug",
    "--trace",
    "--no-plugins",
    "--console =",
    "--yes -y",
    "--dry-run -d",
    "--offline",
    "--rc-file =",
    "--no-rc",
    "--no-env",
    "--log-level =",
    "--root-prefix -r =",
    "--relocate-prefix =",
    "--use-uv",
)
_PREFIX = ("--name -n =", "--prefix -p =")
_INSTALL = (
    *_GENERAL,
    *_PREFIX,
    "--channel -c =",
    "--use-local",
    "--override-channels -O",
    "--repodata-fn =",
    "--repodata-use-zst",
    "--no-repodata-use-zst",
    "--repodata-use-shards",
    "--no-repodata-use-shards",
    "--experimental =",
    "--no-lock",
    "--strict-channel-priority",
    "--no-channel-priority",
    "--no-deps",
    "--only-deps",
    "--no-pin",
    "--pin",
    "--no-py-pin",
    "--exclude-newer =",
    "--exclude-newer-package =",
    "--copy",
    "--always-copy",
    "--always-softlink",
    "--allow-softlinks",
    "--no-shortcuts",
    "--shortcuts",
    "--shortcuts-only =",
    "--clobber",
    "--download-only -w",
    "--show-channel-urls",
    "--no-show-channel-urls",
    "--file =",
    "--solver =",
    "--experimental-solver =",
    "--insecure -k",
    "--freeze-installed --no-update-deps",
    "--update-deps",
    "--satisfied-skip-solve -S",
    "--update-all --all",
    "--update-specs",
    "--force-reinstall",
    "--force",
    "--force-pscheck",
    "--revision --rev =",
    "--mkdir",
    "--dev",
    "--override-frozen",
    "--use-index-cache -C",
    "--unknown",
    "--environment-specifier --env-spec --format =",
    "--subdir --platform =",
    "--ssl-verify =",
    "--ssl-no-revoke",
    "--cacert-path =",
    "--repodata-ttl =",
    "--retry-clean-cache",
    "--channel-alias =",
    "--skip-run-link-scripts",
    "--run-link-scripts",
    "--pyc",
    "--no-pyc",
    "--allow-uninstall",
    "--no-allow-uninstall",
    "--allow-downgrade",
    "--no-allow-downgrade",
    "--lock-timeout =",
    "--safety-checks =",
    "--extra-safety-checks",
    "--verify-artifacts",
    "--trusted-channels =",
    "--category =",
    "--freeze",
    "--no-env-spec",
)
INSTALL = table(*_INSTALL)
# mamba and micromamba give the option a value that conda has as a switch
_MAMBA = table(*_INSTALL, "--channel-priority =", "--file -f =")
_CONDA = table(*_INSTALL, "--channel-priority")
_CREATE = table(*_INSTALL, "--clone =", "--no-default-packages", "--file -f =")
_REMOVE = table(
    *(line for line in _INSTALL if not line.startswith(("--update-all", "--force", "--dev"))),
    "--all",
    "--keep-env",
    "--features",
    "--force --force-remove",
    "--no-prune-deps",
    "--prune-deps",
    "--dev",
)
_ENV = table(
    *_GENERAL,
    *_PREFIX,
    "--file -f =",
    "--prune",
    "--force",
    "--solver =",
    "--experimental-solver =",
    "--no-default-packages",
    "--environment-specifier --env-spec --format =",
    "--override-frozen",
    "--subdir --platform =",
)
_RUN = table(
    *_GENERAL,
    *_PREFIX,
    "--cwd =",
    "--dev",
    "--debug-wrapper-scripts",
    "--no-capture-output --live-stream",
    "-s",
    "--attach -a =",
    "--env -e =",
    "--clean-env",
    "--detach",
    "--label =",
    "--no-rc",
)
_VERBS = {
    "install": Verb.INSTALL,
    "update": Verb.UPDATE,
    "upgrade": Verb.UPDATE,
    "remove": Verb.REMOVE,
    "uninstall": Verb.REMOVE,
    "rm": Verb.REMOVE,
    "create": Verb.CREATE,
}
_CHANGES_NOTHING = ("--help", "--version", "--dry-run", "--download-only")
_LIST = re.compile(r"\.(?:txt|ya?ml|lock|toml|json|list|in|env)$|[\\/]", re.IGNORECASE)
_DEFAULT_FILE = "environment.yml"
_FOR_KERNEL = ("install", "remove", "uninstall", "update", "upgrade")
"""The verbs to which IPython's %conda adds the kernel's prefix."""


def understand(call: Call, tool: Tool) -> Command | None:
    """What `conda …` would do; None if it changes no environment."""
    before, word, rest = verb_of(call)
    if before.has("--help", "--version") or word is None:
        return None
    if word.text == "env":
        return _env(call, tool, rest, before)
    verb = _VERBS.get(word.text)
    if verb is None:
        return None
    known = (
        _CREATE if verb is Verb.CREATE else _REMOVE if verb is Verb.REMOVE else _CONDA if tool is Tool.CONDA else _MAMBA
    )
    parsed = _joined(before, parse(_old_force(rest, tool, verb), known, _style(tool)))
    if parsed.has(*_CHANGES_NOTHING):
        return None
    files = [(given.value, given.known) for given in parsed.options if given.name == "--file" and given.value]
    read = conda_files.read(files, call.where)
    found = specs(parsed)
    if not found and not files and verb is not Verb.CREATE and not parsed.has("--update-all", "--all", "--revision"):
        return None  # conda asks for a package
    return call.command(tool, verb, _aim(call, parsed, word.text, read), parsed, found, read.contents)


def verb_of(call: Call) -> tuple[Parsed, Word | None, tuple[Word, ...]]:
    """The options before the verb, the verb, and what follows it."""
    before = parse(call.words[1:], table(*_GENERAL, *_PREFIX), Style.CLAP, until_word=True)
    return (before, before.rest[0], before.rest[1:]) if before.rest else (before, None, ())


def run(call: Call, tool: Tool) -> Call | None:
    """What `conda run …` starts, in the environment that it names."""
    before, word, rest = verb_of(call)
    if word is None or word.text != "run":
        return None
    inside = parse(rest, _RUN, _style(tool), until_word=True)
    if not inside.rest:
        return None
    return call.then(inside.rest, aim=_named(_joined(before, inside)), wrapper=program_name(call.program.text))


def specs(parsed: Parsed) -> tuple[Requirement, ...]:
    """The match specs on the command line."""
    return tuple(requirements.conda(word.text, known=word.known) for word in parsed.rest if word.text)


def _env(call: Call, tool: Tool, rest: tuple[Word, ...], before: Parsed) -> Command | None:
    """`conda env update`, `create` and `remove`."""
    parsed = _joined(before, parse(rest, _ENV, _style(tool)))
    verb = {"update": Verb.UPDATE, "create": Verb.CREATE, "remove": Verb.REMOVE}.get(
        parsed.rest[0].text if parsed.rest else ""
    )
    if verb is None or parsed.has(*_CHANGES_NOTHING):
        return None
    if verb is Verb.UPDATE and parsed.has("--prune"):
        verb = Verb.SYNC
    files = [(given.value, given.known) for given in parsed.options if given.name == "--file" and given.value]
    if not files and verb is not Verb.REMOVE:
        files = [(_DEFAULT_FILE, True)]
    read = conda_files.read(files, call.where)
    if verb is Verb.REMOVE:
        parsed = Parsed((*parsed.options, Given("--all")), parsed.rest, parsed.unknown)
    return call.command(tool, verb, _aim(call, parsed, "env", read), parsed, (), read.contents)


def _aim(call: Call, parsed: Parsed, word: str, read: conda_files.Read) -> Aim:
    named = _named(parsed)
    if call.invocation.form is Form.MAGIC and word in _FOR_KERNEL and named is None:
        return Aim(AimKind.KERNEL)
    if named is not None:
        return named
    if word == "env":
        if read.name:
            return Aim(AimKind.NAME, read.name)
        if any(file.unread is not None for file in read.contents.files):
            return Aim(AimKind.NAME, None, known=False)
    return Aim(AimKind.ACTIVE)


def _named(parsed: Parsed) -> Aim | None:
    """The environment that the options name."""
    given = parsed.last("--name", "--prefix")
    if given is None or not given.value:
        return None
    if given.name == "--name" and not any(sign in given.value for sign in "/\\"):
        return Aim(AimKind.NAME, given.value, given.known)
    return Aim(AimKind.PREFIX, given.value, given.known)


def _old_force(rest: tuple[Word, ...], tool: Tool, verb: Verb) -> tuple[Word, ...]:
    """What `-f` means: conda forced with it once, and reads a file today."""
    if tool is not Tool.CONDA or verb is Verb.CREATE:
        return rest
    words = []
    for index, word in enumerate(rest):
        is_file = index + 1 < len(rest) and _LIST.search(rest[index + 1].text)
        words.append(Word("--file" if is_file else "--force") if word.text == "-f" else word)
    return tuple(words)


def _joined(before: Parsed, after: Parsed) -> Parsed:
    return Parsed(before.options + after.options, after.rest, before.unknown + after.unknown)


def _style(tool: Tool) -> Style:
    return Style.ARGPARSE if tool is Tool.CONDA else Style.CLAP
