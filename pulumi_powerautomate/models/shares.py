"""The models of `FlowShare` and `FlowSharesExclusive`."""

from __future__ import annotations

from .declaration import STRING, Property, ResourceModel, Type, either, list_of, map_of

PRINCIPAL = Type(
    "object",
    name="Principal",
    description="A user or a team; exactly one way to name it is set.",
    members=(
        Property(
            "type",
            STRING,
            "Whether it is a user or a team.",
            required=True,
            allowed=("user", "team"),
        ),
        Property(
            "id",
            STRING,
            "`systemuserid` or `teamid`; for a user an e-mail address or user principal name, for "
            "a team its name, do too.",
        ),
        Property("email", STRING, "E-mail address or user principal name of a user."),
        Property("entra_object_id", STRING, "Object id in Entra, of the user or the group."),
        Property("name", STRING, "Name of a team."),
    ),
)
_ACCESS = (
    "Rights among `read`, `write`, `append`, `append_to`, `create`, `delete`, `share` and "
    "`assign`, or a role of the maker portal: `co-owner` or `run-only`. One text, or a list."
)
SHARE = Type(
    "object",
    name="Share",
    description="What one user or team may do with a flow.",
    members=(
        Property("principal", PRINCIPAL, "The user or team.", required=True),
        Property("access", either(STRING, list_of(STRING)), _ACCESS, required=True),
    ),
)
_ON_CONFLICT = ("fail", "overwrite")
_SHARE_ERROR = Property("share_error", STRING, "Why the shares may not be as declared.")

FLOW_SHARE = ResourceModel(
    "FlowShare",
    "What one user or team may do with one flow: exactly the rights that are declared. Shares with "
    "others are not touched.",
    inputs=(
        Property(
            "flow_id",
            STRING,
            "The flow's id. A change replaces the share, the old one first.",
            required=True,
            on_change="replace",
        ),
        Property(
            "principal",
            PRINCIPAL,
            "Who may use the flow. A change replaces the share, the old one first.",
            required=True,
            on_change="replace",
        ),
        Property(
            "access",
            either(list_of(STRING), STRING),
            f"{_ACCESS} Changed in place.",
            required=True,
        ),
        Property(
            "on_conflict",
            STRING,
            "What to do on create about a share with other rights: `fail` (default) reports it, "
            "`overwrite` replaces it. Changed in place.",
            allowed=_ON_CONFLICT,
        ),
    ),
    outputs=(Property("principal_id", STRING, "Dataverse id of the user or team.", required=True),),
    errors=(_SHARE_ERROR,),
    import_id="`FLOW/user/ID` or `FLOW/team/ID`, with the ids of flow and user or team",
)

FLOW_SHARES_EXCLUSIVE = ResourceModel(
    "FlowSharesExclusive",
    "All shares of one flow: those declared exist with exactly these rights, any other is revoked. "
    "The owner of the flow is not touched. For shares that live beside others, use `FlowShare`; "
    "both for one flow are refused.",
    inputs=(
        Property(
            "flow_id",
            STRING,
            "The flow's id. A change replaces: the shares of the old flow are revoked first.",
            required=True,
            on_change="replace",
        ),
        Property(
            "shares",
            list_of(SHARE),
            "Every share; an empty list revokes all. Changed in place.",
            required=True,
            echoed=False,
        ),
        Property(
            "on_conflict",
            STRING,
            "What to do on create about shares that exist and are not as declared: `fail` "
            "(default) reports them, `overwrite` revokes or replaces them. Changed in place.",
            allowed=_ON_CONFLICT,
        ),
    ),
    outputs=(
        Property(
            "shares",
            map_of(list_of(STRING)),
            "Rights by principal (`team On-call`, `user alice@contoso.com`).",
        ),
        Property(
            "principals",
            map_of(STRING),
            "Dataverse ids (`team/0e6a…`) of the principals, under the same keys.",
        ),
    ),
    errors=(_SHARE_ERROR,),
    import_id="the flow's id, a GUID",
)
