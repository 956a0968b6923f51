"""No secret is seen in any form of what envguard tells; what only looks like one stays readable."""

from __future__ import annotations

import dataclasses
import string
from functools import partial

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from envguard import api, home, ledger
from envguard.change_report import Changed, Done
from envguard.changes import remember
from envguard.commands.command import Place
from envguard.commands.find import commands, of_argv
from envguard.errors import EnvguardError
from envguard.ledger_entry import Deed
from envguard.masking import without_secrets, words
from envguard.model import Change, Evidence, Problem, text
from envguard.render import forecast_line
from envguard.render.forecast_html import forecast_page
from envguard.render.forecast_lines import forecast as forecast_text
from envguard.render.forecast_v1 import forecast_dumps
from tests.growth import growth
from tests.probe.prefix import Prefix
from tests.render.forms import RENDERERS, TIMELINE_RENDERERS
from tests.render.reports import NUMPY, report

WORDS = {
    "index": ("--index-url", "https://me:{}@pypi.example/simple"),
    "index by key alone": ("--extra-index-url=https://{}@pypi.example/simple",),
    "index with an at": ("-i", "https://me:pa@{}@pypi.example/simple"),
    "index with a slash": ("-i", "https://me:pa/{}@pypi.example/simple"),
    "index with a query": ("--find-links", "https://pypi.example/simple?access_token={}&page=2"),
    "signed": ("https://store.example/x-1.0-py3-none-any.whl?X-Amz-Signature={}&X-Amz-Date=20260314",),
    "proxy": ("--proxy", "me:{}@proxy.example:3128"),
    "proxy in one": ("--proxy=http://me:{}@proxy.example:3128",),
    "git by https": ("git+https://{}@github.com/acme/tool.git@v1",),
    "git by https, both": ("tool @ git+https://oauth2:{}@gitlab.com/acme/tool.git",),
    "git by ssh": ("git+ssh://git:{}@git.example/acme/tool.git",),
    "named": ("tool @ https://me:{}@files.example/tool-1.0.tar.gz",),
    "password": ("--password", "{}"),
    "token": ("--token={}",),
    "api key": ("--api-key", "{}"),
    "config setting": ("--config-settings", "--build-option=--token={}"),
    "config setting by name": ("-C", "password={}"),
    "global option": ("--global-option=--secret={}",),
    "relative address": ("-i", "//me:{}@pypi.example/simple"),
}
"""Kinds of secrets in the words of pip; `{}` is the secret."""
LINES = {
    "variable": "PIP_INDEX_URL=https://me:{}@pypi.example/simple pip install numpy",
    "variable by name": "UV_INDEX_CORP_PASSWORD={} uv pip install numpy",
    "exported": "export GITHUB_TOKEN={}; pip install numpy",
    "key": "AWS_SECRET_ACCESS_KEY='{}' pip install numpy",
    "channel": "conda install -c https://conda.anaconda.org/t/{}/acme numpy",
    "bare channel": "conda install -c conda.anaconda.org/t/{}/acme numpy",
    "deeper channel": "conda install -c https://repo.example/conda/t/{}/acme numpy",
    "channel of a spec": "conda install https://me:{}@repo.example/acme::numpy",
    "poetry": "poetry config http-basic.acme me {}",
    "header": "curl -H 'Authorization: Bearer {}' https://pypi.example",
    "private header": "curl --header 'PRIVATE-TOKEN: {}' https://gitlab.example",
    "log": "ERROR: 401 for https://me:{}@pypi.example/simple, password: {}",
    "json": '{{"auths": {{"password": "{}", "token":"{}"}}}}',
}
SHAPES = (
    "ghp_{}", "gho_{}", "github_pat_{}", "glpat-{}", "pypi-AgEIcHlwaS5vcmc{}", "hf_{}", "sk-ant-api03-{}", "xoxb-{}",
    "npm_{}0123456789", "nvapi-{}", "pfx_{}", "dckr_pat_{}", "eyJhbGciOiJIUzI1NiJ9.{}.x",
)  # fmt: skip
"""Tokens that are known by their form, wherever they stand."""
PLANTED = "Pl4ntedS3cretWord00"

