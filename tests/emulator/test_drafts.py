"""
Drafts of flows: a published row and a draft row under one id.

Judged by "Drafts and versioning for cloud flows" and "Publish customizations", and by what tools
that publish drafts report of live environments: the message of a refused write, nulls left out.
"""

from __future__ import annotations

import base64
import io
import json
import zipfile
from pathlib import Path
from typing import Any

import pytest

from pulumi_powerautomate.emulator import Emulator
from tests.harness.emulator_api import FLOW, call, document, flow
from tests.harness.packages import FIRST, FlowPart, package

_CRM = "Microsoft.Dynamics.CRM."
_OTHER = "22222222-2222-4222-8222-222222222222"
_DRAFT = document(Note={"type": "Compose", "inputs": "draft", "runAfter": {}})
_BROKEN = document(Note={"type": "Compose", "inputs": "@body('Missing')", "runAfter": {}})
_SELECT = "$select=name,clientdata,componentstate,description"


def _published(emulator: Emulator, flow_id: str = FLOW) -> dict[str, Any]:
    response = call(emulator, "GET", f"workflows({flow_id})?{_SELECT}")
    assert response.status_code == 200, response.text
    return dict(response.json())


def _latest(emulator: Emulator, flow_id: str = FLOW) -> dict[str, Any]:
    path = f"workflows({flow_id})/{_CRM}RetrieveUnpublished()?{_SELECT}"
    response = call(emulator, "GET", path)
    assert response.status_code == 200, response.text
    return dict(response.json())


def _publish(emulator: Emulator, *flow_ids: str) -> int:
    inner = "".join(f"<workflow>{{{flow_id.upper()}}}</workflow>" for flow_id in flow_ids)
    body = {"ParameterXml": f"<importexportxml><workflows>{inner}</workflows></importexportxml>"}
    return call(emulator, "POST", "PublishXml", body).status_code


def test_plain_reads_see_what_is_published(emulator: Emulator) -> None:
    """RetrieveUnpublished sees the draft, without nulls; every flow is listed once."""
    call(emulator, "POST", "workflows", flow("Published"))
    call(emulator, "POST", "workflows", flow("Other", workflowid=_OTHER))
    same = _latest(emulator)
    assert same["componentstate"] == 0
    assert "description" not in same
    emulator.control.draft(FLOW, name="Draft", clientdata=_DRAFT)
    published, latest = _published(emulator), _latest(emulator)
    assert (published["name"], published["componentstate"]) == ("Published", 0)
    assert published["description"] is None
    assert (latest["name"], latest["componentstate"]) == ("Draft", 1)
    assert latest["clientdata"] == _DRAFT
    assert latest["workflowid"] == published["workflowid"]
    assert latest["@odata.etag"] != published["@odata.etag"]
    listed = call(emulator, "GET", f"workflows/{_CRM}RetrieveUnpublishedMultiple()?$select=name")
    assert [row["name"] for row in listed.json()["value"]] == ["Draft", "Other"]
    wanted = f"workflows/{_CRM}RetrieveUnpublishedMultiple()?$filter=name eq 'Published'"
    assert call(emulator, "GET", wanted).json()["value"] == []
    fetch = "<fetch><entity name='workflow'/></fetch>"
    wanted = f"workflows/{_CRM}RetrieveUnpublishedMultiple()?fetchXml={fetch}"
    assert call(emulator, "GET", wanted).status_code == 501


