"""
The order in which flows that call each other are turned on: children before their parents.

The service refuses to turn a flow on while a flow that it calls was never on
(`ChildFlowNeverPublished`). Flows are turned off and deleted the other way round.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter


@dataclass(frozen=True)
class ActivationOrder:
    """
    Flows in the order in which they can be turned on.

    Attributes:
        ids: every flow once, each after those that it calls, as far as there is such an order.
        cycles: flows that call each other round and round, each cycle in the order of the calls;
            none of it can be the first to be turned on.
    """

    ids: tuple[str, ...]
    cycles: tuple[tuple[str, ...], ...] = ()


def activation_order(children: Mapping[str, Collection[str]]) -> ActivationOrder:
    """
    Sort flows by their calls.

    Args:
        children: by the id of each flow, the ids of the flows that it calls. Calls of flows that
            are not among the keys are passed over: they have no place in this order.
    """
    graph = {
        parent: {child for child in sorted(called) if child in children and child != parent}
        for parent, called in children.items()
    }
    cycles: list[tuple[str, ...]] = [
        (parent,) for parent, called in children.items() if parent in called
    ]
    while True:
        try:
            return ActivationOrder(tuple(TopologicalSorter(graph).static_order()), tuple(cycles))
        except CycleError as error:
            # The cycle comes as callee before caller, with its first flow again at its end.
            cycle = tuple(reversed(error.args[1][1:]))
            cycles.append(_from_least(cycle))
            graph[cycle[0]].discard(cycle[1])


def in_words(cycle: Collection[str]) -> str:
    """A cycle of calls as a person reads it: `'A' calls 'B' calls 'A'`."""
    names = [repr(name) for name in cycle]
    return " calls ".join([*names, *names[:1]])


def _from_least(cycle: tuple[str, ...]) -> tuple[str, ...]:
    """The same cycle, from its least id on."""
    start = cycle.index(min(cycle))
    return cycle[start:] + cycle[:start]
