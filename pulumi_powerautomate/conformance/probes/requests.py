"""Requests that are formed otherwise than expected: content types, options, names, methods."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping

from ..documents import document, flow_row, mail
from ..exchange import Exchanges
from ..lab import Lab
from ..probe import Answer, Probe, by_refusal, refusal_of, undecided

_ON = {"statecode": 1, "statuscode": 2}
_ACTIVATE = frozenset({"activate"})
_REJECTED = "501 0x80060888"
_ANNOTATED = {"Prefer": 'odata.include-annotations="*"'}
_DETAILS = "@Microsoft.PowerApps.CDS.ErrorDetails."


def _get(path: str, headers: Mapping[str, str] | None = None) -> Callable[[Lab], None]:
    def ask(lab: Lab) -> None:
        lab.send("read", "GET", path, headers=headers)

    return ask


def _plain_text(lab: Lab) -> None:
    headers = {"Content-Type": "text/plain"}
    lab.send("update", "PATCH", f"workflows({lab.flow()})", {"description": "x"}, headers)


def _unknown_member(lab: Lab) -> None:
    lab.send("update", "PATCH", f"workflows({lab.flow()})", {"papconfnothing": 1})


def _wrong_method(lab: Lab) -> None:
    lab.send("post", "POST", f"workflows({lab.flow()})", {})


def _line_feeds(lab: Lab) -> None:
    part = "Content-Type: application/http\n\nGET WhoAmI HTTP/1.1\nAccept: application/json\n\n"
    kind = {"Content-Type": "multipart/mixed; boundary=papconf", "Accept": "multipart/mixed"}
    lab.send("batch", "POST", "$batch", f"--papconf\n{part}\n--papconf--\n".encode(), kind)


def _taken(label: str) -> Callable[[Exchanges], Answer]:
    def judge(found: Exchanges) -> Answer:
        return Answer("accepted" if found[label].ok else found[label].refusal)

    return judge


def _renamed(lab: Lab) -> None:
    noun = lab.noun()
    row = {
        "uniquename": lab.names.unique(noun),
        "friendlyname": lab.names.name(noun),
        "version": "1.0.0.0",
        "publisherid@odata.bind": f"/publishers({lab.publisher()})",
    }
    made = lab.need(lab.quiet("make", "POST", "solutions", row), "making a solution")
    path = f"solutions({made.header('OData-EntityId').rpartition('(')[2]}"
    lab.send("update", "PATCH", path, {"uniquename": lab.names.unique(f"{noun}_renamed")})
    lab.send("read", "GET", f"{path}?$select=uniquename")


def _kept(found: Exchanges) -> Answer:
    if not found["update"].ok:
        return Answer(found["update"].refusal)
    name = found["read"].member("uniquename")
    if not isinstance(name, str):
        return undecided("the solution was not read")
    return Answer("changed" if name.endswith("_renamed") else "kept")


def _other_process(lab: Lab) -> None:
    row = {**flow_row(lab.names.name(lab.noun())), "type": 2}
    lab.send("create", "POST", "workflows", row, lab.in_solution())


def _team_type(lab: Lab) -> None:
    row = {
        "name": lab.names.name(lab.noun()),
        "teamtype": 0,
        "businessunitid@odata.bind": f"/businessunits({lab.shared.business_unit})",
        "administratorid@odata.bind": f"/systemusers({lab.shared.user_id})",
    }
    made = lab.need(lab.quiet("make", "POST", "teams", row), "making a team")
    path = f"teams({made.header('OData-EntityId').rpartition('(')[2]}"
    lab.send("update", "PATCH", path, {"teamtype": 1})


def _solution_of_a_flow(lab: Lab) -> None:
    lab.send("flow", "GET", f"workflows({lab.flow()})?$select=solutionid")
    lab.send("active", "GET", "solutions?$select=solutionid&$filter=uniquename eq 'Active'")


def _is_active(found: Exchanges) -> Answer:
    own, active = found["flow"].member("solutionid"), found["active"].rows
    if not own or not active:
        return undecided("the flow's solution or the active one was not read")
    return Answer("the active solution" if own == active[0].get("solutionid") else "another")


def _there(found: Exchanges) -> Answer:
    if not found["read"].ok:
        return undecided(f"answered with {found['read'].refusal}")
    return Answer("some" if found["read"].rows else "none")


def _details(label: str) -> Callable[[Exchanges], Answer]:
    def judge(found: Exchanges) -> Answer:
        error = found[label].member("error")
        if found[label].ok or not isinstance(error, dict):
            return undecided(f"answered with {found[label].refusal}, without an error")
        names = sorted(
            name.removeprefix(_DETAILS) for name in error if str(name).startswith(_DETAILS)
        )
        return Answer(", ".join(names) or "none")

    return judge


def _refused_activation(lab: Lab) -> None:
    flow = lab.flow(clientdata=mail(lab.reference()))
    lab.send("turn on", "PATCH", f"workflows({flow})", _ON, _ANNOTATED)


def _missing(lab: Lab) -> None:
    lab.send("read", "GET", f"workflows({uuid.uuid4()})?$select=name", headers=_ANNOTATED)


def _without_role_of_his_own(lab: Lab) -> None:
    """Read about a user who has roles through teams alone; nobody's roles are changed."""
    condition = (
        "isdisabled eq false and not systemuserroles_association/any() and "
        "teammembership_association/any(t:t/teamroles_association/any())"
    )
    path = f"systemusers?$select=systemuserid&$filter={condition}&$top=1"
    rows = lab.send("users", "GET", path).rows
    if rows:
        function = "Microsoft.Dynamics.CRM.RetrieveUserPrivileges()"
        lab.send("privileges", "GET", f"systemusers({rows[0]['systemuserid']})/{function}")


