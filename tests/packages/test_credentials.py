"""Secrets of channels: found where conda's configuration has them, for an address that has none; and taken out again."""

from __future__ import annotations

import pytest

from envguard.export.channels import plain
from envguard.machine import CondaConfig, CondaLayer, CustomChannel, Multichannel
from envguard.packages.channels import channels
from envguard.packages.credentials import authenticated, authenticated_file, bare, masked

LAB = "https://conda.example.com/lab"
TOKEN = "https://conda.example.com/t/tk-123/lab"
BASE = "https://conda.example.com/t/tk-123"
ALIAS = "https://me:pw@conda.example.com"


def config(**layer: object) -> CondaConfig:
    return CondaConfig((CondaLayer("a .condarc", **layer),))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        (config(channels=("conda-forge", TOKEN + "/")), TOKEN),
        (config(default_channels=(TOKEN,)), TOKEN),
        (config(multichannels=(Multichannel("all", (TOKEN,)),)), TOKEN),
        (config(mirrored_channels=(Multichannel("up", (TOKEN,)),)), TOKEN),
        (config(custom_channels=(CustomChannel("lab", BASE),)), TOKEN),
        (config(channel_alias=ALIAS + "/"), "https://me:pw@conda.example.com/lab"),
        (config(channels=("https://other.example/t/tk-9/lab", LAB)), LAB),
        (config(custom_channels=(CustomChannel("laboratory", BASE),)), LAB),
        (config(), LAB),
        (None, LAB),
    ],
)
def test_a_secret_is_found_where_it_is_configured(told, expected):
    assert authenticated(LAB, told) == expected
    file = "/noarch/six-1.16.0-py_0.conda"
    assert authenticated_file(LAB + file, told) == expected + file


def test_the_strongest_layer_goes_first():
    layers = (CondaLayer("a", channels=("https://u:old@conda.example.com/lab",)), CondaLayer("b", channels=(TOKEN,)))
    assert authenticated(LAB, CondaConfig(layers)) == TOKEN


def test_what_has_a_secret_keeps_it():
    given = "https://conda.example.com/t/tk-9/lab"
    assert authenticated(given, config(channels=(TOKEN,))) == given
    # but that of a record is of the day it was written
    assert authenticated_file(f"{given}/noarch/x.conda", config(channels=(TOKEN,))) == f"{TOKEN}/noarch/x.conda"
    assert authenticated_file(f"{given}/noarch/x.conda", config()) == f"{given}/noarch/x.conda"


def test_bare():
    assert bare("https://me:p@ss@conda.example.com/t/tk-123/lab/noarch") == f"{LAB}/noarch"
    assert bare("https://conda.example.com/t/<TOKEN>/lab") == LAB
    assert bare(BASE) == "https://conda.example.com"
    for folder in ("file:///home/t/lab/channel", "/home/t/lab/channel", "conda-forge", "https://t/lab/lab"):
        assert bare(folder) == folder
    assert plain("file:///home/t/lab/channel/noarch") == "file:///home/t/lab/channel"
    assert masked("https://conda.example.com/t/********/lab")
    assert not masked(TOKEN)


@pytest.mark.parametrize(
    ("recorded", "told", "urls"),
    [
        (LAB, config(custom_channels=(CustomChannel("lab", BASE),)), (TOKEN,)),
        ("https://conda.example.com/t/<TOKEN>/lab/noarch", config(channel_alias=BASE), (TOKEN,)),
        ("https://conda.example.com/t/********/lab/", config(channel_alias=BASE), (TOKEN,)),
        ("https://conda.example.com/t/tk-9/lab", config(channel_alias=BASE), (TOKEN,)),
        ("https://conda.example.com/t/tk-9/lab", None, ("https://conda.example.com/t/tk-9/lab",)),
        # a secret that nobody knows any more
        ("https://conda.example.com/t/<TOKEN>/lab", None, ()),
        ("https://conda.example.com/t/********/lab/", None, ()),
        ("https://me:pw@conda.example.com/lab", None, ()),
    ],
)
def test_the_channel_of_a_record(recorded, told, urls):
    found = channels(told, records=(f"{recorded}",), fallback=None)
    assert tuple(each.url for each in found) == urls
    assert all("tk-" not in each.name for each in found)
