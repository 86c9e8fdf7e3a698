"""Every setting: its names in the three places where it may stand, and which place wins."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

from ..errors import ConfigurationError

NAMESPACE = "powerautomate"
# How the origin of what an explicit provider was given begins.
ARGUMENT = "argument "


@dataclass(frozen=True)
class Setting:
    """
    One setting.

    Attributes:
        name: as an argument of `Provider`.
        others: variables of other tools that are read after `POWERAUTOMATE_NAME`, in order.
        kind: `where` to connect is the stack's to say, as `whom` is the process's.
        secret: whether it is kept encrypted and never shown.
        switch: whether it is true or false.
    """

    name: str
    kind: Literal["where", "whom"]
    others: tuple[str, ...] = ()
    secret: bool = False
    switch: bool = False

    @cached_property
    def variables(self) -> tuple[str, ...]:
        """The environment variables, the one that wins first."""
        return (f"{NAMESPACE.upper()}_{self.name.upper()}", *self.others)

    @cached_property
    def key(self) -> str:
        """The key in stack configuration, in camel case as Pulumi spells them."""
        head, *tail = self.name.split("_")
        return NAMESPACE + ":" + head + "".join(part.title() for part in tail)

    def remedy(self) -> str:
        """How a person sets this."""
        flag = "--secret " if self.secret else ""
        return f"set {self.variables[0]} or run `pulumi config set {flag}{self.key} …`"


def _service_principal() -> tuple[Setting, ...]:
    return (
        Setting(
            "tenant_id", "whom", ("ARM_TENANT_ID", "AZURE_TENANT_ID", "POWER_PLATFORM_TENANT_ID")
        ),
        Setting(
            "client_id", "whom", ("ARM_CLIENT_ID", "AZURE_CLIENT_ID", "POWER_PLATFORM_CLIENT_ID")
        ),
        Setting("client_id_file_path", "whom", ("ARM_CLIENT_ID_FILE_PATH",)),
        Setting(
            "client_secret",
            "whom",
            ("ARM_CLIENT_SECRET", "AZURE_CLIENT_SECRET", "POWER_PLATFORM_CLIENT_SECRET"),
            secret=True,
        ),
        Setting("client_secret_file_path", "whom", ("ARM_CLIENT_SECRET_FILE_PATH",)),
        Setting(
            "client_certificate",
            "whom",
            ("ARM_CLIENT_CERTIFICATE", "POWER_PLATFORM_CLIENT_CERTIFICATE"),
            secret=True,
        ),
        Setting(
            "client_certificate_path",
            "whom",
            (
                "ARM_CLIENT_CERTIFICATE_PATH",
                "AZURE_CLIENT_CERTIFICATE_PATH",
                "POWER_PLATFORM_CLIENT_CERTIFICATE_FILE_PATH",
            ),
        ),
        Setting(
            "client_certificate_password",
            "whom",
            (
                "ARM_CLIENT_CERTIFICATE_PASSWORD",
                "AZURE_CLIENT_CERTIFICATE_PASSWORD",
                "POWER_PLATFORM_CLIENT_CERTIFICATE_PASSWORD",
            ),
            secret=True,
        ),
    )


def _federation() -> tuple[Setting, ...]:
    return (
        Setting("oidc_token", "whom", ("ARM_OIDC_TOKEN",), secret=True),
        Setting(
            "oidc_token_file_path",
            "whom",
            ("ARM_OIDC_TOKEN_FILE_PATH", "AZURE_FEDERATED_TOKEN_FILE"),
        ),
        Setting(
            "oidc_request_url",
            "whom",
            ("ARM_OIDC_REQUEST_URL", "ACTIONS_ID_TOKEN_REQUEST_URL", "SYSTEM_OIDCREQUESTURI"),
        ),
        Setting(
            "oidc_request_token",
            "whom",
            ("ARM_OIDC_REQUEST_TOKEN", "ACTIONS_ID_TOKEN_REQUEST_TOKEN", "SYSTEM_ACCESSTOKEN"),
            secret=True,
        ),
        Setting(
            "ado_pipeline_service_connection_id",
            "whom",
            (
                "ARM_ADO_PIPELINE_SERVICE_CONNECTION_ID",
                "ARM_OIDC_AZURE_SERVICE_CONNECTION_ID",
                "AZURESUBSCRIPTION_SERVICE_CONNECTION_ID",
                "POWER_PLATFORM_AZDO_SERVICE_CONNECTION_ID",
            ),
        ),
    )


SETTINGS: Mapping[str, Setting] = {
    setting.name: setting
    for setting in (
        Setting("environment_url", "where"),
        Setting("environment", "where"),
        Setting("former_environment_url", "where"),
        Setting("unrecorded_environment_url", "where"),
        Setting("discovery_host", "where"),
        Setting("cloud", "where", ("ARM_ENVIRONMENT", "POWER_PLATFORM_CLOUD")),
        Setting("authority_host", "where", ("AZURE_AUTHORITY_HOST",)),
        Setting("ca_bundle", "where"),
        Setting("trusted_host", "where"),
        Setting("request_timeout", "where"),
        Setting("verify_responses", "where", switch=True),
        Setting("auth", "whom"),
        *_service_principal(),
        Setting("use_oidc", "whom", ("ARM_USE_OIDC", "POWER_PLATFORM_USE_OIDC"), switch=True),
        *_federation(),
        Setting(
            "use_aks_workload_identity", "whom", ("ARM_USE_AKS_WORKLOAD_IDENTITY",), switch=True
        ),
        Setting("use_msi", "whom", ("ARM_USE_MSI", "POWER_PLATFORM_USE_MSI"), switch=True),
        Setting("msi_endpoint", "whom", ("ARM_MSI_ENDPOINT",)),
        Setting("use_cli", "whom", ("ARM_USE_CLI", "POWER_PLATFORM_USE_CLI"), switch=True),
        Setting("use_azd", "whom", ("POWER_PLATFORM_USE_DEV_CLI",), switch=True),
        Setting("use_device_code", "whom", switch=True),
        Setting("use_browser", "whom", switch=True),
        Setting("token_cache", "whom"),
        Setting("access_token", "whom", secret=True),
    )
}


def is_true(value: str, name: str, origin: str) -> bool:
    """
    Parse a switch: true, false, 1 or 0, in upper or lower case.

    Raises:
        ConfigurationError: it says something else.
    """
    known = {"true": True, "1": True, "false": False, "0": False}
    if value.lower() not in known:
        raise ConfigurationError(f"{name} is {value!r} ({origin}); use true or false.")
    return known[value.lower()]
