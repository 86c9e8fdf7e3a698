"""
Drafts of cloud flows: versions that a maker has saved in the designer and not published.

The table `workflow` has a row for the latest published version of a flow and one for its latest
draft, under the same id. Plain reads and exports see the published one, RetrieveUnpublished the
draft; PublishXml and PublishAllXml make the draft the published one.

Source: "Drafts and versioning for cloud flows", "Publish customizations"; what a write meets while
there is a draft is reported with its message by several tools.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping
from typing import Any

from ..environment import Environment
from ..request import Caller
from ..responses import ALREADY_EXISTS, ServiceError, does_not_exist, not_implemented
from ..store import Row
from .activation import check_activation
from .rules import parse_clientdata

COLUMNS = ("name", "description", "clientdata")
_DRAFTS = "draft"
_PUBLISHED, _UNPUBLISHED = 0, 1


def save(environment: Environment, flow_id: str, values: Mapping[str, Any]) -> Row:
    """
    Save a draft, as the designer does: it may hold errors.

    A flow that is not there becomes one that was never published; returns the draft's row.
    """
    published = environment.store.get("workflow", flow_id)
    before = environment.store.get(_DRAFTS, flow_id)
    if published is None and before is None:
        before = _unpublished_flow(environment, flow_id)
    draft = {
        **(before or {}),
        **values,
        "componentstate": _UNPUBLISHED,
        "modifiedon": environment.clock.stamp(),
        "versionnumber": environment.store.next_version(),
    }
    environment.store.put(_DRAFTS, flow_id, draft)
    return {**(published or {}), **draft}


def discard(environment: Environment, flow_id: str) -> None:
    """Drop a draft, if there is one."""
    environment.store.remove(_DRAFTS, flow_id)


def exists(environment: Environment, flow_id: str) -> bool:
    """Whether a flow has a draft."""
    return environment.store.get(_DRAFTS, flow_id) is not None


def latest(environment: Environment, published: Iterable[Row]) -> list[Row]:
    """Rows of flows as they were last saved, those included that were never published."""
    drafts = dict(environment.store.items(_DRAFTS))
    found = [{**row, **drafts.pop(row["workflowid"], {})} for row in published]
    hidden = [
        row for row_id, row in drafts.items() if environment.store.get("workflow", row_id) is None
    ]
    return found + hidden


def latest_row(environment: Environment, flow_id: str) -> Row | None:
    """A flow's row as it was last saved; None where there is no flow."""
    published = environment.store.get("workflow", flow_id)
    draft = environment.store.get(_DRAFTS, flow_id)
    return None if published is None and draft is None else {**(published or {}), **(draft or {})}


def publish(environment: Environment, flow_id: str, caller: Caller) -> None:
    """Make the draft of a flow its published version; nothing where there is none."""
    draft = environment.store.get(_DRAFTS, flow_id)
    if draft is None:
        return
    table = environment.table("workflow")
    published = environment.store.get("workflow", flow_id)
    values = {name: draft[name] for name in COLUMNS if name in draft}
    parse_clientdata({**(published or {}), **values}.get("clientdata") or "")
    environment.store.remove(_DRAFTS, flow_id)
    if published is None:
        environment.insert(table, {**draft, "componentstate": _PUBLISHED}, caller.user_id)
        return
    if published["statecode"] == 1:
        check_activation(environment, {**published, **values}, caller)
    environment.change(table, published, values, caller.user_id)


def publish_all(environment: Environment, caller: Caller) -> None:
    """Publish every draft."""
    for flow_id, _ in list(environment.store.items(_DRAFTS)):
        publish(environment, flow_id, caller)


def before_create(environment: Environment, flow_id: str, method: str) -> None:
    """An id that only a draft has is taken."""
    if not exists(environment, flow_id):
        return
    if method != "POST":
        refuse_unpublished(environment, flow_id)
    raise ServiceError(*ALREADY_EXISTS)


def refuse_unpublished(environment: Environment, flow_id: str) -> None:
    """Refuse writes to a flow that was never published, which no source describes."""
    if exists(environment, flow_id) and environment.store.get("workflow", flow_id) is None:
        raise not_implemented("writes to a flow that was never published")


def before_update(environment: Environment, flow_id: str, columns: Iterable[str]) -> None:
    """The published version of a flow is not written past its draft."""
    mode = environment.switches["draft_blocks_update"]
    if mode == "none" or not exists(environment, flow_id):
        return
    if mode == "any" or set(columns) & set(COLUMNS):
        raise conflict(flow_id)


def after_turned_off(environment: Environment, flow_id: str) -> None:
    """In some environments turning a flow off opens a draft."""
    if environment.switches["turning_off_opens_draft"] == "on":
        save(environment, flow_id, {})


def conflict(flow_id: str) -> ServiceError:
    """The refusal of a write to the published version while there is a draft."""
    return ServiceError(
        400,
        "0x80040203",
        "You are attempting to do a published update of publishable component in an unmodified "
        "active context when there exists an unpublished active row.\nThis is not allowed "
        f"context.IsModified =False Component Type: 29  Object Id: {flow_id} "
        "CurrentState=ActiveUnpublished",
    )


def require(environment: Environment, flow_id: str) -> None:
    """A flow, published or not, or the documented 404."""
    if latest_row(environment, flow_id) is None:
        raise does_not_exist("workflow", flow_id)


def _unpublished_flow(environment: Environment, flow_id: str) -> Row:
    table = environment.table("workflow")
    values = {
        "workflowid": flow_id,
        "workflowidunique": str(uuid.uuid4()),
        "name": "Untitled",
        "category": 5,
        "type": 1,
        "primaryentity": "none",
        "statecode": 0,
        "statuscode": 1,
    }
    row = environment.insert(table, values, "by hand")
    environment.store.remove(table.logical, flow_id)
    return row
