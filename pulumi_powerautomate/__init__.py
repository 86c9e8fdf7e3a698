"""Microsoft Power Automate cloud flows, sharing and solutions as code, with Pulumi."""

from __future__ import annotations

from .access_functions import (
    FlowAccess,
    Team,
    User,
    get_flow_access,
    get_flow_access_output,
    get_principal_access,
    get_principal_access_output,
    get_teams,
    get_teams_output,
    get_users,
    get_users_output,
)
from .cloud_flow import CloudFlow
from .connection_reference import ConnectionReference
from .definition import read_definition
from .environment_functions import Environment, get_environments, get_environments_output
from .environment_variable_value import EnvironmentVariableValue
from .errors import (
    AuthenticationError,
    ConfigurationError,
    DataverseError,
    ForbiddenError,
    InvalidInputError,
    LostAnswerError,
    NotFoundError,
    PowerAutomateError,
    PreconditionError,
    ThrottledError,
    TransportError,
)
from .exporting import export_solution
from .flow_share import FlowShare
from .flow_shares_exclusive import FlowSharesExclusive, ShareDeclaration
from .functions import Flow, get_flow, get_flow_output, get_flows, get_flows_output
from .provider import Principal, Provider, team, user
from .solution_functions import (
    ConnectionReferenceInfo,
    EnvironmentVariableInfo,
    Import,
    Solution,
    SolutionComponent,
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
from .solution_import import SolutionImport

__all__ = [
    "AuthenticationError",
    "CloudFlow",
    "ConfigurationError",
    "ConnectionReference",
    "ConnectionReferenceInfo",
    "DataverseError",
    "Environment",
    "EnvironmentVariableInfo",
    "EnvironmentVariableValue",
    "Flow",
    "FlowAccess",
    "FlowShare",
    "FlowSharesExclusive",
    "ForbiddenError",
    "Import",
    "InvalidInputError",
    "LostAnswerError",
    "NotFoundError",
    "PowerAutomateError",
    "PreconditionError",
    "Principal",
    "Provider",
    "ShareDeclaration",
    "Solution",
    "SolutionComponent",
    "SolutionImport",
    "Team",
    "ThrottledError",
    "TransportError",
    "User",
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
