"""
The requirement by which pip installs this package.

Before a release the name is not registered at the public index, and whoever registers it first
would run code wherever somebody is told to install it by that name. So what is told is the place
that this very copy was installed from, as the installer has written it down (PEP 610,
`direct_url.json`): an address, or, where pip or uv wrote none, the index that knows the name.
"""

from __future__ import annotations

import json
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

_NAME = "pulumi-powerautomate"
# Those that write down an address where they were given one.
_INSTALLERS = ("pip", "uv")


def requirement(extra: str = "") -> str | None:
    """
    A requirement with the place of the package; None when nobody can tell the place.

    Args:
        extra: one of the extras, such as `cache`.
    """
    name = f"{_NAME}[{extra}]" if extra else _NAME
    url = _url()
    if url:
        return f"{name} @ {url}"
    released = _version_of_index()
    return f"{name}=={released}" if released else None


def install_line(extra: str) -> str:
    """The command that installs an extra, for a message."""
    found = requirement(extra)
    if found:
        return f'run `pip install "{found}"`'
    return f"install the package again from where you have it, with [{extra}] after its file name"


def _version_of_index() -> str:
    """The version, where an index gave it out under the name; else empty."""
    try:
        found = distribution(_NAME)
    except PackageNotFoundError:
        return ""
    installer = (found.read_text("INSTALLER") or "").strip()
    by_address = found.read_text("direct_url.json") is not None
    return found.version if installer in _INSTALLERS and not by_address else ""


def _url() -> str:
    try:
        text = distribution(_NAME).read_text("direct_url.json")
    except PackageNotFoundError:
        # Not installed: imported from a checkout.
        return Path(__file__).resolve().parents[1].as_uri()
    try:
        found = json.loads(text or "null")
        url = str(found["url"])
        vcs = found.get("vcs_info")
        return f"{vcs['vcs']}+{url}@{vcs['commit_id']}" if vcs else url
    except (ValueError, KeyError, TypeError, AttributeError):
        return ""
