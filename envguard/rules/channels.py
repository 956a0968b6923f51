"""Rules about channels: packages that were built for different distributions, and settings that let them mix."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from envguard import versions
from envguard.model import Certainty, Evidence, Severity, Step, text
from envguard.rules import fixes, steps
from envguard.rules.channel_names import DEFAULTS, FORGE, canonical, family
from envguard.rules.rule import Found, Rule, rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from envguard.facts import CondaPackage, Environment
    from envguard.model import Fix

_SHOWN = 6

_GUESTS = frozenset(
    # channels that hold a few packages made to be used with those of another channel
    (
        "bioconda",
        "fastai",
        "huggingface",
        "intel",
        "microsoft",
        "nvidia",
        "plotly",
        "pytorch",
        "pyviz",
        "rapidsai",
        "xformers",
    )
)

_COUPLED = (
    # (packages, what they are compiled against and must have from the same builders)
    (("gdal", "rasterio", "fiona", "libgdal"), ("libgdal", "libgdal-core")),
    (("pyqt", "pyqt5", "pyqtwebengine", "qtpy"), ("qt", "qt-main", "qt-webengine")),
    (
        ("libboost-python", "libboost-mpi", "boost", "boost-cpp", "py-boost"),
        ("boost-cpp", "libboost", "libboost-headers"),
    ),
    (("pyarrow", "pyarrow-core"), ("arrow-cpp", "libarrow", "libarrow-python")),
    (("zlib",), ("libzlib",)),
    (("h5py", "pytables", "netcdf4", "libnetcdf"), ("hdf5", "libnetcdf")),
    (("numpy", "numpy-base", "scipy"), ("blas", "libblas", "libcblas", "liblapack", "numpy-base")),
    (("opencv", "py-opencv"), ("libopencv", "py-opencv")),
    (("cartopy", "pyproj"), ("geos", "proj")),
    (("pytorch", "torchvision", "torchaudio"), ("libtorch", "pytorch")),
    (("protobuf", "grpcio"), ("libprotobuf", "libgrpc")),
)


@rule("mixed-channels", code=160, severity=Severity.WARNING, needs=("conda_packages",))
def mixed_channels(env: Environment) -> Iterator[Found]:
    """Packages come from different channels.

    Anaconda's own channels (`defaults`) and conda-forge build the same packages with different compilers and options.
    This environment holds packages of both, or of a further channel.

    Why it matters: a library and what was compiled against it must come from one source; gdal from conda-forge does not
    find the symbols it needs in libgdal from defaults. It is a warning where such a pair is split. Other mixtures
    often work, and are information.

    How to repair: set the channel priority to strict and take the packages of a pair from one channel.

    Not reported: channels made to be used beside another (bioconda, pytorch, nvidia), mirrors whose address does not
    tell what they mirror, and packages whose record names no channel.
    """
    named = {
        package.name: name
        for package in env.conda_packages or ()
        if package.files and (name := canonical(package.channel, env.conda_config))
    }
    counts = Counter(named.values())
    general = [name for name, _ in counts.most_common() if name not in _GUESTS]
    if len(general) < 2:
        return
    split = tuple(_split(env, named))
    told = tuple(f"{name} ({counts[name]})" for name in general)
    evidence = [
        Evidence(text("{packages} came from {channel}", packages=_some(named, name), channel=name), "conda-meta")
        for name in general[1:_SHOWN]
    ]
    evidence += [
        Evidence(
            text(
                "{first} is from {channel}, and {second} from {other}",
                first=first.name,
                channel=named[first.name],
                second=second.name,
                other=named[second.name],
            ),
            first.record,
        )
        for first, second in split[:_SHOWN]
    ]
    if split:
        pairs = tuple(f"{first.name} / {second.name}" for first, second in split)
        yield Found(
            subject=env.name,
            message=text("{pairs} come from different channels, although one was built for the other", pairs=pairs),
            evidence=tuple(evidence),
            consequence=text("compiled packages may miss symbols of libraries that another channel built"),
            fixes=_one_channel(env, split, general[0]),
            certainty=Certainty.LIKELY,
        )
        return
    yield Found(
        subject=env.name,
        message=text("packages come from {n} channels: {channels}", n=len(general), channels=told),
        evidence=tuple(evidence),
        severity=Severity.INFO,
    )


def _some(named: dict[str, str], channel: str) -> tuple[str, ...]:
    return tuple(sorted(package for package, name in named.items() if name == channel))


def _split(env: Environment, named: dict[str, str]) -> Iterator[tuple[CondaPackage, CondaPackage]]:
    """Coupled pairs, one of which depends on the other, from channels of two families."""
    for users, libraries in _COUPLED:
        for user in users:
            package = env.by_name.get(user)
            wanted = {versions.spec_name(spec) for spec in package.depends} if package else set()
            for library in libraries:
                other = env.by_name.get(library)
                if (
                    package is None
                    or other is None
                    or library not in wanted
                    or user not in named
                    or library not in named
                ):
                    continue
                if family(named[user]) != family(named[library]) and not {named[user], named[library]} & _GUESTS:
                    yield package, other


def _one_channel(
    env: Environment, split: tuple[tuple[CondaPackage, CondaPackage], ...], channel: str
) -> tuple[Fix, ...]:
    if not fixes.may_write(env):
        return fixes.own_environment(env)
    if env.manager == "pixi":
        return ()
    names = tuple(dict.fromkeys(each.name for pair in split for each in pair))
    title = text("Take {names} from {channel}", names=names, channel=channel)
    step = steps.conda_install(env, "--channel", channel, *(f"{channel}::{name}" for name in names))
    return (fixes.with_tool(env, title, (step,)),)


@rule("channels-not-strict", code=500, severity=Severity.INFO, needs=("conda_packages", "conda_config"))
def channels_not_strict(env: Environment) -> Iterator[Found]:
    """Channel priority is not strict, and there are several channels.

    With the priority `strict` conda takes a package only from the first channel that has it. With `flexible`, conda's
    default, a lower channel may help out; with `disabled` the highest version wins.

    Why it matters: the next `conda install` may bring a package of another channel, built for other libraries.
    conda-forge asks for strict priority; solving gets faster, too.

    How to repair: set it for this environment. If a package then cannot be found, name its channel in the spec
    (`pytorch::pytorch`).

    Not reported: a single channel, environments of pixi or venv, and mamba's own settings.
    """
    config = env.conda_config
    if not _settings_count(env) or config is None or config.channel_priority == "strict":
        return
    channels = config.channels
    if len({canonical(name, config) or name for name in channels}) < 2:
        return
    source = next((each.source for each in reversed(config.layers) if each.channel_priority), None)
    title = text("Set the channel priority of this environment to strict")
    yield Found(
        subject=env.name,
        message=text(
            "the channel priority is {priority}, with {n} channels: {channels}",
            priority=config.channel_priority,
            n=len(channels),
            channels=channels,
        ),
        evidence=(
            Evidence(text("channel_priority is {priority}", priority=config.channel_priority), source)
            if source
            else Evidence(text("no setting says anything else, and this is conda's default"), ".condarc"),
        ),
        fixes=(fixes.with_tool(env, title, (steps.configure(env, "channel_priority", "strict"),), restart=False),)
        if fixes.may_write(env)
        else (),
    )


@rule("defaults-and-forge", code=501, severity=Severity.INFO, needs=("conda_packages", "conda_config"))
def defaults_and_forge(env: Environment) -> Iterator[Found]:
    """The settings name both defaults and conda-forge.

    conda searches Anaconda's channels and conda-forge for this environment.

    Why it matters: the two are complete distributions of their own, and are not made to be mixed. Anaconda's channels
    also have terms of use that conda-forge does not have.

    How to repair: decide for one of them, and take the other out of the file that names it.

    Not reported: one of them alone; environments of pixi or venv.
    """
    config = env.conda_config
    if not _settings_count(env) or config is None:
        return
    naming = {
        kind: [
            (layer.source, name)
            for layer in config.layers
            for name in layer.channels or ()
            if family(canonical(name, config) or "") == kind
        ]
        for kind in (DEFAULTS, FORGE)
    }
    if not all(naming.values()):
        return
    source, name = naming[DEFAULTS][-1]
    ways: tuple[Fix, ...] = ()
    conda = next((each.path for each in env.tools if each.name == "conda"), None)
    if conda and not source.startswith("CONDA_"):
        step = Step((conda, "config", "--file", source, "--remove", "channels", name))
        title = text("Take {channel} out of {file}, if conda-forge is what you use", channel=name, file=source)
        ways = (fixes.with_tool(env, title, (step,), restart=False),)
    yield Found(
        subject=env.name,
        message=text("conda is set to use both defaults and conda-forge"),
        evidence=tuple(
            Evidence(text("names the channel {channel}", channel=each), where)
            for kind in (DEFAULTS, FORGE)
            for where, each in naming[kind][:1]
        ),
        fixes=ways if fixes.may_write(env) else (),
    )


def _settings_count(env: Environment) -> bool:
    """Whether conda's settings decide what comes into this environment."""
    return env.is_conda and env.manager in ("conda", "rattler")


RULES: tuple[Rule, ...] = (mixed_channels, channels_not_strict, defaults_and_forge)
