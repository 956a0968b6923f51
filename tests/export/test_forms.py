"""What is written of an environment, from facts: every line that must be there, and what must not be."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from envguard.errors import BadArguments
from envguard.export.written import write
from envguard.export_report import Depth, Export, Form
from envguard.facts import DirectUrl, OnDisk, Paths
from envguard.ledger_entry import Deed, Entry, Whence
from envguard.render.export_v1 import export_v1
from envguard.render.schemas import schema_of
from tests.export.making import parsed, pip_lines, specs
from tests.rules.facts import SITE, dist, env, overlap, owned, pkg, record, revision

if TYPE_CHECKING:
    from pathlib import Path

    from envguard.facts import Environment

TOKEN = "tk-0123456789abcdef-hunter2"
PYTHON = pkg("python", "3.11.9", "h1_0_cpython", provides=())
PIP = pkg("pip", "24.2", "pyhd8ed1ab_0", noarch="python")
SIX = pkg("six", "1.16.0", "pyhd8ed1ab_0", noarch="python")
NUMPY = pkg("numpy", "1.26.4", "py311h_0")
SCIPY = pkg("scipy", "1.14.1", "py311h_0", depends=("numpy >=1.26,<2", "python"))
BASE = (PYTHON, PIP, SIX)
OURS = tuple(owned(each.name, each.version, by=each.record) for each in (PIP, SIX))


@pytest.fixture(autouse=True)
def _nobody_configured_pip(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("INDEX_URL", "EXTRA_INDEX_URL", "FIND_LINKS", "TRUSTED_HOST"):
        monkeypatch.delenv(f"PIP_{name}", raising=False)
    monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null")


def lab(*dists: Any, conda: tuple[Any, ...] = BASE, **more: Any) -> Environment:
    return env(conda, (*OURS, *dists), **more)


def one(found: Environment, form: Form = Form.ENVIRONMENT_YML, depth: Depth = Depth.EXACT) -> Export:
    (told,) = write(found, (form,), depth)
    return told


def lost(told: Export) -> list[str]:
    return [each.says.english() for each in told.lost]


def test_an_environment_file():
    told = one(lab(dist("tabulate", "0.9.0")))
    assert lost(told) == []
    assert told.content.partition("name:")[2] == (
        " lab\nchannels:\n  - conda-forge\n  - nodefaults\ndependencies:\n  - python=3.11.9=h1_0_cpython\n"
        "  - pip=24.2=pyhd8ed1ab_0\n  - six=1.16.0=pyhd8ed1ab_0\n  - pip:\n      - tabulate==0.9.0\n"
    )


@pytest.mark.parametrize(
    ("depth", "expected"),
    [
        (Depth.EXACT, ["python=3.11.9=h1_0_cpython", "pip=24.2=pyhd8ed1ab_0", "six=1.16.0=pyhd8ed1ab_0"]),
        # `six=1.16` would take 1.16.5, too
        (Depth.VERSIONS, ["python==3.11.9", "pip==24.2", "six==1.16.0"]),
        (Depth.HISTORY, ["python=3.11", "pip", "six >=1.15"]),
    ],
)
def test_how_closely(depth: Depth, expected: list[str]):
    conda = (replace(PYTHON, requested=("python",)), PIP, replace(SIX, requested=("six >=1.15",)))
    told = one(lab(dist("tabulate", "0.9.0"), conda=conda), depth=depth)
    assert specs(parsed(told.content)) == expected


def test_from_history_has_what_pip_was_asked_for_and_what_came_by_an_extra():
    asked = dist("rich", "13.0", requires=("pygments>=2", "mdurl ; extra == 'links'"))
    needed, by_extra = dist("pygments", "2.18", requested=False), dist("mdurl", "0.1", requested=False)
    of_extra = dist("mdit", "3.0", requested=False, requires=("mdurl>=0.1",))
    told = one(lab(asked, needed, by_extra, of_extra, conda=(replace(SIX, requested=("six",)), PIP, PYTHON)), depth=Depth.HISTORY)  # fmt: skip
    assert pip_lines(parsed(told.content)) == ["mdit==3.0", "rich==13.0"]


def test_history_tells_the_last_spec_of_what_is_still_there():
    first = replace(revision("+six-1.15.0-py_0"), update_specs=("six=1.15", "python=3.11", "gone"))
    then = replace(revision("+six-1.16.0-py_0"), update_specs=("six=1.16",))
    told = one(lab(history=(first, then)), depth=Depth.HISTORY)
    assert specs(parsed(told.content)) == ["python=3.11", "six=1.16"]


def test_history_tells_of_what_pip_replaced_though_nobody_asked_conda_for_it():
    new = dist("numpy", "2.3.5")
    conda = (*BASE, NUMPY, replace(SCIPY, requested=(f"https://me:{TOKEN}@h.example/lab::scipy",)))
    told = one(lab(new, conda=conda, overlaps=(overlap(NUMPY, new),)), depth=Depth.HISTORY)
    assert specs(parsed(told.content)) == ["python=3.11", "pip", "scipy"]
    assert any(each.startswith("pip's numpy 2.3.5 has replaced conda's numpy 1.26.4") for each in lost(told))
    assert TOKEN not in told.content


def test_where_nothing_tells_what_was_asked_for_that_is_said():
    told = one(lab(conda=(PYTHON, NUMPY, SCIPY)), depth=Depth.HISTORY)
    assert specs(parsed(told.content)) == ["scipy"]
    assert "nothing tells what was once asked for, so what nothing else needs is listed" in lost(told)


@pytest.mark.parametrize("name", ["pip", "setuptools", "wheel"])
def test_no_installers(name: str):
    told = one(env((PYTHON, SIX), (dist(name, "80.0"), dist("tabulate", "0.9"))))
    assert pip_lines(parsed(told.content)) == ["tabulate==0.9"]
    assert lost(told) == [f"pip's own {name} 80.0 is left out, as whoever makes it anew has one"]
    assert "pip" in specs(parsed(told.content))


def test_conda_is_not_asked_twice_whatever_installer_says():
    claims = owned("six", "1.16.0", by=SIX.record)
    told = one(env(BASE, (replace(claims, installer="pip", direct_url=DirectUrl("file:///build/six")),)))
    assert pip_lines(parsed(told.content)) == []


def test_what_pip_replaced_and_conda_needs_is_written_and_said():
    new = dist("numpy", "2.3.5")
    told = one(lab(new, conda=(*BASE, NUMPY, SCIPY), overlaps=(overlap(NUMPY, new),)))
    assert "  # needed by scipy; pip then replaces it by numpy 2.3.5, as it did here\n  - numpy=1.26.4=py311h_0\n" in told.content  # fmt: skip
    assert pip_lines(parsed(told.content)) == ["numpy==2.3.5"]
    assert "pip's numpy 2.3.5 has replaced conda's numpy 1.26.4, and would again: what is made from this has the same fault" in lost(told)  # fmt: skip


def test_what_pip_replaced_and_nobody_needs_is_left_out_and_said():
    new = dist("six", "1.17.0")
    told = one(env(BASE, (OURS[0], new), overlaps=(overlap(SIX, new),)))
    assert specs(parsed(told.content)) == ["python=3.11.9=h1_0_cpython", "pip=24.2=pyhd8ed1ab_0"]
    assert pip_lines(parsed(told.content)) == ["six==1.17.0"]
    assert lost(told) == ["conda's six 1.16.0 is left out: pip's six 1.17.0 has replaced it, and nothing of conda's needs it"]  # fmt: skip


def test_what_conda_put_back_is_condas():
    old = dist("six", "1.17.0")
    told = one(lab(old, overlaps=(overlap(SIX, old, twin=OURS[1].path, on_disk=OnDisk(conda=12)),)))
    assert pip_lines(parsed(told.content)) == []
    assert lost(told) == ["pip's six 1.17.0 is left out: conda has put its own back over it"]


def test_files_that_are_missing_or_edited_come_back_as_they_were():
    damaged = replace(SIX, missing=Paths(2, 0, 2, ("a.py",)), altered=Paths(1, 0, 1, ("b.py",)))
    told = one(lab(conda=(PYTHON, PIP, damaged)))
    assert lost(told) == [
        "2 files of conda's six are missing here, and come back",
        "1 file of conda's six was changed in place here; what was changed is not written down",
    ]


@pytest.mark.parametrize(
    ("origin", "more", "line"),
    [
        (
            {"url": "https://example.org/x.git", "vcs_info": {"vcs": "git", "commit_id": "a" * 40}},
            {},
            "x @ git+https://example.org/x.git@" + "a" * 40,
        ),
        (
            {"url": "ssh://git@example.org/x.git", "vcs_info": {"vcs": "git", "commit_id": "a" * 40}},
            {},
            "x @ git+ssh://git@example.org/x.git@" + "a" * 40,
        ),
        (
            {
                "url": f"https://me:{TOKEN}@example.org/x.git",
                "vcs_info": {"vcs": "git", "commit_id": "a" * 40},
                "subdirectory": "python/x",
            },
            {"x was fetched from https://example.org/x.git with credentials, which are left out"},
            "x @ git+https://example.org/x.git@" + "a" * 40 + "#subdirectory=python/x",
        ),
        (
            {"url": "https://${USER}:${TOKEN}@example.org/x.git", "vcs_info": {"vcs": "git", "commit_id": "a" * 40}},
            {},
            "x @ git+https://${USER}:${TOKEN}@example.org/x.git@" + "a" * 40,
        ),
        (
            {"url": "https://example.org/x-1.0-py3-none-any.whl", "archive_info": {"hashes": {"sha256": "b" * 64}}},
            {},
            "x @ https://example.org/x-1.0-py3-none-any.whl#sha256=" + "b" * 64,
        ),
        (
            {"url": "https://example.org/x-1.0.zip", "archive_info": {"hash": "sha256=" + "b" * 64}},
            {},
            "x @ https://example.org/x-1.0.zip#sha256=" + "b" * 64,
        ),
        (
            {"url": f"https://example.org/x-1.0.zip?token={TOKEN}", "archive_info": {}},
            {"x was fetched from https://example.org/x-1.0.zip with credentials, which are left out"},
            "x @ https://example.org/x-1.0.zip",
        ),
        (
            {"url": "file:///home/me/x", "dir_info": {"editable": True}},
            {"x 1.0 is installed in place from file:///home/me/x: clone that and `pip install -e` it there"},
            None,
        ),
        (
            {"url": "file:///home/me/x-1.0-py3-none-any.whl", "archive_info": {}},
            {
                "x 1.0 was installed from file:///home/me/x-1.0-py3-none-any.whl: take that file along, or install a released version"
            },
            None,
        ),
        (
            {"url": "file:///home/me/x", "dir_info": {}},
            {"x 1.0 was built from file:///home/me/x: take that folder along, or push it and install from its commit"},
            None,
        ),
        (
            {"url": "https://example.org/x.git", "vcs_info": {"vcs": "git", "commit_id": "main\n- evil"}},
            {"x came from https://example.org/x.git, which cannot be written as a requirement"},
            None,
        ),
    ],
)
def test_where_it_came_from(tmp_path: Path, origin: dict[str, Any], more: set[str], line: str | None):
    told_by = {"dir_info": {}, **origin}
    vcs = told_by.get("vcs_info", {})
    direct = DirectUrl(origin["url"], editable=bool(told_by["dir_info"].get("editable")), vcs=vcs.get("vcs"))
    found = dist("x", "1.0", direct_url=direct)
    (tmp_path / found.path).mkdir(parents=True)
    (tmp_path / found.path / "direct_url.json").write_text(json.dumps(origin), encoding="utf-8")
    told = one(lab(found, dist("tabulate", "0.9"), prefix=str(tmp_path)))
    assert pip_lines(parsed(told.content)) == ["tabulate==0.9", *filter(None, (line,))]
    assert set(lost(told)) == set(more)
    assert TOKEN not in told.content
    if line is None:
        assert "      # x 1.0: " in told.content


CONFIGURED = [
    ("index-url = https://pypi.org/simple", [], []),
    (
        "extra-index-url = https://wheels.example.org/simple",
        ["--extra-index-url https://wheels.example.org/simple"],
        [],
    ),
    (
        f"index-url = https://me:{TOKEN}@wheels.example.org/simple",
        ["--index-url https://${PIP_INDEX_USER}:${PIP_INDEX_PASSWORD}@wheels.example.org/simple"],
        [
            "the index https://wheels.example.org/simple wants a user and a password (set PIP_INDEX_USER and PIP_INDEX_PASSWORD)"
        ],
    ),
    (
        f"extra-index-url = https://wheels.example.org/simple?token={TOKEN}",
        [],
        ["an index whose address holds a secret is left out (https://wheels.example.org/simple)"],
    ),
    ("find-links = /srv/wheels", [], ["pip looked into /srv/wheels, which only this machine has"]),
    ("trusted-host = wheels.example.org", ["--trusted-host wheels.example.org"], []),
]


@pytest.mark.parametrize(("line", "options", "says"), CONFIGURED, ids=[case[0].partition(" ")[0] + str(n) for n, case in enumerate(CONFIGURED)])  # fmt: skip
def test_indexes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, line: str, options: list[str], says: list[str]):
    (tmp_path / "pip.conf").write_text(f"[global]\n{line}\n", encoding="utf-8")
    monkeypatch.setenv("PIP_CONFIG_FILE", str(tmp_path / "pip.conf"))
    told = one(lab(dist("tabulate", "0.9.0")))
    assert pip_lines(parsed(told.content)) == [*options, "tabulate==0.9.0"]
    assert lost(told) == says
    assert all(f"#   * {each}\n" in told.content for each in says)
    for form in Form:
        assert TOKEN not in one(lab(dist("tabulate", "0.9.0")), form).content
    nothing = one(lab())
    assert (lost(nothing), pip_lines(parsed(nothing.content))) == ([], [])


def test_an_index_that_a_command_named_and_one_that_a_version_tells():
    whence = Whence()
    command = ("pip", "install", "x", "--index-url", "https://wheels.example.org/simple")
    entry = Entry("1", "2026-01-01T00:00:00+00:00", Deed.INSTALL, "pip", "install", command, whence, ())
    found = lab(dist("torch", "2.4.1+cu121"), dist("other", "1.0+cu121"), ledger=(entry, replace(entry, tool="conda")))
    assert pip_lines(parsed(one(found).content)) == [
        "--extra-index-url https://wheels.example.org/simple",
        "--extra-index-url https://download.pytorch.org/whl/cu121",
        "other==1.0+cu121",
        "torch==2.4.1+cu121",
    ]


def test_channels_in_the_order_of_the_configuration(tmp_path: Path):
    (tmp_path / ".condarc").write_text("channels: [bioconda, conda-forge, unused]\n", encoding="utf-8")
    forge = "https://conda.anaconda.org/conda-forge/linux-64"
    conda = (
        replace(PYTHON, channel=forge),
        replace(SIX, channel=forge),
        pkg("samtools", channel="bioconda", provides=()),
    )
    loaded = parsed(one(env(conda, (), prefix=str(tmp_path))).content)
    assert loaded["channels"] == ["bioconda", "conda-forge", "nodefaults"]
    secret = replace(SIX, channel=f"https://conda.anaconda.org/t/{TOKEN}/lab")
    told = one(env((PYTHON, secret), (), prefix=str(tmp_path)))
    assert parsed(told.content)["channels"] == ["conda-forge", "lab", "nodefaults"]
    assert TOKEN not in told.content
    assert lost(told) == ["the channel lab was asked with a password or a token, which is left out"]
    main = replace(SIX, channel="https://repo.anaconda.com/pkgs/main/linux-64")
    assert parsed(one(env((main,), ())).content)["channels"] == ["defaults"]


def placed(tmp_path: Path, *packages: Any, url: str) -> Environment:
    """An environment whose records are there to be read."""
    (tmp_path / "conda-meta").mkdir()
    for each in packages:
        told = {"name": each.name, "url": f"{url}/{each.name}-{each.version}-{each.build}.conda", "md5": "0" * 32}
        (tmp_path / each.record).write_text(json.dumps(told), encoding="utf-8")
    return env(packages, OURS, prefix=str(tmp_path))


def test_an_explicit_list(tmp_path: Path):
    late = pkg("aaa", depends=("zzz", "python"))
    found = placed(tmp_path, late, pkg("zzz", depends=("python",)), PYTHON, url=f"https://me:{TOKEN}@host.example/t/{TOKEN}/lab/linux-64")  # fmt: skip
    told = one(found, Form.EXPLICIT)
    assert told.content.partition("@EXPLICIT\n")[2].splitlines() == [
        "https://host.example/lab/linux-64/python-3.11.9-h1_0_cpython.conda#" + "0" * 32,
        "https://host.example/lab/linux-64/zzz-1.0-py311_0.conda#" + "0" * 32,
        "https://host.example/lab/linux-64/aaa-1.0-py311_0.conda#" + "0" * 32,
    ]
    assert lost(told) == ["packages of host.example were fetched with a password or a token, which is left out"]
    assert TOKEN not in told.content


def test_an_explicit_list_of_nothing_is_refused_and_of_records_without_address_is_told():
    with pytest.raises(BadArguments, match="has no packages of conda's to list"):
        one(env((), (dist("tabulate"),), manager="venv"), Form.EXPLICIT)
    told = one(lab(dist("tabulate", "0.9")), Form.EXPLICIT)
    assert lost(told)[-1] == "no record tells where these were fetched, so they are missing: python, pip, six"
    assert "# tabulate==0.9" in told.content.splitlines()


def test_requirements():
    told = one(lab(dist("tabulate", "0.9.0")), Form.REQUIREMENTS)
    assert [line for line in told.content.splitlines() if not line.startswith("#")] == ["tabulate==0.9.0"]
    assert "# six==1.16.0" in told.content.splitlines()


def test_a_dockerfile(tmp_path: Path):
    told = one(lab(dist("tabulate", "0.9.0")), Form.DOCKERFILE)
    steps = told.content.split("\n\n")
    words = [step.splitlines()[-1] for step in steps]
    kinds = [next(line for line in step.splitlines() if not line.startswith("#")).split()[0] for step in steps[1:]]
    assert kinds == ["FROM", "USER", "COPY", "RUN", "COPY", "RUN", "ENV", "WORKDIR", "CMD"]
    assert all(step.startswith("# ") for step in steps)  # each is explained
    assert "RUN /opt/conda/envs/lab/bin/python -m pip install --no-cache-dir --no-deps --requirement /tmp/requirements.txt" in words  # fmt: skip
    assert told.content.index("micromamba create") < told.content.index("-m pip install")
    for bad in ("activate ", "latest", "USER root", "sudo", "--name base", "ADD "):
        assert bad not in told.content.replace("activates it", "")


def test_a_dockerfile_that_needs_a_program_and_a_password(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("PIP_INDEX_URL", f"https://me:{TOKEN}@wheels.example.org/simple")
    origin = {"url": "https://example.org/x.git", "vcs_info": {"vcs": "git", "commit_id": "a" * 40}}
    found = dist("x", "1.0", direct_url=DirectUrl(origin["url"], vcs="git"))
    (tmp_path / found.path).mkdir(parents=True)
    (tmp_path / found.path / "direct_url.json").write_text(json.dumps(origin), encoding="utf-8")
    content = one(lab(found, prefix=str(tmp_path)), Form.DOCKERFILE).content
    assert content.index("USER root\n") < content.index("apt-get install") < content.index("USER $MAMBA_USER\n")
    assert content.count("USER root") == 1
    assert "RUN --mount=type=secret,id=PIP_INDEX_USER,env=PIP_INDEX_USER " in content
    assert TOKEN not in content


def test_a_requirement_that_does_not_hold_is_told():
    first, second = dist("a", "1.0", requires=("b<2",)), dist("b", "2.0")
    assert lost(one(lab(first, second))) == [
        "a 1.0 requires b<2, which is not so here: pip would change what it asks for, or refuse"
    ]
    assert lost(one(lab(first, replace(second, version="1.9")))) == []


def test_what_no_list_holds_is_told(tmp_path: Path):
    (tmp_path / "conda-meta").mkdir()
    state = {"version": 1, "env_vars": {"API_KEY": TOKEN}}
    (tmp_path / "conda-meta/state").write_text(json.dumps(state), encoding="utf-8")
    told = one(lab(prefix=str(tmp_path), pinned=("numpy 1.*",), unreadable_records=("broken-1.0-0",)))
    assert lost(told) == [
        "conda's records of these cannot be read, so they are missing here: broken-1.0-0",
        "what is pinned is not written down: numpy 1.*",
        "these variables are set for the environment; their values may be secrets and are left out: API_KEY",
    ]
    assert TOKEN not in told.content


def test_a_plain_virtual_environment():
    told = one(env((), (dist("tabulate", "0.9.0"),), manager="venv", platform=None))
    assert specs(parsed(told.content)) == ["python==3.11.9", "pip"]
    assert parsed(told.content)["channels"] == ["conda-forge", "nodefaults"]


@settings(max_examples=20, deadline=None)
@given(st.text(min_size=1, max_size=20), st.text(max_size=20), st.text(max_size=30), st.sampled_from(list(Form)))
def test_no_name_of_a_package_leaves_its_place(name: str, version: str, url: str, form: Form):
    strange = (
        pkg(name, version or "1", "b"),
        replace(SIX, channel=f"https://{url}/c"),
    )
    origin = DirectUrl(f"https://{url}", vcs="git", commit=version)
    dists = (dist(name, version), dist("plain", version), dist("from-vcs", "1.0", direct_url=origin))
    told = one(env((*strange, PYTHON), dists, prefix=f"/opt/{name}\0"[:30].replace("\0", "x")), form)
    allowed = ("#", "@EXPLICIT", "https://", "plain==", "from-vcs @ ")
    if form is Form.ENVIRONMENT_YML:
        loaded = parsed(told.content)
        assert set(loaded) == {"name", "channels", "dependencies"}
        assert all(line.split("==")[0].split(" @ ")[0].strip() in (name.lower(), "plain", "from-vcs") for line in pip_lines(loaded))  # fmt: skip
    elif form is not Form.DOCKERFILE:
        lines = told.content.splitlines()
        assert all(line.startswith(allowed) or line.partition("==")[0] == name for line in lines), lines
    jsonschema.validate(export_v1((told,)), schema_of("export"))


def test_paths_are_where_facts_say():
    """`record` and SITE are what the builders above rest on."""
    assert SIX.record == record("six", "1.16.0", "pyhd8ed1ab_0")
    assert OURS[1].path.startswith(SITE)
