"""
The global discovery service: which environments the signed-in person may use.

It is a service of its own, one per cloud, and wants a token of its own. Source: "Discover user
organizations" in the Dataverse developer documentation.
"""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal
from urllib.parse import urlsplit

from ..config import SETTINGS, Connection, check_environment_url
from ..config.environment_address import region_of
from ..errors import AuthenticationError, ConfigurationError, TransportError
from .auth import TokenSource
from .http.odata import literal
from .http.transport import Transport

# By the end of an environment's host, the more special first.
_ROOTS: Mapping[str, str] = {
    ".crm9.dynamics.com": "https://globaldisco.crm9.dynamics.com",
    ".crm.microsoftdynamics.us": "https://globaldisco.crm.microsoftdynamics.us",
    ".crm.appsplatform.us": "https://globaldisco.crm.appsplatform.us",
    ".crm.dynamics.cn": "https://globaldisco.crm.dynamics.cn",
    ".dynamics.com": "https://globaldisco.crm.dynamics.com",
}
_BY_CLOUD: Mapping[str, str] = {
    "public": _ROOTS[".dynamics.com"],
    "usgovernment": _ROOTS[".crm.microsoftdynamics.us"],
    "china": _ROOTS[".crm.dynamics.cn"],
}
_PATH = "/api/discovery/v2.0/Instances"
_COLUMNS = (
    "ApiUrl", "EnvironmentId", "FriendlyName", "Id", "IsUserSysAdmin", "LastUpdated", "Purpose",
    "Region", "State", "TenantId", "TrialExpirationDate", "UniqueName", "UrlName", "Url", "Version",
)  # fmt: skip
_MOST_CANDIDATES = 5
# Ways to sign in that stand for an application; the service answers people.
_APPLICATIONS = frozenset({"client_secret", "client_certificate", "oidc", "msi"})


@dataclass(frozen=True)
class LiveEnvironment:
    """An environment as the service knows it; `id` is the portals'; times are ISO 8601."""

    id: str
    organization_id: str
    unique_name: str
    url_name: str
    name: str
    url: str
    api_url: str
    region: str
    state: Literal["enabled", "disabled"]
    version: str
    tenant_id: str
    is_admin: bool
    purpose: str | None
    trial_expires_on: str | None
    updated_on: str | None

    @property
    def names(self) -> tuple[str, ...]:
        """The names by which it can be found."""
        return (self.unique_name, self.url_name, self.id, self.organization_id)

    def matches(self, part: str) -> bool:
        """Whether a text is part of a name, an id or the address, in upper or lower case."""
        return any(part.lower() in text.lower() for text in (*self.names, self.name, self.url))


