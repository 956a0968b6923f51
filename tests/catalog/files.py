"""The catalogs as files: the `.po` that people edit, and what is compiled of them for Python and for JupyterLab."""

from __future__ import annotations

import io
import json
import re
from typing import TYPE_CHECKING

from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

from envguard.languages import FOLDER, MESSAGES, PAGES
from tests.catalog import sources

if TYPE_CHECKING:
    from pathlib import Path

    from tests.catalog.sources import Message

LANGUAGES = ("zh_CN",)
WANTED = {MESSAGES: sources.messages, PAGES: sources.pages}
"""What each catalog has to hold."""
_WIDTH = 120
_OURS = re.compile(r"envguard/(?:render|frontends(?!/server))/")


def folder(language: str) -> Path:
    """Where the catalogs of a language lie, as gettext and JupyterLab want it."""
    return FOLDER / language / "LC_MESSAGES"


def read(path: Path) -> Catalog:
    """A catalog as it is written; an empty one if there is none."""
    if not path.exists():
        return _empty(path.parents[1].name)
    with path.open("rb") as file:
        return read_po(file, abort_invalid=True)


def translations(catalog: Catalog) -> dict[str, tuple[str | None, str]]:
    """Message id -> its plural and the translation; of several plural forms the first. What is fuzzy or empty is left out."""
    told = {}
    for each in catalog:
        text, plural = each.id if isinstance(each.id, tuple) else (each.id, None)
        said = each.string[0] if isinstance(each.string, tuple) else each.string
        if text and said and not each.fuzzy:
            told[text] = (plural, said)
    return told


def made(language: str, wanted: dict[str, Message], known: dict[str, tuple[str | None, str]]) -> Catalog:
    """A catalog of what is wanted, with the translations that are known, in the order of the files."""
    catalog = _empty(language)
    for each in sorted(wanted.values(), key=lambda one: (min(one.files), one.text)):
        said = known.get(each.text, (None, ""))[1]
        places = [(file, None) for file in sorted(each.files)]
        catalog.add(
            (each.text, each.plural) if each.plural is not None else each.text,
            (said,) * catalog.num_plurals if each.plural is not None else said,
            locations=places,
        )
    return catalog


def po(catalog: Catalog, language: str) -> bytes:
    """A catalog as people edit it: without dates and line numbers, which would differ with every change."""
    out = io.BytesIO()
    write_po(out, catalog, width=_WIDTH, include_lineno=False, omit_header=True)
    head = (
        f'msgid ""\nmsgstr ""\n"Language: {language}\\n"\n"MIME-Version: 1.0\\n"\n"Content-Type: text/plain; charset=utf-8\\n"\n'
        f'"Content-Transfer-Encoding: 8bit\\n"\n"Plural-Forms: {catalog.plural_forms}\\n"\n\n'
    )
    return head.encode() + out.getvalue().replace(b"#, python-brace-format\n", b"").lstrip(b"\n")


class _Dateless(Catalog):
    """A catalog whose head says what a reader needs, and not when and by which babel it was written."""

    @property
    def mime_headers(self) -> list[tuple[str, str]]:
        content = "text/plain; charset=utf-8"
        return [("MIME-Version", "1.0"), ("Content-Type", content), ("Plural-Forms", self.plural_forms)]


def mo(catalog: Catalog, language: str) -> bytes:
    """A catalog as Python's gettext reads it, the same whenever it is made."""
    dateless = _Dateless(locale=language, fuzzy=False)
    for each in catalog:
        if each.id:
            dateless.add(each.id, each.string)
    out = io.BytesIO()
    write_mo(out, dateless)
    return out.getvalue()


def jed(catalog: Catalog, language: str) -> bytes:
    """A catalog as JupyterLab reads it, with what its panel can show: not the words of our own renderers and commands.

    Lab takes what has one form for an entry without plural, and does not find it for one who counts; so where a
    language has one form, it stands there twice.
    """
    head = {
        "domain": MESSAGES,
        "language": language.replace("_", "-"),
        "plural_forms": catalog.plural_forms,
    }
    told: dict[str, object] = {"": head}
    for each in catalog:
        if each.id and any(not _OURS.match(file) for file, _ in each.locations):
            forms = list(each.string) if isinstance(each.id, tuple) else [each.string]
            told[each.id[0] if isinstance(each.id, tuple) else each.id] = (
                forms * 2 if isinstance(each.id, tuple) and len(forms) == 1 else forms
            )
    return (json.dumps(told, ensure_ascii=False, indent=0, sort_keys=True) + "\n").encode()


def compiled(language: str) -> dict[Path, bytes]:
    """Every file that is made of the catalogs of a language."""
    told = {}
    for domain in WANTED:
        catalog = read(folder(language) / f"{domain}.po")
        told[folder(language) / f"{domain}.mo"] = mo(catalog, language)
    told[folder(language) / f"{MESSAGES}.json"] = jed(read(folder(language) / f"{MESSAGES}.po"), language)
    return told


def _empty(language: str) -> Catalog:
    return Catalog(locale=language, fuzzy=False)
