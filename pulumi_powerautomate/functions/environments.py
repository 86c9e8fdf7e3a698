"""Looking at the environments a person may use: a function a program calls, and its twin."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal, TypedDict

import pulumi

from ..errors import InvalidInputError
from ..provider import Provider, client_for, look_up
from .flows import connection_of, later

if TYPE_CHECKING:
    from ..client.environments import LiveEnvironment


class GetEnvironmentResult(TypedDict):
    """An environment that the signed-in person may use."""

    id: str
    """The environment's id, as the portals show it."""
    organization_id: str
    """Id of the Dataverse organization in it."""
    name: str
    """Display name; not unique."""
    unique_name: str
    """Unique name, which never changes."""
    url_name: str
    """The name in its address, which an administrator may change."""
    url: str
    """Its address: what `environment_url` takes."""
    api_url: str
    """Address of its web services."""
    region: str
    """Code of its region, such as `EMEA`."""
    state: Literal["enabled", "disabled"]
    """Whether it can be used."""
    version: str
    """Version of Dataverse."""
    tenant_id: str
    """Entra tenant."""
    is_admin: bool
    """Whether the person is a system administrator there."""
    purpose: str | None
    """Type of the environment."""
    trial_expires_on: str | None
    """When its trial ends, ISO 8601; None for one that is no trial."""
    updated_on: str | None
    """When it was last updated, ISO 8601."""


@look_up
def get_environments(
    *,
    name: str | None = None,
    region: str | None = None,
    state: Literal["enabled", "disabled"] | None = None,
    provider: Provider | None = None,
) -> list[GetEnvironmentResult]:
    """
    The environments that the signed-in person may use, in order of name.

    No environment has to be configured. An application that signs in as itself gets an empty list,
    because the service answers people only.

    Args:
        name: part of the display name, unique name, address or an id, in any case.
        region: code of the region, exactly, such as `EMEA` or `NA`.
        state: `enabled` or `disabled`; both by default.
        provider: the explicit provider to ask through; the stack's configuration by default.

    Raises:
        InvalidInputError: a filter is malformed.

    Source: "Discover user organizations" in the Dataverse developer documentation.
    """
    if state not in (None, "enabled", "disabled"):
        raise InvalidInputError(f"get_environments: state is {state!r}; use enabled or disabled.")
    connection = connection_of(provider, needs_environment=False)
    found = client_for(connection).discovery.environments(region=region, state=state)
    return [_environment(live) for live in found if name is None or live.matches(name)]


def get_environments_output(
    *,
    name: pulumi.Input[str | None] = None,
    region: pulumi.Input[str | None] = None,
    state: pulumi.Input[Literal["enabled", "disabled"] | None] = None,
    provider: Provider | None = None,
) -> pulumi.Output[Sequence[GetEnvironmentResult]]:
    """`get_environments` for inputs; see there."""
    return later(
        lambda **known: get_environments(**known), provider, name=name, region=region, state=state
    )


def _environment(live: LiveEnvironment) -> GetEnvironmentResult:
    return GetEnvironmentResult(
        id=live.id,
        organization_id=live.organization_id,
        name=live.name,
        unique_name=live.unique_name,
        url_name=live.url_name,
        url=live.url,
        api_url=live.api_url,
        region=live.region,
        state=live.state,
        version=live.version,
        tenant_id=live.tenant_id,
        is_admin=live.is_admin,
        purpose=live.purpose,
        trial_expires_on=live.trial_expires_on,
        updated_on=live.updated_on,
    )
