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
from .definition import read_definition
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
from .flow_share import FlowShare
from .flow_shares_exclusive import FlowSharesExclusive, ShareDeclaration
from .functions import Flow, get_flow, get_flow_output, get_flows, get_flows_output
from .provider import Principal, Provider, team, user
from .solution_import import SolutionImport

__all__ = [
    "AuthenticationError",
    "CloudFlow",
    "ConfigurationError",
    "DataverseError",
    "Flow",
    "FlowAccess",
    "FlowShare",
    "FlowSharesExclusive",
    "ForbiddenError",
    "InvalidInputError",
    "LostAnswerError",
    "NotFoundError",
    "PowerAutomateError",
    "PreconditionError",
    "Principal",
    "Provider",
    "ShareDeclaration",
    "SolutionImport",
    "Team",
    "ThrottledError",
    "TransportError",
    "User",
    "get_flow",
    "get_flow_access",
    "get_flow_access_output",
    "get_flow_output",
    "get_flows",
    "get_flows_output",
    "get_principal_access",
    "get_principal_access_output",
    "get_teams",
    "get_teams_output",
    "get_users",
    "get_users_output",
    "read_definition",
    "team",
    "user",
]
