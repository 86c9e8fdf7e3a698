"""Users, teams and roles that are not there."""

from __future__ import annotations

import uuid

from ..exchange import Exchanges
from ..lab import Lab
from ..probe import Answer, Probe, refusal_of, undecided


def _alternate_key(lab: Lab) -> None:
    key = f"azureactivedirectoryobjectid={uuid.uuid4()}"
    lab.send("read", "GET", f"systemusers({key})?$select=systemuserid")


def _missing_role(lab: Lab) -> None:
    path = f"teams({lab.team()})/teamroles_association/$ref"
    lab.send("give", "POST", path, {"@odata.id": f"{lab.root}roles({uuid.uuid4()})"})


def _privileges(lab: Lab) -> None:
    function = "Microsoft.Dynamics.CRM.RetrieveUserPrivileges()"
    lab.send("read", "GET", f"systemusers({lab.shared.user_id})/{function}")


def _told_by(found: Exchanges) -> Answer:
    held = found["read"].member("RolePrivileges")
    if not held:
        return undecided(f"answered with {found['read'].refusal}, without privileges")
    names = ("PrivilegeName", "PrivilegeId")
    told = [name for name in names if held[0].get(name)]
    return Answer(" and ".join(told) or "neither", f"members {', '.join(sorted(held[0]))}")


PROBES = (
    Probe("privileges", "By what are the privileges of a user told?",
          ("client:privileges that are needed",), "PrivilegeName and PrivilegeId", _privileges,
          _told_by, 1),
    Probe("unknown-object-id", "How is a user looked up by an Entra id that nobody has?",
          ("client:alternate key",), "404 0x80060891", _alternate_key, refusal_of("read"), 1),
    Probe("unknown-role", "How is a role that is not there refused?", ("client:unknown role",),
          "404 0x80040217", _missing_role, refusal_of("give"), 1,
          ("a team with a role, once",), frozenset({"team"})),
)  # fmt: skip
