"""What stands for and against CUDA, as paragraphs for a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from envguard.model import Certainty
from envguard.render import answer_words, cuda_cells, words
from envguard.render import cuda_words as own
from envguard.render.cells import cells
from envguard.render.finding_lines import finding_lines
from envguard.render.grid import grid
from envguard.render.language import bracketed, clean, colon, given, labelled, say
from envguard.render.lines import BLANK, Span, Wrap, evidence_lines, fixes_lines, footer, heading, line
from envguard.render.text import written

if TYPE_CHECKING:
    from collections.abc import Iterator

    from envguard.cuda_report import CudaReport
    from envguard.render.language import Translator
    from envguard.render.lines import Line


def cuda(
    told: CudaReport, width: int = 80, color: bool = False, *, details: bool = False, language: Translator | None = None
) -> str:
    """The whole as text."""
    return written(lambda room: tuple(_lines(told, room, details, language)), width, color=color)


def _lines(told: CudaReport, room: int, details: bool, language: Translator | None) -> Iterator[Line]:
    yield from _verdict(told, details, language)
    if told.rows:
        yield from heading(say(own.WHO_USES_IT, language))
        yield BLANK
        yield from grid(
            tuple(say(each, language) for each in own.COLUMNS),
            tuple(cuda_cells.cells(row, language) for row in told.rows),
            room,
            2,
        )
    if told.asked and not any(row.asked for row in told.rows):
        yield BLANK
        yield line(say(given(own.ASKED, asked=told.asked), language), indent=2, hang=2)
    if details:
        yield from _libraries(told, language)
    yield from _machine(told, language)
    yield from _also(told, details, language)
    yield from footer(told, language)
    code = next(iter((*filter(None, [told.verdict.code]), *(each.code for each in told.findings))), None)
    if code is not None:
        yield line(Span(say(given(words.EXPLAIN, code=f"EG{code}"), language), "soft"))


def _verdict(told: CudaReport, details: bool, language: Translator | None) -> Iterator[Line]:
    verdict = told.verdict
    mark = f"{own.SYMBOLS[verdict.state]} {say(own.STATES[verdict.state], language)}"
    certainty = verdict.certainty is Certainty.LIKELY and verdict.fixes
    likely = bracketed(say(answer_words.HOW_CERTAIN[verdict.certainty], language), language) if certainty else ""
    yield line(
        Span(mark, own.STYLES[verdict.state]),
        likely,
        "  ",
        Span(clean(told.environment.name), "strong"),
        f"{colon(language)}{say(verdict.message, language)}",
        hang=2,
    )
    if verdict.consequence is not None:
        yield line(f"{labelled(words.SO, language)}{say(verdict.consequence, language)}", indent=2, hang=4)
    yield from evidence_lines(verdict.evidence, details, language)
    yield from fixes_lines(verdict.fixes, told.environment.platform, language)


def _libraries(told: CudaReport, language: Translator | None) -> Iterator[Line]:
    for row in told.rows:
        for title, libraries in ((own.COLUMNS[3], row.resolved), (own.COLUMNS[4], row.mapped)):
            if not libraries:
                continue
            yield BLANK
            yield line(Span(f"{cuda_cells.framework(row)}{colon(language)}{say(title, language)}", "strong"), indent=2)
            for each in libraries:
                head, how, path = cuda_cells.library(each, language)
                yield line(head, Span(f" · {how}", "soft"), indent=4, hang=2)
                if path:
                    yield line(Span(path, "soft"), indent=6, wrap=Wrap.WIDE)
        if row.arch:
            yield BLANK
            yield line(
                Span(f"{cuda_cells.framework(row)}{colon(language)}", "strong"),
                say(given(own.HOLDS, arch=row.arch), language),
                indent=2,
                hang=2,
            )


def _machine(told: CudaReport, language: Translator | None) -> Iterator[Line]:
    yield from heading(say(own.MACHINE, language))
    yield BLANK
    entries = [(say(own.DRIVER, language), cuda_cells.driver(told.driver, language))]
    entries += [(say(given(own.GPU, index=each.index), language), cuda_cells.gpu(each, language)) for each in told.gpus]
    room = max(cells(name) for name, _ in entries) + 2
    for name, said in entries:
        yield line(Span(name + " " * (room - cells(name)), "soft"), said, indent=2, hang=room, wrap=Wrap.WIDE)


def _also(told: CudaReport, details: bool, language: Translator | None) -> Iterator[Line]:
    if not (told.findings or told.remarks or told.failed):
        return
    yield from heading(say(own.ALSO, language))
    yield BLANK
    for finding in told.findings:
        yield from finding_lines(finding, told.environment.platform, details, language)
    for remark in told.remarks:
        yield line("· ", say(remark, language), indent=2, hang=2)
    if told.failed:
        yield line(Span("✗ ", "error"), say(given(own.CRASHED, rules=told.failed), language), indent=2, hang=2)
