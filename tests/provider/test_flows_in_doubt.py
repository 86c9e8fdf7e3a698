"""Operations on flows of which nobody knows the outcome, one after the other."""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from pulumi_powerautomate.emulator import Emulator
from pulumi_powerautomate.inputs.definition import DIGEST
from tests.harness import kinds
from tests.harness.definitions import hourly
from tests.harness.operations import kill_at
from tests.harness.provider_process import (
    IDENTITY,
    ProviderError,
    ProviderProcess,
    flow_inputs,
    new_provider_process,
    provider_process,
)

_there = kinds.CASES["CloudFlow"].there


def _kill(
    emulator: Emulator, process: ProviderProcess, path: str, call: str, *arguments: Any
) -> None:
    """Kill the provider at a request of a call; the request is never carried out."""
    rule = {"path": path, "when": "before_commit", "times": 1}
    barrier = emulator.control.barrier(**rule)
    emulator.control.fault(**rule, do="reset")
    kill_at(barrier, process, getattr(process, call), *arguments)


def _derived(name: str, on_conflict: str | None = None) -> dict[str, Any]:
    """A flow that is off, whose id derives."""
    more = {"on_conflict": on_conflict} if on_conflict else {}
    return flow_inputs(name, hourly(), state="off", __identity=f"{IDENTITY}derived", **more)


def _lost_create(
    emulator: Emulator, process: ProviderProcess, inputs: Any
) -> tuple[str, dict[str, Any]]:
    """Create a flow; neither the response nor that of a look arrives."""
    for method in ("POST", "GET"):
        emulator.control.fault(
            method=method, path="workflows", do="status", status=504, when="after_commit", times=99
        )
    id_, outputs = process.create(inputs)
    assert outputs["current_state"] == "unknown"
    emulator.control.clear_faults()
    return id_, outputs


def _lost_update(
    emulator: Emulator,
    process: ProviderProcess,
    made: tuple[str, Any],
    news: Any,
    when: str = "after_commit",
) -> dict[str, Any]:
    """Update a flow; neither the response nor that of a look arrives."""
    emulator.control.fault(method="PATCH", path="workflows", do="reset", when=when)
    emulator.control.fault(method="GET", path="workflows", do="reset")
    outputs = process.update(*made, news)
    assert outputs["current_state"] == "unknown"
    emulator.control.clear_faults()
    return outputs


def _said(process: ProviderProcess) -> str:
    return "\n".join(text for _, text, ephemeral in process.log if not ephemeral)


def _made_or_gone(
    emulator: Emulator, process: ProviderProcess, then: str, id_: str, outputs: Any, news: Any
) -> None:
    """Go on with an update to variant four, or with a delete, and look at the row."""
    if then == "delete":
        process.delete(id_, outputs)
        assert _there(emulator) == []
        return
    after = process.check(kinds.flow("four"), news).inputs
    assert process.diff(id_, outputs, after).changes
    outputs = process.update(id_, outputs, after)
    assert not process.diff(id_, outputs, after).changes
    assert _there(emulator) == ["four"]


@pytest.mark.parametrize("then", ["update", "delete"])
def test_a_kill_after_creates_in_doubt(
    emulator: Emulator, settings: Mapping[str, str], then: str
) -> None:
    """The flow is of the first create; what the state tells of it outlives a further kill."""
    with provider_process(settings) as process:
        barrier = emulator.control.barrier(
            method="POST", path="workflows$", when="after_commit", times=1
        )
        kill_at(barrier, process, process.create, process.check(kinds.flow("one")).inputs)
    with new_provider_process(settings) as process:
        for method, path in (("POST", "workflows$"), ("GET", "workflows")):
            emulator.control.fault(method=method, path=path, do="status", status=504, times=100)
        news = process.check(kinds.flow("two")).inputs
        id_, outputs = process.create(news)
        assert outputs["current_state"] == "unknown"
        emulator.control.clear_faults()
        process.end()
    with provider_process(settings) as process:
        after = process.check(kinds.flow("three"), news).inputs
        _kill(emulator, process, "^(?!.*oauth2)", "update", id_, outputs, after)
    assert _there(emulator) == ["one"]
    with provider_process(settings) as process:
        _made_or_gone(emulator, process, then, id_, outputs, news)


