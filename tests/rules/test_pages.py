"""Every rule's page, names and sentences, whatever the rule."""

from __future__ import annotations

import ast
import datetime
import re
import string
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from envguard.analyse import analyse
from envguard.cuda import Asked, Cuda
from envguard.facts import Activation, CacheDamage, Deep, DirectUrl, Importable, OnDisk
from envguard.library import Found as ElfFound
from envguard.library import VersionNeed
from envguard.machine import Command, Frontend, LogLine, PathFile, PipOption, ProjDatabase, Shebang, VendoredLibrary
from envguard.model import Text
from envguard.process import Elsewhere, Module, Offer, PathEntry, Stranger
from envguard.rules import (
    RULES,
    activation,
    architecture,
    arrow,
    cache,
    cell_magics,
    cell_order,
    cells,
    channels,
    cuda_beside,
    cuda_driver,
    cuda_libraries,
    cuda_paths,
    cuda_search,
    cuda_wheels,
    depends,
    files,
    hdf5,
    install_log,
    installers,
    kernelspecs,
    loader,
    metadata,
    mkl,
    notebook_imports,
    numpy_abi,
    openmp,
    order,
    origins,
    ownership,
    places,
    processor,
    proj,
    protobuf,
    qt,
    requires,
    site,
    stale,
    sys_path,
    torch_build,
    torch_companions,
    user_site,
    widgets,
)
from envguard.rules.install_warnings import WARNINGS
from envguard.settings import Selection
from tests.rules import cudas, scanned
from tests.rules.facts import (
    PREFIX,
    SITE,
    both,
    config,
    dist,
    elf,
    env,
    kernel,
    overlap,
    owned,
    paths,
    pkg,
    revision,
    shell,
    spec,
    unowned,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

FAMILIES = (
    cache,
    files,
    ownership,
    metadata,
    depends,
    requires,
    origins,
    order,
    channels,
    site,
    user_site,
    sys_path,
    installers,
    kernelspecs,
    activation,
    proj,
    places,
    widgets,
    stale,
    numpy_abi,
    mkl,
    openmp,
    loader,
    hdf5,
    arrow,
    protobuf,
    qt,
    processor,
    architecture,
    torch_build,
    torch_companions,
    cuda_paths,
    cuda_beside,
    cuda_libraries,
    cuda_wheels,
    cuda_search,
    cuda_driver,
    install_log,
    cell_magics,
    cell_order,
    cells,
    notebook_imports,
)
HEADINGS = ("Why it matters:", "How to repair:", "Not reported:")
CODES = {
    "conda-file-missing": 100,
    "conda-file-altered": 101,
    "pip-overwrote-conda": 102,
    "two-conda-owners": 103,
    "dists-share-files": 104,
    "conda-record-lost": 105,
    "unowned-files-in-package": 106,
    "package-cache-damaged": 110,
    "duplicate-dist-info": 120,
    "dist-info-without-metadata": 121,
    "dist-info-without-record": 122,
    "pip-file-missing": 123,
    "conda-depends-unmet": 130,
    "conda-constrains-violated": 131,
    "requires-dist-unmet": 132,
    "unpinned-vcs-install": 140,
    "editable-install": 141,
    "dead-link-install": 142,
    "temporary-url-install": 143,
    "conda-after-pip": 150,
    "alternating-installers": 151,
    "pip-where-conda-has-it": 152,
    "mixed-channels": 160,
    "orphaned-site-packages": 170,
    "vendored-library-conflict": 171,
    "executable-pth": 172,
    "user-site-active": 200,
    "user-site-shadows": 201,
    "user-site-not-on-path": 202,
    "local-file-shadows": 203,
    "pythonpath-shadows": 204,
    "shell-pip-targets-other-python": 210,
    "no-pip-in-env": 211,
    "uv-targets-other-env": 212,
    "script-shebang-elsewhere": 213,
    "kernelspec-other-env": 220,
    "kernelspec-dead": 221,
    "kernelspec-overridden": 222,
    "not-activated": 230,
    "activation-points-elsewhere": 231,
    "proj-database-too-old": 232,
    "pip-in-base": 240,
    "conda-itself-damaged": 241,
    "widgets-version-mismatch": 250,
    "stale-module": 300,
    "module-version-differs": 302,
    "numpy-abi-mismatch": 310,
    "numpy2-with-old-extension": 311,
    "mkl-breaks-torch": 320,
    "pip-numpy-in-mkl-env": 321,
    "two-openmp-runtimes": 330,
    "kmp-duplicate-ok-set": 331,
    "threading-layer-conflict": 332,
    "wrong-libstdcxx": 340,
    "libstdcxx-too-old": 341,
    "system-libcrypto": 342,
    "needed-library-missing": 343,
    "hdf5-mismatch": 350,
    "arrow-mismatch": 351,
    "protobuf-mismatch": 352,
    "qt-plugin-path": 360,
    "cpu-features-missing": 370,
    "architecture-mismatch": 371,
    "torch-cpu-build": 400,
    "torch-from-two-sources": 401,
    "torch-companion-mismatch": 402,
    "extension-abi": 403,
    "cuda-shadowed-by-path": 410,
    "cuda-coexists": 411,
    "cuda-library-mismatch": 412,
    "nvidia-wheels-mismatch": 413,
    "cudatoolkit-not-linked": 414,
    "cuda-not-found-by-framework": 420,
    "needs-torch-imported-first": 421,
    "driver-too-old": 430,
    "gpu-arch-not-built": 431,
    "driver-library-mismatch": 432,
    "channels-not-strict": 500,
    "defaults-and-forge": 501,
    "pip-user-or-target-set": 502,
    "externally-managed": 503,
    "cell-shell-pip": 600,
    "cell-conda-after-pip": 601,
    "cell-unpinned": 602,
    "cell-breaks-constraint": 603,
    "install-log-warning": 604,
    "environment-file-without-pip": 605,
    "import-not-in-environment": 606,
    "stamp-differs": 607,
    "cell-magic-without-tool": 608,
}


def test_the_names_and_numbers_that_stay():
    assert {rule.id: rule.code for rule in RULES} == CODES


def test_rules_stand_in_the_order_of_their_codes():
    assert [rule.code for rule in RULES] == sorted(CODES.values())


def test_every_family_is_in_the_table():
    told = [rule for family in FAMILIES for rule in family.RULES]
    assert sorted(told, key=lambda rule: rule.code) == list(RULES)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_page(rule):
    assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)+", rule.id)
    assert re.fullmatch(r"[A-Z].{10,70}\.", rule.title)
    at = [rule.page.index(f"\n\n{heading}") for heading in HEADINGS]
    assert at == sorted(at)
    assert "--ignore-installed" not in rule.page
    assert "TODO" not in rule.page


