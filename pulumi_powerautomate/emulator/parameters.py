"""
Parameters that functions and actions take; a request that names another one is rejected.

Source: the Web API reference of each; the rejection of an action's parameter is reported, that of a
function's is how OData resolves functions: by their parameters too.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from .request import Request
from .responses import ServiceError, bad_argument, bad_payload, no_such_segment, not_implemented

_DEPENDENCIES = frozenset({"ObjectId", "ComponentType"})
_SHARING = frozenset({"Target", "PrincipalAccess"})
FUNCTIONS: Mapping[str, frozenset[str]] = {
    "WhoAmI": frozenset(),
    "RetrieveVersion": frozenset(),
    "RetrieveCurrentOrganization": frozenset({"AccessType"}),
    "RetrieveOrganizationInfo": frozenset(),
    "RetrieveTotalRecordCount": frozenset({"EntityNames"}),
    "RetrieveAvailableLanguages": frozenset(),
    "RetrieveProvisionedLanguages": frozenset(),
    "RetrieveAadUserRoles": frozenset({"DirectoryObjectId"}),
    "RetrieveRolePrivilegesRole": frozenset({"RoleId"}),
    "RetrieveSharedPrincipalsAndAccess": frozenset({"Target"}),
    "RetrieveDependenciesForUninstall": frozenset({"SolutionUniqueName"}),
    "RetrieveDependenciesForDelete": _DEPENDENCIES,
    "RetrieveDependentComponents": _DEPENDENCIES,
    "RetrieveRequiredComponents": _DEPENDENCIES,
    "RetrievePrincipalAccess": frozenset({"Target"}),
    "RetrieveUserPrivileges": frozenset(),
    "RetrieveUsersPrivilegesThroughTeams": frozenset(),
    "RetrieveTeamPrivileges": frozenset(),
    "RetrieveUnpublished": frozenset(),
    "RetrieveUnpublishedMultiple": frozenset(),
}  # fmt: skip
# Actions whose bodies are not checked where they are carried out.
ACTIONS: Mapping[str, frozenset[str]] = {
    "GrantAccess": _SHARING,
    "ModifyAccess": _SHARING,
    "RevokeAccess": frozenset({"Target", "Revokee"}),
    "AddSolutionComponent": frozenset({
        "ComponentId", "ComponentType", "SolutionUniqueName", "AddRequiredComponents",
        "DoNotIncludeSubcomponents", "IncludedComponentSettingsValues",
    }),
    "RemoveSolutionComponent": frozenset(
        {"SolutionComponent", "ComponentType", "SolutionUniqueName"}
    ),
    "StageSolution": frozenset({"CustomizationFile"}),
    "DeleteAndPromote": frozenset({"UniqueName"}),
    "DeleteAndPromoteAsync": frozenset({"UniqueName"}),
    "UninstallSolutionAsync": frozenset({"SolutionUniqueName"}),
    "DownloadSolutionExportData": frozenset({"ExportJobId"}),
    "PublishXml": frozenset({"ParameterXml"}),
    "PublishAllXml": frozenset(),
    "AddMembersTeam": frozenset({"Members"}),
    "RemoveMembersTeam": frozenset({"Members"}),
}  # fmt: skip
_NO_NULL = {"AddSolutionComponent": ("AddRequiredComponents",)}
# Parameters that the service acts on and the emulator does not.
_NOT_ACTED_ON = {"AddSolutionComponent": ("IncludedComponentSettingsValues",)}


def check_function(name: str, given: Iterable[str]) -> None:
    """Reject a function with parameters that it does not take."""
    if not set(given) <= FUNCTIONS[name]:
        raise no_such_segment(name)


def check_action(name: str, request: Request) -> None:
    """Reject an action with parameters that it does not take, or without some that it needs."""
    known = ACTIONS.get(name)
    if known is None:
        return
    body = request.json(name) if request.body.strip() else {}
    for parameter in body:
        if parameter not in known and "@" not in parameter:
            raise bad_payload(
                name,
                f"The parameter '{parameter}' in the request payload is not a valid parameter for "
                f"the operation '{name}'.",
            )
    for parameter in _NO_NULL.get(name, ()):
        if not isinstance(body.get(parameter), bool):
            raise _required(parameter, name)
    for parameter in _NOT_ACTED_ON.get(name, ()):
        if body.get(parameter):
            raise not_implemented(f"the parameter '{parameter}' of '{name}'")


def _required(parameter: str, name: str) -> ServiceError:
    return bad_argument(f"Required field '{parameter}' of '{name}' is missing.")
