"""Headers that tell the service from a proxy."""

from __future__ import annotations

import pytest
import requests

from pulumi_powerautomate.emulator import Emulator
from tests.harness.emulator_api import FLOW, call, flow


def _is_the_services(response: requests.Response) -> bool:
    request_id = response.headers.get("x-ms-service-request-id", "")
    return response.headers.get("OData-Version") == "4.0" and len(request_id) == 36


def test_every_response_carries_the_services_headers(emulator: Emulator) -> None:
    """`OData-Version` and a request id: on rows, on 204s, on errors, on text and on XML."""
    responses = [
        call(emulator, "POST", "workflows", flow()),
        call(emulator, "GET", f"workflows({FLOW})"),
        call(emulator, "GET", f"workflows({FLOW})/description"),
        call(emulator, "PUT", f"workflows({FLOW})/description", {"value": "x"}),
        call(emulator, "PATCH", f"workflows({FLOW})", {"name": "x"}),
        call(emulator, "GET", "workflows/$count"),
        call(emulator, "GET", "$metadata", Accept="application/xml"),
        call(emulator, "GET", "WhoAmI"),
        call(emulator, "DELETE", f"workflows({FLOW})"),
        call(emulator, "DELETE", f"workflows({FLOW})"),
        call(emulator, "GET", "workflows?$top=x"),
        call(emulator, "GET", "workflows", token="nobody"),
    ]
    assert [response.status_code for response in responses if response.status_code == 204] == [
        204
    ] * 5
    for response in responses:
        assert _is_the_services(response), (response.request.url, response.headers)


def test_each_part_of_a_batch_carries_them(emulator: Emulator) -> None:
    """So does each response inside a batch response."""
    part = (
        "--b\r\nContent-Type: application/http\r\nContent-Transfer-Encoding: binary\r\n\r\n"
        "GET WhoAmI HTTP/1.1\r\n\r\n\r\n--b--\r\n"
    )
    response = requests.post(
        f"{emulator.url}/api/data/v9.2/$batch",
        data=part,
        headers={
            "Authorization": "Bearer emulator",
            "Content-Type": 'multipart/mixed; boundary="b"',
        },
        timeout=30,
    )
    assert _is_the_services(response)
    assert response.text.count("OData-Version: 4.0") == 1
    assert response.text.count("x-ms-service-request-id: ") == 1


@pytest.mark.parametrize(
    "fault",
    [
        {"do": "html"},
        {"do": "redirect"},
        {"do": "status", "status": 200, "body": "OK"},
        {"do": "status", "status": 407},
    ],
)
def test_a_proxys_response_does_not(emulator: Emulator, fault: dict[str, object]) -> None:
    """A fault that stands for a portal or a proxy sends what such a thing sends."""
    emulator.control.fault(path="WhoAmI", **fault)
    response = call(emulator, "GET", "WhoAmI")
    assert "OData-Version" not in response.headers
    assert "x-ms-service-request-id" not in response.headers
