"""From a path to what answers it: collections, rows, functions, actions, metadata."""

from __future__ import annotations

import re
from collections.abc import Callable

from . import metadata, seed, shares, whoami
from .environment import Environment
from .request import Request, Segment, arguments, segments
from .responses import Response, ServiceError, no_such_segment
from .rows import Rows
from .solutions import actions, components
from .tables import BY_SET, Table

VERSIONS = re.compile(r"v9\.[0-2](\.\d+\.\d+)?")
_LONGEST_URL = 32 * 1024

Action = Callable[[Environment, Request], Response]

_ACTIONS: dict[str, Action] = {
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
    "PublishXml": lambda environment, request: Response(204),
    "PublishAllXml": lambda environment, request: Response(204),
}


class Api:
    """The Web API over one environment."""

    def __init__(self, environment: Environment) -> None:
        self.environment = environment
        self.rows = Rows(environment)

    def handle(self, request: Request) -> Response:
        """Answer one request; a refusal is an answer too."""
        try:
            if len(request.path) + len(request.query) > _LONGEST_URL:
                raise ServiceError(414, "0x80060888", "The request URI is too long.")
            return self._dispatch(request, segments(request.path))
        except ServiceError as error:
            return error.response()

    def _dispatch(self, request: Request, parts: list[Segment]) -> Response:
        if not parts:
            return metadata.service_document(request)
        first, rest = parts[0], parts[1:]
        if first.name == "$metadata":
            return metadata.document(request)
        if first.name == "WhoAmI" and request.method == "GET":
            return _who_am_i(request)
        if first.name == "RetrieveVersion" and request.method == "GET":
            return whoami.version(request)
        if first.name == "EntityDefinitions" and request.method == "GET":
            return metadata.entity_definitions(request, first, rest)
        if first.name == "RetrieveSharedPrincipalsAndAccess" and request.method == "GET":
            given = arguments(first.arguments or "", request.options)
            return shares.shared_principals(self.environment, request, given)
        if first.name == "RetrieveDependenciesForUninstall" and request.method == "GET":
            given = arguments(first.arguments or "", request.options)
            return actions.dependencies_for_uninstall(self.environment, request, given)
        if first.name in _ACTIONS:
            _only(request, "POST")
            return _ACTIONS[first.name](self.environment, request)
        table = BY_SET.get(first.name)
        if table is None or self._absent(table):
            raise no_such_segment(first.name)
        if first.arguments is None:
            return self._collection(table, request, rest)
        return self._row(table, first.arguments, request, rest)

    def _absent(self, table: Table) -> bool:
        return (
            table.logical == "flowrun" and self.rows.environment.switches["flow_runs"] == "absent"
        )

    def _collection(self, table: Table, request: Request, rest: list[Segment]) -> Response:
        if rest and rest[0].name == "$count":
            _only(request, "GET")
            return self.rows.count(table, request)
        if rest:
            raise no_such_segment(rest[0].name)
        if request.method == "GET":
            return self.rows.many(table, request)
        _only(request, "POST")
        return self.rows.create(table, request)

    def _row(self, table: Table, key: str, request: Request, rest: list[Segment]) -> Response:
        if rest:
            return self._below(table, key, request, rest)
        if request.method == "GET":
            return self.rows.get(table, key, request)
        if request.method == "PATCH":
            return self.rows.patch(table, key, request)
        _only(request, "DELETE")
        return self.rows.delete(table, key, request)

    def _below(self, table: Table, key: str, request: Request, rest: list[Segment]) -> Response:
        name = rest[0].name
        if name == "Microsoft.Dynamics.CRM.RetrievePrincipalAccess":
            given = arguments(rest[0].arguments or "", request.options)
            return shares.principal_access(self.environment, request, table, key, given)
        if name == "Microsoft.Dynamics.CRM.RetrieveUserPrivileges":
            _only(request, "GET")
            return whoami.user_privileges(self.environment, request, key)
        if len(rest) > 1 or rest[0].arguments is not None:
            raise no_such_segment(rest[-1].name)
        if request.method == "GET":
            return self.rows.get_column(table, key, name, request)
        if request.method == "PUT":
            return self.rows.put_column(table, key, name, request)
        _only(request, "DELETE")
        return self.rows.put_column(table, key, name, request, clear=True)


def _only(request: Request, method: str) -> None:
    if request.method != method:
        raise ServiceError(
            405,
            "0x80060888",
            f"The requested resource does not support http method '{request.method}'.",
        )


def _who_am_i(request: Request) -> Response:
    return Response(
        200,
        {
            "@odata.context": f"{request.root}$metadata#Microsoft.Dynamics.CRM.WhoAmIResponse",
            "BusinessUnitId": seed.BUSINESS_UNIT,
            "UserId": request.caller.user_id,
            "OrganizationId": seed.ORGANIZATION,
        },
        {"Content-Type": "application/json; odata.metadata=minimal"},
    )
