"""From a path to what answers it: collections, rows, functions, actions, metadata."""

from __future__ import annotations

import re
from collections.abc import Callable

from . import access, identity, membership, metadata, seed, solution_actions
from .answers import Answer, Refusal, no_such_segment
from .request import Request, Segment, arguments, segments
from .rows import Rows
from .service import Service
from .tables import BY_SET, Table

VERSIONS = re.compile(r"v9\.[0-2](\.\d+\.\d+)?")
_LONGEST_URL = 32 * 1024

Action = Callable[[Rows, Request], Answer]

_ACTIONS: dict[str, Action] = {
    "GrantAccess": access.grant,
    "ModifyAccess": access.modify,
    "RevokeAccess": access.revoke,
    "AddSolutionComponent": membership.add,
    "RemoveSolutionComponent": membership.remove,
    "ImportSolution": solution_actions.import_now,
    "ImportSolutionAsync": solution_actions.import_later,
    "StageSolution": solution_actions.stage,
    "StageAndUpgradeAsync": solution_actions.upgrade_later,
    "DeleteAndPromote": solution_actions.promote_now,
    "DeleteAndPromoteAsync": solution_actions.promote_later,
    "UninstallSolutionAsync": solution_actions.uninstall_later,
    "ExportSolution": solution_actions.export_now,
    "ExportSolutionAsync": solution_actions.export_later,
    "DownloadSolutionExportData": solution_actions.download,
    "PublishXml": lambda rows, request: Answer(204),
    "PublishAllXml": lambda rows, request: Answer(204),
}


class Api:
    """The Web API over one environment."""

    def __init__(self, service: Service) -> None:
        self.service = service
        self.rows = Rows(service)

    def handle(self, request: Request) -> Answer:
        """Answer one request; a refusal is an answer too."""
        try:
            if len(request.path) + len(request.query) > _LONGEST_URL:
                raise Refusal(414, "0x80060888", "The request URI is too long.")
            return self._dispatch(request, segments(request.path))
        except Refusal as refusal:
            return refusal.answer()

    def _dispatch(self, request: Request, parts: list[Segment]) -> Answer:
        if not parts:
            return metadata.service_document(request)
        first, rest = parts[0], parts[1:]
        if first.name == "$metadata":
            return metadata.document(request)
        if first.name == "WhoAmI" and request.method == "GET":
            return _who_am_i(request)
        if first.name == "RetrieveVersion" and request.method == "GET":
            return identity.version(request)
        if first.name == "EntityDefinitions" and request.method == "GET":
            return metadata.entity_definitions(request, first, rest)
        if first.name == "RetrieveSharedPrincipalsAndAccess" and request.method == "GET":
            given = arguments(first.arguments or "", request.options)
            return access.shared_principals(self.rows, request, given)
        if first.name == "RetrieveDependenciesForUninstall" and request.method == "GET":
            given = arguments(first.arguments or "", request.options)
            return solution_actions.dependencies_for_uninstall(self.rows, request, given)
        if first.name in _ACTIONS:
            _only(request, "POST")
            return _ACTIONS[first.name](self.rows, request)
        table = BY_SET.get(first.name)
        if table is None or self._absent(table):
            raise no_such_segment(first.name)
        if first.arguments is None:
            return self._collection(table, request, rest)
        return self._row(table, first.arguments, request, rest)

    def _absent(self, table: Table) -> bool:
        return table.logical == "flowrun" and self.rows.service.switches["flow_runs"] == "absent"

    def _collection(self, table: Table, request: Request, rest: list[Segment]) -> Answer:
        if rest and rest[0].name == "$count":
            _only(request, "GET")
            return self.rows.count(table, request)
        if rest:
            raise no_such_segment(rest[0].name)
        if request.method == "GET":
            return self.rows.many(table, request)
        _only(request, "POST")
        return self.rows.create(table, request)

    def _row(self, table: Table, key: str, request: Request, rest: list[Segment]) -> Answer:
        if rest:
            return self._below(table, key, request, rest)
        if request.method == "GET":
            return self.rows.get(table, key, request)
        if request.method == "PATCH":
            return self.rows.patch(table, key, request)
        _only(request, "DELETE")
        return self.rows.delete(table, key, request)

    def _below(self, table: Table, key: str, request: Request, rest: list[Segment]) -> Answer:
        name = rest[0].name
        if name == "Microsoft.Dynamics.CRM.RetrievePrincipalAccess":
            given = arguments(rest[0].arguments or "", request.options)
            return access.principal_access(self.rows, request, table, key, given)
        if name == "Microsoft.Dynamics.CRM.RetrieveUserPrivileges":
            _only(request, "GET")
            return identity.privileges(self.rows, request, key)
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
        raise Refusal(
            405,
            "0x80060888",
            f"The requested resource does not support http method '{request.method}'.",
        )


def _who_am_i(request: Request) -> Answer:
    return Answer(
        200,
        {
            "@odata.context": f"{request.root}$metadata#Microsoft.Dynamics.CRM.WhoAmIResponse",
            "BusinessUnitId": seed.BUSINESS_UNIT,
            "UserId": request.caller.user_id,
            "OrganizationId": seed.ORGANIZATION,
        },
        {"Content-Type": "application/json; odata.metadata=minimal"},
    )
