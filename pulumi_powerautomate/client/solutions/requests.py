"""
Solutions as Dataverse keeps them: rows, import jobs, and the operations that run for minutes.

One method is one request (a list may be several pages). What makes an import happen once is in
`import_once`.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from ...errors import DataverseError, LostResponseError, NotFoundError, TransportError
from ..http.odata import guid, literal, row_path
from ..http.response import Response
from ..http.throttle import Deadline
from ..http.transport import Transport
from ..http.upload import Upload

_COLUMNS = "solutionid,uniquename,friendlyname,version,ismanaged,installedon,description"
_PUBLISHER = "publisherid($select=uniquename,friendlyname)"
# Without `data`, which can be a gigabyte.
_JOB = "importjobid,solutionname,progress,startedon,completedon,createdon"
_OPERATION = "statecode,statuscode,errorcode,message,friendlymessage,operationtype"
_TURN_SECONDS = 5.0
_COMPLETED, _SUCCEEDED = 3, 30
_SOLUTION_OPERATIONS = (203, 202, 204, 207, 208, 211, 54)
_NOT_THERE = "0x80060888"


@dataclass(frozen=True)
class InstalledSolution:
    """A solution of the environment."""

    id: str
    unique_name: str
    name: str
    version: str
    managed: bool
    installed_on: str
    description: str | None
    publisher: str


@dataclass(frozen=True)
class ImportJob:
    """An import, running or over."""

    id: str
    solution: str
    progress: float
    started_on: str
    completed_on: str
    log: str = ""
    """The log of every component, as XML; empty when it was not asked for."""

    @property
    def over(self) -> bool:
        """Whether it has ended, well or not."""
        return bool(self.completed_on)

    @property
    def succeeded(self) -> bool:
        """Whether it has ended well; one that failed stops before 100."""
        return self.over and self.progress >= 100


@dataclass(frozen=True)
class Operation:
    """A system job."""

    id: str
    over: bool
    succeeded: bool
    code: str
    message: str


class Solutions:
    """Requests about solutions."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport
        self._turn = threading.Lock()

    def deadline(self) -> Deadline:
        """A fresh deadline for an operation of several requests."""
        return self._transport.deadline()

    @contextlib.contextmanager
    def turn(self, report: Callable[[str], None], deadline: Deadline) -> Iterator[None]:
        """
        One solution operation of this process at a time, as the environment allows no more.

        Raises:
            TransportError: the others were not done by the deadline.
        """
        while not self._turn.acquire(timeout=min(_TURN_SECONDS, deadline.remaining() or 0.001)):
            if deadline.remaining() == 0.0:
                raise TransportError(
                    f"Other solutions of this program were not done within {deadline.seconds:.0f} "
                    "s. Run the command again, or raise import_timeout."
                )
            report("waiting for another solution of this program")
        try:
            yield
        finally:
            self._turn.release()

    def find(self, unique_name: str, deadline: Deadline | None = None) -> InstalledSolution | None:
        """A solution by unique name."""
        return found_by_name(
            self._transport.send(
                "GET",
                path_by_name(unique_name),
                action=f"Look for solution {unique_name}",
                deadline=deadline or self.deadline(),
            )
        )

    def find_with_jobs(self, unique_name: str) -> tuple[InstalledSolution | None, list[ImportJob]]:
        """A solution by unique name, and its latest imports, newest first: one request."""
        jobs, installed = self._transport.read_together(
            [
                f"importjobs?$select={_JOB}&$filter=solutionname eq {literal(unique_name)}"
                "&$orderby=createdon desc&$top=50",
                path_by_name(unique_name),
            ],
            action=f"Look for solution {unique_name} and its imports",
            deadline=self.deadline(),
        )
        return found_by_name(installed), [_job(row) for row in jobs.rows]

    def installed(self, *, managed: bool | None = None) -> Iterator[InstalledSolution]:
        """Every visible solution."""
        condition = "isvisible eq true"
        if managed is not None:
            condition += f" and ismanaged eq {'true' if managed else 'false'}"
        for row in self._transport.pages(
            f"solutions?$select={_COLUMNS}&$expand={_PUBLISHER}&$filter={condition}"
            "&$orderby=uniquename",
            action="List solutions",
        ):
            yield _solution(row)

    def components(self, solution_id: str) -> Iterator[tuple[str, int]]:
        """Id and component type of what a solution holds."""
        for row in self._transport.pages(
            "solutioncomponents?$select=objectid,componenttype"
            f"&$filter=_solutionid_value eq {guid(solution_id)}",
            action="List the components of a solution",
        ):
            yield str(row["objectid"]), int(row["componenttype"])

    def start_import(
        self, package: Upload, unique_name: str, kind: Literal["import", "upgrade"]
    ) -> str:
        """
        Start an import; returns the id of its system job.

        Raises:
            LostResponseError: whether it was started is not known.
        """
        action = {"import": "ImportSolutionAsync", "upgrade": "StageAndUpgradeAsync"}[kind]
        response = self._transport.send(
            "POST",
            action,
            action=f"Import solution {unique_name}",
            deadline=self.deadline(),
            body=package,
            repeatable=False,
        )
        return _operation_id(response.body, f"Import solution {unique_name}")

    def import_now(self, package: Upload, unique_name: str, deadline: Deadline) -> None:
        """
        Import a package within one request, which is answered when the import is over.

        Raises:
            DataverseError: it was refused, or failed.
            LostResponseError: it may run, be over, or never have been begun.
        """
        self._transport.send(
            "POST",
            "ImportSolution",
            action=f"Import solution {unique_name}",
            deadline=deadline,
            body=package,
            repeatable=False,
        )

    def start_promote(self, unique_name: str) -> str:
        """Let a staged upgrade replace its solution; returns the id of the system job."""
        return self._start("DeleteAndPromoteAsync", {"UniqueName": unique_name},
                           f"Promote the upgrade of solution {unique_name}")  # fmt: skip

    def start_uninstall(self, unique_name: str) -> str:
        """Uninstall a solution; returns the id of the system job."""
        return self._start("UninstallSolutionAsync", {"SolutionUniqueName": unique_name},
                           f"Uninstall solution {unique_name}")  # fmt: skip

    def start_export(self, options: Mapping[str, Any]) -> tuple[str, str]:
        """Start an export; returns the ids of the system job and of the export."""
        action = f"Export solution {options['SolutionName']}"
        response = self._transport.send(
            "POST", "ExportSolutionAsync", action=action, deadline=self.deadline(), body=options
        )
        return _operation_id(response.body, action), str(response.body.get("ExportJobId") or "")

    def export_now(self, options: Mapping[str, Any]) -> str:
        """The package of a solution, base64, within one request."""
        response = self._transport.send(
            "POST",
            "ExportSolution",
            action=f"Export solution {options['SolutionName']}",
            deadline=self.deadline(),
            body=options,
        )
        return str(response.body.get("ExportSolutionFile") or "")

    def download(self, export_job: str, unique_name: str) -> str:
        """The package of an export that is over, base64."""
        response = self._transport.send(
            "POST",
            "DownloadSolutionExportData",
            action=f"Download solution {unique_name}",
            deadline=self.deadline(),
            body={"ExportJobId": export_job},
        )
        return str(response.body.get("ExportSolutionFile") or "")

    def delete(self, solution: InstalledSolution, deadline: Deadline) -> None:
        """Delete a solution's row: the container alone, when it is unmanaged."""
        self._transport.send(
            "DELETE",
            row_path("solutions", solution.id),
            action=f"Delete solution {solution.unique_name}",
            deadline=deadline,
        )

    def job(self, job_id: str, *, log: bool = False) -> ImportJob | None:
        """An import by its id, with its log if wanted; None when the service knows of none."""
        columns = f"{_JOB},data" if log else _JOB
        try:
            response = self._transport.send(
                "GET",
                f"{row_path('importjobs', job_id)}?$select={columns}",
                action=f"Read import {job_id}",
                deadline=self.deadline(),
            )
        except NotFoundError:
            return None
        return _job(response.body)

    def job_log(self, job_id: str) -> str:
        """The log of a completed import about every component, as XML."""
        response = self._transport.send(
            "GET",
            f"{row_path('importjobs', job_id)}?$select=data",
            action=f"Read the log of import {job_id}",
            deadline=self.deadline(),
        )
        return str(response.body.get("data") or "")

    def operation(self, operation_id: str) -> Operation:
        """A system job by its id."""
        response = self._transport.send(
            "GET",
            f"{row_path('asyncoperations', operation_id)}?$select={_OPERATION}",
            action=f"Read system job {operation_id}",
            deadline=self.deadline(),
        )
        return _operation(response.body, operation_id)

    def running(self) -> list[Operation]:
        """System jobs about solutions that are not over."""
        kinds = " or ".join(f"operationtype eq {number}" for number in _SOLUTION_OPERATIONS)
        rows = self._transport.pages(
            f"asyncoperations?$select={_OPERATION}&$filter=statecode ne {_COMPLETED} and ({kinds})",
            action="Look for running solution operations",
        )
        return [_operation(row, str(row["asyncoperationid"])) for row in rows]

    def dependents(self, unique_name: str) -> list[str]:
        """Ids of components outside a solution that need it."""
        response = self._transport.send(
            "GET",
            f"RetrieveDependenciesForUninstall(SolutionUniqueName={literal(unique_name)})",
            action=f"Look for what depends on solution {unique_name}",
            deadline=self.deadline(),
        )
        return list(dict.fromkeys(str(row["dependentcomponentobjectid"]) for row in response.rows))

    def _start(self, name: str, body: Mapping[str, Any], action: str) -> str:
        response = self._transport.send(
            "POST", name, action=action, deadline=self.deadline(), body=body, repeatable=False
        )
        return _operation_id(response.body, action)


