"""What the tools' arguments mean: tables held against the tools' own parsers, and many command lines."""

from __future__ import annotations

import json
import re
import shlex
import subprocess
import sys
import warnings
from optparse import OptParseError
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from envguard.commands import tools
from envguard.commands.command import AimKind, Form, Invocation, Kind, Place, Span, Tool, Verb, Word
from envguard.commands.find import of_argv
from envguard.commands.options import Style, parse
from envguard.commands.requirements import conda, pip
from envguard.commands.tools import pip as pip_tool
from envguard.commands.tools import uv as uv_tool

PLACE = Place("/k/bin/python", "/k", "/work", {"PATH": "/usr/bin", "HOME": "/home/u"})
_OPEN = re.compile(r"[{$]")


def understand(line: str, form: Form = Form.SHELL, place: Place = PLACE, **variables: str | None):
    words = tuple(Word(word, not _OPEN.search(word) or word == "{sys.executable}") for word in shlex.split(line))
    return tools.understand(Invocation(words, form, Span(1, 0, 1, 1), variables), place)


_DUMP = """
import json, sys
from pip._internal.commands import create_command
print(json.dumps({name: [[o._short_opts + o._long_opts, o.takes_value()] for o in create_command(name).parser.option_list_all]
                  for name in ("install", "uninstall")}))
"""


def test_our_table_of_pip_is_pips_own(scenario):
    for python in (sys.executable, str(scenario("sound").python)):
        said = subprocess.run([python, "-c", _DUMP], capture_output=True, text=True, check=True)
        for verb, options in json.loads(said.stdout).items():
            ours = {"install": pip_tool.INSTALL, "uninstall": pip_tool.UNINSTALL}[verb]
            for spellings, takes in options:
                for spelled in spellings:
                    assert spelled in ours, (python, verb, spelled)
                    assert ours[spelled][1] == bool(takes), spelled
                    assert ours[spelled][0] in spellings or spelled.startswith("-C"), spelled


def test_our_tables_of_uv_are_uvs_own():
    uv = str(Path(sys.executable).with_name("uv"))
    for verb, ours in (
        ("pip install", uv_tool.PIP), ("pip uninstall", uv_tool.PIP), ("pip sync", uv_tool.PIP),
        ("add", uv_tool.PROJECT), ("remove", uv_tool.PROJECT), ("sync", uv_tool.PROJECT), ("run", uv_tool.RUN),
    ):  # fmt: skip
        said = subprocess.run([uv, *verb.split(), "--help"], capture_output=True, text=True, check=True).stdout
        found = re.findall(r"^ +(?:(-\w), )?(--[\w-]+)(?:\.\.\.)?( <)?", said, re.MULTILINE)
        assert len(found) > 20
        for short, long, takes in found:
            for spelled in filter(None, (short, long)):
                assert spelled in ours, (verb, spelled)
                assert ours[spelled][1] == bool(takes), (verb, spelled)


_PIECES = st.one_of(
    st.sampled_from(sorted(set(pip_tool.INSTALL) - {"-h", "--help", "-V", "--version"})),
    st.sampled_from(
        ["numpy", "a==1", "-qU", "-rx.txt", "-qr", "--requ", "--upgr", "--no-cache", "--index=x", "-t.", "-Ut", "--"]
    ),
)


def _pips_parser():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of pkg_resources, which pip 23 brings with it
        from pip._internal.commands import create_command

        return create_command("install").parser


@settings(max_examples=300, deadline=None)
@given(st.lists(_PIECES, max_size=7))
def test_arguments_are_taken_apart_as_pip_does(arguments):
    parser = _pips_parser()
    shared = {spelled for option in parser.option_list_all for spelled in option._short_opts + option._long_opts}
    if any(word.startswith("--") and word not in shared and word in pip_tool.INSTALL for word in arguments):
        return  # an option of another pip
    values, rest = [], []
    parser.rargs, parser.largs, parser.values = list(arguments), rest, None
    for option in parser.option_list_all:
        option.process = lambda spelled, value, *_, own=option: values.append((own, value))
    try:
        parser._process_args(rest, parser.rargs, None)
    except (OptParseError, SystemExit):
        return  # pip would refuse
    rest += parser.rargs
    ours = parse([Word(word) for word in arguments], pip_tool.INSTALL, Style.OPTPARSE)
    assert [word.text for word in ours.rest] == rest
    assert [given.value for given in ours.options] == [value for _, value in values]
    for given_option, (own, _) in zip(ours.options, values, strict=True):
        assert given_option.name in own._short_opts + own._long_opts


