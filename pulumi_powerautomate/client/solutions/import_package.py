"""
Import a solution exactly once.

- The id of the import is chosen before the first request, from the package, its options and the
  target. The service refuses a second import with the same id, so asking again is safe; and it
  keeps a row per import, so one that runs or has ended is found and read instead of repeated.
- An import that failed is over: the next attempt has the next id. One that succeeded counts only
  while nothing was imported over it and its version is the installed one.
- One solution operation runs at a time in an environment. Another one is waited for.
- A slot of the concurrency limit is held while a request is out, never while waiting.
"""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any, Literal

from ...errors import (
    DataverseError,
    PowerAutomateError,
    SolutionOperationError,
    TransportError,
    UnfinishedImportError,
)
from ..http.throttle import Deadline
from ..http.upload import Upload
from .import_log import failure_of, parse_log, standing
from .import_request import import_now
from .requests import ImportJob, InstalledSolution, Operation, Solutions

Mode = Literal["update", "upgrade", "stage", "hold"]

# Frozen: the ids of imports derive from it.
_NAMESPACE = uuid.UUID("2d5c9a34-6c1e-5b8f-8f1a-7d7f0c5f3a92")
HOLDING = "_Upgrade"
_NOT_UNIQUE = ("0x80071152", "0x80071155")
BUSY = ("0x80071151", "0x80071154")
_SHORTEST_PAUSE, _LONGEST_PAUSE, _PART = 0.2, 10.0, 16
# A log may have a gigabyte: it is read along only while package and log are small.
_SMALL_PACKAGE, _SMALL_LOG = 4 * 1024**2, 256 * 1024
# Polls without a trace of an import whose start was not answered, before it is started again.
_LOOKS = 3


@dataclass(frozen=True)
class ImportRequest:
    """A package to import, and the options of the import."""

    path: Path
    sha256: str
    unique_name: str
    version: str
    mode: Mode
    target: str
    """The environment's host."""
    options: Mapping[str, Any]
    """Members of the request's body, but the package and the import's id."""
    triggers: tuple[str, ...] = ()
    synchronous: bool = False
    """Whether one request carries the import out. No part of the id: it is the same import."""

    def import_id(self, attempt: int) -> str:
        """The id of the n-th attempt."""
        parts = [self.target, self.unique_name, self.sha256, self.mode, self.options,
                 self.triggers, attempt]  # fmt: skip
        return str(uuid.uuid5(_NAMESPACE, json.dumps(parts, sort_keys=True)))


@dataclass(frozen=True)
class ImportResult:
    """The result of an import."""

    job_id: str
    executed: bool
    """Whether something was imported now."""
    failures: tuple[str, ...] = ()
    """Components that failed although the import as a whole did not."""
    components: int = 0
    before: str = ""
    """The version that was installed before, when something was imported over it."""


def import_solution(
    solutions: Solutions, wanted: ImportRequest, report: Callable[[str], None], deadline: Deadline
) -> ImportResult:
    """
    Import a package, unless that was done already; an upgrade that is staged is promoted too.

    Raises:
        SolutionOperationError: the service refused; its reasons by component.
        UnfinishedImportError: it was not over by the deadline, or could not be followed, or the
            upgrade that it staged was not promoted.
        PowerAutomateError: nothing was started.
    """
    with solutions.turn(report, deadline):
        return _import_in_turn(solutions, wanted, report, deadline)


def _import_in_turn(
    solutions: Solutions, wanted: ImportRequest, report: Callable[[str], None], deadline: Deadline
) -> ImportResult:
    before = ""
    while True:
        job_id, done = _existing_job(solutions, wanted)
        try:
            if done is not None and done.over:
                found = ImportResult(job_id, False, before=before)
                return _complete(solutions, wanted, found, report, deadline)
            operation: str | None = ""
            if not done:
                installed = solutions.find(wanted.unique_name)
                before = installed.version if installed is not None else ""
                operation = _start(solutions, wanted, installed, job_id, report, deadline)
            if operation is None:
                continue
            with _unfinished_on_error(job_id):
                found = _follow(solutions, wanted, job_id, operation, report, deadline)
                found = replace(found, before=before)
                return _complete(solutions, wanted, found, report, deadline)
        except SolutionOperationError as error:
            if error.code.lower() not in BUSY:
                raise
            _wait_for_others(solutions, wanted, report, deadline)


def follow_operation(
    solutions: Solutions,
    operation_id: str,
    what: str,
    report: Callable[[str], None],
    deadline: Deadline,
) -> None:
    """
    Wait for a system job.

    Raises:
        SolutionOperationError: it failed.
        TransportError: it was not over by the deadline.
    """
    started = time.monotonic()
    while True:
        operation = _poll(lambda: solutions.operation(operation_id))
        if operation is not None and operation.over:
            if not operation.succeeded:
                raise failure_of(
                    what[:1].upper() + what[1:], operation_id, "", operation.message, operation.code
                )
            return
        _wait(started, deadline, f"{what} is still running")
        report(f"{what}, {time.monotonic() - started:.0f} s")


