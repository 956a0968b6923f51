"""What stands for and against CUDA, for a notebook and for a browser."""

from __future__ import annotations

from typing import TYPE_CHECKING

from envguard.model import Certainty
from envguard.render import answer_words, cuda_cells
from envguard.render import cuda_words as own
from envguard.render.element import element, write
from envguard.render.finding_html import finding_html
from envguard.render.language import bracketed, colon, given, say
from envguard.render.part_html import document, fixes, folded_evidence, footer, fragment, heading, mark, so
from envguard.render.sentence import sentence

if TYPE_CHECKING:
    from collections.abc import Iterator

    from envguard.cuda_report import CudaReport, CudaRow
    from envguard.render.element import Element
    from envguard.render.language import Translator


def cuda_html(told: CudaReport, *, details: bool = False, language: Translator | None = None) -> str:
    """The whole as a fragment that brings its own style; `details` unfolds it."""
    return write(_section(told, details, language, level=2))


def cuda_page(
    told: CudaReport, *, details: bool = False, language: Translator | None = None, lang: str | None = None
) -> str:
    """The whole as a document of its own."""
    return document(f"{_title(told, language)} · envguard", _section(told, details, language, level=1), lang)


def _title(told: CudaReport, language: Translator | None) -> str:
    return say(given(own.ABOUT, name=told.environment.name), language)


def _section(told: CudaReport, details: bool, language: Translator | None, level: int) -> Element:
    return fragment(
        _title(told, language),
        *_verdict(told, details, language, level),
        *_table(told, language, level + 1),
        *(part for row in told.rows for part in _libraries(row, details, language)),
        *_machine(told, language, level + 1),
        *_also(told, details, language, level + 1),
        footer(told, language),
        language=language,
    )


def _verdict(told: CudaReport, details: bool, language: Translator | None, level: int) -> Iterator[Element]:
    verdict, kind = told.verdict, own.STYLES[told.verdict.state]
    likely = verdict.certainty is Certainty.LIKELY and verdict.fixes
    yield element(
        "header",
        element(
            "div",
            mark(own.SYMBOLS[verdict.state], own.STATES[verdict.state], kind, language),
            " ",
            element("span", _title(told, language), class_="eg-name"),
            role="heading",
            aria_level=str(level),
            class_="eg-verdict",
        ),
        element(
            "p",
            sentence(verdict.message, language),
            element(
                "span",
                bracketed(say(answer_words.HOW_CERTAIN[verdict.certainty], language), language),
                class_="eg-soft",
            )
            if likely
            else None,
            class_="eg-meaning eg-message",
        ),
        class_=f"eg-head eg-{kind}",
    )
    if verdict.consequence is not None:
        yield so(verdict.consequence, language)
    yield from fixes(verdict.fixes, told.environment.platform, language)
    if verdict.evidence:
        yield folded_evidence(verdict.evidence, details, language)


def _table(told: CudaReport, language: Translator | None, level: int) -> Iterator[Element]:
    if not told.rows:
        return
    titles = tuple(say(each, language) for each in own.COLUMNS)
    yield heading(own.WHO_USES_IT, language, level)
    yield element(
        "table",
        element("thead", element("tr", *(element("th", title, scope="col") for title in titles))),
        element("tbody", *(_row(row, titles, language) for row in told.rows)),
        class_="eg-grid",
    )
    if told.asked and not any(row.asked for row in told.rows):
        yield element("p", sentence(given(own.ASKED, asked=told.asked), language), class_="eg-soft")


def _row(row: CudaRow, titles: tuple[str, ...], language: Translator | None) -> Element:
    first, *rest = cuda_cells.cells(row, language)
    return element(
        "tr",
        element("th", *first, scope="row"),
        *(
            # the title once more, for a narrow window, where the heads of the columns are gone
            element("td", *(element("p", said) for said in cell), data_title=title)
            for title, cell in zip(titles[1:], rest, strict=True)
        ),
    )


def _libraries(row: CudaRow, details: bool, language: Translator | None) -> Iterator[Element]:
    """Every library of a framework, to be unfolded."""
    parts: list[Element] = []
    for title, libraries in ((own.COLUMNS[3], row.resolved), (own.COLUMNS[4], row.mapped)):
        if libraries:
            parts.append(element("p", sentence(title, language), class_="eg-soft"))
            parts.append(element("ul", *(_library(cuda_cells.library(each, language)) for each in libraries)))
    if row.arch:
        parts.append(element("p", sentence(given(own.HOLDS, arch=row.arch), language), class_="eg-soft"))
    if not parts:
        return
    summary = say(given(own.LIBRARIES, framework=cuda_cells.framework(row)), language)
    folded = element("details", element("summary", summary), *parts, class_="eg-evidence")
    yield folded.having("open", "") if details else folded


def _library(told: tuple[str, str, str]) -> Element:
    head, how, path = told
    return element(
        "li", element("strong", head), f" · {how}", element("code", path, class_="eg-source") if path else None
    )


def _machine(told: CudaReport, language: Translator | None, level: int) -> Iterator[Element]:
    entries = [(say(own.DRIVER, language), cuda_cells.driver(told.driver, language))]
    entries += [(say(given(own.GPU, index=each.index), language), cuda_cells.gpu(each, language)) for each in told.gpus]
    yield heading(own.MACHINE, language, level)
    yield element("ul", *(element("li", element("strong", name), f"{colon(language)}{said}") for name, said in entries))


def _also(told: CudaReport, details: bool, language: Translator | None, level: int) -> Iterator[Element]:
    if not (told.findings or told.remarks or told.failed):
        return
    yield heading(own.ALSO, language, level)
    for finding in told.findings:
        yield finding_html(finding, told.environment.platform, details, language, level + 1)
    if told.remarks:
        yield element("ul", *(element("li", sentence(remark, language)) for remark in told.remarks))
    if told.failed:
        yield element("p", sentence(given(own.CRASHED, rules=told.failed), language), class_="eg-message")
