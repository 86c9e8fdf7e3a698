"""
Where to connect, and as whom.

A setting comes from one of three places:

1. an argument of an explicit `powerautomate.Provider(...)`,
2. an environment variable,
3. the stack's configuration (`pulumi config set powerautomate:KEY`).

An explicit argument always wins, because it was written for that provider alone. Between the other
two, *where* (the environment's URL and the like) is the stack's: a variable left over in a shell
must not send a production stack elsewhere. *As whom* is the process's: credentials in variables
win, so that a rotated secret works at once and need not be in the stack at all.
"""

from __future__ import annotations

import os
import re
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from ipaddress import ip_address
from typing import Literal
from urllib.parse import urlsplit

from .errors import ConfigurationError

NAMESPACE = "powerautomate"

PUBLIC_AUTHORITY = "https://login.microsoftonline.com"

# Suffixes of environment hosts, with the sign-in service of their cloud
# (dataverse: "Discovery" and "Authentication" pages of the Dataverse developer documentation).
CLOUDS: Mapping[str, str] = {
    ".dynamics.com": PUBLIC_AUTHORITY,
    ".crm.microsoftdynamics.us": "https://login.microsoftonline.us",
    ".crm.appsplatform.us": "https://login.microsoftonline.us",
    ".crm.dynamics.cn": "https://login.chinacloudapi.cn",
}


@dataclass(frozen=True)
class Setting:
    """One setting: its names in the three places, and which place wins."""

    name: str
    variables: tuple[str, ...]
    kind: Literal["where", "whom"]
    secret: bool = False

    @property
    def key(self) -> str:
        """The key in stack configuration, in camel case as Pulumi spells them."""
        head, *tail = self.name.split("_")
        return NAMESPACE + ":" + head + "".join(part.title() for part in tail)

    def remedy(self) -> str:
        """How a person sets this."""
        flag = "--secret " if self.secret else ""
        return f"set {self.variables[0]} or run `pulumi config set {flag}{self.key} …`"


SETTINGS: Mapping[str, Setting] = {
    setting.name: setting
    for setting in (
        Setting("environment_url", ("POWERAUTOMATE_ENVIRONMENT_URL",), "where"),
        Setting(
            "authority_host", ("POWERAUTOMATE_AUTHORITY_HOST", "AZURE_AUTHORITY_HOST"), "where"
        ),
        Setting("ca_bundle", ("POWERAUTOMATE_CA_BUNDLE",), "where"),
        Setting("trusted_host", ("POWERAUTOMATE_TRUSTED_HOST",), "where"),
        Setting("request_timeout", ("POWERAUTOMATE_REQUEST_TIMEOUT",), "where"),
        Setting(
            "tenant_id", ("POWERAUTOMATE_TENANT_ID", "ARM_TENANT_ID", "AZURE_TENANT_ID"), "whom"
        ),
        Setting(
            "client_id", ("POWERAUTOMATE_CLIENT_ID", "ARM_CLIENT_ID", "AZURE_CLIENT_ID"), "whom"
        ),
        Setting(
            "client_secret",
            ("POWERAUTOMATE_CLIENT_SECRET", "ARM_CLIENT_SECRET", "AZURE_CLIENT_SECRET"),
            "whom",
            secret=True,
        ),
        Setting("access_token", ("POWERAUTOMATE_ACCESS_TOKEN",), "whom", secret=True),
    )
}


@dataclass(frozen=True)
class Connection:
    """
    One environment and one identity, checked and ready to use.

    Attributes:
        environment_url: the environment's origin, `https://org.crm4.dynamics.com`, no slash.
        settings: every other setting that was given, by name.
        origins: where each setting came from, for `doctor` and for error messages.
    """

    environment_url: str
    settings: Mapping[str, str] = field(repr=False)
    origins: Mapping[str, str] = field(repr=False)

    @property
    def host(self) -> str:
        """The environment's host, with the port when one was given."""
        return urlsplit(self.environment_url).netloc

    @property
    def loopback(self) -> bool:
        """Whether the environment is on this machine, as the emulator is."""
        return is_loopback(urlsplit(self.environment_url).hostname or "")

    @property
    def authority_host(self) -> str:
        """The sign-in service: as set, or the one of the environment's cloud."""
        given = self.settings.get("authority_host", "").rstrip("/")
        if given:
            return given if "://" in given else f"https://{given}"
        host = (urlsplit(self.environment_url).hostname or "").lower()
        return next((url for suffix, url in CLOUDS.items() if host.endswith(suffix)), "") or (
            PUBLIC_AUTHORITY
        )

    @property
    def request_timeout(self) -> float:
        """Seconds that one operation may take, retries and waiting included; 300 by default."""
        given = self.settings.get("request_timeout")
        if given is None:
            return 300.0
        try:
            seconds = float(given)
        except ValueError:
            seconds = 0.0
        if not 1 <= seconds <= 3600:
            raise ConfigurationError(
                f"request_timeout is {given!r}; give a number of seconds from 1 to 3600 "
                f"({self.origins['request_timeout']})."
            )
        return seconds

    def get(self, name: str) -> str | None:
        """A setting's value, or None."""
        return self.settings.get(name)

    def require(self, name: str) -> str:
        """A setting's value; `ConfigurationError` names key and variable when missing."""
        value = self.settings.get(name)
        if not value:
            raise ConfigurationError(f"{name} is missing: {SETTINGS[name].remedy()}.")
        return value


