"""Called flows before their callers, in a program where nothing else tells the engine."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ..flow.activation_order import activation_order
from .declaration import FlowDeclaration


def called_first(flows: Sequence[FlowDeclaration]) -> Mapping[str, list[FlowDeclaration]]:
    """
    By the name of each flow, those among them that it calls, as far as they can come first.

    Of a cycle of calls one is left out: resources that wait for each other are no program. The
    provider refuses the cycle by its names.
    """
    by_id = {flow.found.live.workflow_id.lower(): flow for flow in flows}
    order = activation_order({id_: flow.calls for id_, flow in by_id.items()})
    place = {id_: number for number, id_ in enumerate(order.ids)}
    return {
        flow.name: [
            by_id[called]
            for called in sorted(flow.calls, key=lambda called: place.get(called, 0))
            if called in by_id and place[called] < place[id_]
        ]
        for id_, flow in by_id.items()
    }


def called_elsewhere(
    flow: FlowDeclaration, flows: Sequence[FlowDeclaration], known: Mapping[str, str]
) -> list[str]:
    """How a program spells the flows that a flow calls and that were there before."""
    new = {item.found.live.workflow_id.lower() for item in flows}
    spelled = {id_.lower(): symbol for id_, symbol in known.items()}
    return [spelled[called] for called in sorted(flow.calls - new) if called in spelled]
