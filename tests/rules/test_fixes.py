"""Ways out: the commands, their order, and who may run them."""

from __future__ import annotations

import pytest

from envguard.facts import OnDisk, Tool
from envguard.machine import CondaConfig, CondaLayer
from envguard.rules import steps
from envguard.rules.ownership import pip_overwrote_conda
from tests.rules.facts import (
    CONDA,
    PREFIX,
    SITE,
    commands,
    dist,
    env,
    only,
    overlap,
    owned,
    paths,
    pkg,
    shared,
    titles,
)

NUMPY = pkg("numpy", "1.26.4")
PIPS, TWIN = dist("numpy", "2.3.5"), owned("numpy", "1.26.4", by=NUMPY.record)
OFF = f"{PREFIX}/bin/python -m pip uninstall --yes numpy"
BACK = f"/opt/conda/bin/conda install --prefix {PREFIX} --force-reinstall --channel conda-forge numpy=1.26.4=py311_0"
ON_CONDA = OnDisk(conda=12)


def found(*dists, conda=(NUMPY,), clash=None, **more):
    return only(pip_overwrote_conda(env(conda, dists, overlaps=(clash or overlap(NUMPY, PIPS),), **more)))


def fix(finding):
    (one,) = finding.fixes
    return one


def test_shape_a():
    finding = found(PIPS)
    assert titles(finding) == ["Take pip's numpy 2.3.5 off, then put conda's numpy 1.26.4 back"]
    assert commands(finding) == [[OFF, BACK]]
    assert fix(finding).restart
    assert fix(finding).safety.value == "review"


def test_shape_a_with_both_dist_infos():
    """pip uninstalls whichever it meets first, so conda's goes before it is asked."""
    assert commands(found(PIPS, TWIN)) == [[f"rm -r {PREFIX}/{TWIN.path}", OFF, BACK]]


def test_every_package_that_one_distribution_overwrote_comes_back():
    base = pkg("numpy-base", "1.26.4", channel="https://repo.anaconda.com/pkgs/main/linux-64", provides=("numpy",))
    tests = pkg("numpy-tests", "1.26.4", channel=None, provides=())
    where = env([base, tests], [PIPS], overlaps=(overlap(base, PIPS), overlap(tests, PIPS)))
    first, second = pip_overwrote_conda(where)
    wanted = (
        f"/opt/conda/bin/conda install --prefix {PREFIX} --force-reinstall "
        "numpy-base=1.26.4=py311_0 numpy-tests=1.26.4=py311_0"
    )
    assert commands(first) == [[OFF, wanted]]
    assert commands(second) == commands(first)


def test_shape_b_removes_the_stale_dist_info_only():
    finding = found(PIPS, TWIN, clash=overlap(NUMPY, PIPS, on_disk=ON_CONDA))
    assert titles(finding) == ["Delete the stale folder numpy-2.3.5.dist-info"]
    assert commands(finding) == [[f"rm -r {PREFIX}/{PIPS.path}"]]


@pytest.mark.parametrize(
    "state",
    [
        {"on_disk": ON_CONDA, "extra": paths(f"{SITE}/numpy/new.py")},
        {"on_disk": OnDisk(other=12), "twin": TWIN.path},
    ],
    ids=["files of pip's lie about", "nobody saw whose files are there"],
)
def test_shape_b_that_is_not_clean_is_made_anew(state):
    finding = found(PIPS, TWIN, clash=overlap(NUMPY, PIPS, **state))
    assert commands(finding) == [[f"rm -r {PREFIX}/{TWIN.path}", OFF, BACK]]


def test_stranger():
    requests, shadow = pkg("requests", "2.31.0"), dist("shadow", "0.1")
    clash = overlap(requests, shadow, sample=(shared(f"{SITE}/requests/__version__.py"),))
    finding = only(pip_overwrote_conda(env([requests], [shadow], overlaps=(clash,))))
    assert titles(finding) == [
        "Uninstall shadow 0.1, then put conda's requests 2.31.0 back; afterwards another version of shadow can be installed"
    ]
    assert [line.rsplit(" ", 1)[1] for line in commands(finding)[0]] == ["shadow", "requests=2.31.0=py311_0"]


@pytest.mark.parametrize("state", [OnDisk(pip=12), ON_CONDA])
def test_base_never_loses_what_conda_needs(state):
    conda = (NUMPY, pkg("conda", depends=("numpy",)))
    finding = found(PIPS, TWIN, conda=conda, clash=overlap(NUMPY, PIPS, on_disk=state), base=True, prefix="/opt/conda")
    back, drop = commands(finding)[0]
    assert "--force-reinstall" in back
    assert drop == f"rm -r /opt/conda/{PIPS.path}"


def test_base_rather_uses_a_tool_that_does_not_live_in_it():
    micromamba = Tool("micromamba", "/usr/bin/micromamba")
    conda = (NUMPY, pkg("conda", depends=("numpy",)))
    finding = found(PIPS, conda=conda, base=True, tools=(CONDA, micromamba))
    assert commands(finding)[0][0].startswith("/usr/bin/micromamba install")


def test_a_dist_info_that_conda_rewrites_is_not_deleted():
    same = dist("numpy", "1.26.4", taken_from=NUMPY.record)
    conda = (NUMPY, pkg("conda", depends=("numpy",)))
    finding = found(same, conda=conda, clash=overlap(NUMPY, same, compiled=1), base=True)
    assert len(commands(finding)[0]) == 1


