"""Microsoft Power Automate cloud flows, sharing and solutions as code, with Pulumi."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

from .cloud_flow import CloudFlow
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
from .functions.environments import GetEnvironmentResult, get_environments, get_environments_output
from .functions.export import export_solution
from .functions.flows import GetFlowResult, get_flow, get_flow_output, get_flows, get_flows_output
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
from .provider import Principal, Provider, team, user
from .publisher import Publisher
from .solution_component import SolutionComponent
from .solution_import import SolutionImport
from .unmanaged_solution import Solution

__all__ = [
    "AuthenticationError",
    "CloudFlow",
    "ConfigurationError",
    "ConflictError",
    "ConnectionReference",
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
    "user",
]

# Names before 0.2 of what lookups return, and the present ones.
_RENAMED = {
    "ConnectionReferenceInfo": "GetConnectionReferenceResult",
    "Environment": "GetEnvironmentResult",
    "EnvironmentVariableInfo": "GetEnvironmentVariableResult",
    "Flow": "GetFlowResult",
    "FlowAccess": "GetFlowAccessResult",
    "Import": "GetImportJobResult",
    "Team": "GetTeamResult",
    "User": "GetUserResult",
}

if TYPE_CHECKING:
    ConnectionReferenceInfo = GetConnectionReferenceResult
    Environment = GetEnvironmentResult
    EnvironmentVariableInfo = GetEnvironmentVariableResult
    Flow = GetFlowResult
    FlowAccess = GetFlowAccessResult
    Import = GetImportJobResult
    Team = GetTeamResult
    User = GetUserResult
else:

    def __getattr__(name: str) -> Any:
        """A renamed class under its former name, with a warning."""
        if name not in _RENAMED:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        present = _RENAMED[name]
        message = f"pulumi_powerautomate.{name} is called {present} now"
        warnings.warn(message, DeprecationWarning, stacklevel=2)
        return globals()[present]
