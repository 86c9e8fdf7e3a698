"""The file that says which policies hold, and how."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from ..errors import InvalidInputError, PowerAutomateError

Level = Literal["mandatory", "advisory", "disabled"]

LEVELS: tuple[Level, ...] = ("mandatory", "advisory", "disabled")
STATES = ("on", "off")
KINDS = ("team", "user")
# "Who can trigger the flow?" in the designer: any user of the tenant, or specific ones.
AUTHENTICATIONS = ("Tenant", "User")
# The rights of shares in the order of their bits, and what the portal's two ways stand for.
RIGHTS = ("read", "write", "append", "append_to", "create", "delete", "share", "assign")
ROLES: Mapping[str, tuple[str, ...]] = {
    "co-owner": ("read", "write", "append", "append_to", "delete", "share"),
    "run-only": ("read",),
}
# By policy: its members and what each may be.
MEMBERS: Mapping[str, Mapping[str, str]] = {
    "connectors": {"allowed": "names", "blocked": "names"},
    "owner": {"kinds": "kinds"},
    "sharing": {"kinds": "kinds", "domains": "names", "access": "access"},
    "http-triggers": {"authentication": "authentication"},
    "secrets": {},
    "naming": {"pattern": "pattern"},
    "states": {"stacks": "states"},
}
_NAMED: Mapping[str, tuple[str, ...]] = {
    "kinds": KINDS,
    "access": (*RIGHTS, *ROLES),
    "authentication": AUTHENTICATIONS,
}


@dataclass(frozen=True)
class Settings:
    """
    The settings of the policies that hold.

    Attributes:
        levels: by policy; `mandatory` stops, `advisory` tells.
        options: by policy, what its members say.
    """

    levels: Mapping[str, Level] = field(default_factory=dict)
    options: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)

    def level(self, policy: str) -> Level:
        """The level of a policy; one that is not named does not hold."""
        return self.levels.get(policy, "disabled")

    def with_options(self, policy: str, more: Mapping[str, Any]) -> Settings:
        """The same with further options of one policy, as Pulumi hands them over."""
        if not more:
            return self
        checked = settings_of({policy: dict(more)}, f"the configuration of {policy}")
        options = {**self.options.get(policy, {}), **checked.options[policy]}
        return Settings(self.levels, {**self.options, policy: options})

    def enabled(self, policy: str) -> Settings:
        """The same with a policy that holds, whatever the file says."""
        return Settings({**self.levels, policy: "mandatory"}, self.options)


def read_settings(path: str | Path) -> Settings:
    """
    Read the file.

    Raises:
        InvalidInputError: it is missing, or says what no policy knows.
    """
    from ..flow import parse_json

    try:
        document = parse_json(Path(path).read_text("utf-8-sig"))
    except OSError as error:
        raise InvalidInputError(f"{path}: {error.strerror}.") from None
    except UnicodeDecodeError:
        raise InvalidInputError(f"{path} is not UTF-8; save it as UTF-8.") from None
    except PowerAutomateError as error:
        raise InvalidInputError(f"{path}: {error}") from None
    return settings_of(document, str(path))


def settings_of(document: Any, where: str) -> Settings:
    """
    Check what a file says.

    Args:
        document: an object, with a member for each policy that holds.
        where: how to call it in a message.

    Raises:
        InvalidInputError: it says what no policy knows.
    """
    if not isinstance(document, Mapping):
        raise InvalidInputError(f"{where} is not an object of policies.")
    levels: dict[str, Level] = {}
    options: dict[str, Mapping[str, Any]] = {}
    for policy, given in document.items():
        place = f"{where}: {policy}"
        if policy not in MEMBERS:
            raise InvalidInputError(f"{place} is no policy{_meant(policy, MEMBERS)}.")
        if not isinstance(given, Mapping):
            raise InvalidInputError(f"{place} is not an object; {{}} takes the defaults.")
        level = given.get("level", "mandatory")
        if level not in LEVELS:
            raise InvalidInputError(f"{place}.level is {level!r}; use {_either(LEVELS)}.")
        levels[policy] = level
        options[policy] = {
            name: _checked(MEMBERS[policy], name, value, place)
            for name, value in given.items()
            if name != "level"
        }
        _require(policy, options[policy], place)
    return Settings(levels, options)


def _checked(members: Mapping[str, str], name: str, value: Any, place: str) -> Any:
    if name not in members:
        known = [*members, "level"]
        raise InvalidInputError(f"{place} has no member {name!r}{_meant(name, known)}.")
    kind, place = members[name], f"{place}.{name}"
    if kind == "pattern":
        return _pattern(value, place)
    if kind == "states":
        if not isinstance(value, Mapping) or not set(value.values()) <= set(STATES):
            raise InvalidInputError(f'{place} is not like {{"dev": "off", "prod": "on"}}.')
        return dict(value)
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise InvalidInputError(f"{place} is not a list of texts.")
    for item in value:
        if kind in _NAMED and item not in _NAMED[kind]:
            raise InvalidInputError(
                f"{place} has {item!r}{_meant(item, _NAMED[kind])}; use {_either(_NAMED[kind])}."
            )
    return tuple(value)


def _pattern(value: Any, place: str) -> str:
    try:
        if isinstance(value, str):
            re.compile(value)
            return value
    except re.error as error:
        raise InvalidInputError(f"{place} is no regular expression ({error}).") from None
    raise InvalidInputError(f"{place} is not a text.")


def _require(policy: str, options: Mapping[str, Any], place: str) -> None:
    """Policies that say nothing without a member."""
    needed = {"connectors": ("allowed", "blocked"), "naming": ("pattern",), "states": ("stacks",)}
    if policy in needed and not set(needed[policy]) & set(options):
        raise InvalidInputError(f"{place} says nothing: give {_either(needed[policy])}.")


def _either(names: tuple[str, ...]) -> str:
    return " or ".join(filter(None, (", ".join(names[:-1]), names[-1])))


def _meant(given: str, known: Any) -> str:
    from difflib import get_close_matches

    found = get_close_matches(str(given), list(known), 1)
    return f"; did you mean {found[0]!r}?" if found else f"; there are {', '.join(known)}"