@pytest.mark.parametrize(
    ("state", "title"),
    [
        (
            {"writable": False},
            "Make an environment of your own, or ask the owner of this one, which you may not write to",
        ),
        ({"frozen": True}, "Make an environment of your own: this one is declared frozen by conda-meta/frozen"),
    ],
)
def test_where_nothing_may_be_written(state, title):
    finding = found(PIPS, **state)
    assert titles(finding) == [title]
    assert commands(finding) == [["/opt/conda/bin/conda create --name work python=3.11 numpy=1.26.4"]]
    assert fix(finding).safety.value == "manual"


def test_no_tool():
    finding = found(PIPS, tools=())
    assert titles(finding)[0].endswith("(with conda, mamba or micromamba, none of which was found here)")
    assert commands(finding)[0][1].startswith("conda install --prefix")
    assert fix(finding).safety.value == "manual"


def test_no_pip_to_uninstall_with():
    where = env([NUMPY], [PIPS], overlaps=(overlap(NUMPY, PIPS),))
    where = type(where)(**{**vars(where), "distributions": (PIPS,)})
    assert fix(only(pip_overwrote_conda(where))).safety.value == "manual"


@pytest.mark.parametrize(
    ("tools", "manager", "start"),
    [
        ((Tool("micromamba", "/bin/micromamba"),), "conda", "/bin/micromamba install --prefix"),
        ((Tool("micromamba", "/bin/micromamba"), Tool("mamba", "/bin/mamba")), "conda", "/bin/mamba install --prefix"),
        ((Tool("mamba", "/bin/mamba"), CONDA), "rattler", "/opt/conda/bin/conda install --prefix"),
        ((CONDA, Tool("pixi", "/bin/pixi")), "pixi", "/bin/pixi reinstall --manifest-path /w --environment lab numpy"),
        ((CONDA,), "pixi", "pixi reinstall --manifest-path /w --environment lab numpy"),
    ],
)
def test_the_tool_at_hand(tools, manager, start):
    finding = found(PIPS, tools=tools, manager=manager, prefix="/w/.pixi/envs/lab")
    assert commands(finding)[0][-1].startswith(start)


@pytest.mark.parametrize(
    ("channel", "option"),
    [
        ("conda-forge", "--channel conda-forge"),
        ("https://conda.anaconda.org/conda-forge/linux-64", "--channel conda-forge"),
        ("https://conda.anaconda.org/conda-forge/", "--channel conda-forge"),
        ("file:///srv/channel", "--channel file:///srv/channel"),
        ("defaults", ""),
        ("pkgs/main", ""),
        ("https://repo.anaconda.com/pkgs/main/linux-64", ""),
        ("https://conda.anaconda.org/t/tk-1234/private", ""),
        ("https://me:secret@example.org/private", ""),
        ("<unknown>", ""),
        (None, ""),
    ],
)
def test_the_channel_is_named_unless_it_is_a_secret(channel, option):
    numpy = pkg("numpy", "1.26.4", channel=channel)
    line = commands(found(PIPS, conda=(numpy,)))[0][1]
    assert line.partition("--force-reinstall ")[2] == f"{option} numpy=1.26.4=py311_0".strip()


def test_a_channel_that_is_configured_is_asked_in_any_case():
    """By an address in which there may be a secret that no record has."""
    numpy = pkg("numpy", "1.26.4", channel="https://conda.example.org/ours/linux-64")
    config = CondaConfig((CondaLayer("/home/me/.condarc", channels=("https://conda.example.org/ours/",)),))
    assert "--channel" not in commands(found(PIPS, conda=(numpy,), conda_config=config))[0][1]
    assert "--channel https://conda.example.org/ours " in commands(found(PIPS, conda=(numpy,)))[0][1]


def windows(prefix):
    site = "Lib/site-packages"
    pips = dist("numpy", "2.3.5", site=site)
    twin = owned("numpy", "1.26.4", by=NUMPY.record, site=site)
    return only(
        pip_overwrote_conda(
            env(
                [NUMPY],
                [pips, twin],
                overlaps=(overlap(NUMPY, pips, on_disk=ON_CONDA, extra=paths("Scripts/f2py.exe")),),
                prefix=prefix,
                layout="windows",
                platform="win-64",
                interpreter="python.exe",
                tools=(Tool("conda", r"C:\conda\Scripts\conda.exe"),),
            )
        )
    )


def test_windows():
    assert commands(windows("C:\\conda\\envs\\lab")) == [
        [
            r"cmd /c rmdir /s /q C:\conda\envs\lab\Lib\site-packages\numpy-1.26.4.dist-info",
            r"C:\conda\envs\lab\python.exe -m pip uninstall --yes numpy",
            "C:\\conda\\Scripts\\conda.exe install --prefix C:\\conda\\envs\\lab " + BACK.partition(f"{PREFIX} ")[2],
        ]
    ]


def test_a_windows_environment_looked_at_elsewhere_keeps_its_slashes():
    assert commands(windows("/mnt/c/lab"))[0][1] == "/mnt/c/lab/python.exe -m pip uninstall --yes numpy"


@pytest.mark.parametrize(
    ("layer", "tools", "added"),
    [
        (CondaLayer("/home/me/.condarc", create_default_packages=("ipykernel",)), (CONDA,), True),
        (
            CondaLayer("/home/me/.condarc", create_default_packages=("ipykernel",)),
            (Tool("micromamba", "/bin/micromamba"),),
            False,
        ),
        (CondaLayer("/home/me/.condarc", create_default_packages=()), (CONDA,), False),
    ],
)
def test_a_new_environment_has_what_is_named_and_nothing_by_default(
    layer: CondaLayer, tools: tuple[Tool, ...], added: bool
) -> None:
    step = steps.create(env([pkg("a")], conda_config=CondaConfig((layer,)), tools=tools), "six")
    assert ("--no-default-packages" in step.argv) is added
    assert step.argv[-1] == "six"
