"""
One declaration of every input and output of every resource.

What a resource echoes into its outputs, what its `diff` compares, and the schema that the native
provider publishes derive from here. A test holds the constructors and annotations against it.
"""

from __future__ import annotations

from .bindings import CONNECTION_REFERENCE, ENVIRONMENT_VARIABLE_VALUE
from .cloud_flow import CLOUD_FLOW
from .declaration import Property, ResourceModel, Type, camel, from_camel, to_camel
from .shares import FLOW_SHARE, FLOW_SHARES_EXCLUSIVE, PRINCIPAL
from .solution_import import SOLUTION_IMPORT
from .solutions import PUBLISHER, SOLUTION, SOLUTION_COMPONENT

MODELS = {
    model.name: model
    for model in (
        CLOUD_FLOW,
        FLOW_SHARE,
        FLOW_SHARES_EXCLUSIVE,
        SOLUTION_IMPORT,
        PUBLISHER,
        SOLUTION,
        SOLUTION_COMPONENT,
        CONNECTION_REFERENCE,
        ENVIRONMENT_VARIABLE_VALUE,
    )
}

__all__ = [
    "CLOUD_FLOW",
    "CONNECTION_REFERENCE",
    "ENVIRONMENT_VARIABLE_VALUE",
    "FLOW_SHARE",
    "FLOW_SHARES_EXCLUSIVE",
    "MODELS",
    "PRINCIPAL",
    "PUBLISHER",
    "SOLUTION",
    "SOLUTION_COMPONENT",
    "SOLUTION_IMPORT",
    "Property",
    "ResourceModel",
    "Type",
    "camel",
    "from_camel",
    "to_camel",
]
