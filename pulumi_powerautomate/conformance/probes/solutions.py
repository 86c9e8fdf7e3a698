"""Packages: imports and their jobs, what they need, and what goes with a solution."""

from __future__ import annotations

import base64
import re
import secrets
import uuid
from typing import Any

from ..documents import flow_row
from ..exchange import Exchange, Exchanges
from ..lab import Lab
from ..probe import Answer, Probe, refusal_of, undecided

_IMPORT = frozenset({"import"})
_SUCCEEDED, _FAILED = 30, 31
_SMALLEST = 64 * 1024
_NO_ARCHIVE = "0x80048495"


def _start(lab: Lab, label: str, content: str, job: str) -> Exchange:
    return lab.send(label, "POST", "ImportSolutionAsync", lab.import_body(content, job))


def _operation(found: Exchange) -> str:
    return str(found.member("AsyncOperationId") or "")


def import_once(lab: Lab) -> None:
    """One import, from its start to its rows; several probes look at it."""
    job = lab.names.id("import")
    content = lab.package("import")
    started = lab.need(_start(lab, "start", content, job), "importing our own package")
    lab.send("job meanwhile", "GET", f"importjobs({job})?$select=progress,startedon,completedon")
    lab.followed("operation", _operation(started))
    lab.send("job", "GET", f"importjobs({job})?$select=progress,startedon,completedon,data")
    lab.send("again", "POST", "ImportSolutionAsync", lab.import_body(content, job))


def _seconds(found: Exchanges) -> Answer:
    operation = found["operation"]
    if operation.member("statecode") != 3:
        return undecided("the import was not over in time")
    seconds = operation.at - found["start"].at
    return Answer(int(seconds * 2) / 2, "in steps of half a second")


def _key(found: Exchanges) -> Answer:
    sent = str((found["start"].request_body or {}).get("ImportJobId", "")).lower()
    key = str(found["start"].member("ImportJobKey") or "").lower()
    if not key:
        return undecided("the answer has no ImportJobKey")
    return Answer("the id that was sent" if key.strip("{}") == sent else "another id")


def _job_row(found: Exchanges) -> Answer:
    job = found["job"]
    if not job.ok:
        return Answer(job.refusal)
    progress = float(job.member("progress") or 0.0)
    over = "completedon set" if job.member("completedon") else "completedon empty"
    return Answer(f"progress {progress:g}, {over}")


def _result(found: Exchanges) -> Answer:
    text = found["job"].member("data")
    if not isinstance(text, str):
        return undecided("the job has no data")
    elements = list(dict.fromkeys(re.findall(r"<([A-Za-z]+)", text)))
    outcomes = sorted(set(re.findall(r'result="(\w+)"', text)))
    known = {"importexportxml", "solutionManifests", "result"} <= set(elements)
    remark = f"elements {', '.join(elements)}; outcomes {', '.join(outcomes)}"
    return Answer("importexportxml with results" if known else "something else", remark)


def _two_imports(lab: Lab) -> None:
    first = _start(lab, "first", lab.package("first"), lab.names.id("first"))
    lab.need(first, "importing our own package")
    second = _start(lab, "second", lab.package("second"), lab.names.id("second"))
    lab.followed("first operation", _operation(first))
    if second.ok:
        lab.followed("second operation", _operation(second))


def _lock(found: Exchanges) -> Answer:
    second = found["second"]
    if not second.ok:
        if second.code == "0x80071151" or "another" in second.message:
            return Answer("start", second.refusal)
        return undecided(f"answered with {second.refusal}")
    operation = found["second operation"]
    if operation.member("statuscode") == _FAILED:
        return Answer("job", str(operation.member("message") or "")[:200])
    return undecided("both were imported: the second waited, or the first was over already")


def _needs_another(lab: Lab) -> None:
    content = lab.package("needing", requires=f"{lab.names.unique('nowhere')} (1.0.0.0)")
    started = _start(lab, "start", content, lab.names.id("needing"))
    if started.ok:
        lab.followed("operation", _operation(started))


def _failure(found: Exchanges) -> str:
    """Code of a failed import, from its start or its operation; empty where it succeeded."""
    if not found["start"].ok:
        return found["start"].code or str(found["start"].status)
    operation = found["operation"]
    number = operation.member("errorcode")
    if operation.member("statuscode") != _FAILED:
        return ""
    return f"0x{int(number) & 0xFFFFFFFF:08x}" if isinstance(number, int) and number else "failed"


