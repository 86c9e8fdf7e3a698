"""The actions and functions about solutions, from request to job."""

from __future__ import annotations

import base64
import binascii
import uuid
from typing import Any

from . import package as packages
from . import solution_export, solution_import, solution_jobs
from .answers import Answer, Refusal, bad_payload
from .query import is_guid
from .request import Request
from .rows import Rows
from .service import Caller, Service
from .solution_import import Failed
from .store import Row

_IMPORT_FLAGS = {
    "OverwriteUnmanagedCustomizations", "PublishWorkflows", "HoldingSolution",
    "SkipProductUpdateDependencies", "ConvertToManaged", "SkipQueueRibbonJob",
    "AsyncRibbonProcessing", "IsTemplateMode",
}  # fmt: skip
_IMPORT_OTHERS = {
    "CustomizationFile", "ImportJobId", "LayerDesiredOrder", "TemplateSuffix",
    "ComponentParameters", "SolutionParameters", "TemplateDisplayNamePrefix",
}  # fmt: skip
_EXPORT_FLAGS = {
    "Managed", "ExportAutoNumberingSettings", "ExportCalendarSettings",
    "ExportCustomizationSettings", "ExportEmailTrackingSettings", "ExportGeneralSettings",
    "ExportIsvConfig", "ExportMarketingSettings", "ExportOutlookSynchronizationSettings",
    "ExportRelationshipRoles", "ExportSales", "ExportExternalApplications",
}  # fmt: skip
_EXPORT_OTHERS = {"SolutionName", "TargetVersion", "ExportComponentsParams"}


def import_now(rows: Rows, request: Request) -> Answer:
    """ImportSolution: the answer comes when the import is over."""
    job = _import_job(rows, request, "ImportSolution", "import")
    solution_jobs.run_now(rows.service, "import", "ImportSolution", request.caller, **job)
    return Answer(204)


def import_later(rows: Rows, request: Request) -> Answer:
    """ImportSolutionAsync: the answer names the job and its operation."""
    return _started(rows, request, "ImportSolution", "import")


def upgrade_later(rows: Rows, request: Request) -> Answer:
    """StageAndUpgradeAsync: an import that removes what the new version lacks."""
    return _started(rows, request, "StageAndUpgrade", "upgrade")


def stage(rows: Rows, request: Request) -> Answer:
    """StageSolution: looks at a package, keeps it, installs nothing."""
    data = _file(request.json("StageSolution"), "StageSolution")
    package = packages.read(data)
    upload = solution_jobs.keep_package(rows.service, data)
    upload_id = str(uuid.uuid4())
    rows.service.store.put("upload", upload_id, {"package": upload})
    installed = rows.service.store.find("solution", uniquename=package.unique_name)
    problems: list[dict[str, Any]] = []
    try:
        solution_import.check_start(rows.service, package, False)
    except Failed as failed:
        code = int(failed.code, 16) - (1 << 32)
        problems.append(
            {
                "SolutionValidationResultType": "Error",
                "Message": failed.text,
                "ErrorCode": code,
                "AdditionalInfo": "",
            }
        )
    missing = solution_import.missing_dependencies(rows.service, package)
    results = {
        "StageSolutionUploadId": upload_id,
        "StageSolutionStatus": "Failed" if problems else "Passed",
        "SolutionValidationResults": problems,
        "MissingDependencies": [
            {"RequiredComponentSchemaName": item.get("schemaName") or item.get("displayName")}
            for item in missing
        ],
        "SolutionDetails": {
            "SolutionUniqueName": package.unique_name,
            "SolutionFriendlyName": package.friendly_name,
            "SolutionVersion": package.version,
            "PreviousSolutionVersion": installed["version"] if installed else None,
            "IsManaged": package.managed,
            "PreviousIsManaged": bool(installed and installed["ismanaged"]),
            "PublisherUniqueName": package.publisher["uniquename"],
            "IsPatchSolution": False,
            "HasPendingUpgrade": False,
        },
        "SolutionComponentsDetails": [],
    }
    return _ok(rows, request, "StageSolutionResponse", {"StageSolutionResults": results})