NO_COMMANDS = """
pip list
pip --version install x
pip install
pip install --help numpy
pip install -h
pip install --dry-run numpy
pip install --dry numpy
pip download numpy
pip freeze
pip config set install.user yes
python -m pip list
python -c 'import pip' install numpy
python script.py install numpy
python -m pytest pip install
python -V -m
py -3.11 script.py
pipx install black
pipenv install x
uvx ruff
uv tool install ruff
uv venv
uv lock
uv pip compile requirements.in
uv pip list
uv pip install --dry-run x
uv pip install --check x
uv add --no-sync x
uv add --frozen x
uv add --script s.py x
uv run python x.py
uv run --with x python -m pip install y
conda list
conda clean --all
conda config --add channels conda-forge
conda install
conda install --dry-run numpy
conda install -d numpy
conda install --download-only numpy
conda install -h
conda update
conda env list
conda env export
conda run -n x python script.py
conda info
conda activate x
conda env update --dry-run
mamba search numpy
micromamba shell init
pixi global install x
pixi add --no-install x
pixi run test
poetry lock
poetry self add x
poetry add --dry-run x
pdm lock
pdm add --no-sync x
easy_install --help
sudo ls
env
nohup
"""


@pytest.mark.parametrize("line", NO_COMMANDS.strip().splitlines())
def test_what_changes_no_environment_is_no_command(line):
    assert understand(line) is None


