"""From a path to what responds: collections, rows, functions, actions, metadata."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from urllib.parse import unquote

from . import (
    bulk,
    known_names,
    organization,
    parameters,
    principals,
    publishing,
    references,
    retrieve,
    rows,
    shares,
    unpublished,
)
from .environment import Environment
from .error_annotations import annotate
from .impersonation import impersonated
from .keys import find_row
from .metadata import csdl, definitions
from .request import Request, Segment, arguments, segments
from .responses import (
    UNKNOWN_SEGMENT,
    Response,
    ServiceError,
    bad_syntax,
    no_such_segment,
    not_implemented,
)
from .solutions import actions, components, dependencies
from .store import Row
from .tables import BY_SET, Table

VERSIONS = re.compile(r"v9\.[0-2](\.\d+\.\d+)?")
_LONGEST_URL = 32 * 1024
_CRM = "Microsoft.Dynamics.CRM."

Action = Callable[[Environment, Request], Response]
Function = Callable[[Environment, Request, Mapping[str, str]], Response]
BoundFunction = Callable[[Environment, Request, Row, Mapping[str, str]], Response]
BoundAction = Callable[[Environment, Request, Row], Response]

FUNCTIONS: dict[str, Function] = {
    "WhoAmI": organization.who_am_i,
    "RetrieveVersion": organization.version,
    "RetrieveCurrentOrganization": organization.current_organization,
    "RetrieveOrganizationInfo": organization.organization_info,
    "RetrieveTotalRecordCount": organization.total_record_count,
    "RetrieveAvailableLanguages": organization.languages,
    "RetrieveProvisionedLanguages": organization.provisioned_languages,
    "RetrieveAadUserRoles": principals.aad_user_roles,
    "RetrieveRolePrivilegesRole": principals.role_privileges,
    "RetrieveSharedPrincipalsAndAccess": shares.shared_principals,
    "RetrieveDependenciesForUninstall": dependencies.for_uninstall,
    "RetrieveDependenciesForDelete": dependencies.for_delete,
    "RetrieveDependentComponents": dependencies.for_delete,
    "RetrieveRequiredComponents": dependencies.required,
}
ACTIONS: dict[str, Action] = {
    "GrantAccess": shares.grant,
    "ModifyAccess": shares.modify,
    "RevokeAccess": shares.revoke,
    "AddSolutionComponent": components.add,
    "RemoveSolutionComponent": components.remove,
    "ImportSolution": actions.import_now,
    "ImportSolutionAsync": actions.import_later,
    "StageSolution": actions.stage,
    "StageAndUpgradeAsync": actions.upgrade_later,
    "DeleteAndPromote": actions.promote_now,
    "DeleteAndPromoteAsync": actions.promote_later,
    "UninstallSolutionAsync": actions.uninstall_later,
    "ExportSolution": actions.export_now,
    "ExportSolutionAsync": actions.export_later,
    "DownloadSolutionExportData": actions.download,
    "PublishXml": publishing.publish_xml,
    "PublishAllXml": publishing.publish_all_xml,
}
# Bound to a row of a table; functions are asked with GET, actions with POST.
BOUND_FUNCTIONS: dict[str, tuple[str, BoundFunction]] = {
    "RetrieveUserPrivileges": ("systemusers", principals.user_privileges),
    "RetrieveUsersPrivilegesThroughTeams": ("systemusers", principals.privileges_through_teams),
    "RetrieveTeamPrivileges": ("teams", principals.team_privileges),
}
BOUND_ACTIONS: dict[str, tuple[str, BoundAction]] = {
    "AddMembersTeam": ("teams", principals.add_members),
    "RemoveMembersTeam": ("teams", principals.remove_members),
}


class Router:
    """The Web API over one environment."""

    def __init__(self, environment: Environment) -> None:
        self.environment = environment

    def handle(self, request: Request) -> Response:
        """The response to one request."""
        try:
            if len(request.path) + len(request.query) > _LONGEST_URL:
                raise ServiceError(414, "0x80060888", "The request URI is too long.")
            request.caller = impersonated(self.environment, request.caller, request.headers)
            _require_once(request)
            self._require_json(request)
            _require_minimal(request)
            return self._dispatch(request, segments(request.path))
        except ServiceError as error:
            if error.code == UNKNOWN_SEGMENT:
                error.code = str(self.environment.switches["unknown_segment_code"])
            return annotate(error.response(), request)

    def _require_json(self, request: Request) -> None:
        """A body comes with the content type of JSON."""
        kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
        if not request.body or request.method == "GET" or kind == "application/json":
            return
        if self.environment.switches["content_type"] == "required":
            raise ServiceError(
                415,
                "0x80060888",
                "A supported MIME type could not be found that matches the content type of the "
                "request. None of the supported type(s) 'application/json' matches the content "
                f"type '{kind}'.",
            )

    def _dispatch(self, request: Request, parts: list[Segment]) -> Response:
        if not parts:
            _only(request, "GET")
            return csdl.service_document(request)
        first, rest = parts[0], parts[1:]
        name = first.name
        if name == "$metadata":
            _only(request, "GET")
            return csdl.document(request)
        if name in definitions.ROOTS:
            return definitions.respond(request, first, rest)
        if name in FUNCTIONS:
            _called_with(request, "GET")
            given = arguments(first.arguments or "", request.options)
            parameters.check_function(name, given)
            return FUNCTIONS[name](self.environment, request, given)
        if name in ACTIONS:
            _called_with(request, "POST")
            parameters.check_action(name, request)
            return ACTIONS[name](self.environment, request)
        table = BY_SET.get(name)
        if table is None:
            raise _unknown(name)
        if table.logical == "flowrun" and self.environment.switches["flow_runs"] == "absent":
            raise no_such_segment(name)
        if first.arguments is None:
            return self._collection(table, request, rest)
        return self._row(table, first.arguments, request, rest)

    def _collection(self, table: Table, request: Request, rest: list[Segment]) -> Response:
        if rest:
            return self._below_collection(table, request, rest)
        if request.method == "GET":
            return retrieve.collection(self.environment, table, request)
        _only(request, "POST")
        return rows.create(self.environment, table, request)

    def _below_collection(self, table: Table, request: Request, rest: list[Segment]) -> Response:
        name = rest[0].name
        if len(rest) > 1:
            raise no_such_segment(rest[1].name)
        if name == "$count":
            _only(request, "GET")
            return retrieve.count(self.environment, table, request)
        if not name.startswith(_CRM):
            raise no_such_segment(name)
        operation = name.removeprefix(_CRM)
        if operation in bulk.NAMES:
            _called_with(request, "POST")
            return bulk.run(self.environment, table, operation, request)
        if operation == "RetrieveUnpublishedMultiple" and table.solution_component:
            _called_with(request, "GET")
            return unpublished.collection(self.environment, table, request)
        raise _unknown(operation, name)

    def _row(self, table: Table, key: str, request: Request, rest: list[Segment]) -> Response:
        if rest:
            return self._below(table, key, request, rest)
        if request.method == "GET":
            return retrieve.row(self.environment, table, key, request)
        if request.method == "PATCH":
            return rows.patch(self.environment, table, key, request)
        _only(request, "DELETE")
        return rows.delete(self.environment, table, key, request)

    def _below(self, table: Table, key: str, request: Request, rest: list[Segment]) -> Response:
        name = rest[0].name
        if name.startswith(_CRM):
            return self._bound(table, key, request, rest)
        if request.method == "GET":
            return retrieve.below(self.environment, table, key, request, rest)
        if rest[-1].name == "$ref":
            return references.change(self.environment, table, key, request, rest)
        if len(rest) > 1 or rest[0].arguments is not None:
            raise no_such_segment(rest[-1].name)
        clear = request.method == "DELETE"
        if not clear:
            _only(request, "PUT")
        return rows.put_column(self.environment, table, key, name, request, clear=clear)

    def _bound(self, table: Table, key: str, request: Request, rest: list[Segment]) -> Response:
        name = rest[0].name
        operation = name.removeprefix(_CRM)
        if len(rest) > 1:
            raise no_such_segment(rest[1].name)
        given = arguments(rest[0].arguments or "", request.options)
        if operation in parameters.FUNCTIONS:
            parameters.check_function(operation, given)
        if operation == "RetrievePrincipalAccess" and table.logical in ("systemuser", "team"):
            _called_with(request, "GET")
            return shares.principal_access(self.environment, request, table, key, given)
        if operation == "RetrieveUnpublished" and table.solution_component:
            _called_with(request, "GET")
            return unpublished.row(self.environment, table, key, request)
        if operation in BOUND_FUNCTIONS and BOUND_FUNCTIONS[operation][0] == table.entity_set:
            _called_with(request, "GET")
            row = find_row(self.environment, table, key, request)
            return BOUND_FUNCTIONS[operation][1](self.environment, request, row, given)
        if operation in BOUND_ACTIONS and BOUND_ACTIONS[operation][0] == table.entity_set:
            _called_with(request, "POST")
            parameters.check_action(operation, request)
            row = find_row(self.environment, table, key, request)
            return BOUND_ACTIONS[operation][1](self.environment, request, row)
        raise _unknown(operation, name)


def _unknown(name: str, segment: str | None = None) -> ServiceError:
    """404 for a name that nobody knows, 501 for one that the service knows."""
    if name in known_names.OPERATIONS:
        return not_implemented(f"the function or action '{name}'")
    if name in known_names.ENTITY_SETS:
        return not_implemented(f"the table '{name}'")
    if name in known_names.METADATA:
        return not_implemented(f"'{name}'")
    return no_such_segment(segment or name)


def _require_once(request: Request) -> None:
    """A query option stands in a request once."""
    names = [unquote(part.partition("=")[0]) for part in request.query.split("&")]
    for name in names:
        if name.startswith("$") and names.count(name) > 1:
            raise bad_syntax(
                f"Query option '{name}' was specified more than once, but it must be specified at "
                "most once."
            )


def _require_minimal(request: Request) -> None:
    """Responses have the control information of `odata.metadata=minimal`."""
    wanted = re.findall(r"odata\.metadata\s*=\s*(\w+)", request.headers.get("accept", "").lower())
    if wanted and "minimal" not in wanted and "$metadata" not in request.path:
        raise not_implemented(f"responses with 'odata.metadata={wanted[0]}'")


def _called_with(request: Request, method: str) -> None:
    """A function is called with GET, an action with POST; there is nothing else to find there."""
    if request.method != method:
        url = f"{request.root}{request.path}"
        raise ServiceError(
            404, "", f"No HTTP resource was found that matches the request URI '{url}'."
        )


def _only(request: Request, method: str) -> None:
    if request.method != method:
        raise ServiceError(
            405,
            "",
            f"The requested resource does not support http method '{request.method}'.",
        )
