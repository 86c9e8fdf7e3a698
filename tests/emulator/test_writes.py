"""Writes that the service rejects, links between rows, several rows at once."""

from __future__ import annotations

from typing import Any

import pytest
import requests

from pulumi_powerautomate.emulator import Emulator
from tests.harness.emulator_api import ALICE, BOB, FLOW, call, document, flow

REFERENCE = "connectionreferences"
NAME = "connectionreferencelogicalname"
_OPERATIONS = "0e6a3b61-0000-4000-8000-000000000021"
_DAN = "0e6a3b61-0000-4000-8000-000000000014"
_ROOT_UNIT = "0e6a3b61-0000-4000-8000-000000000002"
_OTHER = "22222222-2222-4222-8222-222222222222"


def _code(response: requests.Response) -> tuple[int, str]:
    return response.status_code, response.json()["error"]["code"]


def _reference(emulator: Emulator, name: str, **more: Any) -> str:
    body = {NAME: name, **more}
    response = call(emulator, "POST", REFERENCE, body)
    assert response.status_code == 204, response.text
    return response.headers["OData-EntityId"].partition("(")[2].rstrip(")")


@pytest.mark.parametrize(
    ("values", "code"),
    [
        ({"category": 99}, "0x8004431a"),
        ({"type": 9}, "0x8004431a"),
        ({"mode": 5}, "0x8004431a"),
        ({"scope": 2**40}, "0x80048d19"),
        ({"rank": 2**31}, "0x80048d19"),
        ({"name": "n" * 101}, "0x80044331"),
        ({"name": "\U0001f600" * 51}, "0x80044331"),
        ({"name": None}, "0x80040203"),
        ({"istransacted": "yes"}, "0x80048d19"),
        ({"resourceid": "not an id"}, "0x80048d19"),
        ({"iscustomizable": True}, "0x80048d19"),
        ({"nothing": 1}, "0x80048d19"),
        ({"@odata.type": "#Microsoft.Dynamics.CRM.team"}, "0x80048d19"),
        ({"_ownerid_value": ALICE}, "0x80048d19"),
        ({"ownerid@odata.bind": f"/accounts({ALICE})"}, "0x80060888"),
        ({"ownerid@odata.bind": f"/systemusers({_OTHER})"}, "0x80040217"),
        ({"ownerid@odata.bind": f"/systemusers({_DAN})"}, "0x80041D4F"),
        ({"ownerid@odata.bind": "/teams(0e6a3b61-0000-4000-8000-000000000023)"}, "0x80042F0A"),
    ],
)
def test_values_that_do_not_fit(emulator: Emulator, values: dict[str, Any], code: str) -> None:
    """The same on create and on update; nothing is stored."""
    created = call(emulator, "POST", "workflows", {**flow(), **values})
    assert created.json()["error"]["code"] == code
    assert emulator.control.rows("workflows") == []
    assert call(emulator, "POST", "workflows", flow()).status_code == 204
    changed = call(emulator, "PATCH", f"workflows({FLOW})", values)
    assert changed.json()["error"]["code"] == code
    assert emulator.control.row("workflows", FLOW)["name"] == "Flow"


def test_half_a_character_is_rejected(emulator: Emulator) -> None:
    """A lone surrogate is no text, and later reads go on."""
    call(emulator, "POST", "workflows", flow())
    response = requests.patch(
        f"{emulator.url}/api/data/v9.2/workflows({FLOW})",
        data=b'{"description": "\\ud800"}',
        headers={"Authorization": "Bearer emulator", "Content-Type": "application/json"},
        timeout=30,
    )
    assert _code(response) == (400, "0x80048d19")
    assert call(emulator, "GET", "workflows?$select=description").status_code == 200


def test_dates_are_stored_in_utc(emulator: Emulator) -> None:
    """A date in any zone is read back as its instant; a text that is none is rejected."""
    run = {"name": "r", "starttime": "2026-11-27T13:00:00+05:00"}
    where = call(emulator, "POST", "flowruns", run).headers["Location"].partition("v9.2/")[2]
    assert call(emulator, "GET", where).json()["starttime"] == "2026-11-27T08:00:00Z"
    response = call(emulator, "POST", "flowruns", {"name": "r", "starttime": "not a date"})
    assert _code(response) == (400, "0x80048d19")


