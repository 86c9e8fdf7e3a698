"""Looking at solutions and at what binds them: functions a program calls, and `_output` twins."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal, TypedDict

import pulumi

from ..config import is_guid
from ..errors import InvalidInputError, NotFoundError
from ..provider import Provider, look_up
from .flows import client_of, later

if TYPE_CHECKING:
    from ..client.solutions.requests import InstalledSolution


class GetSolutionResult(TypedDict):
    """A solution of the environment."""

    id: str
    """`solutionid`."""
    unique_name: str
    """Unique name, which `CloudFlow(solution=…)` takes."""
    name: str
    """Display name."""
    version: str
    """Version, up to four numbers."""
    is_managed: bool
    """Whether it is managed."""
    publisher: str
    """Unique name of the publisher."""
    installed_on: str
    """When it was installed, ISO 8601."""
    description: str | None
    """Description."""


class GetSolutionComponentResult(TypedDict):
    """Something that a solution holds."""

    id: str
    """Id of the component."""
    type: int
    """Number of its kind (`solutioncomponent.componenttype`)."""
    kind: str
    """Its kind in words, `component` where the number has no fixed meaning."""


class GetImportJobResult(TypedDict):
    """An import, running or over."""

    id: str
    """`importjobid`."""
    solution: str
    """Unique name of the solution."""
    progress: float
    """Percent; an import that failed stops before 100."""
    state: Literal["running", "succeeded", "failed"]
    """State of the import."""
    started_on: str
    """When it started, ISO 8601."""
    completed_on: str | None
    """When it ended, ISO 8601."""


class GetConnectionReferenceResult(TypedDict):
    """A connection reference of the environment."""

    id: str
    """`connectionreferenceid`."""
    logical_name: str
    """Logical name, which flows refer to it by."""
    name: str
    """Display name."""
    connector: str
    """The connector, `shared_office365`."""
    connection_id: str | None
    """The connection it is bound to, None while it is not."""
    is_managed: bool
    """Whether it came with a managed solution."""


class GetEnvironmentVariableResult(TypedDict):
    """An environment variable, and its value in this environment."""

    id: str
    """`environmentvariabledefinitionid`."""
    schema_name: str
    """Schema name."""
    name: str
    """Display name."""
    type: str
    """`string`, `number`, `boolean`, `json`, `data source` or `secret`."""
    default: str | None
    """The default that came with the definition."""
    value: str | None
    """The value that is set in this environment; None when the default applies."""
    is_managed: bool
    """Whether it came with a managed solution."""


@look_up
def get_solutions(
    *, managed: bool | None = None, provider: Provider | None = None
) -> list[GetSolutionResult]:
    """
    Every visible solution, in order of unique name; all pages are read.

    Args:
        managed: only managed ones, or only unmanaged ones.
        provider: the explicit provider to ask through; the stack's configuration by default.
    """
    found = client_of(provider).solutions.installed(managed=managed)
    return [_solution(item) for item in found]


@look_up
def get_solution(unique_name: str, *, provider: Provider | None = None) -> GetSolutionResult:
    """
    One solution.

    Args:
        unique_name: its unique name, not the display name.
        provider: the explicit provider to ask through; the stack's configuration by default.

    Raises:
        NotFoundError: there is no such solution.
    """
    return _solution(_found(unique_name, provider))


@look_up
def get_solution_components(
    unique_name: str, *, provider: Provider | None = None
) -> list[GetSolutionComponentResult]:
    """
    Components of a solution.

    Args:
        unique_name: its unique name.
        provider: the explicit provider to ask through; the stack's configuration by default.

    Raises:
        NotFoundError: there is no such solution.
    """
    from ..client.solutions.component_types import kind_of

    solution = _found(unique_name, provider)
    return [
        GetSolutionComponentResult(id=identity, type=number, kind=kind_of(number))
        for identity, number in client_of(provider).solutions.components(solution.id)
    ]


@look_up
def get_import_job(id: str, *, provider: Provider | None = None) -> GetImportJobResult:
    """
    An import, such as `SolutionImport`'s `import_job_id`.

    Args:
        id: `importjobid`.
        provider: the explicit provider to ask through; the stack's configuration by default.

    Raises:
        InvalidInputError: the id is malformed.
        NotFoundError: the environment knows of no such import.
    """
    if not is_guid(id):
        raise InvalidInputError(f"get_import_job: {id!r} is not a GUID.")
    job = client_of(provider).solutions.job(id)
    if job is None:
        raise NotFoundError(f"Read import {id}", status=404, remedy="Check the id.")
    return GetImportJobResult(
        id=job.id,
        solution=job.solution,
        progress=job.progress,
        state="succeeded" if job.succeeded else "failed" if job.over else "running",
        started_on=job.started_on,
        completed_on=job.completed_on or None,
    )


@look_up
def get_connection_references(
    *, provider: Provider | None = None
) -> list[GetConnectionReferenceResult]:
    """
    Every connection reference, in order of logical name; all pages are read.

    Args:
        provider: the explicit provider to ask through; the stack's configuration by default.
    """
    return [
        GetConnectionReferenceResult(
            id=item.id,
            logical_name=item.logical_name,
            name=item.name,
            connector=item.connector,
            connection_id=item.connection_id,
            is_managed=item.managed,
        )
        for item in client_of(provider).references.references()
    ]


@look_up
def get_environment_variables(
    *, provider: Provider | None = None
) -> list[GetEnvironmentVariableResult]:
    """
    Every environment variable with its value, in order of schema name; all pages are read.

    Args:
        provider: the explicit provider to ask through; the stack's configuration by default.
    """
    from ..solution.variable_types import VARIABLE_TYPES

    return [
        GetEnvironmentVariableResult(
            id=item.id,
            schema_name=item.schema_name,
            name=item.name,
            type=VARIABLE_TYPES.get(str(item.type), "string"),
            default=item.default,
            value=item.value,
            is_managed=item.managed,
        )
        for item in client_of(provider).references.variables()
    ]


def get_solutions_output(
    *, managed: pulumi.Input[bool | None] = None, provider: Provider | None = None
) -> pulumi.Output[Sequence[GetSolutionResult]]:
    """`get_solutions` for inputs; see there."""
    return later(lambda **known: get_solutions(**known), provider, managed=managed)


def get_solution_output(
    unique_name: pulumi.Input[str], *, provider: Provider | None = None
) -> pulumi.Output[GetSolutionResult]:
    """`get_solution` for inputs; see there."""
    return later(lambda **known: get_solution(**known), provider, unique_name=unique_name)


def get_solution_components_output(
    unique_name: pulumi.Input[str], *, provider: Provider | None = None
) -> pulumi.Output[Sequence[GetSolutionComponentResult]]:
    """`get_solution_components` for inputs; see there."""
    return later(
        lambda **known: get_solution_components(**known), provider, unique_name=unique_name
    )


def get_import_job_output(
    id: pulumi.Input[str], *, provider: Provider | None = None
) -> pulumi.Output[GetImportJobResult]:
    """`get_import_job` for inputs; see there."""
    return later(lambda **known: get_import_job(**known), provider, id=id)


def get_connection_references_output(
    *, provider: Provider | None = None
) -> pulumi.Output[Sequence[GetConnectionReferenceResult]]:
    """`get_connection_references` for inputs; see there."""
    return later(lambda **known: get_connection_references(**known), provider)


def get_environment_variables_output(
    *, provider: Provider | None = None
) -> pulumi.Output[Sequence[GetEnvironmentVariableResult]]:
    """`get_environment_variables` for inputs; see there."""
    return later(lambda **known: get_environment_variables(**known), provider)


def _found(unique_name: str, provider: Provider | None) -> InstalledSolution:
    found = client_of(provider).solutions.find(unique_name)
    if found is None:
        raise NotFoundError(
            f"Look for solution {unique_name}",
            status=404,
            remedy="Check the unique name (not the display name).",
        )
    return found


def _solution(item: InstalledSolution) -> GetSolutionResult:
    return GetSolutionResult(
        id=item.id,
        unique_name=item.unique_name,
        name=item.name,
        version=item.version,
        is_managed=item.managed,
        publisher=item.publisher,
        installed_on=item.installed_on,
        description=item.description,
    )