def test_needs_name_sections():
    where = env()
    for rule in RULES:
        assert all(hasattr(where, need) for need in rule.needs)


NUMPY = pkg("numpy", "1.26.4", missing=paths(f"{SITE}/numpy/core.so"), altered=paths("share/numpy.txt"))
ZLIB, XZ = pkg("zlib", provides=()), pkg("xz", provides=(), missing=paths("lib/xz.so"))
GONE = pkg("gone", missing=paths(f"{SITE}/gone/__init__.py"))
TAKEN = pkg("taken", missing=paths(f"{SITE}/taken/__init__.py"))
REQUESTS = pkg("requests", depends=("numpy <2", "nowhere", "zlib >=2"), constrains=("sqlalchemy >=2", "zlib >=2"))
TURNS = datetime.datetime(2024, 5, 4, 20).timestamp()  # noqa: DTZ001 - after the first transaction, in conda's local time
OLD = "lib/python3.9/site-packages"
PIPS, SHADOW = dist("numpy", "2.3.5", requires=("rich>=13", "nowhere")), dist("shadow")
LAB = pkg("jupyterlab", "4.1")
LOADED = (
    Module("rich", f"{PREFIX}/{SITE}/rich/__init__.py", "11.0", "differs"),
    Module("jupyterlab", f"{PREFIX}/{SITE}/jupyterlab/__init__.py", "4.1"),
)
DISTS = (
    PIPS,
    SHADOW,
    owned("numpy", "1.26.4", by=NUMPY.record),
    owned("requests"),
    dist("taken", "9"),
    dist("sqlalchemy", "1.4"),
    dist("rich", "12.0"),
    dist("bare", has_metadata=False),
    dist("bald", has_record=False),
    dist("gutted", missing=paths(f"{SITE}/gutted/__init__.py")),
    dist("~umpy", None, kind="leftover"),
    dist("left", site=OLD),
    dist("torch"),
    dist("ipywidgets", "8.1"),
    dist("jupyterlab", "4.0"),
    dist("pyarrow", "15.0"),
    dist("onnx", "1.10"),
    dist("protobuf", "4.25"),
    dist("opencv-python", "4.9"),
    dist("pyqt5"),
    dist("tensorflow", "2.15"),
    dist("torchvision", "0.20.1"),
    dist("flash-attn", "2.7.3+cu12torch2.4cxx11abiFALSE"),
    dist("nvidia-cusparse-cu12", "12.3.1.170"),
    dist("nvidia-nvjitlink-cu12", "12.1.105"),
    dist("branch", direct_url=DirectUrl("https://example.org/a", vcs="git", commit="c0ffee")),
    dist("here", direct_url=DirectUrl("file:///a", editable=True, exists=True)),
    dist("moved", direct_url=DirectUrl("file:///b", editable=True, exists=False)),
    dist("built", direct_url=DirectUrl("file:///c", exists=False)),
    *(dist(f"turn{number}", installed=TURNS + number * 86400) for number in range(3)),
)
MORE = (
    pkg("conda", depends=("requests",), missing=paths(f"{SITE}/conda/core.py")),
    pkg("python", "3.11.9", provides=()),
    pkg("gdal", depends=("libgdal",), channel="defaults"),
    pkg("libgdal"),
    *(pkg(f"old{number}", depends=("python >=3.9,<3.10.0a0",)) for number in range(3)),
    pkg("pytorch", "2.2.0", depends=("mkl >=2018",), channel="pytorch", provides=()),
    pkg("mkl", "2024.1", provides=()),
    pkg("blas", "1.0", "mkl", provides=()),
    pkg("h5py", depends=("hdf5 >=1.10.6,<1.11.0a0",)),
    pkg("hdf5", "1.10.7", provides=()),
    pkg("scipy", depends=("mkl",)),
    pkg("libarrow", provides=()),
    pkg("old", build="np126py311_0"),
    LAB,
)
AROUND = {
    "site_packages": (SITE, OLD),
    "pths": (PathFile(f"{SITE}/mine.pth", None, ("import os",), ("/somewhere",)),),
    "vendored": (VendoredLibrary("libgomp", "a.libs/libgomp.so", PIPS.path, "lib/libgomp.so", None),),
    "shebangs": (Shebang("/old/bin/python", False, 2, ("bin/a", "bin/b"), (PIPS.path, NUMPY.record)),),
    "pip_warnings": ("bin/conda",),
    "externally_managed": ("lib/python3.11/EXTERNALLY-MANAGED",),
    "conda_config": config({"channels": ("conda-forge", "defaults"), "channel_priority": "flexible"}),
    "pip_config": (PipOption("user", "1", "PIP_USER"), PipOption("target", "/t", "/etc/pip.conf")),
    "kernelspecs": (
        spec("python3", "/other/bin/python", level="user"),
        spec("python3", f"{PREFIX}/bin/python"),
        spec("other", "/other/bin/python"),
        spec("dead", "/gone/bin/python", exists=False),
    ),
    "deep": Deep(1, 1, 0, (CacheDamage(NUMPY.record, "/opt/conda/pkgs/numpy-1.26.4-py311_0", paths("numpy/core.so")),)),
    "frontends": (Frontend("share/jupyter", "3.1.0", "env"),),
    "shell": shell(
        Command("pip", "/usr/bin/pip", "/usr", False), Command("uv", "/usr/bin/uv", None, None), active="/x"
    ),
    "process": kernel(
        f"{PREFIX}/lib/libgomp.so.1",
        f"{PREFIX}/lib/libiomp5.so",
        "/usr/lib/libstdc++.so.6",
        modules=LOADED,
        path=(PathEntry(f"{PREFIX}/{SITE}", "site-packages"),),
        cpu_flags=("sse2",),
        variables={
            "CONDA_SUBDIR": "linux-aarch64",
            "A_DATA": "/usr/share/a",
            "KMP_DUPLICATE_LIB_OK": "TRUE",
            "MKL_THREADING_LAYER": "INTEL",
            "LD_LIBRARY_PATH": "/usr/lib",
            "PROJ_DATA": f"{PREFIX}/share/proj",
        },
    ),
    "proj": (
        ProjDatabase(f"{SITE}/shadow/proj_data/proj.db", SHADOW.path, None, (1, 3)),
        ProjDatabase("share/proj/proj.db", ZLIB.record, "9.0.1", (1, 2)),
    ),
    "libraries": (
        elf(f"{PREFIX}/lib/libgomp.so.1", "libgomp.so.1", owner=PIPS.path),
        elf(f"{PREFIX}/lib/libstdc++.so.6", "libstdc++.so.6", defines=("GLIBCXX_3.4.29",)),
        elf(f"{PREFIX}/lib/libcrypto.so.3", "libcrypto.so.3", defines=("OPENSSL_3.2.0",)),
        elf("/usr/lib/libstdc++.so.6", "libstdc++.so.6", inside=False),
        elf(
            f"{PREFIX}/{SITE}/numpy/core.so",
            None,
            needs=(VersionNeed("libstdc++.so.6", ("GLIBCXX_3.4.29",)),),
            owner=NUMPY.record,
            found=(
                ElfFound(
                    "libstdc++.so.6", f"{PREFIX}/lib/libstdc++.so.6", "rpath", lacks=("GLIBCXX_3.4.33",), inside=True
                ),
                ElfFound("libcrypto.so.3", "/usr/lib/libcrypto.so.3", "cache", lacks=("OPENSSL_3.2.0",)),
                ElfFound("libgone.so.1", None, "nowhere"),
            ),
        ),
        elf(
            f"{PREFIX}/{SITE}/flash_attn_2_cuda.so",
            None,
            found=(ElfFound("libc10.so", f"{PREFIX}/{SITE}/torch/lib/libc10.so", "elsewhere", inside=True),),
        ),
    ),
}
LED = cudas.lib("nvjitlink", "libnvJitLink.so.12", "12.1.105", "/usr/lib", way="library-path")
OTHER = cudas.lib("cusparse", "libcusparse.so.12", "12.6.2.49", f"{PREFIX}/{SITE}/nvidia/cu13/lib", way="rpath")
CUDA = Cuda(
    frameworks=(
        cudas.torch(cpu=True, declared=None, arch=(), resolved=()),
        cudas.torch(resolved=cudas.own(LED)),
        cudas.other("tensorflow", "2.15", "12.2", resolved=(OTHER,)),
        cudas.other("jax", "0.4", "12", resolved=(cudas.gone("cudnn", "libcudnn.so.9"),)),
    ),
    asked=(Asked("cudatoolkit", "11.8.0", "h0_0", "conda-meta/cudatoolkit-11.8.0-h0_0.json"),),
    installed=cudas.own(),
)
NAMED = "name version wants other found folder where extra spec path packages package active project listed"
LOG = tuple(
    LogLine(each.pattern.id, tuple((name, "numpy") for name in NAMED.split()), "numpy", "build.log:1", 2)
    for each in WARNINGS
    if not each.instead
)
SCANNED = (
    scanned.notebook(
        "a.ipynb",
        "!pip install numpy==1\n!pip install numpy==2 x git+https://example.org/x\n%conda install xz\nimport flask, numpy",
        numpy="0.1",
    ),
    scanned.lost("b.ipynb", "%conda install xz=1=0"),
    scanned.environment("environment.yml", "dependencies:\n- numpy\n- pip:\n  - x\n"),
)
GPU = {"cuda": CUDA, "driver": cudas.driver(11040, "12.0", init=803, module="535.54.03")}
HOME = "/home/me/.local/lib/python3.11/site-packages"
BESIDE = {
    "importable": (
        Importable("numpy", f"{SITE}/numpy", NUMPY.record, PIPS.path),
        Importable("jupyterlab", f"{SITE}/jupyterlab", LAB.record, None),
    ),
    "activation": (Activation("etc/conda/activate.d/a.sh", NUMPY.record, ("A_DATA", "B_DATA")),),
    "elsewhere": (
        Elsewhere("/home/me", "current", 0, True, (Offer("numpy", "numpy.py"),), ()),
        Elsewhere("/opt/tool", "pythonpath", 1, True, (Offer("numpy", "numpy"),), ()),
        Elsewhere(
            HOME, "user-site", 2, True, (Offer("numpy", "numpy"),), (Stranger("numpy", "1.0", "numpy.dist-info"),)
        ),
        Elsewhere(HOME, "user-site", None, False, (), (Stranger("nowhere", "1.0", "nowhere.dist-info"),)),
    ),
}
HISTORY = (
    revision(*(f"+{name}-1.0-py311_0" for name in ("numpy", "zlib", "xz", "requests", "lost", "rich"))),
    revision("+zlib-1.0-py311_0", when="2024-05-05 17:18:39"),
    revision("+xz-1.0-py311_0", when="2024-05-06 17:18:39"),
)


