"""The page and the template are true of the command."""

from __future__ import annotations

import re
from pathlib import Path

import yaml

from pulumi_powerautomate.conformance.probes import PROBES

_ROOT = Path(__file__).parents[2]
_PAGE = (_ROOT / "sdk-docs" / "conformance.md").read_text("utf-8")


def test_every_difference_of_the_documentation_has_a_probe() -> None:
    """The last column names probes that are there, or says why there is none."""
    _, _, section = _PAGE.partition("## Where the documentation differs from itself")
    rows = [line.strip("| ").split(" | ") for line in section.partition("\n## ")[0].splitlines()
            if line.startswith("| ")][1:]  # fmt: skip
    known = {probe.name for probe in PROBES}
    assert len(rows) >= 15
    for row in rows:
        assert len(row) == 5, row
        named = set(re.findall(r"`([^`]+)`", row[4]))
        assert named <= known, row
        assert named or row[4].startswith(("every probe", "none:")), row


def test_every_option_is_on_the_page() -> None:
    """The table has every option that `--help` lists."""
    import argparse

    from pulumi_powerautomate.cli import conformance

    actions = argparse.ArgumentParser().add_subparsers()
    conformance.add_to(actions)
    for action in actions.choices["conformance"]._actions:
        for option in action.option_strings:
            if option not in ("-h", "--help", "--output"):
                assert re.search(rf"\| `{option}[ `]", _PAGE), option


def test_template_of_the_issue() -> None:
    """Its head is what GitHub reads, and it asks to look at the page before anything is sent."""
    text = (_ROOT / ".github" / "ISSUE_TEMPLATE" / "conformance.md").read_text("utf-8")
    head = yaml.safe_load(text.split("---\n")[1])
    assert set(head) == {"name", "about", "title", "labels"}
    assert "conformance.md" in text
    assert "--clean-up" in text
    assert "ISSUE_TEMPLATE/conformance.md" in _PAGE


def test_number_of_questions() -> None:
    """About as many as the page says."""
    assert abs(len(PROBES) - 125) <= 5
