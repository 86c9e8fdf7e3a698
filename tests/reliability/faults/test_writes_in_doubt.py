"""A write whose response is lost may have been applied, so it is state until somebody looks."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

import pytest

import pulumi_powerautomate as powerautomate
from pulumi_powerautomate.emulator import Emulator
from pulumi_powerautomate.flow_share import FlowShareProvider
from tests.harness.definitions import calling, hourly
from tests.harness.engine_project import EngineError, EngineProject, changes
from tests.harness.operations import create, delete, update
from tests.harness.people import BOB as _BOB
from tests.harness.provider_process import IDENTITY, ProviderError, ProviderProcess, flow_inputs

_CAROL = "0e6a3b61-0000-4000-8000-000000000013"
# The response is lost after the commit, and for a while nothing else is answered either.
_LOST: Mapping[str, list[dict[str, Any]]] = {
    "a gateway's 504": [{"do": "status", "status": 504}],
    "a web page": [{"do": "html"}],
    "a reset": [{"do": "reset"}],
    "cut short": [{"do": "truncate", "when": "mid_body"}],
}


def _lose(emulator: Emulator, method: str, rule: dict[str, Any], path: str = "workflows") -> None:
    emulator.control.fault(method=method, path=path, **{"when": "after_commit", **rule})
    emulator.control.fault(method="GET", do="reset")


def _two(make: Callable[[str], None]) -> tuple[Callable[[], None], Callable[[], None]]:
    return lambda: make("one"), lambda: make("two")


@pytest.mark.parametrize("lost", _LOST)
def test_update_that_is_reverted(project: EngineProject, emulator: Emulator, lost: str) -> None:
    """The program goes back to what it was: the server follows, with no refresh."""

    def make(text: str) -> None:
        powerautomate.CloudFlow("flow", definition=hourly(text), state="off")

    first, second = _two(make)
    project.up(first)
    for rule in _LOST[lost]:
        _lose(emulator, "PATCH", rule)
    with pytest.raises(EngineError):
        project.up(second)
    assert '"two"' in emulator.control.rows("workflows")[0]["clientdata"]
    emulator.control.clear_faults()
    project.up(first)
    assert '"one"' in emulator.control.rows("workflows")[0]["clientdata"]
    project.sent()
    assert changes(project.up(first)) == "2 unchanged"
    assert project.sent() == []


def test_activation_that_is_reverted(project: EngineProject, emulator: Emulator) -> None:
    """A flow that may be on and is declared off is turned off, and said to be unknown before."""

    def make(state: Any) -> None:
        powerautomate.CloudFlow("flow", definition=hourly(), state=state)

    project.up(lambda: make("off"))
    _lose(emulator, "PATCH", {"do": "status", "status": 504})
    with pytest.raises(EngineError, match="unknown"):
        project.up(lambda: make("on"))
    assert emulator.control.rows("workflows")[0]["statecode"] == 1
    emulator.control.clear_faults()
    project.up(lambda: make("off"))
    assert emulator.control.rows("workflows")[0]["statecode"] == 0


def test_share_that_is_reverted(project: EngineProject, emulator: Emulator) -> None:
    """A right that may have been given and is no longer declared is taken away."""

    def make(*rights: Any) -> None:
        flow = powerautomate.CloudFlow("flow", definition=hourly(), state="off")
        powerautomate.FlowShare(
            "bob", flow_id=flow.id, principal=powerautomate.user(_BOB), access=list(rights)
        )

    project.up(lambda: make("read"))
    _lose(emulator, "POST", {"do": "status", "status": 504}, "ModifyAccess")
    with pytest.raises(EngineError):
        project.up(lambda: make("read", "write"))
    emulator.control.clear_faults()
    project.up(lambda: make("read"))
    (row,) = emulator.control.rows("principalobjectaccessset")
    assert row["accessrightsmask"] == 1


def test_edit_behind_a_lost_write_is_a_conflict(
    provider: ProviderProcess, emulator: Emulator
) -> None:
    """A value that is neither the old one, nor the sent one, nor the declared one is somebody's."""
    made = create(provider, flow_inputs("Flow", hourly("one"), state="off", description="a"))
    _lose(emulator, "PATCH", {"do": "reset"})
    made = update(provider, made, flow_inputs("Flow", hourly("two"), state="off", description="a"))
    assert made.outputs["current_state"] == "unknown"
    emulator.control.clear_faults()
    emulator.control.patch("workflows", made.id, {"description": "by hand"})
    with pytest.raises(ProviderError, match="changed its description"):
        update(provider, made, flow_inputs("Flow", hourly("one"), state="off", description="a"))
    assert emulator.control.row("workflows", made.id)["description"] == "by hand"


