"""
A file of histories that are done, so that a soak that was interrupted goes on where it stopped.

Each line is a JSON object: first what the soak is about, then one line for each history. A line is
written by whoever ran the history as soon as it has ended; one that was cut short counts as not
written.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tests.reliability.histories.outcome import Outcome

_ROOT = Path(__file__).resolve().parents[3]
_CODE = ("pulumi_powerautomate", "tests/reliability/histories", "tests/reliability/fault_proxy")


class LedgerError(Exception):
    """The file is of another soak, or of other code; the text is for people."""


class Ledger:
    """Outcomes by kind and seed; without a path they are in no file."""

    def __init__(self, path: Path | None) -> None:
        self.path = path
        self.first: int | None = None
        self._outcomes: dict[tuple[str, int], Outcome] = {}

    def begin(self, first: int) -> int:
        """
        Take up what the file has; returns the first seed, which is the file's if it names one.

        Raises:
            LedgerError: the code has changed since.
        """
        if self.path is None:
            return first
        code = fingerprint(_CODE)
        for item in self._lines():
            if "code" in item:
                if item["code"] != code:
                    raise LedgerError(
                        f"{self.path} is of other code; name another file, or remove it."
                    )
                self.first = item["first"]
            else:
                key = item["kind"], item["seed"]
                self._outcomes[key] = Outcome(item["problems"], set(item["tags"]), item["story"])
        if self.first is None:
            self.first = first
            self._append({"code": code, "first": first})
        return self.first

    def of(self, kind: str, seed: int) -> Outcome | None:
        """How a history ended, if it is done."""
        return self._outcomes.get((kind, seed))

    def note(self, kind: str, seed: int, outcome: Outcome) -> None:
        """Keep how a history ended."""
        story = outcome.story if outcome.problems else []
        self._append({"kind": kind, "seed": seed, "problems": outcome.problems,
                      "tags": sorted(outcome.tags), "story": story})  # fmt: skip

    def _lines(self) -> list[dict[str, Any]]:
        if self.path is None or not self.path.exists():
            return []
        found = []
        for line in self.path.read_text("utf-8").splitlines():
            try:
                found.append(json.loads(line))
            except ValueError:
                # Whoever wrote it was interrupted.
                continue
        return found

    def _append(self, item: dict[str, Any]) -> None:
        """One write at the end of the file, so that lines of several processes stay whole."""
        if self.path is None:
            return
        # It begins a line of its own, should the last one have been cut short.
        raw = ("\n" if self._is_cut() else "") + json.dumps(item, ensure_ascii=False) + "\n"
        self.path.parent.mkdir(parents=True, exist_ok=True)
        target = os.open(self.path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
        try:
            os.write(target, raw.encode())
        finally:
            os.close(target)

    def _is_cut(self) -> bool:
        assert self.path is not None
        if not self.path.exists() or not self.path.stat().st_size:
            return False
        with self.path.open("rb") as stream:
            stream.seek(-1, os.SEEK_END)
            return stream.read() != b"\n"


def fingerprint(folders: Sequence[str]) -> str:
    """A fingerprint of code, so that outcomes of different code are never mixed."""
    found = hashlib.sha256()
    for folder in folders:
        for path in sorted((_ROOT / folder).rglob("*.py")):
            found.update(str(path.relative_to(_ROOT)).encode() + path.read_bytes())
    return found.hexdigest()[:16]
