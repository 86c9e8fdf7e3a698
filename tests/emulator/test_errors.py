"""
How the service refuses: annotations of errors, statuses of batches, bodies that are no JSON.

Judged by "Compose HTTP requests and handle errors", "Execute batch operations using the Web API"
and "Troubleshoot Dataverse Web API client errors".
"""

from __future__ import annotations

import json
from typing import Any

import pytest
import requests

from pulumi_powerautomate.emulator import Emulator
from tests.harness.emulator_api import FLOW, call, document, flow
from tests.harness.packages import FIRST, SECOND

_CDS = "@Microsoft.PowerApps.CDS."
_ALL = {"Prefer": 'odata.include-annotations="*"'}


def _error(response: requests.Response) -> dict[str, Any]:
    return dict(response.json()["error"])


def test_annotations_of_a_missing_row(emulator: Emulator) -> None:
    """As in the documented 404: category, name, status, help, the message once more."""
    path = f"workflows({FLOW})"
    assert set(_error(call(emulator, "GET", path))) == {"code", "message"}
    error = _error(call(emulator, "GET", path, **_ALL))
    assert error[f"{_CDS}ErrorDetails.ApiExceptionCategory"] == "ClientError"
    assert error[f"{_CDS}ErrorDetails.ApiExceptionMessageName"] == "ObjectDoesNotExist"
    assert error[f"{_CDS}ErrorDetails.ApiExceptionHttpStatusCode"] == "404"
    assert error[f"{_CDS}InnerError.Message"] == error["message"]
    assert error[f"{_CDS}HelpLink"] == (
        "http://go.microsoft.com/fwlink/?LinkID=398563&error=Microsoft.Crm.CrmException%3a80040217"
        "&client=platform"
    )


@pytest.mark.parametrize(
    ("wanted", "names"),
    [
        ("Microsoft.PowerApps.CDS.HelpLink", {"HelpLink"}),
        ("OData.Community.Display.V1.FormattedValue", set()),
        ("Microsoft.PowerApps.CDS.InnerError*", {"InnerError.Message"}),
        ("-Microsoft.PowerApps.CDS.ErrorDetails*,*", {"HelpLink", "InnerError.Message"}),
    ],
)
def test_annotations_that_are_preferred(emulator: Emulator, wanted: str, names: set[str]) -> None:
    """Only those that the request names."""
    prefer = {"Prefer": f'odata.include-annotations="{wanted}"'}
    error = _error(call(emulator, "GET", f"workflows({FLOW})", **prefer))
    assert set(error) - {"code", "message"} == {f"{_CDS}{name}" for name in names}


def test_annotations_of_a_refused_activation(emulator: Emulator) -> None:
    """The flow service's own status and error, as a recorded body has them."""
    broken = document(A={"type": "Compose", "inputs": "@body('None')", "runAfter": {}})
    call(emulator, "POST", "workflows", flow(clientdata=broken))
    refused = call(emulator, "PATCH", f"workflows({FLOW})", {"statecode": 1}, **_ALL)
    error = _error(refused)
    assert error[f"{_CDS}ErrorDetails.0"] == "BadRequest"
    inner = json.loads(error[f"{_CDS}ErrorDetails.1"])
    assert inner["error"]["code"] == "InvalidTemplate"


def test_what_does_not_parse_has_no_details(emulator: Emulator) -> None:
    """It is refused before the platform whose details they are."""
    error = _error(call(emulator, "GET", "workflows(17)", **_ALL))
    assert not [name for name in error if "ErrorDetails" in name]
    assert error[f"{_CDS}HelpLink"].endswith("%3a80060888&client=platform")


def _part(method: str, path: str, body: Any = None, **headers: str) -> str:
    head = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    kind = "Content-Type: application/json\r\n" if body is not None else ""
    text = "" if body is None else json.dumps(body)
    return (
        "Content-Type: application/http\r\nContent-Transfer-Encoding: binary\r\n\r\n"
        f"{method} {path} HTTP/1.1\r\n{kind}{head}\r\n{text}\r\n"
    )


def _change_set(*parts: str) -> str:
    inner = "".join(
        f"--c\r\nContent-ID: {number}\r\n{part}" for number, part in enumerate(parts, 1)
    )
    return f"Content-Type: multipart/mixed; boundary=c\r\n\r\n{inner}--c--\r\n"


def _batch(emulator: Emulator, *parts: str, **headers: str) -> requests.Response:
    body = "".join(f"--b\r\n{part}" for part in parts) + "--b--\r\n"
    return requests.post(
        f"{emulator.url}/api/data/v9.2/$batch",
        data=body.encode(),
        headers={"Authorization": "Bearer emulator", **headers,
                 "Content-Type": "multipart/mixed; boundary=b"},
        timeout=30,
    )  # fmt: skip


_BAD = _part("POST", "workflows", flow(name="n" * 101))
_GOOD = _part("GET", "WhoAmI")


def _statuses(response: requests.Response) -> list[int]:
    lines = response.text.splitlines()
    return [int(line.split()[1]) for line in lines if line.startswith("HTTP/1.1 ")]


def test_a_batch_stops_at_a_part_that_fails(emulator: Emulator) -> None:
    """Its status is that part's, later parts are not carried out."""
    response = _batch(emulator, _GOOD, _BAD, _part("POST", "workflows", flow()))
    assert (response.status_code, _statuses(response)) == (400, [200, 400])
    assert "0x80044331" in response.text
    assert response.headers["Content-Type"].startswith("multipart/mixed; boundary=batchresponse_")
    assert emulator.control.rows("workflows") == []


