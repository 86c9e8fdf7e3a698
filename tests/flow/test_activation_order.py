"""Children before parents, whatever the graph; cycles are named."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from pulumi_powerautomate.flow import activation_order, in_words

IDS = "abcdefgh"
GRAPHS = st.dictionaries(st.sampled_from(IDS), st.sets(st.sampled_from(IDS + "xyz")))


def test_children_come_first() -> None:
    """A chain and a diamond, declared parents first."""
    found = activation_order({"top": {"left", "right"}, "left": {"leaf"}, "right": {"leaf"},
                              "leaf": ()})  # fmt: skip
    assert found.cycles == ()
    assert found.ids[0] == "leaf"
    assert found.ids[-1] == "top"


def test_flows_of_others_have_no_place() -> None:
    """A call of a flow that is not asked about changes nothing."""
    assert activation_order({"a": {"elsewhere"}}).ids == ("a",)


def test_a_circle_is_named_once() -> None:
    """All flows still come, and the cycle begins at its least id."""
    found = activation_order({"c": {"a"}, "a": {"b"}, "b": {"c"}, "top": {"c"}, "leaf": ()})
    assert found.cycles == (("a", "b", "c"),)
    assert sorted(found.ids) == ["a", "b", "c", "leaf", "top"]
    assert found.ids.index("top") > found.ids.index("c")
    assert in_words(found.cycles[0]) == "'a' calls 'b' calls 'c' calls 'a'"


def test_a_flow_that_calls_itself() -> None:
    """It is a cycle of one."""
    assert activation_order({"a": {"a"}}).cycles == (("a",),)


@given(GRAPHS)
def test_any_graph(graph: dict[str, set[str]]) -> None:
    """Every flow comes once; without cycles, each call leads to a flow that came before."""
    found = activation_order(graph)
    assert sorted(found.ids) == sorted(graph)
    for cycle in found.cycles:
        for caller, callee in zip(cycle, (*cycle[1:], cycle[0]), strict=True):
            assert callee in graph[caller]
    if not found.cycles:
        place = {id_: number for number, id_ in enumerate(found.ids)}
        assert all(
            place[child] < place[parent]
            for parent, called in graph.items()
            for child in called
            if child in graph
        )
