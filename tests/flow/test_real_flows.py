"""Validation of real flows: nothing wrong is said about them, and what is made wrong is found."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from pulumi_powerautomate.flow import Problem, parse_document, validate
from pulumi_powerautomate.solution import flow_documents
from tests.harness.corpus import CORPUS, FLOWS, GENERATED, LEGACY
from tests.harness.seeding import seeded

PACKAGES = sorted((CORPUS / "solutions").glob("*.zip"))
# A package that a script wrote and no designer: it calls functions and operators that the language
# does not have, and uses variables beside the actions that initialize them.
_ITS_ERRORS = {"FLOW301": 104, "FLOW302": 24, "FLOW405": 24, "FLOW412": 36}

pytestmark = pytest.mark.skipif(not FLOWS, reason="needs the corpus of real flows")


def _problems(text: str) -> list[Problem]:
    document = parse_document(text)
    return validate(document.definition, document.connection_references)


def _errors(text: str) -> list[str]:
    return [str(problem) for problem in _problems(text) if problem.severity == "error"]


@pytest.mark.parametrize("path", [*FLOWS, *LEGACY], ids=lambda path: path.stem[-60:])
def test_no_error_in_a_real_flow(path: Path) -> None:
    """A flow that runs has no errors."""
    assert _errors(path.read_text("utf-8-sig")) == []


@pytest.mark.parametrize("path", PACKAGES, ids=lambda path: path.stem[-40:])
def test_no_error_in_a_packaged_flow(path: Path) -> None:
    """Nor has one of a solution; in a package that nobody ran, the errors are real ones."""
    errors: Counter[str] = Counter()
    for entry, text in flow_documents(path):
        found = _errors(text)
        if GENERATED not in path.name:
            assert found == [], entry
        errors.update(line.rpartition("[")[2].rstrip("]") for line in found)
    assert errors == (_ITS_ERRORS if GENERATED in path.name else {})


def test_no_warning_in_a_real_flow() -> None:
    """A warning of what runs well is one that nobody reads."""
    warned = [path.name for path in (*FLOWS, *LEGACY) if _problems(path.read_text("utf-8-sig"))]
    warned += [
        f"{path.name}: {entry}"
        for path in PACKAGES
        if GENERATED not in path.name
        for entry, text in flow_documents(path)
        if _problems(text)
    ]
    assert warned == []


def test_mistakes_in_real_flows_are_found() -> None:
    """Each kind of mistake in each flow that has a place for it."""
    made: Counter[str] = Counter()
    missed = []
    for path in FLOWS:
        document = parse_document(path.read_text("utf-8-sig"))
        for code, where, wrong in seeded(document.definition):
            made[code] += 1
            if not _is_found(wrong, document.connection_references, code, where):
                missed.append((path.name, code, where))
    assert missed == []
    assert len(made) == 15
    assert min(made.values()) >= 5


def _is_found(wrong: dict[str, Any], references: dict[str, Any], code: str, where: str) -> bool:
    return any(
        (problem.code, problem.path) == (code, where) for problem in validate(wrong, references)
    )