def test_keys_stay(emulator: Emulator) -> None:
    """A key cannot be changed, cleared, or taken twice."""
    call(emulator, "POST", "workflows", flow())
    path = f"workflows({FLOW})/workflowid"
    assert call(emulator, "PUT", path, {"value": _OTHER}).status_code == 400
    assert call(emulator, "DELETE", path).status_code == 400
    assert [row["workflowid"] for row in emulator.control.rows("workflows")] == [FLOW]
    _reference(emulator, "one")
    two = _reference(emulator, "two")
    assert _code(call(emulator, "PATCH", f"{REFERENCE}({two})", {NAME: "ONE"})) == (
        412,
        "0x80040237",
    )


def test_upsert_by_alternate_key(emulator: Emulator) -> None:
    """It creates with the key's value, then updates."""
    path = f"{REFERENCE}({NAME}='shared')"
    first = call(emulator, "PATCH", path, {"description": "1"})
    second = call(emulator, "PATCH", path, {"description": "2"})
    assert first.headers["OData-EntityId"] == second.headers["OData-EntityId"]
    (row,) = emulator.control.rows(REFERENCE)
    assert (row[NAME], row["description"]) == ("shared", "2")
    missing = call(emulator, "GET", f"{REFERENCE}({NAME}='other')")
    assert _code(missing) == (404, "0x80060891")
    wrong = call(emulator, "PATCH", f"{REFERENCE}({NAME}='other')", {}, If_Match="*")
    assert wrong.status_code == 404


def test_users_have_an_alternate_key(emulator: Emulator) -> None:
    """The directory's id: 404 where a filter gives an empty page."""
    path = "systemusers(azureactivedirectoryobjectid={})?$select=fullname"
    found = call(emulator, "GET", path.format("0e6a3b61-0000-4000-9000-000000000091"))
    assert found.json()["fullname"] == "Alice Archer"
    assert call(emulator, "GET", path.format(_OTHER)).status_code == 404


def test_associate_and_disassociate(emulator: Emulator) -> None:
    """N:N with POST and DELETE, single links with PUT and DELETE."""
    root = f"{emulator.url}/api/data/v9.2/"
    members = f"teams({_OPERATIONS})/teammembership_association"
    link = {"@odata.id": f"{root}systemusers({BOB})"}
    assert call(emulator, "POST", f"{members}/$ref", link).status_code == 204
    assert call(emulator, "POST", f"{members}/$ref", link).status_code == 412
    assert call(emulator, "GET", f"{members}/$count").text == "1"
    assert call(emulator, "DELETE", f"{members}({BOB})/$ref").status_code == 204
    assert call(emulator, "POST", f"{members}/$ref", link).status_code == 204
    named = f"{members}/$ref?$id={root}systemusers({BOB})"
    assert call(emulator, "DELETE", named).status_code == 204
    assert call(emulator, "GET", f"{members}/$count").text == "0"
    single = f"teams({_OPERATIONS})/administratorid/$ref"
    assert call(emulator, "PUT", single, link).status_code == 204
    assert call(emulator, "DELETE", single).status_code == 204
    assert call(emulator, "DELETE", f"teams({_OPERATIONS})/ownerid/$ref").status_code == 404


def test_bind_null_and_deep_insert(emulator: Emulator) -> None:
    """A lookup is emptied by null; rows inside a payload are created with it."""
    body = {
        "schemaname": "contoso_url",
        "displayname": "Url",
        "environmentvariabledefinition_environmentvariablevalue": [{"value": "https://x"}],
    }
    assert call(emulator, "POST", "environmentvariabledefinitions", body).status_code == 204
    (definition,) = emulator.control.rows("environmentvariabledefinitions")
    (value,) = emulator.control.rows("environmentvariablevalues")
    identity = definition["environmentvariabledefinitionid"]
    assert value["_environmentvariabledefinitionid_value"] == identity
    inside = {"connectionreferencelogicalname": "x", "CustomConnectorId": {"name": "connector"}}
    assert call(emulator, "POST", REFERENCE, inside).status_code == 204
    (row,) = emulator.control.rows(REFERENCE)
    assert row["_customconnectorid_value"]
    path = f"{REFERENCE}({row['connectionreferenceid']})"
    assert call(emulator, "PATCH", path, {"CustomConnectorId@odata.bind": None}).status_code == 204
    assert emulator.control.rows(REFERENCE)[0]["_customconnectorid_value"] is None