def test_a_draft_blocks_writes_of_the_definition(emulator: Emulator) -> None:
    """Its state still changes; once the draft is published or dropped everything does."""
    call(emulator, "POST", "workflows", flow())
    emulator.control.draft(FLOW, clientdata=_DRAFT)
    for body in ({"clientdata": document()}, {"name": "x"}, {"description": "x"}):
        refused = call(emulator, "PATCH", f"workflows({FLOW})", body)
        assert refused.status_code == 400
        assert refused.json()["error"]["code"] == "0x80040203"
        assert "unpublished active row" in refused.json()["error"]["message"]
        assert FLOW in refused.json()["error"]["message"]
    put = call(emulator, "PUT", f"workflows({FLOW})/name", {"value": "x"})
    assert put.status_code == 400
    assert call(emulator, "PATCH", f"workflows({FLOW})", {"statecode": 1}).status_code == 204
    assert _publish(emulator, FLOW) == 204
    assert _published(emulator)["clientdata"] == _DRAFT
    assert call(emulator, "PATCH", f"workflows({FLOW})", {"name": "x"}).status_code == 204
    emulator.control.draft(FLOW, name="y")
    emulator.control.discard_draft(FLOW)
    assert call(emulator, "PATCH", f"workflows({FLOW})", {"name": "z"}).status_code == 204


def test_publishing_takes_the_flows_that_are_named(emulator: Emulator) -> None:
    """PublishXml those, PublishAllXml all."""
    for flow_id in (FLOW, _OTHER):
        call(emulator, "POST", "workflows", flow("Published", workflowid=flow_id))
        emulator.control.draft(flow_id, name="Draft")
    assert _publish(emulator, FLOW) == 204
    assert [_published(emulator, item)["name"] for item in (FLOW, _OTHER)] == ["Draft", "Published"]
    assert _latest(emulator)["componentstate"] == 0
    assert call(emulator, "POST", "PublishAllXml").status_code == 204
    assert _published(emulator, _OTHER)["name"] == "Draft"
    assert _publish(emulator, FLOW) == 204


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"ParameterXml": "<importexportxml>"},
        {"ParameterXml": "<other/>"},
        {"ParameterXml": "<importexportxml><workflows><workflow>x</workflow></workflows>"
                         "</importexportxml>"},
    ],
    ids=["missing", "not XML", "other root", "no id"],
)  # fmt: skip
def test_what_to_publish_is_checked(emulator: Emulator, body: dict[str, str]) -> None:
    """A document that names nothing that can be published publishes nothing."""
    call(emulator, "POST", "workflows", flow("Published"))
    emulator.control.draft(FLOW, name="Draft")
    assert call(emulator, "POST", "PublishXml", body).status_code == 400
    assert _publish(emulator, _OTHER) == 404
    assert _published(emulator)["name"] == "Published"


def test_a_draft_with_errors_is_kept_and_not_run(emulator: Emulator) -> None:
    """It is saved as it is; publishing it to a flow that is on meets the checks of activation."""
    call(emulator, "POST", "workflows", flow())
    call(emulator, "PATCH", f"workflows({FLOW})", {"statecode": 1})
    emulator.control.draft(FLOW, clientdata=_BROKEN)
    body = {
        "ParameterXml": f"<importexportxml><workflows><workflow>{FLOW}</workflow></workflows>"
        "</importexportxml>"
    }
    refused = call(emulator, "POST", "PublishXml", body)
    assert refused.json()["error"]["code"] == "0x80060467"
    assert _latest(emulator)["clientdata"] == _BROKEN
    assert _published(emulator)["clientdata"] == document()


def test_a_flow_that_was_never_published(emulator: Emulator) -> None:
    """Only RetrieveUnpublished sees it; its first publication makes it a flow like any other."""
    emulator.control.draft(FLOW, name="New", clientdata=_DRAFT)
    assert call(emulator, "GET", f"workflows({FLOW})").status_code == 404
    assert call(emulator, "GET", "workflows").json()["value"] == []
    assert (_latest(emulator)["name"], _latest(emulator)["componentstate"]) == ("New", 1)
    listed = call(emulator, "GET", f"workflows/{_CRM}RetrieveUnpublishedMultiple()")
    assert [row["workflowid"] for row in listed.json()["value"]] == [FLOW]
    assert call(emulator, "POST", "workflows", flow()).status_code == 412
    assert call(emulator, "PATCH", f"workflows({FLOW})", flow()).status_code == 501
    assert call(emulator, "DELETE", f"workflows({FLOW})").status_code == 501
    assert _publish(emulator, FLOW) == 204
    published = call(emulator, "GET", f"workflows({FLOW})").json()
    assert (published["name"], published["statecode"]) == ("New", 0)
    assert call(emulator, "DELETE", f"workflows({FLOW})").status_code == 204


