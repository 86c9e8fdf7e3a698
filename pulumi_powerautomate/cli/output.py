"""Output of the verbs: one spelling of machine output, colours, and a line while one takes long."""

from __future__ import annotations

import argparse
import os
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Literal, TextIO

from ..terminal import shown

Colour = Literal["red", "yellow", "green", "dim"]

_CODES: dict[Colour, str] = {"red": "31", "yellow": "33", "green": "32", "dim": "2"}
_AFTER_SECONDS = 1.0


def add_format(
    verb: argparse.ArgumentParser, *more: str, text: str = "text", default: str | None = ""
) -> None:
    """
    Declare `--format`: text for people by default, `json` for programs on every verb.

    Args:
        more: further formats.
        text: what the text is called in the help, such as `markdown`. `text` and `table` are
            understood everywhere.
        default: what holds when none is given; `text` unless it is said.
    """
    choices = (text, "json", *more)
    named = {"table": text, "text": text}
    verb.add_argument(
        "--format",
        type=lambda given: named.get(given, given),
        choices=choices,
        default=text if default == "" else default,
        help=f"{text} (default), {', '.join(choices[1:])}",
    )


def paint(text: str, colour: Colour, stream: TextIO | None = None) -> str:
    """A text in a colour, where a person looks and has not set `NO_COLOR` (no-color.org)."""
    if not _shows_colours(sys.stdout if stream is None else stream):
        return text
    return f"\x1b[{_CODES[colour]}m{text}\x1b[0m"


def _shows_colours(stream: TextIO) -> bool:
    if os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb" or not stream.isatty():
        return False
    # Consoles of old Windows print the codes; Windows Terminal and the editors do not.
    return os.name != "nt" or "WT_SESSION" in os.environ or "TERM_PROGRAM" in os.environ


class Progress:
    """
    One line on a terminal that says what is going on, once it has taken a second, and goes away.

    With anything but a terminal at standard error it prints nothing. Use it as a context manager.
    """

    def __init__(self, text: str = "") -> None:
        self._text = text
        self._shown = 0
        self._paused = False
        self._began = time.monotonic()
        self._lock = threading.Lock()
        self._done = threading.Event()
        self._thread: threading.Thread | None = None

    def __enter__(self) -> Progress:
        if sys.stderr.isatty():
            self._thread = threading.Thread(target=self._run, daemon=True)
            self._thread.start()
        return self

    def __exit__(self, *details: object) -> None:
        self._done.set()
        if self._thread is not None:
            self._thread.join()
        self._clear()

    def __call__(self, text: str) -> None:
        """Say something else from now on."""
        self._text = text

    @contextmanager
    def paused(self) -> Iterator[None]:
        """Show nothing while a person is asked."""
        self._paused = True
        self._clear()
        try:
            yield
        finally:
            self._paused = False

    def _clear(self) -> None:
        with self._lock:
            if self._shown:
                print(f"\r{'':<{self._shown}}\r", end="", file=sys.stderr, flush=True)
            self._shown = 0
            self._began = time.monotonic()

    def _run(self) -> None:
        while not self._done.wait(0.1):
            seconds = time.monotonic() - self._began
            if seconds < _AFTER_SECONDS:
                continue
            line = f"{shown(self._text)} ({seconds:.0f} s)"
            with self._lock:
                if self._paused:
                    continue
                print(f"\r{line:<{self._shown}}", end="", file=sys.stderr, flush=True)
                self._shown = len(line)
