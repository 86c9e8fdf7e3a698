"""
The table `flowrun`: what the flow service leaves in Dataverse of each run, for a while.

An elastic table: a row that has a time to live is gone that many seconds after it was last written.
New rows take theirs from the organization, 28 days unless changed. Nothing runs here, so the rows
are put in by hand.

Source: "Manage cloud flow run history in Dataverse" and the reference of the table.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from ..store import Row
from ..tables import Table

if TYPE_CHECKING:
    from ..environment import Environment

_TABLE = "flowrun"


def complete(environment: Environment, table: Table, row: Row) -> None:
    """Fill in what a new run takes from its organization and its flow."""
    if table.logical != _TABLE:
        return
    if row["ttlinseconds"] is None:
        organization = next(environment.store.all("organization"), {})
        row["ttlinseconds"] = organization.get("flowruntimetoliveinseconds")
    flow_id = row["_workflow_value"] or row["workflowid"]
    flow = environment.store.get("workflow", str(flow_id).lower()) if flow_id else None
    if flow is not None:
        row["_workflow_value"] = row["workflowid"] = flow["workflowid"]
        row["workflowname"] = flow["name"]
        row["_ownerid_value"] = row["_ownerid_value"] or flow["_ownerid_value"]
        # One partition per user.
        row["partitionid"] = row["partitionid"] or row["_ownerid_value"]


def forget_expired(environment: Environment, table: Table) -> None:
    """Remove runs whose time to live is over."""
    if table.logical != _TABLE:
        return
    now = environment.clock.now()
    for row in list(environment.store.all(_TABLE)):
        written = datetime.fromisoformat(row["modifiedon"].replace("Z", "+00:00")).timestamp()
        if row["ttlinseconds"] and written + row["ttlinseconds"] < now:
            environment.remove(table, row, "time to live")