@pytest.mark.parametrize(
    ("column", "edited"), [("description", "by hand"), ("_ownerid_value", _CAROL)]
)
def test_edit_behind_two_lost_writes_is_a_conflict(
    provider: ProviderProcess, emulator: Emulator, column: str, edited: str
) -> None:
    """The second one looked at the row, and what it saw there is what may have been before."""

    def inputs(text: str) -> dict[str, Any]:
        owner = {"type": "user", "id": _BOB}
        return flow_inputs("Flow", hourly(text), state="off", description="", owner=owner)

    made = create(provider, inputs("one"))
    _lose(emulator, "PATCH", {"do": "reset"})
    made = update(provider, made, inputs("two"))
    emulator.control.clear_faults()
    emulator.control.fault(method="PATCH", do="reset", when="after_commit")
    # It may look once, at what the first one did.
    emulator.control.fault(method="GET", do="reset", nth=2)
    made = update(provider, made, inputs("three"))
    assert made.outputs["current_state"] == "unknown"
    assert '"three"' in emulator.control.row("workflows", made.id)["clientdata"]
    emulator.control.clear_faults()
    emulator.control.patch("workflows", made.id, {column: edited})
    what = column.strip("_").removesuffix("id_value")
    with pytest.raises(ProviderError, match=f"changed its {what} since"):
        update(provider, made, inputs("one"))
    assert emulator.control.row("workflows", made.id)[column] == edited


def test_deleted_flow_of_a_lost_write_was_changed_by_nobody(
    provider: ProviderProcess, emulator: Emulator
) -> None:
    """The version has moved on by our own hand, so no warning says that it was somebody's."""
    made = create(provider, flow_inputs("Flow", hourly("one"), state="off", description="a"))
    emulator.control.fault(method="PATCH", do="reset")
    made = update(provider, made, flow_inputs("Flow", hourly("two"), state="off", description="a"))
    emulator.control.clear_faults()
    emulator.control.patch("workflows", made.id, {"subprocess": False})
    provider.log.clear()
    delete(provider, made)
    assert emulator.control.rows("workflows") == []
    assert not [text for _, text, _ in provider.log if "had changed" in text]


def test_update_that_was_not_applied(provider: ProviderProcess, emulator: Emulator) -> None:
    """Nothing had happened: the next update compares with the row, and sends what differs."""
    made = create(provider, flow_inputs("Flow", hourly("one"), state="off"))
    emulator.control.fault(method="PATCH", do="reset")
    made = update(provider, made, flow_inputs("Flow", hourly("two"), state="off"))
    assert made.outputs["current_state"] == "unknown"
    emulator.control.clear_faults()
    emulator.control.clear_journal()
    made = update(provider, made, flow_inputs("Flow", hourly("one"), state="off"))
    assert made.outputs["current_state"] == "off"
    assert [item["method"] for item in emulator.control.requests()] == ["GET"]


@pytest.mark.parametrize("when", ["before_commit", "after_commit"])
def test_delete_whose_response_is_lost(
    provider: ProviderProcess, emulator: Emulator, when: str
) -> None:
    """It looks before it fails; a flow that is still there is left on."""
    made = create(provider, flow_inputs("Flow", hourly()))
    emulator.control.fault(method="DELETE", when=when, do="status", status=504)
    if when == "after_commit":
        delete(provider, made)
        assert emulator.control.rows("workflows") == []
        return
    with pytest.raises(ProviderError):
        delete(provider, made)
    assert emulator.control.row("workflows", made.id)["statecode"] == 1


