"""Where a service, as a file has it, differs from the emulator as it is by default."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from .probe import Value
from .probes import named
from .result import File


@dataclass(frozen=True)
class Comparison:
    """
    One question, answered by both.

    Attributes:
        probe: name of the probe.
        question: the question.
        emulator: the emulator's answer, or None where it cannot decide it.
        service: the service's answer, or None.
        verdict: `same`, `different`, or `open` where one side has no answer.
        remark: what the file says besides.
    """

    probe: str
    question: str
    emulator: Value | None
    service: Value | None
    verdict: Literal["same", "different", "open"]
    remark: str


def comparisons(file: File) -> Iterator[Comparison]:
    """Every answer of a file, beside the emulator's."""
    for answer in file.answers:
        probe = named(answer.probe)
        emulator = probe.expected if probe else None
        open_ = answer.value is None or emulator is None
        verdict: Literal["same", "different", "open"] = (
            "open" if open_ else "same" if answer.value == emulator else "different"
        )
        yield Comparison(
            answer.probe, answer.question, emulator, answer.value, verdict, answer.remark
        )
