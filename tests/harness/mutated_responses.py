"""Responses of Dataverse with one place changed, and the calls of the client that read them."""

from __future__ import annotations

import contextlib
import copy
import json
from collections.abc import Callable, Iterator
from datetime import datetime, timezone
from typing import Any

from pulumi_powerautomate.client import DataverseClient
from pulumi_powerautomate.client.flows.requests import FlowSpec
from pulumi_powerautomate.client.principals import Owner
from pulumi_powerautomate.client.solutions.flow_states import solution_and_flows
from pulumi_powerautomate.config import Connection
from pulumi_powerautomate.errors import PowerAutomateError
from tests.harness.other_servers import Response, serving

FLOW_ID = "11111111-1111-4111-8111-111111111111"
_BOB = Owner("user", "22222222-1111-4111-8111-111111111111")
SPEC = FlowSpec(FLOW_ID, "Flow", '{"triggers":{},"actions":{}}', "", {}, "off")
FLOW = {
    "@odata.etag": 'W/"1"',
    "workflowid": FLOW_ID,
    "workflowidunique": FLOW_ID,
    "name": "Flow",
    "description": "d",
    "category": 5,
    "type": 1,
    "statecode": 0,
    "statuscode": 1,
    "createdon": "2024-01-01T00:00:00Z",
    "modifiedon": "2024-01-01T00:00:00Z",
    "ismanaged": False,
    "_ownerid_value": _BOB.id,
    "_createdby_value": _BOB.id,
    "_modifiedby_value": _BOB.id,
    "clientdata": '{"properties":{"definition":{"triggers":{},"actions":{}}}}',
}
_SHARES = {
    "PrincipalAccesses": [
        {
            "AccessMask": "ReadAccess, WriteAccess",
            "Principal": {"@odata.type": "#Microsoft.Dynamics.CRM.systemuser", "ownerid": _BOB.id},
        }
    ]
}
_GRANT = {
    "objectid": FLOW_ID,
    "principalid": _BOB.id,
    "principaltypecode": "systemuser",
    "accessrightsmask": 1,
    "inheritedaccessrightsmask": 0,
}
_SOLUTION = {
    "solutionid": FLOW_ID,
    "uniquename": "Contoso",
    "friendlyname": "Contoso",
    "version": "1.0",
    "ismanaged": True,
    "installedon": "2024-01-01T00:00:00Z",
    "description": None,
    "publisherid": {"uniquename": "contoso", "friendlyname": "Contoso"},
}
_JOB = {
    "importjobid": FLOW_ID,
    "solutionname": "Contoso",
    "progress": 50.5,
    "startedon": "2024-01-01",
    "completedon": "2024-01-01",
    "createdon": "2024-01-01",
    "data": "<x/>",
}
_OPERATION = {
    "asyncoperationid": FLOW_ID,
    "statecode": 3,
    "statuscode": 30,
    "errorcode": -2147220970,
    "message": "m",
    "friendlymessage": "f",
    "operationtype": 203,
}
_REFERENCE = {
    "connectionreferenceid": FLOW_ID,
    "connectionreferencelogicalname": "contoso_x",
    "connectionreferencedisplayname": "X",
    "connectorid": "/a/b",
    "connectionid": "c",
    "description": "d",
    "ismanaged": False,
    "@odata.etag": 'W/"1"',
}
_USER = {
    "systemuserid": _BOB.id,
    "fullname": "Bob",
    "internalemailaddress": "bob@contoso.com",
    "domainname": "bob@contoso.com",
    "azureactivedirectoryobjectid": FLOW_ID,
    "applicationid": None,
    "isdisabled": False,
}
_RUN = {
    "name": "r",
    "status": "Succeeded",
    "starttime": "2024-01-01",
    "endtime": "2024-01-01",
    "triggertype": "t",
    "errorcode": "e",
    "errormessage": "m",
}
_COMPONENT = {"objectid": FLOW_ID, "componenttype": 29, "solutionid": {"uniquename": "Contoso"}}
_Call = Callable[[DataverseClient], Any]


def rows_of(*rows: Any) -> dict[str, Any]:
    return {"value": list(rows)}


