"""Faults of the emulator that histories draw from; the order is part of what a seed replays."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

NETWORK_FAULTS: tuple[Mapping[str, Any], ...] = (
    {"do": "reset"},
    {"do": "hang", "seconds": 0.1},
    {"do": "delay", "seconds": 0.05},
    {"do": "truncate"},
    {"do": "wrong_content_length"},
    {"do": "empty"},
    {"do": "html"},
    {"do": "html", "status": 502},
    {"do": "redirect", "location": "https://elsewhere.example/"},
    {"do": "status", "status": 500},
    {"do": "status", "status": 503},
    {"do": "status", "status": 401, "when": "before_commit"},
    {"do": "status", "status": 429, "code": "0x80072322", "headers": {"Retry-After": "0"}},
)