@pytest.mark.parametrize("then", ["update", "delete"])
def test_a_killed_delete_after_a_lost_update(
    emulator: Emulator, settings: Mapping[str, str], then: str
) -> None:
    """Neither was carried out: what the flow was before is this program's, whatever comes next."""
    with new_provider_process(settings) as process:
        news = process.check(kinds.flow("one")).inputs
        id_, outputs = process.create(news)
        process.end()
    with new_provider_process(settings) as process:
        emulator.control.fault(method="PATCH", path="workflows", do="reset")
        outputs = process.update(id_, outputs, process.check(kinds.flow("two"), news).inputs)
        assert outputs["current_state"] == "unknown"
        emulator.control.clear_faults()
        process.end()
    with provider_process(settings) as process:
        _kill(emulator, process, "workflows", "delete", id_, outputs)
    assert _there(emulator) == ["one"]
    with provider_process(settings) as process:
        _made_or_gone(emulator, process, then, id_, outputs, news)


@pytest.mark.parametrize("on_conflict", [None, "adopt", "overwrite"])
def test_an_edit_after_a_killed_delete_is_reported(
    emulator: Emulator, settings: Mapping[str, str], on_conflict: str | None
) -> None:
    """The flow is there still, so it is updated as any other: a conflict, or a warning."""
    declared = _derived("one", on_conflict)
    with provider_process(settings) as process:
        news = process.check(declared).inputs
        id_, outputs = process.create(news)
        _kill(emulator, process, "workflows", "delete", id_, outputs)
    emulator.control.patch("workflows", id_, {"name": "by hand"})
    with provider_process(settings) as process:
        after = process.check(declared, news).inputs
        if on_conflict == "overwrite":
            process.update(id_, outputs, after)
            assert "somebody had changed its name; overwritten" in _said(process)
        else:
            with pytest.raises(ProviderError, match="somebody changed its name"):
                process.update(id_, outputs, after)
    assert _there(emulator) == ["one" if on_conflict == "overwrite" else "by hand"]


@pytest.mark.parametrize("then", ["update", "delete"])
def test_an_edit_after_a_create_in_doubt_is_told(
    emulator: Emulator, settings: Mapping[str, str], then: str
) -> None:
    """The id proves that the flow is ours; what somebody changed of it is named."""
    with provider_process(settings) as process:
        news = process.check(_derived("one")).inputs
        id_, outputs = _lost_create(emulator, process, news)
        emulator.control.patch("workflows", id_, {"name": "by hand"})
        if then == "delete":
            process.delete(id_, outputs)
            assert "somebody had changed its name since the last run" in _said(process)
            return
        process.update(id_, outputs, news)
        assert "existed already and was adopted; its name differed and was" in _said(process)
    assert _there(emulator) == ["one"]


@pytest.mark.parametrize("made_by", ["us", "somebody"])
def test_a_refresh_after_a_create_in_doubt(
    emulator: Emulator, settings: Mapping[str, str], made_by: str
) -> None:
    """A flow that somebody made under the chosen id is not taken into the state, nor deleted."""
    if made_by == "somebody":
        emulator.control.insert(
            "workflows",
            {"workflowid": kinds.FLOW, "name": "theirs", "category": 5, "type": 1,
             "primaryentity": "none", "clientdata": "{}"},
        )  # fmt: skip
    with provider_process(settings) as process:
        id_, outputs = _lost_create(emulator, process, process.check(kinds.flow("one")).inputs)
    with provider_process(settings) as process:
        found, _, _ = process.read(id_, outputs)
        said = any("is not the one that was declared" in line for _, line, _ in process.log)
    assert (bool(found), said) == ((True, False) if made_by == "us" else (False, True))


