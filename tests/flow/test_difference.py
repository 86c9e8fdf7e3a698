"""The difference of two versions of a flow: right change, right place, plain words."""

from __future__ import annotations

import copy
import json
import random
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pulumi_powerautomate.flow import Change, FlowVersion, compare, digest
from pulumi_powerautomate.flow.difference import SEVERITIES
from tests.harness.definitions import hourly, mailing
from tests.harness.edits import EDITS, SEEDS, Edited, edited, flows

POOL = flows()


def _named_rightly(edit: Edited) -> bool:
    found = [(change.kind, change.path) for change in compare(edit.before, edit.after)]
    return found == [edit.expected]


def test_two_hundred_single_edits() -> None:
    """Each is one change of the right kind at the right path; at most two may be told otherwise."""
    edits = {(kind, seed): edited(kind, seed, POOL) for kind in EDITS for seed in SEEDS}
    wrong = {
        which: (edit.expected, compare(edit.before, edit.after))
        for which, edit in edits.items()
        if not _named_rightly(edit)
    }
    assert len(edits) == 200
    assert len(wrong) <= 2, wrong


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(sorted(EDITS)), st.sampled_from(sorted(EDITS)), st.integers(0, 2**32))
def test_no_change_exactly_when_the_digest_is_equal(one: str, other: str, seed: int) -> None:
    """Two edits in a row never cancel out unseen, and a flow never differs from itself."""
    first = edited(one, seed, POOL)
    second = edited(other, seed, [first.after, *POOL])
    same = digest(first.before.definition) == digest(second.after.definition)
    if second.before.definition == first.after.definition:
        found = compare(first.before, second.after)
        assert bool(found) != (same and first.before.references == second.after.references)
    assert compare(second.after, copy.deepcopy(second.after)) == []


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**32))
def test_any_two_flows_can_be_compared(seed: int) -> None:
    """However little they have in common; every change is one line, of a known kind."""
    one, other = random.Random(seed).choices(POOL, k=2)
    for change in compare(one, other):
        assert change.kind in SEVERITIES
        assert "\n" not in change.sentence
        assert change.sentence.endswith(".")


def _changes(edit: Callable[[dict[str, Any]], object], start: Any = mailing) -> list[Change]:
    before = start()
    after = copy.deepcopy(before)
    edit(after)
    return compare(FlowVersion(before), FlowVersion(after))


def _sentences(edit: Callable[[dict[str, Any]], object], start: Any = mailing) -> list[str]:
    return [change.sentence for change in _changes(edit, start)]


def _recurrence(**members: Any) -> Callable[[dict[str, Any]], object]:
    return lambda flow: flow["triggers"]["Recurrence"].update(recurrence=members)


SCHEDULES: list[tuple[dict[str, Any], str]] = [
    ({"frequency": "Hour", "interval": 2}, "every 2 hours"),
    ({"frequency": "Minute", "interval": 1.0, "count": 3}, "every minute 3 times"),
    (
        {
            "frequency": "Day",
            "interval": 1,
            "schedule": {"hours": ["8"], "minutes": [0]},
            "timeZone": "W. Europe Standard Time",
        },
        "every day at 08:00 (W. Europe Standard Time)",
    ),
    (
        {
            "frequency": "Week",
            "interval": 2,
            "schedule": {"weekDays": ["Monday", "Friday"], "hours": [8, 17], "minutes": [30]},
        },
        "every 2 weeks on Monday and Friday at 08:30 and 17:30",
    ),
    (
        {
            "frequency": "Month",
            "interval": 1,
            "schedule": {"monthlyOccurrences": [{"day": "Friday", "occurrence": -1}]},
        },
        "every month on the last Friday",
    ),
    (
        {"frequency": "Month", "interval": 1, "schedule": {"monthDays": [1, 15]}},
        "every month on day 1 and day 15 of the month",
    ),
    ({"frequency": "Day", "interval": 1, "schedule": {"hours": ["3"]}}, "every day in hour 3"),
    (
        {"frequency": "Day", "interval": 1, "startTime": "2030-01-01T06:00:00Z"},
        "every day from 2030-01-01T06:00:00Z",
    ),
    ({"frequency": "@parameters('f')", "interval": "x"}, "every x @parameters('f')"),
]


