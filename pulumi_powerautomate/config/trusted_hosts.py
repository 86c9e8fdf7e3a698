"""
Which addresses a token or a credential may be sent to.

Two parsers that read one address differently are how a token reaches a stranger: for
`https://evil.com\\.crm4.dynamics.com` the standard library sees a host of Dynamics, urllib3 sees
`evil.com`. So an address is read once, here, by what it may contain, and the address that is
requested is put together from what was read. Settings, arguments of a provider, answers of the
discovery service, next pages, parts of a batch and what a sign-in service points at all pass here.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from ipaddress import IPv6Address, ip_address
from urllib.parse import quote

from ..errors import ConfigurationError
from .clouds import all_suffixes, cloud_of_authority
from .settings import SETTINGS

_EXAMPLE = "https://contoso.crm4.dynamics.com"
_LABEL = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_ADDRESS = re.compile(
    rf"(?P<scheme>https?)://(?:(?P<name>{_LABEL}(?:\.{_LABEL})*)|\[(?P<six>[0-9a-f:.]{{2,45}})\])"
    r"(?::(?P<port>[0-9]{1,5}))?(?P<rest>[/?#].*)?",
    re.ASCII | re.IGNORECASE | re.DOTALL,
)
_WITH_USER = re.compile(r"(?:[a-z]*:)?/*[^/?#]*@", re.IGNORECASE)
_PATH = re.compile(r"[A-Za-z0-9._~/-]*")
# What stays as it is in the part after the host, which may be percent-encoded already.
_AS_IT_STANDS = "".join(map(chr, (33, *range(35, 60), 61, *range(63, 92), 93, 95, 126)))
_PORTS = {"https": 443, "http": 80}
_LONGEST_NAME = 253


@dataclass(frozen=True)
class Address:
    """
    An http address, taken apart once.

    Attributes:
        scheme: `http` or `https`.
        host: name or number in lower case, without brackets.
        port: as it was given; None stands for the scheme's own.
        rest: path and query, beginning with a slash, or empty. A fragment is never sent and is not
            kept.
    """

    scheme: str
    host: str
    port: int | None
    rest: str

    @property
    def origin(self) -> str:
        """Scheme, host and port, written anew."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{self.scheme}://{host}" + ("" if self.port is None else f":{self.port}")

    @property
    def url(self) -> str:
        """The whole, written anew."""
        return self.origin + self.rest

    @property
    def loopback(self) -> bool:
        """Whether it stays on this machine."""
        return is_loopback(self.host)

    def same_origin(self, other: Address) -> bool:
        """Whether scheme, host and port are the same; a scheme's own port may be left out."""
        return (self.scheme, self.host, self.port or _PORTS[self.scheme]) == (
            *(other.scheme, other.host),
            other.port or _PORTS[other.scheme],
        )


def parse_address(url: object) -> Address | None:
    """An address out of a text; None when it is none, or could be read in two ways."""
    if not isinstance(url, str) or not url.isprintable():
        return None
    found = _ADDRESS.fullmatch(url)
    if found is None or len(found["name"] or "") > _LONGEST_NAME:
        return None
    port = None if found["port"] is None else int(found["port"])
    if port is not None and not 0 < port < 65536:
        return None
    host = (found["name"] or "").lower()
    if found["six"]:
        try:
            host = IPv6Address(found["six"]).compressed
        except ValueError:
            return None
    rest = (found["rest"] or "").partition("#")[0]
    if rest.startswith("?"):
        rest = "/" + rest
    return Address(found["scheme"].lower(), host, port, quote(rest, safe=_AS_IT_STANDS))


def follow(url: object, root: str) -> str | None:
    """
    An address that a service gave us to go on with, written anew; None when it leads elsewhere.

    Args:
        url: as the service gave it, a next page for example.
        root: an address of ours, at whose origin it has to stay.
    """
    theirs, ours = parse_address(url), parse_address(root)
    if theirs is None or ours is None or not theirs.same_origin(ours):
        return None
    return ours.origin + theirs.rest