def _missing(found: Exchanges) -> Answer:
    code = _failure(found)
    if not code:
        return Answer("open")
    message = str(found["operation"].member("message") or "") if "operation" in found else ""
    if code == "0x8004801d" or "MissingDependenc" in message + found["start"].message:
        return Answer("registered", code)
    return undecided(f"failed with {code}")


def _missing_code(found: Exchanges) -> Answer:
    return Answer(_failure(found) or "imported")


def _sizes(lab: Lab) -> list[int]:
    sizes = []
    size = _SMALLEST
    while size < lab.options.upload_bytes:
        sizes.append(size)
        size *= 2
    return [*sizes, lab.options.upload_bytes]


def _large_packages(lab: Lab) -> None:
    for size in _sizes(lab):
        content = base64.b64encode(secrets.token_bytes(size)).decode()
        if not _not_too_large(_start(lab, str(size), content, str(uuid.uuid4()))):
            return


def _not_too_large(answer: Exchange) -> bool:
    """Random bytes are no archive: being told so means that the size was all right."""
    return answer.ok or answer.code == _NO_ARCHIVE


def _largest_package(found: Exchanges) -> Answer:
    taken = [int(label) for label, answer in found.items() if _not_too_large(answer)]
    refused = [answer for answer in found.values() if not _not_too_large(answer)]
    if not refused:
        return Answer(0, f"none up to {max(taken)} bytes")
    if not taken:
        return undecided(f"{_SMALLEST} bytes were answered with {refused[0].refusal}")
    return Answer(max(taken), f"the next size was answered with {refused[0].refusal}")


def _managed(lab: Lab) -> None:
    flow = lab.names.id("managed")
    content = lab.package("managed", flow=(flow, lab.names.name("managed")), managed=True)
    started = _start(lab, "start", content, lab.names.id("managed job"))
    lab.need(started, "importing our own managed package")
    lab.followed("operation", _operation(started))
    if _failure(lab.found):
        return
    lab.send("delete", "DELETE", f"workflows({flow})")


_CODES = {code.lower(): code for code in ("0x8004F01F", "0x80040228", "0x8004F026")}


def _managed_refusal(found: Exchanges) -> Answer:
    if "delete" not in found:
        return undecided(f"the managed package was not imported ({_failure(found)})")
    answer = found["delete"]
    if answer.code in _CODES:
        return Answer(_CODES[answer.code])
    return undecided(f"answered with {answer.refusal}")


def _reference_number(lab: Lab) -> None:
    condition = "primaryentityname eq 'connectionreference'"
    query = f"$select=solutioncomponenttype&$filter={condition}"
    lab.send("read", "GET", f"solutioncomponentdefinitions?{query}")


def _own_number(found: Exchanges) -> Answer:
    numbers = [row.get("solutioncomponenttype") for row in found["read"].rows]
    known = [number for number in numbers if isinstance(number, int)]
    if not known:
        return undecided(f"answered with {found['read'].refusal}, without a number")
    return Answer("above 10,000" if min(known) > 10_000 else str(min(known)))


def _solution_goes(lab: Lab) -> None:
    row = {
        "uniquename": lab.names.unique("goes"),
        "friendlyname": lab.names.name("goes"),
        "version": "1.0.0.0",
        "publisherid@odata.bind": f"/publishers({lab.publisher()})",
    }
    made = lab.need(lab.quiet("make", "POST", "solutions", row), "making a solution")
    header = {"MSCRM.SolutionUniqueName": lab.names.unique("goes")}
    flow = flow_row(lab.names.name(lab.noun()))
    kept = lab.need(lab.quiet("make", "POST", "workflows", flow, header), "making a flow")
    key = made.header("OData-EntityId").rpartition("(")[2]
    lab.send("delete", "DELETE", f"solutions({key}")
    key = kept.header("OData-EntityId").rpartition("(")[2]
    lab.send("read", "GET", f"workflows({key}?$select=name")


def _flow_stays(found: Exchanges) -> Answer:
    if not found["delete"].ok:
        return undecided(f"the solution's deletion was answered with {found['delete'].refusal}")
    return Answer("it stays" if found["read"].ok else "it goes")


