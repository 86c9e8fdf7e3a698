"""
Functions and actions: the parameters that they take, and the tables that they are for.

Judged by the Web API reference, and by the requests of tools that read the privileges of roles.
"""

from __future__ import annotations

from typing import Any

import pytest
import requests

from pulumi_powerautomate.emulator import Emulator, parameters, router
from tests.harness.emulator_api import ALICE, FLOW, call, document, flow
from tests.harness.packages import SECOND

_CRM = "Microsoft.Dynamics.CRM."
_ROLE = "0e6a3b61-0000-4000-8000-000000000052"
_SOLUTION = "0e6a3b61-0000-4000-8000-000000000041"
_TEAM = "0e6a3b61-0000-4000-8000-000000000021"
_TARGET = {"@odata.type": f"{_CRM}workflow", "workflowid": FLOW}
_ALICE = {"@odata.type": f"{_CRM}systemuser", "systemuserid": ALICE}
_ACCESS = {"AccessMask": "ReadAccess", "Principal": _ALICE}


def _error(response: requests.Response) -> tuple[int, str, str]:
    error = response.json()["error"]
    return response.status_code, error["code"], error["message"]


@pytest.mark.parametrize(
    ("action", "body"),
    [
        ("GrantAccess", {"Target": _TARGET, "PrincipalAccess": _ACCESS}),
        ("ModifyAccess", {"Target": _TARGET, "PrincipalAccess": _ACCESS}),
        ("RevokeAccess", {"Target": _TARGET, "Revokee": _ALICE}),
        ("AddSolutionComponent", {"ComponentId": FLOW, "ComponentType": 29,
                                  "SolutionUniqueName": "ContosoAutomation",
                                  "AddRequiredComponents": False}),
        ("PublishAllXml", {}),
        ("UninstallSolutionAsync", {"SolutionUniqueName": "ContosoAutomation"}),
        (f"teams({_TEAM})/{_CRM}AddMembersTeam", {"Members": [_ALICE]}),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)  # fmt: skip
def test_a_parameter_that_an_action_does_not_take(
    emulator: Emulator, action: str, body: dict[str, Any]
) -> None:
    """The request is rejected and does nothing; without it, it is carried out."""
    call(emulator, "POST", "workflows", flow())
    before = len(emulator.control.commits())
    status, code, message = _error(call(emulator, "POST", action, {**body, "Nothing": 1}))
    assert (status, code) == (400, "0x80048d19")
    assert "The parameter 'Nothing' in the request payload is not a valid parameter" in message
    assert len(emulator.control.commits()) == before
    assert call(emulator, "POST", action, body).status_code in (200, 204)


@pytest.mark.parametrize(
    "function",
    ["WhoAmI(x=1)", "RetrieveVersion(x=1)", f"RetrieveRolePrivilegesRole(RoleId={_ROLE},x=1)"],
)
def test_a_function_is_found_by_its_parameters(emulator: Emulator, function: str) -> None:
    """With one that it does not take there is no such function."""
    assert call(emulator, "GET", function).status_code == 404


def test_privileges_of_a_role(emulator: Emulator) -> None:
    """The function is not bound, as several tools call it."""
    for path in (
        f"RetrieveRolePrivilegesRole(RoleId={_ROLE})",
        f"RetrieveRolePrivilegesRole(RoleId=@p)?@p={_ROLE}",
    ):
        found = call(emulator, "GET", path).json()["RolePrivileges"]
        assert {item["Depth"] for item in found} == {"Basic", "Global"}
    assert call(emulator, "GET", "RetrieveRolePrivilegesRole()").status_code == 400
    bound = call(emulator, "GET", f"roles({_ROLE})/{_CRM}RetrieveRolePrivilegesRole()")
    assert bound.status_code == 404
    missing = f"RetrieveRolePrivilegesRole(RoleId={FLOW})"
    assert _error(call(emulator, "GET", missing))[:2] == (404, "0x80040217")


def test_rows_without_owners_are_not_shared(emulator: Emulator) -> None:
    """Their tables do not have the message."""
    target = {"@odata.type": f"{_CRM}solution", "solutionid": _SOLUTION}
    body = {"Target": target, "PrincipalAccess": _ACCESS}
    status, code, message = _error(call(emulator, "POST", "GrantAccess", body))
    assert (status, code) == (405, "0x80040800")
    assert message.startswith("The 'GrantAccess' method does not support entities of type 'sol")
    assert emulator.control.rows("principalobjectaccessset") == []


def test_what_is_not_modelled_is_named(emulator: Emulator) -> None:
    """Instead of being taken for something else."""
    call(emulator, "POST", "workflows", flow())
    organization = {"@odata.type": f"{_CRM}organization", "organizationid": FLOW}
    access = {"AccessMask": "ReadAccess", "Principal": organization}
    for method, path, body in (
        ("POST", "GrantAccess", {"Target": _TARGET, "PrincipalAccess": access}),
        ("POST", "AddSolutionComponent",
         {"ComponentId": FLOW, "ComponentType": 99999, "AddRequiredComponents": False,
          "SolutionUniqueName": "ContosoAutomation"}),
        ("GET", f"workflows({FLOW})/{_CRM}ListConnectionReferences", None),
        ("GET", "RetrieveEnvironmentVariableValue(DefinitionSchemaName='x')", None),
        ("DELETE", f"importjobs({FLOW})", None),
    ):  # fmt: skip
        response = call(emulator, method, path, body)
        if path.startswith("importjobs"):
            emulator.control.insert("importjobs", {"importjobid": FLOW})
            response = call(emulator, method, path)
        assert response.status_code == 501, path
        assert "The emulator does not implement" in response.json()["error"]["message"]
    for wanted in ("full", "none"):
        accept = {"Accept": f"application/json;odata.metadata={wanted}"}
        assert call(emulator, "GET", "WhoAmI", **accept).status_code == 501
    minimal = {"Accept": "application/json;odata.metadata=minimal"}
    assert call(emulator, "GET", "WhoAmI", **minimal).status_code == 200


def test_members_name_their_type(emulator: Emulator) -> None:
    """As documented, with the key that users and teams share; without the type, as documented."""
    path = f"teams({_TEAM})/{_CRM}"
    kind = {"@odata.type": f"{_CRM}systemuser"}
    for key in ("ownerid", "systemuserid"):
        for operation, members in (("AddMembersTeam", 1), ("RemoveMembersTeam", 0)):
            body = {"Members": [{**kind, key: ALICE}]}
            assert call(emulator, "POST", f"{path}{operation}", body).status_code == 204
            assert len(emulator.control.rows("teammemberships")) == members
    bare = {"Members": [{"ownerid": ALICE}]}
    response = call(emulator, "POST", f"{path}AddMembersTeam", bare)
    assert _error(response)[0] == 400
    assert _error(response)[2] == "EdmEntityObject passed should have the key property value set."


def test_an_update_adds_to_the_named_solution(emulator: Emulator) -> None:
    """The header is for created and for updated components; the solution has to be there."""
    call(emulator, "POST", "workflows", flow())
    for name, status in (("Nothing", 400), ("ContosoAutomation", 204)):
        header = {"MSCRM.SolutionUniqueName": name}
        changed = call(emulator, "PATCH", f"workflows({FLOW})", {"name": name}, **header)
        assert changed.status_code == status
    (member,) = emulator.control.rows("solutioncomponents")
    assert (member["objectid"], member["_solutionid_value"]) == (FLOW, _SOLUTION)
    assert emulator.control.row("workflows", FLOW)["name"] == "ContosoAutomation"


def test_processes_that_are_no_cloud_flows(emulator: Emulator) -> None:
    """Their own rules are not modelled: they come with packages and by hand only."""
    for values in ({"category": 0}, {"type": 2}):
        assert call(emulator, "POST", "workflows", {**flow(), **values}).status_code == 501
    typed = {"@odata.type": "Microsoft.Dynamics.CRM.workflow", "category": 5, "type": 1}
    assert call(emulator, "POST", "workflows", {**flow(), **typed}).status_code == 204
    assert call(emulator, "PATCH", f"workflows({FLOW})", typed).status_code == 204
    assert call(emulator, "PATCH", f"workflows({FLOW})", {"category": 0}).status_code == 501


def test_group_teams_have_a_key_of_two_columns(emulator: Emulator) -> None:
    """The group and which of its people are meant: found, created and kept apart by both."""
    group = "55555555-5555-4555-8555-555555555555"
    key = f"teams(azureactivedirectoryobjectid={group},membershiptype={{}})"
    assert call(emulator, "GET", key.format(1)).status_code == 404
    body = {"name": "Group", "teamtype": 2}
    assert call(emulator, "PATCH", key.format(1), body).status_code == 204
    found = call(emulator, "GET", f"{key.format(1)}?$select=name,membershiptype").json()
    assert (found["name"], found["membershiptype"]) == ("Group", 1)
    twice = {**body, "azureactivedirectoryobjectid": group, "membershiptype": 1}
    assert call(emulator, "POST", "teams", twice).status_code == 412
    assert call(emulator, "POST", "teams", {**twice, "membershiptype": 0}).status_code == 204
    assert call(emulator, "PATCH", key.format(0), {"membershiptype": 1}).status_code == 412
    half = f"teams(azureactivedirectoryobjectid={group})"
    assert call(emulator, "GET", half).status_code == 400


def test_group_teams_that_are_not_there(emulator: Emulator) -> None:
    """A role goes to one that is there; to make one, the directory has to be asked."""
    group = "55555555-5555-4555-8555-555555555555"
    team = f"teams(azureactivedirectoryobjectid={group},membershiptype=0)"
    body = {"azureactivedirectoryobjectid": group, "membershiptype": 0}
    role = {"@odata.id": f"{emulator.url}/api/data/v9.2/roles({_ROLE})"}
    owner = {"ownerid@odata.bind": f"/{team}"}
    call(emulator, "POST", "workflows", flow())
    for method, path, sent in (
        ("POST", "teams", body),
        ("POST", f"{team}/teamroles_association/$ref", role),
        ("PATCH", f"workflows({FLOW})", owner),
    ):
        assert call(emulator, method, path, sent).status_code == 501
    call(emulator, "POST", "teams", {**body, "name": "Group", "teamtype": 2})
    given = call(emulator, "POST", f"{team}/teamroles_association/$ref", role)
    assert given.status_code == 204
    assert call(emulator, "PATCH", team, {"teamtype": 2}).status_code == 204
    assert call(emulator, "PATCH", team, {"teamtype": 3}).status_code == 501
    assert call(emulator, "PATCH", f"workflows({FLOW})", owner).status_code == 204
    roles = call(emulator, "GET", f"{team}/teamroles_association?$select=name").json()["value"]
    assert len(roles) == 1


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("EntityDefinitions(LogicalName='account')", 501),
        ("EntityDefinitions(LogicalName='opportunity')", 501),
        ("EntityDefinitions(LogicalName='nothing')", 404),
        ("EntityDefinitions(LogicalName='team')?$select=HasNotes", 501),
        ("EntityDefinitions(LogicalName='team')?$select=HasNothing", 400),
        ("EntityDefinitions?$filter=IsMappable/Value eq true", 501),
        ("EntityDefinitions?$filter=IsNothing eq true", 400),
        ("EntityDefinitions(LogicalName='team')?$expand=Settings", 501),
        ("EntityDefinitions(LogicalName='team')/Privileges", 501),
        ("EntityDefinitions(LogicalName='team')/Nothing", 404),
        ("EntityDefinitions(LogicalName='team')/Attributes?$select=ColumnNumber", 501),
        ("RetrieveTotalRecordCount(EntityNames=['contact'])", 501),
        ("RetrieveTotalRecordCount(EntityNames=['nothing'])", 400),
        ("accounts?fetchXml=<fetch><entity name='account'/></fetch>", 501),
        ("solutions?fetchXml=<fetch><entity name='solution'><link-entity name='webresource' "
         "from='solutionid' to='solutionid'/></entity></fetch>", 501),
        ("solutions?fetchXml=<fetch><entity name='nothing'/></fetch>", 400),
    ],
)  # fmt: skip
def test_tables_of_the_service(emulator: Emulator, path: str, status: int) -> None:
    """One that it has is not said to be missing."""
    assert call(emulator, "GET", path).status_code == status