NEAR = [
    "https://files.example/a@b/c.whl",
    "https://files.example:8443/a@b",
    "https://pypi.example/simple?user=a@b",
    "tool @ https://files.example/tool-1.0-py3-none-any.whl",
    "git+https://github.com/acme/tool.git@0123456789abcdef0123456789abcdef01234567",
    "git+ssh://git@github.com/acme/tool.git@main",
    "ssh://deploy@git.example/acme/tool.git",
    "git@github.com:acme/tool.git",
    "x.tar.gz#sha256=0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
    "numpy==2.1.0 --hash=sha256:0123456789abcdef0123456789abcdef",
    "#egg=tool&subdirectory=pkg",
    "pip install tokenizers==0.15.0 secretstorage keyring passlib",
    "conda install tokenizers=0.15 secretstorage=3.3.3 keyring=24",
    "djangorestframework-api-key==2.3.0",
    "conda-forge::djangorestframework-api-key=2.3.0",
    "https://conda.anaconda.org/conda-forge/linux-64",
    "/home/t/lab/t/file.py",
    "C:\\t\\x",
    "unexpected token: end of line",
    "basic installation of packages",
    "me@example.org",
    "numpy >=1.26,<2; python_version>'3.8'",
    "pip install --keyring-provider subprocess --password-stdin numpy",
    "--token-file /run/token",
    "sk-learn hf_transfer hf-xet pypi-attestations pypi-publish-to-simple-index",
    "--proxy http://proxy.example:3128",
    "https://[::1]:8080/simple",
]


@pytest.mark.parametrize("said", NEAR)
def test_what_only_looks_like_a_secret_stays(said):
    assert without_secrets(said) == said
    assert words(tuple(said.split())) == tuple(said.split())


@pytest.mark.parametrize("kind", [*WORDS, *LINES, *SHAPES])
def test_no_kind_of_secret_stays(kind):
    argv = WORDS.get(kind, (LINES.get(kind, kind),))
    planted = tuple(word.format(*[PLANTED] * 2) for word in argv)
    for told in (" ".join(words(planted)), without_secrets(" ".join(planted)), without_secrets(repr(planted))):
        assert PLANTED not in told
        assert without_secrets(told) == told


@pytest.fixture(scope="module")
def prefix(tmp_path_factory) -> Prefix:
    prefix = Prefix(tmp_path_factory.mktemp("masking") / "env")
    prefix.conda("numpy", "1.26.4", prefix.info("numpy", "1.26.4", {"numpy.py": b"one"}, "conda"))
    return prefix.write("bin/python", b"")


def grep(*told: str) -> None:
    for each in told:
        assert PLANTED not in each
        assert PLANTED.lower() not in each.lower()


@pytest.mark.parametrize("kind", [*WORDS, *SHAPES])
def test_a_secret_in_a_command_is_in_no_output(prefix, tmp_path, kind):
    planted = tuple(word.format(PLANTED) for word in WORDS.get(kind, ("--token", kind)))
    place = Place(str(prefix.path / "bin/python"), str(prefix.path), str(tmp_path), {"PATH": ""})
    file = tmp_path / "requirements.txt"
    file.write_text(f"{' '.join(planted)}\nscipy\n-r https://me:{PLANTED}@h/more.txt\n")
    whole = ("python", "-m", "pip", "install", "numpy==2.1.0", *planted)
    filed = ("python", "-m", "pip", "install", "-r", str(file))
    cells = commands(f"%pip install numpy==2 {' '.join(map(repr, planted))}", place)
    for command in (of_argv(whole, place), of_argv(filed, place), *cells):
        assert command is not None
        told = api.foretell(command, place)
        grep(
            forecast_text(told, 80),
            forecast_page(told),
            forecast_dumps(told),
            forecast_line.line(told),
            forecast_line.more(told),
            *(each.text for each in command.requirements),
            *(file.path for file in command.files),
            repr(remember.entry(Deed.INSTALL, Changed(()), command=command)),
            repr(remember.entry(Deed.INSTALL, None, forecast=told)),
            repr(api.alternatives(command, place, network=False)),
        )


