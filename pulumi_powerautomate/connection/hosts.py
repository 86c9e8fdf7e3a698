"""Which addresses a token or a credential may be sent to."""

from __future__ import annotations

from ipaddress import ip_address
from urllib.parse import SplitResult, urlsplit

from ..errors import ConfigurationError
from .clouds import all_suffixes
from .settings import SETTINGS

_EXAMPLE = "https://contoso.crm4.dynamics.com"


def check_environment_url(url: str, where: str = "environment_url", trusted_host: str = "") -> str:
    """
    The origin of an environment, or a `ConfigurationError` in one line.

    A bearer token goes to this host, so only https is taken (http for this machine's own loopback
    addresses), and only hosts of Microsoft's clouds unless `trusted_host` names another.
    """
    parts = _split(url, where)
    host = (parts.hostname or "").lower()
    if parts.scheme not in ("http", "https") or not host:
        raise ConfigurationError(f"{where}: {url!r} is not a URL such as {_EXAMPLE}.")
    _refuse_user_and_http(parts, where)
    if parts.query or parts.fragment or parts.path.rstrip("/") not in ("", "/api/data"):
        raise ConfigurationError(
            f"{where}: {url!r} has a path; give the environment's origin only, such as {_EXAMPLE}."
        )
    if not is_loopback(host) and host != trusted_host.lower():
        _check_host(host, parts.port, where)
    return f"{parts.scheme}://{parts.netloc.lower()}"


def check_credential_url(url: str, where: str) -> str:
    """
    An address that credentials are sent to, unchanged, or a `ConfigurationError` in one line.

    It must be https, on the loopback too: `msal` takes nothing else.
    """
    parts = _split(url, where)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ConfigurationError(f"{where}: {url!r} is not a URL.")
    _refuse_user_and_http(parts, where)
    if parts.scheme == "http":
        raise ConfigurationError(f"{where}: {url!r} is not https; use https://{parts.netloc}.")
    return url


def is_loopback(host: str) -> bool:
    """Whether a host name or address stays on this machine."""
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def _split(url: str, where: str) -> SplitResult:
    try:
        parts = urlsplit(url)
        parts.port  # noqa: B018 - raises when malformed
    except ValueError:
        raise ConfigurationError(f"{where}: {url!r} is not a URL.") from None
    return parts


def _refuse_user_and_http(parts: SplitResult, where: str) -> None:
    if parts.username or parts.password:
        raise ConfigurationError(f"{where}: a URL with a user name in it is refused; remove it.")
    if parts.scheme == "http" and not is_loopback(parts.hostname or ""):
        raise ConfigurationError(
            f"{where}: {parts.geturl()!r} is not https; use https://{parts.netloc}."
        )


def _check_host(host: str, port: int | None, where: str) -> None:
    opt_in = SETTINGS["trusted_host"].remedy()
    suffixes = all_suffixes()
    if not any(host.endswith(suffix) for suffix in suffixes) or not host.isascii():
        raise ConfigurationError(
            f"{where}: {host!r} is not a Dataverse host (…{', …'.join(suffixes)}); a token would "
            f"be sent to it. If that is meant, {opt_in}."
        )
    if port not in (None, 443):
        raise ConfigurationError(f"{where}: port {port} on {host!r} is refused; remove it.")
