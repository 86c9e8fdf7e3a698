"""
Common parts of `ConnectionReference` and `EnvironmentVariableValue`.

A row whose last write may have been applied or not, and columns that somebody changed out of band.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..errors import ConflictError, PowerAutomateError
from ..provider import warn

# Outputs: why the row may not be as declared, and what the write in doubt was about.
ERROR = "binding_error"
DOUBT = "in_doubt"
# In the journal: id of the row that an operation was about to create.
ROW = "row"
# A hidden input of a create: ids of rows of earlier creates of which nobody knows the outcome.
ATTEMPTED_ROWS = "__attempted"
# A version that no row has, where the one from before a write is not known.
_ANY_VERSION = "*"


@dataclass(frozen=True)
class Doubt:
    """
    A write that may have been applied or not.

    Attributes:
        columns: what it wrote; empty when there is no doubt.
        etag: version of the row before it; empty when there was none.
        rows: ids under which it may have made the row; empty where they are not known.
    """

    columns: frozenset[str] = frozenset()
    etag: str = ""
    rows: frozenset[str] = frozenset()

    @property
    def of_create(self) -> bool:
        """Whether the row may not be there at all."""
        return bool(self.columns) and not self.etag

    def is_anothers(self, row_id: str) -> bool:
        """Whether a row is not the one that may have been made, but one that somebody else made."""
        return self.of_create and bool(self.rows) and row_id not in self.rows

    @classmethod
    def recorded_in(cls, olds: Mapping[str, Any] | None) -> Doubt:
        """The doubt that the last operation recorded."""
        found = (olds or {}).get(DOUBT) or {}
        return cls(
            frozenset(found.get("columns") or ()),
            str(found.get("etag") or ""),
            frozenset(found.get("rows") or ()),
        )

    @classmethod
    def of_killed(
        cls,
        columns: frozenset[str],
        outputs: Mapping[str, Any],
        attempts: Sequence[Mapping[str, Any]],
        *,
        removed: bool,
    ) -> Doubt:
        """
        The doubt after operations that nobody lived to see the end of.

        Args:
            columns: all that a resource manages.
            outputs: what the state has, with the doubt in which the row was before them.
            attempts: what they may have written, as the journal has it.
            removed: whether one of them was a delete.
        """
        before = cls.recorded_in(outputs)
        if removed or before.of_create:
            # The row may not be there: never made, or gone.
            made = {str(attempt[ROW]) for attempt in attempts if attempt.get(ROW)}
            known = before.of_create and bool(before.rows)
            return cls(columns, rows=before.rows | made if known else frozenset())
        written = {column for attempt in attempts for column in attempt.get("columns") or ()}
        return cls(columns & (before.columns | written), _ANY_VERSION)

    def outputs(self, error: PowerAutomateError | str) -> dict[str, Any]:
        """Outputs that record it."""
        doubt: dict[str, Any] = {"columns": sorted(self.columns), "etag": self.etag}
        if self.rows:
            doubt["rows"] = sorted(self.rows)
        return {ERROR: str(error), DOUBT: doubt}


def attempted_rows(attempts: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """The hidden input of a create after others of which nobody knows the outcome."""
    return {ATTEMPTED_ROWS: sorted({str(item[ROW]) for item in attempts if item.get(ROW)})}


def rows_of_creates(
    new_id: str, props: Mapping[str, Any], olds: Mapping[str, Any] | None
) -> frozenset[str]:
    """
    Ids under which a create, or one in doubt before it, may have made a row.

    None where a row may be there whose id is not known: by its id none is told from it.

    Args:
        new_id: the id that is sent now.
        props: the declaration.
        olds: what the last operation recorded; None for a create.
    """
    if olds is None:
        return frozenset({new_id, *(props.get(ATTEMPTED_ROWS) or ())})
    rows = Doubt.recorded_in(olds).rows
    return rows | {new_id} if rows else rows


def foreign_columns(
    live: Mapping[str, Any], etag: str, differing: frozenset[str], olds: Mapping[str, Any] | None
) -> tuple[frozenset[str], frozenset[str]]:
    """
    Columns that somebody else changed, of those in which a row is not as declared.

    Args:
        live: the row, by input.
        etag: its version.
        differing: inputs that differ from the row.
        olds: what the last operation recorded; None when there was none.

    Returns:
        Those that would be lost without a word, and those that are overwritten with a warning:
        of a row that is adopted, or that was changed while a write was in doubt.
    """
    if olds is None:
        return frozenset(), differing
    doubt = Doubt.recorded_in(olds)
    moved = frozenset(
        key for key in differing if olds.get(key) is not None and live.get(key) != olds[key]
    )
    in_doubt = moved & doubt.columns
    return moved - in_doubt, in_doubt if etag != doubt.etag else frozenset()


def conflict(what: str, columns: frozenset[str]) -> PowerAutomateError:
    """The error for columns that somebody else changed."""
    return ConflictError(
        f"{what}: somebody changed its {in_words(columns)} since the last run; nothing was "
        "overwritten. Run `pulumi refresh` to see the change, then `pulumi up`."
    )


def in_words(columns: frozenset[str]) -> str:
    """Columns for a message."""
    return ", ".join(sorted(columns))


def tell_overwritten(props: Mapping[str, Any], columns: frozenset[str], *, adopted: bool) -> None:
    """Warn of columns that were overwritten although another hand may have written them."""
    if columns and adopted:
        warn(props, f"it existed already and was adopted; its {in_words(columns)} was overwritten")
    elif columns:
        warn(
            props,
            f"its {in_words(columns)} was changed while the outcome of the last run was not known; "
            "overwritten",
        )


def tell_deleted(props: Mapping[str, Any], columns: frozenset[str], etag: str) -> None:
    """
    Warn of columns of a deleted row that somebody else may have written.

    Args:
        props: what the state had of it.
        columns: those in which it was not as recorded.
        etag: its version.
    """
    doubt = Doubt.recorded_in(props)
    changed = columns - doubt.columns
    if changed:
        warn(props, f"somebody had changed its {in_words(changed)} since the last run; deleted")
    if columns & doubt.columns and etag != doubt.etag:
        warn(
            props,
            f"its {in_words(columns & doubt.columns)} may have been changed by somebody while the "
            "outcome of the last run was not known; deleted",
        )


def is_left_alone(props: Mapping[str, Any], row_id: str) -> bool:
    """Whether a delete leaves a row, because somebody else made it; tells so."""
    return _is_anothers(props, row_id, "it was left alone")


def is_forgotten(props: Mapping[str, Any], row_id: str) -> bool:
    """Whether a refresh forgets a resource, because somebody else made the row; tells so."""
    return _is_anothers(props, row_id, "the state forgets it, and the row was left alone")


def _is_anothers(props: Mapping[str, Any], row_id: str, fate: str) -> bool:
    found = Doubt.recorded_in(props).is_anothers(row_id)
    if found:
        made = "its create was not carried out, and somebody has made it meanwhile"
        warn(props, f"{made}; {fate}")
    return found


def is_same_name(one: Any, other: Any) -> bool:
    """Whether two names are one row's: the service compares them without regard to case."""
    return str(one).lower() == str(other).lower()
