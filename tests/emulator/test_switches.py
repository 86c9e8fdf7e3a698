"""Every open question of the documentation, answered both ways."""

from __future__ import annotations

import base64
import json
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
import requests

from pulumi_powerautomate.emulator import Emulator
from pulumi_powerautomate.emulator.switches import SWITCHES
from tests.harness.emulator_api import ALICE, FLOW, call, document, flow, rights, share
from tests.harness.packages import FlowPart, package
from tests.harness.sign_in import token_of
from tests.harness.tenant import application_form, ask, instances, poll, start_device

Case = Callable[[Emulator], object]
CASES: dict[tuple[str, str], tuple[Case, object]] = {}


def case(switch: str, value: str, expected: object) -> Callable[[Case], Case]:
    """Register what a switch's value leads to."""

    def add(function: Case) -> Case:
        CASES[(switch, value)] = (function, expected)
        return function

    return add


@case("client_chosen_id", "accept", [FLOW])
@case("client_chosen_id", "ignore", 1)
@case("client_chosen_id", "refuse", 400)
def chosen_id(emulator: Emulator) -> object:
    answer = call(emulator, "POST", "workflows", flow())
    ids = [row["workflowid"] for row in emulator.control.rows("workflows")]
    if answer.status_code >= 400:
        return answer.status_code
    return ids if ids == [FLOW] else len(ids)


@case("patch_upsert_creates", "on", 204)
@case("patch_upsert_creates", "off", 404)
def upsert(emulator: Emulator) -> object:
    return call(emulator, "PATCH", f"workflows({FLOW})", flow()).status_code


@case("flow_runs", "on", 200)
@case("flow_runs", "absent", 404)
def runs_of_flows(emulator: Emulator) -> object:
    return call(emulator, "GET", "flowruns").status_code


@case("active_clientdata", "accept", 204)
@case("active_clientdata", "reject", "0x80060466")
def edit_of_an_active_flow(emulator: Emulator) -> object:
    call(emulator, "POST", "workflows", flow())
    call(emulator, "PATCH", f"workflows({FLOW})", {"statecode": 1, "statuscode": 2})
    body = {"clientdata": document(Wait={"type": "Compose", "inputs": "x", "runAfter": {}})}
    answer = call(emulator, "PATCH", f"workflows({FLOW})", body)
    return answer.status_code if answer.status_code < 400 else answer.json()["error"]["code"]


@case("draft_blocks_update", "definition", (400, 204))
@case("draft_blocks_update", "any", (400, 400))
@case("draft_blocks_update", "none", (204, 204))
def update_past_a_draft(emulator: Emulator) -> object:
    call(emulator, "POST", "workflows", flow())
    emulator.control.draft(FLOW, name="Draft")
    path = f"workflows({FLOW})"
    return tuple(
        call(emulator, "PATCH", path, body).status_code
        for body in ({"name": "x"}, {"statecode": 1})
    )


@case("turning_off_opens_draft", "off", 204)
@case("turning_off_opens_draft", "on", "0x80040203")
def edit_after_turning_off(emulator: Emulator) -> object:
    call(emulator, "POST", "workflows", flow())
    for body in ({"statecode": 1}, {"statecode": 0}):
        assert call(emulator, "PATCH", f"workflows({FLOW})", body).status_code == 204
    answer = call(emulator, "PATCH", f"workflows({FLOW})", {"clientdata": document()})
    return answer.status_code if answer.status_code < 400 else answer.json()["error"]["code"]


@case("user_privileges", "with_teams", True)
@case("user_privileges", "direct", False)
def privileges_of_a_member(emulator: Emulator) -> object:
    role = "roles(0e6a3b61-0000-4000-8000-000000000052)"
    path = f"systemusers({ALICE})"
    call(emulator, "DELETE", f"{path}/systemuserroles_association/$ref?$id={role}")
    team = "teams(0e6a3b61-0000-4000-8000-000000000021)"
    crm = "Microsoft.Dynamics.CRM."
    body = {"Members": [{"@odata.type": f"{crm}systemuser", "systemuserid": ALICE}]}
    assert call(emulator, "POST", f"{team}/{crm}AddMembersTeam", body).status_code == 204
    answer = call(emulator, "GET", f"{path}/{crm}RetrieveUserPrivileges")
    return bool(answer.json()["RolePrivileges"])


