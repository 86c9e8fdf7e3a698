"""An explicit provider: another environment, or another identity, beside the stack's own."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pulumi

from ..config import NAMESPACE, SETTINGS, resolve
from ..errors import PowerAutomateError
from . import native
from .clients import EXPLICIT, connection_from
from .environment_guard import derivation_host


class Provider(pulumi.ProviderResource):
    """
    The connection for the resources it is given to (`opts=ResourceOptions(provider=…)`).

    Use one to manage two environments in one stack. Resources without one take the stack's
    configuration. Changing a setting affects later operations and replaces no resource.

    Args:
        resource_name: the provider's name in the stack.
        opts: options of the provider resource.
        environment_url: origin of the environment, `https://contoso.crm4.dynamics.com`.
        environment: the same, or the environment's unique name, id, or a page of it in the portals,
            looked up once per run; needs a person who signs in.
        former_environment_url: addresses that the environment had before it was renamed, separated
            by commas, the oldest first. Ids derive from the oldest one still.
        unrecorded_environment_url: the environment's address once more, to confirm that resources
            belong to it whose state, written by release 0.1, does not record where they are.
        discovery_host: service that looks it up, when it is not the one of the cloud.
        cloud: `public` (GCC too), `usgovernment` (GCC High, DoD) or `china`; by default the one of
            the environment's host.
        authority_host: sign-in service, when it is not the one of the cloud.
        ca_bundle: PEM file of further certificate authorities.
        trusted_host: hosts outside Microsoft's clouds that tokens and secrets may be sent to, with
            commas between; for the environment, the discovery service and the sign-in service.
        request_timeout: seconds one operation may take, 1 to 3600; 300 by default.
        verify_responses: whether a success must carry Dataverse's own response headers; True by
            default. False for a gateway that strips them.
        auth: how to sign in: `access_token`, `client_certificate`, `client_secret`, `oidc`, `msi`,
            `cli`, `azd`, `device_code` or `browser`; by default what the other settings suggest.
        tenant_id: Entra tenant, GUID or domain.
        client_id: application (client) id of the app registration, or of a user-assigned managed
            identity.
        client_id_file_path: a file with the client id.
        client_secret: a secret of that registration.
        client_secret_file_path: a file with the secret.
        client_certificate: its certificate with private key: PEM, or a PFX file in base64.
        client_certificate_path: a file with the same, PEM or PFX.
        client_certificate_password: what protects the certificate's key.
        use_oidc: sign in with a federated identity, the same as `auth="oidc"`.
        oidc_token: its assertion.
        oidc_token_file_path: a file with the assertion, read again for each token.
        oidc_request_url: where GitHub or Azure Pipelines gives the assertion out.
        oidc_request_token: what is shown there for it.
        ado_pipeline_service_connection_id: service connection, in Azure Pipelines.
        use_aks_workload_identity: sign in with the identity that AKS gives the pod; its variables
            `AZURE_CLIENT_ID`, `AZURE_TENANT_ID` and `AZURE_FEDERATED_TOKEN_FILE` are read.
        use_msi: sign in with the managed identity, the same as `auth="msi"`.
        msi_endpoint: endpoint of the managed identity, when it is not the usual one of a machine:
            https, or http on this machine or its link (169.254.…).
        use_cli: sign in as whoever `az login` signed in; False never does.
        use_azd: sign in as whoever `azd auth login` signed in; False never does.
        use_device_code: ask a person to enter a code on another device.
        use_browser: ask a person in the browser of this machine.
        token_cache: where a person's sign-in is kept between runs: `secure` (the platform's secure
            store, or memory where there is none), `memory`, or `plaintext` (a file).
        access_token: a ready token instead of all this.

    Secrets are kept encrypted in state, and only if they are given here. What is not given here
    comes from environment variables; the stack's configuration is not read.
    """

    def __init__(
        self,
        resource_name: str,
        opts: pulumi.ResourceOptions | None = None,
        *,
        environment_url: pulumi.Input[str] | None = None,
        environment: pulumi.Input[str] | None = None,
        former_environment_url: pulumi.Input[str] | None = None,
        unrecorded_environment_url: pulumi.Input[str] | None = None,
        discovery_host: pulumi.Input[str] | None = None,
        cloud: pulumi.Input[str] | None = None,
        authority_host: pulumi.Input[str] | None = None,
        ca_bundle: pulumi.Input[str] | None = None,
        trusted_host: pulumi.Input[str] | None = None,
        request_timeout: pulumi.Input[float] | None = None,
        verify_responses: pulumi.Input[bool] | None = None,
        auth: pulumi.Input[str] | None = None,
        tenant_id: pulumi.Input[str] | None = None,
        client_id: pulumi.Input[str] | None = None,
        client_id_file_path: pulumi.Input[str] | None = None,
        client_secret: pulumi.Input[str] | None = None,
        client_secret_file_path: pulumi.Input[str] | None = None,
        client_certificate: pulumi.Input[str] | None = None,
        client_certificate_path: pulumi.Input[str] | None = None,
        client_certificate_password: pulumi.Input[str] | None = None,
        use_oidc: pulumi.Input[bool] | None = None,
        oidc_token: pulumi.Input[str] | None = None,
        oidc_token_file_path: pulumi.Input[str] | None = None,
        oidc_request_url: pulumi.Input[str] | None = None,
        oidc_request_token: pulumi.Input[str] | None = None,
        ado_pipeline_service_connection_id: pulumi.Input[str] | None = None,
        use_aks_workload_identity: pulumi.Input[bool] | None = None,
        use_msi: pulumi.Input[bool] | None = None,
        msi_endpoint: pulumi.Input[str] | None = None,
        use_cli: pulumi.Input[bool] | None = None,
        use_azd: pulumi.Input[bool] | None = None,
        use_device_code: pulumi.Input[bool] | None = None,
        use_browser: pulumi.Input[bool] | None = None,
        token_cache: pulumi.Input[str] | None = None,
        access_token: pulumi.Input[str] | None = None,
    ) -> None:
        given: dict[str, pulumi.Input[Any] | None] = {
            "environment_url": environment_url,
            "environment": environment,
            "former_environment_url": former_environment_url,
            "unrecorded_environment_url": unrecorded_environment_url,
            "discovery_host": discovery_host,
            "cloud": cloud,
            "authority_host": authority_host,
            "ca_bundle": ca_bundle,
            "trusted_host": trusted_host,
            "request_timeout": request_timeout,
            "verify_responses": verify_responses,
            "auth": auth,
            "tenant_id": tenant_id,
            "client_id": client_id,
            "client_id_file_path": client_id_file_path,
            "client_secret": client_secret,
            "client_secret_file_path": client_secret_file_path,
            "client_certificate": client_certificate,
            "client_certificate_path": client_certificate_path,
            "client_certificate_password": client_certificate_password,
            "use_oidc": use_oidc,
            "oidc_token": oidc_token,
            "oidc_token_file_path": oidc_token_file_path,
            "oidc_request_url": oidc_request_url,
            "oidc_request_token": oidc_request_token,
            "ado_pipeline_service_connection_id": ado_pipeline_service_connection_id,
            "use_aks_workload_identity": use_aks_workload_identity,
            "use_msi": use_msi,
            "msi_endpoint": msi_endpoint,
            "use_cli": use_cli,
            "use_azd": use_azd,
            "use_device_code": use_device_code,
            "use_browser": use_browser,
            "token_cache": token_cache,
            "access_token": access_token,
        }
        self.settings: Mapping[str, pulumi.Input[Any]] = {
            name: value for name, value in given.items() if value is not None
        }
        if native.in_use():
            named = {
                SETTINGS[name].key.partition(":")[2]: _as_text(value, SETTINGS[name].secret)
                for name, value in self.settings.items()
            }
            super().__init__(NAMESPACE, resource_name, named, opts)
            return
        props: dict[str, pulumi.Input[Any]] = {EXPLICIT: "true"}
        for name, value in self.settings.items():
            setting = SETTINGS[name]
            props[setting.key] = pulumi.Output.secret(value) if setting.secret else value
        super().__init__("pulumi-python", resource_name, props, opts)


def _as_text(value: pulumi.Input[Any], secret: bool) -> pulumi.Input[str]:
    """A setting as the protocol carries those of providers: a text, or JSON in a text."""
    text: pulumi.Output[str] = pulumi.Output.from_input(value).apply(
        lambda known: known if isinstance(known, str) else json.dumps(known)
    )
    return pulumi.Output.secret(text) if secret else text


def environment_host(provider: pulumi.ProviderResource | None) -> str:
    """The host that ids of a program's resources derive from; empty where settings do not tell."""
    settings = provider.settings if isinstance(provider, Provider) else None
    try:
        if settings is not None:
            plain = {key: value for key, value in settings.items() if isinstance(value, str)}
            return derivation_host(resolve(arguments=plain))
        config = pulumi.Config(NAMESPACE)
        return derivation_host(connection_from(lambda key: config.get(key.partition(":")[2])))
    except PowerAutomateError:
        return ""
