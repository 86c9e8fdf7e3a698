"""
Rows that a unique name identifies: created, adopted, changed in place, whatever gets lost.

Common parts of `Publisher` and `Solution`.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, Protocol, TypeVar

from pulumi.dynamic import DiffResult

from ..errors import InDoubtError, InvalidInputError, PowerAutomateError
from ..flow import utf16_length
from ..provider import KILLED, about_to_write, given_in
from .bindings import (
    DOUBT,
    ROW,
    Doubt,
    conflict,
    foreign_columns,
    is_same_name,
    rows_of_creates,
    tell_overwritten,
)

# Output: why the row may not be as declared.
ERROR = "write_error"

_UNIQUE_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


class Row(Protocol):
    """The parts of a row that every kind has."""

    @property
    def id(self) -> str:
        """Its primary key."""
        ...

    @property
    def etag(self) -> str:
        """Its version."""
        ...


_R = TypeVar("_R", bound=Row)


@dataclass(frozen=True)
class NamedRow(Generic[_R]):
    """
    One row and how it is read and written.

    Attributes:
        what: the row, as a message begins.
        key: input or output that holds its primary key.
        find: reads it; None when it is not there.
        columns_of: its columns, by input.
        refuse: raises for a row that this resource must not manage.
        create: creates it with a primary key.
        change: changes inputs of it.
    """

    what: str
    key: str
    find: Callable[[], _R | None]
    columns_of: Callable[[_R], Mapping[str, Any]]
    refuse: Callable[[_R], None]
    create: Callable[[str], None]
    change: Callable[[_R, frozenset[str]], None]

    def bring_about(
        self, props: Mapping[str, Any], olds: Mapping[str, Any] | None
    ) -> dict[str, Any]:
        """
        Create the row, adopt one that is there, or change what differs in it.

        Args:
            props: the declaration.
            olds: what the last operation recorded; None for a create.

        Returns:
            Outputs about the row: its primary key, or why it may not be as declared.

        Raises:
            ConflictError: somebody changed it since the last run.
            InvalidInputError: it is gone, or must not be managed.
        """
        from ..client.bindings.write import write_until_done

        doubt = Doubt.recorded_in(olds)
        creates = olds is None or doubt.of_create
        new_id = str(uuid.uuid4())
        rows = rows_of_creates(new_id, props, olds)
        overwritten: frozenset[str] = frozenset()
        written: Doubt | None = None

        def is_done(live: _R | None) -> bool:
            if live is not None:
                self.refuse(live)
            return live is not None and not differing(self.columns_of(live), props)

        def write(live: _R | None) -> None:
            nonlocal overwritten, written
            if live is None:
                if not creates:
                    raise InvalidInputError(
                        f"{self.what} is gone; run `pulumi refresh`, then `pulumi up`."
                    )
                about_to_write(**{ROW: new_id})
                written = written or Doubt(frozenset({"unique_name"}), rows=rows)
                self.create(new_id)
                return
            now = self.columns_of(live)
            wrong = differing(now, props)
            foreign, told = foreign_columns(now, live.etag, wrong, olds)
            if foreign:
                raise conflict(self.what, foreign)
            overwritten |= told
            written = written or Doubt(wrong | doubt.columns, live.etag)
            self.change(live, wrong)

        try:
            live = write_until_done(self.find, is_done, write)
        except InDoubtError as error:
            recorded = {self.key: olds[self.key]} if olds and olds.get(self.key) else {}
            return {**recorded, **outputs_in_doubt(written or doubt, error)}
        tell_overwritten(props, overwritten, adopted=creates)
        return {self.key: live.id if live is not None else new_id}


def compare(
    id_: str, olds: Mapping[str, Any], news: Mapping[str, Any], compared: Sequence[str]
) -> DiffResult:
    """The kind of an update: a change in place, or another row, which comes first."""
    same_row = is_same_name(id_, news.get("unique_name"))
    changed = any(olds.get(key) != news.get(key) for key in compared)
    return DiffResult(
        changes=changed or bool(olds.get(ERROR)),
        replaces=[] if same_row else ["unique_name"],
        delete_before_replace=same_row,
    )


def differing(columns: Mapping[str, Any], props: Mapping[str, Any]) -> frozenset[str]:
    """Declared columns in which a row is not as declared; others are not managed."""
    return frozenset(
        key
        for key, value in columns.items()
        if props.get(key) is not None and not _is_same(key, value or "", props[key])
    )


def read_row(
    columns: Mapping[str, Any], props: Mapping[str, Any], echoed: Sequence[str]
) -> tuple[dict[str, Any], bool]:
    """
    Inputs as a row has them; those that a program does not declare are not managed.

    Args:
        columns: the row, by input, its unique name among them.
        props: what the state holds; nothing of a row that is imported.
        echoed: names of all inputs.

    Returns:
        The inputs, and whether they differ from those of the state.
    """
    declared = given_in(props, echoed)
    seen = dict(declared)
    for key, value in columns.items():
        if (key in declared or not declared) and not _is_same(key, value, declared.get(key)):
            seen[key] = value
    seen = {key: value for key, value in seen.items() if value is not None}
    return seen, seen != declared


def outputs_in_doubt(doubt: Doubt, error: PowerAutomateError | str) -> dict[str, Any]:
    """Outputs that record a write that may have been applied or not."""
    return {ERROR: str(error), DOUBT: doubt.outputs(error)[DOUBT]}


def killed(
    outputs: Mapping[str, Any],
    columns: frozenset[str],
    attempts: Sequence[Mapping[str, Any]],
    *,
    removed: bool,
) -> dict[str, Any]:
    """Outputs after operations that nobody lived to see the end of; see `Doubt.of_killed`."""
    doubt = Doubt.of_killed(columns, outputs, attempts, removed=removed)
    return {**outputs, **outputs_in_doubt(doubt, KILLED)}


def unique_name_problems(name: Any, longest: int) -> list[str]:
    """The problems of a unique name, as far as it is known."""
    if name is None or name == "":
        return ["unique_name is missing."]
    if isinstance(name, str) and not (_UNIQUE_NAME.fullmatch(name) and len(name) <= longest):
        return [
            f"unique_name {name!r} is not one: it takes up to {longest} letters (A to Z), digits "
            "and underscores, and does not begin with a digit."
        ]
    return []


def text_problems(inputs: Mapping[str, Any], longest: Mapping[str, int]) -> list[str]:
    """Texts that are longer than their columns, counted as Dataverse does."""
    return [
        f"{key} is longer than {most} characters."
        for key, most in longest.items()
        if isinstance(inputs.get(key), str) and utf16_length(inputs[key]) > most
    ]


def _is_same(key: str, one: Any, other: Any) -> bool:
    names = ("unique_name", "publisher")
    return is_same_name(one, other) if key in names else bool(one == other)
