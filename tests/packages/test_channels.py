"""Which addresses a conda command would ask: .condarc's layers, aliases, mirrors, multichannels, tokens."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from envguard import collect
from envguard.forecast import conda_solver
from envguard.machine import CondaConfig, CondaLayer, CustomChannel, Multichannel
from envguard.packages.channels import addresses, channels

if TYPE_CHECKING:
    from pathlib import Path

FORGE = "https://conda.anaconda.org/conda-forge"
SECRET = "https://me:pw@conda.example.com/t/tk-123/lab"


def config(**layer: object) -> CondaConfig:
    return CondaConfig((CondaLayer("a .condarc", **layer),))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("name", "where", "expected"),
    [
        ("conda-forge", None, (FORGE,)),
        ("conda-forge/linux-64/", None, (FORGE,)),
        ("conda-forge/label/dev", None, (FORGE + "/label/dev",)),
        ("defaults", None, ("https://repo.anaconda.com/pkgs/main", "https://repo.anaconda.com/pkgs/r")),
        ("pkgs/main", None, ("https://repo.anaconda.com/pkgs/main",)),
        ("https://x.example/y/noarch", None, ("https://x.example/y",)),
        ("/srv/my channel", None, ("file:///srv/my%20channel",)),
        ("nodefaults", None, ()),
        ("lab", config(channel_alias="https://mirror.example/anaconda/cloud/"), ("https://mirror.example/anaconda/cloud/lab",)),
        ("defaults", config(default_channels=("https://mirror.example/pkgs/main",)), ("https://mirror.example/pkgs/main",)),
        ("lab/label/dev", config(custom_channels=(CustomChannel("lab", "https://lab.example/conda"),)), ("https://lab.example/conda/lab/label/dev",)),
        ("both", config(multichannels=(Multichannel("both", ("conda-forge", "https://b.example/c")),)), (FORGE, "https://b.example/c")),
        ("conda-forge", config(mirrored_channels=(Multichannel("conda-forge", ("https://m.example/cf", "oci://ghcr.io/x")),)), ("https://m.example/cf",)),
        (SECRET, None, (SECRET,)),
    ],
)  # fmt: skip
def test_an_address(name, where, expected):
    assert addresses(name, where) == expected


def test_the_order():
    told = channels(
        config(channels=("conda-forge", SECRET)),
        named=("./mine", "conda-forge"),
        records=("https://conda.anaconda.org/conda-forge/linux-64", "bioconda", "pypi", "<unknown>", None),
        folder="/home/me",
    )
    assert [(each.name, each.origin) for each in told] == [
        ("./mine", "command"),
        ("conda-forge", "command"),
        ("https://conda.example.com/t/<TOKEN>/lab", "configuration"),
        ("bioconda", "records"),
    ]
    assert told[0].url == "file:///home/me/mine"
    assert told[2].url == SECRET
    assert told[2].shown == "https://conda.example.com/t/<TOKEN>/lab"
    assert told[2].key == "https://conda.example.com/lab"


def test_override_and_fallback():
    assert [each.name for each in channels(config(channels=("a",)), named=("b",), override=True)] == ["b"]
    assert [each.origin for each in channels(None)] == ["default", "default"]
    assert [each.name for each in channels(None, fallback="conda-forge")] == ["conda-forge"]


def test_secrets_are_read_for_the_solver_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    condarc = tmp_path / "condarc"
    condarc.write_text(
        f"channels: ['{SECRET}', lab]\n"
        "channel_alias: https://$LAB_TOKEN@alias.example\n"
        "custom_multichannels:\n  lab: ['https://u:p@one.example/c']\n"
        "mirrored_channels:\n  conda-forge: ['https://u:p@two.example/c']\n"
        f"pkgs_dirs: ['{tmp_path}/pkgs']\naggressive_update_packages: []\noffline: true\n",
        encoding="utf-8",
    )
    monkeypatch.setenv("CONDARC", str(condarc))
    monkeypatch.setenv("LAB_TOKEN", "tk-9")
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / "env" / "conda-meta").mkdir(parents=True)
    env = collect.by_import(tmp_path / "env", keep=False)
    for secret in ("pw@", "tk-123", "tk-9", "u:p@"):
        assert secret not in str(env.conda_config)
    told = conda_solver.config_of(env)
    assert addresses("other", told) == ("https://tk-9@alias.example/other",)
    assert addresses("lab", told) == ("https://u:p@one.example/c",)
    assert addresses("conda-forge", told) == ("https://u:p@two.example/c",)
    assert told.layers[-1].offline is True
    assert told.layers[-1].pkgs_dirs == (f"{tmp_path}/pkgs",)
    assert told.layers[-1].aggressive_update_packages == ()
