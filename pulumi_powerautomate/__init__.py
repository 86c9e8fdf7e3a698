"""Microsoft Power Automate cloud flows, sharing and solutions as code, with Pulumi."""

from __future__ import annotations

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
from .functions import Flow, get_flow, get_flow_output, get_flows, get_flows_output
from .provider import Principal, Provider, team, user

__all__ = [
    "AuthenticationError",
    "CloudFlow",
    "ConfigurationError",
    "DataverseError",
    "Flow",
    "FlowShare",
    "ForbiddenError",
    "InvalidInputError",
    "LostAnswerError",
    "NotFoundError",
    "PowerAutomateError",
    "PreconditionError",
    "Principal",
    "Provider",
    "ThrottledError",
    "TransportError",
    "get_flow",
    "get_flow_output",
    "get_flows",
    "get_flows_output",
    "read_definition",
    "team",
    "user",
]
