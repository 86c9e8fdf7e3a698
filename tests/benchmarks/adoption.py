"""
Adoption on the real engine: an empty first preview, a second run that adds nothing, and its time.

The time is that of all commands from `adopt` to the empty preview, beside import and preview of as
many resources of an empty provider that carry the same text. Of 700 resources 400 are flows and 300
shares, as people have them; flows alone are measured too.
"""

from __future__ import annotations

import json
import os
import re
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pulumi_powerautomate.emulator import Emulator, seed
from tests.benchmarks.figure import Figure, at_most, exactly, seen
from tests.benchmarks.flow import sized
from tests.benchmarks.wait import ManyFlows
from tests.harness.adopted_project import AdoptedProject, add_flow, add_share, document
from tests.harness.corpus import FLOWS
from tests.harness.definitions import hourly

_WITHOUT_CORPUS = 40
_COUNT = int(os.environ.get("ADOPTED") or 700)
_SHARES = 3 / 7
_BYTES = 9_000
_RATIO = 1.5
_SECONDS = 15


def measure() -> Iterator[Figure]:
    """All figures of adoption."""
    yield from _corpus()
    yield from _time("resources", round(_COUNT * (1 - _SHARES)))
    yield from _time("flows", _COUNT)


def _time(what: str, flows: int) -> Iterator[Figure]:
    """Adopt so many flows, each of the first with a share, until there are all resources."""
    text = json.dumps(sized(_BYTES))
    with Emulator() as emulator, tempfile.TemporaryDirectory() as folder:
        for number in range(flows):
            definition = json.loads(text.replace("Hello", f"Hello {number}"))
            flow_id = add_flow(emulator, number, document(definition), _ownerid_value=seed.ALICE)
            if number < _COUNT - flows:
                add_share(emulator, flow_id, seed.BOB, "systemuser", 1)
        empty = _seconds_of_empty(Path(folder) / "empty", emulator, text, flows)
        (Path(folder) / "ours").mkdir()
        project = AdoptedProject(Path(folder) / "ours", emulator)
        started = time.perf_counter()
        adopted = _adopted(project)
        project.pulumi("stack", "init", "dev")
        project.import_all()
        changes = project.changes()
        ours = time.perf_counter() - started
    name = f"{_COUNT}_{what}"
    yield exactly(f"wait.adopt_{name}_adopted", adopted, flows, "flows")
    yield exactly(f"wait.adopt_{name}_unchanged", changes.get("same", 0), _COUNT + 1, "")
    yield seen(f"wait.adopt_{name}_seconds", ours, "s")
    yield seen(f"wait.adopt_{name}_seconds_empty", empty, "s")
    if what == "flows":
        yield seen(f"wait.adopt_{name}", ours / empty, "x empty")
        return
    yield at_most(f"wait.adopt_{name}", ours / empty, _RATIO, "x empty")
    yield at_most(f"understand.adoption_{name}_beside_empty", ours - empty, _SECONDS, "s")


def _seconds_of_empty(folder: Path, emulator: Emulator, text: str, whole: int) -> float:
    """Import and preview of a stack like one that was deployed; so many of it carry the text."""
    project = ManyFlows(folder, emulator, "empty", _COUNT, text, whole)
    entries = [
        {
            "type": item["type"],
            "name": item["urn"].rpartition("::")[2],
            "id": item["id"],
            "inputs": item["inputs"],
            "outputs": item["outputs"],
        }
        for item in project.state()
    ]
    (folder / "import.json").write_text(json.dumps({"resources": entries}), "utf-8")
    started = time.perf_counter()
    project.run("stack", "init", "second")
    project.run("import", "--file", "import.json", "--generate-code=false", "--protect=false",
                "--yes", "--skip-preview", stack="second", fast=True)  # fmt: skip
    project.run("preview", "--json", "--expect-no-changes", stack="second")
    return time.perf_counter() - started


def _corpus() -> Iterator[Figure]:
    documents = _documents()
    with Emulator() as emulator, tempfile.TemporaryDirectory() as folder:
        for number, (name, content) in enumerate(documents):
            add_flow(
                emulator, number, content, name=name, on=number % 3 == 0,
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
    return [(f"Flow {number}", document(hourly(str(number)))) for number in range(_WITHOUT_CORPUS)]
