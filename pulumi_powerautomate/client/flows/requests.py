"""
Cloud flows as Dataverse keeps them: rows of the table `workflow` with category 5.

One method is one request (a list may be several pages). What has to happen when a response gets
lost, a row exists already or somebody else changed it is in `exactly_once`.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from ...errors import InvalidInputError, LostResponseError, NotFoundError
from ...flow import DefinitionError, digest, dump, parse_document, parse_json, references_to_wire
from ..http.odata import guid, literal, row_path
from ..http.response import Response
from ..http.throttle import Deadline
from ..http.transport import Transport
from ..list_cache import PAGE_SIZE
from ..principals import Owner

# `unknown` is for a create whose outcome could not be found out.
FlowState = Literal["on", "off", "suspended", "unknown"]

CLOUD_FLOW = 5
COMPONENT_TYPE = 29

# "CompanyDLPViolation" (table reference of workflow, Microsoft Learn).
_DATA_POLICY = 3
_STATES: Mapping[int, FlowState] = {0: "off", 1: "on", 2: "suspended"}
_CODES: Mapping[str, dict[str, int]] = {
    "off": {"statecode": 0, "statuscode": 1},
    "on": {"statecode": 1, "statuscode": 2},
}

_SUMMARY = (
    "workflowid,workflowidunique,name,description,category,type,statecode,statuscode,"
    "createdon,modifiedon,ismanaged,_ownerid_value,_createdby_value,_modifiedby_value"
)
# What a write answers with: enough to know the row's version, state and owner, and no definition.
_AFTER_WRITE = "workflowid,statecode,statuscode,createdon,modifiedon,ismanaged,_ownerid_value"
_OWNER_KIND = "_ownerid_value@Microsoft.Dynamics.CRM.lookuplogicalname"
_UNPUBLISHED = "Microsoft.Dynamics.CRM.RetrieveUnpublished"
_IS_DRAFT = 1
_MANAGED_MEMBERS = ("definition", "connectionReferences")
_ANNOTATIONS = 'odata.include-annotations="Microsoft.Dynamics.CRM.lookuplogicalname"'


@dataclass(frozen=True)
class FlowSpec:
    """A flow as declared: what is sent, and what a live one is compared with."""

    workflow_id: str
    name: str
    definition: str
    digest: str
    references: Mapping[str, Any]
    state: Literal["on", "off"]
    description: str | None = None
    owner: Owner | None = None
    solution: str | None = None


@dataclass(frozen=True)
class LiveFlow:
    """
    A flow as the environment has it. After a write, `definition` and `name` are not filled.

    `members` holds what the document's `properties` have besides definition and connection
    references, such as the template's name: an update must send it along, or it is lost.
    """

    workflow_id: str
    etag: str
    state: FlowState
    owner_id: str
    owner_kind: Literal["user", "team"]
    created_on: str
    modified_on: str
    is_managed: bool
    name: str = ""
    description: str | None = None
    definition: str = ""
    references: Mapping[str, Any] | None = None
    unique_id: str = ""
    category: int = CLOUD_FLOW
    type: int = 1
    members: Mapping[str, Any] = field(default_factory=dict)
    created_by: str = ""
    modified_by: str = ""
    unreadable: str = ""
    violates_policy: bool = False
    """Whether a data policy of the tenant has suspended it."""

    @property
    def digest(self) -> str:
        """The digest of the definition, empty when the stored one cannot be read."""
        return digest(json.loads(self.definition)) if self.definition else ""


def _listed(row: Mapping[str, Any], action: str) -> LiveFlow:
    """A flow as a row of a list."""
    return _live(row, str(row.get("@odata.etag", "")), str(row["workflowid"]), action)


def summaries_path(workflow_ids: Sequence[str]) -> str:
    """The list of the cloud flows of these ids, without their definitions."""
    wanted = " or ".join(f"workflowid eq {guid(id_)}" for id_ in workflow_ids)
    return (
        f"workflows?$select={_SUMMARY}"
        f"&$filter=category eq {CLOUD_FLOW} and type eq 1 and ({wanted})"
    )


def live_flows(response: Response) -> list[LiveFlow]:
    """The flows in the response to `summaries_path`."""
    return [_listed(row, response.action) for row in response.rows]


class Workflows:
    """Requests on the table of flows."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def deadline(self) -> Deadline:
        """A fresh deadline for an operation of several requests."""
        return self._transport.deadline()

    @property
    def reached(self) -> bool:
        """Whether the environment has ever answered this process."""
        return self._transport.reached

    def get(self, workflow_id: str, deadline: Deadline | None = None) -> LiveFlow:
        """
        Read one flow, definition included.

        Raises:
            NotFoundError: there is no such row, or it is not visible.
        """
        action = f"Read flow {workflow_id}"
        response = self._transport.send(
            "GET",
            f"{row_path('workflows', workflow_id)}?$select={_SUMMARY},clientdata",
            action=action,
            deadline=deadline or self.deadline(),
            headers={"Prefer": _ANNOTATIONS},
        )
        return _live(response.body, response.etag, workflow_id, action)

    def find(self, workflow_id: str, deadline: Deadline | None = None) -> LiveFlow | None:
        """Read one flow, or None when there is no such row."""
        try:
            return self.get(workflow_id, deadline)
        except NotFoundError:
            return None

    def list(
        self,
        *,
        name: str | None = None,
        state: str | None = None,
        owner_id: str | None = None,
        workflow_ids: list[str] | None = None,
        definitions: bool = False,
        cloud_flows_only: bool = True,
        page_size: int = 5000,
    ) -> Iterator[LiveFlow]:
        """Every cloud flow that matches, page by page; definitions only when asked for."""
        conditions = [f"category eq {CLOUD_FLOW}", "type eq 1"] if cloud_flows_only else []
        if name is not None:
            conditions.append(f"name eq {literal(name)}")
        if state is not None:
            code = next(code for code, label in _STATES.items() if label == state)
            conditions.append(f"statecode eq {code}")
        if owner_id is not None:
            conditions.append(f"_ownerid_value eq {owner_id}")
        if workflow_ids is not None:
            conditions.append("(" + " or ".join(f"workflowid eq {i}" for i in workflow_ids) + ")")
        select = _SUMMARY + (",clientdata" if definitions else "")
        query = f"$select={select}&$filter={' and '.join(conditions)}&$orderby=name,workflowid"
        for row in self._transport.pages(
            f"workflows?{query}",
            action="List flows",
            page_size=page_size,
            headers={"Prefer": _ANNOTATIONS},
        ):
            yield _listed(row, "List flows")

    def draft(self, workflow_id: str) -> LiveFlow | None:
        """The draft that a maker has saved of a flow; None where there is no draft."""
        action = f"Read the draft of flow {workflow_id}"
        response = self._transport.send(
            "GET",
            f"{row_path('workflows', workflow_id)}/{_UNPUBLISHED}()"
            f"?$select={_SUMMARY},clientdata,componentstate",
            action=action,
            deadline=self.deadline(),
            headers={"Prefer": _ANNOTATIONS},
        )
        if response.body.get("componentstate") != _IS_DRAFT:
            return None
        return _live(response.body, response.etag, workflow_id, action)

    def drafts(self) -> Iterator[LiveFlow]:
        """The drafts that makers have saved, of all flows in one list."""
        action = "List drafts of flows"
        for row in self._transport.pages(
            f"workflows/{_UNPUBLISHED}Multiple()?$select={_SUMMARY},clientdata"
            f"&$filter=category eq {CLOUD_FLOW} and type eq 1 and componentstate eq {_IS_DRAFT}"
            "&$orderby=name,workflowid",
            action=action,
            headers={"Prefer": _ANNOTATIONS},
        ):
            yield _listed(row, action)

    def versions(self, most_pages: int) -> dict[str, str] | None:
        """The version of every cloud flow, by id; None when there are more than so many pages."""
        rows = self._transport.pages(
            f"workflows?$select=workflowid&$filter=category eq {CLOUD_FLOW} and type eq 1",
            action="List the versions of all flows",
        )
        found: dict[str, str] = {}
        for row in rows:
            if len(found) >= most_pages * PAGE_SIZE:
                return None
            found[str(row["workflowid"]).lower()] = str(row.get("@odata.etag") or "")
        return found

    def create(self, spec: FlowSpec, deadline: Deadline) -> LiveFlow:
        """Create a flow under its own id; the service always creates it off."""
        body: dict[str, Any] = {
            "workflowid": spec.workflow_id,
            "category": CLOUD_FLOW,
            "type": 1,
            "primaryentity": "none",
            "name": spec.name,
            "clientdata": clientdata(spec),
        }
        if spec.description is not None:
            body["description"] = spec.description
        if spec.owner is not None:
            body["ownerid@odata.bind"] = spec.owner.bind
        headers = {"Prefer": f"return=representation,{_ANNOTATIONS}"}
        if spec.solution:
            headers["MSCRM.SolutionUniqueName"] = spec.solution
        action = f"Create flow {spec.name!r}"
        response = self._transport.send(
            "POST",
            f"workflows?$select={_AFTER_WRITE}",
            action=action,
            deadline=deadline,
            body=body,
            headers=headers,
            repeatable=False,
        )
        return _live(response.body, response.etag, spec.workflow_id, action)

    def patch(
        self, spec: FlowSpec, columns: Mapping[str, Any], etag: str, deadline: Deadline, verb: str
    ) -> LiveFlow:
        """Change columns of the row, if its version is still `etag` (`*` for any)."""
        action = f"{verb} flow {spec.name!r}"
        response = self._transport.send(
            "PATCH",
            f"{row_path('workflows', spec.workflow_id)}?$select={_AFTER_WRITE}",
            action=action,
            deadline=deadline,
            body=columns,
            headers={"Prefer": f"return=representation,{_ANNOTATIONS}", "If-Match": etag},
        )
        return _live(response.body, response.etag, spec.workflow_id, action)

    def set_state(
        self, workflow_id: str, state: Literal["on", "off"], etag: str, deadline: Deadline
    ) -> str:
        """Turn a flow on or off; returns the new version."""
        response = self._transport.send(
            "PATCH",
            f"{row_path('workflows', workflow_id)}?$select=workflowid,statecode",
            action=f"Turn {state} flow {workflow_id}",
            deadline=deadline,
            body=state_columns(state),
            headers={"Prefer": "return=representation", "If-Match": etag},
        )
        return response.etag

    def callers(self, workflow_id: str, deadline: Deadline) -> Sequence[str]:
        """Names of the flows whose definition holds the id of a flow."""
        response = self._transport.send(
            "GET",
            f"workflows?$select=name&$filter=category eq {CLOUD_FLOW} and "
            f"contains(clientdata,{literal(workflow_id)}) and workflowid ne {guid(workflow_id)}"
            "&$orderby=name&$top=10",
            action=f"Look for what calls flow {workflow_id}",
            deadline=deadline,
        )
        return [str(row.get("name") or "") for row in response.rows]

    def delete(self, workflow_id: str, etag: str, deadline: Deadline) -> None:
        """Delete the row, if its version is still `etag`; the flow must be off."""
        self._transport.send(
            "DELETE",
            row_path("workflows", workflow_id),
            action=f"Delete flow {workflow_id}",
            deadline=deadline,
            headers={"If-Match": etag},
        )