@pytest.mark.parametrize(("recurrence", "words"), SCHEDULES, ids=lambda item: str(item)[:40])
def test_schedules_in_words(recurrence: dict[str, Any], words: str) -> None:
    """As a person would say when the flow runs."""
    (change,) = _changes(_recurrence(**recurrence))
    assert change.kind == "schedule-changed"
    assert change.sentence == f"The schedule changes: every hour → {words}."


def test_expressions_word_by_word() -> None:
    """The words that differ are shown, with what stands around them."""
    inputs = "emailMessage/Subject"

    def edit(flow: dict[str, Any]) -> None:
        flow["actions"]["Send_mail"]["inputs"]["parameters"][inputs] = "@{outputs('Hello')}"

    (change,) = _changes(edit)
    assert (change.kind, change.path) == (
        "expression-changed",
        "actions.Send_mail.inputs.parameters.emailMessage/Subject",
    )
    assert change.sentence == (
        "\"Send mail\", emailMessage/Subject: 'Greet' → 'Hello' in @{outputs('Greet')}."
    )


def test_renaming_counts_once() -> None:
    """References by others are part of it; what else changed in the action is told beside it."""

    def edit(flow: dict[str, Any]) -> None:
        text = json.dumps(flow).replace("Greet", "Say_hello")
        flow.clear()
        flow.update(json.loads(text))
        flow["actions"]["Send_mail"]["inputs"]["parameters"]["emailMessage/To"] = "x@contoso.com"

    assert _sentences(edit) == [
        '"Send mail", emailMessage/To: "ops" → "x" in "ops@contoso.com".',
        '"Greet" is now called "Say hello".',
    ]


def test_an_action_in_between_is_one_change() -> None:
    """The new order of its neighbours is part of it; another outcome is not."""

    def edit(flow: dict[str, Any], outcome: str = "Succeeded") -> None:
        flow["actions"]["Wait"] = {"type": "Wait", "runAfter": {"Greet": ["Succeeded"]}}
        flow["actions"]["Send_mail"]["runAfter"] = {"Wait": [outcome]}

    assert [change.kind for change in _changes(edit)] == ["action-added"]
    kinds = {change.kind for change in _changes(lambda flow: edit(flow, "Failed"))}
    assert kinds == {"action-added", "order-changed"}


def test_branches_and_conditions() -> None:
    """Cases come, go, are renamed and stand for other values; conditions are read aloud."""

    def routing() -> dict[str, Any]:
        flow = hourly()
        flow["actions"] = {
            "Is_it_open": {
                "type": "If",
                "expression": {"and": [{"equals": ["@outputs('A')", "open"]}]},
                "actions": {"Yes": {"type": "Compose", "inputs": 1}},
            },
            "Route": {
                "type": "Switch",
                "expression": "@outputs('City')",
                "cases": {
                    "Berlin": {"case": "B", "actions": {"Hallo": {"type": "Wait"}}},
                    "Paris": {"case": "P", "actions": {"Salut": {"type": "Wait"}}},
                },
                "default": {"actions": {}},
            },
        }
        return flow

    def edit(flow: dict[str, Any]) -> None:
        actions = flow["actions"]
        actions["Is_it_open"]["expression"] = {"and": [{"equals": ["@outputs('A')", "new"]}]}
        actions["Is_it_open"]["else"] = {"actions": {"No": {"type": "Compose", "inputs": 2}}}
        cases = actions["Route"]["cases"]
        cases["Germany"] = cases.pop("Berlin")
        cases["Paris"]["case"] = "F"
        del actions["Route"]["default"]  # which held no action

    assert sorted(_sentences(edit, routing)) == sorted(
        [
            '"Is it open", condition: "open" → "new" in @outputs(\'A\') equals "open".',
            '"No" (Compose) is added in "Is it open" (if no).',
            'The branch "case Berlin" of "Route" is now called "case Germany".',
            '"Route", "case Paris": "P" → "F".',
        ]
    )


