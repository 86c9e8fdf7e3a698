"""`runAfter`: who waits for whom, for which outcome, and whether that can ever end."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from ..action_tree import Branch, Node
from ..problems import Problem
from .model import Flow
from .rules import problem

OUTCOMES = ("Succeeded", "Failed", "Skipped", "TimedOut")
_OUTCOMES = frozenset(outcome.lower() for outcome in OUTCOMES)


def order_problems(flow: Flow) -> Iterator[Problem]:
    """Problems of the order of the actions."""
    for branch in flow.branches:
        names = {node.name.lower() for node in branch.nodes}
        for node in branch.nodes:
            if node.body.get("runAfter") not in (None, {}):
                yield from _waits(flow, node, names)
        for cycle in flow.sequences[branch.path].cycles:
            yield _cycle(branch, cycle)


def _waits(flow: Flow, node: Node, siblings: set[str]) -> Iterator[Problem]:
    given = node.body.get("runAfter")
    path = f"{node.path}.runAfter"
    if given is None:
        return
    if not isinstance(given, Mapping):
        yield problem(
            "FLOW211", path, "runAfter is not an object.",
            'Write {"NAME": ["Succeeded"]} for each action to wait for, or {}.',
        )  # fmt: skip
        return
    for name, outcomes in given.items():
        if name.lower() not in siblings:
            yield _missing(flow, node, name, f"{path}.{name}")
        yield from _outcomes(flow, name, outcomes, f"{path}.{name}")


def _missing(flow: Flow, node: Node, name: str, path: str) -> Problem:
    elsewhere = flow.by_name.get(name.lower())
    if elsewhere:
        holder = elsewhere[0].branch.owner
        beside = next((item for item in node.owners if item.branch is elsewhere[0].branch), None)
        if any(elsewhere[0] is owner for owner in node.owners):
            remedy = f"{name!r} holds this action, which starts with it; remove the entry."
        elif beside is not None:
            remedy = f"Let {beside.name!r}, which holds this action, wait for it, or move one."
        elif holder is None:
            remedy = "Move one of the two."
        else:
            remedy = f"Wait for {holder.name!r}, which holds it, or move one of the two."
        return problem(
            "FLOW213", path,
            f"{name!r} is in another branch ({elsewhere[0].branch.path}); an action waits for "
            "those beside it only.",
            remedy,
        )  # fmt: skip
    remedy = flow.suggestions.sentence(
        name,
        (item.name for item in node.branch.nodes if item is not node),
        "Name an action of the same branch, as its key is written, or remove the entry.",
    )
    return problem("FLOW212", path, f"there is no action {name!r} to wait for.", remedy)


def _outcomes(flow: Flow, name: str, outcomes: object, path: str) -> Iterator[Problem]:
    if not isinstance(outcomes, (list, tuple)):
        yield problem(
            "FLOW211", path, "the outcomes to wait for are not a list.",
            'Write ["Succeeded"], or several of ' + ", ".join(OUTCOMES) + ".",
        )  # fmt: skip
        return
    if not outcomes:
        yield problem(
            "FLOW216", path, f"it waits for {name!r} with no outcome.",
            'Write ["Succeeded"], or remove the entry.',
        )  # fmt: skip
    for number, outcome in enumerate(outcomes):
        if not isinstance(outcome, str) or outcome.lower() not in _OUTCOMES:
            yield problem(
                "FLOW214", f"{path}[{number}]", f"the outcome {outcome!r} does not exist.",
                flow.suggestions.sentence(
                    str(outcome), OUTCOMES, f"Use {', '.join(OUTCOMES)}."
                ),
            )  # fmt: skip


def _cycle(branch: Branch, nodes: list[Node]) -> Problem:
    if len(nodes) == 1:
        return problem(
            "FLOW215", f"{nodes[0].path}.runAfter.{nodes[0].name}",
            f"{nodes[0].name!r} waits for itself.", "Remove the entry.",
        )  # fmt: skip
    start = min(range(len(nodes)), key=lambda number: branch.nodes.index(nodes[number]))
    ordered = nodes[start:] + nodes[:start]
    names = [node.name for node in ordered]
    shown = names if len(names) <= 6 else [*names[:5], "…"]
    return problem(
        "FLOW215", f"{ordered[0].path}.runAfter",
        f"actions wait for each other in a cycle: {' → '.join([*shown, names[0]])}.",
        "Remove one of these runAfter entries, so that one of the actions can start.",
    )  # fmt: skip
