"""The parts of a resource's URN."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..config import NAMESPACE
from ..provider import IDENTITY

# The organization is part of what a flow's id derives from. The protocol does not tell it.
_ORGANIZATION = "organization"
MODULE = f"{NAMESPACE}:index:"


def kind_of(urn: str) -> str:
    """The name of the resource's kind: the last of the types that its parents' come before."""
    return _parts(urn)[0].removeprefix(MODULE)


def name_in(urn: str) -> str:
    """The resource's name."""
    return _parts(urn)[1]


def _parts(urn: str) -> tuple[str, str]:
    # urn:pulumi:stack::project::parents$type::name
    _, _, types, name = urn.split("::", 3)
    return types.rpartition("$")[2], name


def identity_of(urn: str, olds: Mapping[str, Any]) -> str:
    """The hidden input `IDENTITY`; the organization is the one that the state records, if any."""
    organization, _, rest = str(olds.get(IDENTITY) or "").partition("/")
    return f"{organization if rest else _ORGANIZATION}/{urn}"