COMMANDS = (
    ("pip install numpy", Tool.PIP, Verb.INSTALL, ["numpy"], AimKind.PROGRAM, "pip"),
    ("pip3.11 install numpy", Tool.PIP, Verb.INSTALL, ["numpy"], AimKind.PROGRAM, "pip3.11"),
    (r"C:\\x\\Scripts\\pip.exe install numpy", Tool.PIP, Verb.INSTALL, ["numpy"], AimKind.PROGRAM, "C:\\x\\Scripts\\pip.exe"),
    ("pip --no-cache-dir --log x install -U --pre numpy", Tool.PIP, Verb.INSTALL, ["numpy"], AimKind.PROGRAM, "pip"),
    ("pip install --index-url https://u:p@h/s numpy -i x", Tool.PIP, Verb.INSTALL, ["numpy"], AimKind.PROGRAM, "pip"),
    ("pip install -e . -e ./b numpy", Tool.PIP, Verb.INSTALL, [None, None, "numpy"], AimKind.PROGRAM, "pip"),
    ("pip uninstall -y numpy Foo_Bar", Tool.PIP, Verb.REMOVE, ["numpy", "foo-bar"], AimKind.PROGRAM, "pip"),
    ("pip --python /v install numpy", Tool.PIP, Verb.INSTALL, ["numpy"], AimKind.PYTHON, "/v"),
    ("python -m pip install numpy", Tool.PIP, Verb.INSTALL, ["numpy"], AimKind.PYTHON, "python"),
    ("/o/python3.11 -Im pip install numpy", Tool.PIP, Verb.INSTALL, ["numpy"], AimKind.PYTHON, "/o/python3.11"),
    ("python -W ignore -mpip install numpy", Tool.PIP, Verb.INSTALL, ["numpy"], AimKind.PYTHON, "python"),
    ("py -3.11 -m pip install numpy", Tool.PIP, Verb.INSTALL, ["numpy"], AimKind.PYTHON, "py"),
    ("python /x/bin/pip install numpy", Tool.PIP, Verb.INSTALL, ["numpy"], AimKind.PYTHON, "python"),
    ("$PY -m pip install numpy", Tool.PIP, Verb.INSTALL, ["numpy"], AimKind.PYTHON, "$PY"),
    ("{sys.executable} -m pip install numpy", Tool.PIP, Verb.INSTALL, ["numpy"], AimKind.KERNEL, None),
    ("sudo -u x -H pip install numpy", Tool.PIP, Verb.INSTALL, ["numpy"], AimKind.PROGRAM, "pip"),
    ("env A=1 timeout 9 pip install numpy", Tool.PIP, Verb.INSTALL, ["numpy"], AimKind.PROGRAM, "pip"),
    ("conda run -n x pip install numpy", Tool.PIP, Verb.INSTALL, ["numpy"], AimKind.NAME, "x"),
    ("conda run --no-capture-output --prefix /p python -m pip install numpy", Tool.PIP, Verb.INSTALL, ["numpy"], AimKind.PREFIX, "/p"),
    ("uv run pip install numpy", Tool.PIP, Verb.INSTALL, ["numpy"], AimKind.PROJECT, "uv"),
    ("poetry run python -m pip install numpy", Tool.PIP, Verb.INSTALL, ["numpy"], AimKind.PROJECT, "poetry"),
    ("pixi run -e dev pip install numpy", Tool.PIP, Verb.INSTALL, ["numpy"], AimKind.PROJECT, "pixi"),
    ("conda install -yc conda-forge numpy", Tool.CONDA, Verb.INSTALL, ["numpy"], AimKind.ACTIVE, None),
    ("conda install -n=x numpy=1.26 Scipy", Tool.CONDA, Verb.INSTALL, ["numpy", "scipy"], AimKind.NAME, "x"),
    ("conda install --pref /p numpy", Tool.CONDA, Verb.INSTALL, ["numpy"], AimKind.PREFIX, "/p"),
    ("conda install --prefix {sys.prefix} numpy", Tool.CONDA, Verb.INSTALL, ["numpy"], AimKind.PREFIX, "/k"),
    ("conda install -f numpy", Tool.CONDA, Verb.INSTALL, ["numpy"], AimKind.ACTIVE, None),
    ("conda install --revision 3", Tool.CONDA, Verb.INSTALL, [], AimKind.ACTIVE, None),
    ("conda --json upgrade --all", Tool.CONDA, Verb.UPDATE, [], AimKind.ACTIVE, None),
    ("conda uninstall numpy", Tool.CONDA, Verb.REMOVE, ["numpy"], AimKind.ACTIVE, None),
    ("conda remove -n x --all", Tool.CONDA, Verb.REMOVE, [], AimKind.NAME, "x"),
    ("conda env remove -n x", Tool.CONDA, Verb.REMOVE, [], AimKind.NAME, "x"),
    ("conda create -n x python=3.11", Tool.CONDA, Verb.CREATE, ["python"], AimKind.NAME, "x"),
    ("conda env create -f e.yml", Tool.CONDA, Verb.CREATE, [], AimKind.NAME, None),
    ("conda env update --prune", Tool.CONDA, Verb.SYNC, [], AimKind.NAME, None),
    ("mamba install --channel-priority strict numpy", Tool.MAMBA, Verb.INSTALL, ["numpy"], AimKind.ACTIVE, None),
    ("micromamba install -r /root -n x numpy", Tool.MICROMAMBA, Verb.INSTALL, ["numpy"], AimKind.NAME, "x"),
    ("uv pip install numpy", Tool.UV, Verb.INSTALL, ["numpy"], AimKind.ACTIVE, None),
    ("uv --offline pip install -p 3.11 --system numpy", Tool.UV, Verb.INSTALL, ["numpy"], AimKind.PYTHON, "3.11"),
    ("uv pip uninstall numpy", Tool.UV, Verb.REMOVE, ["numpy"], AimKind.ACTIVE, None),
    ("uv pip sync r.txt", Tool.UV, Verb.SYNC, [], AimKind.ACTIVE, None),
    ("python -m uv pip install numpy", Tool.UV, Verb.INSTALL, ["numpy"], AimKind.PYTHON, "python"),
    ("uv add --dev numpy", Tool.UV, Verb.INSTALL, ["numpy"], AimKind.PROJECT, None),
    ("uv sync", Tool.UV, Verb.SYNC, [], AimKind.PROJECT, None),
    ("uv remove numpy", Tool.UV, Verb.REMOVE, ["numpy"], AimKind.PROJECT, None),
    ("pixi add numpy --feature f", Tool.PIXI, Verb.INSTALL, ["numpy"], AimKind.PROJECT, None),
    ("pixi install", Tool.PIXI, Verb.SYNC, [], AimKind.PROJECT, None),
    ("poetry add -G dev numpy@^1.2", Tool.POETRY, Verb.INSTALL, ["numpy"], AimKind.PROJECT, None),
    ("pdm add -dG test numpy", Tool.PDM, Verb.INSTALL, ["numpy"], AimKind.PROJECT, None),
    ("easy_install -U numpy", Tool.EASY_INSTALL, Verb.INSTALL, ["numpy"], AimKind.PROGRAM, "easy_install"),
    ("python -m easy_install numpy", Tool.EASY_INSTALL, Verb.INSTALL, ["numpy"], AimKind.PYTHON, "python"),
)  # fmt: skip


