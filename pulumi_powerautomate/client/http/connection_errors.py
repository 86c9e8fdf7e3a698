"""Map failures of the connection to our errors."""

from __future__ import annotations

from urllib.parse import urlsplit

import requests
from urllib3.exceptions import NameResolutionError, NewConnectionError

from ... import errors
from ...config import Connection
from ...config.environment_address import region_of


def unanswered(
    error: Exception, action: str, connection: Connection, verify: bool | str
) -> errors.PowerAutomateError:
    """One line for a failure below HTTP; urllib3's own texts print the whole URL."""
    host = connection.host
    if isinstance(error, OSError) and not isinstance(error, requests.RequestException):
        source = "ca_bundle" if isinstance(verify, str) else "REQUESTS_CA_BUNDLE"
        if "CA certificate" in str(error) or "TLS" in str(error):
            return errors.ConfigurationError(
                f"{action}: the certificate file that {source} names cannot be read."
            )
    if isinstance(error, requests.exceptions.SSLError):
        return errors.ConfigurationError(
            f"{action}: the certificate of {host} is not trusted. Set ca_bundle "
            "(POWERAUTOMATE_CA_BUNDLE) to the file of your certificate authority."
        )
    if isinstance(error, requests.exceptions.ProxyError):
        return errors.TransportError(
            f"{action}: the proxy refused; check HTTPS_PROXY and NO_PROXY."
        )
    if _never_sent(error):
        return errors.TransportError(
            f"{action}: {host} cannot be reached. Check environment_url and the network."
            + _region_hint(connection)
        )
    if isinstance(error, (requests.exceptions.Timeout, TimeoutError)) or "timed out" in str(error):
        return errors.LostResponseError(f"{action}: {host} did not answer in time.")
    return errors.LostResponseError(
        f"{action}: the connection to {host} broke before the response."
    )


def _region_hint(connection: Connection) -> str:
    """A right name in a wrong region is the commonest address that nobody has."""
    region = region_of(urlsplit(connection.environment_url).hostname or "")
    if not region:
        return ""
    return f" The address is one in {region}; `pulumi-powerautomate environments` shows yours."


def _never_sent(error: Exception) -> bool:
    if isinstance(error, requests.exceptions.ConnectTimeout):
        return True
    reason = getattr(error.args[0], "reason", None) if error.args else None
    return isinstance(reason, (NewConnectionError, NameResolutionError))
