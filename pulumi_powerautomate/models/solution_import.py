"""The model of `SolutionImport`."""

from __future__ import annotations

from .declaration import (
    ANY,
    BOOLEAN,
    NUMBER,
    STRING,
    Property,
    ResourceModel,
    either,
    list_of,
    map_of,
)

_NAMES = map_of(STRING)

SOLUTION_IMPORT = ResourceModel(
    "SolutionImport",
    "A solution package, imported once, bound to this environment, with its flows turned on. What "
    "was imported already under the same options is not imported again, and an import that is "
    "running is followed. Deleting uninstalls a managed solution with its components; of an "
    "unmanaged one only the container goes.",
    inputs=(
        Property(
            "package",
            STRING,
            "Path of the solution zip, from the program's folder. Changed content is imported in "
            "place; a package of another solution replaces.",
            required=True,
            # Its content is compared, by `sha256`, and not its path.
            on_change="nothing",
        ),
        Property(
            "mode",
            STRING,
            "How a newer version of a managed solution is brought in. `upgrade` (default for "
            "managed packages) removes what the new version lacks; `update` keeps it; `stage` "
            "imports beside the old version, then promotes; `hold` imports beside and leaves the "
            "promotion to a later `stage`. Unmanaged packages are always updated. Imports again.",
            allowed=("update", "upgrade", "stage", "hold"),
            on_change="import",
        ),
        Property(
            "overwrite_unmanaged_customizations",
            BOOLEAN,
            "Whether changes that were made in the environment are overwritten; false by default "
            "for managed packages, true for unmanaged ones. Imports again.",
            on_change="import",
        ),
        Property(
            "publish_workflows",
            BOOLEAN,
            "Whether classic processes are activated. Imports again.",
            default=True,
            on_change="import",
        ),
        Property(
            "convert_to_managed",
            BOOLEAN,
            "Obsolete option of the service. Imports again.",
            on_change="import",
        ),
        Property(
            "skip_product_update_dependencies",
            BOOLEAN,
            "Whether dependencies on product updates are ignored. Imports again.",
            on_change="import",
        ),
        Property(
            "layer_desired_order",
            ANY,
            "The service's `LayerDesiredOrder`. Imports again.",
            on_change="import",
        ),
        Property(
            "component_parameters",
            list_of(ANY),
            "Further members of the service's `ComponentParameters`. Imports again.",
            on_change="import",
        ),
        Property(
            "triggers",
            list_of(ANY),
            "Any values; a change imports again although nothing else differs.",
            on_change="import",
        ),
        Property(
            "connection_references",
            _NAMES,
            "Connection id by logical name; when given, every reference of the package is named, "
            "with an empty text to keep the environment's binding. Changed in place, without "
            "importing.",
        ),
        Property(
            "environment_variables",
            _NAMES,
            "Value by schema name. Changed in place, without importing.",
        ),
        Property(
            "connections",
            _NAMES,
            "For flows whose connections are embedded: name of the connection by connector "
            "(`shared_office365`). Changed in place, without importing.",
        ),
        Property(
            "activate_flows",
            STRING,
            "Which flows are turned on after the import: `as-exported` those that were on when "
            "exported, `all`, or `none`. Changed in place, without importing.",
            allowed=("as-exported", "all", "none"),
            default="as-exported",
        ),
        Property(
            "settings",
            either(STRING, ANY),
            "A deployment settings file of `pac solution create-settings`, by path, or its "
            "content. `connectionReferences` and `environmentVariables` beside it win, name by "
            "name. Changed in place, without importing.",
            on_change="nothing",
            echoed=False,
        ),
        Property(
            "synchronous",
            BOOLEAN,
            "Whether the import is one request that is answered when it is over, instead of a "
            "system job that is followed; False by default. For packages that are imported within "
            "a minute or so. A change does nothing until the next import.",
            on_change="nothing",
        ),
        Property(
            "import_timeout",
            NUMBER,
            "Seconds to wait for the service, 1 to 86,400; by default what the resource option "
            "`customTimeouts` says about the operation, else 3,600. An import that takes longer "
            "goes on, and the next `pulumi up` follows it.",
            on_change="nothing",
        ),
    ),
    outputs=(
        Property("sha256", STRING, "SHA-256 of the package.", required=True),
        Property("solution", STRING, "Unique name of the solution.", required=True),
        Property("version", STRING, "Version of the solution.", required=True),
        Property("managed", BOOLEAN, "Whether the solution is managed.", required=True),
        Property("flows", _NAMES, "Names of the package's flows by id.", required=True),
        Property("solution_id", STRING, "`solutionid`."),
        Property("import_job_id", STRING, "`importjobid` of the import."),
    ),
    errors=(
        Property(
            "solution_error", STRING, "What could not be done after the import, or is not known."
        ),
    ),
)
