"""
The rules that a definition fulfils before it is worth sending.

The rules are those of the workflow definition language, which the service applies when a flow is
turned on, and its limits. `RULES` lists them; each module beside this one finds the problems of one
kind. A rule is an error only where the service refuses the flow or the run cannot succeed.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from ..problems import Problem
from .actions import action_problems
from .connections import connection_problems
from .expressions import expression_problems
from .limits import limit_problems
from .members import member_problems
from .model import Flow
from .rules import NEVER_IGNORED, RULES, Rule, ignored_rules
from .run_after import order_problems
from .structure import structure_problems
from .variables import variable_problems

__all__ = ["NEVER_IGNORED", "RULES", "Rule", "ignored_rules", "validate"]

_STAGES = (
    structure_problems,
    member_problems,
    action_problems,
    order_problems,
    expression_problems,
    variable_problems,
    connection_problems,
    limit_problems,
)


def validate(
    definition: Mapping[str, Any],
    references: Mapping[str, Any],
    ignore: Collection[str] = (),
) -> list[Problem]:
    """
    Every problem of a definition.

    Args:
        definition: the workflow definition.
        references: its connection references in normal form.
        ignore: codes of rules that are overruled; see `ignored_rules`.

    Returns:
        The problems, errors first, each group by kind and in the order of the document.
    """
    flow = Flow(definition, references)
    found = [problem for stage in _STAGES for problem in stage(flow) if problem.code not in ignore]
    return sorted(found, key=lambda problem: problem.severity != "error")
