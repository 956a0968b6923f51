"""How a report becomes characters on a stream, whichever front end it is: width, colour, encoding, one-line errors.

Each renderer is imported when it is asked for: a notebook needs two of them, and all together take longer than a check.
"""

from __future__ import annotations

import io
import os
import shutil
from typing import TYPE_CHECKING, TextIO

from envguard import api
from envguard.render.language import say

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from envguard.comparison import Comparison
    from envguard.cuda_report import CudaReport
    from envguard.errors import EnvguardError
    from envguard.forecast_report import Forecast
    from envguard.model import Answer, Report, Text, Timeline

OUR_FAULT = "envguard: this is a bug of envguard, not of your environment; please report it with the lines above"
_WIDTH = 80


def be_lenient(*streams: TextIO) -> None:
    """Lets a stream that cannot encode a character write another in its place instead of failing."""
    for stream in streams:
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")


def one_line(error: EnvguardError) -> str:
    """What a user hears of an error."""
    return ours(error.text)


def ours(told: Text) -> str:
    """One line with our name in front."""
    return f"envguard: {' '.join(say(told).split())}"


def wants_color(stream: TextIO) -> bool:
    """Whether a stream is a terminal that shows colour and nobody asked for none (https://no-color.org)."""
    return stream.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def for_terminal(report: Report, stream: TextIO, *, details: bool) -> str:
    """The report as text for this stream: as wide as the terminal, in colour if it has any."""
    from envguard.render.text import text

    return text(report, width=columns(), color=wants_color(stream), details=details)


def as_json(report: Report, stream: TextIO, *, details: bool) -> str:  # noqa: ARG001 - JSON always tells everything
    """The report for a program, in ASCII."""
    from envguard.render.json_v1 import dumps

    return dumps(report)


def as_page(report: Report, stream: TextIO, *, details: bool) -> str:
    """The report as an HTML document of its own, in ASCII where the stream does not speak UTF-8 as the document does."""
    from envguard.render.html import page

    return encodable(page(report, details=details), stream)


def as_markdown(report: Report, stream: TextIO, *, details: bool) -> str:  # noqa: ARG001 - it folds the details itself
    """The report for an issue."""
    from envguard.render.markdown import markdown

    return markdown(report)


def as_sarif(report: Report, stream: TextIO, *, details: bool) -> str:  # noqa: ARG001 - a program reads everything
    """The report for code scanning, with the pages of all rules."""
    from envguard.render.sarif import sarif_dumps

    return sarif_dumps(report, api.pages())


def timeline_as(told: Timeline, form: str, stream: TextIO, *, details: bool) -> str:
    """The timeline in one of the formats of `history`."""
    from envguard.render.json_v1 import timeline_dumps
    from envguard.render.lanes import timeline
    from envguard.render.timeline_html import timeline_page

    if form == "json":
        return timeline_dumps(told)
    if form == "html":
        return encodable(timeline_page(told, details=details), stream)
    return timeline(told, columns(), wants_color(stream), details=details)


def comparison_as(told: Comparison, form: str, stream: TextIO, *, details: bool) -> str:
    """The comparison in one of the formats of `diff`."""
    from envguard.render.diff_html import comparison_page
    from envguard.render.diff_text import comparison
    from envguard.render.json_v1 import comparison_dumps

    if form == "json":
        return comparison_dumps(told)
    if form == "html":
        return encodable(comparison_page(told), stream)
    return comparison(told, columns(), wants_color(stream), details=details)


def answer_as(told: Answer, form: str, stream: TextIO, *, details: bool) -> str:
    """The answer in one of the formats of `why`."""
    from envguard.render.answer_html import answer_page
    from envguard.render.answer_lines import answer
    from envguard.render.json_v1 import answer_dumps

    if form == "json":
        return answer_dumps(told)
    if form == "html":
        return encodable(answer_page(told, details=details), stream)
    return answer(told, columns(), wants_color(stream), details=details)


def answer_bundle(told: Answer, *, details: bool) -> dict[str, str]:
    """The answer as Jupyter stores it in a notebook."""
    from envguard.render.answer_html import answer_html
    from envguard.render.answer_lines import answer

    return {"text/html": answer_html(told, details=details), "text/plain": answer(told, _WIDTH, details=details)}


