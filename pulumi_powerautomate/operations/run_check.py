"""Whether a flow ran well lately: a gate after a deployment that triggers nothing."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING

from ..client.flows.find import flow_named
from ..client.flows.runs import Run
from ..config import is_guid
from ..errors import InvalidInputError, RunsNotKeptError, one_line

if TYPE_CHECKING:
    from ..client import DataverseClient
    from ..client.flows.requests import LiveFlow

_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}
_SUCCEEDED = ("succeeded", "success")
_CANCELLED = ("cancelled", "canceled", "skipped")
_GOING_ON = ("", "running", "waiting", "paused", "notspecified")
_LONGEST_REASON = 200
_MOST_FAILURES_SHOWN = 5


@dataclass(frozen=True)
class RunCheck:
    """
    The runs of a flow within a time, and what is wrong with them.

    Attributes:
        flow: the flow.
        runs: the runs, latest first.
        problems: one line for each demand that is not met; none when all is well.
    """

    flow: LiveFlow
    runs: tuple[Run, ...]
    problems: tuple[str, ...]

    @property
    def failed(self) -> list[Run]:
        """The runs that ended neither well nor by cancelling."""
        return [run for run in self.runs if kind_of(run) == "failed"]

    def count(self, kind: str) -> int:
        """How many runs `succeeded`, `failed`, were `cancelled` or are `going on`."""
        return sum(kind_of(run) == kind for run in self.runs)


def check_runs(
    client: DataverseClient, flow: str, *, within: timedelta, max_failures: int, min_runs: int
) -> RunCheck:
    """
    Look at a flow's recent runs.

    Args:
        flow: the flow's id, or its display name when only one has it.
        within: how far back to look.
        max_failures: how many failed runs are accepted.
        min_runs: how many runs there have to be.

    Raises:
        InvalidInputError: no flow, or more than one, is meant.
        RunsNotKeptError: the environment does not tell about runs.
    """
    live = _flow(client, flow)
    runs = tuple(client.runs.since(live.workflow_id, datetime.now(timezone.utc) - within))
    if not runs:
        require_runs(client)
    check = RunCheck(live, runs, ())
    return RunCheck(live, runs, tuple(_problems(check, max_failures, min_runs)))


def require_runs(client: DataverseClient) -> None:
    """
    Refuse an environment that keeps no runs, where none were found.

    Raises:
        RunsNotKeptError: it keeps none.
    """
    if not client.runs.are_kept():
        raise RunsNotKeptError(
            "This environment keeps no flow runs: FlowRunTimeToLiveInSeconds of its organization "
            "is 0. An administrator can change that."
        )


def kind_of(run: Run) -> str:
    """`succeeded`, `failed`, `cancelled` or `going on`, from what the service calls it."""
    status = run.status.lower()
    if status in _SUCCEEDED:
        return "succeeded"
    if status in _CANCELLED:
        return "cancelled"
    return "going on" if status in _GOING_ON else "failed"


def duration(text: str) -> timedelta:
    """
    A time span such as `90s`, `15m`, `1h` or `2d`.

    Raises:
        InvalidInputError: it is none.
    """
    found = re.fullmatch(r"(\d{1,6})([smhd])", text.strip().lower())
    if found is None or not int(found[1]):
        raise InvalidInputError(f"{text!r} is not a time span such as 90s, 15m, 1h or 2d.")
    return timedelta(**{_UNITS[found[2]]: int(found[1])})


def summary(check: RunCheck, within: str) -> list[str]:
    """The result in lines."""
    counts = ", ".join(
        f"{number} {kind}"
        for kind in ("succeeded", "failed", "cancelled", "going on")
        if (number := check.count(kind))
    )
    lines = [f"{check.flow.name}: {counts or 'no run'} within {within}"]
    lines += [_told(run) for run in check.failed[:_MOST_FAILURES_SHOWN]]
    more = len(check.failed) - _MOST_FAILURES_SHOWN
    return [*lines, f"  … and {more} more"] if more > 0 else lines


def _problems(check: RunCheck, max_failures: int, min_runs: int) -> Sequence[str]:
    problems = []
    failed, found = len(check.failed), len(check.runs)
    if check.flow.state != "on":
        problems.append(f"the flow is {check.flow.state}")
    if failed > max_failures:
        problems.append(f"{failed} failed, {max_failures} accepted")
    if found < min_runs:
        problems.append(f"{found} runs, at least {min_runs} expected")
    return problems


def _told(run: Run) -> str:
    reason = ": ".join(filter(None, (run.error_code, one_line(run.error_message, _LONGEST_REASON))))
    return f"  {run.started}  {run.status}{f'  {reason}' if reason else ''}  ({run.name})"


def _flow(client: DataverseClient, named: str) -> LiveFlow:
    if not is_guid(named):
        return flow_named(client.workflows, named)
    found = list(client.workflows.list(workflow_ids=[named.lower()]))
    if not found:
        raise InvalidInputError(f"There is no flow {named!r} that you can see.")
    return found[0]
