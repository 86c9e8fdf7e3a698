"""Flows as an operator looks at them: what is there, whether it is on, whose it is."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING

from ..client.flows.drafts import drafts as drafts_of
from ..client.flows.requests import LiveFlow
from ..client.principals import Owner
from ..flow import connectors_of
from ..table import text_table
from ..terminal import json_text, shown
from .run_check import kind_of, require_runs
from .selection import Selection, select, with_definitions

if TYPE_CHECKING:
    from ..client import DataverseClient

_WIDEST = 48


@dataclass(frozen=True)
class RunCounts:
    """
    Runs of a flow in a span of time.

    Attributes:
        total: how many began.
        failed: how many of them failed.
        last_error: code of the latest failure; empty without one.
    """

    total: int = 0
    failed: int = 0
    last_error: str = ""


@dataclass(frozen=True)
class FlowRow:
    """
    One flow.

    Attributes:
        state: `on`, `off` or `suspended`.
        owner: e-mail address of the user or name of the team; the id of one who is not visible.
        modified: when it was last changed, ISO 8601.
        solutions: unmanaged solutions that people made and the flow belongs to.
        connectors: names such as `shared_office365`; None where they were not asked for.
        suspended_by: `data policy` or `service`, of a flow that is suspended; else empty.
        runs: how many runs there were lately, and how many failed; None where it was not asked for.
        draft: what publishing its draft would change, in sentences; None without it or unasked.
    """

    name: str
    state: str
    owner: str
    modified: str
    solutions: tuple[str, ...]
    managed: bool
    id: str
    connectors: tuple[str, ...] | None = None
    suspended_by: str = ""
    runs: RunCounts | None = None
    draft: tuple[str, ...] | None = None

    @property
    def is_in_trouble(self) -> bool:
        """Whether it is suspended, or a run of it failed."""
        return self.state == "suspended" or bool(self.runs and self.runs.failed)


def flow_rows(
    client: DataverseClient,
    wanted: Selection,
    *,
    connectors: bool = False,
    connector: str | None = None,
    runs_within: timedelta | None = None,
    drafts: bool = False,
) -> list[FlowRow]:
    """
    The flows of a selection.

    Args:
        connectors: whether to read the definitions for the connectors they use.
        connector: only flows that use it, `shared_office365` or `office365`.
        runs_within: how far back to count runs; None to count none.
        drafts: only flows with a draft that is not published, and what it would change.

    Raises:
        RunsNotKeptError: runs are to be counted, and the environment does not tell about them.
    """
    flows: Sequence[LiveFlow] = select(client, wanted).flows
    used = {}
    if connectors or connector is not None:
        used = {flow.workflow_id: _connectors(flow) for flow in with_definitions(client, flows)}
        flows = [flow for flow in flows if flow.workflow_id in used]
    if connector is not None:
        full = connector.lower() if connector.lower().startswith("shared_") else (
            f"shared_{connector.lower()}"
        )  # fmt: skip
        flows = [flow for flow in flows if full in map(str.lower, used[flow.workflow_id])]
    saved = {}
    if drafts:
        saved = {item.flow.workflow_id: item.changes for item in drafts_of(client.workflows)}
        flows = [flow for flow in flows if flow.workflow_id in saved]
    if not flows:
        return []
    names = client.directory.names_of({_owner(flow) for flow in flows})
    solutions = client.solution_components.unmanaged_by_flow()
    counts = None if runs_within is None else _counted(client, runs_within)
    return [
        FlowRow(
            name=flow.name,
            state=flow.state,
            owner=names.get(_owner(flow), flow.owner_id),
            modified=flow.modified_on,
            solutions=tuple(solutions.get(flow.workflow_id, ())),
            managed=flow.is_managed,
            id=flow.workflow_id,
            connectors=used.get(flow.workflow_id),
            suspended_by=_suspended_by(flow),
            runs=None if counts is None else counts.get(flow.workflow_id, RunCounts()),
            draft=saved.get(flow.workflow_id),
        )
        for flow in flows
    ]


def as_json(rows: Sequence[FlowRow]) -> str:
    """A list of objects; `connectors` is null where it was not asked for."""
    return json_text([asdict(row) for row in rows])


def as_table(
    rows: Sequence[FlowRow], paint: Callable[[int, str], str] = lambda column, cell: cell
) -> str:
    """Columns for a person, as wide as their contents; `paint` as in `text_table`."""
    with_connectors = any(row.connectors is not None for row in rows)
    with_runs = any(row.runs is not None for row in rows)
    lines = [["NAME", "STATE", "OWNER", "MODIFIED", "SOLUTION", "ID"]]
    if with_connectors:
        lines[0].insert(5, "CONNECTORS")
    if with_runs:
        lines[0].insert(2, "RUNS")
    for row in rows:
        solutions = ", ".join(row.solutions) or ("(managed)" if row.managed else "")
        state = f"{row.state} ({row.suspended_by})" if row.suspended_by else row.state
        cells = [row.name, state, row.owner, row.modified, solutions, row.id]
        if with_connectors:
            short = (name.removeprefix("shared_") for name in row.connectors or ())
            cells.insert(5, ", ".join(short))
        if with_runs:
            cells.insert(2, _told(row.runs or RunCounts()))
        lines.append(cells)
    table = text_table(lines, widest=_WIDEST, paint=paint)
    told = [shown(f"{row.name}: {' '.join(row.draft)}") for row in rows if row.draft]
    return "\n".join([table, *(["", "Drafts would change:", *told] if told else [])])


def _told(runs: RunCounts) -> str:
    if not runs.failed:
        return str(runs.total)
    reason = f", {runs.last_error}" if runs.last_error else ""
    return f"{runs.failed} of {runs.total} failed{reason}"


def _counted(client: DataverseClient, within: timedelta) -> dict[str, RunCounts]:
    found: dict[str, RunCounts] = {}
    for flow_id, run in client.runs.of_all_flows(datetime.now(timezone.utc) - within):
        known = found.get(flow_id, RunCounts())
        failed = kind_of(run) == "failed"
        found[flow_id] = RunCounts(
            known.total + 1,
            known.failed + failed,
            # The latest comes first.
            known.last_error or (run.error_code if failed else ""),
        )
    if not found:
        require_runs(client)
    return found


def _suspended_by(flow: LiveFlow) -> str:
    if flow.state != "suspended":
        return ""
    return "data policy" if flow.violates_policy else "service"


def _connectors(flow: LiveFlow) -> tuple[str, ...]:
    found = set()
    if flow.definition:
        found |= set(connectors_of(json.loads(flow.definition)).values())
    for entry in (flow.references or {}).values():
        found.add(str(entry.get("api") or entry.get("id", "")).rpartition("/")[2])
    return tuple(sorted(filter(None, found)))


def _owner(flow: LiveFlow) -> Owner:
    return Owner(flow.owner_kind, flow.owner_id.lower())
