"""The page of fault scenarios names a test for each, and every test that there is."""

from __future__ import annotations

from tests.reliability.faults.table import PAGE, named_tests, rows


def test_page_lists_every_scenario_with_its_tests() -> None:
    """Forty-two numbers, each with its tests, none of which is missing or made up."""
    listed = rows(PAGE.read_text("utf-8"))
    assert list(listed) == list(range(1, 43))
    assert [number for number, named in listed.items() if not named] == []
    assert listed == named_tests(), "run `python -m tests.reliability.faults.table`"
