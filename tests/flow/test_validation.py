"""Validation: every mistake is found, and none where there is none."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from pulumi_powerautomate.flow import validate
from pulumi_powerautomate.flow.validation import RULES
from tests.harness.mistakes import MISTAKES, REFERENCES, Mistake, orders, request


def test_good_flows_have_no_problems() -> None:
    """The flows that the mistakes are made in."""
    assert validate(orders(), REFERENCES) == []
    assert validate(request(), REFERENCES) == []


@pytest.mark.parametrize("mistake", MISTAKES, ids=lambda mistake: mistake.title)
def test_a_mistake_is_found(mistake: Mistake) -> None:
    """By its rule, at its place, with words that help."""
    found = validate(mistake.made(), REFERENCES)
    here = [item for item in found if (item.code, item.path) == (mistake.code, mistake.path)]
    assert here, [str(item) for item in found]
    text = str(here[0])
    assert all(word in text for word in mistake.says), text
    assert here[0].remedy
    assert "\n" not in text
    assert here[0].severity == RULES[mistake.code].severity


def test_every_rule_has_a_mistake() -> None:
    """A rule that no test breaks could be no rule at all."""
    without = set(RULES) - {mistake.code for mistake in MISTAKES}
    # Those of connections and depth have tests of their own.
    assert without == {"FLOW100", "FLOW505", "FLOW506", "FLOW602"}


def test_the_documented_codes_are_the_rules() -> None:
    """The table of the documentation and the rules of the code, row by row."""
    page = Path(__file__).resolve().parents[2] / "sdk-docs" / "validation.md"
    row = re.compile(r"^\| `(FLOW\d+)` \| (\w+) \| (.+) \|$", re.MULTILINE)
    assert row.findall(page.read_text("utf-8")) == [
        (rule.code, rule.severity, rule.title) for rule in RULES.values()
    ]
