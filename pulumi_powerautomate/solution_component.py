"""`SolutionComponent`: something that exists, added to a solution without owning it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import pulumi
from pulumi.dynamic import CheckResult, CreateResult, DiffResult, ReadResult, UpdateResult

from .config import is_guid
from .errors import PowerAutomateError
from .inputs.named_rows import ERROR
from .models import SOLUTION_COMPONENT
from .provider import (
    IDENTITY,
    KILLED,
    DataverseProvider,
    DataverseResource,
    fail_unless_done,
    failure,
    given_in,
    options_of,
    other_kinds,
    single_owner,
    urn_of,
)

_ECHOED = (*SOLUTION_COMPONENT.echoed, IDENTITY)
_MEMBERSHIP = "membership_id"
_FLOW = "workflow"
_TABLE = re.compile(r"[a-z][a-z0-9_]*")
# Everything is in them by itself.
_SYSTEM = ("active", "basic", "default")


class SolutionComponentProvider(DataverseProvider):
    """
    The engine's calls for `SolutionComponent`.

    `create` and `update` are one request, two for a component type that is named and has no fixed
    number; `read` and `delete` are one.
    """

    def check(self, _olds: dict[str, Any], news: dict[str, Any]) -> CheckResult:
        inputs = {key: value for key, value in news.items() if value is not None}
        inputs.setdefault("component_type", _FLOW)
        number = inputs["component_type"]
        if isinstance(number, float) and number.is_integer():
            inputs["component_type"] = int(number)
        problems = _problems(inputs)
        values = [inputs.get(key) for key in ("solution", "component_id")]
        if not problems and all(isinstance(value, str) for value in values):
            subject = f"component {values[1]} of solution {values[0]}"
            problems += single_owner.declared_twice(subject, subject.lower(), urn_of(inputs))
        return CheckResult(inputs, [*self.configuration_failures(), *map(failure, problems)])

    def diff(self, id_: str, olds: dict[str, Any], news: dict[str, Any]) -> DiffResult:
        replaces = [
            key
            for key in ("solution", "component_id")
            if _folded(olds.get(key)) != _folded(news.get(key))
        ]
        if _spelled(olds.get("component_type")) != _spelled(news.get("component_type")):
            replaces.append("component_type")
        return DiffResult(
            changes=bool(replaces) or bool(olds.get(ERROR)),
            replaces=replaces,
            delete_before_replace=False,
        )

    def create(self, props: dict[str, Any]) -> CreateResult:
        number = self._number(props["component_type"])
        id_ = f"{props['solution']}/{number}/{props['component_id'].lower()}"
        return CreateResult(id_, self._added(props, number))

    def read(self, id_: str, props: dict[str, Any]) -> ReadResult:
        solution, number, component_id = _parts(id_)
        found = self.client.solution_components.membership(solution, component_id, number)
        if found is None:
            return ReadResult("", {})
        declared = _outputs(props)
        seen = declared or {
            "solution": solution, "component_id": component_id, "component_type": number,
        }  # fmt: skip
        return ReadResult(id_, {**seen, _MEMBERSHIP: found}, None if declared else seen)

    def update(self, id_: str, olds: dict[str, Any], news: dict[str, Any]) -> UpdateResult:
        if not olds.get(ERROR):
            return UpdateResult({**_outputs(news), _MEMBERSHIP: olds.get(_MEMBERSHIP)})
        return UpdateResult(self._added(news, _parts(id_)[1]))

    def delete(self, id_: str, props: dict[str, Any]) -> None:
        solution, number, component_id = _parts(id_)
        members = self.client.solution_components
        members.remove(solution, component_id, number, members.deadline())
        place = other_kinds.membership(component_id, solution)
        if other_kinds.taken_over(self, place, props) is not None:
            members.add(solution, component_id, number, members.deadline())

    def in_doubt(
        self, outputs: Mapping[str, Any], attempts: Sequence[Mapping[str, Any]], *, removed: bool
    ) -> dict[str, Any]:
        return {**outputs, ERROR: KILLED}

    def is_deployed_here(self, id_: str, outputs: Mapping[str, Any], identity: str) -> bool:
        solution, number, component_id = _parts(id_)
        found = self.client.solution_components.membership(solution, component_id, number)
        return found is not None and found == outputs.get(_MEMBERSHIP)

    def removed_subject(self, props: Mapping[str, Any]) -> str:
        return other_kinds.membership(props.get("component_id"), props.get("solution"))

    def contents(self, props: Mapping[str, Any]) -> tuple[str, ...]:
        return ()

    def recorded(self, inputs: Mapping[str, Any]) -> dict[str, Any]:
        """Outputs for the state of an existing membership, from its checked inputs."""
        return _outputs(inputs)

    def _number(self, component_type: str | int) -> int:
        from .client.solutions.component_types import component_types

        if isinstance(component_type, int):
            return component_type
        number = component_types().get(component_type)
        if number is not None:
            return number
        table = component_type.replace(" ", "")
        return self.client.solution_components.component_type(table)

    def _added(self, props: Mapping[str, Any], number: int) -> dict[str, Any]:
        """Add the component; adding one that is there already changes nothing."""
        members = self.client.solution_components
        outputs = _outputs(props)
        try:
            membership = members.add(
                props["solution"], props["component_id"], number, members.deadline()
            )
        except PowerAutomateError as error:
            if not error.in_doubt:
                raise
            return {**outputs, ERROR: str(error)}
        return {**outputs, _MEMBERSHIP: membership}


def _problems(inputs: Mapping[str, Any]) -> list[str]:
    problems = []
    solution, component_id = inputs.get("solution"), inputs.get("component_id")
    if solution is None or solution == "":
        problems.append("solution is missing; give the unique name of an unmanaged one.")
    elif isinstance(solution, str) and solution.lower() in _SYSTEM:
        problems.append(f"solution {solution!r} holds every component by itself; name your own.")
    if component_id is None or component_id == "":
        problems.append("component_id is missing; give the component's id, such as flow.id.")
    elif isinstance(component_id, str) and not is_guid(component_id):
        problems.append(f"component_id {component_id!r} is not a GUID.")
    kind = inputs["component_type"]
    if isinstance(kind, (int, float)):
        if isinstance(kind, (bool, float)) or kind < 1:
            problems.append(f"component_type {kind!r} is not the number of a component type.")
    elif (
        isinstance(kind, str)
        and not isinstance(_spelled(kind), int)
        and not _TABLE.fullmatch(_spelled(kind))
    ):
        problems.append(
            f"component_type {kind!r} is neither a number nor a name such as "
            '"workflow" or "connectionreference".'
        )
    return problems


def _spelled(component_type: Any) -> Any:
    """A type without what does not tell it from another: its number where that is fixed."""
    from .client.solutions.component_types import component_types

    if not isinstance(component_type, str):
        return component_type
    return component_types().get(component_type, component_type.replace(" ", ""))


def _folded(value: Any) -> Any:
    return value.lower() if isinstance(value, str) else value


def _parts(id_: str) -> tuple[str, int, str]:
    solution, _, rest = id_.partition("/")
    number, _, component_id = rest.partition("/")
    return solution, int(number) if number.isdigit() else 0, component_id


def _outputs(props: Mapping[str, Any]) -> dict[str, Any]:
    return given_in(props, _ECHOED)


class SolutionComponent(DataverseResource, module="powerautomate", name="SolutionComponent"):
    """
    A component that exists, added to a solution: a flow, a connection reference, a table.

    The resource owns the membership, not the component: deleting it takes the component out of the
    solution and leaves it as it is. A membership that exists already is adopted. The resource's id
    is `SOLUTION/TYPE/COMPONENT_ID`, such as `ContosoAutomation/29/6b6c…`.

    Args:
        resource_name: the resource's name in the stack.
        opts: Pulumi's resource options.
        solution: unique name of an unmanaged solution. A change replaces, the new one first.
        component_id: the component's id, such as `flow.id`. A change replaces, the new one first.
        component_type: `workflow` (a flow, the default), `environment variable`, `connection
            reference`, another name that `get_solution_components` tells, the logical name of a
            table whose rows are components, or a number of `solutioncomponent.componenttype`. A
            change replaces, the new one first.

    Attributes besides the inputs: `membership_id`, the row's `solutioncomponentid`; `write_error`,
    while nobody can tell whether it was added: the run fails with it, and the next `pulumi up`
    looks again.

    What the component needs is not added by itself: declare it too.

    Source of the rules: "AddSolutionComponent action" and "RemoveSolutionComponent action".
    """

    old_first: ClassVar[bool | None] = None

    solution: pulumi.Output[str]
    component_id: pulumi.Output[str]
    component_type: pulumi.Output[str | int]
    membership_id: pulumi.Output[str]
    write_error: pulumi.Output[str | None]

    def __init__(
        self,
        resource_name: str,
        opts: pulumi.ResourceOptions | None = None,
        *,
        solution: pulumi.Input[str],
        component_id: pulumi.Input[str],
        component_type: pulumi.Input[str | int] = _FLOW,
    ) -> None:
        props = {
            "solution": solution,
            "component_id": component_id,
            "component_type": component_type,
            _MEMBERSHIP: None,
            ERROR: None,
        }
        opts = options_of(opts, "SolutionComponent", resource_name)
        self._register(SolutionComponentProvider, resource_name, props, opts)
        fail_unless_done(self, self.write_error, f"Solution component {resource_name!r}")