@case("unknown_segment_code", "0x80060888", "0x80060888")
@case("unknown_segment_code", "0x8006088a", "0x8006088a")
def unknown_name(emulator: Emulator) -> object:
    answer = call(emulator, "GET", "workflow")
    assert answer.status_code == 404
    return answer.json()["error"]["code"]


@case("batch_failure_status", "part", 404)
@case("batch_failure_status", "200", 200)
def batch_with_a_part_that_fails(emulator: Emulator) -> object:
    part = "Content-Type: application/http\r\n\r\nGET nothing HTTP/1.1\r\n\r\n"
    kind = {"Authorization": "Bearer emulator", "Content-Type": "multipart/mixed; boundary=b"}
    url = f"{emulator.url}/api/data/v9.2/$batch"
    answer = requests.post(url, f"--b\r\n{part}--b--\r\n", headers=kind, timeout=30)
    assert "HTTP/1.1 404" in answer.text
    return answer.status_code


@case("content_type", "required", 415)
@case("content_type", "any", 204)
def body_without_a_type(emulator: Emulator) -> object:
    url = f"{emulator.url}/api/data/v9.2/workflows"
    bearer = {"Authorization": "Bearer emulator"}
    body = json.dumps(flow()).encode()
    return requests.post(url, data=body, headers=bearer, timeout=30).status_code


@case("grant_existing", "or", "ReadAccess, WriteAccess")
@case("grant_existing", "replace", "WriteAccess")
def second_grant(emulator: Emulator) -> object:
    call(emulator, "POST", "workflows", flow())
    share(emulator, "GrantAccess", "ReadAccess")
    share(emulator, "GrantAccess", "WriteAccess")
    return rights(emulator)


@case("modify_without_share", "create", "ReadAccess")
@case("modify_without_share", "refuse", "")
def modify_of_nothing(emulator: Emulator) -> object:
    call(emulator, "POST", "workflows", flow())
    share(emulator, "ModifyAccess", "ReadAccess")
    return rights(emulator)


@case("revoke_without_share", "succeed", 204)
@case("revoke_without_share", "refuse", 400)
def revoke_of_nothing(emulator: Emulator) -> object:
    call(emulator, "POST", "workflows", flow())
    body = {
        "Target": {"@odata.type": "Microsoft.Dynamics.CRM.workflow", "workflowid": FLOW},
        "Revokee": {
            "@odata.type": "Microsoft.Dynamics.CRM.systemuser",
            "systemuserid": "0e6a3b61-0000-4000-8000-000000000011",
        },
    }
    return call(emulator, "POST", "RevokeAccess", body).status_code


def _with_missing_reference() -> str:
    parsed = json.loads(
        document(
            Send={
                "type": "OpenApiConnection",
                "runAfter": {},
                "inputs": {
                    "host": {
                        "apiId": "/providers/Microsoft.PowerApps/apis/shared_office365",
                        "connectionName": "shared_office365",
                        "operationId": "SendEmailV2",
                    },
                    "parameters": {},
                },
            }
        )
    )
    parsed["properties"]["connectionReferences"] = {
        "shared_office365": {
            "runtimeSource": "embedded",
            "connection": {"connectionReferenceLogicalName": "contoso_mail"},
            "api": {"name": "shared_office365"},
        }
    }
    return json.dumps(parsed)


@case("activation_failure_status", "400", 400)
@case("activation_failure_status", "403", 403)
def refused_activation(emulator: Emulator) -> object:
    call(emulator, "POST", "workflows", flow(clientdata=_with_missing_reference()))
    answer = call(emulator, "PATCH", f"workflows({FLOW})", {"statecode": 1, "statuscode": 2})
    assert answer.json()["error"]["code"] == "0x80060467"
    return answer.status_code