def test_sharing_rows_of_tables_of_the_service(emulator: Emulator) -> None:
    """Likewise: a table that there is not is a fault of the request."""
    for table, status in (("account", 501), ("nothing", 400)):
        target = {"@odata.type": f"{_CRM}{table}", f"{table}id": FLOW}
        body = {"Target": target, "PrincipalAccess": _ACCESS}
        assert call(emulator, "POST", "GrantAccess", body).status_code == status


def test_a_component_that_is_not_there_joins_no_solution(emulator: Emulator) -> None:
    """Of whatever type; AddRequiredComponents has to be said."""
    body = {"ComponentType": 380, "SolutionUniqueName": "ContosoAutomation", "ComponentId": FLOW}
    assert _error(call(emulator, "POST", "AddSolutionComponent", body))[:2] == (400, "0x80040203")
    body["AddRequiredComponents"] = False
    assert _error(call(emulator, "POST", "AddSolutionComponent", body))[:2] == (404, "0x80040217")
    assert emulator.control.rows("solutioncomponents") == []


def test_required_components_come_along(emulator: Emulator) -> None:
    """The child flow and the connection reference of a flow, where it is asked for."""
    call(emulator, "POST", "workflows", flow("Child"))
    called = {
        "type": "Workflow",
        "inputs": {"host": {"workflowReferenceName": FLOW}},
        "runAfter": {},
    }
    parent = flow("Parent", workflowid=SECOND, clientdata=document(Call=called))
    call(emulator, "POST", "workflows", parent)
    body: dict[str, Any] = {
        "ComponentId": SECOND,
        "ComponentType": 29,
        "SolutionUniqueName": "ContosoAutomation",
        "AddRequiredComponents": False,
    }
    for required, members in ((False, {SECOND}), (True, {FLOW, SECOND})):
        body["AddRequiredComponents"] = required
        assert call(emulator, "POST", "AddSolutionComponent", body).status_code == 200
        found = {row["objectid"] for row in emulator.control.rows("solutioncomponents")}
        assert found == members


