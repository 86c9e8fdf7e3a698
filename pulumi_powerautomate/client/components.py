"""Which solutions a component belongs to, and changing that."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..config import is_guid
from ..errors import DataverseError, InvalidInputError, PowerAutomateError
from .http.odata import guid, literal
from .http.throttle import Deadline
from .http.transport import Transport

_WORKFLOW = 29
# Solutions that every environment has and that hold everything.
_SYSTEM = ("Active", "Basic", "Default")


class SolutionComponents:
    """Requests on the membership of components in solutions."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def deadline(self) -> Deadline:
        """A fresh deadline for an operation of several requests."""
        return self._transport.deadline()

    def membership(self, solution: str, component_id: str, component_type: int) -> str | None:
        """Id of a component's membership in a solution; None where it is no member."""
        if not is_guid(component_id):
            return None
        rows = self._transport.pages(
            "solutioncomponents?$select=solutioncomponentid"
            f"&$filter=objectid eq {guid(component_id)} and componenttype eq {component_type} and "
            f"solutionid/uniquename eq {literal(solution)}",
            action=f"Look for {component_id} in solution {solution!r}",
        )
        return next((str(row["solutioncomponentid"]) for row in rows), None)

    def of(self, component_id: str, component_type: int) -> set[str]:
        """Unique names of the solutions a component was added to, in lower case."""
        rows = self._transport.pages(
            "solutioncomponents?$select=objectid&$expand=solutionid($select=uniquename)"
            f"&$filter=objectid eq {guid(component_id)} and componenttype eq {component_type}",
            action=f"Read the solutions of {component_id}",
        )
        return {
            str(solution["uniquename"]).lower()
            for row in rows
            if (solution := row.expanded("solutionid")) is not None
        }

    def component_type(self, table: str) -> int:
        """
        The number of a table's rows as components, where it differs by organization.

        Raises:
            InvalidInputError: they are no components of solutions.
        """
        rows = self._transport.pages(
            "solutioncomponentdefinitions?$select=solutioncomponenttype"
            f"&$filter=primaryentityname eq {literal(table)}",
            action=f"Look for the component type of {table}",
        )
        for row in rows:
            return int(row["solutioncomponenttype"])
        raise InvalidInputError(f"The environment knows no solution component {table!r}.")

    def unmanaged_by_flow(self) -> dict[str, list[str]]:
        """Unique names of the unmanaged solutions that people made, by the ids of their flows."""
        rows = self._transport.pages(
            "solutioncomponents?$select=objectid"
            "&$expand=solutionid($select=uniquename,ismanaged,isvisible)"
            f"&$filter=componenttype eq {_WORKFLOW}",
            action="Read the solutions of all flows",
        )
        found: dict[str, list[str]] = {}
        for row in rows:
            solution: Mapping[str, Any] = row.expanded("solutionid") or {}
            name = str(solution.get("uniquename") or "")
            if not name or name in _SYSTEM or solution.get("ismanaged"):
                continue
            if solution.get("isvisible") is not False:
                found.setdefault(str(row["objectid"]).lower(), []).append(name)
        return {flow_id: sorted(names) for flow_id, names in found.items()}

    def add(
        self, solution: str, component_id: str, component_type: int, deadline: Deadline
    ) -> str | None:
        """
        Add a component to a solution; adding it twice changes nothing.

        Returns:
            Id of the membership; None where its response was lost.
        """
        try:
            response = self._transport.send(
                "POST",
                "AddSolutionComponent",
                action=f"Add {component_id} to solution {solution!r}",
                deadline=deadline,
                body={
                    "ComponentId": guid(component_id),
                    "ComponentType": component_type,
                    "SolutionUniqueName": solution,
                    "AddRequiredComponents": False,
                },
            )
        except PowerAutomateError as error:
            found = self._found(component_id, component_type) if error.in_doubt else None
            if found is None or solution.lower() not in found:
                raise
            return None
        return str(response.body.get("id") or "") or None

    def remove(
        self, solution: str, component_id: str, component_type: int, deadline: Deadline
    ) -> None:
        """
        Take a component out of a solution; the component itself stays.

        One that is not in the solution is a success. No code of the service's says just that, so
        the members are looked up.
        """
        try:
            self._transport.send(
                "POST",
                "RemoveSolutionComponent",
                action=f"Remove {component_id} from solution {solution!r}",
                deadline=deadline,
                body={
                    "SolutionComponent": {
                        "@odata.type": "Microsoft.Dynamics.CRM.solutioncomponent",
                        "solutioncomponentid": guid(component_id),
                    },
                    "ComponentType": component_type,
                    "SolutionUniqueName": solution,
                },
            )
        except PowerAutomateError as error:
            looks = isinstance(error, DataverseError) or error.in_doubt
            found = self._found(component_id, component_type) if looks else None
            if found is None or solution.lower() in found:
                raise

    def _found(self, component_id: str, component_type: int) -> set[str] | None:
        """The solutions of a component; None when they cannot be read."""
        try:
            return self.of(component_id, component_type)
        except PowerAutomateError:
            return None

    def flows_in(self, solution: str) -> list[str]:
        """Ids of the flows and other processes that a solution holds."""
        rows = self._transport.pages(
            f"solutioncomponents?$select=objectid&$filter=componenttype eq {_WORKFLOW} and "
            f"solutionid/uniquename eq {literal(solution)}",
            action=f"List the flows of solution {solution!r}",
        )
        return [str(row["objectid"]).lower() for row in rows]
