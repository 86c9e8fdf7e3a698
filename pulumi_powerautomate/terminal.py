"""
Names as they are shown on a terminal or in a log of continuous integration.

Anybody who may make a flow, or open a pull request, chooses names. Printed as they are they can
begin a line of their own, move the cursor, turn the text around them, or be a command to the
system that reads the log. Here they are data: what is not plain text is shown by its number.

Sources: ECMA-48 for control sequences; Unicode UAX #9 for the characters that change direction;
"Workflow commands for GitHub Actions" (`::name::` at the start of a line, the older `##[name]`
anywhere), "Logging commands" of Azure Pipelines (`##vso[`), "Service messages" of TeamCity.
"""

from __future__ import annotations

import json
import re
from typing import Any

_UNSAFE = re.compile(
    "[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u206f\ufeff\ufff9-\ufffb\ufffe\uffff"
    "\U000e0000-\U000e007f\ud800-\udfff]"
)
_COMMAND = re.compile(r"^(\s*):(?=:)|##(?=\[|vso\[|teamcity\[)", re.IGNORECASE)
_SHORT = {"\n": "\\n", "\r": "\\r", "\t": "\\t"}


def shown(text: str) -> str:
    """A text on one line that does nothing but be read."""
    plain = _UNSAFE.sub(lambda found: _numbered(found[0]), text)
    return _COMMAND.sub(
        lambda found: f"{found[1]}\\x3a" if found[1] is not None else "#\\x23", plain
    )


def shown_lines(text: str) -> str:
    """Several lines, each like `shown`."""
    return "\n".join(map(shown, text.split("\n")))


def json_text(document: Any, indent: int | None = 2) -> str:
    """A JSON document that says the same to programs, and is safe to print."""
    text = json.dumps(document, indent=indent, ensure_ascii=False)
    # The line ends are those of the indentation: within strings JSON has none.
    lines = (_UNSAFE.sub(lambda found: _in_json(found[0]), line) for line in text.split("\n"))
    return _COMMAND.sub(lambda found: "\\u0023\\u0023", "\n".join(lines))


def _numbered(character: str) -> str:
    if character in _SHORT:
        return _SHORT[character]
    number = ord(character)
    return f"\\x{number:02x}" if number < 256 else _in_json(character)


def _in_json(character: str) -> str:
    number = ord(character)
    if number < 0x10000:
        return f"\\u{number:04x}"
    # JSON counts in UTF-16 units.
    number -= 0x10000
    return f"\\u{0xD800 + (number >> 10):04x}\\u{0xDC00 + (number & 0x3FF):04x}"
