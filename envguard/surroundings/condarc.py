"""conda's configuration in its layers, as they hold for a prefix while it is active.

Where conda looks, and in which order, the weakest first: conda's user guide, "Searching for .condarc"
(https://docs.conda.io/projects/conda/en/latest/user-guide/configuration/use-condarc.html), and SEARCH_PATH in
conda/base/constants.py.
"""

from __future__ import annotations

import os
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from envguard.machine import CondaConfig, CondaLayer, CustomChannel, Multichannel
from envguard.probe import reading

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from envguard.facts import Environment

_LIMIT = 1 << 20
_PRIORITIES = ("strict", "flexible", "disabled")
_VARIABLES = (
    "channels",
    "channel_priority",
    "channel_alias",
    "default_channels",
    "create_default_packages",
    "pinned_packages",
    "aggressive_update_packages",
    "pkgs_dirs",
    "offline",
)
_SECRET = re.compile(r"(?<=//)[^/@]*@|/t/[^/]+")


def conda_config(env: Environment, problems: reading.Problems, *, secrets: bool = False) -> CondaConfig | None:
    """Every layer that is there; None if there is one and no library to read it with.

    With `secrets` addresses keep their passwords and tokens, for whoever asks a channel and keeps them to himself.
    """
    layers = []
    for path in _files(env):
        try:
            content = reading.read(str(path), _LIMIT).decode("utf-8-sig")
        except FileNotFoundError:
            continue
        except (OSError, ValueError) as error:
            problems.add(str(path), "could not be read: {error}", error=reading.why(error))
            continue
        try:
            from ruamel.yaml import YAML
            from ruamel.yaml.error import YAMLError
        except Exception:  # noqa: BLE001 - a damaged library may raise anything
            return None
        parser = YAML(typ="safe", pure=True)
        parser.allow_duplicate_keys = True
        try:
            value = parser.load(content)
        except (YAMLError, ValueError, TypeError, AttributeError, RecursionError) as error:  # timestamps, odd tags
            problems.add(str(path), "is not valid YAML: {error}", error=reading.why(error))
            continue
        if isinstance(value, dict):
            layers.append(_layer(str(path), value, secrets=secrets))
        elif value is not None:
            problems.add(str(path), "is not a list of settings")
    variables = {key: value for key in _VARIABLES if (value := os.environ.get("CONDA_" + key.upper()))}
    if variables:
        layers.append(_layer(", ".join("CONDA_" + key.upper() for key in variables), variables, secrets=secrets))
    return CondaConfig(tuple(layers))


def _files(env: Environment) -> Iterator[Path]:
    """The files that conda would read, each once."""
    seen = set()
    for candidate in _search_path(env):
        folder = candidate.name == "condarc.d"
        for path in _inside(candidate) if folder else (candidate,):
            real = os.path.realpath(path)
            if real not in seen and (folder or os.path.lexists(path)):
                seen.add(real)
                yield path


def _search_path(env: Environment) -> Iterator[Path]:
    if sys.platform == "win32":
        system = (Path("C:/ProgramData/conda"),)
    else:
        system = (Path("/etc/conda"), Path("/var/lib/conda"))
    root, xdg, named = _root(env), os.environ.get("XDG_CONFIG_HOME"), os.environ.get("CONDARC")
    folders = (
        *system,
        root,
        Path(xdg, "conda") if xdg else None,
        "~/.config/conda",
        "~/.conda",
        "~/.condarc",
        env.prefix,
    )
    for folder in folders:
        if folder is None:
            continue
        place = Path(os.path.expanduser(folder))  # stays as it is where there is no home
        if place.name == ".condarc":
            yield place
        else:
            yield from (place / ".condarc", place / "condarc", place / "condarc.d")
    if named:
        yield Path(os.path.expanduser(named))


def _root(env: Environment) -> Path | None:
    """The prefix that conda runs from, which it calls CONDA_ROOT."""
    if env.base:
        return Path(env.prefix)
    if named := os.environ.get("CONDA_ROOT"):
        return Path(named)
    conda = next((tool.path for tool in env.tools if tool.name == "conda"), None)
    return Path(os.path.realpath(conda)).parent.parent if conda else None


def _inside(folder: Path) -> list[Path]:
    try:
        names = sorted(os.listdir(folder))
    except OSError:
        return []
    return [folder / name for name in names if name.endswith((".yml", ".yaml")) or name in (".condarc", "condarc")]


def _layer(source: str, value: dict[Any, Any], *, secrets: bool) -> CondaLayer:
    tell = os.path.expandvars if secrets else _clean  # conda fills in variables; a token often stands in one
    several = value.get("custom_multichannels")
    defaults = several.get("defaults") if isinstance(several, dict) else None
    custom = value.get("custom_channels")
    offline = value.get("offline")
    return CondaLayer(
        source=source,
        channels=_list(value.get("channels", value.get("channel")), tell),
        channel_priority=_priority(value.get("channel_priority")),
        channel_alias=tell(alias) if isinstance(alias := value.get("channel_alias"), str) else None,
        default_channels=_list(value.get("default_channels", defaults), tell),
        custom_channels=tuple(
            CustomChannel(str(name), tell(url)) for name, url in custom.items() if isinstance(url, str)
        )
        if isinstance(custom, dict)
        else (),
        create_default_packages=_list(value.get("create_default_packages"), tell),
        pinned_packages=_list(value.get("pinned_packages"), tell),
        multichannels=_several(several, tell),
        mirrored_channels=_several(value.get("mirrored_channels"), tell),
        aggressive_update_packages=_list(value.get("aggressive_update_packages"), tell),
        pkgs_dirs=_list(value.get("pkgs_dirs"), os.path.expandvars),
        offline=str(offline).lower() in ("true", "yes", "on", "1") if offline is not None else None,
    )


def _several(value: Any, tell: Callable[[str], str]) -> tuple[Multichannel, ...]:
    """A mapping from a name to several addresses."""
    if not isinstance(value, dict):
        return ()
    return tuple(Multichannel(str(name), urls) for name, each in value.items() if (urls := _list(each, tell)))


def _list(value: Any, tell: Callable[[str], str]) -> tuple[str, ...] | None:
    """The strings of a YAML list, or of a variable, which separates them by commas or ampersands."""
    if isinstance(value, str):
        value = [part.strip() for part in re.split("[,&]", value)]
    return tuple(tell(each) for each in reading.strings(value) if each) if isinstance(value, list) else None


def _priority(value: Any) -> str | None:
    """The setting; before 4.6 conda took yes and no."""
    known = {"true": "flexible", "yes": "flexible", "false": "disabled", "no": "disabled"}
    word = str(value).lower()
    return known.get(word) or (word if word in _PRIORITIES else None)


def _clean(channel: str) -> str:
    return _SECRET.sub("", channel)