def test_the_row_and_the_trigger() -> None:
    """State, owner, name, description and what starts the flow."""
    before = FlowVersion(
        hourly(), row={"name": "Old", "state": "on", "owner": None, "description": "one two"}
    )
    changed = hourly()
    changed["triggers"] = {"manual": {"type": "Request", "kind": "Button", "inputs": {}}}
    after = FlowVersion(
        changed,
        row={
            "name": "New",
            "state": "off",
            "owner": {"type": "team", "id": "7"},
            "description": "one three",
            "solution": "told by one side only",
        },
    )
    assert [change.sentence for change in compare(before, after)] == [
        "The flow is turned off.",
        "The owner changes: nothing → team 7.",
        "The flow is started by a button instead of a schedule, every hour.",
        "The flow is now called New instead of Old.",
        'The description changes: "two" → "three" in "one two".',
    ]


def test_connections() -> None:
    """References come, go and bind to something else; what the service adds is nothing."""
    one = {"api": "shared_x", "runtime_source": "embedded", "logical_name": "contoso_x"}
    before = {"kept": one, "gone": one, "other": one}
    after = {
        "kept": {**one, "api_logical_name": "added by the service"},
        "other": {**one, "runtime_source": "invoker"},
        "new": one,
    }
    found = compare(FlowVersion(mailing(), before), FlowVersion(mailing(), after))
    assert [change.sentence for change in found] == [
        "The connection gone is removed.",
        "The connection other changes: contoso_x → contoso_x, as the person who runs the flow.",
        "The connection new is added: contoso_x.",
    ]


SECRETS: dict[str, Callable[[dict[str, Any], str], object]] = {
    "header": lambda flow, secret: flow["actions"]["Greet"].update(
        inputs={"headers": {"Authorization": f"Bearer {secret}"}}
    ),
    "password": lambda flow, secret: flow["actions"]["Greet"].update(
        inputs={"authentication": {"type": "Basic", "username": "u", "password": secret}}
    ),
    "secure inputs": lambda flow, secret: flow["actions"]["Greet"].update(
        inputs={"plain": secret}, runtimeConfiguration={"secureData": {"properties": ["inputs"]}}
    ),
    "signature": lambda flow, secret: flow["actions"]["Greet"].update(
        inputs={"uri": f"https://contoso.com/run?api-version=1&sig={secret}"}
    ),
    "bearer in a text": lambda flow, secret: flow["actions"]["Greet"].update(
        inputs=f"curl -H 'Bearer {secret}'"
    ),
    "secure parameter": lambda flow, secret: flow["parameters"].update(
        key={"type": "SecureString", "defaultValue": secret}
    ),
    "concatenated": lambda flow, secret: flow["actions"]["Greet"].update(
        inputs={"headers": {"x-api-key": f"@concat('{secret}', 'x')"}}
    ),
    "condition": lambda flow, secret: flow["actions"].update(
        Check={"type": "If", "expression": f"@equals('https://c.com?sig={secret}', 'x')"}
    ),
}


@pytest.mark.parametrize("where", SECRETS)
def test_secrets_are_told_to_have_changed_and_no_more(where: str) -> None:
    """Neither the sentence nor the values of a change hold one."""
    flow_versions = []
    for secret in ("canary-11111111", "canary-22222222"):
        flow = hourly()
        SECRETS[where](flow, secret)
        flow_versions.append(FlowVersion(flow))
    changes = compare(*flow_versions)
    assert changes
    assert "canary" not in repr(changes)
    assert "canary" not in repr(compare(FlowVersion(hourly()), flow_versions[0]))


def test_a_name_of_a_secret_may_be_seen() -> None:
    """`@parameters('key')` only says where it comes from."""

    def edit(flow: dict[str, Any]) -> None:
        flow["actions"]["Greet"]["inputs"] = {"headers": {"x-api-key": "@parameters('key')"}}

    assert "@parameters('key')" in repr(_changes(edit, hourly))


