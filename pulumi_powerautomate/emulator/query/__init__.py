"""
Queries: OData's options and FetchXML, parsed, checked against the types of columns, and evaluated.

Texts compare without case, as the service's database collates them; dates are instants.
"""

from . import apply, fetchxml, paging
from .literals import instant, is_guid, utc_text
from .options import Expand, Order, Query, parse
from .scope import Scope

__all__ = [
    "Expand",
    "Order",
    "Query",
    "Scope",
    "apply",
    "fetchxml",
    "instant",
    "is_guid",
    "paging",
    "parse",
    "utc_text",
]
