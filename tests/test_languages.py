"""Which language a process speaks, and that programs hear the same in every one."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from envguard import demo
from envguard.languages import ENGLISH, PAGES, english, known, language, page, parts, translator
from envguard.model import Text, text
from envguard.render.cells import cells, rows, wrapped
from envguard.render.html import html
from envguard.render.json_v1 import text_v1
from envguard.render.language import say
from envguard.render.text import text as text_report
from envguard.rules import RULES
from tests.render.reports import REPORTS

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

CHINESE = translator("zh_CN")


@pytest.mark.parametrize(
    ("tag", "named"),
    [
        ("zh_CN.UTF-8", "zh_CN"),
        ("zh-CN", "zh_CN"),
        ("zh_SG", "zh_CN"),
        ("zh-Hans", "zh_CN"),
        ("zh_Hans_HK", "zh_CN"),
        ("zh", "zh_CN"),
        ("zh_CN.GB18030@pinyin", "zh_CN"),
        ("Chinese (Simplified)_China.936", "zh_CN"),
        ("zh_TW.UTF-8", None),
        ("zh-Hant", None),
        ("zh_HK", None),
        ("en_GB.UTF-8", ENGLISH),
        ("C", ENGLISH),
        ("C.UTF-8", ENGLISH),
        ("POSIX", ENGLISH),
        ("de_DE", None),
        ("", None),
        ("../../etc", None),
    ],
)
def test_the_language_of_a_tag(tag: str, named: str | None):
    assert known(tag) == named


@pytest.mark.parametrize(
    ("environ", "spoken"),
    [
        ({"LANG": "zh_CN.UTF-8"}, "zh_CN"),
        ({"LC_MESSAGES": "zh_CN", "LANG": "de_DE"}, "zh_CN"),
        ({"LC_ALL": "C", "LC_MESSAGES": "zh_CN", "LANG": "zh_CN"}, ENGLISH),
        ({"LANGUAGE": "zh_CN:en", "LC_ALL": "C"}, "zh_CN"),
        ({"LANGUAGE": "fr:zh_CN", "LANG": "fr_FR"}, "zh_CN"),
        ({"LANGUAGE": "en:zh_CN", "LANG": "zh_CN"}, ENGLISH),
        ({"LANGUAGE": "", "LANG": "zh_CN"}, "zh_CN"),
        ({"LANG": "de_DE.UTF-8"}, ENGLISH),
    ],
)
def test_the_variables_in_the_order_of_gettext(environ: dict[str, str], spoken: str):
    assert language(environ) == spoken


@pytest.mark.parametrize(
    ("settings", "spoken"),
    [
        ('{"locale": "zh_CN"}', "zh_CN"),
        ('// the user\'s\n{\n  // "locale": "en"\n  "locale": "zh_CN" /* as chosen */\n}', "zh_CN"),
        ('{"locale": "en"}', ENGLISH),
        ('{"locale": "de_DE"}', ENGLISH),
        ('{"locale": "default"}', "zh_CN"),
        ("{", "zh_CN"),
        (None, "zh_CN"),
    ],
)
def test_a_kernel_speaks_the_language_that_was_chosen_in_lab(tmp_path: Path, settings: str | None, spoken: str):
    """And that of its variables where none was."""
    if settings is not None:
        file = tmp_path / "lab/user-settings/@jupyterlab/translation-extension/plugin.jupyterlab-settings"
        file.parent.mkdir(parents=True)
        file.write_text(settings)
    environ = {"LANG": "zh_CN.UTF-8", "JUPYTER_CONFIG_DIR": str(tmp_path), "JPY_SESSION_NAME": "a.ipynb"}
    assert language(environ) == spoken
    assert language({**environ, "JPY_SESSION_NAME": ""}) == "zh_CN"  # no kernel: the file is not asked


def test_sentences_in_chinese():
    assert say(Text("{n} error", {"n": 2}, "{n} errors"), CHINESE) == "2 个错误"
    assert say(text("there is no program {program}", program="x"), CHINESE) == "没有程序 x"
    assert say(text("no such sentence"), CHINESE) == "no such sentence"
    assert translator("xx") is english


def test_words_of_ours_in_a_sentence_are_translated_and_have_no_spaces_around_them():
    said = text("torch.cuda.is_available() is False, although {gpus} is there", gpus=text("a GPU"))
    assert say(said, english) == "torch.cuda.is_available() is False, although a GPU is there"
    assert say(said, CHINESE) == "torch.cuda.is_available() 为 False，尽管有一块 GPU"
    assert text_v1(said)["args"] == {"gpus": {"id": "a GPU", "args": {}, "text": "a GPU"}}


def test_every_page_keeps_its_form():
    for rule in RULES:
        told = page(rule.page, "zh_CN")
        assert [lead for lead, _ in parts(told)] == [lead for lead, _ in parts(rule.page)]
        assert translator("zh_CN", PAGES)(rule.title, None, 0) == told.partition("\n")[0]


@pytest.mark.parametrize("width", [60, 80, 100])
@pytest.mark.parametrize("name", ["sound", "broken", "strained", "hurt"])
def test_no_row_of_chinese_is_wider_than_the_terminal(name: str, width: int):
    from envguard.render.lines import Wrap
    from envguard.render.report_lines import lines

    kept = {
        "".join(span.text for span in each.spans)
        for each in lines(REPORTS[name], width, language=CHINESE)
        if each.wrap is Wrap.NEVER
    }
    for row in text_report(REPORTS[name], width, language=CHINESE).splitlines():
        assert cells(row) <= width or row.strip() in kept


def test_rows_break_between_characters_and_keep_their_signs():
    said = "两者都声称拥有的 3 个文件，（包括 numpy）不同。"
    told = list(wrapped(said, 12))
    assert "".join(told).replace(" ", "") == said.replace(" ", "")
    assert all(cells(row) <= 12 for row in told)
    assert not any(row[0] in "，。）" or row[-1] == "（" for row in told)
    assert list(rows("one two", 4)) == [(0, 3), (4, 7)]


def test_a_fragment_names_its_language_where_it_is_not_english():
    assert " lang=" not in html(REPORTS["broken"]).partition(">")[0]


def run(*words: str, **variables: str) -> subprocess.CompletedProcess[str]:
    environ: Mapping[str, str] = {**os.environ, "PYTHONUTF8": "1", **variables}
    command = [sys.executable, "-m", "envguard", *words]
    return subprocess.run(command, env=environ, capture_output=True, text=True, encoding="utf-8", check=False)


def test_a_terminal_in_chinese_and_programs_that_hear_the_same(tmp_path: Path):
    demo.build(tmp_path / "demo")
    words = ("check", str(tmp_path / "demo"), "--no-config")
    chinese = run(*words, LANGUAGE="zh_CN")
    assert "2 个错误、1 个警告" in chinese.stdout
    assert chinese.stderr == ""
    assert '<html lang="zh-CN">' in run(*words, "--format", "html", LANGUAGE="zh_CN").stdout
    told = [json.loads(run(*words, "--format", "json", LANGUAGE=each).stdout) for each in ("en", "zh_CN")]
    for each in told:
        del each["made_at"]
    assert told[0] == told[1]


def test_help_and_complaints_in_chinese():
    told = run("rules", "--help", LANGUAGE="zh_CN").stdout
    assert told.startswith("用法：envguard rules")
    assert "显示此帮助信息并退出" in told
    assert run("check", "--nonsense", LANGUAGE="zh_CN").stderr == "envguard: 无法识别的参数：--nonsense\n"
    assert run("check", "--nonsense").stderr == "envguard: unrecognized arguments: --nonsense\n"
