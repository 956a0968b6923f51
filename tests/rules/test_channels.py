"""channels: facts -> findings, and one name for one channel."""

from __future__ import annotations

import pytest

from envguard.machine import CondaLayer, CustomChannel
from envguard.rules.channel_names import canonical
from envguard.rules.channels import channels_not_strict, defaults_and_forge, mixed_channels
from tests.rules.facts import PREFIX, Told, commands, config, env, only, pkg, shell, told

COMPANY = config(
    CondaLayer(
        "/etc/conda/.condarc",
        default_channels=("https://conda.example.com/main",),
        channel_alias="https://conda.example.com/api",
        custom_channels=(CustomChannel("conda-forge", "https://conda.example.com/cf"),),
    )
)


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("defaults", "defaults"),
        ("pkgs/main", "defaults"),
        ("pkgs/r/noarch", "defaults"),
        ("https://repo.anaconda.com/pkgs/main/linux-64", "defaults"),
        ("http://repo.continuum.io/pkgs/free/linux-64/", "defaults"),
        ("https://conda.anaconda.org/main/linux-64", "defaults"),
        ("https://mirrors.tuna.tsinghua.edu.cn/anaconda/pkgs/free/win-64", "defaults"),
        ("https://mirrors.example.edu/anaconda/cloud/conda-forge/linux-64", "conda-forge"),
        ("https://mirrors.example.edu/anaconda/cloud/pytorch", "pytorch"),
        ("conda-forge", "conda-forge"),
        ("conda-forge/osx-arm64", "conda-forge"),
        ("https://conda.anaconda.org/conda-forge", "conda-forge"),
        ("https://conda.anaconda.org/conda-forge/label/broken/noarch", "conda-forge"),
        ("https://conda.anaconda.org/t/tk-123/conda-forge/noarch", "conda-forge"),
        ("https://repo.prefix.dev/conda-forge/noarch", "conda-forge"),
        ("https://prefix.dev/channels/conda-forge", "conda-forge"),
        ("https://user:secret@mirror.example.com/x/conda-forge", "conda-forge"),
        ("https://conda.anaconda.org/anaconda/win-64", "anaconda"),
        ("bioconda", "bioconda"),
        # nobody says what these are
        ("https://artifactory.example.com/api/conda/remote/linux-64", None),
        ("file:///home/me/channel/linux-64", None),
        ("C:\\channel", None),
        ("local", None),
        ("<unknown>", None),
        ("pypi", None),
        ("", None),
        (None, None),
    ],
)
def test_canonical(given, expected):
    assert canonical(given) == expected


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("https://conda.example.com/main/linux-64", "defaults"),
        ("https://conda.example.com/cf/conda-forge/noarch", "conda-forge"),
        ("https://conda.example.com/api/bioconda/noarch", "bioconda"),
        ("https://conda.example.com/other", None),
    ],
)
def test_canonical_by_settings(given, expected):
    assert canonical(given, COMPANY) == expected


GDAL = pkg("gdal", depends=("libgdal 3.0.2 h1", "python"))
MAIN = "https://repo.anaconda.com/pkgs/main/linux-64"
LIBGDAL = pkg("libgdal")


