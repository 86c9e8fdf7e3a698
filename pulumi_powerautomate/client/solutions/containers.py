"""Publishers, and the containers of unmanaged solutions: rows that people fill and export."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ...errors import InvalidInputError
from ..bindings.write import change_row, remove
from ..http.odata import literal, row_path
from ..http.throttle import Deadline
from ..http.transport import Transport

_PUBLISHER = (
    "publisherid,uniquename,friendlyname,customizationprefix,customizationoptionvalueprefix,"
    "description,isreadonly"
)
_SOLUTION = "solutionid,uniquename,friendlyname,version,description,ismanaged"
_MOST_NAMES = 5


@dataclass(frozen=True)
class PublisherRow:
    """A publisher of the environment."""

    id: str
    unique_name: str
    display_name: str
    prefix: str
    option_value_prefix: int
    description: str | None
    read_only: bool
    etag: str


@dataclass(frozen=True)
class SolutionRow:
    """A solution of the environment, as a row to write."""

    id: str
    unique_name: str
    display_name: str
    version: str
    publisher: str
    description: str | None
    managed: bool
    etag: str


class Containers:
    """Requests about publishers and solutions as rows."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def deadline(self) -> Deadline:
        """A fresh deadline for an operation of several requests."""
        return self._transport.deadline()

    def publisher(self, unique_name: str) -> PublisherRow | None:
        """A publisher by unique name."""
        rows = self._transport.send(
            "GET",
            f"publishers?$select={_PUBLISHER}&$filter=uniquename eq {literal(unique_name)}",
            action=f"Look for publisher {unique_name}",
            deadline=self.deadline(),
        ).rows
        return _publisher(rows[0]) if rows else None

    def create_publisher(self, values: Mapping[str, Any]) -> None:
        """Create a publisher."""
        self._create("publishers", f"Create publisher {values['uniquename']}", values)

    def change_publisher(self, found: PublisherRow, values: Mapping[str, Any]) -> None:
        """
        Change a publisher.

        Raises:
            PreconditionError: somebody changed it since it was read.
        """
        action = f"Change publisher {found.unique_name}"
        change_row(self._transport, row_path("publishers", found.id), action, values, found.etag)

    def delete_publisher(self, found: PublisherRow) -> None:
        """Delete a publisher; one that is gone is a success."""
        path, name = row_path("publishers", found.id), found.unique_name

        def delete() -> None:
            action = f"Delete publisher {name}"
            self._transport.send("DELETE", path, action=action, deadline=self.deadline())

        remove(delete, lambda: self.publisher(name) is not None)

    def solutions_of(self, publisher: PublisherRow) -> list[str]:
        """Unique names of some of the solutions of a publisher."""
        rows = self._transport.send(
            "GET",
            f"solutions?$select=uniquename&$filter=_publisherid_value eq {publisher.id}"
            f"&$orderby=uniquename&$top={_MOST_NAMES}",
            action=f"List the solutions of publisher {publisher.unique_name}",
            deadline=self.deadline(),
        ).rows
        return [str(row["uniquename"]) for row in rows]

    def solution(self, unique_name: str) -> SolutionRow | None:
        """A solution by unique name."""
        rows = self._transport.send(
            "GET",
            f"solutions?$select={_SOLUTION}&$expand=publisherid($select=uniquename)"
            f"&$filter=uniquename eq {literal(unique_name)}",
            action=f"Look for solution {unique_name}",
            deadline=self.deadline(),
        ).rows
        return _solution(rows[0]) if rows else None

    def create_solution(self, values: Mapping[str, Any], publisher: str) -> None:
        """
        Create the container of an unmanaged solution.

        Args:
            values: its columns.
            publisher: unique name of its publisher.

        Raises:
            InvalidInputError: there is no such publisher.
        """
        body = {**values, **self._bound(publisher)}
        self._create("solutions", f"Create solution {values['uniquename']}", body)

    def change_solution(
        self, found: SolutionRow, values: Mapping[str, Any], publisher: str | None
    ) -> None:
        """
        Change the container of a solution, and its publisher where one is given.

        Raises:
            InvalidInputError: there is no such publisher.
            PreconditionError: somebody changed it since it was read.
        """
        body = {**values, **(self._bound(publisher) if publisher else {})}
        action = f"Change solution {found.unique_name}"
        change_row(self._transport, row_path("solutions", found.id), action, body, found.etag)

    def _bound(self, publisher: str) -> dict[str, str]:
        found = self.publisher(publisher)
        if found is None:
            raise InvalidInputError(
                f"There is no publisher {publisher!r}; give the unique name of one, or declare a "
                "Publisher and pass its unique_name."
            )
        return {"publisherid@odata.bind": f"/publishers({found.id})"}

    def _create(self, entity_set: str, action: str, values: Mapping[str, Any]) -> None:
        self._transport.send(
            "POST",
            entity_set,
            action=action,
            deadline=self.deadline(),
            body=values,
            repeatable=False,
        )


def _publisher(row: Mapping[str, Any]) -> PublisherRow:
    return PublisherRow(
        id=str(row["publisherid"]),
        unique_name=str(row["uniquename"]),
        display_name=str(row.get("friendlyname") or ""),
        prefix=str(row.get("customizationprefix") or ""),
        option_value_prefix=int(row.get("customizationoptionvalueprefix") or 0),
        description=row.get("description"),
        read_only=bool(row.get("isreadonly")),
        etag=str(row.get("@odata.etag") or ""),
    )


def _solution(row: Mapping[str, Any]) -> SolutionRow:
    publisher = row.get("publisherid")
    return SolutionRow(
        id=str(row["solutionid"]),
        unique_name=str(row["uniquename"]),
        display_name=str(row.get("friendlyname") or ""),
        version=str(row.get("version") or ""),
        publisher=str(publisher.get("uniquename") or "") if isinstance(publisher, Mapping) else "",
        description=row.get("description"),
        managed=bool(row.get("ismanaged")),
        etag=str(row.get("@odata.etag") or ""),
    )