class Discovery:
    """Lists and finds environments, as whoever a connection signs in."""

    def __init__(
        self, connection: Connection, max_concurrency: int = 1, tokens: TokenSource | None = None
    ) -> None:
        self._signed_in_as = connection
        self._root = discovery_root(connection)
        self.transport = Transport(
            replace(connection, environment_url=self._root),
            max_concurrency,
            tokens,
            is_dataverse=False,
        )

    def environments(
        self, *, region: str | None = None, state: Literal["enabled", "disabled"] | None = None
    ) -> list[LiveEnvironment]:
        """
        Every environment of the person, in order of name.

        Args:
            region: code of a region as the service spells it, such as `EMEA`.
            state: `enabled` or `disabled`; both by default.
        """
        conditions = [f"Region eq {literal(region)}"] if region else []
        conditions += [f"State eq {int(state == 'disabled')}"] if state else []
        query = f"?$select={','.join(_COLUMNS)}"
        if conditions:
            query += f"&$filter={' and '.join(conditions)}"
        rows = self.transport.pages(f"{self._root}{_PATH}{query}", action="list the environments")
        try:
            found = [_environment(row) for row in rows]
        except (AuthenticationError, TransportError) as error:
            # What sends the requests knows one address, and calls it by its usual name.
            error.args = (str(error).replace("environment_url", "discovery_host"),)
            raise
        return sorted(found, key=lambda item: (item.name.lower(), item.url))

    def find(self, wanted: str, where: str = "environment") -> LiveEnvironment:
        """
        The environment with a unique name, a URL name, or an id, in upper or lower case.

        Args:
            wanted: what it is called.
            where: the setting that says so, for the message.

        Raises:
            ConfigurationError: there is none, or more than one; similar names are listed.
        """
        known = self.environments()
        lowered = wanted.lower()
        found = [item for item in known if lowered in map(str.lower, item.names)]
        if len(found) == 1:
            return found[0]
        if found:
            urls = ", ".join(item.url for item in found)
            raise ConfigurationError(
                f"{where}: {len(found)} environments are called {wanted!r} ({urls}); give the "
                "address or an id."
            )
        raise ConfigurationError(
            f"{where}: no environment {wanted!r}. {self.advice(wanted, known)}"
        )

    def advice(self, wanted: str, known: list[LiveEnvironment]) -> str:
        """One sentence on what to do about an environment that was not found."""
        if known:
            names = {
                name.lower(): item for item in known for name in (item.url_name, item.unique_name)
            }
            near = difflib.get_close_matches(wanted.lower(), names, _MOST_CANDIDATES, 0.6)
            # One environment may be near by both its names.
            shown = list(dict.fromkeys(names[name] for name in near)) or known[:_MOST_CANDIDATES]
            listed = ", ".join(f"{item.unique_name} ({item.url})" for item in shown)
            return f"There {'is' if len(shown) == 1 else 'are'} {listed}."
        if self._signed_in_as.auth_method in _APPLICATIONS:
            return (
                "The discovery service answers people, not applications; set environment_url to "
                "the environment's address instead."
            )
        return (
            f"{urlsplit(self._root).netloc} lists none for this sign-in; check tenant_id, and the "
            "cloud (discovery_host)."
        )

    def close(self) -> None:
        """Close the connections."""
        self.transport.close()


def explain_address(url: str, known: list[LiveEnvironment]) -> str:
    """Why no environment has an address, when another one has nearly the same; else ""."""
    host = (urlsplit(url).hostname or "").lower()
    label = host.partition(".")[0]
    for item in known:
        theirs = (urlsplit(item.url).hostname or "").lower()
        if label and label == theirs.partition(".")[0] and host != theirs:
            regions = region_of(host), region_of(theirs)
            if all(regions):
                return (
                    f"{label} is in {regions[1]}, not in {regions[0]}: its address is {item.url}."
                )
            return f"The address of {label} is {item.url}."
    return ""


def discovery_root(connection: Connection) -> str:
    """
    The service's origin: as set, or the one of the environment's host, or of the cloud.

    Raises:
        ConfigurationError: `discovery_host` is not an address that a token may be sent to, or the
            environment is on this machine and none is set.
    """
    given = connection.get("discovery_host")
    if given:
        where = f"discovery_host ({connection.origins['discovery_host']})"
        address = given if "://" in given else f"https://{given}"
        return check_environment_url(address, where, connection.get("trusted_host") or "")
    host = (urlsplit(connection.environment_url).hostname or "").lower()
    for suffix, root in _ROOTS.items():
        if host.endswith(suffix):
            return root
    if connection.loopback:
        raise ConfigurationError(
            f"discovery_host is missing: {SETTINGS['discovery_host'].remedy()}; "
            f"{connection.host} is of no cloud."
        )
    return _BY_CLOUD[connection.cloud.name]


def _environment(row: Mapping[str, Any]) -> LiveEnvironment:
    return LiveEnvironment(
        id=str(row.get("EnvironmentId") or ""),
        organization_id=str(row.get("Id") or ""),
        unique_name=str(row.get("UniqueName") or ""),
        url_name=str(row.get("UrlName") or ""),
        name=str(row.get("FriendlyName") or row.get("UniqueName") or ""),
        url=str(row.get("Url") or "").rstrip("/"),
        api_url=str(row.get("ApiUrl") or "").rstrip("/"),
        region=str(row.get("Region") or ""),
        state="disabled" if row.get("State") else "enabled",
        version=str(row.get("Version") or ""),
        tenant_id=str(row.get("TenantId") or ""),
        is_admin=bool(row.get("IsUserSysAdmin")),
        purpose=row.get("Purpose") or None,
        trial_expires_on=row.get("TrialExpirationDate") or None,
        updated_on=row.get("LastUpdated") or None,
    )