@pytest.mark.parametrize("then", ["update", "delete"])
def test_a_create_in_doubt_blames_nobody(
    emulator: Emulator, settings: Mapping[str, str], then: str
) -> None:
    """The flow is as the create declared it, and the program that goes on says nothing."""
    with provider_process(settings) as process:
        news = process.check(_derived("one")).inputs
        id_, outputs = _lost_create(emulator, process, news)
        process.log.clear()
        if then == "delete":
            process.delete(id_, outputs)
        else:
            process.update(id_, outputs, process.check(_derived("two"), news).inputs)
        assert _said(process) == ""
    assert _there(emulator) == ([] if then == "delete" else ["two"])


def test_an_edit_before_a_repeated_delete_is_told(
    emulator: Emulator, settings: Mapping[str, str]
) -> None:
    """The first one was killed and did nothing; the warning is that of any delete."""
    with provider_process(settings) as process:
        news = process.check(kinds.flow("one")).inputs
        id_, outputs = process.create(news)
        _kill(emulator, process, "workflows", "delete", id_, outputs)
    emulator.control.patch("workflows", id_, {"name": "by hand"})
    with provider_process(settings) as process:
        process.delete(id_, outputs)
        assert "somebody had changed its name since the last run" in _said(process)
    assert _there(emulator) == []


def test_a_flow_that_others_made_after_a_killed_delete_stays(
    emulator: Emulator, settings: Mapping[str, str]
) -> None:
    """It has the chosen id and is not the one that was created: left alone."""
    with provider_process(settings) as process:
        news = process.check(kinds.flow("one")).inputs
        id_, outputs = process.create(news)
        barrier = emulator.control.barrier(method="DELETE", path="workflows", when="after_commit")
        kill_at(barrier, process, process.delete, id_, outputs)
    row = {"workflowid": id_, "name": "theirs", "category": 5, "type": 1, "primaryentity": "none",
           "clientdata": news["definition"], "createdon": "2031-01-01T00:00:00Z"}  # fmt: skip
    emulator.control.insert("workflows", row)
    with provider_process(settings) as process:
        process.delete(id_, outputs)
        assert "was left alone" in _said(process)
    assert _there(emulator) == ["theirs"]


@pytest.mark.parametrize("lost_again", [False, True])
def test_an_edit_behind_a_lost_update_is_overwritten_and_told(
    emulator: Emulator, settings: Mapping[str, str], lost_again: bool
) -> None:
    """`on_conflict="overwrite"` is no silence, even if the response to that is lost as well."""
    with provider_process(settings) as process:
        news = process.check(_derived("one", "overwrite")).inputs
        made = process.create(news)
        after = process.check(_derived("two", "overwrite"), news).inputs
        outputs = _lost_update(emulator, process, made, after)
        emulator.control.patch("workflows", made[0], {"name": "by hand"})
        process.log.clear()
        if lost_again:
            emulator.control.fault(method="PATCH", do="reset", when="after_commit")
            emulator.control.fault(method="GET", path="workflows", do="reset", nth=2)
        outputs = process.update(made[0], outputs, news)
        assert (outputs["current_state"] == "unknown") == lost_again
        fate = "perhaps overwritten" if lost_again else "overwritten"
        assert f"somebody had changed its name; {fate}, as on_conflict asks" in _said(process)
    assert _there(emulator) == ["one"]


