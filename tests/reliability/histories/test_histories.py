"""A few histories of `make soak`, so that what they check is checked with every change."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.reliability.histories.ledger import Ledger, LedgerError
from tests.reliability.histories.outcome import Outcome
from tests.reliability.histories.run import Portion, portion


def _wrong(done: Portion) -> list[str]:
    return [problem for _, outcome in done for problem in outcome.problems]


def test_deployments_end_as_declared() -> None:
    """Flows, shares and a solution, changed, edited by hand, interrupted and killed."""
    assert _wrong(portion("deployments", range(4))) == []


@pytest.mark.parametrize("kind", ["programs", "native", "proxied"])
def test_programs_that_change_after_a_failed_command_end_as_declared(kind: str) -> None:
    """
    Whatever was under way when the program was changed or reverted, through the emulator's faults
    and through a proxy that knows nothing of either side.
    """
    assert _wrong(portion(kind, range(6))) == []


def test_soak_goes_on_where_it_was_interrupted(tmp_path: Path) -> None:
    """
    A history that a ledger has is not run again; a line that was cut short counts as not written.
    """
    path = tmp_path / "ledger.jsonl"
    ledger = Ledger(path)
    assert ledger.begin(7) == 7
    ledger.note("flows", 7, Outcome(["broken"], {"killed"}, ["up"]))
    ledger.note("flows", 8, Outcome())
    with path.open("a") as stream:
        stream.write('{"kind": "flows", "se')
    Ledger(path).note("flows", 9, Outcome())
    again = Ledger(path)
    assert again.begin(100) == 7
    assert again.of("flows", 7) == Outcome(["broken"], {"killed"}, ["up"])
    assert again.of("flows", 8) == again.of("flows", 9) == Outcome()
    assert again.of("flows", 10) is None
    assert again.of("shares", 7) is None


def test_ledger_of_other_code_is_refused(tmp_path: Path) -> None:
    """Outcomes of different code are never mixed."""
    path = tmp_path / "ledger.jsonl"
    path.write_text('{"code": "0123456789abcdef", "first": 1}\n')
    with pytest.raises(LedgerError, match="of other code"):
        Ledger(path).begin(1)
