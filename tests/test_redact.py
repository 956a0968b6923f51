"""What must never be in a redacted report, whichever way it got there and whichever way it is shown."""

from __future__ import annotations

import dataclasses
import string

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from envguard.model import Change, Event, Evidence, Failed, Fix, Problem, Report, Skipped, Step, Suppressed, text
from envguard.redact import redact, whoami
from envguard.settings import Identity
from tests.render.forms import RENDERERS
from tests.render.reports import NUMPY, REPORTS, report, summary

ADA = Identity(("/home/ada",), ("ada",), ("lovelace-pc.example.org", "lovelace-pc"))
WORDS = st.text(string.ascii_lowercase + string.digits, min_size=10, max_size=14).map("q".__add__)


def said(value: str, identity: Identity = ADA, prefix: str = "/opt/conda/envs/work") -> str:
    """What becomes of a string in a problem of a report."""
    told = report(environment=summary(prefix=prefix), problems=(Problem("x", text("{value}", value=value)),))
    found = redact(told, identity).problems[0].reason.args["value"]
    assert isinstance(found, str)
    return found


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("/home/ada/.condarc", "~/.condarc"),
        (
            "/home/ada/miniforge3/envs/acme/lib/python3.11/site-packages",
            "~/miniforge3/envs/…/lib/python3.11/site-packages",
        ),
        ("/home/ada/clients/acme corp/secret plan.py", "~/…"),
        ("see /home/ada/clients/acme.py, line 3", "see ~/…, line 3"),
        ("/home/adam/x", "~/…"),
        ("from /Users/grace/x and /home/alan/y", "from ~/… and ~/…"),
        ("C:\\Users\\ada\\envs\\x", "~\\envs\\…"),
        ("file:///home/ada/src/x", "file://~/…"),
        ("/opt/home/ada", "/opt/home/<user>"),
        ("made by ada on lovelace-pc", "made by <user> on <host>"),
        ("ssh://Ada@LOVELACE-PC.example.org/x", "ssh://<secret>@<host>/x"),
        ("canada adapter", "canada adapter"),
        ("https://bob:hunter2@repo.example.com/simple", "https://<secret>@repo.example.com/simple"),
        ("https://repo.example.com/t/ab-12-cd/noarch", "https://repo.example.com/t/<secret>/noarch"),
        ("anaconda login --token abc123 x", "anaconda login --token <secret> x"),
        ("tool --password='a b' x", "tool --password=<secret> x"),
        ("GITHUB_TOKEN=abc pip install x", "GITHUB_TOKEN=<secret> pip install x"),
        ("https://x.org/p?access_token=abc&v=1", "https://x.org/p?access_token=<secret>&v=1"),
        ("Authorization: Bearer abcdefgh12345", "Authorization: <secret> <secret>"),
        (
            "pip install git+https://ghp_abcdefghijklmnop1234@github.com/x/y",
            "pip install git+https://<secret>@github.com/x/y",
        ),
        ("tokenizers==0.15.0 secretstorage=3.3 authlib 1.2", "tokenizers==0.15.0 secretstorage=3.3 authlib 1.2"),
        ("lib/python3.11/site-packages/numpy", "lib/python3.11/site-packages/numpy"),
        ("numpy >=1.26.4,<2.0a0", "numpy >=1.26.4,<2.0a0"),
    ],
)
def test_strings(before, after):
    assert said(before) == after


def test_the_environments_own_folder_keeps_its_name():
    prefix = "/home/ada/clients/acme/env"
    assert said(f"{prefix}/lib/x y.py is gone", prefix=prefix) == "~/…/env/lib/x y.py is gone"
    assert said(f"{prefix}-2/lib", prefix=prefix) == "~/…/lib"


def test_an_argument_after_the_option_that_announces_it():
    fix = Fix(text("x"), (Step(("conda", "--token", "abc", "--name", "env")),))
    told = redact(report(findings=(dataclasses.replace(NUMPY, fixes=(fix,)),)), ADA)
    assert told.findings[0].fixes[0].steps[0].argv == ("conda", "--token", "<secret>", "--name", "env")


def test_what_names_nobody_stays_and_the_given_report_too():
    before = REPORTS["broken"]
    assert redact(before, Identity()) == before
    assert redact(before, ADA) == before


def test_whose_notebook_it_was_is_nobodys_business():
    event = Event(
        None, "pip", "install", (), None, "x", notebook="/home/me/acme/plan.ipynb", cell="c1", user="grace", undo="p1"
    )
    told = redact(
        report(timeline=(event, dataclasses.replace(event, notebook=None, cell=None, user=None))), ADA
    ).timeline
    assert (told[0].notebook, told[0].cell, told[0].user, told[0].undo) == ("<notebook>", "<cell>", "<user>", "p1")
    assert (told[1].notebook, told[1].cell, told[1].user) == (None, None, None)


def test_ids_of_rules_stay():
    told = redact(
        report(findings=(NUMPY,), skipped=(Skipped("pip-in-base", text("x")),)), Identity(users=("pip", "conda"))
    )
    assert told.findings[0].rule == "pip-overwrote-conda"
    assert told.skipped[0].rule == "pip-in-base"


def planted(*values: str) -> Report:
    """A report with each string in every place that something foreign can get into."""
    prefix, *_ = values
    sentence = text("{a} {b}", a=" ".join(values), b=values)
    every = tuple(
        dataclasses.replace(
            NUMPY,
            subject=value,
            message=sentence,
            consequence=sentence,
            evidence=(Evidence(sentence, value),),
            fixes=(Fix(sentence, (Step((value, *values)),)),),
        )
        for value in values
    )
    events = tuple(
        Event(None, actor, "link", values, f"conda {value}", value, (Change(value, value, value),))
        for value in values
        for actor in ("conda", value)
    )
    return report(
        environment=summary(prefix=prefix, name=values[-1], platform=values[-1], python_version=values[-1]),
        findings=every,
        skipped=(Skipped("mixed-channels", sentence),),
        failed=tuple(Failed("mixed-channels", value) for value in values),
        problems=tuple(Problem(value, sentence) for value in values),
        timeline=events,
        suppressed=(Suppressed(every[0], values[0], None, values[0]),),
    )


@settings(max_examples=40, deadline=None)
@given(
    user=WORDS,
    host=WORDS,
    project=WORDS,
    secret=WORDS,
    home=st.sampled_from(["/home/{}", "/Users/{}", "/data/people/{}", "C:\\Users\\{}"]),
)
def test_what_is_planted_never_comes_out(user, host, project, secret, home):
    home = home.format(user)
    told = redact(
        planted(
            f"{home}/{project}/env",
            f"{home}/papers/{project}/file.py",
            f"conda install --token {secret} -c https://{user}:{secret}@repo/t/{secret}/x {home}/{project} --password={secret}",
            f"{user}@{host}.example.org",
            f"on {host.upper()}, {user}",
        ),
        Identity((home,), (user,), (f"{host}.example.org", host)),
    )
    for name, render in RENDERERS.items():
        shown = render(told).lower()
        for kept in (user, host, secret):
            assert kept not in shown, name
        assert shown.count(project) == 0, name


def test_whoami_names_somebody_or_nobody():
    told = whoami()
    assert all(home not in ("~", "/") for home in told.homes)
    assert "root" not in told.users
    assert "localhost" not in told.hosts
