"""Names, values and changed text in words that fit on a line."""

from __future__ import annotations

import json
import re
from difflib import SequenceMatcher
from typing import Any

_LONGEST = 80
_MOST_FRAGMENTS = 3
_EXCERPT = 60
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


def label_in_words(label: str, owner_type: str) -> str:
    """The label of a branch: `if yes`, `case Berlin`, `default`; empty where it says nothing."""
    if owner_type.lower() == "if":
        return {"actions": "if yes", "else": "if no"}.get(label, label)
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
    quoted = head[-1] == tail[0] == "'"
    if found and (quoted or not found[0][0].strip() or not found[0][1].strip()):
        # An insertion alone says little: the words around it are shown with it.
        return [(head[-1] + old + tail[0], head[-1] + new + tail[0]) for old, new in found]
    return found


def _matched(old: list[str], new: list[str]) -> list[tuple[str, str]]:
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
    parts = []
    for old, new in fragments(before, after):
        if not old.strip():
            parts.append(f"{shown(new)} added" if new.strip() else "white space")
        elif not new.strip():
            parts.append(f"{shown(old)} left out")
        else:
            parts.append(f"{shown(old)} → {shown(new)}")
    said = ", ".join(parts)
    if said == f"{shown(before)} → {shown(after)}":
        return said
    return f"{said} in {_around(before, after)}"


def _around(before: str, after: str) -> str:
    """The older text near the first difference."""
    place = 0
    while place < min(len(before), len(after)) and before[place] == after[place]:
        place += 1
    start = max(0, place - _CONTEXT) if len(before) > _EXCERPT else 0
    return ("…" if start else "") + shown(before[start:], _EXCERPT)


def listed(items: list[str]) -> str:
    """`a, b and c`."""
    if len(items) < 2:
        return "".join(items)
    return f"{', '.join(items[:-1])} and {items[-1]}"


def counted(number: int, noun: str) -> str:
    """`1 action`, `2 actions`."""
    return f"{number} {noun}{'' if number == 1 else 's'}"