def _through_teams(found: Exchanges) -> Answer:
    if not found["users"].rows:
        return undecided("no user has roles through teams alone")
    held = found["privileges"].member("RolePrivileges")
    if not isinstance(held, list):
        return undecided(f"answered with {found['privileges'].refusal}")
    return Answer("with_teams" if held else "direct")


def _wrong_arguments(lab: Lab) -> None:
    action = {"type": "Compose", "inputs": "@add(1)", "runAfter": {}}
    flow = lab.flow(clientdata=document({"Nothing": action}))
    lab.send("turn on", "PATCH", f"workflows({flow})", _ON)


def _unknown_operation(lab: Lab) -> None:
    reference = lab.reference(connection=f"{lab.names.stem}-nobody")
    text = mail(reference).replace("GetEmailsV3", "PapconfNothing")
    lab.send("turn on", "PATCH", f"workflows({lab.flow(clientdata=text)})", _ON)


def _operation_checked(found: Exchanges) -> Answer:
    answer = found["turn on"]
    if not answer.ok and "onnection" in f"{answer.inner_code} {answer.message}":
        return undecided("the connection was refused before the operation")
    return Answer("turned on" if answer.ok else f"{answer.code} {answer.inner_code}".strip())


def _turned_on(found: Exchanges) -> Answer:
    answer = found["turn on"]
    return Answer("turned on" if answer.ok else f"{answer.code} {answer.inner_code}".strip())


def _child_that_is_off(lab: Lab) -> None:
    action = {
        "type": "Workflow",
        "runAfter": {},
        "inputs": {"host": {"workflowReferenceName": lab.flow()}, "body": {}},
    }
    flow = lab.flow(clientdata=document({"Call": action}))
    lab.send("turn on", "PATCH", f"workflows({flow})", _ON)


def _nothing(lab: Lab) -> None:
    """Send nothing: what it would make has no name of the run's."""


def _never(found: Exchanges) -> Answer:
    if "give" in found:
        return Answer("answered" if found["give"].ok else found["give"].refusal)
    return undecided("never asked: the team would have a name of the directory")


