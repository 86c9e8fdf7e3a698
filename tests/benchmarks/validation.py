"""Validation: false errors on real flows, mistakes found, and what it costs by size."""

from __future__ import annotations

import gc
import json
import math
import re
import statistics
import time
from collections.abc import Iterator
from typing import Any

from pulumi_powerautomate.flow import parse_document, validate
from pulumi_powerautomate.flow.expressions import expressions_in
from pulumi_powerautomate.solution import flow_documents
from tests.benchmarks.figure import Figure, at_most, exactly, seen
from tests.harness.corpus import FLOWS, GENERATED, LEGACY, PACKAGES
from tests.harness.mistakes import MISTAKES, REFERENCES, orders
from tests.harness.seeding import seeded

_SIZES = (125_000, 250_000, 500_000, 1_000_000)
_ROUNDS = 15


def measure() -> Iterator[Figure]:
    """All figures of the area."""
    yield from _real_flows()
    found = sum(
        (mistake.code, mistake.path) in _places(mistake.made(), REFERENCES) for mistake in MISTAKES
    )
    yield exactly(
        "understand.seeded_mistakes_found", found, len(MISTAKES), f"of {len(MISTAKES)} mistakes"
    )
    yield from _cost()


def large(bytes_wanted: int) -> dict[str, Any]:
    """
    A definition of about this many bytes: the flow of the tests, again and again.

    Each repetition has names of its own and runs after the one before it.
    """
    definition = orders()
    starts = {name: body for name, body in definition["actions"].items() if "Init_" in name}
    part = {name: body for name, body in definition["actions"].items() if name not in starts}
    text = json.dumps(part)
    names = re.findall(r'"(\w+)": \{"type"', text)
    pattern = re.compile(rf"(?<![\w/])({'|'.join(names)})(?!\w)")
    actions, last, size, number = dict(starts), "Init_done", 0, 0
    while size < bytes_wanted:
        number += 1
        copied = pattern.sub(rf"\1_{number}", text).replace('"Init_done"', json.dumps(last))
        actions.update(json.loads(copied))
        last, size = f"As_table_{number}", size + len(copied)
    return {**definition, "actions": actions}


def _packaged() -> tuple[int, int, str]:
    """Problems of flows in real packages; a generated one that nobody ever ran is left out."""
    paths = [path for path in PACKAGES if GENERATED not in path.name]
    problems = 0
    for path in paths:
        for _, text in flow_documents(path):
            document = parse_document(text)
            problems += len(validate(document.definition, document.connection_references))
    return problems, 0, f"in {len(paths)} packages"


def _real_flows() -> Iterator[Figure]:
    if not FLOWS:
        return
    documents = [parse_document(path.read_text("utf-8-sig")) for path in (*FLOWS, *LEGACY)]
    found_in = [
        problem.severity
        for document in documents
        for problem in validate(document.definition, document.connection_references)
    ]
    for severity in ("error", "warning"):
        many = found_in.count(severity)
        yield exactly(f"understand.false_{severity}s", many, 0, f"in {len(documents)} real flows")
    yield exactly("understand.false_problems_of_packages", *_packaged())
    made = found = 0
    for document in documents[: len(FLOWS)]:
        for code, path, wrong in seeded(document.definition):
            made += 1
            found += (code, path) in _places(wrong, document.connection_references)
    yield exactly("understand.mistakes_in_real_flows_found", found, made, f"of {made} mistakes")


def _places(definition: dict[str, Any], references: dict[str, Any]) -> set[tuple[str, str]]:
    return {(problem.code, problem.path) for problem in validate(definition, references)}


def _cost() -> Iterator[Figure]:
    flows = {size: large(size) for size in _SIZES}
    texts = {size: json.dumps(flow) for size, flow in flows.items()}
    validate(flows[_SIZES[0]], REFERENCES)
    # The flows to measure with are not the collector's business; what validation makes is.
    gc.freeze()
    took: dict[int, list[float]] = {size: [] for size in _SIZES}
    parsing, slopes = [], []
    for _ in range(_ROUNDS):
        for size, flow in flows.items():
            took[size].append(_took(lambda flow=flow: validate(flow, REFERENCES)))
        parsing.append(_took(lambda: json.loads(texts[_SIZES[-1]])))
        # Within one round the machine is equally busy, so each round has a slope of its own.
        slopes.append(
            _slope([(math.log(len(texts[size])), math.log(took[size][-1])) for size in _SIZES])
        )
    gc.unfreeze()
    whole = statistics.median(took[_SIZES[-1]])
    yield seen("understand.validate_1mb", whole * 1000, "ms")
    over = whole / statistics.median(parsing)
    yield at_most("understand.validate_1mb_over_parsing", over, 16, "x")
    yield at_most("understand.validate_growth_exponent", statistics.median(slopes), 1.1, "")


def _took(work: Any) -> float:
    """Processor time, with no expression known from the round before."""
    expressions_in.cache_clear()
    gc.collect()
    started = time.process_time()
    work()
    return time.process_time() - started


def _slope(points: list[tuple[float, float]]) -> float:
    """Of the straight line nearest to the points."""
    middle_x = sum(x for x, _ in points) / len(points)
    middle_y = sum(y for _, y in points) / len(points)
    return sum((x - middle_x) * (y - middle_y) for x, y in points) / sum(
        (x - middle_x) ** 2 for x, _ in points
    )
