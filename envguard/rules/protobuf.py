"""The rule about Protocol Buffers: generated code that the installed protobuf does not take any more."""

from __future__ import annotations

from typing import TYPE_CHECKING

from envguard import versions
from envguard.model import Certainty, Evidence, Severity, text
from envguard.rules import fixes, steps
from envguard.rules.overlaps import live
from envguard.rules.releases import at_least, below
from envguard.rules.rule import Found, Rule, rule
from envguard.value import value
from envguard.versions import Answer

if TYPE_CHECKING:
    from collections.abc import Iterator

    from envguard.facts import Distribution, Environment
    from envguard.model import Fix

_REFUSES_SINCE = "4.0"
"""protobuf 4.21 (the first of the fours) and later take no code of protoc before 3.19
(protobuf.dev/news/2022-05-06, "Python updates"; protocolbuffers/protobuf#10051)."""
_ACCEPTS = ">=3.19,<3.21"
_SWITCH = "PROTOCOL_BUFFERS_PYTHON_IMPLEMENTATION"


@value
class Generated:
    """A project whose wheels hold code of protoc before 3.19."""

    module: str
    until: str
    """The first release whose code is newer."""
    source: str


_TENSORFLOW = Generated("tensorflow", "2.12", "tensorflow/tensorflow#56077, #59221, #59665")
_PROJECTS = {
    "intel-tensorflow": _TENSORFLOW,
    "onnx": Generated("onnx", "1.13", "onnx/onnx#4222, #4239: protobuf 3.16 through 1.12"),
    "streamlit": Generated("streamlit", "1.10", "davidefiocco/streamlit-fastapi-model-serving#23, streamlit/streamlit#4781"),
    "tensorboard": Generated("tensorboard", "2.12", "tensorflow/tensorboard#5703, #5708; tensorflow/tensorflow#59665"),
    "tensorboardx": Generated("tensorboardX", "2.6", "lanpa/tensorboardX#663, #695"),
    "tensorflow": _TENSORFLOW,
    "tensorflow-cpu": _TENSORFLOW,
    "tensorflow-gpu": _TENSORFLOW,
    "tensorflow-intel": _TENSORFLOW,
    "tensorflow-macos": _TENSORFLOW,
    "tensorflow-rocm": _TENSORFLOW,
}  # fmt: skip


@rule("protobuf-mismatch", code=352, severity=Severity.WARNING, needs=("distributions",))
def protobuf_mismatch(env: Environment) -> Iterator[Found]:
    """A package holds code that this protobuf refuses.

    Packages that use Protocol Buffers ship modules written by the compiler protoc. From version 4.21 on protobuf
    takes none that a protoc before 3.19 wrote. Which wheels hold such code is kept in a table, with sources.

    Why it matters: the import ends in "Descriptors cannot be created directly". It is an error where the kernel shows that
    an import failed half-way.

    How to repair: take protobuf 3.20, or a later release of the package.

    Not reported: packages from conda, which are built with conda's own protobuf; a range in the package's metadata that
    excludes this protobuf already, which EG132 tells; processes in which PROTOCOL_BUFFERS_PYTHON_IMPLEMENTATION is
    `python`, and kernels that have imported both.
    """
    here = {dist.name: dist for dist in live(env)}
    protobuf = here.get("protobuf")
    if protobuf is None or not at_least(protobuf.version, _REFUSES_SINCE):
        return
    if env.process is not None and env.process.environ.get(_SWITCH, "").lower() == "python":
        return
    for name, project in _PROJECTS.items():
        dist = here.get(name)
        if dist is None or dist.owner is not None or not below(dist.version, project.until):
            continue
        state = _seen(env, project.module)
        if state == "imported" or _excluded(dist, protobuf):
            continue
        yield Found(
            subject=dist.name,
            message=text(
                "{name} {version} holds generated code that protobuf {protobuf} refuses",
                name=dist.name,
                version=dist.version or "?",
                protobuf=protobuf.version or "?",
            ),
            evidence=(
                Evidence(text("before {name} {version} it is from a protoc older than 3.19: {source}",
                              name=dist.name, version=project.until, source=project.source), dist.path),
                Evidence(text("is version {version}", version=protobuf.version or "?"), protobuf.path),
                *_half_way(state, project.module),
            ),
            consequence=text("importing {name} ends in: Descriptors cannot be created directly", name=project.module),
            fixes=_ways(env, dist, protobuf, project),
            severity=Severity.ERROR if state == "failed" else None,
            certainty=Certainty.CERTAIN if state == "failed" else Certainty.LIKELY,
        )  # fmt: skip


def _seen(env: Environment, module: str) -> str:
    """What a kernel shows of an import: imported, failed (parts of it stayed behind), or nothing."""
    process = env.process
    if process is None or process.kind != "kernel" or "google.protobuf" not in process.loaded:
        return "nothing"
    if module in process.loaded:
        return "imported"
    return "failed" if any(name.startswith(f"{module}.") for name in process.loaded) else "nothing"


def _half_way(state: str, module: str) -> tuple[Evidence, ...]:
    says = text("parts of {name} are loaded in the kernel, and {name} itself is not", name=module)
    return (Evidence(says, "sys.modules"),) if state == "failed" else ()


def _excluded(dist: Distribution, protobuf: Distribution) -> bool:
    """Whether a distribution's own metadata say that it does not work with this protobuf."""
    wanted = (versions.requirement(line) for line in dist.requires if line.lower().startswith("protobuf"))
    return any(
        each is not None and each.name == "protobuf" and versions.pip_allows(each, protobuf.version) is Answer.NO
        for each in wanted
    )


def _ways(env: Environment, dist: Distribution, protobuf: Distribution, project: Generated) -> tuple[Fix, ...]:
    if not fixes.may_write(env):
        return fixes.own_environment(env)
    title = text("Install a protobuf of the range {range}", range=_ACCEPTS)
    found = []
    if protobuf.owner is None:
        found.append(fixes.by_pip(env, title, (steps.pip_install(env, f"protobuf{_ACCEPTS}"),)))
    elif env.manager != "pixi":
        found.append(fixes.with_tool(env, title, (steps.conda_install(env, f"protobuf{_ACCEPTS}"),)))
    newer = f"{dist.name}>={project.until}"
    found.append(
        fixes.by_pip(env, text("Or install {requirement}", requirement=newer), (steps.pip_install(env, newer),))
    )
    return tuple(found)


RULES: tuple[Rule, ...] = (protobuf_mismatch,)
