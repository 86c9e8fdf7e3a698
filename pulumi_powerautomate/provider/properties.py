"""Inputs and outputs as the engine passes them, and the hidden ones among them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from pulumi.dynamic import CheckFailure
from pulumi.output import Unknown

from ..terminal import shown_lines

# A hidden input and output: organization and URN, as `organization/urn`.
IDENTITY = "__identity"
# A hidden input: the inputs that come from a resource which failed in this run, if any do.
FAILED_NEEDS = "__failed_needs"


def given_in(props: Mapping[str, Any], names: Iterable[str]) -> dict[str, Any]:
    """Those of some properties that are given."""
    return {name: props[name] for name in names if props.get(name) is not None}


def failure(reason: str) -> CheckFailure:
    """
    A check failure that shows its reason only.

    When a failure names a property the engine prints that property's value too: a whole
    definition, or a secret in clear.
    """
    return CheckFailure("", shown_lines(reason))


def is_unknown(value: Any) -> bool:
    """Whether a value is not known before the deployment, at any depth."""
    if isinstance(value, Unknown):
        return True
    if isinstance(value, Mapping):
        return any(is_unknown(item) for item in value.values())
    if isinstance(value, (list, tuple)):
        return any(is_unknown(item) for item in value)
    return False


def urn_of(props: Mapping[str, Any]) -> str:
    """The resource's URN, from the hidden input that its constructor passes."""
    return str(props.get(IDENTITY) or "").partition("/")[2]