@case("managed_delete_error", "0x8004F01F", "0x8004F01F")
@case("managed_delete_error", "0x80040228", "0x80040228")
@case("managed_delete_error", "0x8004F026", "0x8004F026")
def managed_flow(emulator: Emulator) -> object:
    call(emulator, "POST", "workflows", flow())
    emulator.control.patch("workflows", FLOW, {"ismanaged": True})
    return call(emulator, "DELETE", f"workflows({FLOW})").json()["error"]["code"]


@case("max_request_bytes", "134217728", 204)
@case("max_request_bytes", "100", 413)
def large_body(emulator: Emulator) -> object:
    return call(emulator, "POST", "workflows", flow()).status_code


@case("unknown_principal", "404", 404)
@case("unknown_principal", "400", 400)
def share_with_nobody(emulator: Emulator) -> object:
    call(emulator, "POST", "workflows", flow())
    return share(
        emulator, "GrantAccess", "ReadAccess", "99999999-9999-4999-8999-999999999999"
    ).status_code


@case("optimistic_concurrency", "on", 412)
@case("optimistic_concurrency", "off", "0x8006088D")
def old_version(emulator: Emulator) -> object:
    call(emulator, "POST", "workflows", flow())
    answer = call(emulator, "PATCH", f"workflows({FLOW})", {"name": "x"}, If_Match='W/"1"')
    code = answer.json()["error"]["code"]
    return answer.status_code if answer.status_code == 412 else code


@case("normalise_clientdata", "none", (True, True))
@case("normalise_clientdata", "designer", (False, False))
@case("normalise_clientdata", "alphabetical", (False, False))
def stored_document(emulator: Emulator) -> object:
    call(emulator, "POST", "workflows", flow())
    stored = emulator.control.row("workflows", FLOW)["clientdata"]
    return stored == document(), json.loads(stored) == json.loads(document())


@case("connections", "open", 204)
@case("connections", "registered", 400)
def unknown_connection(emulator: Emulator) -> object:
    emulator.control.insert(
        "connectionreferences",
        {
            "connectionreferencelogicalname": "contoso_mail",
            "connectionreferencedisplayname": "Mail",
            "connectorid": "/providers/Microsoft.PowerApps/apis/shared_office365",
            "connectionid": "nobody-registered-this",
        },
    )
    call(emulator, "POST", "workflows", flow(clientdata=_with_missing_reference()))
    body = {"statecode": 1, "statuscode": 2}
    return call(emulator, "PATCH", f"workflows({FLOW})", body).status_code


@case("strict_tokens", "off", 200)
@case("strict_tokens", "on", 401)
def developer_token(emulator: Emulator) -> object:
    return call(emulator, "GET", "WhoAmI").status_code


@case("resources", "open", 200)
@case("resources", "registered", 400)
def resources(emulator: Emulator) -> object:
    form = application_form(emulator, "https://other.crm.dynamics.com")
    return ask(emulator, form).status_code


@case("device_slow_down", "on", "slow_down")
@case("device_slow_down", "off", "authorization_pending")
def device_slow_down(emulator: Emulator) -> object:
    device = start_device(emulator)
    poll(emulator, device)
    return poll(emulator, device)["error"]


@case("discovery_for_applications", "empty", (200, []))
@case("discovery_for_applications", "refuse", (403, None))
def discovery_for_applications(emulator: Emulator) -> object:
    root = emulator.environment["POWERAUTOMATE_DISCOVERY_HOST"]
    token = ask(emulator, application_form(emulator, root)).json()["access_token"]
    answer = instances(emulator, token)
    return answer.status_code, answer.json().get("value")