def _existing_job(solutions: Solutions, wanted: ImportRequest) -> tuple[str, ImportJob | None]:
    """The id to import under, and the import that makes doing so needless, if there is one."""
    jobs = solutions.jobs_of(wanted.unique_name)
    known = {job.id: job for job in jobs}
    attempt = 1
    while (job := known.get(wanted.import_id(attempt))) is not None:
        if not job.over:
            return job.id, job
        # Imports that started in one second have no order among them.
        is_latest = job.started_on == jobs[0].started_on
        if job.succeeded and is_latest and _is_installed(solutions, wanted):
            return job.id, job
        attempt += 1
    return wanted.import_id(attempt), None


def _is_installed(solutions: Solutions, wanted: ImportRequest) -> bool:
    names = [wanted.unique_name]
    if wanted.mode in ("stage", "hold"):
        names.append(wanted.unique_name + HOLDING)
    found = (solutions.find(name) for name in names)
    return any(solution is not None and solution.version == wanted.version for solution in found)


def _start(
    solutions: Solutions,
    wanted: ImportRequest,
    installed: InstalledSolution | None,
    job_id: str,
    report: Callable[[str], None],
    deadline: Deadline,
) -> str | None:
    """The system job of the import, empty when it is not known; None to look again first."""
    later = installed is not None and installed.managed and installed.version != wanted.version
    holding = wanted.mode in ("stage", "hold") and later
    kind: Literal["import", "upgrade"] = (
        "upgrade" if wanted.mode == "upgrade" and later else "import"
    )
    body = {**wanted.options, "ImportJobId": job_id}
    if holding:
        body["HoldingSolution"] = True
    upload = Upload(wanted.path, wanted.sha256, "CustomizationFile", body)
    report(f"sending solution {wanted.unique_name} {wanted.version}")
    try:
        if wanted.synchronous and kind == "import":
            import_now(solutions, wanted, upload, job_id, report, deadline)
            return ""
        return solutions.start_import(upload, wanted.unique_name, kind)
    except DataverseError as error:
        if error.code.lower() in _NOT_UNIQUE:
            return ""
        if error.code.lower() in BUSY or "Cannot start" in error.detail:
            _wait_for_others(solutions, wanted, report, deadline)
            return None
        if not error.in_doubt:
            raise failure_of(
                f"Import solution {wanted.unique_name}",
                job_id,
                _log_of(solutions, job_id) if wanted.synchronous else "",
                error.detail,
                error.code,
            ) from None
    except PowerAutomateError as error:
        if not error.in_doubt:
            raise
    with _unfinished_on_error(job_id):
        return _find_started_job(solutions, wanted, job_id, report, deadline)


def _log_of(solutions: Solutions, job_id: str) -> str:
    """The log of an import that one request carried out and that failed; empty where none is."""
    try:
        job = solutions.job(job_id, log=True)
    except PowerAutomateError:
        return ""
    return job.log if job is not None else ""


def _find_started_job(
    solutions: Solutions,
    wanted: ImportRequest,
    job_id: str,
    report: Callable[[str], None],
    deadline: Deadline,
) -> str | None:
    """Whether an import whose start was not answered is there: empty when it is, None when not."""
    started = time.monotonic()
    looks = 0
    while looks < _LOOKS:
        if _poll(lambda: solutions.job(job_id)) is not None:
            return ""
        if _poll(solutions.running):
            # It may be ours, waiting for its turn; its row comes with its start.
            looks = 0
        else:
            looks += 1
        report("finding out whether the import was started")
        _wait(started, deadline, f"Import solution {wanted.unique_name}: the response was lost")
    return None


def _wait_for_others(
    solutions: Solutions, wanted: ImportRequest, report: Callable[[str], None], deadline: Deadline
) -> None:
    wait_until_idle(solutions, f"Import solution {wanted.unique_name}", report, deadline)


def wait_until_idle(
    solutions: Solutions, what: str, report: Callable[[str], None], deadline: Deadline
) -> None:
    """
    Wait until no solution operation runs in the environment.

    Raises:
        TransportError: one still did at the deadline.
    """
    started = time.monotonic()
    while True:
        report(f"waiting for another solution operation, {time.monotonic() - started:.0f} s")
        _wait(started, deadline, f"{what}: another solution operation is running")
        if not _poll(solutions.running):
            return


@contextmanager
def _unfinished_on_error(job_id: str, *, half_done: bool = False) -> Iterator[None]:
    """
    Within it the import may go on, whatever becomes of us.

    Args:
        job_id: the import.
        half_done: whether a refusal leaves something behind as well.
    """
    try:
        yield
    except PowerAutomateError as error:
        refused = isinstance(error, SolutionOperationError) and not half_done
        if refused or isinstance(error, UnfinishedImportError):
            raise
        raise UnfinishedImportError(str(error), job_id) from None


