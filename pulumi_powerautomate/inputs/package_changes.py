"""A new package beside the one that was imported last, as lines of a preview."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..errors import PowerAutomateError
from ..provider import hides, is_unknown
from .package import DIGESTS, package_path

_MOST_LINES = 10


def package_changes(olds: Mapping[str, Any], news: Mapping[str, Any]) -> str:
    """
    The lines for a preview that would show hashes otherwise; empty where nothing differs.

    Args:
        olds: outputs of the last import.
        news: checked inputs of the next one.
    """
    return "\n".join([_summary(olds, news), *_inside(olds, news)]).strip()


def _summary(olds: Mapping[str, Any], news: Mapping[str, Any]) -> str:
    """Summary of the new package, for a preview that would show hashes."""
    if is_unknown(news.get("sha256")) or olds.get("sha256") == news.get("sha256"):
        return ""
    before, after = olds.get(DIGESTS) or {}, news.get(DIGESTS) or {}
    names = {**(olds.get("flows") or {}), **(news.get("flows") or {})}
    parts = [
        ("adds", [key for key in after if key not in before]),
        ("changes", [key for key in after if key in before and before[key] != after[key]]),
        ("removes", [key for key in before if key not in after]),
    ]
    flows = "; ".join(
        f"{verb} {', '.join(sorted(repr(names.get(key, key)) for key in keys))}"
        for verb, keys in parts
        if keys
    )
    versions = f"{olds.get('version')} to {news.get('version')}"
    return f"solution {news.get('solution')} {versions}: {flows or 'the same flows'}"


def _inside(olds: Mapping[str, Any], news: Mapping[str, Any]) -> list[str]:
    """Changes inside the package, where the one that was imported last is at hand."""
    old, new = olds.get("sha256"), news.get("sha256")
    if is_unknown(new) or old == new or not old or hides(olds, "package"):
        return []
    from ..solution import contents_of
    from ..solution.difference import compare_packages
    from ..solution.history import find_package

    try:
        path = package_path(str(olds.get("package")))
        before = find_package(path, str(old))
        after = find_package(package_path(str(news.get("package"))), str(new))
        if after is None:
            return []
        if before is None:
            return [
                "what changes inside is not shown: the package that was imported last is neither "
                f"at {path} nor in the git history of it"
            ]
        found = compare_packages(contents_of(before, str(path)), contents_of(after, "package"))
    except PowerAutomateError:
        # A package that cannot be read is refused where it is declared.
        return []
    lines = [
        *(change.sentence for change in found.changes if change.kind != "version-changed"),
        *(
            change.sentence if flow.before is None or flow.after is None
            else f"{flow.name}: {change.sentence}"
            for flow in found.flows
            for change in flow.changes
        ),
    ]  # fmt: skip
    if len(lines) > _MOST_LINES:
        lines[_MOST_LINES - 1 :] = [f"… and {len(lines) - _MOST_LINES + 1} more changes."]
    return lines