def _import_and_wait(lab: Lab) -> None:
    body = lab.import_body(lab.package("waited"), lab.names.id("waited"))
    lab.send("import", "POST", "ImportSolution", body)
    path = f"importjobs({lab.names.id('waited')})?$select=progress,completedon"
    lab.send("job", "GET", path)


def _sync_status(found: Exchanges) -> Answer:
    if not found["import"].ok:
        return Answer(found["import"].refusal)
    over = found["job"].member("completedon")
    return Answer(f"{found['import'].status}, {'when' if over else 'before'} it is over")


def _stage_nothing(lab: Lab) -> None:
    content = base64.b64encode(b"papconf: this is no archive").decode()
    lab.send("stage", "POST", "StageSolution", {"CustomizationFile": content})


def _staged(found: Exchanges) -> Answer:
    answer = found["stage"]
    results: Any = answer.member("StageSolutionResults")
    if answer.ok and isinstance(results, dict):
        return Answer(f"{answer.status}, {results.get('StageSolutionStatus')}")
    return Answer(answer.refusal)


def _not_asked(lab: Lab) -> None:
    """Send nothing: the solutions that it is about are not the run's own."""


def _never(found: Exchanges) -> Answer:
    if "delete" in found:
        return Answer(found["delete"].refusal)
    return undecided("never asked: the solution would be one that the run has not made")


PROBES = (
    Probe("import-duration", "How many seconds does the import of an empty solution take?",
          ("switch:import_seconds",), 1.0, import_once, _seconds, 60,
          ("an imported solution without components",), _IMPORT),
    Probe("import-job-key", "Is `ImportJobKey` the id that was sent?", ("client:ImportJobKey",),
          "the id that was sent", import_once, _key, 0, (), _IMPORT),
    Probe("import-job-row", "What does the row of an import job that is over say?",
          ("client:import job",), "progress 100, completedon set", import_once, _job_row, 0, (),
          _IMPORT),
    Probe("import-job-result", "What does the result of an import look like?",
          ("client:import result",), "importexportxml with results", import_once, _result, 0, (),
          _IMPORT),
    Probe("import-job-twice", "How is the id of an import job that exists refused?",
          ("error:0x80071152",), "400 0x80071152", import_once, refusal_of("again"), 0, (),
          _IMPORT),
    Probe("import-lock", "Is a second import refused when it starts, or does it fail as a job?",
          ("switch:import_lock", "error:0x80071151"), "start", _two_imports, _lock, 60,
          ("two imported solutions without components",), _IMPORT),
    Probe("missing-solution", "Is a package refused whose required solution is not there?",
          ("switch:required_solutions",), "open", _needs_another, _missing, 30,
          ("an imported solution, where it is not refused",), _IMPORT),
    Probe("missing-solution-code", "How is a package with missing dependencies refused?",
          ("error:0x8004801d",), "imported", _needs_another, _missing_code, 0, (), _IMPORT),
    Probe("largest-package", "How large may a package be (0: no limit was met)?",
          ("switch:max_solution_bytes",), 0, _large_packages, _largest_package, 14, (), _IMPORT),
    Probe("managed-deletion", "How is the deletion of a managed flow refused?",
          ("switch:managed_delete_error", "error:0x80040228"), "0x8004F01F", _managed,
          _managed_refusal, 32, ("an imported managed solution with a flow that is off",),
          _IMPORT),
    Probe("component-type", "Which number have connection references among components?",
          ("client:component types",), "above 10,000", _reference_number, _own_number, 1),
    Probe("solution-goes", "What becomes of a flow whose unmanaged solution is deleted?",
          ("client:deleted solution",), "it stays", _solution_goes, _flow_stays, 4,
          ("a solution, which is deleted at once", "a flow")),
    Probe("import-and-wait", "Does ImportSolution answer when the import is over?",
          ("client:ImportSolution",), "204, when it is over", _import_and_wait, _sync_status, 2,
          ("an imported solution without components",), _IMPORT),
    Probe("stage-of-nothing", "How does StageSolution answer a file that is no archive?",
          ("client:StageSolution",), "400 0x80048495", _stage_nothing, _staged, 1, (), _IMPORT),
    Probe("restricted-solution", "How is the deletion of the default solution refused?",
          ("error:0x8004f005",), None, _not_asked, _never, 0),
)  # fmt: skip
