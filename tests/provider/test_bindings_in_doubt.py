"""Rows that somebody else made, where an operation was killed or its response lost."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from pulumi_powerautomate.connection_reference import ConnectionReferenceProvider
from pulumi_powerautomate.emulator import Emulator
from tests.harness import kinds
from tests.harness.operations import kill_at
from tests.harness.provider_process import ProviderError, ProviderProcess, provider_process

_KINDS = ("ConnectionReference", "EnvironmentVariableValue", "Publisher", "Solution")
_TEAMS = {"connector": "shared_teams"}


def _lines(process: ProviderProcess) -> str:
    return "\n".join(text for _, text, ephemeral in process.log if not ephemeral)


def _kill_a_create(
    emulator: Emulator, settings: Mapping[str, str], inputs: dict[str, Any], **rule: Any
) -> None:
    """Kill the provider at a request of a create, which is not carried out before the commit."""
    rule = {"path": "connectionreferences", "times": 1, **rule}
    with provider_process(settings, provider=ConnectionReferenceProvider) as process:
        barrier = emulator.control.barrier(**rule)
        if rule["when"] == "before_commit":
            emulator.control.fault(**rule, do="reset")
        kill_at(barrier, process, process.create, process.check(inputs).inputs)


@pytest.mark.parametrize("method", ["GET", "PATCH"])
def test_a_killed_adoption_makes_no_row_ours(
    emulator: Emulator, settings: Mapping[str, str], method: str
) -> None:
    """It sent nothing, and the next program wants another connector: refused, nothing deleted."""
    with provider_process(emulator.environment, provider=ConnectionReferenceProvider) as person:
        person.create(person.check({**kinds.reference("theirs"), **_TEAMS}).inputs)
    rows = emulator.control.rows("connectionreferences")
    declared = {**kinds.reference("one"), **_TEAMS}
    _kill_a_create(emulator, settings, declared, method=method, when="before_commit")
    refused = pytest.raises(ProviderError, match="exists already, for shared_teams")
    with provider_process(settings, provider=ConnectionReferenceProvider) as process, refused:
        process.create(process.check(kinds.reference("two")).inputs)
    assert emulator.control.rows("connectionreferences") == rows


@pytest.mark.parametrize("made_by", ["us", "somebody"])
def test_a_killed_create_knows_its_row(
    emulator: Emulator, settings: Mapping[str, str], made_by: str
) -> None:
    """The row that it made goes with a warning; one that somebody made in its stead stays."""
    when = "after_commit" if made_by == "us" else "before_commit"
    declared = {**kinds.reference("one"), **_TEAMS}
    _kill_a_create(emulator, settings, declared, method="POST", when=when)
    if made_by == "somebody":
        with provider_process(emulator.environment, provider=ConnectionReferenceProvider) as person:
            person.create(person.check(declared).inputs)
    before = emulator.control.rows("connectionreferences")
    with provider_process(settings, provider=ConnectionReferenceProvider) as process:
        news = process.check(kinds.reference("two")).inputs
        if made_by == "somebody":
            with pytest.raises(ProviderError, match="exists already, for shared_teams"):
                process.create(news)
            assert emulator.control.rows("connectionreferences") == before
            return
        process.create(news)
        assert "an interrupted run had created it for shared_teams" in _lines(process)
    (row,) = emulator.control.rows("connectionreferences")
    assert row["connectionid"] == "two"


def _make_by_hand(emulator: Emulator, kind: str) -> None:
    if kind == "EnvironmentVariableValue":
        row = {"value": "by hand", "_environmentvariabledefinitionid_value": kinds.DEFINITION}
        emulator.control.insert("environmentvariablevalues", row)
        return
    case = kinds.CASES[kind]
    with provider_process(emulator.environment, provider=case.provider) as person:
        person.create(person.check(case.inputs("by hand")).inputs)


@pytest.mark.parametrize(
    ("killed", "refreshed"),
    [(False, False), (True, False), (False, True)],
    ids=["", "killed", "refreshed"],
)
@pytest.mark.parametrize("made_by", ["us", "somebody"])
@pytest.mark.parametrize("kind", _KINDS)
def test_deleted_after_a_create_in_doubt(
    emulator: Emulator,
    settings: Mapping[str, str],
    kind: str,
    made_by: str,
    killed: bool,
    refreshed: bool,
) -> None:
    """
    The row that it made goes; one that somebody made in its stead stays, with a warning.

    A refresh in between does not take that one into the state.
    """
    case, (path, nth) = kinds.CASES[kind], kinds.LOOKED_AT[kind]
    kinds.define_variable(emulator)
    when = "after_commit" if made_by == "us" else "before_commit"
    with provider_process(settings, provider=case.provider) as process:
        for method in ("POST", "PATCH"):
            emulator.control.fault(method=method, do="html", when=when, times=99)
        emulator.control.fault(method="GET", path=path, nth=nth, do="html", times=99)
        id_, outputs = process.create(process.check(case.inputs("one")).inputs)
        assert outputs.get("binding_error") or outputs["write_error"]
    emulator.control.clear_faults()
    if made_by == "somebody":
        _make_by_hand(emulator, kind)
    if refreshed:
        with provider_process(settings, provider=case.provider) as process:
            found, outputs, _ = process.read(id_, outputs)
            assert ("the state forgets it" in _lines(process)) is (made_by == "somebody")
            assert bool(found) is (made_by == "us")
        if not found:
            assert case.there(emulator) == ["by hand"]
            return
    if killed:
        _kill_a_delete(emulator, settings, kind, id_, outputs)
    with provider_process(settings, provider=case.provider) as process:
        process.delete(id_, outputs)
        assert ("it was left alone" in _lines(process)) is (made_by == "somebody")
    assert case.there(emulator) == ([] if made_by == "us" else ["by hand"])


def _kill_a_delete(
    emulator: Emulator, settings: Mapping[str, str], kind: str, id_: str, outputs: dict[str, Any]
) -> None:
    """Kill the provider at the first request of a delete, which is not carried out."""
    rule = {"method": "GET", "path": kinds.LOOKED_AT[kind][0], "when": "before_commit", "times": 1}
    with provider_process(settings, provider=kinds.CASES[kind].provider) as process:
        barrier = emulator.control.barrier(**rule)
        emulator.control.fault(**rule, do="reset")
        kill_at(barrier, process, process.delete, id_, outputs)


@pytest.mark.parametrize("edited", [True, False])
@pytest.mark.parametrize("kind", _KINDS)
def test_deleted_after_a_killed_delete(
    emulator: Emulator, settings: Mapping[str, str], kind: str, edited: bool
) -> None:
    """An edit since then is told; there is nothing to tell where nobody made one."""
    case = kinds.CASES[kind]
    kinds.define_variable(emulator)
    with provider_process(settings, provider=case.provider) as process:
        id_, outputs = process.create(process.check(case.inputs("one")).inputs)
    _kill_a_delete(emulator, settings, kind, id_, outputs)
    if edited:
        entity_set, key, column = _COLUMNS[kind]
        (row,) = [row for row in emulator.control.rows(entity_set) if row[column] is not None]
        emulator.control.patch(entity_set, row[key], {column: "by hand"})
    with provider_process(settings, provider=case.provider) as process:
        process.delete(id_, outputs)
        assert ("may have been changed by somebody" in _lines(process)) is edited
    assert case.there(emulator) == []


_COLUMNS = {
    "ConnectionReference": ("connectionreferences", "connectionreferenceid", "connectionid"),
    "EnvironmentVariableValue": (
        "environmentvariablevalues",
        "environmentvariablevalueid",
        "value",
    ),
    "Publisher": ("publishers", "publisherid", "description"),
    "Solution": ("solutions", "solutionid", "description"),
}
