"""
Start and end of a provider process: telemetry, and the request summary.

The engine ends the process with an interrupt when its command is over, and still shows what is
logged then: the line at the end tells what the run has sent. A run that sends nothing says nothing.
"""

from __future__ import annotations

import atexit
import threading

from .. import telemetry
from . import killed_creates
from .clients import traffic_summary
from .engine_log import say
from .journal import journal
from .thread_pool import shared_pool_line

_lock = threading.Lock()
_begun = False


def begin_run() -> None:
    """Start telemetry if it is asked for, and prepare the end; a second time does nothing."""
    global _begun
    with _lock:
        if _begun:
            return
        _begun = True
    telemetry.start(_warn)
    atexit.register(_end_run)


def _warn(message: str) -> None:
    say("", message, severity="warning", lasting=True)


def _end_run() -> None:
    summary = traffic_summary()
    if summary:
        say("", f"Power Automate: {summary}", lasting=True)
    shared = shared_pool_line()
    if shared:
        say("", shared, lasting=True)
    left = killed_creates.line()
    if left:
        _warn(left)
    telemetry.stop()
    journal().settle()