def test_refused_delete_leaves_things_as_they_were(
    provider: ProviderProcess, emulator: Emulator
) -> None:
    """A flow that another one calls is on again, its caller named, in two requests more."""
    child = create(provider, flow_inputs("Child", hourly()))
    create(provider, flow_inputs("The caller", calling(child.id), state="off"))
    emulator.control.clear_journal()
    with pytest.raises(ProviderError, match=r"called by 'The caller'.*delete_before_replace"):
        delete(provider, child)
    assert [item["method"] for item in emulator.control.requests()] == [
        "PATCH", "DELETE", "GET", "PATCH"
    ]  # fmt: skip
    assert emulator.control.row("workflows", child.id)["statecode"] == 1


def test_declared_off_means_off(provider: ProviderProcess, emulator: Emulator) -> None:
    """New content is never put into a flow that somebody turned on: it is a conflict."""
    made = create(provider, flow_inputs("Flow", hourly("one"), state="off"))
    emulator.control.patch("workflows", made.id, {"statecode": 1, "statuscode": 2})
    after = flow_inputs("Flow", hourly("two"), state="off")
    with pytest.raises(ProviderError, match="changed its state"):
        update(provider, made, after)
    assert '"one"' in emulator.control.row("workflows", made.id)["clientdata"]
    made = update(provider, made, {**after, "on_conflict": "overwrite"})
    row = emulator.control.row("workflows", made.id)
    assert row["statecode"] == 0
    assert '"two"' in row["clientdata"]


def test_deleted_flow_that_somebody_changed_is_told(
    provider: ProviderProcess, emulator: Emulator
) -> None:
    """A warning names the columns."""
    made = create(provider, flow_inputs("Flow", hourly(), state="off"))
    emulator.control.patch("workflows", made.id, {"name": "Renamed by hand"})
    delete(provider, made)
    assert emulator.control.rows("workflows") == []
    assert any("changed its name since the last run" in line for _, line, _ in provider.log)


def test_members_of_the_document_survive(provider: ProviderProcess, emulator: Emulator) -> None:
    """An update of one word keeps what the program does not manage; it stays one request."""
    import json

    made = create(provider, flow_inputs("Flow", hourly("one"), state="off"))
    row = emulator.control.row("workflows", made.id)
    document = json.loads(row["clientdata"])
    more = {"templateName": "abc123", "flowFailureAlertSubscribed": True, "summary": "é"}
    document["properties"].update(more)
    emulator.control.patch("workflows", made.id, {"clientdata": json.dumps(document)})
    _, outputs, _ = provider.read(made.id, made.outputs)
    for text, requests in (("two", 1), ("three", 1)):
        emulator.control.clear_journal()
        made = made._replace(outputs=outputs)
        made = update(provider, made, flow_inputs("Flow", hourly(text), state="off"))
        outputs = made.outputs
        assert len(emulator.control.requests()) == requests
        kept = json.loads(emulator.control.row("workflows", made.id)["clientdata"])["properties"]
        assert {name: kept[name] for name in more} == more
    old = {key: item for key, item in outputs.items() if key not in ("__environment", "__members")}
    emulator.control.clear_journal()
    made = update(
        provider, made._replace(outputs=old), flow_inputs("Flow", hourly("four"), state="off")
    )
    kept = json.loads(emulator.control.row("workflows", made.id)["clientdata"])["properties"]
    assert kept["templateName"] == "abc123"


