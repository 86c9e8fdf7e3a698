"""Database files of earlier releases: columns and roles that they do not have yet."""

from __future__ import annotations

from . import seed, table_rules
from .environment import Environment, empty_row
from .tables import TABLES


def upgrade(environment: Environment) -> None:
    """Complete the rows of a file; one that is complete is left alone."""
    store = environment.store
    with environment.unit():
        for table in TABLES:
            template = empty_row(table)
            for row in store.all(table.logical):
                if not template.keys() <= row.keys():
                    values = {name: row.get(name, value) for name, value in template.items()}
                    environment.change(table, row, {**values, **row}, "seed")
        if store.any("role") is None:
            environment.add_rows({"roles": seed.rows()["roles"]})
            for logical in ("systemuser", "team"):
                for row in store.all(logical):
                    key = environment.table(logical).key
                    table_rules.give_first_role(environment, logical, row[key])
    environment.commits.clear()