def state_columns(state: str) -> dict[str, int]:
    """The two columns that turn a flow on or off."""
    return dict(_CODES[state])


def clientdata(spec: FlowSpec, members: Mapping[str, Any] | None = None) -> str:
    """
    The document Dataverse stores: definition and connection references, as a JSON string.

    Args:
        spec: the declaration.
        members: further members of its `properties`, to be kept as they are.
    """
    references = json.dumps(
        references_to_wire(spec.references), ensure_ascii=False, separators=(",", ":")
    )
    rest = "".join(
        f",{json.dumps(name)}:{json.dumps(value, ensure_ascii=False, separators=(',', ':'))}"
        for name, value in (members or {}).items()
    )
    return (
        f'{{"properties":{{"connectionReferences":{references},"definition":{spec.definition}'
        f'{rest}}},"schemaVersion":"1.0.0.0"}}'
    )


def _live(row: Mapping[str, Any], etag: str, expected_id: str, action: str) -> LiveFlow:
    found = str(row.get("workflowid", "")).lower()
    if found != expected_id.lower():
        raise LostResponseError(
            f"{action}: the response is about another row ({found or 'none'}), so it cannot be "
            "trusted. Check whether a proxy rewrites or caches answers."
        )
    definition, references, members, unreadable = _document(row.get("clientdata"))
    return LiveFlow(
        workflow_id=found,
        etag=etag,
        state=_STATES.get(int(row.get("statecode") or 0), "off"),
        violates_policy=int(row.get("statuscode") or 0) == _DATA_POLICY,
        owner_id=str(row.get("_ownerid_value") or ""),
        owner_kind="team" if row.get(_OWNER_KIND) == "team" else "user",
        created_on=str(row.get("createdon") or ""),
        modified_on=str(row.get("modifiedon") or ""),
        is_managed=bool(row.get("ismanaged")),
        name=str(row.get("name") or ""),
        description=row.get("description"),
        definition=definition,
        references=references,
        members=members,
        unique_id=str(row.get("workflowidunique") or ""),
        category=int(row.get("category") or CLOUD_FLOW),
        type=int(row.get("type") or 1),
        created_by=str(row.get("_createdby_value") or ""),
        modified_by=str(row.get("_modifiedby_value") or ""),
        unreadable=unreadable,
    )


def _document(
    text: str | None,
) -> tuple[str, Mapping[str, Any] | None, Mapping[str, Any], str]:
    """
    Definition, references and further members of a stored document, and why it cannot be read.

    Some rows hold no document, or one that is not readable.
    """
    if not text:
        return "", None, {}, "" if text is None else "empty"
    try:
        raw = parse_json(text)
        document = parse_document(raw)
    except (DefinitionError, InvalidInputError) as error:
        return "", None, {}, str(error)
    properties = raw.get("properties") or {}
    members = {name: value for name, value in properties.items() if name not in _MANAGED_MEMBERS}
    return dump(document.definition), document.connection_references, members, ""
