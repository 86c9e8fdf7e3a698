"""
Who may talk to an emulator that can be controlled without signing in: programs of this machine.

A web page that somebody has open can send requests to this machine, and by a name of its own that
is made to lead here (DNS rebinding) it can read the responses. The browser gives both away: by
`Origin` and `Sec-Fetch-Site`, and by the name in `Host`. A program sends neither of the first, and
an address or a name of this machine in the last.

Source: Fetch Standard (Origin), Fetch Metadata Request Headers, "DNS rebinding" (OWASP).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from ipaddress import ip_address


def rejection(headers: Mapping[str, str], names: Collection[str], *, control: bool) -> str | None:
    """
    Why a request is not taken; None when it is.

    Args:
        headers: names in lower case.
        names: names that this server may be called by, in lower case.
        control: whether it is for the control surface, which takes nothing from web pages.
    """
    host = headers.get("host", "")
    if not _is_own(host, names):
        return f"The host {host!r} is none of this emulator's; see --allow-host."
    if not control:
        return None
    origin = headers.get("origin")
    if origin is not None and origin.partition("://")[2] != host:
        return f"A page of {origin!r} has no business with the control surface."
    if headers.get("sec-fetch-site", "none") not in ("none", "same-origin"):
        return "A page of another site has no business with the control surface."
    return None


def _is_own(host: str, names: Collection[str]) -> bool:
    name = host.rpartition(":")[0] if host.rpartition(":")[2].isdigit() else host
    name = name.lower()
    if not name or name == "localhost" or name in names:
        return True
    try:
        # A name is made to lead elsewhere, a number is not.
        ip_address(name.removeprefix("[").removesuffix("]"))
    except ValueError:
        return False
    return True
