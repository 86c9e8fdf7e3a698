"""The models of `Publisher`, `Solution` and `SolutionComponent`."""

from __future__ import annotations

from .declaration import INTEGER, STRING, Property, ResourceModel, either

_WRITE_ERROR = Property("write_error", STRING, "Why the last change may not have been made.")
_DISPLAY_NAME = Property(
    "display_name",
    STRING,
    "Up to 256 characters; for a new one its unique name by default. Changed in place; left alone "
    "when it is left out.",
)
_DESCRIPTION = Property(
    "description",
    STRING,
    "Up to 2,000 characters. Changed in place; left alone when it is left out.",
)

PUBLISHER = ResourceModel(
    "Publisher",
    "A publisher: who solutions are from, with the prefix of the names that are made in them. One "
    "that exists already is adopted.",
    inputs=(
        Property(
            "unique_name",
            STRING,
            "Letters, digits and underscores. A change replaces, the new one first.",
            required=True,
            on_change="replace",
        ),
        Property(
            "prefix",
            STRING,
            "2 to 8 letters and digits, the beginning of the names of what is made from now on. "
            "Changed in place.",
            required=True,
        ),
        _DISPLAY_NAME,
        Property(
            "option_value_prefix",
            INTEGER,
            "10,000 to 99,999, the beginning of the values of new choices; for a new publisher "
            "derived from the prefix by default. Changed in place; left alone when it is left out.",
        ),
        _DESCRIPTION,
    ),
    outputs=(Property("publisher_id", STRING, "Id of the row.", required=True),),
    errors=(_WRITE_ERROR,),
    import_id="the unique name",
)

SOLUTION = ResourceModel(
    "Solution",
    "The container of an unmanaged solution. One that exists already is adopted when it is "
    "unmanaged. Deleting it deletes the container alone: what it holds stays.",
    inputs=(
        Property(
            "unique_name",
            STRING,
            "Up to 65 letters, digits and underscores. A change replaces, the new one first.",
            required=True,
            on_change="replace",
        ),
        Property(
            "publisher",
            STRING,
            "Unique name of the publisher. Changed in place.",
            required=True,
        ),
        _DISPLAY_NAME,
        Property(
            "version",
            STRING,
            "Two to four numbers; `1.0.0.0` by default for a new one. Changed in place; left alone "
            "when it is left out.",
        ),
        _DESCRIPTION,
    ),
    outputs=(Property("solution_id", STRING, "Id of the row.", required=True),),
    errors=(_WRITE_ERROR,),
    import_id="the unique name",
)

SOLUTION_COMPONENT = ResourceModel(
    "SolutionComponent",
    "A component that exists, added to a solution: a flow, a connection reference, a table. "
    "Deleting it takes the component out of the solution and leaves it as it is.",
    inputs=(
        Property(
            "solution",
            STRING,
            "Unique name of an unmanaged solution. A change replaces, the new one first.",
            required=True,
            on_change="replace",
        ),
        Property(
            "component_id",
            STRING,
            "The component's id. A change replaces, the new one first.",
            required=True,
            on_change="replace",
        ),
        Property(
            "component_type",
            either(STRING, INTEGER),
            "`workflow` (a flow, the default), `environment variable`, `connection reference`, the "
            "logical name of a table whose rows are components, or a number of "
            "`solutioncomponent.componenttype`. A change replaces, the new one first.",
            on_change="replace",
        ),
    ),
    outputs=(Property("membership_id", STRING, "The row's `solutioncomponentid`.", required=True),),
    errors=(_WRITE_ERROR,),
    import_id="`SOLUTION/TYPE/COMPONENT_ID`",
)
