"""The languages that envguard speaks beside English: which one this process speaks, and where its sentences stand.

The catalogs lie in `envguard/locale`, as gettext wants them; they are read when a first sentence is said in one of
them, and not at all in English. A catalog that cannot be read is as good as none: then it is English.
"""

from __future__ import annotations

import functools
import os
import re
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    Translator = Callable[[str, str | None, int], str]
    """Finds the template of another language: (English template, English plural, number) -> template, as ngettext."""

FOLDER = Path(__file__).parent / "locale"
MESSAGES, PAGES = "envguard", "envguard_pages"
"""The two catalogs of a language: sentences, which Lab reads too; and the pages of the rules, which are long."""
ENGLISH = "en"
_VARIABLES = ("LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG")
"""In the order in which gettext asks them."""
_OF_A_KERNEL = ("JPY_SESSION_NAME", "JPY_PARENT_PID")
"""What jupyter_client and Jupyter's server set for a kernel, and so for what a kernel starts."""
_LAB = ("@jupyterlab", "translation-extension", "plugin.jupyterlab-settings")
_TRADITIONAL = frozenset({"hant", "tw", "hk", "mo"})


def known(tag: str) -> str | None:
    """The language of a tag such as `zh_CN.UTF-8`, `zh-Hans` or `en`; None if envguard does not speak it.

    Traditional Chinese is not spoken: its readers are better served by English than by the other script.
    """
    name, *parts = re.split(r"[-_]", re.split(r"[.@]", tag.strip(), maxsplit=1)[0].lower())
    if name in (ENGLISH, "c", "posix"):
        return ENGLISH
    simplified = "hans" in parts or not _TRADITIONAL & set(parts)
    # Windows says `Chinese (Simplified)_China`, or, since it has Unicode locales, `zh-CN`
    return "zh_CN" if (name == "zh" and simplified) or name == "chinese (simplified)" else None


def of_environment(environ: Mapping[str, str]) -> str:
    """The language that the variables of a process ask for: the first that is spoken; else that of the system."""
    for name in _VARIABLES:
        if environ.get(name):
            return next(filter(None, map(known, environ[name].split(":"))), ENGLISH)
    return known(_of_system()) or ENGLISH


def _of_system() -> str:
    """What there is where no variable is set, as on Windows."""
    import locale  # late: where a variable is set, nobody needs it

    try:
        return locale.getlocale()[0] or ENGLISH
    except ValueError:  # a name that Python cannot read
        return ENGLISH


def of_lab(environ: Mapping[str, str]) -> str | None:
    """The language that this user has chosen in JupyterLab; None if none was, or if Lab takes the system's."""
    folder = environ.get("JUPYTERLAB_SETTINGS_DIR")
    try:
        at = Path(folder) if folder else _jupyter(environ) / "lab" / "user-settings"
        said = at.joinpath(*_LAB).read_text(encoding="utf-8")
    except (OSError, ValueError, RuntimeError):  # RuntimeError: there is no home folder
        return None
    plain = re.sub(r"//[^\n]*|/\*.*?\*/", "", said, flags=re.DOTALL)  # the file is JSON with comments
    found = re.search(r'"locale"\s*:\s*"([^"]*)"', plain)
    return known(found[1]) or ENGLISH if found and found[1] != "default" else None


def _jupyter(environ: Mapping[str, str]) -> Path:
    return Path(environ["JUPYTER_CONFIG_DIR"]) if environ.get("JUPYTER_CONFIG_DIR") else Path.home() / ".jupyter"


def language(environ: Mapping[str, str] = os.environ) -> str:
    """The language of a process: in a kernel that of Lab, if one is chosen there; else that of its variables."""
    chosen = of_lab(environ) if any(map(environ.get, _OF_A_KERNEL)) else None
    return chosen or of_environment(environ)


@functools.cache
def spoken() -> str:
    """The language of this process, found once."""
    return language()


@functools.cache
def translator(language: str, domain: str = MESSAGES) -> Translator:
    """What finds the sentences of a language in a catalog; what it does not have stays English."""
    if language == ENGLISH:
        return english
    import gettext  # late: it is for those who read another language

    try:
        catalog = gettext.translation(domain, FOLDER, [language])
    except (OSError, ValueError, UnicodeError):
        return english

    def translate(template: str, plural: str | None, n: int) -> str:
        if plural is None:
            return catalog.gettext(template)
        return catalog.ngettext(template, plural, n)

    return translate


def english(template: str, plural: str | None, n: int) -> str:
    """The translator that leaves English as it is."""
    return plural if plural is not None and n != 1 else template


def page(text: str, language: str) -> str:
    """The page of a rule in a language: Markdown, of which each paragraph and each item of a list is translated."""
    translate = translator(language, PAGES)
    if translate is english:
        return text
    return "\n".join(lead + translate(said, None, 0) if said else lead for lead, said in parts(text))


def parts(text: str) -> list[tuple[str, str]]:
    """What a page consists of: each paragraph or item in one line, behind what stands in front of it.

    A blank line, and a line of code, is all lead and says nothing.
    """
    told: list[tuple[str, str]] = []
    for line in text.splitlines():
        lead = _LEAD.match(line)
        assert lead is not None  # it matches everything
        said = line[lead.end() :]
        goes_on = bool(told and told[-1][1])
        if not said or (line.startswith(_CODE) and not goes_on):
            told.append((line, ""))
        elif goes_on and not lead["item"]:
            told[-1] = (told[-1][0], f"{told[-1][1]} {said}")
        else:
            told.append((lead[0], said))
    return told


_CODE = "    "
_LEAD = re.compile(r"\s*(?P<item>(?:[-*]|\d+\.)\s+)?")
"""The indentation, and the mark of an item."""
