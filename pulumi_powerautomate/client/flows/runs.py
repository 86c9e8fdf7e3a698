"""
Runs of flows, as far as Dataverse keeps them: rows of the elastic table `flowrun`.

They arrive some minutes late, not always all of them, belong to the owner of the flow, and are
removed after 28 days or what the organization says ("Manage cloud flow run history in Dataverse",
Microsoft Learn).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timezone

from ...errors import DataverseError, ForbiddenError, NotFoundError, RunsNotKeptError
from ..http.odata import guid
from ..http.transport import Transport

_COLUMNS = "name,status,starttime,endtime,triggertype,errorcode,errormessage"


@dataclass(frozen=True)
class Run:
    """One run of a flow; dates are ISO 8601, empty while it runs."""

    name: str
    status: str
    started: str
    ended: str
    trigger: str
    error_code: str
    error_message: str


class Runs:
    """Requests on the runs of flows."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def since(self, flow_id: str, moment: datetime) -> Iterator[Run]:
        """
        The runs of a flow that began at a moment or later, the latest first.

        Raises:
            RunsNotKeptError: the table is not there, or not for the caller.
        """
        condition = f"_workflow_value eq {guid(flow_id)} and starttime ge {_stamp(moment)}"
        for _, run in self._rows(_COLUMNS, condition, f"Read the runs of flow {flow_id}"):
            yield run

    def of_all_flows(self, moment: datetime) -> Iterator[tuple[str, Run]]:
        """
        The runs of every flow that began at a moment or later, the latest first, with its id.

        Raises:
            RunsNotKeptError: the table is not there, or not for the caller.
        """
        columns = f"{_COLUMNS},_workflow_value"
        yield from self._rows(columns, f"starttime ge {_stamp(moment)}", "Read the runs of flows")

    def _rows(self, columns: str, condition: str, action: str) -> Iterator[tuple[str, Run]]:
        try:
            for row in self._transport.pages(
                f"flowruns?$select={columns}&$filter={condition}&$orderby=starttime desc",
                action=action,
            ):
                run = Run(*(str(row.get(column) or "") for column in _COLUMNS.split(",")))
                yield str(row.get("_workflow_value") or "").lower(), run
        except NotFoundError:
            raise RunsNotKeptError(
                "This environment has no table of flow runs (flowruns): the run history in "
                "Dataverse is not available in it."
            ) from None
        except ForbiddenError as error:
            raise RunsNotKeptError(
                f"The runs cannot be read: {error} Give the identity a role with read access to "
                "the table Flow Run."
            ) from None

    def are_kept(self) -> bool:
        """Whether the organization keeps runs at all; taken for granted when it does not say."""
        try:
            response = self._transport.send(
                "GET",
                "organizations?$select=flowruntimetoliveinseconds",
                action="Read how long runs are kept",
                deadline=self._transport.deadline(),
            )
        except DataverseError:
            return True
        rows = response.rows
        return not rows or rows[0].get("flowruntimetoliveinseconds") != 0


def _stamp(moment: datetime) -> str:
    return moment.astimezone(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
