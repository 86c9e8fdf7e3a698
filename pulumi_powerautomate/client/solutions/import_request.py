"""
An import within one request, `ImportSolution`, with its progress read beside it.

The action answers when the import is over. Where its connection is cut before, the service goes on,
and the import is followed by the id that was chosen for it.
"""

from __future__ import annotations

import contextlib
import contextvars
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from typing import Protocol

from ...errors import PowerAutomateError
from ..http.throttle import Deadline
from ..http.upload import Upload
from .requests import Solutions

# A small import is over before its progress is worth a request.
_FIRST_LOOK, _LOOKS_EVERY = 3.0, 5.0


class Named(Protocol):
    """The parts of a request to import that a line of progress tells."""

    @property
    def unique_name(self) -> str:
        """The solution."""
        ...

    @property
    def version(self) -> str:
        """Its version."""
        ...


def import_now(
    solutions: Solutions,
    wanted: Named,
    upload: Upload,
    job_id: str,
    report: Callable[[str], None],
    deadline: Deadline,
) -> None:
    """
    Send a package, and tell how its import gets on until the response is there.

    Raises:
        DataverseError: it was refused, or failed.
        LostResponseError: it may run, be over, or never have been begun.
    """
    started = time.monotonic()
    with ThreadPoolExecutor(1, "import") as pool:
        context = contextvars.copy_context()
        sending: Future[None] = pool.submit(
            context.run, solutions.import_now, upload, wanted.unique_name, deadline
        )
        patience = _FIRST_LOOK
        while not wait([sending], patience).done:
            patience = _LOOKS_EVERY
            progress = _progress(solutions, job_id)
            report(
                f"importing {wanted.unique_name} {wanted.version}: {progress:.0f} %, "
                f"{time.monotonic() - started:.0f} s"
            )
        sending.result()


def _progress(solutions: Solutions, job_id: str) -> float:
    """Percent, 0 while nobody can tell: a look that fails is not the import failing."""
    with contextlib.suppress(PowerAutomateError):
        job = solutions.job(job_id)
        return job.progress if job is not None else 0.0
    return 0.0