@pytest.mark.parametrize("malformed", [None, 1, "text", [], {"A": 1}, {"A": {"actions": "x"}}])
def test_malformed_parts_differ_too(malformed: Any) -> None:
    """Whatever stands where actions should be, a difference in digest is told."""
    for key in ("actions", "triggers", "parameters"):
        changed = {**hourly(), key: malformed}
        assert compare(FlowVersion(hourly()), FlowVersion(changed))
        assert compare(FlowVersion(changed), FlowVersion(hourly()))
        assert compare(FlowVersion(changed), FlowVersion(changed)) == []


def _expression(before: str, after: str) -> str:
    """The sentence for one expression that became another, without what is before it."""

    def flow(text: str) -> dict[str, Any]:
        definition = hourly()
        definition["actions"]["Say"] = {"type": "Compose", "inputs": text, "runAfter": {}}
        return definition

    one, other = (FlowVersion(flow(text)) for text in (before, after))
    (change,) = compare(one, other)
    return change.sentence.removeprefix('"Say", value: ')


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        # Wrapped, unwrapped and cut: the wholes, for the fragments are none by themselves.
        (
            "@body('A')",
            "@concat('x-', body('A'))",
            "@body('A') → @concat('x-', body('A')).",
        ),
        (
            "@concat('x-', body('A'))",
            "@body('A')",
            "@concat('x-', body('A')) → @body('A').",
        ),
        (
            "@triggerOutputs()?['body']",
            "@not(equals(triggerOutputs()?['body'], true))",
            "@triggerOutputs()?['body'] → @not(equals(triggerOutputs()?['body'], true)).",
        ),
        # A fragment that is whole by itself, and where it stands.
        (
            "@concat('Berlin', body('A'))",
            "@concat('Munich', body('A'))",
            "'Berlin' → 'Munich' in @concat('Berlin', body('A')).",
        ),
        # Plain texts are in quotes.
        ("open", "closed now", '"open" → "closed now".'),
        ("It is open", "It is shut", '"open" → "shut" in "It is open".'),
    ],
)
def test_texts_that_read_well(before: str, after: str, said: str) -> None:
    """Whole by themselves, and told apart from the sentence."""
    assert _expression(before, after) == said


def test_a_long_expression_is_shown_from_where_it_differs() -> None:
    """A little before its first difference, so that both do not look the same."""
    long = "@concat(" + ", ".join(f"variables('number {n}')" for n in range(30)) + ")"
    said = _expression(long, f"{long[:-1]}, add(1, 2))")
    old, _, new = said.partition(" → ")
    assert old.startswith("…")
    assert "add(1, 2)" in new
    assert len(said) < 400


def test_what_is_new_says_what_it_looks_at() -> None:
    """A condition, a loop and a switch; and a case is called by its value."""

    def edit(flow: dict[str, Any]) -> None:
        flow["actions"] |= {
            "Is_it_late": {
                "type": "If",
                "expression": {"greater": ["@variables('Days')", 3]},
                "actions": {},
            },
            "Each": {"type": "Foreach", "foreach": "@body('List')", "actions": {}},
        }
        flow["actions"]["Route"]["cases"]["Case_2"] = {"case": "DE", "actions": {}}
        case = flow["actions"]["Route"]["cases"]["Case"]
        case["actions"]["Note"] = {"type": "Compose", "inputs": 1}

    def start() -> dict[str, Any]:
        flow = hourly()
        cases = {"Case": {"case": "FR", "actions": {}}}
        flow["actions"]["Route"] = {"type": "Switch", "expression": "@body('A')", "cases": cases}
        return flow

    assert sorted(_sentences(edit, start)) == [
        "\"Each\" (Foreach) is added; it goes through @body('List').",
        "\"Is it late\" (If) is added; it tests @variables('Days') is greater than 3.",
        '"Note" (Compose) is added in "Route" (case "FR").',
        '"Route" gets the branch case "DE".',
    ]
