"""
Connections and values that an environment binds a solution to.

They are compared with what the last operation recorded before anything is written, so that an edit
by hand is reported and not overwritten.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from ...errors import ConflictError, InvalidInputError, PowerAutomateError
from ..bindings.requests import EnvironmentVariable, Reference, References
from ..bindings.write import write_until_done

# Inputs of the resource, which are also what a doubt is recorded under.
REFERENCES, VARIABLES = "connection_references", "environment_variables"


@dataclass(frozen=True)
class Bindings:
    """Bindings and values, declared or present, by name in lower case."""

    references: Mapping[str, str] = field(default_factory=dict)
    variables: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, props: Mapping[str, Any]) -> Bindings:
        """The bindings in a resource's inputs or outputs; an empty connection is not managed."""
        given = props.get(REFERENCES) or {}
        return cls(
            {name.lower(): value for name, value in given.items() if value},
            {name.lower(): value for name, value in (props.get(VARIABLES) or {}).items()},
        )

    def names(self) -> frozenset[str]:
        """All names."""
        return frozenset((*self.references, *self.variables))

    def changed(self, other: Bindings) -> frozenset[str]:
        """Names that have another binding or value in one of the two, or none."""
        return different(self.references, other.references) | different(
            self.variables, other.variables
        )


class Environment:
    """The rows that bindings are about, as they were read."""

    def __init__(
        self, references: Mapping[str, Reference], variables: Mapping[str, EnvironmentVariable]
    ) -> None:
        self.references = references
        self.variables = variables

    @classmethod
    def read(cls, references: References, wanted: Bindings) -> Environment:
        """Read what is wanted: a request for references, two for variables, none for neither."""
        found = references.references(list(wanted.references)) if wanted.references else ()
        values = references.variables(list(wanted.variables)) if wanted.variables else ()
        return cls(
            {item.logical_name.lower(): item for item in found},
            {item.schema_name.lower(): item for item in values},
        )

    def bindings(self) -> Bindings:
        """Connections and values; those that are not set are left out."""
        return Bindings(
            {name: row.connection_id for name, row in self.references.items() if row.connection_id},
            {name: row.value for name, row in self.variables.items() if row.value is not None},
        )


@dataclass(frozen=True)
class Known:
    """
    Bindings that the last operation recorded.

    Attributes:
        bindings: what it left.
        in_doubt: names whose last write was refused, or may have been applied or not.
    """

    bindings: Bindings = field(default_factory=Bindings)
    in_doubt: frozenset[str] = frozenset()


def refuse_foreign(
    live: Environment, wanted: Bindings, known: Known, unique_name: str
) -> dict[str, str]:
    """
    Refuse to overwrite what somebody else bound or set since the last operation.

    Returns:
        The columns, by name, that may be somebody else's and are overwritten, because the last
        write of them is in doubt.

    Raises:
        ConflictError: the names, and the columns.
    """
    now = live.bindings()
    moved = {
        **_moved(now.references, wanted.references, known.bindings.references,
                  "connection_id of connection reference"),
        **_moved(now.variables, wanted.variables, known.bindings.variables,
                  "value of environment variable"),
    }  # fmt: skip
    found = [text for name, text in moved.items() if name not in known.in_doubt]
    if found:
        raise ConflictError(
            f"Solution {unique_name}: somebody changed the {', the '.join(found)} since the last "
            "run; nothing was overwritten. Run `pulumi refresh` to see the change, then "
            "`pulumi up`."
        )
    set_now = now.names()
    return {name: text for name, text in moved.items() if name in set_now}


@dataclass(frozen=True)
class Applied:
    """Bindings that failed, one line each, and the names whose outcome is in doubt."""

    problems: tuple[str, ...] = ()
    in_doubt: frozenset[str] = frozenset()


def apply(references: References, wanted: Bindings, live: Environment | None) -> Applied:
    """
    Bind references and set variables that are not as wanted.

    Args:
        references: the requests.
        wanted: the declaration.
        live: what was read just now; read if it was not.
    """
    try:
        live = live or Environment.read(references, wanted)
    except PowerAutomateError as error:
        return Applied((str(error),), wanted.names())
    problems: list[str] = []
    in_doubt: set[str] = set()
    for name, step in _steps(references, wanted, live):
        try:
            step()
        except PowerAutomateError as error:
            problems.append(str(error))
            if not isinstance(error, ConflictError):
                in_doubt.add(name)
    return Applied(tuple(problems), frozenset(in_doubt))


def _steps(
    references: References, wanted: Bindings, live: Environment
) -> Iterator[tuple[str, Any]]:
    for name, connection in wanted.references.items():
        yield name, _Bind(references, name, connection, live.references.get(name))
    for name, value in wanted.variables.items():
        yield name, _Assign(references, name, value, live.variables.get(name))


@dataclass
class _Bind:
    references: References
    name: str
    connection: str
    first: Reference | None

    def __post_init__(self) -> None:
        self._expected = self.first.connection_id if self.first else None

    def __call__(self) -> None:
        write_until_done(self._look, lambda row: row.connection_id == self.connection, self._write)

    def _look(self) -> Reference:
        found, self.first = self.first, None
        found = found or next(iter(self.references.references([self.name])), None)
        if found is None:
            raise InvalidInputError(f"There is no connection reference {self.name!r}.")
        return found

    def _write(self, row: Reference) -> None:
        if row.connection_id != self._expected:
            raise _changed_meanwhile(f"connection reference {self.name}")
        self.references.change_reference(row, {"connectionid": self.connection})


@dataclass
class _Assign:
    references: References
    name: str
    value: str
    first: EnvironmentVariable | None

    def __post_init__(self) -> None:
        self._expected = self.first.value if self.first else None

    def __call__(self) -> None:
        write_until_done(self._look, lambda row: row.value == self.value, self._write)

    def _look(self) -> EnvironmentVariable:
        found, self.first = self.first, None
        found = found or next(iter(self.references.variables([self.name])), None)
        if found is None:
            raise InvalidInputError(f"There is no environment variable {self.name!r}.")
        return found

    def _write(self, row: EnvironmentVariable) -> None:
        if row.value != self._expected:
            raise _changed_meanwhile(f"environment variable {self.name}")
        self.references.set_value(row, self.value)


def _changed_meanwhile(what: str) -> ConflictError:
    return ConflictError(
        f"Somebody changed {what} just now; it was not overwritten. Run `pulumi refresh` to see "
        "the change, then `pulumi up`."
    )


def different(one: Mapping[str, Any], other: Mapping[str, Any]) -> frozenset[str]:
    """Names that stand for something else in one of the two, or for nothing."""
    names = one.keys() | other.keys()
    return frozenset(name for name in names if one.get(name) != other.get(name))


def _moved(
    now: Mapping[str, str], wanted: Mapping[str, str], known: Mapping[str, str], what: str
) -> dict[str, str]:
    return {
        name: f"{what} {name}"
        for name, value in wanted.items()
        if known.get(name) is not None and now.get(name) not in (known[name], value)
    }
