"""
Pulumi's resource options on a dynamic resource: carried out, or refused, never passed over.

The engine carries some of them out by comparing properties, which a dynamic provider's answers do
not let it do; and a misspelt name is no error to it.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping
from typing import Any

import pulumi

# What `diff` and the lines of a preview need to know of the options; absent without any.
OPTIONS = "__options"

# Those that name properties.
_NAMING = ("ignore_changes", "replace_on_changes", "hide_diffs", "additional_secret_outputs")


class OptionsError(pulumi.RunError, TypeError):
    """A resource option that is not one, or that cannot be carried out."""


def options_of(value: Any, kind: str, name: str) -> pulumi.ResourceOptions | None:
    """
    A resource's second argument.

    Raises:
        OptionsError: it is something else, such as the inputs as a dict.
    """
    if value is None or isinstance(value, pulumi.ResourceOptions):
        return value
    raise OptionsError(
        "Expected resource options to be a ResourceOptions instance, and got a "
        f"{type(value).__name__}. Inputs are given by name: "
        f"{kind}({name!r}, …=…, opts=ResourceOptions(…))."
    )


def apply_options(
    opts: pulumi.ResourceOptions,
    props: Mapping[str, Any],
    *,
    where: str,
    import_hint: str,
    travels_as: Mapping[str, tuple[str, ...]],
) -> dict[str, Any] | None:
    """
    Check the options; what the engine leaves undone is written into them or returned.

    Args:
        opts: the resource's own options, which may be changed.
        props: its inputs and outputs by name.
        where: the resource, as a message begins.
        import_hint: what to do instead of `import_`.
        travels_as: the properties that stand for an input of the program, what is compared first;
            an input that is named here is a text or a file to the engine, with nothing inside.

    Returns:
        The options that `check` and `diff` of the provider need, or None.

    Raises:
        OptionsError: an option cannot be carried out.
    """
    if opts.import_ is not None:
        raise OptionsError(
            f"{where}: import_ cannot be carried out by a dynamic provider. {import_hint}"
        )
    known = {key for key in props if not key.startswith("__")}
    for option in _NAMING:
        for path in getattr(opts, option, None) or ():
            _check_path(path, known, f"{where}: {option}")
    for path in opts.ignore_changes or ():
        if _root(path) in travels_as and path != _root(path):
            raise OptionsError(
                f"{where}: ignore_changes: {path!r} lies inside of {_root(path)}, which is one "
                f'text to the engine; ignore "{_root(path)}" as a whole, or leave the part out of '
                "what the program declares."
            )
    for path in opts.replace_on_changes or ():
        if path not in ("*", _root(path)):
            raise OptionsError(
                f"{where}: replace_on_changes: {path!r} lies inside of an input; name the whole "
                f'"{_root(path)}".'
            )
    if opts.ignore_changes:
        more = [key for path in opts.ignore_changes for key in travels_as.get(path, ())]
        opts.ignore_changes = [*opts.ignore_changes, *more]
    replacing = set(opts.replace_on_changes or ())
    if "*" in replacing:
        replacing = known
    told: dict[str, Any] = {}
    if replacing:
        compared = {key: travels_as.get(key, (key,))[0] for key in sorted(replacing)}
        told["replace_on_changes"] = compared
    hidden = sorted({_root(path) for path in getattr(opts, "hide_diffs", None) or ()})
    if hidden:
        told["hide_diffs"] = hidden
    return told or None


def replaced(olds: Mapping[str, Any], news: Mapping[str, Any]) -> list[str]:
    """Which changed inputs the resource's `replace_on_changes` names."""
    wanted = (news.get(OPTIONS) or {}).get("replace_on_changes") or {}
    return [key for key, compared in wanted.items() if olds.get(compared) != news.get(compared)]


def hides(news: Mapping[str, Any], name: str) -> bool:
    """Whether the resource's `hide_diffs` names an input."""
    return name in ((news.get(OPTIONS) or {}).get("hide_diffs") or ())


def _root(path: str) -> str:
    return re.split(r"[.\[]", path.removeprefix('["').replace('"]', "", 1), maxsplit=1)[0]


def _check_path(path: str, known: set[str], where: str) -> None:
    root = _root(path)
    if root in known or path == "*":
        return
    near = difflib.get_close_matches(root.lower(), known, n=1, cutoff=0.6)
    hint = f"did you mean {near[0]!r}?" if near else f"there are {', '.join(sorted(known))}."
    raise OptionsError(f"{where}: there is no property {root!r}; {hint}")