def test_variables_have_one_value_and_take_it_along(emulator: Emulator) -> None:
    """A second value is rejected, a value without a variable too; both go together."""
    body = {
        "schemaname": "contoso_url",
        "environmentvariabledefinition_environmentvariablevalue": [{"value": "1"}],
    }
    call(emulator, "POST", "environmentvariabledefinitions", body)
    (definition,) = emulator.control.rows("environmentvariabledefinitions")
    where = f"environmentvariabledefinitions({definition['environmentvariabledefinitionid']})"
    again = {"value": "2", "EnvironmentVariableDefinitionId@odata.bind": f"/{where}"}
    assert call(emulator, "POST", "environmentvariablevalues", again).status_code == 412
    alone = call(emulator, "POST", "environmentvariablevalues", {"value": "3"})
    assert _code(alone) == (400, "0x80040203")
    column = {"value": "2", "environmentvariabledefinitionid@odata.bind": f"/{where}"}
    assert call(emulator, "POST", "environmentvariablevalues", column).status_code == 400
    assert call(emulator, "DELETE", where).status_code == 204
    assert emulator.control.rows("environmentvariablevalues") == []


def test_several_rows_at_once(emulator: Emulator) -> None:
    """CreateMultiple, UpdateMultiple and UpsertMultiple write all of them or none."""
    kind = {"@odata.type": "Microsoft.Dynamics.CRM.connectionreference"}
    path = f"{REFERENCE}/Microsoft.Dynamics.CRM."
    rows = [{**kind, NAME: name} for name in ("a", "b")]
    ids = call(emulator, "POST", f"{path}CreateMultiple", {"Targets": rows}).json()["Ids"]
    assert len(ids) == 2
    twice = {"Targets": [{**kind, NAME: "c"}, {**kind, NAME: "a"}]}
    assert call(emulator, "POST", f"{path}CreateMultiple", twice).status_code == 412
    assert len(emulator.control.rows(REFERENCE)) == 2
    changes = [{**kind, "connectionreferenceid": row, "description": "x"} for row in ids]
    changed = call(emulator, "POST", f"{path}UpdateMultiple", {"Targets": changes})
    assert changed.status_code == 204
    mixed = [
        {**kind, "@odata.id": f"{REFERENCE}({NAME}='a')", "description": "y"},
        {**kind, "@odata.id": f"{REFERENCE}({NAME}='d')", "description": "new"},
    ]
    assert call(emulator, "POST", f"{path}UpsertMultiple", {"Targets": mixed}).status_code == 204
    found = {row[NAME]: row["description"] for row in emulator.control.rows(REFERENCE)}
    assert found == {"a": "y", "b": "x", "d": "new"}


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        ("organizations(0e6a3b61-0000-4000-8000-000000000001)", 405, "0x80040800"),
        (f"businessunits({_ROOT_UNIT})", 405, "0x80040227"),
        ("solutions(fd140aaf-4df4-11dd-bd17-0019b9312238)", 400, "0x8004F005"),
        ("publishers(0e6a3b61-0000-4000-8000-000000000031)", 405, "0x80040227"),
        (f"systemusers({ALICE})", 405, "0x80040800"),
        ("roles(0e6a3b61-0000-4000-8000-000000000051)", 400, "0x80041d2e"),
        ("solutioncomponents(0e6a3b61-0000-4000-8000-000000000031)", 404, "0x80040217"),
    ],
)
def test_deletions_that_the_service_forbids(
    emulator: Emulator, path: str, status: int, code: str
) -> None:
    """Each with its own code."""
    assert _code(call(emulator, "DELETE", path)) == (status, code)


@pytest.mark.parametrize(
    ("table", "values", "code"),
    [
        ("solutions", {"version": "banana"}, "0x8004F01E"),
        ("solutions", {"uniquename": "a b c!"}, "0x8004F002"),
        ("publishers", {"customizationprefix": "1 !"}, "0x8004F00B"),
        ("publishers", {"customizationoptionvalueprefix": 5}, "0x8004432f"),
    ],
)
def test_names_of_solutions_and_publishers(
    emulator: Emulator, table: str, values: dict[str, Any], code: str
) -> None:
    """Unique names, versions and prefixes have a form."""
    bodies: dict[str, dict[str, Any]] = {
        "solutions": {
            "uniquename": "New",
            "friendlyname": "New",
            "version": "1.0.0.0",
            "publisherid@odata.bind": "/publishers(0e6a3b61-0000-4000-8000-000000000031)",
        },
        "publishers": {
            "uniquename": "new",
            "friendlyname": "New",
            "customizationprefix": "new",
            "customizationoptionvalueprefix": 20000,
        },
    }
    body = bodies[table]
    assert _code(call(emulator, "POST", table, {**body, **values}))[1] == code
    assert call(emulator, "POST", table, body).status_code == 204