@pytest.mark.parametrize(("line", "tool", "verb", "names", "kind", "value"), COMMANDS, ids=[row[0] for row in COMMANDS])
def test_commands(line, tool, verb, names, kind, value):
    command = understand(line)
    assert command is not None
    assert (command.tool, command.verb) == (tool, verb)
    assert [found.name for found in command.requirements] == names
    assert (command.aim.kind, command.aim.value) == (kind, value)
    assert command.certain == ("$" not in line)
    assert "u:p" not in repr((command.options, command.requirements))


def test_magics_are_about_the_kernel_unless_they_say_otherwise():
    for line, kind in (
        ("pip install x", AimKind.KERNEL),
        ("conda install x", AimKind.KERNEL),
        ("conda install -n y x", AimKind.NAME),
        ("conda env update -f x.txt", AimKind.NAME),
        ("mamba update --all", AimKind.KERNEL),
        ("uv pip install x", AimKind.KERNEL),
        ("uv add x", AimKind.PROJECT),
    ):
        assert understand(line, Form.MAGIC).aim.kind is kind, line


def test_an_unknown_option_swallows_nothing_and_makes_uncertain():
    command = understand("pip install --frobnicate numpy --shiny=1 scipy -% x")
    assert [found.name for found in command.requirements] == ["numpy", "scipy", "x"]
    assert not command.certain
    assert command.option("--shiny") == "1"


def test_words_that_only_the_run_knows():
    command = understand("pip install {pkgs} numpy=={v} --target {t}")
    assert [(found.text, found.name, found.pinned) for found in command.requirements] == [
        ("{pkgs}", None, False), ("numpy=={v}", "numpy", False)]  # fmt: skip
    assert not command.certain
    assert understand("pip {verb} numpy") is None
    command = understand("conda install -n {name} numpy=={v} {x}")
    assert (command.aim.value, command.aim.known) == ("{name}", False)
    assert [(found.name, found.pinned) for found in command.requirements] == [("numpy", False), (None, False)]
    assert understand("pip install -r {file}").files[0].unread is not None


def test_variables():
    assert understand("pip install x", PIP_DRY_RUN="1") is None
    assert understand("pip install x", PIP_DRY_RUN="0") is not None
    assert understand("pip install x", PIP_PYTHON="/v/bin/python").aim.value == "/v/bin/python"
    assert understand("uv pip install x", UV_PYTHON="/v").aim.value == "/v"
    assert understand("env PIP_USER=1 pip install x").variables == {"PIP_USER": "1"}
    command = understand("conda install -p $CONDA_PREFIX x", CONDA_PREFIX="/c")
    assert (command.aim.value, command.certain) == ("/c", True)
    assert not understand("conda install -p $mine x", mine="/c").aim.known  # in a cell that is first a name of Python's
    assert understand("conda install -p $mine x", Form.SCRIPT, mine="/c").aim.value == "/c"
    assert understand("pip install ~/x").requirements[0].text == "/home/u/x"


