"""Responses of another shape than Dataverse's end in one clear line, in no Python exception."""

from __future__ import annotations

import contextlib
import copy
import itertools
from collections.abc import Callable, Iterator
from datetime import datetime, timezone
from typing import Any

import pytest

from pulumi_powerautomate.client import DataverseClient
from pulumi_powerautomate.client.flows.requests import FlowSpec
from pulumi_powerautomate.client.principals import Owner
from pulumi_powerautomate.config import Connection
from pulumi_powerautomate.errors import NotFoundError, PowerAutomateError, TransportError
from tests.auth.foreign import Response, serving

_ID = "11111111-1111-4111-8111-111111111111"
_BOB = Owner("user", "22222222-1111-4111-8111-111111111111")
_SPEC = FlowSpec(_ID, "Flow", '{"triggers":{},"actions":{}}', "", {}, "off")
_FLOW = {
    "@odata.etag": 'W/"1"', "workflowid": _ID, "workflowidunique": _ID, "name": "Flow",
    "description": "d", "category": 5, "type": 1, "statecode": 0, "statuscode": 1,
    "createdon": "2024-01-01T00:00:00Z", "modifiedon": "2024-01-01T00:00:00Z", "ismanaged": False,
    "_ownerid_value": _BOB.id, "_createdby_value": _BOB.id, "_modifiedby_value": _BOB.id,
    "clientdata": '{"properties":{"definition":{"triggers":{},"actions":{}}}}',
}  # fmt: skip
_SHARES = {
    "PrincipalAccesses": [
        {
            "AccessMask": "ReadAccess, WriteAccess",
            "Principal": {"@odata.type": "#Microsoft.Dynamics.CRM.systemuser", "ownerid": _BOB.id},
        }
    ]
}
_GRANT = {
    "objectid": _ID, "principalid": _BOB.id, "principaltypecode": "systemuser",
    "accessrightsmask": 1, "inheritedaccessrightsmask": 0,
}  # fmt: skip
_SOLUTION = {
    "solutionid": _ID, "uniquename": "Contoso", "friendlyname": "Contoso", "version": "1.0",
    "ismanaged": True, "installedon": "2024-01-01T00:00:00Z", "description": None,
    "publisherid": {"uniquename": "contoso", "friendlyname": "Contoso"},
}  # fmt: skip
_JOB = {
    "importjobid": _ID, "solutionname": "Contoso", "progress": 50.5, "startedon": "2024-01-01",
    "completedon": "2024-01-01", "createdon": "2024-01-01", "data": "<x/>",
}  # fmt: skip
_OPERATION = {
    "asyncoperationid": _ID, "statecode": 3, "statuscode": 30, "errorcode": -2147220970,
    "message": "m", "friendlymessage": "f", "operationtype": 203,
}  # fmt: skip
_REFERENCE = {
    "connectionreferenceid": _ID, "connectionreferencelogicalname": "contoso_x",
    "connectionreferencedisplayname": "X", "connectorid": "/a/b", "connectionid": "c",
    "description": "d", "ismanaged": False, "@odata.etag": 'W/"1"',
}  # fmt: skip
_USER = {
    "systemuserid": _BOB.id, "fullname": "Bob", "internalemailaddress": "bob@contoso.com",
    "domainname": "bob@contoso.com", "azureactivedirectoryobjectid": _ID, "applicationid": None,
    "isdisabled": False,
}  # fmt: skip
_RUN = {
    "name": "r", "status": "Succeeded", "starttime": "2024-01-01", "endtime": "2024-01-01",
    "triggertype": "t", "errorcode": "e", "errormessage": "m",
}  # fmt: skip
_COMPONENT = {"objectid": _ID, "componenttype": 29, "solutionid": {"uniquename": "Contoso"}}

_Call = Callable[[DataverseClient], Any]


def _many(*rows: Any) -> dict[str, Any]:
    return {"value": list(rows)}