def missing_credentials(connection: Connection) -> list[str]:
    """One line for each setting that signing in needs and that is not there."""
    if connection.settings.get("access_token"):
        return []
    return [
        f"{name} is missing: {SETTINGS[name].remedy()}."
        for name in ("tenant_id", "client_id", "client_secret")
        if not connection.settings.get(name)
    ]


def resolve(
    config: Mapping[str, str] | None = None,
    *,
    arguments: Mapping[str, str] | None = None,
    environ: Mapping[str, str] | None = None,
) -> Connection:
    """
    Gather the settings and check them; nothing is sent.

    Args:
        config: the stack's configuration, with namespaced keys.
        arguments: what an explicit provider was given, by setting name.
        environ: environment variables; the process's by default.

    Raises:
        ConfigurationError: the URL is missing or malformed, or a setting is.
    """
    config = config or {}
    arguments = arguments or {}
    environ = os.environ if environ is None else environ
    settings: dict[str, str] = {}
    origins: dict[str, str] = {}
    for setting in SETTINGS.values():
        for value, origin in _candidates(setting, config, arguments, environ):
            if value:
                settings[setting.name], origins[setting.name] = str(value).strip(), origin
                break
    url = settings.pop("environment_url", None)
    if not url:
        remedy = SETTINGS["environment_url"].remedy()
        raise ConfigurationError(
            f"No environment is configured: {remedy}, e.g. https://contoso.crm4.dynamics.com."
        )
    where = origins["environment_url"]
    connection = Connection(
        check_environment_url(url, where, settings.get("trusted_host", "")), settings, origins
    )
    _check_values(connection)
    return connection


def _candidates(
    setting: Setting,
    config: Mapping[str, str],
    arguments: Mapping[str, str],
    environ: Mapping[str, str],
) -> list[tuple[str | None, str]]:
    variables = [(environ.get(name), f"variable {name}") for name in setting.variables]
    stack = [(config.get(setting.key), f"stack configuration {setting.key}")]
    rest = stack + variables if setting.kind == "where" else variables + stack
    return [(arguments.get(setting.name), f"argument {setting.name} of the Provider"), *rest]


def _check_values(connection: Connection) -> None:
    connection.request_timeout  # noqa: B018 - raises when malformed
    client_id = connection.get("client_id")
    if client_id is not None and not is_guid(client_id):
        raise ConfigurationError(
            f"client_id {client_id!r} is not a GUID ({connection.origins['client_id']}): "
            "copy the application (client) id from the app registration."
        )
    tenant = connection.get("tenant_id")
    if tenant is not None and not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9.-]*", tenant):
        raise ConfigurationError(
            f"tenant_id {tenant!r} is neither a GUID nor a domain "
            f"({connection.origins['tenant_id']})."
        )


def check_environment_url(url: str, where: str = "environment_url", trusted_host: str = "") -> str:
    """
    The origin of an environment, or a `ConfigurationError` in one line.

    A bearer token goes to this host, so only https is taken (http for this machine's own loopback
    addresses), and only hosts of Microsoft's clouds unless `trusted_host` names another.
    """
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise ConfigurationError(f"{where}: {url!r} is not a URL.") from None
    host = (parts.hostname or "").lower()
    example = "https://contoso.crm4.dynamics.com"
    if parts.scheme not in ("http", "https") or not host:
        raise ConfigurationError(f"{where}: {url!r} is not a URL such as {example}.")
    if parts.username or parts.password:
        raise ConfigurationError(f"{where}: a URL with a user name in it is refused; remove it.")
    if parts.query or parts.fragment or parts.path.rstrip("/") not in ("", "/api/data"):
        raise ConfigurationError(
            f"{where}: {url!r} has a path; give the environment's origin only, such as {example}."
        )
    if parts.scheme == "http" and not is_loopback(host):
        raise ConfigurationError(f"{where}: {url!r} is not https; use https://{parts.netloc}.")
    if not is_loopback(host) and host != trusted_host.lower():
        _check_host(host, port, where)
    return f"{parts.scheme}://{parts.netloc.lower()}"


def _check_host(host: str, port: int | None, where: str) -> None:
    opt_in = SETTINGS["trusted_host"].remedy()
    if not any(host.endswith(suffix) for suffix in CLOUDS) or not host.isascii():
        raise ConfigurationError(
            f"{where}: {host!r} is not a Dataverse host (…{', …'.join(CLOUDS)}); a token would be "
            f"sent to it. If that is meant, {opt_in}."
        )
    if port not in (None, 443):
        raise ConfigurationError(f"{where}: port {port} on {host!r} is refused; remove it.")


def is_loopback(host: str) -> bool:
    """Whether a host name or address stays on this machine."""
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def is_guid(value: object) -> bool:
    """Whether a value is a GUID in the form Dataverse prints them."""
    if not isinstance(value, str) or len(value) != 36:
        return False
    try:
        uuid.UUID(value)
    except ValueError:
        return False
    return value.count("-") == 4