def test_a_draft_goes_with_its_flow(emulator: Emulator) -> None:
    """A flow of the same id that is made later has none."""
    call(emulator, "POST", "workflows", flow())
    emulator.control.draft(FLOW, name="Draft")
    assert call(emulator, "DELETE", f"workflows({FLOW})").status_code == 204
    gone = call(emulator, "GET", f"workflows({FLOW})/{_CRM}RetrieveUnpublished()")
    assert gone.status_code == 404
    call(emulator, "POST", "workflows", flow("Again"))
    assert _latest(emulator)["name"] == "Again"


def test_a_draft_survives_a_restart(tmp_path: Path) -> None:
    """It is in the file as its flow is."""
    path = tmp_path / "rows.db"
    with Emulator(database=path) as emulator:
        call(emulator, "POST", "workflows", flow())
        emulator.control.draft(FLOW, name="Draft")
    with Emulator(database=path) as emulator:
        assert (_published(emulator)["name"], _latest(emulator)["name"]) == ("Flow", "Draft")


def test_exports_hold_what_is_published_and_imports_meet_the_draft(
    emulator: Emulator, tmp_path: Path
) -> None:
    """The import fails with the message that publishing a draft first avoids."""
    data = package(tmp_path / "s.zip", FlowPart(on=False), name="Contoso").read_bytes()
    body = {
        "CustomizationFile": base64.b64encode(data).decode(),
        "OverwriteUnmanagedCustomizations": True,
        "PublishWorkflows": False,
    }
    assert call(emulator, "POST", "ImportSolution", body).status_code == 204
    before = _published(emulator, FIRST)["clientdata"]
    emulator.control.draft(FIRST, clientdata=_DRAFT)
    asked = {"SolutionName": "Contoso", "Managed": False}
    exported = call(emulator, "POST", "ExportSolution", asked).json()["ExportSolutionFile"]
    archive = zipfile.ZipFile(io.BytesIO(base64.b64decode(exported)))
    (name,) = (item for item in archive.namelist() if item.startswith("Workflows/"))
    assert json.loads(archive.read(name)) == json.loads(before)
    refused = call(emulator, "POST", "ImportSolution", body)
    assert refused.status_code == 400
    assert refused.json()["error"]["code"] == "0x80040203"
    assert "unpublished active row" in refused.json()["error"]["message"]
    assert _publish(emulator, FIRST) == 204
    assert call(emulator, "POST", "ImportSolution", body).status_code == 204


def test_privileges_hold_for_drafts(emulator: Emulator) -> None:
    """Reading needs what reading the flow needs, publishing a privilege of its own."""
    call(emulator, "POST", "workflows", flow())
    emulator.control.draft(FLOW, name="Draft")
    alice = {"MSCRMCallerID": "0e6a3b61-0000-4000-8000-000000000011"}
    path = f"workflows({FLOW})/{_CRM}RetrieveUnpublished()"
    assert call(emulator, "GET", path, **alice).status_code == 403
    listed = call(emulator, "GET", f"workflows/{_CRM}RetrieveUnpublishedMultiple()", **alice)
    assert listed.json()["value"] == []
    emulator.control.deny("prvPublishCustomization")
    assert _publish(emulator, FLOW) == 403
    assert call(emulator, "POST", "PublishAllXml").status_code == 403


@pytest.mark.parametrize("columns", [{"statecode": "1"}, {"name": None}])
def test_only_texts_of_a_flow_are_drafted(emulator: Emulator, columns: dict[str, Any]) -> None:
    """The control surface says which."""
    with pytest.raises(ValueError, match="name, description, clientdata"):
        emulator.control.draft(FLOW, **columns)
    with pytest.raises(ValueError, match="no id of a flow"):
        emulator.control.draft("x", name="x")
