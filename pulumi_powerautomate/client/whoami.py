"""The signed-in identity (WhoAmI), its privileges, and what the service tells about itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timezone
from email.utils import parsedate_to_datetime
from typing import Any

from ..resources import RESOURCES
from .http.transport import Transport

# What the clock of a token may differ by; Entra and Dataverse allow five minutes.
MOST_SKEW_SECONDS = 300.0

# By what is managed or done: the privileges that it takes.
NEEDED: Mapping[str, tuple[str, ...]] = {
    **{kind.name: kind.privileges for kind in RESOURCES},
    "export": ("prvExportCustomization", "prvReadSolution"),
}


@dataclass(frozen=True)
class Reached:
    """
    An environment that answered.

    Attributes:
        user_id: our row among its users.
        organization_id: its own id.
        version: version of the service.
        requests_left: requests before the service protection limit, or None when it is not told.
        seconds_left: execution time before that limit, or None.
        skew: seconds that this machine's clock is ahead, or None.
    """

    user_id: str
    organization_id: str
    version: str
    requests_left: int | None
    seconds_left: float | None
    skew: float | None


class Identity:
    """The caller, as the environment knows it."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def reach(self) -> Reached:
        """Ask the environment who we are and which version it is."""
        before = datetime.now(timezone.utc)
        response = self._get("WhoAmI", "Reach the environment")
        after = datetime.now(timezone.utc)
        version = self._get("RetrieveVersion()", "Read the version")
        headers = version.headers
        return Reached(
            user_id=str(response.body.get("UserId") or ""),
            organization_id=str(response.body.get("OrganizationId") or ""),
            version=str(version.body.get("Version") or ""),
            requests_left=_whole(headers.get("x-ms-ratelimit-burst-remaining-xrm-requests")),
            seconds_left=_number(headers.get("x-ms-ratelimit-time-remaining-xrm-requests")),
            skew=_skew(response.headers.get("Date"), before, after),
        )

    def missing_privileges(self, user_id: str) -> dict[str, list[str]]:
        """
        The privileges that a user lacks, by kind of resource; kinds that lack none are left out.

        Source: "RetrieveUserPrivileges function": privileges through roles, and through teams.
        """
        path = f"systemusers({user_id})/Microsoft.Dynamics.CRM.RetrieveUserPrivileges()"
        response = self._get(path, "Read the privileges")
        held = {
            str(item.get("PrivilegeName") or "").lower()
            for item in response.body.get("RolePrivileges") or []
        }
        missing = {
            kind: [name for name in names if name.lower() not in held]
            for kind, names in NEEDED.items()
        }
        return {kind: names for kind, names in missing.items() if names}

    def _get(self, path: str, action: str) -> Any:
        transport = self._transport
        return transport.send("GET", path, action=action, deadline=transport.deadline())


def _skew(date: str | None, before: datetime, after: datetime) -> float | None:
    """Local time less the server's, which is given in whole seconds; 0 within that and the trip."""
    try:
        theirs = parsedate_to_datetime(date or "")
    except (TypeError, ValueError):
        return None
    if theirs.tzinfo is None:
        theirs = theirs.replace(tzinfo=timezone.utc)
    early = (before - theirs).total_seconds() - 1.0
    late = (after - theirs).total_seconds()
    return early if early > 0 else min(late, 0.0)


def _whole(text: str | None) -> int | None:
    number = _number(text)
    return None if number is None else int(number)


def _number(text: str | None) -> float | None:
    try:
        return float((text or "").replace(",", ""))
    except ValueError:
        return None
