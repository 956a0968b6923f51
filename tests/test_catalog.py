"""Every sentence that a person can read is translated, keeps its fields and its code, and the compiled files are those of now."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from babel.messages.catalog import Catalog

from tests.catalog import checks, files, sources
from tests.catalog.sources import Message

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize("domain", files.WANTED)
@pytest.mark.parametrize("language", files.LANGUAGES)
def test_every_sentence_is_translated(language: str, domain: str):
    """`python -m tests.catalog missing FILE` writes down what is not."""
    known = files.translations(files.read(files.folder(language) / f"{domain}.po"))
    assert list(checks.problems(files.WANTED[domain](), known)) == []


@pytest.mark.parametrize("language", files.LANGUAGES)
def test_what_is_compiled_is_what_was_edited(language: str):
    """`python -m tests.catalog update` compiles anew."""
    for path, content in files.compiled(language).items():
        assert path.read_bytes() == content, f"{path.name} is older than its .po"


def test_the_sources_are_read():
    found = sources.messages()
    for text, file in (
        ("sound", "envguard/render/words.py"),  # a table of Texts
        ("conda's {package} {version} and pip's {name} {other} are mixed on disk", "envguard/rules/ownership.py"),
        ("{title} (with conda, mamba or micromamba, none of which was found here)", "envguard/rules/fixes.py"),
        ("Environment in the status bar", "labextension/schema/plugin.json"),
        ("show program's version number and exit", "envguard/frontends/verbs/__init__.py"),
        ("handed over to pip", "labextension/src/words.ts"),
    ):
        assert file in found[text].files
    assert found["{n} error"].plural == "{n} errors"
    assert "{message}" not in found
    assert "Files of a conda package were overwritten by pip." in sources.pages()


@pytest.mark.parametrize(
    ("said", "wrong"),
    [
        ("{name} 的 `pip` 已过时", None),
        ("{nam} 的 `pip` 已过时", "other fields"),
        ("{name} 的 pip 已过时", "other code"),
        ("{name} 的 `pip` 已过时,", "punctuation"),
        ("{name} 的 `pip` 已过时 ", "other space"),
    ],
)
def test_what_a_translation_must_keep(said: str, wrong: str | None):
    text = "{name} has an old `pip`"
    problems = list(checks.problems({text: Message(text, None, {"a.py"})}, {text: (None, said)}))
    assert len(problems) == (wrong is not None)
    assert all(each.startswith(wrong or "") for each in problems)


def test_missing_and_unused_entries_are_told():
    wanted = {"a": Message("a", None, {"a.py"}), "{n} b": Message("{n} b", "{n} bs", {"a.py"})}
    told = list(checks.problems(wanted, {"{n} b": (None, "{n} 个"), "c": (None, "丙")}))
    assert told == ["not translated: 'a' (a.py)", "other plural: '{n} b': None", "unused: 'c'"]


def test_a_filled_in_file_comes_back(tmp_path: Path):
    wanted = {"{n} b": Message("{n} b", "{n} bs", {"a.py"}), "a": Message("a", None, {"b.py"})}
    known = {"{n} b": ("{n} bs", "{n} 个"), "a": (None, "甲\n乙")}
    file = tmp_path / "zh_CN" / "LC_MESSAGES" / "x.po"
    file.parent.mkdir(parents=True)
    file.write_bytes(files.po(files.made("zh_CN", wanted, known), "zh_CN"))
    read = files.read(file)
    assert files.translations(read) == known
    assert isinstance(read, Catalog)
    assert read.num_plurals == 1