def _follow(
    solutions: Solutions,
    wanted: ImportRequest,
    job_id: str,
    operation_id: str,
    report: Callable[[str], None],
    deadline: Deadline,
) -> ImportResult:
    """Wait until an import is over, and read what came of it."""
    started = time.monotonic()
    what = f"Import solution {wanted.unique_name} {wanted.version}"
    progress, where = 0.0, ""
    talkative = wanted.path.exists() and wanted.path.stat().st_size <= _SMALL_PACKAGE
    while True:
        job = _poll(partial(solutions.job, job_id, log=talkative))
        if job is not None and job.over:
            return _outcome(solutions, wanted, job, None)
        if operation_id and (job is None or progress >= 100 or _slow(started)):
            operation = _poll(lambda: solutions.operation(operation_id))
            if operation is not None and operation.over:
                # Read again: the row may have come, or ended, between the two requests.
                return _outcome(solutions, wanted, _poll(lambda: solutions.job(job_id)),
                                operation)  # fmt: skip
        if job is not None:
            progress, where = job.progress, standing(job.log)
            talkative = talkative and len(job.log) <= _SMALL_LOG
        report(
            f"importing {wanted.unique_name} {wanted.version}: {progress:.0f} %, "
            f"{where}{', ' if where else ''}{time.monotonic() - started:.0f} s"
        )
        _wait(
            started,
            deadline,
            f"{what}: still running at {progress:.0f} % (import job {job_id}). The next "
            "`pulumi up` follows it; raise import_timeout to wait longer",
        )


def _outcome(
    solutions: Solutions, wanted: ImportRequest, job: ImportJob | None, operation: Operation | None
) -> ImportResult:
    failed = not operation.succeeded if operation is not None else job is None or not job.succeeded
    log = solutions.job_log(job.id) if job is not None else ""
    job_id = job.id if job is not None else ""
    if failed:
        message = operation.message if operation is not None else ""
        code = operation.code if operation is not None else ""
        raise failure_of(
            f"Import solution {wanted.unique_name}", job_id or "unknown", log, message, code
        )
    results = [item for item in parse_log(log) if item.kind != "solutionManifest"]
    failures = tuple(
        f"{result.kind} {result.name!r}: {result.code} {result.text}"
        for result in results
        if result.outcome == "failure"
    )
    return ImportResult(job_id, True, failures, len(results))


def _complete(
    solutions: Solutions,
    wanted: ImportRequest,
    imported: ImportResult,
    report: Callable[[str], None],
    deadline: Deadline,
) -> ImportResult:
    """Promote the upgrade if it is staged; the import itself is done by now."""
    if wanted.mode != "stage":
        return imported
    what = f"promoting the upgrade of {wanted.unique_name}"
    doubts = 0
    with _unfinished_on_error(imported.job_id, half_done=True):
        while True:
            staged = solutions.find(wanted.unique_name + HOLDING)
            # It is gone when it was promoted; one of another version is not what is wanted.
            if staged is None or staged.version != wanted.version:
                return replace(imported, executed=imported.executed or doubts > 0)
            try:
                operation = solutions.start_promote(wanted.unique_name)
                follow_operation(solutions, operation, what, report, deadline)
                return replace(imported, executed=True)
            except (DataverseError, SolutionOperationError, TransportError) as error:
                if getattr(error, "code", "").lower() not in BUSY:
                    doubts += 1
                    if doubts == _LOOKS or not error.in_doubt:
                        raise
            # Until it is over, the lock refuses a second one.
            _wait_for_others(solutions, wanted, report, deadline)


def _poll(ask: Callable[[], Any]) -> Any:
    """A response, or None while there is none: a poll that fails is not the import failing."""
    try:
        return ask()
    except TransportError:
        return None
    except DataverseError as error:
        if error.status >= 500 or error.status == 429:
            return None
        raise


def _slow(started: float) -> bool:
    return time.monotonic() - started > 3 * _LONGEST_PAUSE


def _wait(started: float, deadline: Deadline, what: str) -> None:
    """Pause for a part of what has passed, within bounds: the end is seen soon, at any length."""
    if deadline.remaining() == 0.0:
        raise TransportError(f"{what}, after {deadline.seconds:.0f} s.")
    passed = time.monotonic() - started
    pause = min(_LONGEST_PAUSE, max(_SHORTEST_PAUSE, passed / _PART))
    time.sleep(min(pause, deadline.remaining()))


__all__ = [
    "BUSY",
    "ImportRequest",
    "ImportResult",
    "follow_operation",
    "import_solution",
    "wait_until_idle",
]
