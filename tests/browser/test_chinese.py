"""JupyterLab and Notebook 7 in Chinese on a server whose own language is English: no sentence of ours is left in English."""

from __future__ import annotations

import contextlib
import json
import re
import sys
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import TimeoutError as PlaywrightTimeoutError
from playwright.sync_api import expect

from tests.browser.conftest import KERNELS
from tests.browser.jupyter import serve

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from playwright.sync_api import Locator

    from tests.browser.jupyter import App, Jupyter
    from tests.envs.scenarios import Scenario

Show = "Callable[[Jupyter], Shown]"

_READ = """(root) => {
  const said = [];
  const walk = (node) => {
    if (node.nodeType === Node.TEXT_NODE) {
      said.push(node.data);
    } else if (node.nodeType === Node.ELEMENT_NODE) {
      for (const name of ['title', 'aria-label', 'placeholder']) {
        said.push(node.getAttribute(name) ?? '');
      }
      if (!node.matches('code, pre, bdi, style, script, .jp-eg-Code')) {
        node.childNodes.forEach(walk);
      }
      said.push('\\n');
    }
  };
  walk(root);
  return said.join('\\u2028');
}"""
"""What is to be read or heard below an element, without commands, names and paths, which are marked as such."""
_NAMES = re.compile(
    r"cannot open shared object file: No such file or directory|"  # what the system's loader says
    r"`[^`]*`|https?:\S+|[\w.-]*[/\\=_\d][\w./\\=-]*|\b(?:conda|pip|mamba|micromamba|uv|envguard)\b"
)
_ENGLISH = re.compile(r"[A-Za-z][a-z'’]+(?:[ ,;:]+[A-Za-z][a-z'’]+){2,}")


def english(said: str) -> list[str]:
    """Runs of three English words or more, which no list of names is."""
    return [run for line in said.split("\u2028") for run in _ENGLISH.findall(_NAMES.sub("·", line))]


@pytest.fixture(scope="module", params=["lab", "notebook"])
def chinese(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, scenario: Callable[..., Scenario]
) -> Iterator[Jupyter]:
    """A server with the language set as the menu of JupyterLab sets it."""
    app: App = request.param
    folder = tmp_path_factory.mktemp(app)
    chosen = folder / "settings/@jupyterlab/translation-extension/plugin.jupyterlab-settings"
    chosen.parent.mkdir(parents=True)
    chosen.write_text(f"// a setting\n{json.dumps({'locale': 'zh_CN'})}")
    with serve(app, folder) as jupyter:
        for name in ("broken", "sound"):
            jupyter.kernelspec(name, scenario(KERNELS[name], "conda").python)
            jupyter.notebook(name, name, "1 + 1")
        jupyter.kernelspec("own", sys.executable)
        prefix = scenario(KERNELS["broken"], "conda").prefix
        jupyter.notebook(
            "magic",
            "own",
            "%load_ext envguard",
            "%envcheck explain EG102",
            f"%envcheck {prefix}",
            "%envcheck --nonsense",
        )
        yield jupyter


@pytest.mark.slow
def test_the_panel_is_in_chinese(chinese: Jupyter, show: Show):
    shown = show(chinese)
    shown.open("broken")
    panel = shown.show()
    expect(panel.get_by_role("heading", level=2)).to_have_text("已损坏")
    article = panel.get_by_role("article").first
    expect(article).to_contain_text("pip 的 numpy 2.3.5 取代了 conda 的 numpy 1.26.4")
    _everything_open(panel)
    expect(panel.locator(".jp-eg-Page").first).to_contain_text("conda 包的文件被 pip 覆盖")
    assert english(panel.evaluate(_READ)) == []
    shown.open("sound")
    shown.show()
    expect(panel.get_by_role("heading", level=2)).to_have_text("已交接给 pip")
    assert english(panel.evaluate(_READ)) == []


@pytest.mark.slow
def test_the_status_bar_and_the_settings_are_in_chinese(chinese: Jupyter, show: Show):
    if chinese.app == "notebook":
        pytest.skip("Notebook 7 has neither beside a notebook")
    shown = show(chinese)
    shown.open("broken")
    status = shown.page.locator(".jp-eg-Status")
    expect(status).to_have_text(re.compile("s1 · 已损坏"))
    assert english(status.evaluate(_READ)) == []
    shown.run("settingeditor:open", query="环境")
    editor = shown.page.locator("#setting-editor")
    tab = editor.get_by_role("tab", name="环境", exact=True)
    label = editor.get_by_text("状态栏中的环境")
    for left in reversed(range(10)):
        tab.click(timeout=60_000)  # which of ours is shown first is not settled, nor heard before all is drawn
        with contextlib.suppress(PlaywrightTimeoutError):
            label.first.wait_for(timeout=60_000 if not left else 3000)
            break
    expect(label.first).to_be_visible()
    plugin = editor.locator(".jp-SettingsPanel, .jp-SettingsForm").first
    assert [run for run in english(plugin.evaluate(_READ)) if "environment" in run.lower()] == []


@pytest.mark.slow
def test_the_magic_speaks_the_language_of_lab(chinese: Jupyter, show: Show):
    shown = show(chinese)
    shown.open("magic")
    shown.run("notebook:run-all-cells")
    outputs = shown.page.locator(".jp-OutputArea-output")
    expect(outputs.first).to_contain_text("conda 包的文件被 pip 覆盖。", timeout=60_000)
    report = shown.page.locator(".envguard-report")
    expect(report).to_have_attribute("lang", "zh-CN")
    expect(report).to_contain_text("已损坏")
    expect(outputs.last).to_contain_text("envguard: 无法识别的参数：--nonsense")
    for each in outputs.all():
        assert english(each.evaluate(_READ)) == []


def _everything_open(panel: Locator) -> None:
    """Unfolds what is folded, and what is folded inside."""
    closed = panel.locator("details:not([open])")
    while closed.count():
        closed.first.evaluate("(each) => { each.open = true; }")
