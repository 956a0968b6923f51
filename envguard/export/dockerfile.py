"""A Dockerfile in the sound order: an environment of its own, conda once, then pip once, and never conda after it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from envguard.export import environment_yml, requirements_txt
from envguard.export.comments import hashed, header
from envguard.export.indexes import VARIABLES
from envguard.export_report import Depth, Lost
from envguard.model import text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from envguard.export.inventory import Inventory

IMAGE = "mambaorg/micromamba:2.0.5"
_END = "END_OF_FILE"
_CONDA_FILE, _PIP_FILE = "/tmp/conda.yml", "/tmp/requirements.txt"  # noqa: S108 - inside the image
_REPOSITORY = re.compile(r" @ (git|hg|svn|bzr)\+")
_PROGRAMS = {"git": "git", "hg": "mercurial", "svn": "subversion", "bzr": "brz"}


def write(told: Inventory) -> str:
    """The whole file; what it installs stands in it, so that it needs no other."""
    prefix = f"/opt/conda/envs/{told.name}"
    parts = [
        "# syntax=docker/dockerfile:1\n"
        + hashed(header(told, [f"Build it:  docker build --tag {told.name.lower()} ."])),
        _step(
            "A small image with micromamba and a user who is not root; by its version, so that it stays the same.",
            f"FROM {IMAGE}",
        ),
    ]
    if programs := _programs(told):
        parts.append(
            _step(
                "pip fetches from a repository by its program, which the image lacks: root for the next step alone.",
                "USER root",
            )
        )
        parts.append(
            _step(
                "Not by their versions, which the archive of Debian keeps only for a while.\nhadolint ignore=DL3008",
                "RUN apt-get update \\\n"
                f" && apt-get install --yes --no-install-recommends ca-certificates {' '.join(programs)} \\\n"
                " && rm -rf /var/lib/apt/lists/*",
            )
        )
    parts += [
        _step("From here on nobody is root.", "USER $MAMBA_USER"),
        _step(
            "All that conda brings, solved together.",
            _file(_CONDA_FILE, environment_yml.body(told, with_pip=False)),
        ),
        _step(
            "One layer of conda, into an environment of its own: base belongs to the tool. The cache goes in the same layer.",
            f"RUN micromamba create --yes --name {told.name} --file {_CONDA_FILE} \\\n && micromamba clean --all --yes",
        ),
    ]
    if told.lines:
        whole = "" if told.depth is Depth.HISTORY else " --no-deps"
        why = "" if told.depth is Depth.HISTORY else ", and without its solver, as the list is whole"
        secrets = _secrets(told)
        parts += [
            _step(
                "What pip adds to it.", _file(_PIP_FILE, "".join(f"{line}\n" for line in requirements_txt.lines(told)))
            ),
            _step(
                f"pip last, by the path of the environment's own Python: nothing has to be activated, and no other pip is met{why}."
                + (
                    "\nBuild with --secret id=PIP_INDEX_USER --secret id=PIP_INDEX_PASSWORD, which no layer keeps."
                    if secrets
                    else ""
                ),
                f"RUN {secrets}{prefix}/bin/python -m pip install --no-cache-dir{whole} --requirement {_PIP_FILE}",
            ),
        ]
    parts += [
        _step(
            "No conda from here on: it does not know what pip has installed. Whoever enters finds this environment first,\nand the entry point of the image activates it.",
            f"ENV ENV_NAME={told.name} \\\n    PATH={prefix}/bin:$PATH",
        ),
        _step("Where to work.", "WORKDIR /home/mambauser/work"),
        _step("What runs where nothing else is asked for.", 'CMD ["python"]'),
    ]
    return "\n".join(parts)


def lost(told: Inventory) -> Iterator[Lost]:
    """What only this form loses."""
    platform = told.env.platform or ""
    if told.env.conda_packages and not platform.startswith("linux") and told.depth is Depth.EXACT:
        said = text("the builds are those of {platform}, which an image has not: --builds none writes versions alone", platform=platform or "?")  # fmt: skip
        yield Lost("platform", said)
    if places := tuple(channel for channel in told.channels if channel.startswith(("file:", "/"))):
        yield Lost("channels", text("these channels are folders of this machine, and not in the image: {places}", places=places))  # fmt: skip
    if any("+file:" in line for line in told.lines):
        yield Lost("repositories", text("a repository of this machine is not in the image"))


def _step(why: str, instruction: str) -> str:
    return hashed(why.splitlines()) + instruction + "\n"


def _file(path: str, content: str) -> str:
    return f"COPY --chown=$MAMBA_USER:$MAMBA_USER <<'{_END}' {path}\n{content}{_END}"


def _programs(told: Inventory) -> list[str]:
    kinds = {match[1] for line in told.lines if (match := _REPOSITORY.search(line))}
    return sorted(_PROGRAMS[kind] for kind in kinds)


def _secrets(told: Inventory) -> str:
    if not any(index.line is not None and VARIABLES in index.line for index in told.indexes):
        return ""
    names = ("PIP_INDEX_USER", "PIP_INDEX_PASSWORD")
    return "".join(f"--mount=type=secret,id={name},env={name} " for name in names) + "\\\n    "
