"""A file of the parts of the matrix that are done, so that an interrupted run goes on."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

from tests.reliability.histories.ledger import fingerprint
from tests.reliability.kill_matrix.cells import Cell, Outcome

_CODE = ("pulumi_powerautomate", "tests/reliability/kill_matrix")


class Ledger:
    """
    Outcomes by part; without a path they are in no file.

    Parts that other code has done are not known.
    """

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._code = fingerprint(_CODE)
        self._done: dict[str, list[Outcome]] = {}
        for line in path.read_text("utf-8").splitlines() if path and path.exists() else ():
            item = json.loads(line)
            if item["code"] == self._code:
                self._done[item["part"]] = [
                    Outcome(Cell(**one.pop("cell")), one.pop("ups"), tuple(one.pop("problems")),
                            **one)
                    for one in item["outcomes"]
                ]  # fmt: skip

    def of(self, part: str) -> list[Outcome] | None:
        """How the cells of a part ended, if it is done."""
        return self._done.get(part)

    def note(self, part: str, outcomes: list[Outcome]) -> None:
        """Keep how the cells of a part ended."""
        if self._path is None:
            return
        found = [dataclasses.asdict(outcome) for outcome in outcomes]
        self._path.parent.mkdir(parents=True, exist_ok=True)
        with self._path.open("a", encoding="utf-8") as stream:
            stream.write(json.dumps({"code": self._code, "part": part, "outcomes": found}) + "\n")
