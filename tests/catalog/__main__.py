"""Keeps the catalogs: `python -m tests.catalog missing | take FILE | update | check [LANGUAGE]`.

missing FILE  writes what is not translated yet into FILE, a `.po` to be filled in
take FILE     takes the translations of a filled-in `.po` over, and compiles
update        brings the catalogs into the order of the sources, drops what is unused, and compiles
check         says what is wrong, as tests/test_catalog.py does
"""

from __future__ import annotations

import sys
from pathlib import Path

from tests.catalog import checks, files


def main(words: list[str]) -> int:
    """Does one of these; 1 if something is missing or wrong."""
    match words:
        case ["missing", file]:
            return _missing(Path(file))
        case ["take", file]:
            return _write(files.translations(files.read(Path(file))))
        case ["update"]:
            return _write({})
        case ["check"]:
            return _check()
    print(__doc__)
    return 2


def _known(language: str, domain: str) -> dict[str, tuple[str | None, str]]:
    return files.translations(files.read(files.folder(language) / f"{domain}.po"))


def _missing(file: Path) -> int:
    language = files.LANGUAGES[0]
    wanted = {}
    for domain, find in files.WANTED.items():
        known = _known(language, domain)
        wanted |= {text: each for text, each in find().items() if text not in known or known[text][0] != each.plural}
    file.write_bytes(files.po(files.made(language, wanted, {}), language))
    print(f"{len(wanted)} are not translated; they stand in {file}")
    return bool(wanted)


def _write(more: dict[str, tuple[str | None, str]]) -> int:
    language = files.LANGUAGES[0]
    files.folder(language).mkdir(parents=True, exist_ok=True)
    for domain, find in files.WANTED.items():
        wanted = find()
        known = _known(language, domain) | {text: said for text, said in more.items() if text in wanted}
        (files.folder(language) / f"{domain}.po").write_bytes(files.po(files.made(language, wanted, known), language))
    for path, content in files.compiled(language).items():
        path.write_bytes(content)
    return _check()


def _check() -> int:
    wrong = [
        problem
        for language in files.LANGUAGES
        for domain, find in files.WANTED.items()
        for problem in checks.problems(find(), _known(language, domain))
    ]
    print("\n".join(wrong) or "every sentence is translated")
    return bool(wrong)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