# Each method with a response as the Web API reference documents it.
CALLS: dict[str, tuple[_Call, dict[str, Any]]] = {
    "get a flow": (lambda c: c.workflows.get(FLOW_ID), FLOW),
    "list flows": (lambda c: list(c.workflows.list(definitions=True)), rows_of(FLOW)),
    "versions": (lambda c: c.workflows.versions(5), rows_of(FLOW)),
    "callers": (lambda c: c.workflows.callers(FLOW_ID, c.workflows.deadline()), rows_of(FLOW)),
    "create a flow": (lambda c: c.workflows.create(SPEC, c.workflows.deadline()), FLOW),
    "patch a flow": (
        lambda c: c.workflows.patch(SPEC, {}, "*", c.workflows.deadline(), "Update"),
        FLOW,
    ),
    "turn off": (
        lambda c: c.workflows.set_state(FLOW_ID, "off", "*", c.workflows.deadline()),
        FLOW,
    ),
    "shares": (lambda c: c.access.shares(FLOW_ID, c.access.deadline()), _SHARES),
    "every share": (lambda c: c.access.every_share(5), rows_of(_GRANT)),
    "grants": (lambda c: c.access.grants(FLOW_ID), rows_of(_GRANT)),
    "effective": (lambda c: c.access.effective(FLOW_ID, _BOB), {"AccessRights": "ReadAccess"}),
    "resolve": (
        lambda c: c.directory.resolve({"type": "user", "email": "bob@contoso.com"}),
        rows_of(_USER),
    ),
    "name of": (lambda c: c.directory.name_of(_BOB), rows_of(_USER)),
    "names of": (lambda c: c.directory.names_of([_BOB]), rows_of(_USER)),
    "find a solution": (lambda c: c.solutions.find("Contoso"), rows_of(_SOLUTION)),
    "solutions": (lambda c: list(c.solutions.installed()), rows_of(_SOLUTION)),
    "components": (lambda c: list(c.solutions.components(FLOW_ID)), rows_of(_COMPONENT)),
    "an import": (lambda c: c.solutions.job(FLOW_ID, log=True), _JOB),
    # The parts of a batch are alike, so that a change is one of each of them.
    "a solution and its imports": (
        lambda c: c.solutions.find_with_jobs("Contoso"),
        rows_of({**_SOLUTION, **_JOB}),
    ),
    "a solution and its flows": (
        lambda c: solution_and_flows(c, "Contoso", [FLOW_ID]),
        rows_of({**_SOLUTION, **FLOW}),
    ),
    "owner and shares": (
        lambda c: c.access.owner_and_shares(FLOW_ID, c.access.deadline()),
        {**FLOW, **_SHARES},
    ),
    "a system job": (lambda c: c.solutions.operation(FLOW_ID), _OPERATION),
    "system jobs": (lambda c: c.solutions.running(), rows_of(_OPERATION)),
    "dependents": (
        lambda c: c.solutions.dependents("Contoso"),
        rows_of({"dependentcomponentobjectid": FLOW_ID}),
    ),
    "uninstall": (lambda c: c.solutions.start_uninstall("Contoso"), {"AsyncOperationId": FLOW_ID}),
    "references": (lambda c: list(c.references.references()), rows_of(_REFERENCE)),
    "members": (lambda c: c.solution_components.of(FLOW_ID, 29), rows_of(_COMPONENT)),
    "members by flow": (lambda c: c.solution_components.unmanaged_by_flow(), rows_of(_COMPONENT)),
    "runs": (lambda c: list(c.runs.since(FLOW_ID, datetime.now(timezone.utc))), rows_of(_RUN)),
    "kept runs": (lambda c: c.runs.are_kept(), rows_of({"flowruntimetoliveinseconds": 5})),
    "who am I": (
        lambda c: c.identity.reach(),
        {"UserId": FLOW_ID, "OrganizationId": FLOW_ID, "Version": "9.2"},
    ),
    "privileges": (
        lambda c: c.identity.missing_privileges(FLOW_ID),
        {"RolePrivileges": [{"PrivilegeName": "prvReadWorkflow"}]},
    ),
}
WRONG_VALUES: tuple[Any, ...] = (
    None, 5, -1.5, True, "", "x", [], [None], [[]], ["x"], {}, {"a": 1}, {"value": 5}, 1e300,
)  # fmt: skip
MISSING = object()


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    yield path
    items = value.items() if isinstance(value, dict) else enumerate(value)
    for key, item in items if isinstance(value, (dict, list)) else ():
        if isinstance(item, (dict, list)):
            yield from places(item, (*path, key))
        else:
            yield (*path, key)


def mutated(body: Any, path: tuple[Any, ...], value: Any) -> Any:
    if not path:
        return {} if value is MISSING else value
    body = copy.deepcopy(body)
    holder = body
    for key in path[:-1]:
        holder = holder[key]
    if value is MISSING:
        del holder[path[-1]]
    else:
        holder[path[-1]] = value
    return body


@contextlib.contextmanager
def client_of(body: Callable[[], Any]) -> Iterator[DataverseClient]:
    def respond(_method: str, path: str) -> Response:
        found = body()
        raw = found if found else b"null" if found is None else found
        if path.endswith("/$batch"):
            return _batch_of_two(raw)
        return Response(200, {"OData-Version": "4.0"}, raw)

    with serving(respond) as (address, _):
        url = f"http://{address}"
        settings = {"access_token": "t", "request_timeout": "20"}
        origins = {"environment_url": "a test", "request_timeout": "a test"}
        connection = Connection(url, settings, origins, "access_token")
        with contextlib.closing(DataverseClient(connection)) as client:
            yield client


def _batch_of_two(body: Any) -> Response:
    """As "Execute batch operations using the Web API" shows it; this client's batches have two."""
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    part = (
        b"--b\r\nContent-Type: application/http\r\nContent-Transfer-Encoding: binary\r\n\r\n"
        b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nOData-Version: 4.0\r\n\r\n"
        + content
        + b"\r\n"
    )
    headers = {"OData-Version": "4.0", "Content-Type": "multipart/mixed; boundary=b"}
    return Response(200, headers, 2 * part + b"--b--\r\n")


@contextlib.contextmanager
def named(path: tuple[Any, ...], value: Any) -> Iterator[None]:
    """Say which change it was that ended in another exception than one of ours."""
    try:
        yield
    except PowerAutomateError as error:
        if "\n" in str(error):
            raise AssertionError(f"{path} = {value!r}: {error}") from error
        raise
    except Exception as error:
        raise AssertionError(f"{path} = {value!r}: {type(error).__name__}") from error
