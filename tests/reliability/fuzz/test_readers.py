"""
Readers of what comes from anywhere: an error of ours on one line, or a result; nothing else.

`FUZZ_CASES` says how many cases of each kind (some hundreds in `make test`, 34,000 in `make soak`;
a tenth of that for responses), `FUZZ_SEED` where to begin. A case that fails is told by its number:
`FUZZ_SEED=number FUZZ_CASES=1` runs it alone.
"""

from __future__ import annotations

import contextlib
import copy
import os
import random
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from xml.parsers import expat

import pytest

from pulumi_powerautomate.adoption import program
from pulumi_powerautomate.cli.findings import FORMATS, findings_of
from pulumi_powerautomate.cli.flow_files import FlowFile
from pulumi_powerautomate.errors import PowerAutomateError
from pulumi_powerautomate.flow import (
    FlowVersion,
    compare,
    digest,
    dump,
    normalize_references,
    parse_document,
    parse_json,
    references_to_wire,
    validate,
)
from pulumi_powerautomate.flow.credentials import credentials_in
from pulumi_powerautomate.flow.diagram import to_mermaid, to_svg
from pulumi_powerautomate.review import read_preview, report
from pulumi_powerautomate.solution import contents_of, normalized, pack, unpack
from pulumi_powerautomate.solution.settings_file import parse_settings
from tests.harness.mutated_responses import CALLS, WRONG_VALUES, client_of, mutated, places
from tests.harness.packages import SECOND, FlowPart, package
from tests.harness.previews import flow_inputs, printed, step
from tests.reliability.fuzz.mutations import (
    documents,
    mutated_json,
    mutated_package,
    mutated_text,
    spoilt,
)

CASES = int(os.environ.get("FUZZ_CASES") or "400")
SEED = int(os.environ.get("FUZZ_SEED") or "0")
# No case is large; what takes longer than this does not scale.
_MOST_SECONDS = 20.0


@contextlib.contextmanager
def _one_line(number: int) -> Iterator[None]:
    """A result, or an error of ours on one line, in reasonable time."""
    started = time.process_time()
    try:
        yield
    except PowerAutomateError as error:
        if "\n" in str(error) or len(str(error)) > 20_000:
            raise AssertionError(f"case {number}: {str(error)[:500]}") from error
    except Exception as error:
        raise AssertionError(f"case {number}: {type(error).__name__}: {error!s:.200}") from error
    spent = time.process_time() - started
    assert spent < _MOST_SECONDS, f"case {number} took {spent:.0f} s of processor time"


def _numbers() -> range:
    return range(SEED, SEED + CASES)


def test_packages(tmp_path: Path) -> None:
    """Read, compared, unpacked, packed: nothing outside of the folder is touched."""
    bases = [
        package(tmp_path / "a.zip", FlowPart()).read_bytes(),
        package(
            tmp_path / "b.zip",
            *(FlowPart(), FlowPart(SECOND, "Second")),
            references={"contoso_mail": "shared_office365"},
            variables={"contoso_url": "x"},
            requires=["Other (1.0.0.0)"],
        ).read_bytes(),
    ]
    place = tmp_path / "place"
    place.mkdir()
    for number in _numbers():
        data = mutated_package(random.Random(number), bases)
        folder = place / f"folder-{number}"
        with _one_line(number):
            contents_of(data, "the package")
        with _one_line(number):
            normalized(data, "the package")
        with _one_line(number):
            unpack(data, folder, "the package")
            again = pack(folder)
            assert contents_of(again, "again") is not None
        assert {path.name for path in place.iterdir()} <= {folder.name}, number
        assert {path.name for path in tmp_path.iterdir()} == {"a.zip", "b.zip", "place"}, number
        if folder.exists():
            _remove(folder)


def _remove(folder: Path) -> None:
    for path in sorted(folder.rglob("*"), reverse=True):
        path.rmdir() if path.is_dir() else path.unlink()
    folder.rmdir()


