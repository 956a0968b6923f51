"""What must never be seen is taken out of a text before it is stored, shown, exported or sent.

The contract:

* The user and the password of an address, a channel's token, what a query, an option, a variable or a header announces as a
  secret, and what has the form of a well-known token.
* What only looks like it stays readable: an `@` in a path, `name @ https://…`, a commit, `git@` of an address by ssh, a
  package called `tokenizers`.
* Masking twice is masking once, and takes time in proportion to the length of the text.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

SECRET = "<secret>"  # noqa: S105 - what stands in the place of one

# all patterns here are texts, as to compile them takes 5 ms of every first check, in which most texts hold no secret;
# `re` keeps what it has compiled once
_ANNOUNCED = r"(?:token|password|passwd|passphrase|secret|credentials?|api[-_]?key|access[-_]?key|private[-_]?key|secret[-_]?key)"
_VALUE = r"(?:'[^']{0,400}(?:'|$)|\"[^\"]{0,400}(?:\"|$)|[^\s&]+)"

_ADDRESS = r"(?<![A-Za-z0-9+.-])([A-Za-z][A-Za-z0-9+.-]{0,30})?://([^\s/\"]{0,400}@)"
_SLASHED = r"(://)[^\s/:@\[\]]{1,200}:(?!\d{1,5}(?:[/?#\s]|$))[^\s@\"]{1,200}@"
"""A password with a slash in it: what stands behind the colon is no port."""
_RELATIVE = r"(?<![:\w/])(//)[^\s/@:]{1,200}:[^\s/@\"]{1,200}@"
_BY_SSH = r"(?i)(?:[a-z]+\+)?(?:ssh|sftp|scp)"
_HOST = r"(?:[\w-]{1,80}(?:\.[\w-]{1,80}){1,10}|localhost)(?::\d{1,5})?"

_CHANNEL_TOKEN = r"(://[^/\s]{1,300}/t/)(?!<secret>)[^/\s]+"  # noqa: S105 - a pattern
"""anaconda.org and its mirrors take a token as a part of the channel's address."""
_DEEPER_TOKEN = r"(://[^\s?#]{1,300}?/t/)[\w-]{6,}(?=/|[\s'\"]|$)"  # noqa: S105 - as above
_BARE_TOKEN = r"(?<![\w./:@-])([\w-]{1,80}(?:\.[\w-]{1,80}){1,6}(?::\d{1,5})?(?:/[\w.-]{1,80}){0,3}/t/)[\w-]{8,}(?=/)"  # noqa: S105 - as above

_QUERY = (
    r"(?i)([?&#;](?:[\w.-]{0,60}(?:token|secret|passw|passphrase|signature|credential|authoriz)[\w.-]{0,40}"
    r"|(?:[\w.-]{0,60}[-_.])?(?:sig|key|auth|pass|pwd|pw|jwt)|[\w.-]{0,60}api[-_]?key)=)[^&#\s'\"]+"
)
_HEADER = (
    r"(?i)(authorization['\"]?\s{0,3}[:=]\s{0,3}['\"]?)(?:(?:bearer|basic|token|digest)\s{1,3})?(?!<secret>)[^\s'\"]+"
)
_BEARER = r"(?i)\b((?:bearer|basic)\s{1,3})(?=[\w.~+/=-]*[\d+/=_])[\w.~+/=-]{8,}"
_ELSEWHERE = r"(?![\w-]{0,40}(?:file|path|stdin|prompt|env)\b)"
"""An option that tells only where the secret is."""
_OPTION = (
    rf"(?i)((?<![\w-])--?{_ELSEWHERE}[\w-]{{0,60}}?{_ANNOUNCED}[\w-]{{0,40}}"
    rf"(?:['\"]?\s{{0,3}}=\s{{0,3}}|\s{{1,3}}|['\"]\s{{0,3}},\s{{0,3}}(?=['\"])))({_VALUE})"
)
_NAMED = (
    rf"(?i)({_ANNOUNCED}(?:_?\d{{1,3}})?['\"]?\s{{0,3}}(=(?!=)|:(?!:|//))\s{{0,3}})({_VALUE})"
    r"|((?<![A-Za-z0-9])(?:[a-z0-9]{1,20}_)?(?:pass|auth)(=(?!=)))([^\s&]+)"
)
_KEY = r"((?<=_)KEY=(?!=))([^\s&]+)"
_PROXY = r"(?i)(prox(?:y|ies)[\w-]{0,20}['\"]?\s{0,3}[=:\s,]\s{0,3}['\"]?(?:\w{1,10}://)?)[^\s@/'\"]{1,200}@"
_POETRY = r"(http-basic\.\S{1,80}\s{1,3}\S{1,80}\s{1,3}|pypi-token\.\S{1,80}\s{1,3})(?!-)\S+"
_SHAPES = (
    r"\b(?:gh[pousr]_[A-Za-z0-9]{16,}|github_pat_\w{16,}|gl[a-z]{1,5}-[\w-]{16,}|pypi-Ag[\w-]{14,}|hf_[A-Za-z0-9]{16,}"
    r"|sk-(?=[\w-]*\d)[\w-]{16,}|xox[a-z]-[\w-]{10,}|A[KS]IA[0-9A-Z]{12,}|AIza[\w-]{30,}|npm_[A-Za-z0-9]{16,}"
    r"|dckr_pat_[\w-]{16,}|nvapi-[\w-]{16,}|pfx_[A-Za-z0-9]{16,}|ya29\.[\w-]{16,}"
    r"|[a-z]{2}-[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
    r"|eyJ[\w-]{8,}\.[\w-]{8,}(?:\.[\w-]*)?)"
)
_PRIVATE = r"(?s)(-----BEGIN [A-Z ]{0,30}PRIVATE KEY-----)(?:(?!-----).)*"

