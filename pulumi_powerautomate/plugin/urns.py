"""The parts of a resource's URN."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..provider import IDENTITY
from ..provider.native import NO_ORGANIZATION, type_of

MODULE = type_of("")


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
    return f"{organization if rest else NO_ORGANIZATION}/{urn}"