def test_owners_have_columns_of_their_own(emulator: Emulator) -> None:
    """A row that a team owns has an owning team and no owning user."""
    call(emulator, "POST", "workflows", flow())
    row = emulator.control.row("workflows", FLOW)
    assert row["_owninguser_value"] == row["_ownerid_value"]
    assert row["_owningteam_value"] is None
    bind = {"ownerid@odata.bind": f"/teams({_OPERATIONS})"}
    assert call(emulator, "PATCH", f"workflows({FLOW})", bind).status_code == 204
    row = emulator.control.row("workflows", FLOW)
    assert (row["_owninguser_value"], row["_owningteam_value"]) == (None, _OPERATIONS)


def test_seed_rows_without_a_key_get_one() -> None:
    """Two rows stay two rows."""
    rows = [{NAME: "a"}, {NAME: "b"}]
    with Emulator(seed={REFERENCE: rows}) as emulator:
        found = emulator.control.rows(REFERENCE)
    assert sorted(row[NAME] for row in found) == ["a", "b"]
    assert all(len(row["connectionreferenceid"]) == 36 for row in found)


def test_references_of_change_sets_stand_in_links_alone(emulator: Emulator) -> None:
    """`$1` in any other text is text."""

    def part(number: int, line: str, body: str) -> str:
        return (
            "--c\r\nContent-Type: application/http\r\nContent-Transfer-Encoding: binary\r\n"
            f"Content-ID: {number}\r\n\r\n{line} HTTP/1.1\r\nContent-Type: application/json\r\n"
            f"\r\n{body}\r\n"
        )

    value = '{"value": "$1", "EnvironmentVariableDefinitionId@odata.bind": "$1"}'
    body = (
        "--b\r\nContent-Type: multipart/mixed; boundary=c\r\n\r\n"
        + part(1, "POST environmentvariabledefinitions", '{"schemaname": "contoso_x"}')
        + part(2, "POST environmentvariablevalues", value)
        + part(3, "PATCH $1", '{"description": "$100"}')
        + "--c--\r\n--b--\r\n"
    )
    response = requests.post(
        f"{emulator.url}/api/data/v9.2/$batch",
        data=body,
        headers={
            "Authorization": "Bearer emulator",
            "Content-Type": "multipart/mixed; boundary=b",
        },
        timeout=30,
    )
    assert response.status_code == 200, response.text
    (row,) = emulator.control.rows("environmentvariablevalues")
    assert row["value"] == "$1"
    (definition,) = emulator.control.rows("environmentvariabledefinitions")
    assert definition["description"] == "$100"


@pytest.mark.parametrize(
    "path",
    [
        "workflows",
        "workflows/$count",
        f"workflows({FLOW})",
        f"workflows({FLOW})/name",
        f"workflows({FLOW})/name/$value",
        f"systemusers({ALICE})/user_workflow",
        f"systemusers({ALICE})?$expand=user_workflow($select=name)",
        "systemusers?$filter=user_workflow/any()",
        "workflows?fetchXml=<fetch><entity name='workflow'/></fetch>",
        "systemusers?fetchXml=<fetch><entity name='systemuser'><link-entity name='workflow' "
        "from='ownerid' to='systemuserid'/></entity></fetch>",
        "RetrieveTotalRecordCount(EntityNames=['workflow'])",
    ],
)
def test_privileges_hold_on_every_road_to_a_row(emulator: Emulator, path: str) -> None:
    """Whoever may not read flows reads them nowhere."""
    call(emulator, "POST", "workflows", flow())
    assert call(emulator, "GET", path).status_code == 200
    emulator.control.deny("prvReadworkflow")
    assert _code(call(emulator, "GET", path)) == (403, "0x80040220")


def test_people_see_what_is_theirs_or_shared(emulator: Emulator) -> None:
    """A maker's privileges are for one's own rows; a share opens what it names."""
    call(emulator, "POST", "workflows", flow())
    alice = {"MSCRMCallerID": ALICE}
    assert call(emulator, "GET", "workflows", **alice).json()["value"] == []
    refused = call(emulator, "GET", f"workflows({FLOW})", **alice)
    assert _code(refused) == (403, "0x80048306")
    share = {
        "Target": {"@odata.type": "Microsoft.Dynamics.CRM.workflow", "workflowid": FLOW},
        "PrincipalAccess": {
            "AccessMask": "ReadAccess",
            "Principal": {
                "@odata.type": "Microsoft.Dynamics.CRM.systemuser",
                "systemuserid": ALICE,
            },
        },
    }
    assert call(emulator, "POST", "GrantAccess", share).status_code == 204
    assert len(call(emulator, "GET", "workflows", **alice).json()["value"]) == 1
    changed = call(emulator, "PATCH", f"workflows({FLOW})", {"name": "x"}, **alice)
    assert _code(changed) == (403, "0x80048306")


