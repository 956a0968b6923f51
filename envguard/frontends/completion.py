"""What `%envcheck` completes: its options, its words, and the ids of rules where a rule is meant."""

from __future__ import annotations

from envguard import api

_OPTIONS = ("--deep", "--select", "--ignore", "--details", "--no-config", "--out", "--help")
_WORDS = ("cuda", "explain", "export", "history", "plan", "repair", "rules", "stamp", "why")
_OF_REPAIR = {
    "plan": ("--keep-pip", "--details", "--out"),
    "repair": ("--apply", "--keep-pip", "--resume", "--yes", "--details", "--out"),
}
_FORMS = ("environment-yml", "explicit", "requirements", "dockerfile")
_BEFORE_A_RULE = ("--select", "--ignore", "explain")


def complete(line: str, symbol: str) -> list[str]:
    """The completions of `symbol`, the last word (or the part after the last comma or `=`) of a line."""
    words = line.removesuffix(symbol).replace("=", " = ").replace(",", " , ").split()
    if not words:
        return []
    while len(words) > 2 and words[-1] == ",":
        del words[-2:]
    before = words[-2] if words[-1] == "=" else words[-1]
    if before in _BEFORE_A_RULE:
        candidates = tuple(rule.id for rule in api.rules())
    elif before == "export":
        candidates = _FORMS
    elif symbol.startswith("-"):
        candidates = _OF_REPAIR[words[1]] if len(words) > 1 and words[1] in _OF_REPAIR else _OPTIONS
    else:
        candidates = _WORDS if len(words) == 1 else ()
    return [candidate for candidate in candidates if candidate.startswith(symbol)]
