"""`Solution`: the container of an unmanaged solution, which flows are made in or added to."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

import pulumi
from pulumi.dynamic import CheckResult, CreateResult, DiffResult, ReadResult, UpdateResult

from .errors import InvalidInputError
from .inputs.bindings import (
    Doubt,
    attempted_rows,
    in_words,
    is_forgotten,
    is_left_alone,
    tell_deleted,
)
from .inputs.named_rows import (
    ERROR,
    NamedRow,
    compare,
    differing,
    killed,
    read_row,
    text_problems,
    unique_name_problems,
)
from .models import SOLUTION
from .provider import (
    IDENTITY,
    DataverseProvider,
    DataverseResource,
    fail_unless_done,
    failure,
    given_in,
    options_of,
    other_kinds,
    progress,
    single_owner,
    urn_of,
    warn,
)

if TYPE_CHECKING:
    from .client.solutions.containers import SolutionRow
    from .client.solutions.requests import InstalledSolution

_ECHOED = (*SOLUTION.echoed, IDENTITY)
_COLUMNS = {
    "display_name": "friendlyname",
    "version": "version",
    "description": "description",
}
_MANAGED_HERE = frozenset((*_COLUMNS, "publisher"))
_KEY = "solution_id"
_VERSION = re.compile(r"\d{1,9}(\.\d{1,9}){1,3}", re.ASCII)
_FIRST_VERSION = "1.0.0.0"
_LONGEST_NAME = 65
_LONGEST = {"display_name": 256, "description": 2000}
# Of every environment; nobody makes or deletes them.
_SYSTEM = ("active", "basic", "default")


class SolutionProvider(DataverseProvider):
    """
    The engine's calls for `Solution`.

    `create` is three requests, `update` and `delete` two each (one more for another publisher),
    `read` one.
    """

    def check(self, _olds: dict[str, Any], news: dict[str, Any]) -> CheckResult:
        inputs = {key: value for key, value in news.items() if value is not None}
        name = inputs.get("unique_name")
        problems = unique_name_problems(name, _LONGEST_NAME)
        if isinstance(name, str) and name.lower() in _SYSTEM:
            problems.append(f"unique_name {name!r} is the service's own solution; choose another.")
        if not inputs.get("publisher"):
            problems.append("publisher is missing; give the unique name of one.")
        version = inputs.get("version")
        if isinstance(version, str) and not _VERSION.fullmatch(version):
            problems.append(
                f'version {version!r} is not one: it takes two to four numbers, such as "1.0.0.0".'
            )
        problems += text_problems(inputs, _LONGEST)
        if isinstance(name, str) and not problems:
            key = f"solution {name.lower()}"
            problems += single_owner.declared_twice(f"unique_name {name}", key, urn_of(inputs))
        return CheckResult(inputs, [*self.configuration_failures(), *map(failure, problems)])

    def diff(self, id_: str, olds: dict[str, Any], news: dict[str, Any]) -> DiffResult:
        return compare(id_, olds, news, SOLUTION.echoed)

    def create(self, props: dict[str, Any]) -> CreateResult:
        name = props["unique_name"]
        return CreateResult(name, self._bring_about(name, props, None))

    def read(self, id_: str, props: dict[str, Any]) -> ReadResult:
        live = self.client.containers.solution(id_)
        if live is None:
            return ReadResult("", {})
        if is_forgotten(props, live.id):
            return ReadResult("", {})
        _refuse_managed(live)
        found = {"unique_name": live.unique_name, **_columns_of(live)}
        seen, differs = read_row(found, props, _ECHOED)
        return ReadResult(id_, {**seen, _KEY: live.id}, seen if differs else None)

    def update(self, id_: str, olds: dict[str, Any], news: dict[str, Any]) -> UpdateResult:
        changed = [key for key in _MANAGED_HERE if news.get(key) not in (None, olds.get(key))]
        if not changed and not olds.get(ERROR):
            return UpdateResult({**_outputs(news), _KEY: olds.get(_KEY)})
        return UpdateResult(self._bring_about(id_, news, olds))

    def delete(self, id_: str, props: dict[str, Any]) -> None:
        from .client.solutions.uninstall import remove

        in_doubt = Doubt.recorded_in(props)
        if in_doubt.columns:
            row = self.client.containers.solution(id_)
            if row is None:
                return
            if is_left_alone(props, row.id):
                return
            tell_deleted(props, differing(_columns_of(row), props), row.etag)

        def look(live: InstalledSolution) -> None:
            _refuse_managed(live)
            now = {"display_name": live.name, "version": live.version,
                   "publisher": live.publisher, "description": live.description}  # fmt: skip
            changed = differing(now, props)
            if changed and not in_doubt.columns:
                warn(
                    props,
                    f"somebody had changed its {in_words(changed)} since the last run; deleted",
                )

        solutions = self.client.solutions
        told, deadline = lambda text: progress(props, text), solutions.deadline()
        remove(solutions, self.client.workflows, id_, told, deadline, look)

    def attempt(self, olds: Mapping[str, Any], news: Mapping[str, Any]) -> dict[str, Any]:
        return {"columns": sorted(k for k in _MANAGED_HERE if olds.get(k) != news.get(k))}

    def after_creates(self, attempts: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
        return attempted_rows(attempts)

    def id_of_new(self, props: Mapping[str, Any]) -> str:
        return str(props["unique_name"])

    def in_doubt(
        self, outputs: Mapping[str, Any], attempts: Sequence[Mapping[str, Any]], *, removed: bool
    ) -> dict[str, Any]:
        return killed(outputs, _MANAGED_HERE, attempts, removed=removed)

    def is_deployed_here(self, id_: str, outputs: Mapping[str, Any], identity: str) -> bool:
        live, recorded = self.client.containers.solution(id_), outputs.get(_KEY)
        return live is not None and live.id == recorded

    def removes(self, olds: Mapping[str, Any], news: Mapping[str, Any] | None) -> tuple[str, ...]:
        return (self.removed_subject(olds),) if news is None else ()

    def removed_subject(self, props: Mapping[str, Any]) -> str:
        return other_kinds.solution(props.get("unique_name"))

    def recorded(self, inputs: Mapping[str, Any]) -> dict[str, Any]:
        """Outputs for the state of an existing solution, from its checked inputs."""
        return _outputs(inputs)

    def _bring_about(
        self, name: str, props: Mapping[str, Any], olds: Mapping[str, Any] | None
    ) -> dict[str, Any]:
        return {**_outputs(props), **self._row(name, props).bring_about(props, olds)}

    def _row(self, name: str, props: Mapping[str, Any]) -> NamedRow[SolutionRow]:
        containers = self.client.containers

        def change(live: SolutionRow, keys: frozenset[str]) -> None:
            values = {column: props[key] for key, column in _COLUMNS.items() if key in keys}
            publisher = props["publisher"] if "publisher" in keys else None
            containers.change_solution(live, values, publisher)

        def create(row_id: str) -> None:
            containers.create_solution(_new_row(row_id, name, props), props["publisher"])

        return NamedRow(
            what=f"Solution {name}",
            key=_KEY,
            find=lambda: containers.solution(name),
            columns_of=_columns_of,
            refuse=_refuse_managed,
            create=create,
            change=change,
        )


def _new_row(row_id: str, name: str, props: Mapping[str, Any]) -> dict[str, Any]:
    declared = {column: props[key] for key, column in _COLUMNS.items() if key in props}
    return {
        "solutionid": row_id,
        "uniquename": name,
        "friendlyname": name,
        "version": _FIRST_VERSION,
        **declared,
    }


def _refuse_managed(live: SolutionRow | InstalledSolution) -> None:
    if live.managed:
        raise InvalidInputError(
            f"Solution {live.unique_name} is managed in this environment: it came with a package, "
            "and nothing can be changed in it. Declare the package as a SolutionImport, or choose "
            "another unique_name."
        )


def _columns_of(live: SolutionRow) -> dict[str, Any]:
    return {
        "display_name": live.display_name,
        "version": live.version,
        "publisher": live.publisher,
        "description": live.description,
    }


def _outputs(props: Mapping[str, Any]) -> dict[str, Any]:
    return given_in(props, _ECHOED)


class Solution(DataverseResource, module="powerautomate", name="Solution"):
    """
    The container of an unmanaged solution: what `CloudFlow(solution=…)` and exports name.

    One that exists already is adopted when it is unmanaged; a warning names the columns that
    differed. Deleting the resource deletes the container alone: what it holds stays in the
    environment. The resource's id is its unique name.

    Args:
        resource_name: the resource's name in the stack.
        opts: Pulumi's resource options.
        unique_name: up to 65 letters, digits and underscores. A change replaces, the new one first;
            what the old one holds does not move along, except for resources that name it.
        publisher: unique name of the publisher. Changed in place.
        display_name: up to 256 characters; `unique_name` by default for a new one. Changed in
            place; left alone when it is left out.
        version: two to four numbers; `1.0.0.0` by default for a new one. Changed in place; left
            alone when it is left out, which suits solutions whose exports count it up.
        description: up to 2,000 characters. Changed in place; left alone when it is left out.

    Attributes besides the inputs: `solution_id`, the row's id; `write_error`, while nobody can tell
    whether the last change was made: the run fails with it, and the next `pulumi up` looks again.

    A column that somebody changed since the last run is a conflict that names it.

    Source of the rules: the table `solution` in the Dataverse reference.
    """

    old_first: ClassVar[bool | None] = None

    unique_name: pulumi.Output[str]
    publisher: pulumi.Output[str]
    display_name: pulumi.Output[str | None]
    version: pulumi.Output[str | None]
    description: pulumi.Output[str | None]
    solution_id: pulumi.Output[str]
    write_error: pulumi.Output[str | None]

    def __init__(
        self,
        resource_name: str,
        opts: pulumi.ResourceOptions | None = None,
        *,
        unique_name: pulumi.Input[str],
        publisher: pulumi.Input[str],
        display_name: pulumi.Input[str] | None = None,
        version: pulumi.Input[str] | None = None,
        description: pulumi.Input[str] | None = None,
    ) -> None:
        props = {
            "unique_name": unique_name,
            "publisher": publisher,
            "display_name": display_name,
            "version": version,
            "description": description,
            _KEY: None,
            ERROR: None,
        }
        opts = options_of(opts, "Solution", resource_name)
        self._register(SolutionProvider, resource_name, props, opts)
        fail_unless_done(self, self.write_error, f"Solution {resource_name!r}")