SHA = "0123456789" * 4
PIP_REQUIREMENTS = (
    ("numpy", Kind.NAME, "numpy", "", False),
    ("Foo_Bar.baz", Kind.NAME, "foo-bar-baz", "", False),
    ("numpy==1.26.4", Kind.NAME, "numpy", "==1.26.4", True),
    ("numpy===1.26", Kind.NAME, "numpy", "===1.26", True),
    ("numpy==1.26.*", Kind.NAME, "numpy", "==1.26.*", False),
    ("numpy~=1.26", Kind.NAME, "numpy", "~=1.26", False),
    ("numpy >=1, <2 ; python_version > '3'", Kind.NAME, "numpy", "<2,>=1", False),
    ("numpy>=1,", Kind.NAME, "numpy", ">=1", False),
    ("numpy=1.26", Kind.NAME, "numpy", "", False),
    ("!!", Kind.NAME, None, "", False),
    ("x @ https://h/x-1.0-py3-none-any.whl", Kind.URL, "x", "==1.0", True),
    ("x@https://h/main.zip", Kind.URL, "x", "", False),
    ("https://u:p@h/x-1.0.tar.gz?token=abc#sha256=1", Kind.URL, "x", "==1.0", True),
    ("https://h/main.zip#egg=Y[z]", Kind.URL, "y", "", False),
    ("git+https://tok@h/a/b.git@main#egg=b", Kind.VCS, "b", "", False),
    (f"git+https://h/a/b.git@{SHA}", Kind.VCS, None, "", True),
    (f"b @ git+ssh://git@h/a/b@{SHA}#subdirectory=c", Kind.VCS, "b", "", True),
    ("x @ file:///a/x-2-py3-none-any.whl", Kind.PATH, "x", "==2", True),
    (".", Kind.PATH, None, "", False),
    ("..", Kind.PATH, None, "", False),
    ("./x[dev]", Kind.PATH, None, "", False),
    (".[dev,test]", Kind.PATH, None, "", False),
    ("C:\\x", Kind.PATH, None, "", False),
    ("a/b", Kind.PATH, None, "", False),
    ("dist/Foo_Bar-1.0.post1-1-py3-none-any.whl", Kind.PATH, "foo-bar", "==1.0.post1", True),
    ("x-1.0.tar.gz", Kind.PATH, "x", "==1.0", True),
    ("broken.whl", Kind.PATH, None, "", False),
)


@pytest.mark.parametrize(("written", "kind", "name", "specifier", "pinned"), PIP_REQUIREMENTS)
def test_requirements_of_pip(written, kind, name, specifier, pinned):
    found = pip(written)
    told = (found.kind, found.name, ",".join(sorted(found.specifier.split(","))), found.pinned)
    assert told == (kind, name, ",".join(sorted(specifier.split(","))), pinned)
    assert not re.search(r"u:p|tok@|abc", found.text)


def test_parts_of_requirements():
    assert pip("requests[socks, b]>=2").extras == ("b", "socks")
    assert pip(".[dev,test]").extras == ("dev", "test")
    assert pip("git+https://h/a#egg=b[c]").extras == ("c",)
    assert pip("x; sys_platform == 'win32'").marker == 'sys_platform == "win32"'
    assert pip("./x; sys_platform == 'win32'").marker == "sys_platform == 'win32'"
    assert pip(".", editable=True).editable


CONDA_SPECS = (
    ("numpy", "numpy", "", False, None),
    ("NumPy>=1.2,<2", "numpy", ">=1.2,<2", False, None),
    ("numpy=1.26", "numpy", "=1.26", False, None),
    ("numpy==1.26.4", "numpy", "==1.26.4", True, None),
    ("numpy=1.26.4=py311_0", "numpy", "=1.26.4=py311_0", True, None),
    ("numpy=1.26.*", "numpy", "=1.26.*", False, None),
    ("numpy 1.26.4 py311_0", "numpy", "1.26.4 py311_0", True, None),
    ("numpy 1.26.*", "numpy", "1.26.*", False, None),
    ("conda-forge::numpy=1.26", "numpy", "=1.26", False, "conda-forge"),
    ("conda-forge/linux-64::numpy", "numpy", "", False, "conda-forge/linux-64"),
    ("https://h/t/tk-1/main::numpy", "numpy", "", False, "https://h/t/<TOKEN>/main"),
    ("numpy[version='>=1',channel=conda-forge]", "numpy", "[version='>=1',channel=conda-forge]", False, "conda-forge"),
    ("*", None, "", False, None),
    ("https://h/c/linux-64/numpy-base-1.26.4-py311_0.conda#md5", "numpy-base", "==1.26.4", True, None),
    ("./numpy-1.26.4-0.tar.bz2", "numpy", "==1.26.4", True, None),
)


@pytest.mark.parametrize(("written", "name", "wanted", "pinned", "channel"), CONDA_SPECS)
def test_specs_of_conda(written, name, wanted, pinned, channel):
    found = conda(written)
    assert (found.name, found.specifier, found.pinned, found.channel) == (name, wanted, pinned, channel)
    assert "tk-1" not in found.text


def test_an_argument_vector():
    command = of_argv(["sudo", "pip", "install", "x"], PLACE)
    assert (command.form, command.wrappers, command.argv) == (Form.LINE, ("sudo",), ("pip", "install", "x"))
    assert of_argv([], PLACE) is None


@settings(max_examples=300, deadline=None)
@given(st.text())
def test_any_requirement_is_read(written):
    for read in (pip, conda):
        read(written)
    pip(written, editable=True)
