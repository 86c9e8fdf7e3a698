"""The actions and functions about solutions, from request to job."""

from __future__ import annotations

import base64
import binascii
import dataclasses
import uuid
from typing import Any

from .. import privileges
from ..environment import Environment
from ..preferences import ok
from ..query import is_guid
from ..request import Request
from ..responses import Response, ServiceError, bad_payload
from . import export, import_package, jobs
from . import package as packages
from .import_package import Failed

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


def import_now(environment: Environment, request: Request) -> Response:
    """ImportSolution: the response comes when the import is over; one that failed keeps its job."""
    job = _import_job(environment, request, "ImportSolution", "import")
    jobs.require_idle(environment)
    try:
        jobs.run_now(environment, "import", "ImportSolution", request.caller, **job)
    except ServiceError as refusal:
        return dataclasses.replace(refusal.response(), is_stored=True)
    return Response(204)


def import_later(environment: Environment, request: Request) -> Response:
    """ImportSolutionAsync: the response names the job and its operation."""
    return _started(environment, request, "ImportSolution", "import")


def upgrade_later(environment: Environment, request: Request) -> Response:
    """StageAndUpgradeAsync: an import that removes what the new version lacks."""
    return _started(environment, request, "StageAndUpgrade", "upgrade")


def stage(environment: Environment, request: Request) -> Response:
    """StageSolution: looks at a package, keeps it, installs nothing."""
    data = _file(request.json("StageSolution"), "StageSolution")
    package = packages.read(data)
    upload = jobs.keep_package(environment, data)
    upload_id = str(uuid.uuid4())
    environment.store.put("upload", upload_id, {"package": upload})
    installed = environment.store.find("solution", uniquename=package.unique_name)
    problems: list[dict[str, Any]] = []
    try:
        import_package.check_start(environment, package, False)
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
    missing = import_package.missing_dependencies(environment, package)
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
    return _ok(environment, request, "StageSolutionResponse", {"StageSolutionResults": results})


def promote_now(environment: Environment, request: Request) -> Response:
    """DeleteAndPromote."""
    name = str(request.json("DeleteAndPromote").get("UniqueName", ""))
    jobs.require_idle(environment)
    privileges.require(environment, request, "ImportCustomization", environment.table("solution"))
    jobs.run_now(environment, "promote", "DeleteAndPromote", request.caller, solution=name)
    solution = environment.store.find("solution", uniquename=name) or {}
    return _ok(
        environment, request, "DeleteAndPromoteResponse", {"SolutionId": solution["solutionid"]}
    )


def promote_later(environment: Environment, request: Request) -> Response:
    """DeleteAndPromoteAsync."""
    name = str(request.json("DeleteAndPromoteAsync").get("UniqueName", ""))
    jobs.require_idle(environment)
    operation = jobs.start(
        environment, "promote", "DeleteAndPromote", request.caller, solution=name
    )
    response = {"AsyncOperationId": operation}
    return _ok(environment, request, "DeleteAndPromoteAsyncResponse", response)


def uninstall_later(environment: Environment, request: Request) -> Response:
    """UninstallSolutionAsync."""
    name = str(request.json("UninstallSolutionAsync").get("SolutionUniqueName", ""))
    if environment.store.find("solution", uniquename=name) is None:
        raise ServiceError(404, "0x80040217", f"solution With uniquename = {name} Does Not Exist")
    jobs.require_idle(environment)
    operation = jobs.start(
        environment, "uninstall", "UninstallSolution", request.caller, solution=name
    )
    response = {"AsyncOperationId": operation}
    return _ok(environment, request, "UninstallSolutionAsyncResponse", response)


def export_now(environment: Environment, request: Request) -> Response:
    """ExportSolution."""
    body = _export_body(request, "ExportSolution")
    privileges.require(environment, request, "ExportCustomization", environment.table("solution"))
    data = export.export(environment, body["SolutionName"], managed=bool(body.get("Managed")))
    return _ok(
        environment,
        request,
        "ExportSolutionResponse",
        {"ExportSolutionFile": base64.b64encode(data).decode()},
    )


