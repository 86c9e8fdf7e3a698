"""The order that the actions of one branch can run in."""

from __future__ import annotations

import graphlib
from dataclasses import dataclass, field

from ..action_tree import Branch, Node

_MOST_CYCLES = 20


@dataclass(frozen=True)
class Sequence:
    """
    One branch in running order.

    Attributes:
        nodes: its actions, each after those it waits for.
        cycles: actions that wait for each other; each is waited for by the next one.
    """

    nodes: list[Node]
    cycles: list[list[Node]] = field(default_factory=list)


def sequence_of(branch: Branch) -> Sequence:
    """Sort a branch; where its actions wait in cycles, the cycles are taken apart."""
    if _as_written(branch):
        return Sequence(branch.nodes)
    named = {node.name.lower(): node for node in branch.nodes}
    waits = {
        name: [other.lower() for other in node.run_after if other.lower() in named]
        for name, node in named.items()
    }
    cycles: list[list[Node]] = []
    while True:
        try:
            order = list(graphlib.TopologicalSorter(waits).static_order())
            return Sequence([named[name] for name in order], cycles)
        except graphlib.CycleError as error:
            names: list[str] = error.args[1][1:]
            cycles.append([named[name] for name in names])
            for name in waits if len(cycles) == _MOST_CYCLES else names:
                waits[name] = []


def _as_written(branch: Branch) -> bool:
    """Whether every action stands behind those it waits for already."""
    names = {node.name.lower() for node in branch.nodes}
    passed: set[str] = set()
    for node in branch.nodes:
        for name in node.run_after:
            if name.lower() in names and name.lower() not in passed:
                return False
        passed.add(node.name.lower())
    return len(names) == len(branch.nodes)
