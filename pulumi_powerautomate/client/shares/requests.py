"""Sharing of flows: who may do what with a row, granted explicitly."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from ..http.odata import guid, row_path
from ..http.throttle import Deadline
from ..http.transport import Transport
from ..list_cache import PAGE_SIZE
from ..principals import Owner

# In the order of their bits, which is how the service lists them
# (Web API reference: AccessRights).
RIGHTS: Mapping[str, str] = {
    "read": "ReadAccess",
    "write": "WriteAccess",
    "append": "AppendAccess",
    "append_to": "AppendToAccess",
    "create": "CreateAccess",
    "delete": "DeleteAccess",
    "share": "ShareAccess",
    "assign": "AssignAccess",
}
_BITS: Mapping[str, int] = {
    "read": 1,
    "write": 2,
    "append": 4,
    "append_to": 16,
    "create": 32,
    "delete": 65536,
    "share": 262144,
    "assign": 524288,
}
_ACCESS_COLUMNS = "principalid,principaltypecode,accessrightsmask,inheritedaccessrightsmask"
_BY_WIRE = {wire: name for name, wire in RIGHTS.items()}
_TYPES = {"user": ("systemuser", "systemuserid"), "team": ("team", "teamid")}


@dataclass(frozen=True)
class Share:
    """Rights that one user or team was granted on a flow."""

    principal: Owner
    access: tuple[str, ...]


@dataclass(frozen=True)
class Grant:
    """One row of the service's access table: direct rights, and those that came from elsewhere."""

    principal: Owner
    access: tuple[str, ...]
    inherited: tuple[str, ...]


class Access:
    """Requests on the shares of flows."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def deadline(self) -> Deadline:
        """A fresh deadline for one operation."""
        return self._transport.deadline()

    def shares(self, flow_id: str, deadline: Deadline) -> list[Share]:
        """Every explicit share of a flow; the owner and inherited rights are not among them."""
        response = self._transport.send(
            "GET",
            _shares_path(flow_id),
            action=f"Read the shares of flow {flow_id}",
            deadline=deadline,
        )
        return _shares(response.body)

    def owner_and_shares(self, flow_id: str, deadline: Deadline) -> tuple[str, list[Share]]:
        """The id of a flow's owner, and its explicit shares: two reads in one request."""
        path = f"{row_path('workflows', flow_id)}?$select=_ownerid_value"
        row, shared = self._transport.read_together(
            [path, _shares_path(flow_id)],
            action=f"Read the shares of flow {flow_id}",
            deadline=deadline,
        )
        return str(row.body.get("_ownerid_value") or "").lower(), _shares(shared.body)

    def every_share(self, most_pages: int) -> dict[str, list[Share]] | None:
        """The shares of all flows, by flow; None when there are more pages than `most_pages`."""
        rows = self._transport.pages(
            f"principalobjectaccessset?$select=objectid,{_ACCESS_COLUMNS}"
            "&$filter=objecttypecode eq 'workflow'",
            action="Read the shares of all flows",
        )
        found: dict[str, list[Share]] = {}
        for number, row in enumerate(rows):
            if number >= most_pages * PAGE_SIZE:
                return None
            if row["accessrightsmask"]:
                share = Share(_holder(row), _rights(row["accessrightsmask"]))
                found.setdefault(str(row["objectid"]).lower(), []).append(share)
        return found

    def grants(self, flow_id: str) -> list[Grant]:
        """Every principal with rights on a flow, direct and inherited apart."""
        rows = self._transport.pages(
            f"principalobjectaccessset?$select={_ACCESS_COLUMNS}"
            f"&$filter=objectid eq {guid(flow_id)}",
            action=f"Read who may use flow {flow_id}",
        )
        return [
            Grant(
                _holder(row),
                _rights(row["accessrightsmask"]),
                _rights(row["inheritedaccessrightsmask"]),
            )
            for row in rows
            if row["accessrightsmask"] or row["inheritedaccessrightsmask"]
        ]

    def effective(self, flow_id: str, who: Owner) -> tuple[str, ...]:
        """Rights of a user or team on a flow, from all sources together."""
        logical, _ = _TYPES[who.kind]
        response = self._transport.send(
            "GET",
            f"{logical}s({guid(who.id)})/Microsoft.Dynamics.CRM.RetrievePrincipalAccess(Target=@t)"
            f"?@t={{'@odata.id':'workflows({guid(flow_id)})'}}",
            action=f"Read what {who.kind} {who.id} may do with flow {flow_id}",
            deadline=self._transport.deadline(),
        )
        names = [part.strip() for part in str(response.body.get("AccessRights", "")).split(",")]
        return tuple(name for wire, name in _BY_WIRE.items() if wire in names)

    def grant(self, flow_id: str, who: Owner, access: Iterable[str], deadline: Deadline) -> None:
        """Add rights; what was granted before stays."""
        self._write("GrantAccess", flow_id, who, access, deadline)

    def modify(self, flow_id: str, who: Owner, access: Iterable[str], deadline: Deadline) -> None:
        """Replace the rights by these."""
        self._write("ModifyAccess", flow_id, who, access, deadline)

    def revoke(self, flow_id: str, who: Owner, deadline: Deadline) -> None:
        """Take every right away."""
        self._transport.send(
            "POST",
            "RevokeAccess",
            action=f"Revoke the share of flow {flow_id} with {who.kind} {who.id}",
            deadline=deadline,
            body={"Target": _target(flow_id), "Revokee": _principal(who)},
        )

    def _write(
        self, verb: str, flow_id: str, who: Owner, access: Iterable[str], deadline: Deadline
    ) -> None:
        # Doing it twice comes to the same, so a lost response is simply asked for again.
        self._transport.send(
            "POST",
            verb,
            action=f"Share flow {flow_id} with {who.kind} {who.id}",
            deadline=deadline,
            body={
                "Target": _target(flow_id),
                "PrincipalAccess": {
                    "AccessMask": ",".join(RIGHTS[name] for name in access),
                    "Principal": _principal(who),
                },
            },
        )


def _shares_path(flow_id: str) -> str:
    return (
        "RetrieveSharedPrincipalsAndAccess(Target=@t)"
        f"?@t={{'@odata.id':'workflows({guid(flow_id)})'}}"
    )


def _shares(body: Mapping[str, Any]) -> list[Share]:
    found = map(_share, body.get("PrincipalAccesses") or [])
    return [share for share in found if share.access]


def _holder(row: Mapping[str, Any]) -> Owner:
    kind: Literal["user", "team"] = "team" if row["principaltypecode"] == "team" else "user"
    return Owner(kind, str(row["principalid"]).lower())


def _rights(mask: int | None) -> tuple[str, ...]:
    return tuple(name for name, bit in _BITS.items() if (mask or 0) & bit)


def _target(flow_id: str) -> dict[str, Any]:
    return {"@odata.type": "Microsoft.Dynamics.CRM.workflow", "workflowid": guid(flow_id)}


def _principal(who: Owner) -> dict[str, Any]:
    logical, key = _TYPES[who.kind]
    return {"@odata.type": f"Microsoft.Dynamics.CRM.{logical}", key: guid(who.id)}


def _share(item: Mapping[str, Any]) -> Share:
    principal = item["Principal"]
    kind: Literal["user", "team"] = (
        "team" if str(principal.get("@odata.type", "")).endswith("team") else "user"
    )
    names = [part.strip() for part in str(item.get("AccessMask", "")).split(",")]
    return Share(
        Owner(kind, str(principal["ownerid"]).lower()),
        tuple(name for wire, name in _BY_WIRE.items() if wire in names),
    )
