"""Whether a part of a page can be used by everybody, as far as axe-core can tell: roles, names, contrast, keyboard.

Only what lies inside the selectors counts: JupyterLab around it has faults of its own.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from axe_playwright_python.base import AXE_SCRIPT

if TYPE_CHECKING:
    from playwright.sync_api import Page

_GRAVE = ("serious", "critical")
_RUN = """(selectors) => axe.run(
  { include: selectors.map((each) => [each]) }, { resultTypes: ['violations'], elementRef: false }
)"""


def violations(page: Page, *selectors: str) -> list[str]:
    """What axe finds below the selectors, each on a line of its own; AssertionError if one of them selects nothing."""
    for each in selectors:
        assert page.locator(each).count(), f"{each} is not on the page"
    if page.evaluate("() => typeof axe === 'undefined'"):
        page.evaluate(AXE_SCRIPT)
    told: dict[str, Any] = page.evaluate(_RUN, list(selectors))
    return [
        f"{found['impact']}: {found['id']}: {json.dumps(node['target'])} {node['html'][:160]} "
        f"({'; '.join(each['message'] for each in (*node['any'], *node['all'], *node['none']))})"
        for found in told["violations"]
        for node in found["nodes"]
    ]


def accessible(page: Page, *selectors: str) -> None:
    """AssertionError if axe has something serious or critical to say of what lies below the selectors."""
    grave = [each for each in violations(page, *selectors) if each.startswith(_GRAVE)]
    assert not grave, "\n".join(grave)