PROBES = (
    Probe("content-type", "Does a body need the content type of JSON?",
          ("switch:content_type",
           "fact:a body without the content type of JSON: 415 (switch `content_type`)"),
          "required", _plain_text, by_refusal("update", {"415": "required", "204": "any"}), 2,
          ("a flow",)),
    Probe("privileges-of-teams", "Does RetrieveUserPrivileges include those of teams?",
          ("switch:user_privileges",
           "fact:RetrieveUserPrivileges without the privileges of teams (switch "
           "`user_privileges`: its reference includes them)"),
          "direct", _without_role_of_his_own, _through_teams, 2),
    Probe("unknown-parameter", "How is a parameter refused that a function does not take?",
          ("fact:parameters that a function or action does not take",), "404 0x80060888",
          _get("WhoAmI(papconfnothing=1)"), refusal_of("read"), 1),
    Probe("option-twice", "How is a query option that stands twice refused?",
          ("fact:a query option that stands twice",), "400 0x80060888",
          _get("solutions?$select=uniquename&$top=1&$top=2"), refusal_of("read"), 1),
    Probe("unknown-column", "How is an unknown column in `$select` refused?",
          ("fact:an unknown column in `$select` or `$filter`: 0x80060888 (documented as 0x0)",),
          "400 0x80060888", _get("workflows?$select=papconfnothing&$top=1"), refusal_of("read"),
          1),
    Probe("unknown-member", "How is an unknown member of a body refused?",
          ("fact:an unknown member of a body: 0x80048d19, `Invalid property`",),
          "400 0x80048d19", _unknown_member, refusal_of("update"), 2, ("a flow",)),
    Probe("wrong-method", "How is a method refused that a row does not have?",
          ("fact:a row or set with a method it does not have: 405 with an empty code",), "405",
          _wrong_method, refusal_of("post"), 2, ("a flow",)),
    Probe("line-feeds-in-a-batch", "Is a batch taken whose lines end with LF alone?",
          ("fact:line ends other than CRLF in a batch are taken",), "accepted", _line_feeds,
          _taken("batch"), 1),
    Probe("all-metadata", "Is `odata.metadata=full` answered?",
          ("fact:`odata.metadata=full` and `none`",), _REJECTED,
          _get("WhoAmI", {"Accept": "application/json;odata.metadata=full"}),
          refusal_of("read"), 1),
    Probe("more-of-a-definition", "Is `HasNotes` of a table answered?",
          ("fact:members of definitions that are not modelled",), _REJECTED,
          _get("EntityDefinitions(LogicalName='workflow')?$select=HasNotes"),
          refusal_of("read"), 1),
    Probe("contain-values", "Is there a condition on a choice of several?",
          ("fact:`ContainValues`, `DoesNotContainValues`",), _REJECTED,
          _get("solutions?$select=uniquename&$top=1&$filter=Microsoft.Dynamics.CRM.ContainValues("
               "PropertyName='solutiontype',PropertyValues=['1'])"), refusal_of("read"), 1),
    Probe("renamed-solution", "Does an update change the unique name of a solution?",
          ("fact:unique names of solutions and publishers, schema names: kept by updates",),
          "kept", _renamed, _kept, 4, ("a solution",)),
    Probe("other-process", "Is a process created that is no definition?",
          ("fact:creating processes that are no definitions of cloud flows",), _REJECTED,
          _other_process, refusal_of("create"), 1),
    Probe("team-type", "Is the type of a team changed?", ("fact:changing the type of a team",),
          _REJECTED, _team_type, refusal_of("update"), 2, ("a team",)),
    Probe("default-team", "Are there default teams?",
          ("fact:the default team of a business unit (the service makes one for each, the "
           "emulator has none)",), "none",
          _get("teams?$select=isdefault&$filter=isdefault eq true&$top=1"), _there, 1),
    Probe("solution-of-a-flow", "Which solution does the column `solutionid` of a flow name?",
          ("fact:`solutionid` of unmanaged components: the active solution",),
          "the active solution", _solution_of_a_flow, _is_active, 3, ("a flow",)),
    Probe("details-of-an-activation", "Which details has a refused activation?",
          ("fact:annotations of refused activations: `ErrorDetails.0`, `ErrorDetails.1`",),
          "0, 1, ApiActivityIdKey, ApiDepthKey, ApiExceptionCategory, ApiExceptionHttpStatusCode",
          _refused_activation, _details("turn on"), 3, ("a flow", "a connection reference"),
          _ACTIVATE),
    Probe("details-of-an-error", "Which details has the error of a missing row?",
          ("fact:`ApiExceptionSourceKey`, `ApiStepKey` and solutions of plug-in steps in "
           "annotations of errors (left out)",),
          "ApiActivityIdKey, ApiDepthKey, ApiExceptionCategory, ApiExceptionHttpStatusCode, "
          "ApiExceptionMessageName", _missing, _details("read"), 1),
    Probe("wrong-arguments", "Are the arguments of functions checked?",
          ("fact:number and types of arguments of functions (not checked)",), "turned on",
          _wrong_arguments, _turned_on, 2, ("a flow",), _ACTIVATE),
    Probe("unknown-operation", "Are operations of connectors checked?",
          ("fact:operations and their parameters, licences, data policies (not checked)",),
          "turned on", _unknown_operation, _operation_checked, 3,
          ("a flow", "a connection reference"), _ACTIVATE),
    Probe("child-that-is-off", "How is a flow turned on whose child was never on?",
          ("fact:child flows: on once, without Invoker references",),
          "0x80060467 ChildFlowNeverPublished", _child_that_is_off, _turned_on, 3,
          ("two flows",), _ACTIVATE),
    Probe("group-team", "Is a team of a group made just in time?",
          ("fact:teams of groups made just in time, their names from the directory",), None,
          _nothing, _never, 0),
)  # fmt: skip
