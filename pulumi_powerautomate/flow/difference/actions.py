"""Differences between the actions of two versions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ..action_tree import Branch, Node, case_value, walk
from ..canonical import canonical_node, is_empty_branch
from .changes import Change
from .conditions import condition_in_words
from .masking import inputs_secured, without_secrets
from .matching import Matching, match, own_body
from .order import Order
from .property_change import property_change
from .values import ABSENT, leaves, same
from .wording import counted, fragments, label_in_words, named, quoted, shown, text_change

_LOOKS_AT = {
    "if": ("expression", "it tests"),
    "until": ("expression", "it runs until"),
    "switch": ("expression", "it switches on"),
    "foreach": ("foreach", "it goes through"),
}
_LONGEST_TEST = 160
_CONDITIONS = {"If": "condition", "Until": "condition to stop", "Switch": "value to switch on"}


def action_changes(older: Branch, newer: Branch) -> Iterator[Change]:
    """Every change of the actions below two branches; removals first, then in document order."""
    matching = match(older, newer)
    yield from _removals(matching)
    added = {id(node) for node in matching.added}
    for new, changes in pair_changes(matching):
        if changes is not None:
            yield from changes
        elif new.branch.owner is None or id(new.branch.owner) not in added:
            yield _addition(new, added)


def pair_changes(matching: Matching) -> Iterator[tuple[Node, list[Change] | None]]:
    """Each newer action with how it differs from the older one; None where there is none."""
    order = Order(matching)
    origin = {id(new): old for old, new in matching.pairs}
    for new in matching.newer:
        old = origin.get(id(new))
        if old is None:
            yield new, None
            continue
        yield (
            new,
            [
                *_place_changes(old, new, matching),
                *_body_changes(old, new, matching),
                *_branch_changes(old, new, matching),
                *order.changes(old, new),
            ],
        )


def _removals(matching: Matching) -> Iterator[Change]:
    removed = {id(node) for node in matching.removed}
    for node in matching.removed:
        if node.branch.owner is not None and id(node.branch.owner) in removed:
            continue
        inner = sum(1 for branch in node.branches for item in walk(branch) if id(item) in removed)
        what = f", with {counted(inner, 'action')} in it" if inner else ""
        yield Change(
            "action-removed",
            node.path,
            node.type or None,
            None,
            f"{named(node.name)}{_where(node)} is removed{what}.",
        )


def _addition(node: Node, added: set[int]) -> Change:
    inner = sum(1 for branch in node.branches for item in walk(branch) if id(item) in added)
    what = f", with {counted(inner, 'action')} in it" if inner else ""
    kind = f" ({node.type})" if node.type else ""
    return Change(
        "action-added",
        node.path,
        None,
        node.type or None,
        f"{named(node.name)}{kind} is added{_where(node)}{what}{_tested(node)}.",
    )


def _tested(node: Node) -> str:
    """The expression that a new condition, loop or switch looks at."""
    kind = node.type.lower()
    member, words = _LOOKS_AT.get(kind, ("", ""))
    if not member or member not in node.body:
        return ""
    value = without_secrets(node.body[member], member)
    return f"; {words} {shown(condition_in_words(value), _LONGEST_TEST)}"


def _place_changes(old: Node, new: Node, matching: Matching) -> Iterator[Change]:
    if old.name != new.name:
        yield Change(
            "action-renamed",
            new.path,
            old.name,
            new.name,
            f"{named(old.name)} is now called {named(new.name)}.",
        )
    if not matching.same_branch(old.branch, new.branch):
        yield Change(
            "action-moved",
            new.path,
            old.path,
            new.path,
            f"{named(new.name)} moves from {branch_in_words(old.branch)} "
            f"to {branch_in_words(new.branch)}.",
        )


def _body_changes(old: Node, new: Node, matching: Matching) -> Iterator[Change]:
    before, after = matching.renamed(own_body(old)), own_body(new)
    if same(before, after):
        return
    before, after = canonical_node(before), canonical_node(after)
    secured = inputs_secured(before) or inputs_secured(after)
    for path, was, now in _outer_leaves(before, after):
        if path == "expression":
            yield _condition(new, was, now)
        else:
            yield property_change(new, path, was, now, secured)


def _outer_leaves(
    before: Mapping[str, Any], after: Mapping[str, Any]
) -> Iterator[tuple[str, Any, Any]]:
    """The places that differ; a condition is one place."""
    for key in {**before, **after}:
        was, now = before.get(key, ABSENT), after.get(key, ABSENT)
        if key == "expression":
            if not same(was, now):
                yield key, was, now
        else:
            yield from leaves(was, now, key)


def _condition(node: Node, was: Any, now: Any) -> Change:
    before, after = (
        None if value is ABSENT else without_secrets(value, "expression") for value in (was, now)
    )
    old, new = condition_in_words(before), condition_in_words(after)
    what = _CONDITIONS.get(node.type, "expression")
    if before is None or after is None:
        said = f"{shown(old)} → {shown(new)}"
    elif fragments(old, new):
        said = text_change(old, new)
    else:
        said = f"written in another way, {shown(new)}"
    return Change(
        "condition-changed", f"{node.path}.expression", before, after,
        f"{named(node.name)}, {what}: {said}.",
    )  # fmt: skip


def _branch_changes(old: Node, new: Node, matching: Matching) -> Iterator[Change]:
    """Branches that come, go, or stand for something else."""
    if not old.branches and not new.branches and not _shells(old) and not _shells(new):
        return
    renames = matching.case_renames(old)
    before = {renames.get(key, key): (key, shell) for key, shell in _shells(old).items()}
    after = _shells(new)
    for key, (label, shell) in before.items():
        words = f"branch {_label(old, label, by_value=True)} of {named(new.name)}"
        if key not in after and not _tells(old, label):
            yield Change("branch-removed", f"{old.path}.{_under(label)}", label, None,
                         f"The {words} is removed.")  # fmt: skip
        elif key in after and key != label:
            words = f"branch {_label(new, label)} of {named(new.name)}"
            yield Change("branch-renamed", f"{new.path}.{_under(key)}", label, key,
                         f"The {words} is now called {_label(new, key)}.")  # fmt: skip
        if key in after:
            was_shell = canonical_node(matching.renamed(shell))
            for path, was, now in leaves(was_shell, canonical_node(after[key])):
                yield _shell_change(new, key, path, was, now)
    for key in after:
        if key not in before and not _tells(new, key):
            words = _label(new, key, by_value=True)
            yield Change("branch-added", f"{new.path}.{_under(key)}", None, key,
                         f"{named(new.name)} gets the branch {words}.")  # fmt: skip


def _shell_change(node: Node, label: str, path: str, was: Any, now: Any) -> Change:
    before, after = (None if value is ABSENT else value for value in (was, now))
    kind = "condition-changed" if path == "case" else "value-changed"
    what = "" if path == "case" else f" {path}"
    return Change(
        kind, f"{node.path}.{_under(label)}.{path}", before, after,
        f"{named(node.name)}, {_label(node, label)}{what}: {quoted(before)} → {quoted(after)}.",
    )  # fmt: skip


def _tells(node: Node, label: str) -> bool:
    """Whether the actions of a branch tell that it is there; a case has a value beside."""
    return not label.startswith("case ") and any(
        branch.nodes for branch in node.branches if branch.label == label
    )


def _label(node: Node, label: str, *, by_value: bool = False) -> str:
    value = case_value(node.body, label) if by_value else None
    said = label_in_words(label, node.type, value) or label
    return said if '"' in said else f'"{said}"'


def _shells(node: Node) -> dict[str, dict[str, Any]]:
    """The members around the actions of each branch: the value of a case, for example."""
    found: dict[str, Any] = {}
    if "actions" in node.body:
        found["actions"] = {}
    cases = node.body.get("cases")
    for name, case in cases.items() if isinstance(cases, Mapping) else ():
        found[f"case {name}"] = case
    for key in ("else", "default"):
        if key in node.body and not is_empty_branch(node.type, key, node.body[key]):
            found[key] = node.body[key]
    return {
        key: {name: item for name, item in value.items() if name != "actions"}
        if isinstance(value, Mapping)
        else {"": value}
        for key, value in found.items()
    }


def _under(label: str) -> str:
    return f"cases.{label[5:]}" if label.startswith("case ") else label


def _where(node: Node) -> str:
    return "" if node.branch.owner is None else f" in {branch_in_words(node.branch)}"


def branch_in_words(branch: Branch) -> str:
    """`the flow itself`, `"Scope"`, `"Is it open" (if no)`."""
    if branch.owner is None:
        return "the flow itself"
    label = label_in_words(branch.label, branch.owner.type, branch.case)
    return named(branch.owner.name) + (f" ({label})" if label else "")
