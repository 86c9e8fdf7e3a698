"""
Secrets masked, in the one place where text leaves for a log or a message.

Two nets, because each has holes: the secrets this process knows (its settings, the tokens it was
given) are masked wherever they stand, and what looks like a secret is masked by its shape (tokens,
assertions, keys in connection strings, and the `sig=` and `code=` with which anyone can start a
flow or finish a sign-in).
"""

from __future__ import annotations

import re
import threading
from urllib.parse import quote, quote_plus

MASK = "***"

# Shorter ones occur in ordinary text by chance.
_SHORTEST = 6
_MOST = 256

_NAMES = (
    "access_token|refresh_token|id_token|client_secret|client_assertion|assertion|device_code"
    "|code_verifier|oidctoken|password|pwd|secret|sig|code|api[-_]?key|subscription-key"
)
_KEYS = (
    "accountkey|sharedaccesskey|sharedaccesssignature|accesskey|sharedsecret|clientsecret"
    "|password|pwd|authkey"
)

_SHAPES: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(-----END [A-Z ]*PRIVATE KEY-----|$)",
                re.DOTALL), MASK),
    (re.compile(r"(?i)\b(bearer|basic)\s+[A-Za-z0-9._~+/=-]{6,}"), rf"\1 {MASK}"),
    (re.compile(r"\beyJ[A-Za-z0-9_-]{6,}\.[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]*)?"), MASK),
    (re.compile(rf"(?i)((?:[?&;\s]|%3f|%26|^)(?:{_NAMES})=)[^&\s\"'\\<>;]+"), rf"\1{MASK}"),
    (re.compile(rf"(?i)((?:%3f|%26)(?:{_NAMES})%3d)[^&\s\"'\\<>;%]+"), rf"\1{MASK}"),
    (re.compile(rf"(?i)\b((?:{_KEYS})\s*=)[^;\"'\s\\]+"), rf"\1{MASK}"),
    (re.compile(rf'(?i)(\\*"(?:{_NAMES}|client-?secret|x-identity-header)\\*"\s*:\s*\\*")'
                r'[^"\\]+'), rf"\1{MASK}"),
)  # fmt: skip

_lock = threading.Lock()
_known: list[str] = []


def keep_secret(value: str | None) -> None:
    """Mask this value from now on, in every spelling it takes in URLs and forms."""
    if not value or len(value) < _SHORTEST:
        return
    with _lock:
        for spelling in {value, quote(value, safe=""), quote_plus(value)}:
            if spelling not in _known:
                _known.append(spelling)
        _known.sort(key=len, reverse=True)
        del _known[_MOST:]


def redact(text: str) -> str:
    """The text with every secret replaced by `***`."""
    for secret in tuple(_known):
        if secret in text:
            text = text.replace(secret, MASK)
    for shape, replacement in _SHAPES:
        text = shape.sub(replacement, text)
    return text