def test_an_edit_that_is_overwritten_is_told_when_the_response_is_lost(
    emulator: Emulator, settings: Mapping[str, str]
) -> None:
    """The update found the edit and wrote over it, and that is all that is known."""
    with provider_process(settings) as process:
        news = process.check(_derived("one", "overwrite")).inputs
        id_, outputs = process.create(news)
        emulator.control.patch("workflows", id_, {"name": "by hand"})
        emulator.control.fault(method="PATCH", do="reset", when="after_commit", nth=2)
        emulator.control.fault(method="GET", path="workflows", do="reset", nth=2)
        after = process.check(_derived("two", "overwrite"), news).inputs
        outputs = process.update(id_, outputs, after)
        assert outputs["current_state"] == "unknown"
        assert "somebody had changed its name; perhaps overwritten" in _said(process)
    assert _there(emulator) == ["two"]


def test_a_refused_delete_after_a_lost_update_leaves_the_flow_on(
    emulator: Emulator, settings: Mapping[str, str]
) -> None:
    """The state does not tell whether it was on; a look does."""
    with provider_process(settings) as process:
        news = process.check({**kinds.flow("one"), "state": "on"}).inputs
        made = process.create(news)
        after = process.check({**kinds.flow("two"), "state": "on"}, news).inputs
        outputs = _lost_update(emulator, process, made, after, "before_commit")
        emulator.control.fault(method="DELETE", do="status", status=403)
        with pytest.raises(ProviderError):
            process.delete(made[0], outputs)
    assert kinds.states(emulator) == ["on"]


def _turn(emulator: Emulator, id_: str, state: str) -> None:
    """Turn a flow on or off by hand."""
    code, status = {"on": (1, 2), "off": (0, 1)}[state]
    emulator.control.patch("workflows", id_, {"statecode": code, "statuscode": status})


@pytest.mark.parametrize("way", ["lost", "killed"])
@pytest.mark.parametrize("by_hand", ["on", "off"])
@pytest.mark.parametrize("then", ["same", "back", "delete"])
def test_a_state_that_an_update_in_doubt_does_not_explain_is_told(
    emulator: Emulator, settings: Mapping[str, str], way: str, by_hand: str, then: str
) -> None:
    """The update changed the name and nothing else; somebody turned the flow on or off."""
    declared = "off" if by_hand == "on" else "on"
    with provider_process(settings) as process:
        news = process.check({**kinds.flow("one"), "state": declared}).inputs
        id_, outputs = process.create(news)
        after = process.check({**kinds.flow("two"), "state": declared}, news).inputs
        if way == "lost":
            outputs = _lost_update(emulator, process, (id_, outputs), after)
        else:
            barrier = emulator.control.barrier(method="PATCH", when="after_commit", times=1)
            kill_at(barrier, process, process.update, id_, outputs, after)
    _turn(emulator, id_, by_hand)
    with provider_process(settings) as process:
        if then == "delete":
            process.delete(id_, outputs)
        else:
            process.update(id_, outputs, after if then == "same" else news)
        said = _said(process)
    assert f"it was {by_hand}, by the operation that was interrupted or by somebody since" in said
    assert kinds.states(emulator) == ([] if then == "delete" else [declared])


@pytest.mark.parametrize("declared", ["one", "two"])
def test_a_state_that_an_update_in_doubt_explains_is_no_news(
    emulator: Emulator, settings: Mapping[str, str], declared: str
) -> None:
    """It turned the flow off to write its definition, and was killed before it turned it on."""

    def inputs(text: str) -> dict[str, Any]:
        return {**flow_inputs("Flow", hourly(text)), "__identity": f"{IDENTITY}derived"}

    with provider_process(settings) as process:
        news = process.check(inputs("one")).inputs
        id_, outputs = process.create(news)
        after = process.check(inputs("two"), news).inputs
        barrier = emulator.control.barrier(method="PATCH", when="after_commit", times=1)
        kill_at(barrier, process, process.update, id_, outputs, after)
    assert kinds.states(emulator) == ["off"]
    with provider_process(settings) as process:
        process.update(id_, outputs, process.check(inputs(declared), news).inputs)
        assert _said(process) == ""
    assert kinds.states(emulator) == ["on"]


