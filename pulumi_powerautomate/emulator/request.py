"""A request to the API, taken apart."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote, unquote_plus

from .responses import bad_payload, bad_syntax


@dataclass
class Caller:
    """Who sends a request: the user it counts as, and who that user is impersonated by."""

    user_id: str
    impersonator: str | None = None


@dataclass
class Request:
    """A request as the handlers see it; each part of a batch is one too."""

    method: str
    path: str
    query: str
    headers: dict[str, str]
    body: bytes
    base: str
    caller: Caller = field(default_factory=lambda: Caller(""))
    version: str = "v9.2"

    @property
    def options(self) -> dict[str, str]:
        """Query options and `@alias` parameters, decoded."""
        found = {}
        for part in filter(None, self.query.split("&")):
            name, _, value = part.partition("=")
            found[unquote_plus(name)] = unquote_plus(value)
        return found

    @property
    def root(self) -> str:
        """The URL of the API's root, as the caller reached it."""
        return f"{self.base}/api/data/{self.version}/"

    def json(self, entity_set: str) -> dict[str, Any]:
        """The body as an object."""
        try:
            text = self.body.decode("utf-8-sig")
            value = json.loads(text, parse_constant=_no_number)
            if "\\u" in text:
                # Half a surrogate pair is no character, and cannot be stored.
                json.dumps(value, ensure_ascii=False).encode("utf-8")
        except (ValueError, RecursionError):
            raise bad_payload(
                entity_set, "The payload is not valid JSON; the stream cannot be read."
            ) from None
        if not isinstance(value, dict):
            raise bad_payload(entity_set, "An unexpected node was found; expected 'StartObject'.")
        return value

    def prefers(self, name: str) -> str | None:
        """A preference's value, empty for one without, None when it was not sent."""
        for part in _preferences(self.headers.get("prefer", "")):
            key, _, value = part.partition("=")
            if key.strip().lower() == name.lower():
                return value.strip().strip('"')
        return None


def _no_number(name: str) -> None:
    raise ValueError(f"{name} is no JSON")


def _preferences(text: str) -> list[str]:
    return [part.strip() for part in re.findall(r'(?:[^,"]|"[^"]*")+', text)]


_SEGMENT = re.compile(r"^(?P<name>[^(]+)(?:\((?P<arguments>.*)\))?$", re.DOTALL)


@dataclass(frozen=True)
class Segment:
    """One segment of a path: a name, and what stood in parentheses (None without any)."""

    name: str
    arguments: str | None


def segments(path: str) -> list[Segment]:
    """Take a path apart; slashes inside parentheses and quotes do not count."""
    parts, depth, quoted, current = [], 0, False, ""
    for character in unquote(path):
        if character == "'":
            quoted = not quoted
        if not quoted:
            depth += (character == "(") - (character == ")")
        if character == "/" and depth == 0 and not quoted:
            parts.append(current)
            current = ""
        else:
            current += character
    parts.append(current)
    result = []
    for part in filter(None, parts):
        match = _SEGMENT.match(part)
        if match is None or depth != 0:
            raise bad_syntax(f"')' or ',' expected at position {len(part)} in '{part}'.")
        result.append(Segment(match["name"], match["arguments"]))
    return result


def arguments(text: str, options: dict[str, str]) -> dict[str, str]:
    """Named arguments of a function or an alternate key; aliases are looked up."""
    found = {}
    for part in re.findall(r"(?:[^,'{[]|'(?:[^']|'')*'|\{[^}]*\}|\[[^\]]*\])+", text):
        name, separator, value = part.partition("=")
        if not separator:
            raise bad_syntax(f"')' or ',' expected at position {len(name)} in '({text})'.")
        value = value.strip()
        if value.startswith("@"):
            if value not in options:
                raise bad_syntax(f"The parameter alias '{value}' was not given a value.")
            value = options[value].strip()
        found[name.strip()] = value
    return found


def unquoted(value: str) -> str:
    """A literal without its quotes."""
    if len(value) >= 2 and value[0] == value[-1] == "'":
        return value[1:-1].replace("''", "'")
    return value
