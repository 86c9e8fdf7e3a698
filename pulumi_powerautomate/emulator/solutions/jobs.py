"""
Long operations: they start, progress by the emulator's clock, and end well or not.

A job is a row like any other, so a server that is ended in the middle carries it on afterwards.
"""

from __future__ import annotations

import base64
import hashlib
import uuid
from collections.abc import Sequence
from typing import Any
from xml.sax.saxutils import quoteattr

from .. import seed
from ..environment import Environment
from ..request import Caller
from ..responses import ServiceError, unexpected
from ..store import Row
from . import export, import_package
from . import package as packages
from .arrival import Result
from .import_package import Failed

# Numbers of the asyncoperation table's operationtype.
TYPES = {
    "import": 203,
    "export": 202,
    "promote": 207,
    "uninstall": 208,
    "upgrade": 211,
}
BUSY = (
    "The solution installation or removal failed due to the installation or removal of another "
    "solution at the same time. Please try again later."
)
_READY, _RUNNING, _DONE = 0, 2, 3
_WAITING, _IN_PROGRESS, _SUCCEEDED, _FAILED = 0, 20, 30, 31
# Where the recordings of failed imports stop.
_FAILS_AT = 0.148


def keep_package(environment: Environment, data: bytes) -> str:
    """Keep a package's bytes; returns what they are called by."""
    name = hashlib.sha256(data).hexdigest()
    if environment.store.get("package", name) is None:
        environment.store.put("package", name, {"data": base64.b64encode(data).decode()})
    return name


def package_bytes(environment: Environment, name: str) -> bytes:
    """A package's bytes."""
    row = environment.store.get("package", name)
    if row is None:
        raise ServiceError(400, "0x80048066", "The staged solution does not exist.")
    return base64.b64decode(row["data"])


def running(environment: Environment) -> Row | None:
    """The job that holds the lock of the organization, if there is one."""
    return environment.store.any("job")


def start(environment: Environment, kind: str, name: str, caller: Caller, **job: Any) -> str:
    """Queue a job; returns the id of its asynchronous operation."""
    operation_id = str(uuid.uuid4())
    environment.insert(
        environment.table("asyncoperation"),
        {
            "asyncoperationid": operation_id,
            "name": name,
            "operationtype": TYPES[kind],
            "messagename": f"{name}Async",
            "dependencytoken": f"SolutionOperation_{seed.ORGANIZATION}",
            "statecode": _READY,
            "statuscode": _WAITING,
            "friendlymessage": None,
        },
        caller.user_id,
    )
    if running(environment) is not None:
        job["blocked"] = True
    environment.store.put(
        "job",
        operation_id,
        {"kind": kind, "started": environment.clock.now(), "caller": caller.user_id, **job},
    )
    return operation_id


def advance(environment: Environment) -> None:
    """Bring every job to where the clock says it is."""
    for operation_id, job in _jobs(environment):
        seconds = float(environment.switches["import_seconds"])
        elapsed = environment.clock.now() - job["started"]
        done = 1.0 if seconds <= 0 else min(1.0, elapsed / seconds)
        if done >= 1.0:
            _finish(environment, operation_id, job)
        elif elapsed > 0:
            _progress(environment, operation_id, job, done)


def run_now(environment: Environment, kind: str, name: str, caller: Caller, **job: Any) -> str:
    """Carry a job out within the request that asks for it."""
    operation_id = start(environment, kind, name, caller, **job)
    row = environment.store.get("job", operation_id)
    assert row is not None
    failed = _finish(environment, operation_id, row)
    if failed is not None:
        raise ServiceError(400, failed.code, failed.text)
    return operation_id


def before_delete(environment: Environment, solution: Row, caller: Caller) -> None:
    """DELETE of a solution's row is its uninstallation."""
    require_idle(environment)
    try:
        import_package.release(environment, solution, caller)
    except Failed as failed:
        raise ServiceError(400, failed.code, failed.text) from None


def require_idle(environment: Environment) -> None:
    """One solution operation at a time."""
    if running(environment) is not None:
        raise ServiceError(400, "0x80071151", BUSY)


def _jobs(environment: Environment) -> list[tuple[str, Row]]:
    return [(str(row["id"]), row) for row in _named(environment)]


def _named(environment: Environment) -> list[Row]:
    found = []
    for row in environment.store.all("asyncoperation"):
        if row["statecode"] != _DONE:
            job = environment.store.get("job", row["asyncoperationid"])
            if job is not None:
                found.append({**job, "id": row["asyncoperationid"]})
    return found


def _progress(environment: Environment, operation_id: str, job: Row, done: float) -> None:
    operation = environment.require(environment.table("asyncoperation"), operation_id)
    if operation["statecode"] != _RUNNING:
        changes = {"statecode": _RUNNING, "statuscode": _IN_PROGRESS,
                   "startedon": environment.clock.stamp()}  # fmt: skip
        environment.change(environment.table("asyncoperation"), operation, changes, job["caller"])
    if job.get("import_job"):
        row = _import_job(environment, job)
        progress = round(100 * done, 1)
        if abs(float(row["progress"]) - progress) >= 1:
            components = _components(environment, operation_id, job)
            processed = int(done * len(components))
            data = _result_xml(job, components[:processed], None, progress, components[processed:])
            table = environment.table("importjob")
            environment.change(table, row, {"progress": progress, "data": data}, job["caller"])


def _components(environment: Environment, operation_id: str, job: Row) -> list[Result]:
    """The steps of an import, in order; worked out once."""
    known = job.get("components")
    if known is None:
        try:
            package = packages.read(package_bytes(environment, job["package"]))
        except (Failed, ServiceError):
            known = []
        else:
            known = [list(item) for item in import_package.components(package)]
        store_row = {key: value for key, value in job.items() if key != "id"}
        environment.store.put("job", operation_id, {**store_row, "components": known})
    return [Result(section, identity, name) for section, identity, name in known]