def everything(**more):
    """An environment in which every rule finds something."""
    return env(
        (NUMPY, ZLIB, XZ, GONE, TAKEN, REQUESTS, *MORE),
        DISTS,
        **{
            "overlaps": (overlap(NUMPY, PIPS, compiled=1), overlap(REQUESTS, SHADOW)),
            "shared_records": (both(ZLIB, XZ, "lib/a.so"),),
            "shared_distributions": (both(PIPS, SHADOW, f"{SITE}/a.py"),),
            "unowned": (unowned(NUMPY, "numpy", "a.py"), unowned(NUMPY, "numpy", "a.py", count=90)),
            "history": HISTORY,
            "base": True,
            **AROUND,
            **BESIDE,
            **GPU,
            "install_log": LOG,
            "scanned": SCANNED,
            **more,
        },
    )


OUTSIDE = (
    "user-site-shadows",
    "local-file-shadows",
    "pythonpath-shadows",
    "not-activated",
    "activation-points-elsewhere",
    "stale-module",
    "kmp-duplicate-ok-set",
    "threading-layer-conflict",
    "wrong-libstdcxx",
    "system-libcrypto",
    "cuda-shadowed-by-path",
    "cuda-not-found-by-framework",
    "needs-torch-imported-first",
    "driver-library-mismatch",
    "install-log-warning",
)
"""Rules whose fixes change nothing in the environment."""
STATES = (OnDisk(pip=2), OnDisk(conda=2), OnDisk(conda=1, pip=1), OnDisk(missing=2), OnDisk(other=2), OnDisk(unknown=2))
ENVIRONMENTS = [
    everything(),
    everything(writable=False),
    everything(frozen=True, tools=()),
    everything(base=False, tools=(), manager="pixi"),
    *(everything(overlaps=(overlap(NUMPY, PIPS, on_disk=s), overlap(REQUESTS, SHADOW, on_disk=s))) for s in STATES),
    everything(overlaps=(overlap(NUMPY, PIPS, differ=0, on_disk=OnDisk(), sample=()),)),
    everything(base=False, overlaps=()),
]


