"""From settings in three places to one checked connection; nothing is sent."""

from __future__ import annotations

import os
import re
import uuid
from collections.abc import Mapping
from urllib.parse import urlsplit

from ..errors import ConfigurationError
from .auth_methods import choose, without_conflicting_credentials
from .clouds import cloud_of_authority, cloud_of_host
from .connection import Connection
from .environment_address import take_address
from .indirect import follow
from .settings import ARGUMENT, SETTINGS, Setting
from .trusted_hosts import (
    check_authority_url,
    check_credential_url,
    check_environment_url,
    check_metadata_url,
    parse_address,
    trusted_hosts,
)

_CACHES = ("secure", "memory", "plaintext")


def resolve(
    config: Mapping[str, str] | None = None,
    *,
    arguments: Mapping[str, str] | None = None,
    environ: Mapping[str, str] | None = None,
    needs_environment: bool = True,
) -> Connection:
    """
    Gather the settings and check them; nothing is sent.

    Args:
        config: the stack's configuration, with namespaced keys.
        arguments: what an explicit provider was given, by setting name.
        environ: environment variables; the process's by default.
        needs_environment: False for what works without one, such as listing environments.

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
            text = "" if value is None else str(value).strip()
            if text:
                settings[setting.name], origins[setting.name] = text, origin
                break
    follow(settings, origins, environ)
    settings = without_conflicting_credentials(settings, origins)
    url = take_address(settings, origins)
    if not url and "environment" not in settings and needs_environment:
        remedy = SETTINGS["environment_url"].remedy()
        raise ConfigurationError(
            f"No environment is configured: {remedy}, e.g. https://contoso.crm4.dynamics.com."
        )
    trusted = settings.get("trusted_host", "")
    connection = Connection(
        check_environment_url(url, origins["environment_url"], trusted) if url else "",
        settings,
        origins,
        choose(settings, origins),
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
    return [(arguments.get(setting.name), f"{ARGUMENT}{setting.name} of the Provider"), *rest]


def _check_values(connection: Connection) -> None:
    connection.request_timeout  # noqa: B018 - raises when malformed
    get, origins = connection.get, connection.origins
    client_id = get("client_id")
    if client_id is not None and not is_guid(client_id):
        raise ConfigurationError(
            f"client_id {client_id!r} is not a GUID ({origins['client_id']}): "
            "copy the application (client) id from the app registration."
        )
    tenant = get("tenant_id")
    if tenant is not None and not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9.-]*", tenant):
        raise ConfigurationError(
            f"tenant_id {tenant!r} is neither a GUID nor a domain ({origins['tenant_id']})."
        )
    cache = get("token_cache")
    if cache is not None and cache not in _CACHES:
        raise ConfigurationError(
            f"token_cache is {cache!r} ({origins['token_cache']}); use one of {', '.join(_CACHES)}."
        )
    if get("authority_host"):
        where = f"authority_host ({origins['authority_host']})"
        check_authority_url(connection.authority_host, where, get("trusted_host") or "")
    _check_assertion_url(connection)
    if get("msi_endpoint"):
        check_metadata_url(get("msi_endpoint") or "", f"msi_endpoint ({origins['msi_endpoint']})")
    for setting in SETTINGS.values():
        if setting.switch:
            connection.is_on(setting.name)
    _check_clouds(connection)


def _check_assertion_url(connection: Connection) -> None:
    """
    Who gives a federation's assertions gets the token that the pipeline holds for it.

    The pipeline sets address and token together. A stack's file that sets the address alone would
    take the token of whoever runs it elsewhere.
    """
    given = connection.get("oidc_request_url")
    if not given:
        return
    origin = connection.origins["oidc_request_url"]
    address = parse_address(check_credential_url(given, f"oidc_request_url ({origin})"))
    token_origin = connection.origins.get("oidc_request_token", origin)
    if address is None or address.loopback or not origin.startswith("stack "):
        return
    trusted = trusted_hosts(connection.get("trusted_host") or "")
    if not token_origin.startswith("stack ") and address.host not in trusted:
        raise ConfigurationError(
            f"oidc_request_url ({origin}): the token of {token_origin} would be sent to "
            f"{address.host!r}. Remove the setting, because the pipeline sets the address with "
            f"the token; if it is meant, {SETTINGS['trusted_host'].remedy()}."
        )


def _check_clouds(connection: Connection) -> None:
    """Environment, `cloud` and `authority_host` must not name different clouds."""
    origins = connection.origins
    named = []
    of_host = cloud_of_host(urlsplit(connection.environment_url).hostname or "")
    if of_host:
        named.append((of_host, f"{connection.host} ({origins['environment_url']})"))
    if connection.get("cloud"):
        named.append((connection.cloud, f"cloud={connection.get('cloud')} ({origins['cloud']})"))
    of_authority = cloud_of_authority(connection.authority_host)
    if connection.get("authority_host") and of_authority:
        text = f"authority_host={connection.authority_host} ({origins['authority_host']})"
        named.append((of_authority, text))
    for cloud, text in named[1:]:
        first, other = named[0]
        if cloud is not first:
            raise ConfigurationError(
                f"{other} is in the {first.name} cloud, but {text} is the {cloud.name} one; "
                "correct one of them."
            )


def is_guid(value: object) -> bool:
    """Whether a value is a GUID in the form Dataverse prints them."""
    if not isinstance(value, str) or len(value) != 36:
        return False
    try:
        uuid.UUID(value)
    except ValueError:
        return False
    return value.count("-") == 4
