"""Nothing that is less than documented is without a question: both tables of the emulator."""

from __future__ import annotations

from collections import Counter

from pulumi_powerautomate.conformance.probes import PROBES
from pulumi_powerautomate.emulator import facts
from pulumi_powerautomate.emulator.error_facts import ERRORS
from pulumi_powerautomate.emulator.switches import SWITCHES

# What is `recorded`, `reported` or `open`, and what the emulator rejects (`501`).
_SURE = "documented"
ASKED = {item for probe in PROBES for item in probe.decides}


def test_first_question_is_about_the_headers_of_a_204() -> None:
    """The client takes a success without them for a stranger's."""
    from pulumi_powerautomate.client.http.transport import _DATAVERSE_HEADERS
    from pulumi_powerautomate.conformance.probes.protocol import SIGNS

    assert PROBES[0].name == "headers-of-a-204"
    assert set(SIGNS) == set(_DATAVERSE_HEADERS)


def test_every_switch_has_a_probe() -> None:
    """Unanswered: 0, and no switch twice."""
    named = Counter(probe.switch for probe in PROBES if probe.switch)
    assert set(named) == set(SWITCHES)
    assert set(named.values()) == {1}


def test_every_fact_that_is_not_documented_has_a_probe() -> None:
    """Unanswered: 0, among queries, operations and columns."""
    unsure = {f"fact:{fact.name}"
              for fact in facts.facts() if fact.sure != _SURE}  # fmt: skip
    assert unsure - ASKED == set()
    assert len(unsure) >= 25


def test_every_error_code_that_is_not_documented_has_a_probe() -> None:
    """Unanswered: 0, among the codes."""
    unsure = {f"error:{code}" for code, (_, _, sure) in ERRORS.items() if sure != _SURE}
    assert unsure - ASKED == set()
    assert len(unsure) >= 10


def test_probes_name_nothing_that_is_not_there() -> None:
    """A fact that is renamed takes its probe along."""
    names = {f"fact:{fact.name}" for fact in facts.facts()}
    codes = {f"error:{code}" for code in ERRORS}
    switches = {f"switch:{name}" for name in SWITCHES}
    unknown = {item for item in ASKED if not item.startswith("client:")}
    assert unknown - names - codes - switches == set()
    assert max(Counter(probe.name for probe in PROBES).values()) == 1


def test_expected_answers_are_the_defaults_of_the_switches() -> None:
    """Where the emulator can decide it at all."""
    for probe in PROBES:
        if probe.switch and probe.expected is not None:
            assert probe.expected == SWITCHES[probe.switch][1], probe.name