def _finish(environment: Environment, operation_id: str, job: Row) -> Failed | None:
    caller = Caller(job["caller"])
    store = environment.store
    failed: Failed | None = None
    results: list[Result] = []
    try:
        with environment.unit():
            results = _carry_out(environment, operation_id, job, caller)
    except (Failed, ServiceError) as error:
        failed = error if isinstance(error, Failed) else Failed(error.code, error.message)
        results = failed.results
    except Exception as error:
        # A fault of the emulator ends this job, and not every request that comes after it.
        fault = unexpected(error)
        failed = Failed(fault.code, fault.message)
    now = environment.clock.stamp()
    if job.get("import_job"):
        row = _import_job(environment, job)
        progress = 100.0 * _FAILS_AT if failed else 100.0
        solution = store.find("solution", uniquename=job["solution"])
        environment.change(
            environment.table("importjob"),
            row,
            {
                "progress": progress,
                "completedon": now,
                "data": _result_xml(job, results, failed, progress),
                "solutionid": solution["solutionid"] if solution else None,
            },
            job["caller"],
        )
    operation = store.get("asyncoperation", operation_id)
    if operation is not None:
        environment.change(
            environment.table("asyncoperation"),
            operation,
            {
                "statecode": _DONE,
                "statuscode": _FAILED if failed else _SUCCEEDED,
                # Nobody may have looked at it while it ran.
                "startedon": operation["startedon"] or now,
                "completedon": now,
                "errorcode": _signed(failed.code) if failed else 0,
                "message": failed.text if failed else None,
                "friendlymessage": failed.text if failed else None,
            },
            job["caller"],
        )
    store.remove("job", operation_id)
    return failed


def _carry_out(
    environment: Environment, operation_id: str, job: Row, caller: Caller
) -> list[Result]:
    kind = job["kind"]
    if job.get("blocked"):
        raise Failed("0x80071151", BUSY)
    if kind in ("import", "upgrade"):
        package = packages.read(package_bytes(environment, job["package"]))
        options = dict(job["options"])
        upgrades = kind == "upgrade" and environment.store.find(
            "solution", uniquename=package.unique_name
        )
        if upgrades:
            options["HoldingSolution"] = True
        results = import_package.apply(environment, package, job["package"], options, caller)
        if upgrades:
            import_package.promote(environment, package.unique_name, caller)
        return results
    if kind == "promote":
        import_package.promote(environment, job["solution"], caller)
    elif kind == "uninstall":
        solution = environment.store.find("solution", uniquename=job["solution"])
        if solution is None:
            raise Failed("0x80040217", f"The solution {job['solution']} does not exist.")
        import_package.uninstall(environment, solution, caller)
    elif kind == "export":
        data = export.export(environment, job["solution"], managed=job["managed"])
        environment.store.put(
            "exported", job["export_job"], {"package": keep_package(environment, data)}
        )
    return []


def _import_job(environment: Environment, job: Row) -> Row:
    """The row of an import; it is there from the moment the package has been unpacked."""
    row = environment.store.get("importjob", job["import_job"])
    if row is not None:
        return row
    values = {
        "importjobid": job["import_job"],
        "name": "Customizations",
        "solutionname": job["solution"],
        "startedon": environment.clock.stamp(),
        "progress": 0.0,
        "importcontext": "ImportUpgrade" if job["kind"] == "upgrade" else "Import",
        "operationcontext": "Upgrade" if job["kind"] == "upgrade" else "New",
    }
    return environment.insert(environment.table("importjob"), values, job["caller"])


def _result_xml(
    job: Row,
    results: list[Result],
    failed: Failed | None,
    progress: float,
    waiting: Sequence[Result] = (),
) -> str:
    def line(result: Result) -> str:
        return (
            f"<result result={quoteattr(result.outcome)} errorcode={quoteattr(result.code)} "
            f'errortext={quoteattr(result.text)} datetime="00:00:00.00" datetimeticks="0"/>'
        )

    whole = Result("", "", "", "failure" if failed else "success",
                   failed.code if failed else "0", failed.text if failed else "")  # fmt: skip
    name = quoteattr(str(job["solution"]))
    sections: dict[str, list[Result]] = {
        section: []
        for section in ("workflows", "connectionreferences", "environmentvariabledefinitions",
                        "rootComponents")
    }  # fmt: skip
    for result in (*results, *waiting):
        sections[result.section].append(result)
    done = {id(result) for result in results}
    inner = ""
    for section, items in sections.items():
        element = section.removesuffix("s")
        inner += f"<{section}>" + "".join(
            f"<{element} id={quoteattr(item.id)} LocalizedName={quoteattr(item.name)} "
            + (f'processed="true">{line(item)}' if id(item) in done else 'processed="false">')
            + f"</{element}>"
            for item in items
        ) + f"</{section}>"  # fmt: skip
    return (
        f'<importexportxml start="0" stop="0" progress="{progress:g}" processed="true">'
        f'<solutionManifests><solutionManifest languagecode="1033" id={name} '
        f'LocalizedName={name} processed="true"><UniqueName>{job["solution"]}</UniqueName>'
        f"<Version>{job.get('version', '')}</Version><results/>{line(whole)}"
        f"</solutionManifest></solutionManifests><entities/><nodes/>{inner}</importexportxml>"
    )


def _signed(code: str) -> int:
    number = int(code or "0", 16)
    return number - (1 << 32) if number >= 1 << 31 else number