def test_a_batch_goes_on_where_it_is_told_to(emulator: Emulator) -> None:
    """With odata.continue-on-error it is a 200, and every part has its response."""
    prefer = {"Prefer": "odata.continue-on-error"}
    response = _batch(emulator, _BAD, _part("POST", "workflows", flow()), _GOOD, **prefer)
    assert (response.status_code, _statuses(response)) == (200, [400, 204, 200])
    assert "REQ_ID" in response.text


@pytest.mark.parametrize(("go_on", "statuses"), [(False, [400]), (True, [400, 200])])
def test_a_change_set_that_fails_has_one_response(
    emulator: Emulator, go_on: bool, statuses: list[int]
) -> None:
    """That of the part that failed, and not inside a change set's own boundary."""
    failing = _change_set(_part("POST", "workflows", flow()), _BAD)
    prefer = {"Prefer": "odata.continue-on-error"} if go_on else {}
    response = _batch(emulator, failing, _GOOD, **prefer)
    assert response.status_code == (200 if go_on else 400)
    assert _statuses(response) == statuses
    assert "changesetresponse" not in response.text
    assert emulator.control.rows("workflows") == []


def test_parts_prefer_annotations_of_their_own(emulator: Emulator) -> None:
    """As every other preference of a part."""
    plain = _batch(emulator, _part("GET", f"workflows({FLOW})"))
    assert "HelpLink" not in plain.text
    told = _batch(emulator, _part("GET", f"workflows({FLOW})", **_ALL))
    assert "@Microsoft.PowerApps.CDS.HelpLink" in told.text


@pytest.mark.parametrize("kind", [None, "text/plain", "application/x-www-form-urlencoded"])
@pytest.mark.parametrize(
    ("method", "path"),
    [("POST", "workflows"), ("PATCH", f"workflows({FLOW})"), ("POST", "GrantAccess"),
     ("PUT", f"workflows({FLOW})/name")],
)  # fmt: skip
def test_a_body_names_its_type(
    emulator: Emulator, method: str, path: str, kind: str | None
) -> None:
    """JSON, or it is not read; nothing is written."""
    headers = {"Authorization": "Bearer emulator"}
    if kind is not None:
        headers["Content-Type"] = kind
    url = f"{emulator.url}/api/data/v9.2/{path}"
    body = json.dumps(flow()).encode()
    response = requests.request(method, url, data=body, headers=headers, timeout=30)
    assert (response.status_code, _error(response)["code"]) == (415, "0x80060888")
    assert emulator.control.rows("workflows") == []


@pytest.mark.parametrize(
    "kind", ["application/json", "application/json; charset=utf-8", "application/json;type=entry"]
)
def test_types_of_json(emulator: Emulator, kind: str) -> None:
    """With any parameters."""
    url = f"{emulator.url}/api/data/v9.2/workflows"
    headers = {"Authorization": "Bearer emulator", "Content-Type": kind}
    body = json.dumps(flow()).encode()
    assert requests.post(url, data=body, headers=headers, timeout=30).status_code == 204


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "WhoAmI"),
        ("GET", "PublishAllXml"),
        ("POST", "systemusers(0e6a3b61-0000-4000-8000-000000000011)/"
                 "Microsoft.Dynamics.CRM.RetrieveUserPrivileges"),
        ("GET", "workflows/Microsoft.Dynamics.CRM.CreateMultiple"),
    ],
)  # fmt: skip
def test_functions_and_actions_have_their_method(
    emulator: Emulator, method: str, path: str
) -> None:
    """With another one there is nothing at that address."""
    response = call(emulator, method, path)
    assert response.status_code == 404
    assert _error(response)["code"] == ""
    assert _error(response)["message"].startswith("No HTTP resource was found that matches the")


def test_a_set_cannot_be_patched(emulator: Emulator) -> None:
    """As reported with the empty code."""
    response = call(emulator, "PATCH", "workflows", {})
    assert response.status_code == 405
    assert _error(response) == {
        "code": "",
        "message": "The requested resource does not support http method 'PATCH'.",
    }


def test_a_child_does_not_run_with_its_callers_connections(emulator: Emulator) -> None:
    """A child flow with an Invoker reference keeps its parent from being turned on."""
    reference = {
        "runtimeSource": "invoker",
        "connection": {"connectionReferenceLogicalName": "contoso_mail"},
        "api": {"name": "shared_office365"},
    }
    whole = json.loads(document())
    whole["properties"]["connectionReferences"] = {"shared_office365": reference}
    child = flow("Child", workflowid=FIRST, clientdata=json.dumps(whole))
    assert call(emulator, "POST", "workflows", child).status_code == 204
    assert call(emulator, "PATCH", f"workflows({FIRST})", {"statecode": 1}).status_code == 204
    called = {
        "type": "Workflow",
        "inputs": {"host": {"workflowReferenceName": FIRST}},
        "runAfter": {},
    }
    parent = flow("Parent", workflowid=SECOND, clientdata=document(Call=called))
    assert call(emulator, "POST", "workflows", parent).status_code == 204
    refused = call(emulator, "PATCH", f"workflows({SECOND})", {"statecode": 1})
    assert refused.status_code == 400
    assert "ChildFlowUnsupportedForInvokerConnections" in refused.text
    reference["runtimeSource"] = "embedded"
    emulator.control.insert(
        "connectionreferences",
        {"connectionreferencelogicalname": "contoso_mail", "connectionid": "c-1"},
    )
    body = {"clientdata": json.dumps(whole)}
    assert call(emulator, "PATCH", f"workflows({FIRST})", body).status_code == 204
    assert call(emulator, "PATCH", f"workflows({SECOND})", {"statecode": 1}).status_code == 204