@pytest.mark.parametrize("then", ["update", "delete"])
def test_what_a_killed_delete_has_turned_off_is_no_news(
    emulator: Emulator, settings: Mapping[str, str], then: str
) -> None:
    """It came as far as turning the flow off, and nobody else did that."""
    with provider_process(settings) as process:
        news = process.check({**kinds.flow("one"), "state": "on"}).inputs
        id_, outputs = process.create(news)
        barrier = emulator.control.barrier(method="PATCH", when="after_commit", times=1)
        kill_at(barrier, process, process.delete, id_, outputs)
    assert kinds.states(emulator) == ["off"]
    with provider_process(settings) as process:
        if then == "delete":
            process.delete(id_, outputs)
        else:
            process.update(id_, outputs, process.check(news, news).inputs)
        assert _said(process) == ""
    assert kinds.states(emulator) == ([] if then == "delete" else ["on"])


def test_a_state_that_is_told_when_the_response_is_lost_again(
    emulator: Emulator, settings: Mapping[str, str]
) -> None:
    """The next update would take the state that was found for the one from before."""
    with provider_process(settings) as process:
        news = process.check(kinds.flow("one")).inputs
        made = process.create(news)
        after = process.check(kinds.flow("two"), news).inputs
        outputs = _lost_update(emulator, process, made, after)
        _turn(emulator, made[0], "on")
        emulator.control.fault(method="PATCH", do="reset", when="after_commit")
        emulator.control.fault(method="GET", path="workflows", do="reset", nth=2)
        outputs = process.update(made[0], outputs, news)
        assert outputs["current_state"] == "unknown"
        assert "it was on, by the operation" in _said(process)
        assert "it may be off again, as declared" in _said(process)
    assert kinds.states(emulator) == ["off"]


def _complete(emulator: Emulator, id_: str) -> None:
    """Add to the definition what the service works out by itself."""
    document = json.loads(emulator.control.row("workflows", id_)["clientdata"])
    trigger = document["properties"]["definition"]["triggers"]["Recurrence"]
    trigger["evaluatedRecurrence"] = {"frequency": "Hour", "interval": 1}
    emulator.control.patch("workflows", id_, {"clientdata": json.dumps(document)})


@pytest.mark.parametrize("call", ["create", "update"])
def test_what_the_service_completes_after_a_kill_is_no_conflict(
    emulator: Emulator, settings: Mapping[str, str], call: str
) -> None:
    """The definition that the killed operation has written is recognized all the same."""

    def inputs(text: str) -> dict[str, Any]:
        return {**kinds.flow("Flow"), "definition": json.dumps(hourly(text))}

    with provider_process(settings) as process:
        news = process.check(inputs("one")).inputs
        rule = {"path": "workflows", "when": "after_commit", "times": 1}
        if call == "create":
            barrier = emulator.control.barrier(method="POST", **rule)
            kill_at(barrier, process, process.create, news)
        else:
            id_, outputs = process.create(news)
            barrier = emulator.control.barrier(method="PATCH", **rule)
            after = process.check(inputs("two"), news).inputs
            kill_at(barrier, process, process.update, id_, outputs, after)
    (row,) = emulator.control.rows("workflows")
    _complete(emulator, row["workflowid"])
    with provider_process(settings) as process:
        after = process.check(inputs("three"), news).inputs
        if call == "create":
            process.create(after)
        else:
            process.update(id_, outputs, after)
    (row,) = emulator.control.rows("workflows")
    assert '"three"' in row["clientdata"]