def export_later(environment: Environment, request: Request) -> Response:
    """ExportSolutionAsync."""
    body = _export_body(request, "ExportSolutionAsync")
    privileges.require(environment, request, "ExportCustomization", environment.table("solution"))
    job_id = str(uuid.uuid4())
    operation = jobs.start(
        environment,
        "export",
        "ExportSolution",
        request.caller,
        solution=body["SolutionName"],
        managed=bool(body.get("Managed")),
        export_job=job_id,
    )
    response = {"AsyncOperationId": operation, "ExportJobId": job_id}
    return _ok(environment, request, "ExportSolutionAsyncResponse", response)


def download(environment: Environment, request: Request) -> Response:
    """DownloadSolutionExportData."""
    job_id = str(request.json("DownloadSolutionExportData").get("ExportJobId", "")).lower()
    row = environment.store.get("exported", job_id)
    if row is None:
        raise ServiceError(
            400, "0x80040217", f"The export job {job_id} does not exist or is running."
        )
    data = jobs.package_bytes(environment, row["package"])
    return _ok(
        environment,
        request,
        "DownloadSolutionExportDataResponse",
        {"ExportSolutionFile": base64.b64encode(data).decode()},
    )


def _started(environment: Environment, request: Request, name: str, kind: str) -> Response:
    job = _import_job(environment, request, f"{name}Async", kind)
    operation = jobs.start(environment, kind, name, request.caller, **job)
    # Its own key: whether it equals the id that was sent is an open question.
    response = {"ImportJobKey": job["import_job"], "AsyncOperationId": operation}
    return _ok(environment, request, f"{name}AsyncResponse", response)


def _import_job(
    environment: Environment, request: Request, action: str, kind: str
) -> dict[str, Any]:
    """Check a request to import; returns what the job is about."""
    body = request.json(action)
    _members(body, _IMPORT_FLAGS, _IMPORT_OTHERS, action)
    for name in ("OverwriteUnmanagedCustomizations", "PublishWorkflows"):
        if name not in body:
            raise bad_payload(action, f"The parameter '{name}' is missing.")
    _shapes(body, action)
    privileges.require(environment, request, "ImportCustomization", environment.table("solution"))
    job_id = str(body.get("ImportJobId") or uuid.uuid4()).lower()
    if not is_guid(job_id):
        raise bad_payload(action, "Cannot convert the literal to the expected type 'Edm.Guid'.")
    queued = (job for job in environment.store.all("job") if job.get("import_job") == job_id)
    if environment.store.get("importjob", job_id) or next(queued, None):
        raise ServiceError(400, "0x80071152", "Parameter ImportJobId must be unique.")
    if environment.switches["import_lock"] == "start":
        jobs.require_idle(environment)
    staged = (body.get("SolutionParameters") or {}).get("StageSolutionUploadId")
    if staged:
        upload = environment.store.get("upload", str(staged).lower())
        if upload is None:
            raise ServiceError(400, "0x80040217", f"The staged solution {staged} does not exist.")
        data, name = jobs.package_bytes(environment, upload["package"]), upload["package"]
    else:
        data = _file(body, action)
        limit = int(environment.switches["max_solution_bytes"])
        if limit and len(data) > limit:
            raise ServiceError(400, "0x80044150", "The solution file exceeds the maximum size.")
        name = jobs.keep_package(environment, data)
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


def _shapes(body: dict[str, Any], action: str) -> None:
    """Reject parameters that are not what their types say."""
    rows = body.get("ComponentParameters") or []
    if not isinstance(rows, list) or not all(isinstance(item, dict) for item in rows):
        raise bad_payload(action, "The parameter 'ComponentParameters' is a collection of rows.")
    if not isinstance(body.get("SolutionParameters") or {}, dict):
        raise bad_payload(action, "The parameter 'SolutionParameters' is an object.")


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


def _ok(environment: Environment, request: Request, name: str, values: dict[str, Any]) -> Response:
    context = f"{request.root}$metadata#Microsoft.Dynamics.CRM.{name}"
    return ok(200, {"@odata.context": context, **values}, request)