def texts(value) -> Iterator[Text]:
    """Every text anywhere in a value."""
    if isinstance(value, Text):
        yield value
    elif isinstance(value, tuple):
        for item in value:
            yield from texts(item)
    elif hasattr(value, "__dataclass_fields__"):
        for name in value.__dataclass_fields__:
            yield from texts(getattr(value, name))


def test_the_environment_of_this_test_lets_every_rule_speak():
    report = analyse(everything())
    assert set(CODES) - {finding.rule for finding in report.findings} == {
        "no-pip-in-env",
        "pip-where-conda-has-it",
        "numpy-abi-mismatch",
        "cuda-coexists",
    }
    assert not report.failed
    assert not report.skipped
    assert "pip-where-conda-has-it" in {
        finding.rule for finding in analyse(everything(), Selection(select=("152",))).findings
    }
    older = env((pkg("numpy", "1.21"), pkg("late", build="np122py311_0")))
    assert "numpy-abi-mismatch" in {finding.rule for finding in analyse(older).findings}
    condas = cudas.lib("cudart", "libcudart.so.12", "12.1.105", f"{PREFIX}/lib")
    beside = cudas.where(cudas.torch(), installed=(*cudas.own(), condas))
    assert "cuda-coexists" in {finding.rule for finding in analyse(beside).findings}


