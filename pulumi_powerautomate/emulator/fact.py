"""One line of the table of facts, and the ids that its examples name."""

from __future__ import annotations

from dataclasses import dataclass

ROW = "0e6a3b61-0000-4000-8000-000000000041"
USER = "0e6a3b61-0000-4000-8000-000000000011"
TEAM = "0e6a3b61-0000-4000-8000-000000000021"
ROLE = "0e6a3b61-0000-4000-8000-000000000051"
CRM = "Microsoft.Dynamics.CRM."
FETCH = "<fetch><entity name='solution'>{}</entity></fetch>"
TARGET = "{'@odata.id':'solutions(" + ROW + ")'}"


@dataclass(frozen=True)
class Fact:
    """One thing that can be asked; `status` and `accept` are those of the example."""

    group: str
    name: str
    source: str
    sure: str
    example: str
    status: int = 200
    accept: str = "*/*"
