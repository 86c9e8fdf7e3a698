"""The tree of a definition's actions."""

from __future__ import annotations

from pulumi_powerautomate.flow import outline, triggers_of, walk

_FLOW = {
    "triggers": {"manual": {"type": "Request"}, "broken": 1},
    "actions": {
        "First": {"type": "Compose"},
        "If": {
            "type": "If",
            "runAfter": {"First": ["Succeeded"]},
            "actions": {"Yes": {"type": "Compose"}},
            "else": {"actions": {"No": {"type": "Compose"}}},
        },
        "Route": {
            "type": "Switch",
            "cases": {"Berlin": {"case": "B", "actions": {"Hello": {"type": "Compose"}}}},
            "default": {"actions": {"Other": {"type": "Scope", "actions": {"Deep": {}}}}},
        },
        "broken": "text",
    },
}


def test_paths_name_every_branch() -> None:
    """Each action has the path that a person would look it up by."""
    assert [node.path for node in walk(outline(_FLOW))] == [
        "actions.First",
        "actions.If",
        "actions.If.actions.Yes",
        "actions.If.else.actions.No",
        "actions.Route",
        "actions.Route.cases.Berlin.actions.Hello",
        "actions.Route.default.actions.Other",
        "actions.Route.default.actions.Other.actions.Deep",
    ]


def test_a_node_knows_what_is_around_it() -> None:
    """Owners go from the inside out; siblings are found by name; labels tell the branch."""
    nodes = {node.name: node for node in walk(outline(_FLOW))}
    assert [owner.name for owner in nodes["Deep"].owners] == ["Other", "Route"]
    assert nodes["Hello"].branch.label == "case Berlin"
    assert nodes["No"].branch.label == "else"
    assert nodes["If"].branch.named("First") is nodes["First"]
    assert dict(nodes["If"].run_after) == {"First": ["Succeeded"]}
    assert nodes["Deep"].type == ""


def test_what_is_no_object_is_passed_over() -> None:
    """Malformed parts are validation's to report; the tree leaves them out."""
    assert list(triggers_of(_FLOW)) == ["manual"]
    assert list(walk(outline({"actions": ["no", "object"]}))) == []
    assert triggers_of({"triggers": None}) == {}
