"""Names, values and changed text in words that fit on a line."""

from __future__ import annotations

import json
import re
from typing import Any

_LONGEST = 80
_MOST_FRAGMENTS = 3
_EXCERPT = 60
_LONGEST_WHOLE = 160
_CONTEXT = 25
# SequenceMatcher takes quadratic time; texts that differ in more are shown whole.
_MOST_COMPARISONS = 40_000
# A short literal is one word, so that names are shown whole.
_TOKEN = re.compile(r"'[^'\n]{0,60}'|\w+|\s+|.", re.DOTALL)
_CONNECTORS = {
    "commondataserviceforapps": "Dataverse",
    "commondataservice": "Dataverse",
    "sharepointonline": "SharePoint",
    "office365": "Outlook",
    "office365users": "Office 365 users",
    "office365groups": "Office 365 groups",
    "powerplatformforadmins": "Power Platform for admins",
    "teams": "Teams",
}


def named(name: str) -> str:
    """An action's name as the designer shows it, in quotes."""
    return f'"{name.replace("_", " ")}"'


def connector_in_words(api_id: Any) -> str:
    """`Outlook` for `/providers/…/shared_office365`; the connector's own name if not known."""
    name = str(api_id or "").rpartition("/")[2].removeprefix("shared_")
    return _CONNECTORS.get(name, name)


def label_in_words(label: str, owner_type: str, value: Any = None) -> str:
    """
    The label of a branch: `if yes`, `case "Berlin"`, `default`; empty where it says nothing.

    Args:
        label: as the tree of actions has it.
        owner_type: the type of the action that holds the branch.
        value: what a case stands for; without it, the case is called by its name.
    """
    if owner_type.lower() == "if":
        return {"actions": "if yes", "else": "if no"}.get(label, label)
    if label.startswith("case ") and value is not None:
        return f"case {quoted(value, 40)}"
    if label.startswith("case "):
        name = label[5:].replace("_", " ")
        return name if name.lower().startswith("case") else f"case {name}"
    return "" if label == "actions" else label


def shown(value: Any, longest: int = _LONGEST) -> str:
    """A value on one line of bounded length."""
    if value is None:
        return "nothing"
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    text = " ".join(text[: 4 * longest].split()) if len(text) > longest or "\n" in text else text
    if not text.strip():
        return f'"{text}"'
    return text if len(text) <= longest else text[: longest - 1] + "…"


def quoted(value: Any, longest: int = _LONGEST) -> str:
    """A value on one line, a plain text in quotes so that it does not run into the sentence."""
    if isinstance(value, str) and not is_expression(value) and value.strip():
        return f'"{shown(value, longest)}"'
    return shown(value, longest)


def is_expression(value: Any) -> bool:
    """Whether a string holds an expression of the workflow definition language."""
    if not isinstance(value, str):
        return False
    return (value.startswith("@") and not value.startswith("@@")) or "@{" in value


def fragments(before: str, after: str) -> list[tuple[str, str]]:
    """
    The words that differ, as (old, new) pairs; an empty one was inserted or left out.

    More than a few are given as one pair that spans them all.
    """
    old, new = _TOKEN.findall(before), _TOKEN.findall(after)
    start = 0
    while start < min(len(old), len(new)) and old[start] == new[start]:
        start += 1
    end = 0
    while end < min(len(old), len(new)) - start and old[-1 - end] == new[-1 - end]:
        end += 1
    head, tail = old[:start], old[len(old) - end :]
    old, new = old[start : len(old) - end], new[start : len(new) - end]
    if len(old) * len(new) > _MOST_COMPARISONS:
        return [("".join(old), "".join(new))]
    found = _matched(old, new)
    if len(found) > _MOST_FRAGMENTS:
        found = [("".join(old), "".join(new))]
    if len(found) > 1 or not head or not tail:
        return found
    in_quotes = head[-1] == tail[0] and head[-1] in ("'", '"')
    if found and (in_quotes or not found[0][0].strip() or not found[0][1].strip()):
        # An insertion alone says little: the words around it are shown with it.
        return [(head[-1] + old + tail[0], head[-1] + new + tail[0]) for old, new in found]
    return found


def _matched(old: list[str], new: list[str]) -> list[tuple[str, str]]:
    from difflib import SequenceMatcher

    found: list[tuple[str, str]] = []
    gap = ""
    for tag, a, b, c, d in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        pair = "".join(old[a:b]), "".join(new[c:d])
        if tag == "equal":
            gap = pair[0]
        elif found and len(gap.strip()) <= 1:
            found[-1] = (found[-1][0] + gap + pair[0], found[-1][1] + gap + pair[1])
        else:
            found.append(pair)
    return found


def text_change(before: str, after: str) -> str:
    """`'Berlin' → 'Munich' in @concat('Berlin', …)`: the words that differ, and where."""
    found = fragments(before, after)
    if not all(_balanced(text) for pair in found for text in pair):
        return _wholes(before, after)
    plain = not is_expression(before) and not is_expression(after)
    say = quoted if plain else shown
    parts = []
    for old, new in found:
        if not old.strip():
            parts.append(f"{say(new)} added" if new.strip() else "white space")
        elif not new.strip():
            parts.append(f"{say(old)} left out")
        else:
            parts.append(f"{say(old)} → {say(new)}")
    said = ", ".join(parts)
    if said == f"{say(before)} → {say(after)}":
        return said
    around = _around(before, after)
    return f'{said} in "{around}"' if plain else f"{said} in {around}"


def _wholes(before: str, after: str) -> str:
    """Both texts whole, or from a little before their first difference where they are long."""
    start = 0
    if max(len(before), len(after)) > _LONGEST_WHOLE:
        start = max(0, _first_difference(before, after) - _CONTEXT)
    old, new = (
        ("…" if start else "") + quoted(text[start:], _LONGEST_WHOLE) for text in (before, after)
    )
    return f"{old} → {new}"


def _balanced(text: str) -> bool:
    """Whether a fragment can be read alone: its brackets and quotes are closed."""
    pairs, waiting, in_text = {")": "(", "]": "[", "}": "{"}, [], False
    for character in text:
        if character == "'":
            in_text = not in_text
        elif in_text:
            continue
        elif character in "([{":
            waiting.append(character)
        elif character in pairs and (not waiting or waiting.pop() != pairs[character]):
            return False
    return not waiting and not in_text and text.count('"') % 2 == 0 and not text.endswith(",")


def _around(before: str, after: str) -> str:
    """The older text near the first difference."""
    place = _first_difference(before, after)
    start = max(0, place - _CONTEXT) if len(before) > _EXCERPT else 0
    return ("…" if start else "") + shown(before[start:], _EXCERPT)


def _first_difference(before: str, after: str) -> int:
    place = 0
    while place < min(len(before), len(after)) and before[place] == after[place]:
        place += 1
    return place


def listed(items: list[str]) -> str:
    """`a, b and c`."""
    if len(items) < 2:
        return "".join(items)
    return f"{', '.join(items[:-1])} and {items[-1]}"


def counted(number: int, noun: str) -> str:
    """`1 action`, `2 actions`."""
    return f"{number} {noun}{'' if number == 1 else 's'}"