def check_environment_url(url: str, where: str = "environment_url", trusted_host: str = "") -> str:
    """
    The origin of an environment, or a `ConfigurationError` in one line.

    A bearer token goes to this host, so only https is taken (http for this machine's own loopback
    addresses), and only hosts of Microsoft's clouds unless `trusted_host` names another.
    """
    address = _read(url, where, f"a URL such as {_EXAMPLE}")
    if address.rest.rstrip("/") not in ("", "/api/data") or "#" in url:
        raise ConfigurationError(
            f"{where}: {url!r} has a path; give the environment's origin only, such as {_EXAMPLE}."
        )
    if not address.loopback and address.host not in trusted_hosts(trusted_host):
        suffixes = all_suffixes()
        if not address.host.endswith(suffixes):
            _refuse(address.host, where, "a Dataverse host", [f"…{end}" for end in suffixes])
        _check_port(address, where)
    return address.origin


def check_authority_url(url: str, where: str, trusted_host: str = "") -> str:
    """
    The address of a sign-in service, or a `ConfigurationError` in one line.

    A secret goes to this host: it must be https, on the loopback too because `msal` takes nothing
    else, and one of Microsoft's sign-in services, this machine's own, or named by `trusted_host`.
    """
    address = _read_https(url, where)
    if not _PATH.fullmatch(address.rest):
        raise ConfigurationError(f"{where}: {url!r} has a query; give its address only.")
    if not address.loopback and address.host not in trusted_hosts(trusted_host):
        if cloud_of_authority(address.origin) is None:
            _refuse(address.host, where, "a sign-in service of Microsoft's", [])
        _check_port(address, where)
    return address.url.rstrip("/")


def check_credential_url(url: str, where: str) -> str:
    """
    An address that a credential is sent to, or a `ConfigurationError` in one line.

    It must be https. Which hosts may be meant is for the caller to say.
    """
    return _read_https(url, where).url


def check_metadata_url(url: str, where: str) -> str:
    """
    The endpoint of a managed identity, or a `ConfigurationError` in one line.

    It is on the machine or its network, where http is usual (169.254.169.254), or it is https.
    """
    address = parse_address(url)
    if address is not None and address.scheme == "http" and _is_near(address.host):
        return address.url
    return check_credential_url(url, where)


def _is_near(host: str) -> bool:
    try:
        number = ip_address(host)
    except ValueError:
        return is_loopback(host)
    return number.is_loopback or number.is_link_local


def trusted_hosts(setting: str) -> Collection[str]:
    """The hosts that `trusted_host` names, which may be several with commas between."""
    return [host.strip().lower() for host in setting.split(",") if host.strip()]


def is_loopback(host: str) -> bool:
    """Whether a host name or address stays on this machine."""
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def _read(url: str, where: str, example: str) -> Address:
    if _WITH_USER.match(url):
        raise ConfigurationError(f"{where}: a URL with a user name in it is refused; remove it.")
    address = parse_address(url)
    if address is None:
        raise ConfigurationError(f"{where}: {url!r} is not {example}.")
    if address.scheme == "http" and not address.loopback:
        raise ConfigurationError(
            f"{where}: {url!r} is not https; use https{address.origin.removeprefix('http')}."
        )
    return address


def _read_https(url: str, where: str) -> Address:
    address = _read(url, where, "a URL")
    if address.scheme == "http":
        raise ConfigurationError(
            f"{where}: {url!r} is not https; use https{address.origin.removeprefix('http')}."
        )
    return address


def _refuse(host: str, where: str, what: str, known: list[str]) -> None:
    listed = f" ({', '.join(known)})" if known else ""
    sent = "a token" if known else "credentials"
    raise ConfigurationError(
        f"{where}: {host!r} is not {what}{listed}; {sent} would be sent to it. If that is meant, "
        f"{SETTINGS['trusted_host'].remedy()}."
    )


def _check_port(address: Address, where: str) -> None:
    if address.port not in (None, 443):
        raise ConfigurationError(
            f"{where}: port {address.port} on {address.host!r} is refused; remove it."
        )
