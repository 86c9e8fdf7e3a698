"""The means of a probe: requests that are kept as exchanges, and rows of the run's own."""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from .documents import flow_row, package
from .exchange import Exchange
from .names import Names
from .sender import Sender

if TYPE_CHECKING:
    from ..client import DataverseClient
    from ..client.http.transport import Transport

_ROLES = ("Environment Maker", "Basic User")


class UndecidableError(Exception):
    """Raised while asking: the question cannot be asked here; the text says why."""


@dataclass(frozen=True)
class Options:
    """
    The permissions of a run.

    Attributes:
        activate: turn on flows that do nothing.
        upload_bytes: size of the largest body that is tried.
        patience: seconds that one import, or one wait for a row, may take.
    """

    activate: bool = False
    upload_bytes: int = 4 * 1024 * 1024
    patience: float = 600.0


@dataclass
class Shared:
    """The rows that several probes use; each is made when the first one asks for it."""

    user_id: str
    business_unit: str
    publisher: str | None = None
    solution: str | None = None
    team: str | None = None
    refused: dict[str, str] = field(default_factory=dict)
    # Answers to the very first request, which tell a fresh environment.
    first: list[Exchange] = field(default_factory=list)
    # Every exchange of the run in its order, with the probe that it belongs to.
    trail: list[tuple[str, Exchange]] = field(default_factory=list)


