"""
Import a solution exactly once.

- The id of the import is chosen before the first request, from the package, its options and the
  target. The service refuses a second import with the same id, so asking again is safe; and it
  keeps a row per import, so one that runs or has ended is found and read instead of repeated.
- An import that failed is over: the next attempt has the next id. One that succeeded counts only
  while nothing was imported over it and its version is the installed one.
- One solution operation runs at a time in an environment. Another one is waited for.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from typing import Literal

from ...errors import (
    DataverseError,
    PowerAutomateError,
    SolutionOperationError,
    TransportError,
    UnfinishedImportError,
)
from ..http import changes
from ..http.throttle import Deadline
from ..http.upload import Upload
from .import_log import failure_of, parse_log, standing
from .import_model import HOLDING, ImportRequest, ImportResult
from .operation_waiter import BUSY, LONGEST_PAUSE, OperationWaiter, poll
from .requests import ImportJob, InstalledSolution, Operation, Solutions
from .synchronous_import import import_now

_NOT_UNIQUE = ("0x80071152", "0x80071155")
# A log may have a gigabyte: it is read along only while package and log are small.
_SMALL_PACKAGE, _SMALL_LOG = 4 * 1024**2, 256 * 1024
# Polls without a trace of an import whose start was not answered, before it is started again.
_LOOKS = 3


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
    # An import is carried out whole or not at all.
    with changes.undone_by(SolutionOperationError), solutions.turn(report, deadline):
        return SolutionImporter(OperationWaiter(solutions, report, deadline), wanted).run()


class SolutionImporter:
    """One package on its way into an environment, while no other operation of ours runs there."""

    def __init__(self, waiter: OperationWaiter, wanted: ImportRequest) -> None:
        self._waiter = waiter
        self._solutions = waiter.solutions
        self._report = waiter.report
        self._wanted = wanted
        self._what = f"Import solution {wanted.unique_name}"

    def run(self) -> ImportResult:
        """Import it, or find the import that makes doing so needless."""
        before = ""
        while True:
            installed, jobs = self._solutions.find_with_jobs(self._wanted.unique_name)
            job_id, done = self._existing_job(self._wanted, installed, jobs)
            try:
                if done is not None and done.over:
                    return self._complete(ImportResult(job_id, False, before=before))
                operation: str | None = ""
                if not done:
                    before = installed.version if installed is not None else ""
                    operation = self._start(installed, job_id)
                if operation is None:
                    continue
                with _unfinished_on_error(job_id):
                    found = replace(self._follow(job_id, operation), before=before)
                    return self._complete(found)
            except SolutionOperationError as error:
                if error.code.lower() not in BUSY:
                    raise
                self._waiter.wait_until_idle(self._what)

    def _existing_job(
        self, wanted: ImportRequest, installed: InstalledSolution | None, jobs: Sequence[ImportJob]
    ) -> tuple[str, ImportJob | None]:
        """The id to import under, and the import that makes doing so needless, if there is one."""
        known = {job.id: job for job in jobs}
        attempt = 1
        while (job := known.get(wanted.import_id(attempt))) is not None:
            if not job.over:
                return job.id, job
            # Imports that started in one second have no order among them.
            is_latest = job.started_on == jobs[0].started_on
            if job.succeeded and is_latest and self._is_there(installed):
                return job.id, job
            attempt += 1
        if wanted.mode == "stage":
            # One that was held is the same import, and only its promotion is missing.
            held_id, held = self._existing_job(replace(wanted, mode="hold"), installed, jobs)
            if held is not None:
                return held_id, held
        return wanted.import_id(attempt), None

    def _is_there(self, installed: InstalledSolution | None) -> bool:
        """Whether the wanted version is installed, or staged where that is wanted."""
        wanted = self._wanted
        if installed is not None and installed.version == wanted.version:
            return True
        if wanted.mode not in ("stage", "hold"):
            return False
        staged = self._solutions.find(wanted.unique_name + HOLDING)
        return staged is not None and staged.version == wanted.version

    def _start(self, installed: InstalledSolution | None, job_id: str) -> str | None:
        """The system job of the import, empty when it is not known; None to look again first."""
        wanted = self._wanted
        later = installed is not None and installed.managed and installed.version != wanted.version
        kind: Literal["import", "upgrade"] = (
            "upgrade" if wanted.mode == "upgrade" and later else "import"
        )
        body = {**wanted.options, "ImportJobId": job_id}
        if wanted.mode in ("stage", "hold") and later:
            body["HoldingSolution"] = True
        upload = Upload(wanted.path, wanted.sha256, "CustomizationFile", body)
        self._report(f"sending solution {wanted.unique_name} {wanted.version}")
        try:
            if wanted.synchronous and kind == "import":
                import_now(self._waiter, wanted, upload, job_id)
                return ""
            return self._solutions.start_import(upload, wanted.unique_name, kind)
        except DataverseError as error:
            if error.code.lower() in _NOT_UNIQUE:
                return ""
            if error.code.lower() in BUSY or "Cannot start" in error.detail:
                self._waiter.wait_until_idle(self._what)
                return None
            if not error.in_doubt:
                log = self._log_of(job_id) if wanted.synchronous else ""
                raise failure_of(self._what, job_id, log, error.detail, error.code) from None
        except PowerAutomateError as error:
            if not error.in_doubt:
                raise
        with _unfinished_on_error(job_id):
            return self._find_started_job(job_id)

    def _log_of(self, job_id: str) -> str:
        """The log of an import that one request carried out and that failed; empty without one."""
        try:
            job = self._solutions.job(job_id, log=True)
        except PowerAutomateError:
            return ""
        return job.log if job is not None else ""

    def _find_started_job(self, job_id: str) -> str | None:
        """Whether an import whose start was not answered is there: empty for yes, None for no."""
        started = time.monotonic()
        looks = 0
        while looks < _LOOKS:
            if poll(lambda: self._solutions.job(job_id)) is not None:
                return ""
            if poll(self._solutions.running):
                # It may be ours, waiting for its turn; its row comes with its start.
                looks = 0
            else:
                looks += 1
            self._report("finding out whether the import was started")
            self._waiter.pause(started, f"{self._what}: the response was lost")
        return None

    def _follow(self, job_id: str, operation_id: str) -> ImportResult:
        """Wait until an import is over, and read what came of it."""
        wanted, started = self._wanted, time.monotonic()
        progress, where = 0.0, ""
        talkative = wanted.path.exists() and wanted.path.stat().st_size <= _SMALL_PACKAGE
        while True:
            job = poll(partial(self._solutions.job, job_id, log=talkative))
            if job is not None and job.over:
                return self._outcome(job, None)
            if operation_id and (job is None or progress >= 100 or _slow(started)):
                operation = poll(lambda: self._solutions.operation(operation_id))
                if operation is not None and operation.over:
                    # Read again: the row may have come, or ended, between the two requests.
                    return self._outcome(poll(lambda: self._solutions.job(job_id)), operation)
            if job is not None:
                progress, where = job.progress, standing(job.log)
                talkative = talkative and len(job.log) <= _SMALL_LOG
            self._report(
                f"importing {wanted.unique_name} {wanted.version}: {progress:.0f} %, "
                f"{where}{', ' if where else ''}{time.monotonic() - started:.0f} s"
            )
            self._waiter.pause(
                started,
                f"{self._what} {wanted.version}: still running at {progress:.0f} % (import job "
                f"{job_id}). The next `pulumi up` follows it; raise import_timeout to wait longer",
            )

    def _outcome(self, job: ImportJob | None, operation: Operation | None) -> ImportResult:
        if operation is not None:
            failed = not operation.succeeded
        else:
            failed = job is None or not job.succeeded
        log = (job.log or self._solutions.job_log(job.id)) if job is not None else ""
        job_id = job.id if job is not None else ""
        if failed:
            message = operation.message if operation is not None else ""
            code = operation.code if operation is not None else ""
            raise failure_of(self._what, job_id or "unknown", log, message, code)
        results = [item for item in parse_log(log) if item.kind != "solutionManifest"]
        failures = tuple(
            f"{result.kind} {result.name!r}: {result.code} {result.text}"
            for result in results
            if result.outcome == "failure"
        )
        return ImportResult(job_id, True, failures, len(results))

    def _complete(self, imported: ImportResult) -> ImportResult:
        """Promote the upgrade if it is staged; the import itself is done by now."""
        wanted = self._wanted
        if wanted.mode != "stage":
            return imported
        doubts = 0
        with _unfinished_on_error(imported.job_id, half_done=True):
            while True:
                staged = self._solutions.find(wanted.unique_name + HOLDING)
                # It is gone when it was promoted; one of another version is not what is wanted.
                if staged is None or staged.version != wanted.version:
                    return replace(imported, executed=imported.executed or doubts > 0)
                try:
                    operation = self._solutions.start_promote(wanted.unique_name)
                    self._waiter.follow(operation, f"promoting the upgrade of {wanted.unique_name}")
                    return replace(imported, executed=True)
                except (DataverseError, SolutionOperationError, TransportError) as error:
                    if getattr(error, "code", "").lower() not in BUSY:
                        doubts += 1
                        if doubts == _LOOKS or not error.in_doubt:
                            raise
                # Until it is over, the lock refuses a second one.
                self._waiter.wait_until_idle(self._what)


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


def _slow(started: float) -> bool:
    return time.monotonic() - started > 3 * LONGEST_PAUSE
