"""
Microsoft Power Automate cloud flows, sharing and solutions as code, with Pulumi.

A name is loaded when it is first used (PEP 562), so that commands on files start without Pulumi.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
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
        ConflictError,
        DataverseError,
        DefinitionError,
        ForbiddenError,
        InDoubtError,
        InvalidInputError,
        LostAnswerError,
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

    __version__: str

__all__ = [
    "AuthenticationError",
    "CloudFlow",
    "ConfigurationError",
    "ConflictError",
    "ConnectionReference",
    "ConnectionReferenceInfo",
    "DataverseError",
    "DefinitionError",
    "Environment",
    "EnvironmentVariableInfo",
    "EnvironmentVariableValue",
    "Flow",
    "FlowAccess",
    "FlowShare",
    "FlowSharesExclusive",
    "ForbiddenError",
    "Import",
    "InDoubtError",
    "InvalidInputError",
    "LostAnswerError",
    "NotDataverseError",
    "NotFoundError",
    "PowerAutomateError",
    "PreconditionError",
    "Principal",
    "Provider",
    "RunsNotKeptError",
    "ShareDeclaration",
    "Solution",
    "SolutionComponent",
    "SolutionImport",
    "SolutionOperationError",
    "Team",
    "ThrottledError",
    "TransportError",
    "UnfinishedImportError",
    "User",
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

_NAMES = {
    "access_functions": (
        "FlowAccess",
        "Team",
        "User",
        "get_flow_access",
        "get_flow_access_output",
        "get_principal_access",
        "get_principal_access_output",
        "get_teams",
        "get_teams_output",
        "get_users",
        "get_users_output",
    ),
    "cloud_flow": ("CloudFlow",),
    "connection_reference": ("ConnectionReference",),
    "definition": ("read_definition",),
    "environment_functions": (
        "Environment",
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
        "LostAnswerError",
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
    "exporting": ("export_solution",),
    "flow_share": ("FlowShare",),
    "flow_shares_exclusive": (
        "FlowSharesExclusive",
        "ShareDeclaration",
    ),
    "functions": (
        "Flow",
        "get_flow",
        "get_flow_output",
        "get_flows",
        "get_flows_output",
    ),
    "provider": (
        "Principal",
        "Provider",
        "team",
        "user",
    ),
    "solution_functions": (
        "ConnectionReferenceInfo",
        "EnvironmentVariableInfo",
        "Import",
        "Solution",
        "SolutionComponent",
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
    "solution_import": ("SolutionImport",),
}

if not TYPE_CHECKING:
    from .late_names import late_names

    _load = late_names(__name__, _NAMES)

    def __getattr__(name: str) -> object:
        if name != "__version__":
            return _load(name)
        from importlib.metadata import version

        return version("pulumi-powerautomate")

    def __dir__() -> list[str]:
        return sorted({*globals(), *__all__, "__version__"})
