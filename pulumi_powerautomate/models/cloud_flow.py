"""The model of `CloudFlow`."""

from __future__ import annotations

from .declaration import (
    ANY,
    BOOLEAN,
    STRING,
    Property,
    ResourceModel,
    Type,
    either,
    list_of,
    map_of,
)
from .shares import PRINCIPAL

CONNECTION = Type(
    "object",
    name="FlowConnection",
    description=(
        "What a key that the actions use stands for: a connection reference (`logicalName`) or a "
        "connection itself (`id`, `connectionName`)."
    ),
    members=(
        Property("logical_name", STRING, "Logical name of a connection reference."),
        Property("api", STRING, "The connector, such as `shared_office365`."),
        Property("api_logical_name", STRING, "Logical name of a custom connector."),
        Property(
            "runtime_source",
            STRING,
            "Whose connection a run uses: `embedded`, the flow's own, or `invoker`, that of the "
            "person who runs it.",
            allowed=("embedded", "invoker"),
        ),
        Property("impersonation", ANY, "The service's member `impersonation`, unchanged."),
        Property("connection_name", STRING, "Name of a connection."),
        Property(
            "id",
            STRING,
            "Whole id of the connector, `/providers/Microsoft.PowerApps/apis/shared_office365`.",
        ),
        Property(
            "source",
            STRING,
            "Whose connection a run uses, for a connection named here: `Embedded` or `Invoker`.",
            allowed=("Embedded", "Invoker"),
        ),
    ),
)

CLOUD_FLOW = ResourceModel(
    "CloudFlow",
    "A cloud flow (automated, instant or scheduled) that lives in a solution. A flow that cannot "
    "be turned on is kept, off: the resource fails with the service's reason, is in the state, and "
    "the next `pulumi up` tries again. To call a child flow, use its `workflowId` output in the "
    "definition, so that it is turned on first.",
    inputs=(
        Property(
            "name",
            STRING,
            "Display name, 1 to 100 characters; the resource's name by default. Changed in place.",
        ),
        Property(
            "description",
            STRING,
            "Up to 100,000 characters (the portal shows 256). Changed in place; not managed when "
            "left out.",
        ),
        Property(
            "definition",
            ANY,
            "The flow, as JSON text or as structured values: a bare workflow definition, or the "
            "document that a solution export holds. Text keeps every number as it is written; "
            "integers from 2^53 on need it. Changed in place. What the service and its designer "
            "add or reorder is no difference.",
            required=True,
            echoed=False,
        ),
        Property(
            "connection_references",
            map_of(either(STRING, CONNECTION)),
            "By the key that the actions use, a connection reference (its logical name, or an "
            "object with it) or a connection. Entries win over those in the document of "
            "`definition`. Changed in place.",
        ),
        Property(
            "state",
            STRING,
            "Whether the flow runs. Changed in place.",
            allowed=("on", "off"),
            default="on",
        ),
        Property(
            "owner",
            PRINCIPAL,
            "Who owns the flow. Changed in place; the one who deploys owns a new flow when left "
            "out, and later changes of owner are not managed then.",
        ),
        Property(
            "solution",
            STRING,
            "Unique name of an unmanaged solution that the flow belongs to. Changed in place.",
        ),
        Property(
            "workflow_id",
            STRING,
            "The flow's GUID, to have the same one in every environment; derived when left out. A "
            "change replaces the flow, the old one first.",
            on_change="replace",
        ),
        Property(
            "on_conflict",
            STRING,
            "What to do about a flow that has this id already and differs, or that somebody "
            "changed since the last run: `fail` reports it, `adopt` takes an existing one over on "
            "create and reports later changes, `overwrite` overwrites those too. By default "
            "`adopt` for a derived id and `fail` for a chosen one.",
            allowed=("fail", "adopt", "overwrite"),
        ),
        Property(
            "ignore",
            list_of(STRING),
            "Codes of validation rules that do not hold for this flow, such as `FLOW303`. A "
            "change updates nothing.",
            on_change="nothing",
            echoed=False,
        ),
    ),
    outputs=(
        Property(
            "current_state",
            STRING,
            "The state that the environment reports; `unknown` while it is not known whether the "
            "last write was applied.",
            required=True,
            allowed=("on", "off", "suspended", "unknown"),
        ),
        Property("owner_id", STRING, "Dataverse id of the owner."),
        Property("etag", STRING, "Version of the row."),
        Property("created_on", STRING, "When the row was created, ISO 8601."),
        Property("modified_on", STRING, "When the row was last changed, ISO 8601."),
        Property("is_managed", BOOLEAN, "Whether the flow came with a managed solution."),
    ),
    errors=(Property("activation_error", STRING, "Why the flow is not as declared."),),
    import_id="the flow's id (`workflowid`), a GUID",
)