def test_a_secret_is_in_no_history(prefix, tmp_path):
    lines = [line.format(*[PLANTED] * 2) for line in LINES.values()]
    lines += [" ".join(word.format(PLANTED) for word in argv) for argv in WORDS.values()]
    lines += [shape.format(PLANTED) for shape in SHAPES]
    prefix.history(
        "".join(
            f"==> 2024-05-{number % 28 + 1:02} 10:00:00 <==\n# cmd: conda install {line}\n+https://me:{PLANTED}@h/x::p{number}-1-0\n"
            for number, line in enumerate(lines)
        )
    )
    own = home.make(prefix.path)
    for line in lines:
        entry = dataclasses.replace(
            remember.entry(Deed.INSTALL, Changed((Done("pip", (Change(line, line, line),)),))),
            command=tuple(line.split()),
        )
        assert ledger.append(own.folder, dataclasses.replace(entry, tool=line, verb=line, checkpoint=line)) is None
    told = api.history(prefix.path)
    assert len(told.events) == 2 * len(lines)
    grep(*(render(told) for render in TIMELINE_RENDERERS.values()))
    grep((prefix.path / ".envguard/ledger.jsonl").read_text())
    found = api.inspect(prefix.path)
    grep(*(render(found) for render in RENDERERS.values()))


def test_a_secret_is_in_nothing_that_is_told_of_a_log(prefix):
    marks = "WARNING: pip is being invoked by an old script wrapper\n"
    for line in LINES.values():
        planted = line.format(*[PLANTED] * 2)
        log = (
            f"{planted}\nERROR: Could not install packages due to an OSError: {planted}\n{marks}"
            f"ERROR: pip's dependency resolver does not currently take into account all the packages that are installed. "
            f"This behaviour is the source of the following dependency conflicts.\n{planted}\ntool 1.0 requires numpy<2, but you"
            f" have numpy 2.1.0 which is incompatible.\nCollecting package metadata: {planted}\n"
            f"The environment is inconsistent, please check the package plan carefully\n  - {planted}\n"
        )
        told = api.explain_log(log, prefix.path)
        assert told.findings
        grep(*(render(told) for render in RENDERERS.values()))


def test_a_secret_is_in_no_redacted_report():
    lines = [line.format(*[PLANTED] * 2) for line in LINES.values()]
    lines += [shape.format(PLANTED) for shape in SHAPES]
    said = tuple(text("{line}", line=line) for line in lines)
    finding = dataclasses.replace(NUMPY, evidence=tuple(Evidence(each, "x") for each in said))
    told = api.redact(report(findings=(finding,), problems=tuple(Problem("x", each) for each in said)))
    grep(*(render(told) for render in RENDERERS.values()))


def test_a_secret_is_in_no_error(prefix):
    place = Place("python", str(prefix.path), "/", {})
    for words_, cell in ((("python", "--token", PLANTED), ""), ((), f"run(password='{PLANTED}')")):
        with pytest.raises(EnvguardError) as caught:
            api.command(words_, place) if words_ else api.command_of_cell(cell, place)
        grep(str(caught.value))


SECRETS = st.text(string.ascii_letters + string.digits, min_size=20, max_size=40).map("Zz9".__add__)


@settings(max_examples=300, deadline=None)
@given(
    secret=SECRETS,
    template=st.sampled_from([*LINES.values(), *(" ".join(argv) for argv in WORDS.values()), *SHAPES]),
    before=st.sampled_from(["", "! ", "error: ", "x=1 ", "(", "'", "\n", "https://h/x "]),
    after=st.sampled_from(["", " numpy", ")", "\n", "\tx", "; x"]),
)
def test_wherever_it_stands(secret, template, before, after):
    said = without_secrets(before + template.format(*[secret] * 2) + after)
    assert secret not in said
    assert without_secrets(said) == said


@settings(max_examples=300, deadline=None)
@given(st.text(max_size=200) | st.lists(st.sampled_from(
    ["://", "//", "@", ":", "/t/", "token", "=", "--", "'", '"', " ", "a", "password", "?", "&", "#", "<secret>", "…", "proxy", "key", "bearer"]
), max_size=30).map("".join))  # fmt: skip
@example("https://https://u:p@h@x")
def test_twice_is_once(said):
    once = without_secrets(said)
    assert without_secrets(once) == once


@pytest.mark.parametrize(
    "part",
    ["token", "token=", "--token ", "://", "https://a:", "a@", "/t/", "://a/t/", "proxy ", "proxy=a", "A" * 50, "a.b/", "a-", "_key=",
     "http-basic.", "?token", "'", "--", "-token", "//a:b", "eyJ", "bearer ", "authorization:", "0a1b2c3d-0000-", "-----BEGIN PRIVATE KEY-----"],
)  # fmt: skip
def test_time_grows_with_the_length_alone(part):
    """Four times the text costs four times, not sixteen."""
    assert growth(lambda size: partial(without_secrets, part * (size // len(part))), 25_000, 100_000) < 12
