"""Flows that call each other: children on before parents, parents off before children."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

import pulumi
import pytest

import pulumi_powerautomate as powerautomate
from pulumi_powerautomate.emulator import Emulator
from tests.harness.cases import document
from tests.harness.definitions import calling, hourly, mailing
from tests.harness.engine_project import EngineError, EngineProject, changes
from tests.harness.people import CONNECTION

IDS = {
    name: f"7a000000-0000-4000-8000-00000000000{n}"
    for n, name in enumerate(("top", "middle", "left", "leaf"))
}


TREE = {"top": ("middle", "left"), "middle": ("leaf",), "left": ("leaf",), "leaf": ()}


def _declare(names: Sequence[str]) -> None:
    for name in names:
        children = [IDS[child] for child in TREE[name]]
        powerautomate.CloudFlow(name, definition=calling(*children), workflow_id=IDS[name])


@pytest.mark.parametrize(
    "names", [("top", "middle", "left", "leaf"), ("leaf", "left", "middle", "top")],
    ids=["parents first", "children first"],
)  # fmt: skip
def test_any_order_of_declaration(
    project: EngineProject, emulator: Emulator, names: tuple[str, ...]
) -> None:
    """One `up` turns all on, one `destroy` removes all, and nothing is refused on the way."""
    project.up(lambda: _declare(names))
    assert {row["statecode"] for row in emulator.control.rows("workflows")} == {1}
    assert _turned(emulator)[0] == IDS["leaf"]
    assert _turned(emulator)[-1] == IDS["top"]
    assert _refused(emulator) == []
    assert changes(project.preview()) == "5 unchanged"
    emulator.control.clear_journal()
    project.destroy()
    assert emulator.control.rows("workflows") == []
    assert _turned(emulator)[0] == IDS["top"]
    assert _turned(emulator)[-1] == IDS["leaf"]
    assert _refused(emulator) == []


def test_a_derived_id(
    project: EngineProject, emulator: Emulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A parent that holds the derived id of its child as text comes after it."""
    # The tests' programs run in this process; elsewhere program and provider share variables.
    monkeypatch.setenv("POWERAUTOMATE_ENVIRONMENT_URL", emulator.url)
    seen: list[str] = []

    def child() -> None:
        flow = powerautomate.CloudFlow("child", definition=calling(), state="off")
        flow.workflow_id.apply(seen.append)

    project.up(child)
    project.destroy()
    emulator.control.reset()

    def both() -> None:
        powerautomate.CloudFlow("parent", definition=calling(seen[0]))
        powerautomate.CloudFlow("child", definition=calling())

    project.up(both)
    assert {row["statecode"] for row in emulator.control.rows("workflows")} == {1}
    assert _refused(emulator) == []


def test_an_output(project: EngineProject, emulator: Emulator) -> None:
    """A definition that is an output is looked at too, and a child declared last is found."""

    def program() -> None:
        definition = pulumi.Output.from_input(calling(IDS["leaf"]))
        powerautomate.CloudFlow("parent", definition=definition)
        powerautomate.CloudFlow("child", definition=calling(), workflow_id=IDS["leaf"])

    project.up(program)
    assert {row["statecode"] for row in emulator.control.rows("workflows")} == {1}
    assert _refused(emulator) == []


def test_a_lookup_between_parent_and_child(project: EngineProject, emulator: Emulator) -> None:
    """A program that waits in its middle, as plain lookups of the SDK do, is heard to its end."""

    def program() -> None:
        from pulumi.runtime.sync_await import _sync_await

        powerautomate.CloudFlow("parent", definition=calling(IDS["leaf"]))
        _sync_await(asyncio.sleep(0.2))
        powerautomate.CloudFlow("child", definition=calling(), workflow_id=IDS["leaf"])

    project.up(program)
    assert {row["statecode"] for row in emulator.control.rows("workflows")} == {1}
    assert _refused(emulator) == []


def test_an_async_program(project: EngineProject, emulator: Emulator) -> None:
    """An `await` between parent and child changes nothing about the order."""

    async def program() -> None:
        powerautomate.CloudFlow("parent", definition=calling(IDS["leaf"]))
        await asyncio.sleep(1.5)
        await asyncio.gather(asyncio.sleep(0.1), asyncio.to_thread(lambda: None))
        powerautomate.CloudFlow("child", definition=calling(), workflow_id=IDS["leaf"])

    project.up(program)
    assert {row["statecode"] for row in emulator.control.rows("workflows")} == {1}
    assert _refused(emulator) == []
    assert changes(project.preview()) == "3 unchanged"


def test_an_async_program_that_awaits_another_resource(
    project: EngineProject, emulator: Emulator
) -> None:
    """While the engine makes what the program waits for, the parent waits for the program."""

    emulator.control.fault(method="POST", path="/workflows", do="delay", seconds=2, times=1)

    async def program() -> None:
        other = powerautomate.CloudFlow("other", definition=hourly())
        powerautomate.CloudFlow("parent", definition=calling(IDS["leaf"]))
        await other.etag.future()
        powerautomate.CloudFlow("child", definition=calling(), workflow_id=IDS["leaf"])

    project.up(program)
    assert {row["statecode"] for row in emulator.control.rows("workflows")} == {1}
    assert _refused(emulator) == []


