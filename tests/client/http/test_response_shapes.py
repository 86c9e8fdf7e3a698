"""Responses of another shape than Dataverse's end in one clear line, in no Python exception."""

from __future__ import annotations

import contextlib
import itertools
from typing import Any

import pytest

from pulumi_powerautomate.client import DataverseClient
from pulumi_powerautomate.client.flows.requests import FlowSpec
from pulumi_powerautomate.client.flows.write import FlowWriter
from pulumi_powerautomate.config import Connection
from pulumi_powerautomate.errors import NotFoundError, PowerAutomateError, TransportError
from tests.harness.mutated_responses import (
    CALLS,
    FLOW,
    FLOW_ID,
    MISSING,
    WRONG_VALUES,
    client_of,
    mutated,
    named,
    places,
)
from tests.harness.other_servers import Response, serving


@pytest.mark.parametrize("name", CALLS)
def test_every_shape_is_read_or_told(name: str) -> None:
    """As documented it is read; with any member changed, left out or added, nothing else raises."""
    call, body = CALLS[name]
    now: dict[str, Any] = {"body": body}
    with client_of(lambda: now["body"]) as client:
        call(client)
        for path, value in itertools.product(places(body), (*WRONG_VALUES, MISSING)):
            now["body"] = mutated(body, path, value)
            client.directory._known.clear()
            with contextlib.suppress(PowerAutomateError), named(path, value):
                call(client)


def test_pages_that_repeat_end_at_once() -> None:
    """A nextLink that was followed already is not followed again, whatever time is left."""
    with serving(
        lambda _method, path: Response(
            200,
            {"OData-Version": "4.0"},
            {"value": [FLOW], "@odata.nextLink": f"http://{address}/api/data/v9.2/workflows?p=1"},
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
                    client.workflows.delete(FLOW_ID, "*", deadline)
                    continue
                with pytest.raises(TransportError, match="somebody else answered") as raised:
                    client.workflows.delete(FLOW_ID, "*", deadline)
                assert raised.value.in_doubt


@pytest.mark.parametrize("code", ["0x80072326", "-2147015898"])
def test_throttling_code_in_both_spellings(code: str) -> None:
    """Some responses have the code as a signed decimal number."""
    responses = [
        Response(429, {"Retry-After": "0"}, {"error": {"code": code, "message": "m"}}),
        Response(200, {"OData-Version": "4.0"}, FLOW),
    ]
    with serving(lambda *_: responses.pop(0) if len(responses) > 1 else responses[0]) as (
        address,
        _,
    ):
        connection = Connection(f"http://{address}", {"access_token": "t"}, {}, "access_token")
        with contextlib.closing(DataverseClient(connection)) as client:
            client.workflows.get(FLOW_ID)
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
            client.workflows.get(FLOW_ID)
    assert "https://contoso.crm4.dynamics.com/" in str(raised.value)


@pytest.mark.parametrize("status", [400, 401, 403, 404, 409, 413])
def test_refusal_of_a_stranger_may_have_passed_a_write_on(status: int) -> None:
    """Without a header of Dataverse's, a refused PATCH may be applied, and a 404 is no "gone"."""
    with serving(lambda *_: Response(status, {}, {"error": {"code": "", "message": "m"}})) as (
        address,
        _,
    ):
        connection = Connection(f"http://{address}", {"access_token": "t"}, {}, "access_token")
        with contextlib.closing(DataverseClient(connection)) as client:
            with pytest.raises(PowerAutomateError) as written:
                client.workflows.delete(FLOW_ID, "*", client.workflows.deadline())
            with pytest.raises(PowerAutomateError) as read:
                client.workflows.find(FLOW_ID)
    assert written.value.in_doubt
    assert not isinstance(written.value, NotFoundError)
    assert not isinstance(read.value, NotFoundError)


def test_refused_token_leaves_no_doubt() -> None:
    """Whoever says which tokens are taken has judged this one before anything was carried out."""
    headers = {"WWW-Authenticate": "Bearer error=invalid_token"}
    with serving(lambda *_: Response(401, headers, b"")) as (address, _):
        connection = Connection(f"http://{address}", {"access_token": "t"}, {}, "access_token")
        refused = pytest.raises(PowerAutomateError, match="401")
        with contextlib.closing(DataverseClient(connection)) as client, refused as raised:
            client.workflows.delete(FLOW_ID, "*", client.workflows.deadline())
    assert not raised.value.in_doubt


@pytest.mark.parametrize("status", [401, 403])
def test_create_at_a_wrong_address_is_no_flow_in_doubt(status: int) -> None:
    """Where no Dataverse has ever answered, the create fails and the state records nothing."""
    with serving(lambda *_: Response(status, {}, b"")) as (address, _):
        connection = Connection(f"http://{address}", {"access_token": "t"}, {}, "access_token")
        spec = FlowSpec(FLOW_ID, "Digest", "{}", "0", {}, "off")
        with contextlib.closing(DataverseClient(connection)) as client:
            writer = FlowWriter(client.workflows, spec, "adopt")
            with pytest.raises(PowerAutomateError, match=str(status)) as raised:
                writer.create()
    assert raised.value.in_doubt