def cuda_as(told: CudaReport, form: str, stream: TextIO, *, details: bool) -> str:
    """What stands for and against CUDA in one of the formats of `cuda`."""
    from envguard.render.cuda_html import cuda_page
    from envguard.render.cuda_lines import cuda
    from envguard.render.cuda_v1 import cuda_dumps

    if form == "json":
        return cuda_dumps(told)
    if form == "html":
        return encodable(cuda_page(told, details=details), stream)
    return cuda(told, columns(), wants_color(stream), details=details)


def cuda_bundle(told: CudaReport, *, details: bool) -> dict[str, str]:
    """The same as Jupyter stores it in a notebook."""
    from envguard.render.cuda_html import cuda_html
    from envguard.render.cuda_lines import cuda

    return {"text/html": cuda_html(told, details=details), "text/plain": cuda(told, _WIDTH, details=details)}


def forecast_as(told: Forecast, form: str, stream: TextIO, *, details: bool) -> str:
    """What an install would do in one of the formats of `forecast`."""
    from envguard.render.forecast_html import forecast_page
    from envguard.render.forecast_lines import forecast
    from envguard.render.forecast_v1 import forecast_dumps

    if form == "json":
        return forecast_dumps(told)
    if form == "html":
        return encodable(forecast_page(told, details=details), stream)
    return forecast(told, columns(), wants_color(stream), details=details)


def forecast_bundle(told: Forecast, *, details: bool) -> dict[str, str]:
    """The same as Jupyter stores it in a notebook."""
    from envguard.render.forecast_html import forecast_html
    from envguard.render.forecast_lines import forecast

    return {"text/html": forecast_html(told, details=details), "text/plain": forecast(told, _WIDTH, details=details)}


def timeline_bundle(told: Timeline, *, details: bool) -> dict[str, str]:
    """The timeline as Jupyter stores it in a notebook."""
    from envguard.render.lanes import timeline
    from envguard.render.timeline_html import timeline_html

    return {
        "text/html": timeline_html(told, details=details),
        "text/plain": timeline(told, _WIDTH, details=details),
    }


def fold(told: Timeline) -> str:
    """The whole timeline in HTML, behind one line."""
    from envguard.render.timeline_html import timeline_fold

    return timeline_fold(told)


def with_history(shown: Mapping[str, str], story: str) -> dict[str, str]:
    """A bundle with a folded timeline below; text stays as it is, in which nothing can be folded."""
    return {**shown, "text/html": shown["text/html"] + story}


def columns() -> int:
    """The columns of the terminal; 80 where there is none."""
    return shutil.get_terminal_size((_WIDTH, 24)).columns


def columns_of(stream: TextIO) -> int | None:
    """How wide the terminal is that a stream leads to; None where it leads to none."""
    return columns() if stream.isatty() else None


def encodable(document: str, stream: TextIO) -> str:
    """A document in what the stream can write: in ASCII where that is no UTF."""
    if "utf" in (stream.encoding or "").lower():
        return document
    return document.encode("ascii", "xmlcharrefreplace").decode("ascii")


def bundle(report: Report, *, details: bool) -> dict[str, str]:
    """The report as Jupyter stores it in a notebook: HTML, and text for whatever cannot show HTML."""
    from envguard.render.html import html
    from envguard.render.text import text

    return {
        "text/html": html(report, details=details),
        "text/plain": text(report, width=_WIDTH, color=False, details=details),
    }


def with_note(shown: Mapping[str, str], note: str) -> dict[str, str]:
    """A bundle with one line of ours in front."""
    from envguard.render.element import element, write
    from envguard.render.sentence import coded

    line = write(element("p", coded(note)))
    return {"text/html": f"{line}{shown['text/html']}", "text/plain": f"{note}\n\n{shown['text/plain']}"}


FORMATS: dict[str, Callable[..., str]] = {
    "text": for_terminal,
    "json": as_json,
    "html": as_page,
    "markdown": as_markdown,
    "sarif": as_sarif,
}
