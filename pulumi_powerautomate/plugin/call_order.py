"""
Flows of one program that call each other.

A provider cannot add edges to the engine's graph. A flow that uses an output of its child comes
after it by itself; one that has the child's id written out does not, and is told so.
"""

from __future__ import annotations

import contextlib
import json
import threading
from collections.abc import Iterator, Mapping
from typing import Any

from ..flow import children_of, in_words
from ..provider import is_unknown, warn
from .urns import name_in

# A child that is to be created has been checked, so it needs nothing that its caller makes; but
# with few operations at once it may stand in line behind the caller.
_LONGEST_WAIT = 15.0
# The member that a call of another flow has; a definition without it need not be parsed.
_CALL = '"workflowReferenceName"'


class CallOrder:
    """The flows that the engine has asked about in this run."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        # As far as known: ids of the flows by URN and the other way round, what each calls,
        # and the URNs of those that call a flow, by its id.
        self._ids: dict[str, str] = {}
        self._urns: dict[str, str] = {}
        self._callers: dict[str, set[str]] = {}
        self._calls: dict[str, frozenset[str]] = {}
        self._unfinished: dict[str, str] = {}

    def refusals(self, urn: str, inputs: Mapping[str, Any], *, is_new: bool) -> list[str]:
        """
        Lines about a cycle of calls that a flow closes.

        A flow that is asked about after another one that calls it is no dependency of that one, for
        otherwise it would have come first: a warning says what to write.
        """
        id_, definition = inputs.get("workflow_id"), inputs.get("definition")
        if is_unknown(id_) or not isinstance(id_, str):
            return []
        with self._changed:
            known_before = urn in self._ids
            self._note(urn, id_, _children(definition))
            if is_new:
                self._unfinished[urn] = id_
            cycle = self._cycle(urn)
            others = () if known_before else self._callers.get(id_, ())
            callers = [name_in(other) for other in sorted(others) if other != urn]
        if cycle:
            return [f"Circular child-flow calls: {in_words(cycle)}. Take one of the calls out."]
        for caller in callers:
            warn(
                inputs,
                f"{caller!r} calls this flow by the id {id_} and does not depend on it, so it may "
                f"be turned on before this one. Use this resource's workflowId output in the "
                f"definition of {caller!r}, or list this resource in its dependsOn.",
            )
        return []

    @contextlib.contextmanager
    def at_work(self, urn: str, inputs: Mapping[str, Any]) -> Iterator[None]:
        """
        While an operation on a flow lasts; it begins when the flows that it calls are created.

        Without a dependency the engine creates both at once, and the service refuses to turn on a
        flow whose child is off.
        """
        id_ = inputs.get("workflow_id")
        called = _children(inputs.get("definition"))
        with self._changed:
            if isinstance(id_, str):
                self._unfinished[urn] = id_
            if called:
                self._changed.wait_for(
                    lambda: called.isdisjoint(self._unfinished.values()), timeout=_LONGEST_WAIT
                )
        try:
            yield
        finally:
            with self._changed:
                self._unfinished.pop(urn, None)
                self._changed.notify_all()

    def _note(self, urn: str, id_: str, called: frozenset[str]) -> None:
        former = self._ids.get(urn)
        if former is not None and self._urns.get(former) == urn:
            del self._urns[former]
        for child in self._calls.get(urn, ()):
            self._callers[child].discard(urn)
        self._ids[urn], self._calls[urn] = id_, called
        self._urns[id_] = urn
        for child in called:
            self._callers.setdefault(child, set()).add(urn)

    def _cycle(self, start: str) -> tuple[str, ...]:
        """Names of the flows of a cycle of calls through a flow, if there is one."""
        came_from: dict[str, str] = {}
        open_ = [start]
        for urn in open_:
            for called in sorted(self._calls.get(urn, frozenset())):
                other = self._urns.get(called)
                if other == start:
                    cycle = [urn]
                    while cycle[-1] != start:
                        cycle.append(came_from[cycle[-1]])
                    return tuple(map(name_in, reversed(cycle)))
                if other is not None and other not in came_from:
                    came_from[other] = urn
                    open_.append(other)
        return ()


def _children(definition: Any) -> frozenset[str]:
    if not isinstance(definition, str) or _CALL not in definition:
        return frozenset()
    try:
        return children_of(json.loads(definition))
    except (TypeError, ValueError, AttributeError):
        return frozenset()