def test_an_option_stands_once(emulator: Emulator) -> None:
    """In any spelling; none is dropped silently."""
    for query in ("$select=name&$select=category", "$filter=category eq 5&%24filter=category eq 4"):
        status, code, message = _error(call(emulator, "GET", f"workflows?{query}"))
        assert (status, code) == (400, "0x80060888")
        assert "was specified more than once, but it must be specified at most once" in message


@pytest.mark.parametrize(
    ("entity_set", "key", "column"),
    [
        ("solutions", _SOLUTION, "uniquename"),
        ("publishers", "0e6a3b61-0000-4000-8000-000000000031", "uniquename"),
    ],
)
def test_unique_names_are_given_once(
    emulator: Emulator, entity_set: str, key: str, column: str
) -> None:
    """Makers can edit them before the first save alone; an update leaves them as they are."""
    before = emulator.control.row(entity_set, key)[column]
    body = {column: "Another", "friendlyname": "Seen"}
    assert call(emulator, "PATCH", f"{entity_set}({key})", body).status_code == 204
    after = emulator.control.row(entity_set, key)
    assert (after[column], after["friendlyname"]) == (before, "Seen")


def test_a_managed_solution_and_an_organization_stay(emulator: Emulator) -> None:
    """The one is not changed, the other not created."""
    emulator.control.patch("solutions", _SOLUTION, {"ismanaged": True})
    response = call(emulator, "PATCH", f"solutions({_SOLUTION})", {"version": "2.0.0.0"})
    assert _error(response)[:2] == (400, "0x8004F009")
    created = call(emulator, "POST", "organizations", {"name": "Another"})
    assert _error(created)[:2] == (405, "0x80040800")
    assert len(emulator.control.rows("organizations")) == 1


@pytest.mark.parametrize("message", ["CreateMultiple", "UpdateMultiple", "UpsertMultiple"])
def test_flows_are_written_one_by_one(emulator: Emulator, message: str) -> None:
    """The reference page of their table lists none of the bulk operations."""
    body = {"Targets": [{"@odata.type": f"{_CRM}workflow", **flow()}]}
    response = call(emulator, "POST", f"workflows/{_CRM}{message}", body)
    assert _error(response)[:2] == (405, "0x80040800")
    assert emulator.control.rows("workflows") == []


def test_parameters_of_every_function_are_known() -> None:
    """A function that is added to the router needs its line, or it ends in an exception."""
    assert {*router.FUNCTIONS, *router.BOUND_FUNCTIONS} <= set(parameters.FUNCTIONS)
