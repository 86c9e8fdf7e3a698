"""Faults by name, each with everything it takes; a rule adds which requests it is for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

Preset = Mapping[str, Any]

PAGE = (
    "<!DOCTYPE html><html><head><title>Access to the network</title></head>"
    "<body><h1>Please accept the terms of use</h1></body></html>"
)
_HTML = {"Content-Type": "text/html; charset=utf-8"}
_JSON = {"Content-Type": "application/json"}
_MOVED = (301, 302, 303, 307, 308)
_REFUSED = (401, 403, 408, 409, 412, 500, 503, 504)
# A wait that is short, none, past, no number, or longer than anybody waits.
_WAITS = ("0", "1", "-5", "0.5", "soon", "", "1e1", "Wed, 21 Oct 2015 07:28:00 GMT", "86400")


def _answer(status: int, body: str = "", **headers: str) -> dict[str, Any]:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return {"do": "answer", "status": status, "body": body, "headers": named}


def _answers() -> Iterator[tuple[str, Preset]]:
    """Responses that are not the server's, each before and after it has carried the request out."""
    found = {
        "page": {**_answer(200, PAGE), "headers": _HTML},
        "page-403": {**_answer(403, PAGE), "headers": _HTML},
        "page-502": {**_answer(502, PAGE), "headers": _HTML},
        "empty-200": _answer(200),
        "null": {**_answer(200, "null"), "headers": _JSON},
        "list": {**_answer(200, "[]"), "headers": _JSON},
        "object": {**_answer(200, "{}"), "headers": _JSON},
        "object-201": {**_answer(201, "{}"), "headers": _JSON},
        "object-202": {**_answer(202, "{}"), "headers": _JSON},
        "false-204": _answer(204),
    }
    for status in _MOVED:
        found[f"moved-{status}"] = _answer(status, Location="https://elsewhere.example/")
    for status in _REFUSED:
        found[f"refused-{status}"] = _answer(status)
    for number, wait in enumerate(_WAITS):
        found[f"throttled-{number}"] = _answer(429, Retry_After=wait)
        found[f"away-{number}"] = _answer(503, Retry_After=wait)
    for name, preset in found.items():
        yield name, preset
        yield f"{name}-after", {**preset, "carried_out": True}


PRESETS: Mapping[str, Preset] = {
    **dict(_answers()),
    **{f"reset-{at}": {"do": "reset", "at": at}
       for at in ("before", "in_request", "before_answer", "in_head", "in_body")},
    **{f"cut-{at}": {"do": "cut", "at": at} for at in ("before_answer", "in_head", "in_body")},
    **{f"length-{what}": {"do": "length", "what": what}
       for what in ("longer", "shorter", "two", "twice", "negative", "text")},
    **{f"gzip-{what}": {"do": "gzip", "what": what}
       for what in ("whole", "cut", "corrupt", "untrue")},
    **{f"chunks-{what}": {"do": "chunks", "what": what} for what in ("whole", "bad", "cut")},
    **{f"twice-{answer}": {"do": "twice", "answer": answer}
       for answer in ("first", "second", "late")},
    **{f"delay-{at}": {"do": "delay", "at": at, "seconds": 0.2} for at in ("request", "answer")},
    **{f"reorder-{at}": {"do": "reorder", "at": at, "seconds": 0.2}
       for at in ("request", "answer")},
    "stale": {"do": "earlier", "what": "stale"},
    "swapped": {"do": "earlier", "what": "swapped"},
    "etag": {"do": "etag"},
    "noise": {"do": "noise"},
    "noise-after": {"do": "noise", "carried_out": True},
    "drip": {"do": "drip", "seconds": 0.2},
    **{f"dress-{what}": {"do": "dress", "what": what}
       for what in ("bom", "many_headers", "http10", "bare", "continue")},
}  # fmt: skip
