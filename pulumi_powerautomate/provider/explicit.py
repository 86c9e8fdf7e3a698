"""An explicit provider: another environment, or another identity, beside the stack's own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pulumi

from ..connection import NAMESPACE, SETTINGS, resolve
from ..errors import PowerAutomateError
from .session import EXPLICIT, connection_from


class Provider(pulumi.ProviderResource):
    """
    The connection for the resources it is given to (`opts=ResourceOptions(provider=…)`).

    Use one to manage two environments in one stack. Resources without one take the stack's
    configuration. Changing a setting affects later operations and replaces no resource.

    Args:
        resource_name: the provider's name in the stack.
        opts: options of the provider resource.
        environment_url: origin of the environment, `https://contoso.crm4.dynamics.com`.
        tenant_id: Entra tenant, GUID or domain.
        client_id: application (client) id of the app registration.
        client_secret: a secret of that registration; kept encrypted in state.
        access_token: a ready token instead; kept encrypted in state.
        authority_host: sign-in service, when it is not the one of the environment's cloud.
        ca_bundle: PEM file of further certificate authorities.
        trusted_host: a host outside Microsoft's clouds that the token may be sent to.
        request_timeout: seconds one operation may take, 1 to 3600; 300 by default.

    What is not given here comes from environment variables; the stack's configuration is not read.
    """

    def __init__(
        self,
        resource_name: str,
        opts: pulumi.ResourceOptions | None = None,
        *,
        environment_url: pulumi.Input[str] | None = None,
        tenant_id: pulumi.Input[str] | None = None,
        client_id: pulumi.Input[str] | None = None,
        client_secret: pulumi.Input[str] | None = None,
        access_token: pulumi.Input[str] | None = None,
        authority_host: pulumi.Input[str] | None = None,
        ca_bundle: pulumi.Input[str] | None = None,
        trusted_host: pulumi.Input[str] | None = None,
        request_timeout: pulumi.Input[float] | None = None,
    ) -> None:
        self.settings: Mapping[str, pulumi.Input[Any]] = {
            name: value
            for name, value in {
                "environment_url": environment_url,
                "tenant_id": tenant_id,
                "client_id": client_id,
                "client_secret": client_secret,
                "access_token": access_token,
                "authority_host": authority_host,
                "ca_bundle": ca_bundle,
                "trusted_host": trusted_host,
                "request_timeout": request_timeout,
            }.items()
            if value is not None
        }
        props: dict[str, pulumi.Input[Any]] = {EXPLICIT: "true"}
        for name, value in self.settings.items():
            setting = SETTINGS[name]
            props[setting.key] = pulumi.Output.secret(value) if setting.secret else value
        super().__init__("pulumi-python", resource_name, props, opts)


def environment_host(provider: pulumi.ProviderResource | None) -> str:
    """The host that a program's resources go to, empty where its settings do not tell."""
    settings = provider.settings if isinstance(provider, Provider) else None
    try:
        if settings is not None:
            plain = {key: value for key, value in settings.items() if isinstance(value, str)}
            return resolve(arguments=plain).host
        config = pulumi.Config(NAMESPACE)
        return connection_from(lambda key: config.get(key.partition(":")[2])).host
    except PowerAutomateError:
        return ""
