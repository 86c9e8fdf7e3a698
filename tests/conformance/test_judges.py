"""
Each probe's judge on exchanges that somebody else has written down.

`exchanges/*.json` holds them with their sources. `kind` says what they are: `documented` by
Microsoft, `recorded` from the service, `reported` by people who met it; `composed` ones are put
together from documented parts, where nobody has published such an exchange. `value` is what the
judge has to say, null where it has to say that it cannot tell.
"""

from __future__ import annotations

import json
from collections import defaultdict
from pathlib import Path
from typing import Any

import pytest

from pulumi_powerautomate.conformance.exchange import read_exchange
from pulumi_powerautomate.conformance.probes import PROBES, named
from pulumi_powerautomate.emulator.switches import SWITCHES

CASES: list[dict[str, Any]] = [
    case
    for path in sorted((Path(__file__).parent / "exchanges").glob("*.json"))
    for case in json.loads(path.read_text("utf-8"))
]
KINDS = {"documented", "recorded", "reported", "composed"}


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case['probe']}-{case['value']}")
def test_exchange_is_judged_rightly(case: dict[str, Any]) -> None:
    """The value, with its type; undecided where the exchange decides nothing."""
    probe = named(case["probe"])
    assert probe is not None
    found = {label: read_exchange(label, document) for label, document in case["exchanges"].items()}
    answer = probe.judge(found)
    assert answer.value == case["value"], answer
    assert type(answer.value) is type(case["value"])
    assert answer.value is not None or answer.remark, "an undecided answer says why"
    assert case["kind"] in KINDS
    assert case["source"]


def test_every_probe_has_an_exchange_of_somebody_else() -> None:
    """None is judged on the emulator's answers alone."""
    known = defaultdict(set)
    for case in CASES:
        known[case["probe"]].add(case["kind"])
    assert {probe.name for probe in PROBES} == set(known)
    only_composed = {name for name, kinds in known.items() if kinds == {"composed"}}
    # Nobody has published such an exchange; the reference of errors is all there is.
    assert only_composed == {
        "apply-and-filter", "count-in-expand", "filter-arithmetic", "filter-functions",
        "other-transformations", "select-navigation",
        "bad-prefix", "import-job-twice", "largest-package", "masks-in-use", "null-in-a-filter",
        "number-out-of-range", "order-by-lookup",
        "all-metadata", "contain-values", "content-type", "default-team", "fetch-unpublished",
        "group-team", "line-feeds-in-a-batch", "more-of-a-definition", "option-twice",
        "other-process", "publish-while-on", "renamed-solution", "team-type",
        "unknown-operation", "unknown-parameter", "version-history", "wrong-arguments",
    }  # fmt: skip


def test_every_value_of_a_switch_is_told_from_exchanges() -> None:
    """Not only by asking an emulator that has it."""
    told = defaultdict(set)
    for case in CASES:
        probe = named(case["probe"])
        if probe is not None and probe.switch:
            told[probe.switch].add(case["value"])
    for switch, (allowed, _, _) in SWITCHES.items():
        if isinstance(allowed, type):
            assert len(told[switch] - {None}) >= 2 or switch == "import_seconds", switch
        else:
            assert set(allowed) <= told[switch], switch
