"""The typed, frozen view of what stands around a prefix's packages: start-up files, scripts, configuration, kernels.

Parts of `envguard.facts.Environment`, and kept to the same rules. What other programs set is told as far as rules ask
for it: never the value of a variable, nor an address that could carry a password.
"""

from __future__ import annotations

from envguard.value import value


@value
class PathFile:
    """One .pth file of a site-packages folder: what Python runs, or adds to its path, at every start."""

    path: str
    owner: str | None
    """The conda record or the dist-info that lists it; None if no book does."""
    code: tuple[str, ...]
    """The lines that are run, cut short."""
    outside: tuple[str, ...]
    """The folders outside the prefix that it adds."""
    dead: tuple[str, ...] = ()
    """What it would add by its whole path, and at which there is nothing."""


@value
class VendoredLibrary:
    """A shared library inside a wheel, of which conda has one of the same name in the prefix."""

    stem: str
    path: str
    distribution: str
    conda_path: str
    record: str | None


@value
class ProjDatabase:
    """A database of PROJ's, and which layout it has."""

    path: str
    """Relative to the prefix."""
    owner: str
    """The conda record or the dist-info that it belongs to."""
    version: str | None
    """Of the PROJ that it was made for."""
    layout: tuple[int, ...]
    """Major and minor; 0 where the database does not say."""


@value
class Shebang:
    """The Python that scripts of the prefix start, and which scripts do."""

    interpreter: str
    inside: bool
    """Whether it lies in the prefix, or leaves it to the PATH."""
    count: int
    scripts: tuple[str, ...]
    owners: tuple[str, ...] = ()
    """The conda records and dist-infos that list them."""


@value
class CustomChannel:
    """A channel to which a .condarc gives a name (custom_channels)."""

    name: str
    url: str


@value
class Multichannel:
    """Several addresses behind one name (custom_multichannels), or that mirror it (mamba's mirrored_channels)."""

    name: str
    urls: tuple[str, ...]


@value
class CondaLayer:
    """What one .condarc, or one variable, sets; None where it is silent."""

    source: str
    channels: tuple[str, ...] | None = None
    channel_priority: str | None = None
    channel_alias: str | None = None
    default_channels: tuple[str, ...] | None = None
    custom_channels: tuple[CustomChannel, ...] = ()
    create_default_packages: tuple[str, ...] | None = None
    pinned_packages: tuple[str, ...] | None = None
    multichannels: tuple[Multichannel, ...] = ()
    mirrored_channels: tuple[Multichannel, ...] = ()
    aggressive_update_packages: tuple[str, ...] | None = None
    pkgs_dirs: tuple[str, ...] | None = None
    offline: bool | None = None


@value
class CondaConfig:
    """conda's configuration as it holds for the prefix: the layers, the weakest first."""

    layers: tuple[CondaLayer, ...] = ()

    @property
    def channels(self) -> tuple[str, ...]:
        """The channels in conda's order: lists of all layers are joined, the strongest layer first."""
        found = (name for layer in reversed(self.layers) for name in layer.channels or ())
        return tuple(dict.fromkeys(found)) or ("defaults",)

    @property
    def channel_priority(self) -> str:
        """strict, flexible (conda's default) or disabled."""
        return next((each.channel_priority for each in reversed(self.layers) if each.channel_priority), "flexible")


@value
class PipOption:
    """An option of pip that a file or a variable sets for every installation."""

    name: str
    value: str
    source: str


@value
class Kernelspec:
    """One kernel.json. They stand in the order in which a Jupyter of the prefix looks for them."""

    name: str
    path: str
    level: str
    """env (of the prefix), user, system, or path (JUPYTER_PATH)."""
    argv: tuple[str, ...]
    python: str | None
    """The Python that is started, if the file names one by its path."""
    exists: bool | None
    """Whether what is started is there; None if only the PATH can tell."""
    here: bool | None
    """Whether that Python is the prefix's; None if the file leaves it open."""
    conda_env: str | None
    """The environment that nb_conda_kernels' runner would activate."""
    variables: tuple[str, ...] = ()
    """Names of the variables it sets."""


@value
class Frontend:
    """A labextension of the Jupyter widgets, as a Jupyter of the prefix finds it."""

    path: str
    version: str
    level: str


@value
class Command:
    """A program on the PATH, and the prefix that it installs into if that can be told."""

    name: str
    path: str
    prefix: str | None
    here: bool | None


@value
class Shell:
    """What a `!command` of this process would meet; known only where envguard runs in the environment itself."""

    kernel: bool
    """Whether the process is a notebook's kernel."""
    commands: tuple[Command, ...]
    active: str | None
    """CONDA_PREFIX."""
    virtual: str | None
    """VIRTUAL_ENV."""
    active_here: bool | None = None
    virtual_here: bool | None = None


@value
class LogLine:
    """A warning that an installer has printed, as often as it did."""

    pattern: str
    """Which one, as `envguard.rules.install_warnings` calls it."""
    args: tuple[tuple[str, str], ...]
    """What it names: packages, versions, folders."""
    said: str
    """The words themselves, cut short, without secrets."""
    source: str
    """The file with the line, or with the cell of a notebook."""
    times: int = 1
