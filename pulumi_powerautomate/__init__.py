"""
Microsoft Power Automate cloud flows, sharing and solutions as code, with Pulumi.

A name is loaded when it is first used (PEP 562), so that commands on files start without Pulumi.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .cloud_flow import CloudFlow, ConnectionDeclaration, ConnectionReferenceDeclaration
    from .connection_reference import ConnectionReference
    from .environment_variable_value import EnvironmentVariableValue
    from .errors import (
        AuthenticationError,
        ConfigurationError,
        ConflictError,
        DataverseError,
        DefinitionError,
        ForbiddenError,
        InDoubtError,
        InvalidInputError,
        LostResponseError,
        NotDataverseError,
        NotFoundError,
        PowerAutomateError,
        PreconditionError,
        RunsNotKeptError,
        SolutionOperationError,
        ThrottledError,
        TransportError,
        UnfinishedImportError,
        WrongEnvironmentError,
    )
    from .flow_share import FlowShare
    from .flow_shares_exclusive import FlowSharesExclusive, ShareDeclaration
    from .functions.access import (
        GetFlowAccessResult,
        GetTeamResult,
        GetUserResult,
        get_flow_access,
        get_flow_access_output,
        get_principal_access,
        get_principal_access_output,
        get_teams,
        get_teams_output,
        get_users,
        get_users_output,
    )
    from .functions.drafts import GetFlowDraftResult, get_flow_drafts, get_flow_drafts_output
    from .functions.environments import (
        GetEnvironmentResult,
        get_environments,
        get_environments_output,
    )
    from .functions.export import export_solution
    from .functions.flows import (
        GetFlowResult,
        get_flow,
        get_flow_output,
        get_flows,
        get_flows_output,
    )
    from .functions.solutions import (
        GetConnectionReferenceResult,
        GetEnvironmentVariableResult,
        GetImportJobResult,
        GetSolutionComponentResult,
        GetSolutionResult,
        get_connection_references,
        get_connection_references_output,
        get_environment_variables,
        get_environment_variables_output,
        get_import_job,
        get_import_job_output,
        get_solution,
        get_solution_components,
        get_solution_components_output,
        get_solution_output,
        get_solutions,
        get_solutions_output,
    )
    from .inputs.definition import read_definition
    from .inputs.shares import Access
    from .provider import Principal, Provider, team, use_native_provider, user
    from .publisher import Publisher
    from .solution_component import SolutionComponent
    from .solution_import import SolutionImport
    from .unmanaged_solution import Solution

    # Former names, for programs that are checked for types.
    ConnectionReferenceInfo = GetConnectionReferenceResult
    Environment = GetEnvironmentResult
    EnvironmentVariableInfo = GetEnvironmentVariableResult
    Flow = GetFlowResult
    FlowAccess = GetFlowAccessResult
    Import = GetImportJobResult
    Team = GetTeamResult
    User = GetUserResult

    __version__: str

__all__ = [
    "Access",
    "AuthenticationError",
    "CloudFlow",
    "ConfigurationError",
    "ConflictError",
    "ConnectionDeclaration",
    "ConnectionReference",
    "ConnectionReferenceDeclaration",
    "DataverseError",
    "DefinitionError",
    "EnvironmentVariableValue",
    "FlowShare",
    "FlowSharesExclusive",
    "ForbiddenError",
    "GetConnectionReferenceResult",
    "GetEnvironmentResult",
    "GetEnvironmentVariableResult",
    "GetFlowAccessResult",
    "GetFlowDraftResult",
    "GetFlowResult",
    "GetImportJobResult",
    "GetSolutionComponentResult",
    "GetSolutionResult",
    "GetTeamResult",
    "GetUserResult",
    "InDoubtError",
    "InvalidInputError",
    "LostResponseError",
    "NotDataverseError",
    "NotFoundError",
    "PowerAutomateError",
    "PreconditionError",
    "Principal",
    "Provider",
    "Publisher",
    "RunsNotKeptError",
    "ShareDeclaration",
    "Solution",
    "SolutionComponent",
    "SolutionImport",
    "SolutionOperationError",
    "ThrottledError",
    "TransportError",
    "UnfinishedImportError",
    "WrongEnvironmentError",
    "export_solution",
    "get_connection_references",
    "get_connection_references_output",
    "get_environment_variables",
    "get_environment_variables_output",
    "get_environments",
    "get_environments_output",
    "get_flow",
    "get_flow_access",
    "get_flow_access_output",
    "get_flow_drafts",
    "get_flow_drafts_output",
    "get_flow_output",
    "get_flows",
    "get_flows_output",
    "get_import_job",
    "get_import_job_output",
    "get_principal_access",
    "get_principal_access_output",
    "get_solution",
    "get_solution_components",
    "get_solution_components_output",
    "get_solution_output",
    "get_solutions",
    "get_solutions_output",
    "get_teams",
    "get_teams_output",
    "get_users",
    "get_users_output",
    "read_definition",
    "team",
    "use_native_provider",
    "user",
]

_NAMES = {
    "functions.access": (
        "GetFlowAccessResult",
        "GetTeamResult",
        "GetUserResult",
        "get_flow_access",
        "get_flow_access_output",
        "get_principal_access",
        "get_principal_access_output",
        "get_teams",
        "get_teams_output",
        "get_users",
        "get_users_output",
    ),
    "cloud_flow": ("CloudFlow", "ConnectionDeclaration", "ConnectionReferenceDeclaration"),
    "connection_reference": ("ConnectionReference",),
    "inputs.definition": ("read_definition",),
    "inputs.shares": ("Access",),
    "functions.drafts": (
        "GetFlowDraftResult",
        "get_flow_drafts",
        "get_flow_drafts_output",
    ),
    "functions.environments": (
        "GetEnvironmentResult",
        "get_environments",
        "get_environments_output",
    ),
    "environment_variable_value": ("EnvironmentVariableValue",),
    "errors": (
        "AuthenticationError",
        "ConfigurationError",
        "ConflictError",
        "DataverseError",
        "DefinitionError",
        "ForbiddenError",
        "InDoubtError",
        "InvalidInputError",
        "LostResponseError",
        "NotDataverseError",
        "NotFoundError",
        "PowerAutomateError",
        "PreconditionError",
        "RunsNotKeptError",
        "SolutionOperationError",
        "ThrottledError",
        "TransportError",
        "UnfinishedImportError",
        "WrongEnvironmentError",
    ),
    "functions.export": ("export_solution",),
    "flow_share": ("FlowShare",),
    "flow_shares_exclusive": (
        "FlowSharesExclusive",
        "ShareDeclaration",
    ),
    "functions.flows": (
        "GetFlowResult",
        "get_flow",
        "get_flow_output",
        "get_flows",
        "get_flows_output",
    ),
    "provider": (
        "Principal",
        "Provider",
        "team",
        "use_native_provider",
        "user",
    ),
    "functions.solutions": (
        "GetConnectionReferenceResult",
        "GetEnvironmentVariableResult",
        "GetImportJobResult",
        "GetSolutionResult",
        "GetSolutionComponentResult",
        "get_connection_references",
        "get_connection_references_output",
        "get_environment_variables",
        "get_environment_variables_output",
        "get_import_job",
        "get_import_job_output",
        "get_solution",
        "get_solution_components",
        "get_solution_components_output",
        "get_solution_output",
        "get_solutions",
        "get_solutions_output",
    ),
    "publisher": ("Publisher",),
    "solution_component": ("SolutionComponent",),
    "solution_import": ("SolutionImport",),
    "unmanaged_solution": ("Solution",),
}

# Names of earlier releases: the present name by the old one.
_RENAMED = {
    "ConnectionReferenceInfo": "GetConnectionReferenceResult",
    "Environment": "GetEnvironmentResult",
    "EnvironmentVariableInfo": "GetEnvironmentVariableResult",
    "Flow": "GetFlowResult",
    "FlowAccess": "GetFlowAccessResult",
    "Import": "GetImportJobResult",
    "LostAnswerError": "LostResponseError",
    "Team": "GetTeamResult",
    "User": "GetUserResult",
}

if not TYPE_CHECKING:
    from .late_names import late_names

    _load = late_names(__name__, _NAMES)

    def __getattr__(name: str) -> object:
        if name in _RENAMED:
            import warnings

            present = _RENAMED[name]
            warnings.warn(f"{name} is called {present} now.", DeprecationWarning, stacklevel=2)
            return _load(present)
        if name != "__version__":
            return _load(name)
        from importlib.metadata import version

        return version("pulumi-powerautomate")

    def __dir__() -> list[str]:
        return sorted({*globals(), *__all__, "__version__"})