def test_an_async_program_that_awaits_the_parent(project: EngineProject) -> None:
    """It would wait for itself; the parent goes ahead, and stays off until the next `up`."""
    ids: list[Any] = []

    async def program() -> None:
        parent = powerautomate.CloudFlow("parent", definition=calling(IDS["leaf"]))
        ids.append(await parent.id.future())
        powerautomate.CloudFlow("child", definition=calling(), workflow_id=IDS["leaf"])

    with pytest.raises(EngineError, match="Flow 'parent' exists but is off"):
        project.up(program)
    assert len(project.resources()) == 2
    project.up()
    assert changes(project.preview()) == "3 unchanged"


def test_connection_references(project: EngineProject, emulator: Emulator) -> None:
    """Those that a flow names are made before it and deleted after it, declared last or not."""

    def program() -> None:
        forms: list[str | powerautomate.ConnectionReferenceDeclaration] = [
            "contoso_mail",
            {"logical_name": "contoso_mail"},
        ]
        for number, form in enumerate(forms):
            powerautomate.CloudFlow(f"mail-{number}", definition=mailing(),
                                    connection_references={"shared_office365": form})  # fmt: skip
        powerautomate.ConnectionReference("mail", logical_name="contoso_mail",
                                          connector="shared_office365",
                                          connection_id=CONNECTION)  # fmt: skip

    project.up(program)
    assert {row["statecode"] for row in emulator.control.rows("workflows")} == {1}
    assert _refused(emulator) == []
    assert changes(project.preview()) == "4 unchanged"
    project.destroy()
    assert _refused(emulator) == []
    assert emulator.control.rows("connectionreferences") == []


def test_a_circle(project: EngineProject) -> None:
    """It is refused at preview, in one line that names the flows."""

    def program() -> None:
        powerautomate.CloudFlow("one", definition=calling(IDS["left"]), workflow_id=IDS["top"])
        powerautomate.CloudFlow("two", definition=calling(IDS["top"]), workflow_id=IDS["left"])

    with pytest.raises(EngineError) as caught:
        project.preview(program)
    printed = str(caught.value)
    assert "'one' calls 'two' calls 'one'" in printed
    assert "Traceback" not in printed


def test_a_dependency_against_the_call(project: EngineProject) -> None:
    """A child that is told to come after its parent is a cycle as well."""

    def program() -> None:
        parent = powerautomate.CloudFlow("parent", definition=calling(IDS["leaf"]),
                                         workflow_id=IDS["top"])  # fmt: skip
        powerautomate.CloudFlow(
            "child", pulumi.ResourceOptions(depends_on=[parent]),
            definition=calling(), workflow_id=IDS["leaf"],
        )  # fmt: skip

    with pytest.raises(EngineError, match="Circular child-flow calls"):
        project.preview(program)


def test_a_child_of_others(project: EngineProject, emulator: Emulator) -> None:
    """A call of a flow that no program declares changes nothing about the order."""
    emulator.control.insert(
        "workflows",
        {
            "workflowid": IDS["leaf"], "name": "theirs", "category": 5, "type": 1,
            "primaryentity": "none", "statecode": 1, "statuscode": 2,
            "clientdata": '{"properties":{"connectionReferences":{},"definition":{"triggers":{},'
            '"actions":{}}},"schemaVersion":"1.0.0.0"}',
        },
    )  # fmt: skip
    project.up(lambda: powerautomate.CloudFlow("parent", definition=calling(IDS["leaf"])) and None)
    assert {row["statecode"] for row in emulator.control.rows("workflows")} == {1}


def _turned(emulator: Emulator) -> list[str]:
    """Ids of the flows that were turned on or off, in order."""
    return [
        commit["id"]
        for commit in emulator.control.commits()
        if commit["operation"] == "update" and "statecode" in commit["columns"]
    ]


def _refused(emulator: Emulator) -> list[str]:
    """Requests that the service did not carry out."""
    return [
        f"{item['method']} {item['path']}: {item['status']}"
        for item in emulator.control.requests()
        if item["status"] >= 400
    ]


def test_a_childs_connection_of_its_caller_is_refused(project: EngineProject) -> None:
    """At preview: the service refuses to turn on the flow that calls it."""
    child = "5eed0000-0000-4000-8000-0000000000c1"
    flow = document("child-with-invoker")
    flow["properties"]["definition"]["actions"]["Respond"]["kind"] = "PowerApp"

    def program() -> None:
        powerautomate.CloudFlow("parent", definition=document("parent-of-invoker-child"))
        powerautomate.CloudFlow("child", definition=flow, workflow_id=child)

    with pytest.raises(EngineError, match="'child', whose connection 'shared_office365' is that"):
        project.preview(program)