def is_unknown_action(error: DataverseError) -> bool:
    """Whether the environment does not have an action at all."""
    return error.status == 404 and error.code.lower() == _NOT_THERE


def _operation_id(body: Mapping[str, Any], action: str) -> str:
    found = str(body.get("AsyncOperationId") or "")
    if not found:
        raise LostResponseError(f"{action}: the response names no system job.")
    return found


def path_by_name(unique_name: str) -> str:
    """The list of the solution of this unique name."""
    return (
        f"solutions?$select={_COLUMNS}&$expand={_PUBLISHER}"
        f"&$filter=uniquename eq {literal(unique_name)}"
    )


def found_by_name(response: Response) -> InstalledSolution | None:
    """The solution in the response to `path_by_name`; None when there is none."""
    rows = response.rows
    return _solution(rows[0]) if rows else None


def _solution(row: Mapping[str, Any]) -> InstalledSolution:
    publisher = row.get("publisherid")
    return InstalledSolution(
        id=str(row["solutionid"]),
        unique_name=str(row["uniquename"]),
        name=str(row.get("friendlyname") or ""),
        version=str(row.get("version") or ""),
        managed=bool(row.get("ismanaged")),
        installed_on=str(row.get("installedon") or ""),
        description=row.get("description"),
        publisher=str(publisher.get("uniquename") or "") if isinstance(publisher, Mapping) else "",
    )


def _job(row: Mapping[str, Any]) -> ImportJob:
    return ImportJob(
        id=str(row["importjobid"]).lower(),
        solution=str(row.get("solutionname") or ""),
        progress=float(row.get("progress") or 0),
        started_on=str(row.get("startedon") or ""),
        completed_on=str(row.get("completedon") or ""),
        log=str(row.get("data") or ""),
    )


def _operation(row: Mapping[str, Any], operation_id: str) -> Operation:
    code = row.get("errorcode")
    number = int(code) if isinstance(code, (int, float)) else 0
    over = row.get("statecode") == _COMPLETED
    return Operation(
        id=operation_id,
        over=over,
        succeeded=over and row.get("statuscode") == _SUCCEEDED,
        code=f"0x{number & 0xFFFFFFFF:08X}" if number else "",
        message=str(row.get("message") or row.get("friendlymessage") or ""),
    )