def test_share_of_a_list_that_is_reverted(provider: ProviderProcess, emulator: Emulator) -> None:
    """A share whose change is in doubt differs from any declaration."""
    flow = create(provider, flow_inputs("Flow", hourly(), state="off"))
    shares = provider.serving(FlowShareProvider)
    declared = {
        "flow_id": flow.id,
        "principal": {"type": "user", "id": _BOB},
        "access": ["read"],
        "__identity": IDENTITY.replace("CloudFlow", "FlowShare") + "bob",
    }
    made = create(shares, declared)
    _lose(emulator, "POST", {"do": "reset"}, "ModifyAccess")
    made = update(shares, made, {**declared, "access": ["read", "write"]})
    assert made.outputs["share_error"]
    emulator.control.clear_faults()
    made = update(shares, made, declared)
    assert "share_error" not in made.outputs
    (row,) = emulator.control.rows("principalobjectaccessset")
    assert row["accessrightsmask"] == 1


@pytest.mark.parametrize(
    "more", [{"owner": {"type": "user", "id": _BOB}}, {"description": "new"}], ids=["owner", "text"]
)
def test_column_that_is_declared_for_the_first_time(
    provider: ProviderProcess, emulator: Emulator, more: Mapping[str, Any]
) -> None:
    """Its update is lost and somebody edits what is not managed: that is no conflict."""
    made = create(provider, flow_inputs("Flow", hourly(), state="off"))
    emulator.control.patch("workflows", made.id, {"category": 5})
    for method in ("PATCH", "GET"):
        emulator.control.fault(method=method, path="workflows", do="reset", when="mid_body")
    news = flow_inputs("Flow", hourly(), state="off", **more)
    made = update(provider, made, news)
    assert made.outputs["current_state"] == "unknown"
    emulator.control.clear_faults()
    made = update(provider, made, news)
    row = emulator.control.row("workflows", made.id)
    assert _BOB in row["_ownerid_value"] or row["description"] == "new"


_ON, _OFF = flow_inputs("Flow", hourly("one")), flow_inputs("Flow", hourly("one"), state="off")


@pytest.mark.parametrize(
    ("before", "after", "method"),
    [
        (_ON, flow_inputs("Flow", hourly("two")), "PATCH"),
        (_OFF, flow_inputs("Flow", hourly("two"), state="off"), "PATCH"),
        (_OFF, _ON, "PATCH"),
        (_ON, _OFF, "PATCH"),
        (_ON, None, "PATCH"),
        (_ON, None, "DELETE"),
    ],
    ids=["change", "change when off", "turn on", "turn off", "off to delete", "delete"],
)
def test_throttled_request_that_was_carried_out(
    provider: ProviderProcess,
    emulator: Emulator,
    before: dict[str, Any],
    after: dict[str, Any] | None,
    method: str,
) -> None:
    """Its repetition finds another version, and that is nobody else's change."""
    made = create(provider, before)
    emulator.control.fault(
        method=method, path="workflows", when="after_commit", times=1,
        do="status", status=429, code="0x80072322", headers={"Retry-After": "0"},
    )  # fmt: skip
    if after is None:
        delete(provider, made)
        assert _throttled(emulator)
        assert emulator.control.rows("workflows") == []
        assert not [text for _, text, _ in provider.log if "somebody" in text]
        return
    made = update(provider, made, after)
    assert _throttled(emulator)
    assert "activation_error" not in made.outputs
    row = emulator.control.row("workflows", made.id)
    assert (
        json.loads(after["definition"]) == json.loads(row["clientdata"])["properties"]["definition"]
    )
    assert row["statecode"] == (1 if after["state"] == "on" else 0)
    assert not [text for _, text, _ in provider.log if "somebody" in text]


def _throttled(emulator: Emulator) -> int:
    """How many requests were."""
    return sum(request["status"] == 429 for request in emulator.control.requests())


def test_refused_delete_after_a_lost_response(
    provider: ProviderProcess, emulator: Emulator
) -> None:
    """The response to turning the flow off is lost, and the delete is refused: it is on again."""
    child = create(provider, flow_inputs("Child", hourly()))
    create(provider, flow_inputs("Parent", calling(child.id), state="off"))
    emulator.control.fault(
        method="PATCH", path="workflows", when="after_commit", do="reset", times=1
    )
    with pytest.raises(ProviderError, match="It is called by 'Parent'"):
        delete(provider, child)
    assert emulator.control.row("workflows", child.id)["statecode"] == 1