def test_impersonation(emulator: Emulator) -> None:
    """It needs a privilege, an enabled user, and is written down."""
    made = call(emulator, "POST", "workflows", flow(), MSCRMCallerID=ALICE)
    assert made.status_code == 204
    row = emulator.control.row("workflows", FLOW)
    assert row["_createdby_value"] == row["_ownerid_value"] == ALICE
    assert row["_createdonbehalfby_value"] == "0e6a3b61-0000-4000-8000-000000000010"
    assert call(emulator, "GET", "WhoAmI", MSCRMCallerID=_DAN).status_code == 403
    emulator.control.deny("prvActOnBehalfOfAnotherUser")
    assert call(emulator, "GET", "WhoAmI", MSCRMCallerID=ALICE).status_code == 403


def test_roles_are_rows(emulator: Emulator) -> None:
    """Roles, their privileges, and who holds them; taking one away takes its rights."""
    roles = call(emulator, "GET", "roles?$select=name,ismanaged&$orderby=name").json()["value"]
    assert [row["name"] for row in roles] == ["Environment Maker", "System Administrator"]
    held = f"systemusers({ALICE})/systemuserroles_association"
    (role,) = call(emulator, "GET", f"{held}?$select=name").json()["value"]
    privileges = f"roles({role['roleid']})/roleprivileges_association?$select=name"
    names = [row["name"] for row in call(emulator, "GET", privileges).json()["value"]]
    assert "prvCreateworkflow" in names
    assert call(emulator, "DELETE", f"{held}({role['roleid']})/$ref").status_code == 204
    alice = {"MSCRMCallerID": ALICE}
    refused = call(emulator, "POST", "workflows", flow(), **alice)
    assert _code(refused) == (403, "0x80040220")


@pytest.mark.parametrize(
    ("path", "method"),
    [
        ("BulkDelete", "POST"),
        ("accounts", "GET"),
        ("RetrieveOrganizationResources", "GET"),
        ("EntityDefinitions", "POST"),
    ],
)
def test_what_the_service_has_and_the_emulator_has_not(
    emulator: Emulator, path: str, method: str
) -> None:
    """501 with a name; 404 is for what the service does not have either."""
    response = call(emulator, method, path, {} if method == "POST" else None)
    assert response.status_code == 501
    assert "The emulator does not implement" in response.json()["error"]["message"]
    assert call(emulator, "GET", "foos").status_code == 404


def test_activation_compares_names_without_case(emulator: Emulator) -> None:
    """Only expressions refer to actions: plain text and descriptions do not."""
    actions = {
        "List_Rows": {"type": "Compose", "inputs": "see body('Other_action') in the manual"},
        "Next": {
            "type": "Compose",
            "inputs": "@outputs('List_rows')",
            "runAfter": {"list_rows": ["Succeeded"]},
            "description": "was outputs('Gone_action')",
            "metadata": {"note": "@body('Gone_action')"},
        },
    }
    on = {"statecode": 1, "statuscode": 2}
    call(emulator, "POST", "workflows", flow(clientdata=document(**actions)))
    assert call(emulator, "PATCH", f"workflows({FLOW})", on).status_code == 204


@pytest.mark.parametrize(
    ("action", "text"),
    [
        ({"type": "Compose", "inputs": "@body('Gone')"}, "refers to the action 'Gone'"),
        ({"type": "Compose", "inputs": "x @{outputs('Gone')} y"}, "refers to the action 'Gone'"),
        ({"type": "Compose", "inputs": 1, "runsAfter": {}}, "Could not find member 'runsAfter'"),
        ({"type": "Recurrence", "inputs": {}}, "it is the type of a trigger"),
    ],
)
def test_activation_rejects(emulator: Emulator, action: dict[str, Any], text: str) -> None:
    """References to nothing, members that the language does not know, triggers as actions."""
    call(emulator, "POST", "workflows", flow(clientdata=document(Act=action)))
    on = {"statecode": 1, "statuscode": 2}
    response = call(emulator, "PATCH", f"workflows({FLOW})", on)
    assert response.status_code == 400
    assert text in response.json()["error"]["message"]