# Each method with a response as the Web API reference documents it.
CALLS: dict[str, tuple[_Call, dict[str, Any]]] = {
    "get a flow": (lambda c: c.workflows.get(_ID), _FLOW),
    "list flows": (lambda c: list(c.workflows.list(definitions=True)), _many(_FLOW)),
    "versions": (lambda c: c.workflows.versions(5), _many(_FLOW)),
    "callers": (lambda c: c.workflows.callers(_ID, c.workflows.deadline()), _many(_FLOW)),
    "create a flow": (lambda c: c.workflows.create(_SPEC, c.workflows.deadline()), _FLOW),
    "patch a flow": (
        lambda c: c.workflows.patch(_SPEC, {}, "*", c.workflows.deadline(), "Update"), _FLOW
    ),
    "turn off": (lambda c: c.workflows.set_state(_ID, "off", "*", c.workflows.deadline()), _FLOW),
    "shares": (lambda c: c.access.shares(_ID, c.access.deadline()), _SHARES),
    "every share": (lambda c: c.access.every_share(5), _many(_GRANT)),
    "grants": (lambda c: c.access.grants(_ID), _many(_GRANT)),
    "effective": (lambda c: c.access.effective(_ID, _BOB), {"AccessRights": "ReadAccess"}),
    "resolve": (
        lambda c: c.directory.resolve({"type": "user", "email": "bob@contoso.com"}), _many(_USER)
    ),
    "name of": (lambda c: c.directory.name_of(_BOB), _many(_USER)),
    "names of": (lambda c: c.directory.names_of([_BOB]), _many(_USER)),
    "find a solution": (lambda c: c.solutions.find("Contoso"), _many(_SOLUTION)),
    "solutions": (lambda c: list(c.solutions.installed()), _many(_SOLUTION)),
    "components": (lambda c: list(c.solutions.components(_ID)), _many(_COMPONENT)),
    "an import": (lambda c: c.solutions.job(_ID, log=True), _JOB),
    "imports": (lambda c: c.solutions.jobs_of("Contoso"), _many(_JOB)),
    "a system job": (lambda c: c.solutions.operation(_ID), _OPERATION),
    "system jobs": (lambda c: c.solutions.running(), _many(_OPERATION)),
    "dependents": (
        lambda c: c.solutions.dependents("Contoso"), _many({"dependentcomponentobjectid": _ID})
    ),
    "uninstall": (lambda c: c.solutions.start_uninstall("Contoso"), {"AsyncOperationId": _ID}),
    "references": (lambda c: list(c.references.references()), _many(_REFERENCE)),
    "members": (lambda c: c.solution_components.of(_ID, 29), _many(_COMPONENT)),
    "members by flow": (lambda c: c.solution_components.unmanaged_by_flow(), _many(_COMPONENT)),
    "runs": (lambda c: list(c.runs.since(_ID, datetime.now(timezone.utc))), _many(_RUN)),
    "kept runs": (lambda c: c.runs.are_kept(), _many({"flowruntimetoliveinseconds": 5})),
    "who am I": (
        lambda c: c.identity.reach(), {"UserId": _ID, "OrganizationId": _ID, "Version": "9.2"}
    ),
    "privileges": (
        lambda c: c.identity.missing_privileges(_ID),
        {"RolePrivileges": [{"PrivilegeName": "prvReadWorkflow"}]},
    ),
}  # fmt: skip

_VALUES: tuple[Any, ...] = (
    None, 5, -1.5, True, "", "x", [], [None], [[]], ["x"], {}, {"a": 1}, {"value": 5}, 1e300,
)  # fmt: skip
_MISSING = object()


def _places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    yield path
    items = value.items() if isinstance(value, dict) else enumerate(value)
    for key, item in items if isinstance(value, (dict, list)) else ():
        if isinstance(item, (dict, list)):
            yield from _places(item, (*path, key))
        else:
            yield (*path, key)


def _mutated(body: Any, path: tuple[Any, ...], value: Any) -> Any:
    if not path:
        return {} if value is _MISSING else value
    body = copy.deepcopy(body)
    holder = body
    for key in path[:-1]:
        holder = holder[key]
    if value is _MISSING:
        del holder[path[-1]]
    else:
        holder[path[-1]] = value
    return body


@contextlib.contextmanager
def _client(body: Callable[[], Any]) -> Iterator[DataverseClient]:
    def respond(_method: str, _path: str) -> Response:
        found = body()
        raw = found if found else b"null" if found is None else found
        return Response(200, {"OData-Version": "4.0"}, raw)

    with serving(respond) as (address, _):
        url = f"http://{address}"
        settings = {"access_token": "t", "request_timeout": "20"}
        origins = {"environment_url": "a test", "request_timeout": "a test"}
        connection = Connection(url, settings, origins, "access_token")
        with contextlib.closing(DataverseClient(connection)) as client:
            yield client


@contextlib.contextmanager
def _named(path: tuple[Any, ...], value: Any) -> Iterator[None]:
    """Say which change it was that ended in another exception than one of ours."""
    try:
        yield
    except PowerAutomateError as error:
        if "\n" in str(error):
            raise AssertionError(f"{path} = {value!r}: {error}") from error
        raise
    except Exception as error:
        raise AssertionError(f"{path} = {value!r}: {type(error).__name__}") from error