def promote_now(rows: Rows, request: Request) -> Answer:
    """DeleteAndPromote."""
    name = str(request.json("DeleteAndPromote").get("UniqueName", ""))
    _free(rows.service)
    rows.allow(request, "ImportCustomization", rows.service.table("solution"))
    solution_jobs.run_now(
        rows.service, "promote", "DeleteAndPromote", request.caller, solution=name
    )
    solution = rows.service.store.find("solution", uniquename=name) or {}
    return _ok(rows, request, "DeleteAndPromoteResponse", {"SolutionId": solution["solutionid"]})


def promote_later(rows: Rows, request: Request) -> Answer:
    """DeleteAndPromoteAsync."""
    name = str(request.json("DeleteAndPromoteAsync").get("UniqueName", ""))
    _free(rows.service)
    operation = solution_jobs.start(
        rows.service, "promote", "DeleteAndPromote", request.caller, solution=name
    )
    answer = {"AsyncOperationId": operation}
    return _ok(rows, request, "DeleteAndPromoteAsyncResponse", answer)


def uninstall_later(rows: Rows, request: Request) -> Answer:
    """UninstallSolutionAsync."""
    name = str(request.json("UninstallSolutionAsync").get("SolutionUniqueName", ""))
    if rows.service.store.find("solution", uniquename=name) is None:
        raise Refusal(404, "0x80040217", f"solution With uniquename = {name} Does Not Exist")
    _free(rows.service)
    operation = solution_jobs.start(
        rows.service, "uninstall", "UninstallSolution", request.caller, solution=name
    )
    answer = {"AsyncOperationId": operation}
    return _ok(rows, request, "UninstallSolutionAsyncResponse", answer)


def before_delete(service: Service, solution: Row, caller: Caller) -> None:
    """DELETE of a solution's row is its uninstallation."""
    _free(service)
    try:
        solution_import.release(service, solution, caller)
    except Failed as failed:
        raise Refusal(400, failed.code, failed.text) from None


def export_now(rows: Rows, request: Request) -> Answer:
    """ExportSolution."""
    body = _export_body(request, "ExportSolution")
    rows.allow(request, "ExportCustomization", rows.service.table("solution"))
    data = solution_export.export(
        rows.service, body["SolutionName"], managed=bool(body.get("Managed"))
    )
    return _ok(
        rows,
        request,
        "ExportSolutionResponse",
        {"ExportSolutionFile": base64.b64encode(data).decode()},
    )


def export_later(rows: Rows, request: Request) -> Answer:
    """ExportSolutionAsync."""
    body = _export_body(request, "ExportSolutionAsync")
    rows.allow(request, "ExportCustomization", rows.service.table("solution"))
    job_id = str(uuid.uuid4())
    operation = solution_jobs.start(
        rows.service,
        "export",
        "ExportSolution",
        request.caller,
        solution=body["SolutionName"],
        managed=bool(body.get("Managed")),
        export_job=job_id,
    )
    answer = {"AsyncOperationId": operation, "ExportJobId": job_id}
    return _ok(rows, request, "ExportSolutionAsyncResponse", answer)


def download(rows: Rows, request: Request) -> Answer:
    """DownloadSolutionExportData."""
    job_id = str(request.json("DownloadSolutionExportData").get("ExportJobId", "")).lower()
    row = rows.service.store.get("exported", job_id)
    if row is None:
        raise Refusal(400, "0x80040217", f"The export job {job_id} does not exist or is running.")
    data = solution_jobs.package_bytes(rows.service, row["package"])
    return _ok(
        rows,
        request,
        "DownloadSolutionExportDataResponse",
        {"ExportSolutionFile": base64.b64encode(data).decode()},
    )


def dependencies_for_uninstall(rows: Rows, request: Request, arguments: dict[str, str]) -> Answer:
    """RetrieveDependenciesForUninstall: what would keep a solution from going."""
    name = arguments.get("SolutionUniqueName", "").strip("'")
    solution = rows.service.store.find("solution", uniquename=name)
    if solution is None:
        raise Refusal(404, "0x80040217", f"solution With uniquename = {name} Does Not Exist")
    found = [
        {
            "requiredcomponentobjectid": needed,
            "dependentcomponenttype": 29,
            "dependentcomponentobjectid": row["workflowid"],
        }
        for row, needed in solution_import.dependents(rows.service, solution)
    ]
    context = f"{request.root}$metadata#dependencies"
    return rows.ok(200, {"@odata.context": context, "value": found}, request)


