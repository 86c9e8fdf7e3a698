"""The file of a run: answers, the exchanges that they come from, and a profile of switches."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ..errors import InvalidInputError
from .anonymise import Anonymiser
from .exchange import Exchange, read_exchange
from .lab import Options
from .names import Names
from .probe import Value
from .runner import Finding, Run

FORMAT = "pulumi-powerautomate conformance 1"


@dataclass(frozen=True)
class FiledAnswer:
    """
    One answer of a file.

    Attributes:
        probe: name of the probe.
        question: the question, as it was asked.
        outcome: as `Finding` has it.
        value: the answer, or None.
        remark: what else is said.
        found: its exchanges by label.
    """

    probe: str
    question: str
    outcome: str
    value: Value | None
    remark: str
    found: Mapping[str, Exchange] = field(default_factory=dict)


@dataclass(frozen=True)
class File:
    """A file of a run: its answers, its exchanges in their order, and the whole document."""

    answers: tuple[FiledAnswer, ...]
    trail: tuple[tuple[str, Exchange], ...]
    profile: Mapping[str, Value]
    document: Mapping[str, Any]


def file_text(run: Run, options: Options, *, product: str, cloud: str) -> str:
    """
    The text of a run's file, without anything private.

    Raises:
        PrivateTextError: something private would be in it.
    """
    anonymiser = Anonymiser(run.place.private, Names(run.number))
    exchanges, numbers = [], {}
    for number, (probe, exchange) in enumerate(run.trail, 1):
        numbers[id(exchange)] = number
        document = anonymiser.exchange(exchange)
        exchanges.append({"n": number, "probe": probe, "label": exchange.label, **document})
    answers = [_answer(finding, numbers, anonymiser) for finding in run.findings]
    document = {
        "format": FORMAT,
        "product": product,
        "service": {"version": run.place.version, "kind": run.place.kind, "cloud": cloud},
        "options": {"activate": options.activate, "upload_bytes": options.upload_bytes},
        "caller": {
            "user": anonymiser.id(run.place.user_id),
            "business_unit": anonymiser.id(run.place.business_unit),
            "organization": anonymiser.id(run.place.organization_id),
        },
        "requests": run.requests,
        "profile": profile(run.findings),
        "answers": answers,
        "exchanges": exchanges,
    }
    text = json.dumps(document, indent=1, ensure_ascii=False) + "\n"
    anonymiser.check(text)
    return text


def profile(findings: Any) -> dict[str, Value]:
    """Values of the emulator's switches, as the answers have them."""
    return {
        finding.probe.switch: finding.answer.value
        for finding in findings
        if finding.probe.switch and finding.outcome == "decided"
    }


def _answer(finding: Finding, numbers: Mapping[int, int], anonymiser: Anonymiser) -> dict[str, Any]:
    probe = finding.probe
    value = finding.answer.value
    return {
        "probe": probe.name,
        "question": probe.question,
        "decides": list(probe.decides),
        "outcome": finding.outcome,
        "value": anonymiser.text(value) if isinstance(value, str) else value,
        "remark": anonymiser.text(finding.answer.remark),
        "emulator": probe.expected,
        "exchanges": sorted(
            numbers[id(exchange)] for exchange in finding.found.values() if id(exchange) in numbers
        ),
    }


def read_file(path: str | Path) -> File:
    """
    A file of a run.

    Raises:
        InvalidInputError: it is none.
    """
    try:
        document = json.loads(Path(path).read_text("utf-8"))
    except OSError as error:
        raise InvalidInputError(f"{path}: {error.strerror or error}.") from None
    except ValueError as error:
        raise InvalidInputError(f"{path}: no JSON ({error}).") from None
    if not isinstance(document, dict) or document.get("format") != FORMAT:
        raise InvalidInputError(
            f"{path}: not a file of `pulumi-powerautomate conformance` ({FORMAT})."
        )
    try:
        exchanges = {int(item["n"]): item for item in document["exchanges"]}
        trail = tuple(
            (str(item["probe"]), read_exchange(str(item["label"]), item))
            for item in document["exchanges"]
        )
        answers = tuple(
            FiledAnswer(
                probe=str(item["probe"]),
                question=str(item["question"]),
                outcome=str(item["outcome"]),
                value=item["value"],
                remark=str(item["remark"]),
                found={
                    str(exchanges[n]["label"]): read_exchange(
                        str(exchanges[n]["label"]), exchanges[n]
                    )
                    for n in item["exchanges"]
                },
            )
            for item in document["answers"]
        )
        return File(answers, trail, dict(document["profile"]), document)
    except (KeyError, TypeError, ValueError) as error:
        raise InvalidInputError(f"{path}: a member is missing or of no use ({error}).") from None
