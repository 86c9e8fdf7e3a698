"""
Which environment the settings mean: its address, or a name to look up.

`environment` takes what a person has at hand: the address, the unique name, an id, or the address
of a page in the portals, which has the id in it. Only an address can be used as it stands; the rest
is looked up once per process (`client.locating`).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from urllib.parse import urlsplit

from ..errors import ConfigurationError
from .settings import ARGUMENT

# Portals of the public, US government and China clouds; an environment is never at one of them.
_PORTALS = (
    ".powerautomate.com", ".powerapps.com", ".flow.microsoft.com", ".powerplatform.microsoft.com",
    ".powerautomate.us", ".powerapps.us", ".flow.microsoft.us", ".appsplatform.us",
    ".powerautomate.cn", ".powerapps.cn",
)  # fmt: skip
_IN_PAGE = re.compile(r"/environments?/(?:environment/)?([A-Za-z0-9-]{20,})(?:[/?]|$)")
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]{1,79}")

# First labels of environment hosts after the name, as the list of datacenter regions has them.
_REGIONS: Mapping[str, str] = {
    "crm": "North America",
    "crm2": "South America",
    "crm3": "Canada",
    "crm4": "Europe",
    "crm5": "Asia Pacific",
    "crm6": "Oceania",
    "crm7": "Japan",
    "crm8": "India",
    "crm9": "US government (GCC)",
    "crm11": "United Kingdom",
    "crm12": "France",
    "crm14": "South Africa",
    "crm15": "United Arab Emirates",
    "crm16": "Germany",
    "crm17": "Switzerland",
    "crm19": "Norway",
    "crm20": "Singapore",
    "crm21": "Korea",
    "crm22": "Sweden",
}


def take_address(settings: dict[str, str], origins: dict[str, str]) -> str:
    """
    The environment's address out of the settings, or "" when there is a name only, or nothing.

    `environment_url` is taken out. `environment` stays when it has to be looked up, reduced to the
    name or id in it. Of the two, the one set in the place that wins counts.

    Raises:
        ConfigurationError: both are set in one place, or one of them is neither.
    """
    url, wanted = settings.pop("environment_url", ""), settings.get("environment", "")
    if url and wanted:
        theirs, ours = _place(origins["environment_url"]), _place(origins["environment"])
        if theirs == ours:
            raise ConfigurationError(
                f"environment ({origins['environment']}) and environment_url "
                f"({origins['environment_url']}) are both set; keep one."
            )
        url, wanted = (url, "") if theirs < ours else ("", wanted)
        if not wanted:
            del settings["environment"]
    if url:
        _refuse_portal(url, origins["environment_url"])
        return url
    if not wanted:
        return ""
    name = _name_in(wanted, origins["environment"])
    if name:
        settings["environment"] = name
        return ""
    del settings["environment"]
    origins["environment_url"] = origins["environment"]
    return wanted if "://" in wanted else f"https://{wanted}"


def region_of(host: str) -> str:
    """The region that a host of the public cloud names, such as Europe for `crm4`; else ""."""
    labels = host.lower().split(".")
    if labels[-2:] != ["dynamics", "com"] or len(labels) < 4:
        return ""
    return _REGIONS.get(labels[-3], "")


def _place(origin: str) -> int:
    """Arguments come before the stack, the stack before variables."""
    if origin.startswith(ARGUMENT):
        return 0
    return 1 if origin.startswith("stack ") else 2


def _name_in(wanted: str, origin: str) -> str:
    """The name or id to look up; "" for an address."""
    if _is_portal(wanted):
        found = _IN_PAGE.search(wanted)
        if found is None:
            raise ConfigurationError(
                f"environment ({origin}): {wanted!r} is a page of a portal without an environment "
                "in it; give the environment's address, unique name or id."
            )
        return found[1]
    if "://" in wanted or "." in wanted or wanted.startswith("localhost"):
        return ""
    if not _NAME.fullmatch(wanted):
        raise ConfigurationError(
            f"environment ({origin}) is {wanted!r}; give an address, a unique name or an id."
        )
    return wanted


def _refuse_portal(url: str, origin: str) -> None:
    if _is_portal(url):
        raise ConfigurationError(
            f"environment_url ({origin}): {url!r} is a page of a portal, not the environment's "
            "address. Set `environment` to it instead, or take the address that "
            "`pulumi-powerautomate environments` shows."
        )


def _is_portal(text: str) -> bool:
    try:
        host = (urlsplit(text if "://" in text else f"https://{text}").hostname or "").lower()
    except ValueError:
        return False
    return host.endswith(_PORTALS) and ".crm." not in host
