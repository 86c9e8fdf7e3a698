"""`EnvironmentVariableValue`: the value of an environment variable in this environment."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import pulumi
from pulumi.dynamic import CheckResult, CreateResult, DiffResult, ReadResult, UpdateResult

from .errors import InvalidInputError
from .provider import IDENTITY, DataverseProvider, DataverseResource, failure, is_unknown

if TYPE_CHECKING:
    from .client.references import EnvironmentVariable

_ECHOED = ("schema_name", "value", IDENTITY)
_LONGEST = 2000


class EnvironmentVariableValueProvider(DataverseProvider):
    """
    The engine's calls for `EnvironmentVariableValue`.

    Each is two reads (the definition and its value); writes are one request more.
    """

    def check(self, _olds: dict[str, Any], news: dict[str, Any]) -> CheckResult:
        inputs = {key: value for key, value in news.items() if value is not None}
        problems = []
        if not inputs.get("schema_name"):
            problems.append("schema_name is missing; give the variable's schema name.")
        value = inputs.get("value")
        if value is None:
            problems.append("value is missing; without the resource, the default applies.")
        elif not is_unknown(value) and (not isinstance(value, str) or len(value) > _LONGEST):
            # The value may be a secret, so the message does not repeat it.
            problems.append(f"value is not a text of up to {_LONGEST} characters.")
        failures = self.configuration_failures()
        return CheckResult(inputs, [*failures, *map(failure, problems)])

    def diff(self, _id: str, olds: dict[str, Any], news: dict[str, Any]) -> DiffResult:
        replaces = ["schema_name"] if olds.get("schema_name") != news.get("schema_name") else []
        changed = olds.get("value") != news.get("value") or bool(replaces)
        return DiffResult(changes=changed, replaces=replaces, delete_before_replace=True)

    def create(self, props: dict[str, Any]) -> CreateResult:
        return CreateResult(props["schema_name"], self._set(props))

    def read(self, id_: str, props: dict[str, Any]) -> ReadResult:
        live = self._find(id_)
        if live is None or live.value is None:
            return ReadResult("", {})
        seen = {key: props[key] for key in _ECHOED if props.get(key) is not None}
        seen |= {"schema_name": props.get("schema_name") or live.schema_name, "value": live.value}
        return ReadResult(id_, seen, seen if live.value != props.get("value") else None)

    def update(self, _id: str, _olds: dict[str, Any], news: dict[str, Any]) -> UpdateResult:
        return UpdateResult(self._set(news))

    def delete(self, id_: str, _props: dict[str, Any]) -> None:
        live = self._find(id_)
        if live is not None:
            self.client.references.delete_value(live)

    def is_deployed_here(self, id_: str, outputs: Mapping[str, Any], identity: str) -> bool:
        # Variables exist to differ between environments; an id of the row was not recorded.
        live = self._find(id_)
        return live is not None and live.value == outputs.get("value")

    def _find(self, schema_name: str) -> EnvironmentVariable | None:
        return next(iter(self.client.references.variables([schema_name])), None)

    def _set(self, props: dict[str, Any]) -> dict[str, Any]:
        live = self._find(props["schema_name"])
        if live is None:
            raise InvalidInputError(
                f"There is no environment variable {props['schema_name']!r} in this environment; "
                "it comes with the solution that defines it."
            )
        if live.value != props["value"]:
            self.client.references.set_value(live, props["value"])
        return {key: props[key] for key in _ECHOED if props.get(key) is not None}


class EnvironmentVariableValue(
    DataverseResource, module="powerautomate", name="EnvironmentVariableValue"
):
    """
    The value of an environment variable in this environment; its definition is a solution's.

    A flow that is on reads trigger parameters when it is turned on: turn it off and on again after
    a change that its trigger depends on.

    Args:
        resource_name: the resource's name in the stack.
        opts: Pulumi's resource options.
        schema_name: the variable's schema name, with the publisher's prefix. A change replaces.
        value: up to 2,000 characters, in the form its type takes (`yes`/`no`, a number, JSON). Pass
            a secret output to keep it encrypted in state. Changed in place.

    Deleting the resource removes the value, so that the variable's default applies.

    Source of the rules: the tables `environmentvariabledefinition` and `environmentvariablevalue`
    in the Dataverse reference.
    """

    schema_name: pulumi.Output[str]
    value: pulumi.Output[str]

    def __init__(
        self,
        resource_name: str,
        opts: pulumi.ResourceOptions | None = None,
        *,
        schema_name: pulumi.Input[str],
        value: pulumi.Input[str],
    ) -> None:
        props = {"schema_name": schema_name, "value": value}
        super().__init__(EnvironmentVariableValueProvider, resource_name, props, opts)
