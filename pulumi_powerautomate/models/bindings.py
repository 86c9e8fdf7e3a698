"""The models of `ConnectionReference` and `EnvironmentVariableValue`."""

from __future__ import annotations

from .declaration import STRING, Property, ResourceModel

_BINDING_ERROR = Property("binding_error", STRING, "Why the row may not be as declared.")

CONNECTION_REFERENCE = ResourceModel(
    "ConnectionReference",
    "A connection reference: the name that flows use, and the connection it stands for here. One "
    "that exists already is adopted when it is for the same connector.",
    inputs=(
        Property(
            "logical_name",
            STRING,
            "The name that flows refer to, with the publisher's prefix. A change replaces, the new "
            "one first.",
            required=True,
            on_change="replace",
        ),
        Property(
            "connector",
            STRING,
            "`shared_office365`, or the connector's whole id. A change replaces, the old one "
            "first.",
            required=True,
            on_change="replace",
        ),
        Property(
            "connection_id",
            STRING,
            "Name of a connection that a person made in the maker portal; the binding is left "
            "alone without it. Changed in place.",
        ),
        Property(
            "display_name",
            STRING,
            "Shown in the maker portal; the logical name by default for a new one. Changed in "
            "place; left alone when it is left out.",
        ),
        Property(
            "description",
            STRING,
            "Up to 2,000 characters. Changed in place; left alone when it is left out.",
        ),
        Property(
            "solution",
            STRING,
            "Unique name of an unmanaged solution it is created in, or added to when it exists "
            "already. A change replaces, the old one first.",
            on_change="replace",
        ),
    ),
    outputs=(),
    errors=(_BINDING_ERROR,),
    import_id="the logical name",
)

ENVIRONMENT_VARIABLE_VALUE = ResourceModel(
    "EnvironmentVariableValue",
    "The value of an environment variable in this environment; its definition is a solution's.",
    inputs=(
        Property(
            "schema_name",
            STRING,
            "The variable's schema name, with the publisher's prefix. A change replaces, the new "
            "value first.",
            required=True,
            on_change="replace",
        ),
        Property(
            "value",
            STRING,
            "Up to 2,000 characters, in the form its type takes: any text, a number, `yes` or "
            "`no`, JSON, or the id of a Key Vault secret. Pass a secret to keep it encrypted in "
            "the state. Changed in place.",
            required=True,
        ),
    ),
    outputs=(),
    errors=(_BINDING_ERROR,),
    import_id="the schema name",
)