@case("read_lag_seconds", "0", 200)
@case("read_lag_seconds", "60", (404, 200))
def read_after_write(emulator: Emulator) -> object:
    call(emulator, "POST", "workflows", flow())
    first = call(emulator, "GET", f"workflows({FLOW})").status_code
    if first == 200:
        return first
    emulator.control.advance(61)
    return first, call(emulator, "GET", f"workflows({FLOW})").status_code


@case("fresh_environment_403_seconds", "0", 200)
@case("fresh_environment_403_seconds", "30", ("0x80072560", 200))
def new_environment(emulator: Emulator) -> object:
    token = token_of(emulator)
    first = call(emulator, "GET", "WhoAmI", token=token)
    if first.status_code == 200:
        return 200
    emulator.control.advance(31)
    return first.json()["error"]["code"], call(emulator, "GET", "WhoAmI", token=token).status_code


@case("limits", "off", [200, 200, 200])
@case("limits", "on", [200, 200, 429])
def third_request(emulator: Emulator) -> object:
    emulator.control.limits(requests=2)
    return [call(emulator, "GET", "WhoAmI").status_code for _ in range(3)]


def _import(emulator: Emulator, name: str = "S", requires: Sequence[str] = ()) -> requests.Response:
    with tempfile.TemporaryDirectory() as folder:
        path = package(Path(folder) / "p.zip", FlowPart(), name=name, requires=requires)
        content = base64.b64encode(path.read_bytes()).decode()
    body = {
        "OverwriteUnmanagedCustomizations": True,
        "PublishWorkflows": True,
        "CustomizationFile": content,
    }
    return call(emulator, "POST", "ImportSolutionAsync", body)


def _finished(emulator: Emulator, response: requests.Response) -> int:
    operation = response.json()["AsyncOperationId"]
    return int(call(emulator, "GET", f"asyncoperations({operation})").json()["statuscode"])


@case("import_seconds", "0", 30)
@case("import_seconds", "60", 20)
def import_seconds(emulator: Emulator) -> object:
    response = _import(emulator)
    emulator.control.advance(1)
    return _finished(emulator, response)


@case("import_lock", "start", (400, "0x80071151"))
@case("import_lock", "job", 31)
def import_lock(emulator: Emulator) -> object:
    _import(emulator, "A")
    response = _import(emulator, "B")
    if response.status_code >= 400:
        return 400, response.json()["error"]["code"]
    emulator.control.advance(60)
    return _finished(emulator, response)


@case("required_solutions", "open", 30)
@case("required_solutions", "registered", 31)
def required_solutions(emulator: Emulator) -> object:
    response = _import(emulator, requires=["Other (1.0.0.0)"])
    emulator.control.advance(60)
    return _finished(emulator, response)


@case("max_solution_bytes", "0", 200)
@case("max_solution_bytes", "100", 400)
def max_solution_bytes(emulator: Emulator) -> object:
    return _import(emulator).status_code


@pytest.mark.parametrize(("switch", "value"), CASES, ids=lambda item: str(item))
def test_switch(emulator: Emulator, switch: str, value: str) -> None:
    """The answer follows the switch."""
    function, expected = CASES[(switch, value)]
    emulator.control.switches(**{switch: value})
    assert function(emulator) == expected


def test_every_switch_is_tested_both_ways() -> None:
    """Each allowed value of each switch has a case; numbers have two."""
    tested: dict[str, set[str]] = {}
    for switch, value in CASES:
        tested.setdefault(switch, set()).add(value)
    for switch, (allowed, _, _) in SWITCHES.items():
        if isinstance(allowed, type):
            assert len(tested[switch]) >= 2, switch
        else:
            assert tested[switch] == {str(value) for value in allowed}, switch


def test_unknown_switches_are_refused(emulator: Emulator) -> None:
    """A misspelt switch is not silently without effect."""
    with pytest.raises(ValueError, match="No switch"):
        emulator.control.switches(colour="red")
    with pytest.raises(ValueError, match="takes"):
        emulator.control.switches(limits="sometimes")