def test_definitions() -> None:
    """Parsed, validated, compared, drawn and searched."""
    bases = [dump(document) for document in documents()]
    plain = FlowVersion(documents()[1], {})
    for number in _numbers():
        rng = random.Random(number)
        text = mutated_text(rng, rng.choice(bases))
        with _one_line(number):
            found = findings_of(FlowFile("x.json", "", text))
            for form in FORMATS.values():
                form([found])
        with _one_line(number):
            value = parse_json(text)
            document = parse_document(value)
            _use(FlowVersion(document.definition, document.connection_references), plain)
        with _one_line(number):
            parse_document(mutated_json(rng, documents()[2]))


def _use(flow: FlowVersion, other: FlowVersion) -> None:
    """Everything that is done with a definition."""
    validate(flow.definition, flow.references)
    digest(flow.definition)
    for before, after in ((flow, other), (other, flow), (flow, flow)):
        compare(before, after)
        to_mermaid(after, before)
        expat.ParserCreate().Parse(to_svg(after, before, "x"), True)
    credentials_in(flow.definition)
    references_to_wire(flow.references)
    normalize_references(flow.references, flow.definition)
    program._mapping(flow.references)


def test_previews_and_settings() -> None:
    """Output of the engine, and settings files, mutated."""
    inputs = flow_inputs(documents()[0])
    good = printed(
        step("update", "CloudFlow", "a", inputs, flow_inputs(documents()[1], name="b")),
        step("create", "FlowShare", "c", None, {"access": ["read"], "principal": {"type": "user"}}),
        step("delete", "SolutionImport", "d", {"package": "x.zip", "version": "1.0"}),
    )
    settings = {
        "EnvironmentVariables": [{"SchemaName": "a", "Value": "b"}],
        "ConnectionReferences": [
            {"LogicalName": "c", "ConnectionId": "d", "ConnectorId": "/e/shared_f"}
        ],
    }
    for number in _numbers():
        rng = random.Random(number)
        with _one_line(number):
            report(read_preview(mutated_text(rng, good)), title="", limit=65_536)
        with _one_line(number):
            parse_settings(mutated_json(rng, settings))


def test_responses() -> None:
    """Several members of a response changed at a time, and bodies spoilt byte by byte."""
    now: dict[str, Any] = {"body": {}}
    names = list(CALLS)
    # Fewer, because each takes a request, and some a pause before the next try.
    with client_of(lambda: now["body"]) as client:
        for number in range(SEED, SEED + max(1, CASES // 10)):
            rng = random.Random(number)
            call, good = CALLS[rng.choice(names)]
            body: Any = copy.deepcopy(good)
            for _ in range(rng.randrange(1, 5)):
                found = list(places(body)) if isinstance(body, (dict, list)) else [()]
                body = mutated(body, rng.choice(found), copy.deepcopy(rng.choice(WRONG_VALUES)))
            if rng.random() < 0.2:
                body = spoilt(rng, dump(good).encode())
            now["body"] = body
            client.directory._known.clear()
            with _one_line(number):
                call(client)


@pytest.mark.parametrize("kind", ["packages", "definitions"])
def test_the_mutations_are_worth_it(kind: str, tmp_path: Path) -> None:
    """Neither all refused nor all accepted: the readers are reached behind the first check."""
    good = bad = 0
    bases = [package(tmp_path / "a.zip", FlowPart()).read_bytes()]
    lines = set()
    for number in range(300):
        rng = random.Random(number)
        try:
            if kind == "packages":
                contents_of(mutated_package(rng, bases), "the package")
            else:
                parse_document(parse_json(mutated_text(rng, dump(documents()[1]))))
            good += 1
        except PowerAutomateError as error:
            bad += 1
            lines.add("".join(filter(str.isalpha, str(error)))[:40])
    assert good > 30
    assert bad > 30
    assert len(lines) > 10