@pytest.mark.parametrize("where", ENVIRONMENTS, ids=range(len(ENVIRONMENTS)))
def test_every_placeholder_is_filled(where):
    for rule in RULES:
        for finding in rule(where):
            for text in texts(finding):
                for template in filter(None, (text.text, text.plural)):
                    named = {field for _, field, _, _ in string.Formatter().parse(template) if field is not None}
                    assert named <= set(text.args), template
                    assert not template.endswith(".")
                assert "None" not in text.english()


@pytest.mark.parametrize("where", ENVIRONMENTS, ids=range(len(ENVIRONMENTS)))
def test_fixes_are_argument_vectors(where):
    for finding in analyse(where).findings:
        for fix in finding.fixes:
            assert fix.steps
            for step in fix.steps:
                assert all(isinstance(word, str) and word for word in step.argv)
                assert "--ignore-installed" not in step.argv
                own = step.argv[2:4] == ("--name", "work") or step.argv[:2] == ("jupyter", "kernelspec")
                own = (
                    own or finding.rule in OUTSIDE or step.argv[-1].startswith("/opt/conda/pkgs/")
                )  # not the environment's
                assert (where.writable and not where.frozen) or own


def test_a_sound_environment_is_told_nothing():
    where = env(
        (pkg("numpy", "1.26.4"), pkg("scipy", depends=("numpy >=1.22,<2",)), pkg("python", provides=())),
        (
            owned("numpy", "1.26.4", by=pkg("numpy", "1.26.4").record),
            owned("scipy"),
            dist("rich", requires=("numpy>=1",)),
            dist("torch", "2.3.5+cu121"),
        ),
        history=(revision("+numpy-1.26.4-py311_0", "+scipy-1.0-py311_0", "+python-1.0-py311_0"),),
        process=kernel(),
    )
    report = analyse(where)
    assert (report.findings, report.skipped, report.failed) == ((), (), ())


def test_nothing_to_look_at_is_no_crash():
    assert analyse(env(None, None, history=None)).failed == ()
    assert analyse(env(None, (dist("rich"),), history=None)).failed == ()


def test_rules_read_nothing():
    """A rule decides from facts; it opens no file and starts no program."""
    for path in Path(files.__file__).parent.glob("*.py"):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        names = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
        assert names <= {"re", "inspect", "datetime"}, path
