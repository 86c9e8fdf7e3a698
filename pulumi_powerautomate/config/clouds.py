"""
Microsoft's clouds: which hosts are theirs, and where one signs in.

GCC is part of the public cloud here: its environments (`…crm9.dynamics.com`) sign in where the
commercial ones do. GCC High and DoD are the US government cloud (Dataverse documentation:
"Discover user organizations", "Use OAuth authentication with Microsoft Dataverse").
"""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlsplit

from ..errors import ConfigurationError


@dataclass(frozen=True)
class Cloud:
    """
    One cloud.

    Attributes:
        name: what `cloud` (and `ARM_ENVIRONMENT`) calls it.
        authorities: its sign-in services, the one to use first.
        suffixes: how the hosts of its environments end.
        audience: what an assertion of a federated identity is made out to.
        aliases: other names that Azure's tools accept.
    """

    name: str
    authorities: tuple[str, ...]
    suffixes: tuple[str, ...]
    audience: str
    aliases: tuple[str, ...] = ()

    @property
    def authority(self) -> str:
        """The sign-in service to use."""
        return self.authorities[0]


PUBLIC = Cloud(
    "public",
    ("https://login.microsoftonline.com", "https://login.windows.net"),
    (".dynamics.com",),
    "api://AzureADTokenExchange",
    ("azurecloud", "azurepublic", "azurepubliccloud", "gcc"),
)

CLOUDS: tuple[Cloud, ...] = (
    PUBLIC,
    Cloud(
        "usgovernment",
        ("https://login.microsoftonline.us",),
        (".crm.microsoftdynamics.us", ".crm.appsplatform.us"),
        "api://AzureADTokenExchangeUSGov",
        ("azureusgovernment", "azureusgovernmentcloud", "usgov", "gcchigh", "dod"),
    ),
    Cloud(
        "china",
        ("https://login.chinacloudapi.cn", "https://login.partner.microsoftonline.cn"),
        (".crm.dynamics.cn",),
        "api://AzureADTokenExchangeChina",
        ("azurechina", "azurechinacloud"),
    ),
)


def all_suffixes() -> tuple[str, ...]:
    """How the hosts of all environments end."""
    return tuple(suffix for cloud in CLOUDS for suffix in cloud.suffixes)


def cloud_of_host(host: str) -> Cloud | None:
    """The cloud that an environment's host belongs to."""
    return next(
        (cloud for cloud in CLOUDS if any(host.lower().endswith(end) for end in cloud.suffixes)),
        None,
    )


def cloud_of_authority(url: str) -> Cloud | None:
    """The cloud that a sign-in service belongs to."""
    host = (urlsplit(url).hostname or "").lower()
    return next(
        (
            cloud
            for cloud in CLOUDS
            if any(host == urlsplit(authority).hostname for authority in cloud.authorities)
        ),
        None,
    )


def cloud_named(name: str, origin: str) -> Cloud:
    """The cloud of that name, upper and lower case alike; else a `ConfigurationError`."""
    wanted = name.lower()
    for cloud in CLOUDS:
        if wanted == cloud.name or wanted in cloud.aliases:
            return cloud
    names = ", ".join(cloud.name for cloud in CLOUDS)
    raise ConfigurationError(f"cloud is {name!r} ({origin}); use one of {names}.")
