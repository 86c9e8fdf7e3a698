"""One environment and one identity, as the settings describe them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from ..errors import ConfigurationError
from .clouds import PUBLIC, Cloud, cloud_named, cloud_of_host
from .settings import SETTINGS, is_true
from .trusted_hosts import is_loopback, parse_address


@dataclass(frozen=True)
class Connection:
    """
    One environment and one identity, checked and ready to use.

    Attributes:
        environment_url: the environment's origin, `https://org.crm4.dynamics.com`, no slash; empty
            as long as `environment` names one that has not been looked up.
        settings: every other setting that was given, by name.
        origins: where each setting came from, for `doctor` and for error messages.
        auth_method: the auth method, one of `AUTH_METHODS`.
    """

    environment_url: str
    settings: Mapping[str, str] = field(repr=False)
    origins: Mapping[str, str] = field(repr=False)
    auth_method: str = "client_secret"

    @property
    def host(self) -> str:
        """The environment's host, with the port when one was given."""
        return urlsplit(self.environment_url).netloc

    @property
    def loopback(self) -> bool:
        """Whether the environment is on this machine, as the emulator is."""
        return is_loopback(urlsplit(self.environment_url).hostname or "")

    @property
    def cloud(self) -> Cloud:
        """The cloud: as set, or the one of the environment's host, or the public one."""
        given = self.settings.get("cloud")
        if given:
            return cloud_named(given, self.origins["cloud"])
        return cloud_of_host(urlsplit(self.environment_url).hostname or "") or PUBLIC

    @property
    def authority_host(self) -> str:
        """The sign-in service: as set, or the one of the environment's cloud."""
        given = self.settings.get("authority_host", "").rstrip("/")
        if not given:
            return self.cloud.authority
        address = parse_address(given if "://" in given else f"https://{given}")
        return given if address is None else address.url.rstrip("/")

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

    def is_on(self, name: str) -> bool:
        """Whether a switch is set to true."""
        value = self.settings.get(name)
        return value is not None and is_true(value, name, self.origins[name])
