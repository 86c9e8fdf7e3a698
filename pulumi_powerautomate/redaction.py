"""
Secrets masked, in the one place where text leaves for a log or a message.

Two nets, because each has holes: the secrets this process knows (its settings, the tokens it was
given) are masked wherever they stand, and what looks like a secret is masked by its shape (tokens,
assertions, keys in connection strings, and the `sig=` and `code=` with which anyone can start a
flow or finish a sign-in).
"""

from __future__ import annotations

import functools
import re
import threading

MASK = "***"

# Shorter ones occur in ordinary text by chance.
_SHORTEST = 6
# Those that were kept last: no process of ours is given as many.
_MOST = 2000

# Members and headers whose value is a secret, wherever in the name this stands. What compares two
# versions of a flow hides the same.
SECRET_NAMES = (
    r"passw|secret|authorization|api[-_]?key|subscription[-_]?key|access[-_]?token"
    r"|refresh[-_]?token|private[-_]?key|connection[-_]?string|account[-_]?key|functions[-_]?key"
    r"|shared[-_]?access"
)
# Parameters of an address with which anybody can do what the address is for.
SECRET_PARAMETERS = r"sig|code|key|api[-_]?key|token|access_token|client_secret|password"

_NAMES = (
    "access_token|refresh_token|id_token|client_secret|client_assertion|assertion|device_code"
    "|code_verifier|oidctoken|password|pwd|secret|sig|code|api[-_]?key|subscription-key"
)
_KEYS = (
    "accountkey|sharedaccesskey|sharedaccesssignature|accesskey|sharedsecret|clientsecret"
    "|password|pwd|authkey"
)


@functools.lru_cache(maxsize=1)
def _shapes() -> tuple[tuple[re.Pattern[str], str], ...]:
    """Compiled when the first text leaves: commands on files have none, and start sooner."""
    return (
        (re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(-----END [A-Z ]*PRIVATE KEY-----|$)",
                    re.DOTALL), MASK),
        (re.compile(r"(?i)\b(bearer|basic)\s+[A-Za-z0-9._~+/=-]{6,}"), rf"\1 {MASK}"),
        (re.compile(r"\beyJ[A-Za-z0-9_-]{6,}\.[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]*)?"), MASK),
        (re.compile(rf"(?i)((?:[?&;\s]|%3f|%26|^)(?:{_NAMES})=)[^&\s\"'\\<>;]+"), rf"\1{MASK}"),
        (re.compile(rf"(?i)((?:%3f|%26)(?:{_NAMES})%3d)[^&\s\"'\\<>;%]+"), rf"\1{MASK}"),
        (re.compile(rf"(?i)([?&](?:{SECRET_PARAMETERS})=)[^&\s\"'\\<>;]+"), rf"\1{MASK}"),
        (re.compile(r"(?i)(\bhttps?://[^\s/:@\"'\\]*:)[^\s/@\"'\\]+(?=@)"), rf"\1{MASK}"),
        (re.compile(r"(?i)\b(SharedAccessSignature\s+)[\w.~+/=&%-]{8,}"), rf"\1{MASK}"),
        (re.compile(rf"(?i)\b((?:{_KEYS})\s*=)[^;\"'\s\\]+"), rf"\1{MASK}"),
        # JSON, and JSON in a text of JSON, where each quote has its backslashes.
        (re.compile(rf'(?i)(?P<quote>\\*")(?P<name>(?:{_NAMES}|pfx|default-?value|x-identity-header'
                    rf'|[^"\\]*(?:{SECRET_NAMES})[^"\\]*))(?P=quote)(?P<colon>\s*:\s*)(?P=quote)'
                    r'(?:(?!(?<!\\)(?P=quote))[\s\S])+'),
         rf"\g<quote>\g<name>\g<quote>\g<colon>\g<quote>{MASK}"),
    )  # fmt: skip


# What every one of the shapes needs; most texts have none of it, and one search is far cheaper.
_TRACES = re.compile(r"(?i)[=\"]|%3d|eyJ|bearer|basic|-----BEGIN|://|SharedAccessSignature")

_lock = threading.Lock()
# In the order in which they were kept.
_known: dict[str, None] = {}
# A longer one may hold a shorter one.
_longest_first: tuple[str, ...] = ()


def keep_secret(value: str | None) -> None:
    """Mask this value from now on, in every spelling it takes in URLs and forms."""
    global _longest_first
    if not value or len(value) < _SHORTEST:
        return
    from urllib.parse import quote, quote_plus

    spellings = {value, quote(value, safe=""), quote_plus(value)}
    with _lock:
        if spellings <= _known.keys():
            return
        _known.update(dict.fromkeys(spellings))
        while len(_known) > _MOST:
            del _known[next(iter(_known))]
        _longest_first = tuple(sorted(_known, key=len, reverse=True))


def redact(text: str) -> str:
    """The text with every secret replaced by `***`."""
    for secret in _longest_first:
        if secret in text:
            text = text.replace(secret, MASK)
    if _TRACES.search(text) is None:
        return text
    for shape, replacement in _shapes():
        text = shape.sub(replacement, text)
    return text