_VERSION = r"\d+(?:\.\w+)+[\w.*+!]*(?:=\S*)?"
_WORD = r"[a-z]+[.,:;)]?"
_SECRET_OPTION = rf"(?i)--?{_ELSEWHERE}[\w-]{{0,60}}{_ANNOUNCED}[\w-]{{0,40}}|--client-cert"

_MAY_HOLD = (
    r"(?i)//|/t/|[?&#;]|token|passw|passphrase|secret|credential|key|pass=|auth|bearer|basic|proxy|proxies|http-basic"
    r"|gh[pousr]_|_pat_|gl[a-z]+-|pypi-|hf_|sk-|xox|A[KS]IA|AIza|npm_|nvapi|pfx_|ya29|[0-9a-f]{8}-[0-9a-f]{4}|eyJ"
)
"""What every text with a secret has; most have none."""


def without_secrets(said: str) -> str:
    """A text with every secret in it taken out."""
    if re.search(_MAY_HOLD, said) is None:
        return said
    said = re.sub(_PRIVATE, rf"\1{SECRET}", said)
    said = without_secret_addresses(said)
    said = re.sub(_QUERY, _hidden, said)
    said = re.sub(_HEADER, _hidden, said)
    said = re.sub(_BEARER, _hidden, said)
    said = re.sub(_PROXY, r"\1", said)
    said = re.sub(_OPTION, _of_option, said)
    said = re.sub(_NAMED, _of_name, said)
    said = re.sub(_KEY, _of_key, said)
    said = re.sub(_POETRY, _hidden, said)
    return re.sub(_SHAPES, SECRET, said)


def without_secret_addresses(said: str) -> str:
    """A text with users, passwords and channel tokens taken out of its addresses, and nothing else."""
    if "//" in said:
        said = re.sub(_ADDRESS, _of_address, said)
        said = re.sub(_RELATIVE, r"\1", re.sub(_SLASHED, r"\1", said))
    if "/t/" in said:
        said = re.sub(_CHANNEL_TOKEN, r"\1<TOKEN>", said)
        said = re.sub(_BARE_TOKEN, r"\1<TOKEN>", re.sub(_DEEPER_TOKEN, r"\1<TOKEN>", said))
    return said


def words(argv: Iterable[str]) -> tuple[str, ...]:
    """A command line with every secret in it taken out, also one that the words before announce."""
    told: list[str] = []
    before: tuple[str, ...] = ()
    for word in argv:
        if before and re.fullmatch(_SECRET_OPTION, before[-1]):
            told.append(word if _is_hidden(word) else SECRET)
        elif word.startswith("--client-cert="):
            told.append(f"--client-cert={SECRET}")
        else:
            told.append(_after(" ".join(before), word))
        before = (*before[-1:], word)
    return tuple(told)


def announces(option: str) -> bool:
    """Whether the word after this option is a secret."""
    return re.fullmatch(_SECRET_OPTION, option) is not None


def _after(before: str, word: str) -> str:
    """A word without secrets, where these words stand before it."""
    masked = without_secrets(word)
    if not before:
        return masked
    head, together = without_secrets(before), without_secrets(f"{before} {word}")
    if together == f"{head} {masked}":
        return masked
    if together.startswith(f"{head} "):
        return together[len(head) + 1 :]
    return masked if word in together else SECRET


def _of_address(found: re.Match[str]) -> str:
    scheme, told = found[1] or "", found[2]
    user = told[:-1]
    before = re.split(r"[?#]", user, maxsplit=1)[0]
    if user == SECRET or (before != user and re.fullmatch(_HOST, before)):
        return found[0]
    if re.fullmatch(_BY_SSH, scheme) and ":" not in user and "@" not in user and not re.search(_SHAPES, user):
        return found[0]
    return f"{scheme}://"


def _is_hidden(told: str) -> bool:
    told = told.lstrip("'\"")
    return told.startswith((SECRET, "<TOKEN>")) or told.rstrip("'\"") == "…"


def _hidden(found: re.Match[str]) -> str:
    """What announces it stays."""
    return found[0] if _is_hidden(found[0][len(found[1]) :]) else f"{found[1]}{SECRET}"


def _of_option(found: re.Match[str]) -> str:
    return found[0] if _is_hidden(found[2]) else f"{found[1]}{SECRET}"


def _of_name(found: re.Match[str]) -> str:
    """Of `name=value` and `name: value`; a package of such a name has a version."""
    announces, sign, told = (found[1], found[2], found[3]) if found[1] is not None else (found[4], found[5], found[6])
    if _is_hidden(told) or (sign == "=" and re.fullmatch(_VERSION, told)):
        return found[0]
    if sign == ":" and announces.lower().startswith("token") and re.fullmatch(_WORD, told):
        return found[0]  # "unexpected token: end of line"
    return f"{announces}{SECRET}"


def _of_key(found: re.Match[str]) -> str:
    return found[0] if _is_hidden(found[2]) or re.fullmatch(_VERSION, found[2]) else f"{found[1]}{SECRET}"
