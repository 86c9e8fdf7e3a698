"""Rows that every environment has and nobody changes: privileges, and the types of components."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any

from .environment import empty_row
from .privileges import RIGHTS, ROLE_DEPTHS, names, privilege_id
from .store import Row
from .tables import BY_LOGICAL, TABLES

_SPACE = uuid.UUID("0e6a3b61-0000-4000-8000-00000000e000")
_STAMP = "2020-01-01T00:00:00Z"
# Bits of the column accessright.
_BITS: dict[str, int] = dict(zip(RIGHTS, (32, 1, 2, 65536, 4, 16, 524288, 262144), strict=True))


def fixed_rows() -> dict[str, list[tuple[str, Row]]]:
    """The rows by table, each with its id."""
    return {
        "privilege": [_privilege(name) for name in names()],
        "roleprivileges": [
            _role_privilege(role, name, depth)
            for role, depths in ROLE_DEPTHS.items()
            for name, depth in depths.items()
        ],
        "solutioncomponentdefinition": [
            _component_type(table.logical, table.solution_component, table.object_type)
            for table in TABLES
            if table.solution_component
        ],
    }


def _privilege(name: str) -> tuple[str, Row]:
    right = next((item for item in RIGHTS if name.startswith(f"prv{item}")), "")
    values = {"name": name, "accessright": _BITS.get(right, 0)}
    return _row("privilege", privilege_id(name), values)


def _role_privilege(role: str, name: str, depth: int) -> tuple[str, Row]:
    privilege = privilege_id(name)
    row_id = str(uuid.uuid5(uuid.UUID(role), name))
    values = {"roleid": role, "privilegeid": privilege, "privilegedepthmask": depth}
    return _row("roleprivileges", row_id, values)


def _component_type(logical: str, number: int, object_type: int) -> tuple[str, Row]:
    values = {
        "name": logical,
        "primaryentityname": logical,
        "solutioncomponenttype": number,
        "objecttypecode": object_type,
    }
    return _row("solutioncomponentdefinition", str(uuid.uuid5(_SPACE, logical)), values)


def _row(logical: str, row_id: str, values: Mapping[str, Any]) -> tuple[str, Row]:
    table = BY_LOGICAL[logical]
    stamps = {"createdon": _STAMP, "modifiedon": _STAMP, "versionnumber": 900}
    return row_id, {**empty_row(table), **stamps, **values, table.key: row_id}