def _started(rows: Rows, request: Request, name: str, kind: str) -> Answer:
    job = _import_job(rows, request, f"{name}Async", kind)
    operation = solution_jobs.start(rows.service, kind, name, request.caller, **job)
    # Its own key: whether it equals the id that was sent is an open question.
    answer = {"ImportJobKey": job["import_job"], "AsyncOperationId": operation}
    return _ok(rows, request, f"{name}AsyncResponse", answer)


def _import_job(rows: Rows, request: Request, action: str, kind: str) -> dict[str, Any]:
    """Check a request to import; returns what the job is about."""
    service = rows.service
    body = request.json(action)
    _members(body, _IMPORT_FLAGS, _IMPORT_OTHERS, action)
    for name in ("OverwriteUnmanagedCustomizations", "PublishWorkflows"):
        if name not in body:
            raise bad_payload(action, f"The parameter '{name}' is missing.")
    rows.allow(request, "ImportCustomization", service.table("solution"))
    job_id = str(body.get("ImportJobId") or uuid.uuid4()).lower()
    if not is_guid(job_id):
        raise bad_payload(action, "Cannot convert the literal to the expected type 'Edm.Guid'.")
    queued = (job for job in service.store.all("job") if job.get("import_job") == job_id)
    if service.store.get("importjob", job_id) or next(queued, None):
        raise Refusal(400, "0x80071152", "Parameter ImportJobId must be unique.")
    if service.switches["import_lock"] == "start":
        _free(rows.service)
    staged = (body.get("SolutionParameters") or {}).get("StageSolutionUploadId")
    if staged:
        upload = service.store.get("upload", str(staged).lower())
        if upload is None:
            raise Refusal(400, "0x80040217", f"The staged solution {staged} does not exist.")
        data, name = solution_jobs.package_bytes(service, upload["package"]), upload["package"]
    else:
        data = _file(body, action)
        limit = int(service.switches["max_solution_bytes"])
        if limit and len(data) > limit:
            raise Refusal(400, "0x80044150", "The solution file exceeds the maximum size.")
        name = solution_jobs.keep_package(service, data)
    package = packages.read(data)
    options = {
        key: value
        for key, value in body.items()
        if key not in ("CustomizationFile", "ImportJobId", "SolutionParameters")
    }
    return {
        "import_job": job_id,
        "package": name,
        "solution": package.unique_name,
        "version": package.version,
        "options": options,
    }


def _free(service: Service) -> None:
    """One solution operation at a time."""
    if solution_jobs.running(service) is not None:
        raise Refusal(400, "0x80071151", solution_jobs.BUSY)


def _file(body: dict[str, Any], action: str) -> bytes:
    try:
        return base64.b64decode(str(body.get("CustomizationFile") or ""), validate=True)
    except (binascii.Error, ValueError):
        raise bad_payload(action, "Cannot convert the literal to 'Edm.Binary'.") from None


def _export_body(request: Request, action: str) -> dict[str, Any]:
    body = request.json(action)
    _members(body, _EXPORT_FLAGS, _EXPORT_OTHERS, action)
    for name in ("SolutionName", "Managed"):
        if name not in body:
            raise bad_payload(action, f"The parameter '{name}' is missing.")
    return body


def _members(body: dict[str, Any], flags: set[str], others: set[str], action: str) -> None:
    for name, value in body.items():
        if name not in flags | others:
            raise bad_payload(
                action, f"The parameter '{name}' in the request payload is not a valid parameter "
                f"for the operation '{action}'.",
            )  # fmt: skip
        if name in flags and not isinstance(value, bool):
            raise bad_payload(action, f"Cannot convert '{name}' to the type 'Edm.Boolean'.")


def _ok(rows: Rows, request: Request, name: str, values: dict[str, Any]) -> Answer:
    context = f"{request.root}$metadata#Microsoft.Dynamics.CRM.{name}"
    return rows.ok(200, {"@odata.context": context, **values}, request)
