"""One environment, and the same findings wherever they are read: command, magic, REST, widget and side panel."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from html import unescape
from typing import TYPE_CHECKING, Any

import pytest

from envguard.frontends.panel import panel as panel_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.browser.jupyter import Jupyter, Shown
    from tests.envs.scenarios import Scenario

_MAGIC = """
import json
from envguard.render.json_v1 import json_v1
get_ipython().run_line_magic("load_ext", "envguard")
get_ipython().run_line_magic("envcheck", "-o told {prefix}")
print(json.dumps(json_v1(told)))
"""
_TAGS = re.compile("<[^>]*>")


def brief(report: dict[str, Any]) -> list[tuple[str, str, str]]:
    """Each finding in a line."""
    return [(each["code"], each["subject"], each["message"]["text"]) for each in report["findings"]]


def said(*words: str) -> str:
    return subprocess.run([sys.executable, "-m", *words], capture_output=True, text=True, check=False).stdout


@pytest.mark.slow
def test_every_front_end_finds_the_same(
    lab: Jupyter, show: Callable[[Jupyter], Shown], scenario: Callable[..., Scenario]
):
    prefix = str(scenario("s1", "conda").prefix)
    told = brief(json.loads(said("envguard", "check", prefix, "--format", "json", "--no-config")))
    assert len(told) > 2
    assert brief(json.loads(said("IPython", "-c", _MAGIC.format(prefix=prefix)).splitlines()[-1])) == told

    shown = show(lab)
    shown.open("broken")
    panel = shown.show()
    environments = lab.ask("envguard/v1/environments")["environments"]
    [name] = {each["id"] for each in environments if each["prefix"] == prefix}
    assert brief(lab.ask(f"envguard/v1/environments/{name}/report")["report"]) == told

    widget = " ".join(unescape(_TAGS.sub(" ", panel_of(prefix).body.value)).split())
    assert [each for each in told if each[2] not in widget] == []

    # the kernel tells of itself, too
    live = brief(lab.ask(f"envguard/v1/kernels/{lab.kernel('broken')}/report?live=1")["report"])
    assert set(told) <= set(live)
    if panel.locator("summary", has_text="Good to know").count():
        shown.unfold("Good to know")
    articles = [" ".join(each.split()) for each in panel.get_by_role("article").all_inner_texts()]
    assert len(articles) == len(live)
    for (code, subject, message), article in zip(live, articles, strict=True):
        assert code in article
        assert subject in article
        assert message in article
