"""Adoption: an empty first preview, and a second run that adds nothing, on the real engine."""

from __future__ import annotations

import json
import re
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pulumi_powerautomate.emulator import Emulator, seed
from tests.benchmarks.figure import Figure, exactly, seen
from tests.harness.adopted_project import AdoptedProject, add_flow
from tests.harness.corpus import FLOWS
from tests.harness.definitions import hourly

_WITHOUT_CORPUS = 40


def measure() -> Iterator[Figure]:
    """All figures of adoption."""
    documents = _documents()
    with Emulator() as emulator, tempfile.TemporaryDirectory() as folder:
        for number, (name, document) in enumerate(documents):
            add_flow(
                emulator, number, document, name=name, on=number % 3 == 0,
                _ownerid_value=seed.ALICE,
            )  # fmt: skip
        project = AdoptedProject(Path(folder), emulator)
        adopted = _adopted(project)
        yield exactly("understand.adoption_flows", adopted, len(documents), "flows")
        project.pulumi("stack", "init", "dev")
        project.import_all()
        changes = project.changes()
        changed = sum(number for kind, number in changes.items() if kind != "same")
        yield exactly("understand.adoption_first_preview_changes", changed, 0, "changes")
        yield seen("understand.adoption_resources", changes.get("same", 0), "resources")
        before = project.files()
        again = _adopted(project)
        written = sum(before.get(name) != text for name, text in project.files().items())
        yield exactly("understand.adoption_second_run_new", again + written, 0, "flows, files")


def _adopted(project: AdoptedProject) -> int:
    """How many flows an adoption of all adds."""
    found = re.search(r"adopted (\d+) flows", project.adopt("--all"))
    assert found is not None
    return int(found[1])


def _documents() -> list[tuple[str, Any]]:
    """Name and document of each flow: those of the corpus, or some of our own."""
    if FLOWS:
        texts = [(path.stem, path.read_text("utf-8-sig")) for path in FLOWS]
        return [(stem.rpartition("__")[2][:100], json.loads(text)) for stem, text in texts]
    references: dict[str, Any] = {}
    return [
        (
            f"Flow {number}",
            {
                "properties": {
                    "connectionReferences": references,
                    "definition": hourly(str(number)),
                },
                "schemaVersion": "1.0.0.0",
            },
        )
        for number in range(_WITHOUT_CORPUS)
    ]