class Lab:
    """One probe's place: what it sends is kept under the labels that its judge knows."""

    def __init__(
        self,
        client: DataverseClient,
        sender: Sender,
        names: Names,
        shared: Shared,
        options: Options,
        probe: str,
    ) -> None:
        self.client = client
        self.sender = sender
        self.names = names
        self.shared = shared
        self.options = options
        self.found: dict[str, Exchange] = {}
        self._name = probe
        self._probe = probe.replace("-", "_")
        self._started = time.monotonic()
        self._made = 0

    @property
    def root(self) -> str:
        """The API's root, as references to rows begin."""
        return f"{self.client.connection.environment_url}/api/data/v9.2/"

    def send(
        self,
        label: str,
        method: str,
        path: str,
        body: Any = None,
        headers: Mapping[str, str] | None = None,
        *,
        token: str | None = None,
        transport: Transport | None = None,
    ) -> Exchange:
        """Send a request that the judge looks at."""
        found = self.sender.send(
            label, method, path, body, headers,
            token=token, since=self._started, transport=transport,
        )  # fmt: skip
        last = self.shared.trail[-1] if self.shared.trail else None
        if last is not None and last[1] is self.found.get(label):
            # Of looks at the same thing the last one is kept.
            self.shared.trail.pop()
        self.found[label] = found
        self.shared.trail.append((self._name, found))
        return found

    def keep(self, found: Exchange) -> None:
        """Keep an exchange that was not sent to the environment."""
        self.found[found.label] = found
        self.shared.trail.append((self._name, found))

    def noun(self) -> str:
        """A noun for the next row of this probe."""
        self._made += 1
        return f"{self._probe}_{self._made}" if self._made > 1 else self._probe

    def flow(self, **columns: Any) -> str:
        """A flow of our own that is off, in the run's solution; its id."""
        row = flow_row(self.names.name(self.noun()), **columns)
        return self._create("workflows", row, in_solution=True)

    def in_solution(self) -> dict[str, str]:
        """The header that puts a new row into the run's solution."""
        return {"MSCRM.SolutionUniqueName": self.solution()}

    def reference(self, connection: str | None = None) -> str:
        """A connection reference of our own; its logical name."""
        name = self.names.schema(self.noun())
        row: dict[str, Any] = {
            "connectionreferencelogicalname": name,
            "connectionreferencedisplayname": self.names.name("reference"),
            "connectorid": "/providers/Microsoft.PowerApps/apis/shared_office365",
        }
        if connection is not None:
            row["connectionid"] = connection
        self._create("connectionreferences", row, in_solution=True)
        return name

    def publisher(self) -> str:
        """The run's publisher; its id."""
        if self.shared.publisher is None:
            row = {
                "uniquename": self.names.unique(""),
                "friendlyname": self.names.name("publisher"),
                "customizationprefix": self.names.prefix,
                "customizationoptionvalueprefix": 47110,
            }
            self.shared.publisher = self._once("publisher", "publishers", row)
        return self.shared.publisher

    def solution(self) -> str:
        """The run's solution, which holds what probes make; its unique name."""
        if self.shared.solution is None:
            row = {
                "uniquename": self.names.unique("rows"),
                "friendlyname": self.names.name("rows"),
                "version": "1.0.0.0",
                "publisherid@odata.bind": f"/publishers({self.publisher()})",
            }
            self.shared.solution = self._once("solution", "solutions", row)
        return self.names.unique("rows")

    def team(self) -> str:
        """A team of our own with a role, to share flows with; its id."""
        if self.shared.team is None:
            row = {
                "name": self.names.name("team"),
                "teamtype": 0,
                "businessunitid@odata.bind": f"/businessunits({self.shared.business_unit})",
                "administratorid@odata.bind": f"/systemusers({self.shared.user_id})",
            }
            team = self._once("team", "teams", row)
            try:
                self._give_role(team)
            except UndecidableError as error:
                # A team without a role is of no use, and one is enough.
                self.shared.refused["team"] = str(error)
                raise
            self.shared.team = team
        return self.shared.team

    def package(self, noun: str, **more: Any) -> str:
        """A package of our own, base64."""
        self.publisher()
        data = package(self.names.unique(noun), self.names.unique(""), self.names.prefix, **more)
        return base64.b64encode(data).decode()

    def import_body(self, content: str, job: str) -> dict[str, Any]:
        """The body of an import."""
        return {
            "OverwriteUnmanagedCustomizations": True,
            "PublishWorkflows": False,
            "ImportJobId": job,
            "CustomizationFile": content,
        }

    def followed(self, label: str, operation: str) -> Exchange:
        """Follow an asynchronous operation to its end; the last look at it is kept."""
        columns = "statecode,statuscode,errorcode,message,friendlymessage,startedon,completedon"
        path = f"asyncoperations({operation})?$select={columns}"
        started = time.monotonic()
        while True:
            found = self.send(label, "GET", path)
            waited = time.monotonic() - started
            if not found.ok or found.member("statecode") == 3 or waited > self.options.patience:
                return found
            # Short ones are measured, long ones are waited for.
            time.sleep(0.2 if waited < 5 else 2.0 if waited < 60 else 10.0)

    def quiet(self, label: str, method: str, path: str, body: Any = None,
              headers: Mapping[str, str] | None = None) -> Exchange:  # fmt: skip
        """A request that the judge does not look at."""
        found = self.sender.send(label, method, path, body, headers)
        self.shared.trail.append((self._name, found))
        return found

    def need(self, found: Exchange, what: str) -> Exchange:
        """The exchange, which what follows depends on."""
        if not found.ok:
            detail = f"{found.refusal} {found.message[:120]}".strip()
            raise UndecidableError(f"{what} was refused ({detail})")
        return found

    def target(self, workflow_id: str) -> dict[str, str]:
        """A flow as the actions of sharing name it."""
        return {"@odata.type": "Microsoft.Dynamics.CRM.workflow", "workflowid": workflow_id}

    def share(
        self, label: str, action: str, workflow_id: str, mask: str, principal: str | None = None
    ) -> Exchange:
        """GrantAccess, ModifyAccess or RevokeAccess for the run's team, or for a user's id."""
        who = (
            {"@odata.type": "Microsoft.Dynamics.CRM.team", "teamid": self.team()}
            if principal is None
            else {"@odata.type": "Microsoft.Dynamics.CRM.systemuser", "systemuserid": principal}
        )
        body: dict[str, Any] = {"Target": self.target(workflow_id)}
        if action == "RevokeAccess":
            body["Revokee"] = who
        else:
            body["PrincipalAccess"] = {"AccessMask": mask, "Principal": who}
        return self.send(label, "POST", action, body)

    def shares(self, label: str, workflow_id: str) -> Exchange:
        """Who a flow is shared with."""
        target = json.dumps({"@odata.id": f"workflows({workflow_id})"}).replace('"', "'")
        path = f"RetrieveSharedPrincipalsAndAccess(Target=@t)?@t={target}"
        return self.send(label, "GET", path)

    def _create(self, entity_set: str, row: Mapping[str, Any], *, in_solution: bool) -> str:
        headers = self.in_solution() if in_solution else None
        made = self.quiet(f"make a row of {entity_set}", "POST", entity_set, row, headers)
        self.need(made, f"making a row of {entity_set}")
        return made.header("OData-EntityId").rpartition("(")[2].rstrip(")")

    def _once(self, kind: str, entity_set: str, row: Mapping[str, Any]) -> str:
        """A shared row; a refusal is remembered, so that it is asked for once."""
        if kind in self.shared.refused:
            raise UndecidableError(self.shared.refused[kind])
        try:
            return self._create(entity_set, row, in_solution=False)
        except UndecidableError as error:
            self.shared.refused[kind] = str(error)
            raise

    def _give_role(self, team: str) -> None:
        wanted = " or ".join(f"name eq '{name}'" for name in _ROLES)
        path = (
            f"roles?$select=roleid,name&$filter=_businessunitid_value eq "
            f"{self.shared.business_unit} and ({wanted})&$orderby=name desc"
        )
        found = self.quiet("find a role", "GET", path)
        if not found.rows:
            raise UndecidableError("no role Environment Maker or Basic User was found")
        body = {"@odata.id": f"{self.root}roles({found.rows[0]['roleid']})"}
        given = self.quiet("give a role", "POST", f"teams({team})/teamroles_association/$ref", body)
        self.need(given, "giving our own team a role")