@pytest.mark.parametrize(
    ("packages", "expected"),
    [
        (
            [GDAL, pkg("libgdal", channel=MAIN)],
            [("warning", "gdal / libgdal come from different channels, although one was built for the other")],
        ),
        (
            [GDAL, LIBGDAL, pkg("zlib", channel=MAIN)],
            [("info", "packages come from 2 channels: conda-forge (2), defaults (1)")],
        ),
        # defaults and anaconda are of one make; numpy of one family serves scipy of the other by its own limits
        (
            [pkg("gdal", depends=("libgdal",), channel=MAIN), pkg("libgdal", channel="anaconda")],
            [("info", "packages come from 2 channels: defaults (1), anaconda (1)")],
        ),
        (
            [pkg("python", depends=("openssl",)), pkg("openssl", channel=MAIN)],
            [("info", "packages come from 2 channels: conda-forge (1), defaults (1)")],
        ),
        # not of one another
        (
            [pkg("gdal"), pkg("libgdal", channel=MAIN)],
            [("info", "packages come from 2 channels: conda-forge (1), defaults (1)")],
        ),
        # guests, unknown mirrors, and packages without files
        ([GDAL, LIBGDAL, pkg("samtools", channel="bioconda"), pkg("pytorch-cuda", channel="pytorch")], []),
        ([GDAL, pkg("libgdal", channel="https://mirror.example.com/a/linux-64")], []),
        ([GDAL, pkg("libgdal", channel=None)], []),
        ([GDAL, LIBGDAL, pkg("anaconda", channel=MAIN, files=0)], []),
        ([GDAL, LIBGDAL], []),
    ],
)
def test_mixed(packages, expected):
    assert told(mixed_channels, env(packages)) == [Told(severity, "lab", message) for severity, message in expected]


def test_a_pair_is_taken_from_the_channel_of_most():
    found = only(mixed_channels(env([GDAL, pkg("libgdal", channel=MAIN), pkg("zlib")])))
    assert commands(found) == [
        [f"/opt/conda/bin/conda install --prefix {PREFIX} --channel conda-forge conda-forge::gdal conda-forge::libgdal"]
    ]


BOTH = {"channels": ("conda-forge", "defaults")}


@pytest.mark.parametrize(
    ("settings", "more", "expected"),
    [
        (config(BOTH), {}, "the channel priority is flexible, with 2 channels: conda-forge, defaults"),
        (
            config({**BOTH, "channel_priority": "disabled"}),
            {},
            "the channel priority is disabled, with 2 channels: conda-forge, defaults",
        ),
        (config({"channel_priority": "strict"}, BOTH), {}, None),
        (
            config({"channel_priority": "strict"}, {**BOTH, "channel_priority": "flexible"}),
            {},
            "the channel priority is flexible, with 2 channels: conda-forge, defaults",
        ),
        (config({"channels": ("conda-forge",)}), {}, None),
        (config({"channels": ("defaults", MAIN)}), {}, None),
        (config(), {}, None),
        (config(BOTH), {"manager": "pixi"}, None),
        (config(BOTH), {"manager": "venv"}, None),
    ],
)
def test_not_strict(settings, more, expected):
    where = env([GDAL], conda_config=settings, **more)
    assert told(channels_not_strict, where) == ([Told("info", "lab", expected)] if expected else [])


@pytest.mark.parametrize(
    ("active", "where"),
    [(PREFIX, "--env"), ("/opt/conda", f"--file {PREFIX}/.condarc"), (None, f"--file {PREFIX}/.condarc")],
)
def test_strict_is_set_for_this_environment_alone(active, where):
    found = only(channels_not_strict(env([GDAL], conda_config=config(BOTH), shell=shell(active=active))))
    assert commands(found) == [[f"/opt/conda/bin/conda config {where} --set channel_priority strict"]]


@pytest.mark.parametrize(
    ("settings", "fires"),
    [
        (config(BOTH), True),
        (config({"channels": (MAIN,)}, {"channels": ("https://conda.anaconda.org/conda-forge",)}), True),
        (config({"channels": ("conda-forge",)}), False),
        (config({"channels": ("defaults", "anaconda")}), False),
        (config(), False),
    ],
)
def test_defaults_and_forge(settings, fires):
    expected = [Told("info", "lab", "conda is set to use both defaults and conda-forge")] if fires else []
    assert told(defaults_and_forge, env([GDAL], conda_config=settings)) == expected


def test_the_setting_is_taken_out_where_it_stands():
    found = only(defaults_and_forge(env([GDAL], conda_config=config(BOTH))))
    assert commands(found) == [["/opt/conda/bin/conda config --file ~/.condarc --remove channels defaults"]]