def test_what_an_earlier_release_noted_is_understood(
    emulator: Emulator, settings: Mapping[str, str], tmp_path: Path
) -> None:
    """It hashed both halves of a digest at once, and noted no state."""

    def inputs(text: str) -> dict[str, Any]:
        definition = hourly(text)
        definition["triggers"]["Recurrence"]["evaluatedRecurrence"] = {"frequency": "Hour"}
        return {**kinds.flow("Flow"), "definition": json.dumps(definition)}

    with provider_process(settings) as process:
        news = process.check(inputs("one")).inputs
        id_, outputs = process.create(news)
        barrier = emulator.control.barrier(method="PATCH", when="after_commit", times=1)
        after = process.check(inputs("two"), news).inputs
        kill_at(barrier, process, process.update, id_, outputs, after)
    digest = after[DIGEST]
    assert "-" in digest
    with sqlite3.connect(tmp_path / "journal" / "operations.sqlite3") as journal:
        query = "select attempts from records where creator is null"
        ((noted,),) = journal.execute(query).fetchall()
        (attempt,) = json.loads(noted)
        columns = attempt["columns"]
        assert columns.pop("state") == "off"
        key = columns["salt"].encode()
        whole = hashlib.blake2b(json.dumps(digest).encode(), key=key, digest_size=16)
        columns["definition"] = whole.hexdigest()
        change = "update records set attempts = ? where creator is null"
        journal.execute(change, (json.dumps([attempt]),))
    with provider_process(settings) as process:
        after = process.check(inputs("three"), news).inputs
        outputs = process.update(id_, outputs, after)
        assert not process.diff(id_, outputs, after).changes
    assert '"three"' in emulator.control.row("workflows", id_)["clientdata"]


@pytest.mark.parametrize("way", ["lost", "killed"])
@pytest.mark.parametrize("then", ["update", "delete"])
def test_a_flow_that_could_not_be_turned_on_before_is_no_news(
    emulator: Emulator, settings: Mapping[str, str], way: str, then: str
) -> None:
    """The state has it as off, though it is declared on: nobody turned it off since."""
    on = {"state": "on"}
    with provider_process(settings) as process:
        news = process.check({**kinds.flow("one"), **on}).inputs
        emulator.control.fault(method="PATCH", do="status", status=403)
        id_, outputs = process.create(news)
        assert (outputs["state"], outputs["current_state"]) == ("on", "off")
        emulator.control.clear_faults()
        after = process.check({**kinds.flow("two"), **on}, news).inputs
        if way == "lost":
            outputs = _lost_update(emulator, process, (id_, outputs), after)
        else:
            barrier = emulator.control.barrier(method="PATCH", when="after_commit", times=1)
            kill_at(barrier, process, process.update, id_, outputs, after)
    assert kinds.states(emulator) == ["off"]
    with provider_process(settings) as process:
        if then == "delete":
            process.delete(id_, outputs)
        else:
            process.update(id_, outputs, after)
        assert _said(process) == ""
    assert kinds.states(emulator) == ([] if then == "delete" else ["on"])


@pytest.mark.parametrize("call", ["update", "delete"])
def test_a_repeated_request_and_a_look_that_is_refused(
    emulator: Emulator, settings: Mapping[str, str], call: str
) -> None:
    """The first try was carried out, so neither the refusal of a look nor its version undoes it."""
    with provider_process(settings) as process:
        news = process.check({**kinds.flow("one"), "state": "on"}).inputs
        id_, outputs = process.create(news)
        emulator.control.fault(
            method="PATCH", path="workflows", when="after_commit", times=1, do="status", status=429,
            code="0x80072322", headers={"Retry-After": "0"},
        )  # fmt: skip
        emulator.control.fault(method="GET", path="workflows", do="status", status=403, times=9)
        if call == "delete":
            with pytest.raises(ProviderError, match="may be gone or off"):
                process.delete(id_, outputs)
        else:
            after = process.check({**kinds.flow("two"), "state": "on"}, news).inputs
            outputs = process.update(id_, outputs, after)
            assert outputs["current_state"] == "unknown"
        emulator.control.clear_faults()
        assert process.diff(id_, outputs, news).changes
        outputs = process.update(id_, outputs, news)
        assert not process.diff(id_, outputs, news).changes
    assert (_there(emulator), kinds.states(emulator)) == (["one"], ["on"])
