"""Differences: noise, names of edits, cost by size, and the length of a report."""

from __future__ import annotations

import gc
import json
import math
import random
import statistics
import time
from collections.abc import Iterator
from typing import Any

from pulumi_powerautomate.flow import FlowVersion, compare, digest, same_flow, validate
from pulumi_powerautomate.review import read_preview, report
from tests.benchmarks.figure import Figure, at_least, at_most, exactly, seen
from tests.benchmarks.flow import sized
from tests.harness.edits import EDITS, SEEDS, edited, flows
from tests.harness.previews import flow_inputs, printed, step
from tests.harness.rewritings import REWRITINGS

_MEGABYTE = 1_000_000
_LIMIT_MS = 200.0
_EXPONENT = 1.1
_COMMENT = 65_536
_REPEATED = 7
_CHANGED_ACTIONS = 20


def measure() -> Iterator[Figure]:
    """All figures of the area."""
    pool = flows()
    yield exactly("understand.noise_differences", _noise(pool), 0, "differences")
    yield at_least("understand.edits_named_rightly", _named_rightly(pool), 198, "of 200")
    yield from _cost()
    yield at_most(
        "understand.report_100_flows_characters", _report_length(pool), _COMMENT, "characters"
    )


def _noise(pool: list[FlowVersion]) -> int:
    return sum(
        bool(compare(flow, again))
        or not same_flow(digest(flow.definition), digest(again.definition))
        for name, rewriting in REWRITINGS.items()
        for number, flow in enumerate(pool)
        if (again := rewriting(flow, random.Random(f"{name} {number}")))
    )


def _named_rightly(pool: list[FlowVersion]) -> int:
    right = 0
    for kind in EDITS:
        for seed in SEEDS:
            edit = edited(kind, seed, pool)
            found = [(change.kind, change.path) for change in compare(edit.before, edit.after)]
            right += found == [edit.expected]
            if found != [edit.expected]:
                print(f"  not named rightly: {kind} {seed}: {edit.expected}, but {found[:3]}")
    return right


def _cost() -> Iterator[Figure]:
    """Processor time of one run, the collector's apart: it depends on what else is in memory."""
    sizes = [_MEGABYTE // 8, _MEGABYTE // 4, _MEGABYTE // 2, _MEGABYTE]
    times = [_seconds(size) for size in sizes]
    yield seen("understand.validate_and_difference_1mb", 1000 * times[-1], "ms")
    yield at_most(
        "understand.validate_and_difference_1mb_ratio", 1000 * times[-1] / _LIMIT_MS, 1.0,
        f"of {_LIMIT_MS:g} ms",
    )  # fmt: skip
    slope, _ = statistics.linear_regression(
        [math.log(size) for size in sizes], [math.log(seconds) for seconds in times]
    )
    yield at_most("understand.growth_exponent", slope, _EXPONENT, "exponent")


def _seconds(size: int) -> float:
    before = sized(size)
    after: dict[str, Any] = json.loads(json.dumps(before))
    for name in random.Random(size).sample(sorted(after["actions"]), _CHANGED_ACTIONS):
        after["actions"][name]["inputs"] = "@concat('changed ', utcNow())"
    versions = FlowVersion(before), FlowVersion(after)
    best = math.inf
    gc.disable()
    try:
        for _ in range(_REPEATED):
            gc.collect()
            started = time.process_time()
            problems = validate(after, {})
            changes = compare(*versions)
            best = min(best, time.process_time() - started)
    finally:
        gc.enable()
    assert len(changes) == _CHANGED_ACTIONS
    # A megabyte has more actions than the service takes; there is nothing else to find.
    assert {problem.code for problem in problems} <= {"FLOW601"}
    return best


def _report_length(pool: list[FlowVersion]) -> int:
    steps = []
    for number in range(100):
        edit = edited(list(EDITS)[number % len(EDITS)], number, pool)
        inputs = [
            flow_inputs(version.definition, connection_references=version.references)
            for version in (edit.before, edit.after)
        ]
        steps.append(step("update", "CloudFlow", f"flow-{number}", *inputs))
    return len(report(read_preview(printed(*steps))))
