"""`EnvironmentVariableValue`: the value of an environment variable in this environment."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

import pulumi
from pulumi.dynamic import CheckResult, CreateResult, DiffResult, ReadResult, UpdateResult

from .errors import InDoubtError, InvalidInputError
from .inputs.bindings import (
    ERROR,
    Doubt,
    conflict,
    foreign_columns,
    is_forgotten,
    is_left_alone,
    is_same_name,
    tell_deleted,
    tell_overwritten,
)
from .models import ENVIRONMENT_VARIABLE_VALUE
from .provider import (
    IDENTITY,
    KILLED,
    DataverseProvider,
    DataverseResource,
    fail_unless_done,
    failure,
    given_in,
    is_unknown,
    other_kinds,
    single_owner,
    urn_of,
)

if TYPE_CHECKING:
    from .client.bindings.requests import EnvironmentVariable

_ECHOED = (*ENVIRONMENT_VARIABLE_VALUE.echoed, IDENTITY)
_ALL = frozenset({"value"})
_LONGEST = 2000


class EnvironmentVariableValueProvider(DataverseProvider):
    """
    The engine's calls for `EnvironmentVariableValue`.

    Each is two reads (the definition and its value); writes are one request more.
    """

    def check(self, _olds: dict[str, Any], news: dict[str, Any]) -> CheckResult:
        from .flow import utf16_length

        inputs = {key: value for key, value in news.items() if value is not None}
        problems = []
        if not inputs.get("schema_name"):
            problems.append("schema_name is missing; give the variable's schema name.")
        value = inputs.get("value")
        if value is None:
            problems.append("value is missing; without the resource, the default applies.")
        elif not is_unknown(value) and (
            not isinstance(value, str) or utf16_length(value) > _LONGEST
        ):
            # The value may be a secret, so the message does not repeat it.
            problems.append(f"value is not a text of up to {_LONGEST} characters.")
        failures = self.configuration_failures()
        name = inputs.get("schema_name")
        if isinstance(name, str) and not problems:
            key = f"environment variable {name.lower()}"
            problems += single_owner.declared_twice(f"schema_name {name}", key, urn_of(inputs))
        return CheckResult(inputs, [*failures, *map(failure, problems)])

    def diff(self, id_: str, olds: dict[str, Any], news: dict[str, Any]) -> DiffResult:
        same_row = is_same_name(id_, news.get("schema_name"))
        changed = any(olds.get(key) != news.get(key) for key in ENVIRONMENT_VARIABLE_VALUE.echoed)
        return DiffResult(
            changes=changed or bool(olds.get(ERROR)),
            replaces=[] if same_row else ["schema_name"],
            delete_before_replace=same_row,
        )

    def create(self, props: dict[str, Any]) -> CreateResult:
        name = props["schema_name"]
        outputs = self._bring_about(name, props, None)
        return CreateResult(name, outputs)

    def read(self, id_: str, props: dict[str, Any]) -> ReadResult:
        live = self._find(id_)
        if live is None or live.value is None:
            return ReadResult("", {})
        if is_forgotten(props, str(live.value_id)):
            return ReadResult("", {})
        seen = _outputs(props)
        seen |= {"schema_name": props.get("schema_name") or live.schema_name, "value": live.value}
        return ReadResult(id_, seen, seen if live.value != props.get("value") else None)

    def update(self, id_: str, olds: dict[str, Any], news: dict[str, Any]) -> UpdateResult:
        return UpdateResult(self._bring_about(id_, news, olds))

    def delete(self, id_: str, props: dict[str, Any]) -> None:
        live = self._find(id_)
        if live is None or live.value_id is None:
            return
        if is_left_alone(props, live.value_id):
            return
        if live.value != props.get("value"):
            tell_deleted(props, _ALL, live.value_etag)
        self.client.references.delete_value(live)

    def attempt(self, olds: Mapping[str, Any], news: Mapping[str, Any]) -> dict[str, Any]:
        # Not the value, which may be a secret.
        return {"columns": sorted(_ALL)}

    def removed_subject(self, props: Mapping[str, Any]) -> str:
        return other_kinds.value(props.get("schema_name"))

    def id_of_new(self, props: Mapping[str, Any]) -> str:
        return str(props["schema_name"])

    def in_doubt(
        self, outputs: Mapping[str, Any], attempts: Sequence[Mapping[str, Any]], *, removed: bool
    ) -> dict[str, Any]:
        doubt = Doubt.of_killed(_ALL, outputs, attempts, removed=removed)
        return {**outputs, **doubt.outputs(KILLED)}

    def is_deployed_here(self, id_: str, outputs: Mapping[str, Any], identity: str) -> bool:
        # Variables exist to differ between environments; an id of the row was not recorded.
        live = self._find(id_)
        return live is not None and live.value == outputs.get("value")

    def _find(self, schema_name: str) -> EnvironmentVariable | None:
        return next(iter(self.client.references.variables([schema_name])), None)

    def _bring_about(
        self, name: str, props: Mapping[str, Any], olds: Mapping[str, Any] | None
    ) -> dict[str, Any]:
        """
        Set the value, or change it.

        Args:
            name: the variable's schema name.
            props: the declaration.
            olds: what the last operation recorded; None for a create.
        """
        from .client.bindings.write import write_until_done
        from .solution.variable_types import VARIABLE_TYPES, wanted_instead

        doubt = Doubt.recorded_in(olds)
        creates = olds is None or doubt.of_create
        overwritten: frozenset[str] = frozenset()
        written: Doubt | None = None

        def look() -> EnvironmentVariable:
            live = self._find(name)
            if live is None:
                raise InvalidInputError(
                    f"There is no environment variable {name!r} in this environment; it comes with "
                    "the solution that defines it."
                )
            kind = VARIABLE_TYPES.get(str(live.type))
            wanted = "" if live.secret_store else wanted_instead(kind, props["value"])
            if wanted:
                # The value may be a secret, so the message does not repeat it.
                raise InvalidInputError(
                    f"The environment variable {name} is of type {kind}; give {wanted}."
                )
            return live

        def write(live: EnvironmentVariable) -> None:
            nonlocal overwritten, written
            if live.value is None and not creates:
                raise InvalidInputError(
                    f"The value of environment variable {name} is gone; run `pulumi refresh`, then "
                    "`pulumi up`."
                )
            if live.value is not None:
                foreign, told = foreign_columns({"value": live.value}, live.value_etag, _ALL, olds)
                if foreign:
                    raise conflict(f"Environment variable {name}", foreign)
                overwritten |= told
            made = live.value_id is None and (olds is None or bool(doubt.rows))
            rows = frozenset({live.new_value_id} if made else ())
            written = written or Doubt(_ALL, live.value_etag, rows)
            self.client.references.set_value(live, props["value"])

        outputs = _outputs(props)
        try:
            write_until_done(look, lambda live: live.value == props["value"], write)
        except InDoubtError as error:
            outputs |= (written or doubt).outputs(error)
        tell_overwritten(props, overwritten, adopted=creates)
        return outputs


def _outputs(props: Mapping[str, Any]) -> dict[str, Any]:
    return given_in(props, _ECHOED)


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
        schema_name: the variable's schema name, with the publisher's prefix. A change replaces, the
            new value first.
        value: up to 2,000 characters, in the form its type takes: any text, a number (`12`,
            `-1.5`), `yes` or `no`, JSON, or the id of a Key Vault secret
            (`/subscriptions/…/secrets/NAME`). The type is the definition's, so that a value of
            another one is refused when it is set. Pass a secret output to keep it encrypted in
            state. Changed in place.

    Attributes besides the inputs: `binding_error`, while nobody can tell whether the last change
    was made: the run fails with it, and the next `pulumi up` looks again.

    A value that exists already is adopted; one that differs is overwritten with a warning. A value
    that somebody changed since the last run is a conflict. Deleting the resource removes the value,
    so that the variable's default applies.

    Source of the rules: the tables `environmentvariabledefinition` and `environmentvariablevalue`
    in the Dataverse reference.
    """

    old_first: ClassVar[bool | None] = None

    schema_name: pulumi.Output[str]
    value: pulumi.Output[str]
    binding_error: pulumi.Output[str | None]

    def __init__(
        self,
        resource_name: str,
        opts: pulumi.ResourceOptions | None = None,
        *,
        schema_name: pulumi.Input[str],
        value: pulumi.Input[str],
    ) -> None:
        props = {"schema_name": schema_name, "value": value, ERROR: None}
        self._register(EnvironmentVariableValueProvider, resource_name, props, opts)
        fail_unless_done(self, self.binding_error, f"Environment variable value {resource_name!r}")