@pytest.mark.parametrize("name", CALLS)
def test_every_shape_is_read_or_told(name: str) -> None:
    """As documented it is read; with any member changed, left out or added, nothing else raises."""
    call, body = CALLS[name]
    now: dict[str, Any] = {"body": body}
    with _client(lambda: now["body"]) as client:
        call(client)
        for path, value in itertools.product(_places(body), (*_VALUES, _MISSING)):
            now["body"] = _mutated(body, path, value)
            client.directory._known.clear()
            with contextlib.suppress(PowerAutomateError), _named(path, value):
                call(client)


def test_pages_that_repeat_end_at_once() -> None:
    """A nextLink that was followed already is not followed again, whatever time is left."""
    with serving(
        lambda _method, path: Response(
            200,
            {"OData-Version": "4.0"},
            {"value": [_FLOW], "@odata.nextLink": f"http://{address}/api/data/v9.2/workflows?p=1"},
        )
    ) as (address, seen):
        connection = Connection(f"http://{address}", {"access_token": "t"}, {}, "access_token")
        repeating = pytest.raises(TransportError, match="pages of the response repeat")
        with contextlib.closing(DataverseClient(connection)) as client, repeating:
            list(client.workflows.list())
    assert len(seen) == 2


@pytest.mark.parametrize("status", [200, 201, 202, 204])
def test_success_of_a_stranger_is_none(status: int) -> None:
    """Without a header of Dataverse's, a DELETE that was answered is one of which nobody knows."""
    for headers, setting in (({}, None), ({}, "false"), ({"x-ms-service-request-id": "1"}, None)):
        with serving(lambda *_, sent=headers: Response(status, sent, {})) as (address, _):
            settings = {"access_token": "t", **({"verify_responses": setting} if setting else {})}
            origins = {"verify_responses": "a test"}
            connection = Connection(f"http://{address}", settings, origins, "access_token")
            with contextlib.closing(DataverseClient(connection)) as client:
                deadline = client.workflows.deadline()
                if headers or setting:
                    client.workflows.delete(_ID, "*", deadline)
                    continue
                with pytest.raises(TransportError, match="somebody else answered") as raised:
                    client.workflows.delete(_ID, "*", deadline)
                assert raised.value.in_doubt


@pytest.mark.parametrize("code", ["0x80072326", "-2147015898"])
def test_throttling_code_in_both_spellings(code: str) -> None:
    """Some responses have the code as a signed decimal number."""
    responses = [
        Response(429, {"Retry-After": "0"}, {"error": {"code": code, "message": "m"}}),
        Response(200, {"OData-Version": "4.0"}, _FLOW),
    ]
    with serving(lambda *_: responses.pop(0) if len(responses) > 1 else responses[0]) as (
        address,
        _,
    ):
        connection = Connection(f"http://{address}", {"access_token": "t"}, {}, "access_token")
        with contextlib.closing(DataverseClient(connection)) as client:
            client.workflows.get(_ID)
            assert client.transport._throttle._limit < client.transport._throttle.max_concurrency


def test_unauthorized_without_a_body_says_why() -> None:
    """The reason is in headers; where and for what tokens are taken as well."""
    headers = {
        "WWW-Authenticate": "Bearer authorization_uri=https://login.microsoftonline.com/x/oauth2, "
        "resource_id=https://contoso.crm4.dynamics.com/",
        "401_error_reason": "TokenExpired",
    }
    with serving(lambda *_: Response(401, headers, b"")) as (address, _):
        connection = Connection(f"http://{address}", {"access_token": "t"}, {}, "access_token")
        failing = pytest.raises(PowerAutomateError, match="TokenExpired")
        with contextlib.closing(DataverseClient(connection)) as client, failing as raised:
            client.workflows.get(_ID)
    assert "https://contoso.crm4.dynamics.com/" in str(raised.value)


@pytest.mark.parametrize("status", [400, 403, 404, 409, 413])
def test_refusal_of_a_stranger_may_have_passed_a_write_on(status: int) -> None:
    """Without a header of Dataverse's, a refused PATCH may be applied, and a 404 is no "gone"."""
    with serving(lambda *_: Response(status, {}, {"error": {"code": "", "message": "m"}})) as (
        address,
        _,
    ):
        connection = Connection(f"http://{address}", {"access_token": "t"}, {}, "access_token")
        with contextlib.closing(DataverseClient(connection)) as client:
            with pytest.raises(PowerAutomateError) as written:
                client.workflows.delete(_ID, "*", client.workflows.deadline())
            with pytest.raises(PowerAutomateError) as read:
                client.workflows.find(_ID)
    assert written.value.in_doubt
    assert not isinstance(written.value, NotFoundError)
    assert not isinstance(read.value, NotFoundError)
