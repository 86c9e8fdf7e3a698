"""Users and teams: who a program means when it names somebody."""

from __future__ import annotations

import difflib
import threading
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from ..errors import DataverseError, InvalidInputError
from .http.odata import guid, literal
from .http.transport import Transport

_MOST_CANDIDATES = 5
_NAMES_PER_REQUEST = 50
_SAMPLE = 1000
_LIKENESS = 0.6

# By kind: entity set, key column, columns to show, and the columns of each way of naming.
_TABLES: Mapping[str, tuple[str, str, tuple[str, ...], Mapping[str, tuple[str, ...]]]] = {
    "user": (
        "systemusers",
        "systemuserid",
        ("internalemailaddress", "domainname", "fullname"),
        {
            "email": ("internalemailaddress", "domainname"),
            "entra_object_id": ("azureactivedirectoryobjectid",),
        },
    ),
    "team": (
        "teams",
        "teamid",
        ("name",),
        {"name": ("name",), "entra_object_id": ("azureactivedirectoryobjectid",)},
    ),
}


@dataclass(frozen=True)
class Owner:
    """Who owns a row: a user or a team, by Dataverse id."""

    kind: Literal["user", "team"]
    id: str

    @property
    def bind(self) -> str:
        """The form that `@odata.bind` takes; teams need the leading slash."""
        return f"/{'systemusers' if self.kind == 'user' else 'teams'}({self.id})"


def _ways(principal: Mapping[str, str]) -> tuple[Literal["user", "team"], str, str]:
    """Kind of a principal, how it is named, and the name."""
    way, value = next((way, value) for way, value in principal.items() if way != "type")
    return "team" if principal["type"] == "team" else "user", way, value


class Directory:
    """Looks principals up, each once per process; safe to share between threads."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport
        self._known: dict[tuple[str, str, str], Owner] = {}
        self._lock = threading.Lock()

    def resolve(self, principal: Mapping[str, str]) -> Owner:
        """
        The user or team that a principal stands for; one given by id costs no request.

        Raises:
            InvalidInputError: nobody, or more than one, goes by that name; candidates are listed.
        """
        given = self.known(principal)
        if given is not None:
            return given
        kind, way, value = _ways(principal)
        key = (kind, way, value.lower())
        # One lock for all: threads that start with one name must not ask one by one.
        with self._lock:
            if key not in self._known:
                self._known[key] = self._look_up(kind, way, value)
            return self._known[key]

    def known(self, principal: Mapping[str, str]) -> Owner | None:
        """The user or team that a principal stands for, if no request is needed to tell."""
        kind, way, value = _ways(principal)
        if way == "id":
            return Owner(kind, guid(value))
        with self._lock:
            return self._known.get((kind, way, value.lower()))

    def holds(self, who: Owner) -> bool:
        """Whether the environment has a user or team with an id."""
        entity_set, key, _, _ = _TABLES[who.kind]
        path = f"{entity_set}?$select={key}&$filter={key} eq {guid(who.id)}"
        return bool(self._rows(path, who.id))

    def name_of(self, who: Owner) -> dict[str, str]:
        """How a person would name a principal: e-mail address, team name, or the id."""
        entity_set, key, shown, _ = _TABLES[who.kind]
        path = f"{entity_set}?$select={','.join(shown)}&$filter={key} eq {guid(who.id)}"
        try:
            row = next(iter(self._rows(path, who.id)), {})
        except DataverseError:
            row = {}
        name = next((row[column] for column in shown[:2] if row.get(column)), "")
        way = "email" if who.kind == "user" else "name"
        return {"type": who.kind, way: str(name)} if name else {"type": who.kind, "id": who.id}

    def names_of(self, principals: Iterable[Owner]) -> dict[Owner, str]:
        """How people call several principals, in few requests; who is not visible is left out."""
        names: dict[Owner, str] = {}
        everybody = set(principals)
        for kind, (entity_set, key, shown, _) in _TABLES.items():
            wanted = {guid(who.id): who for who in everybody if who.kind == kind}
            ids = sorted(wanted)
            for start in range(0, len(ids), _NAMES_PER_REQUEST):
                part = ids[start : start + _NAMES_PER_REQUEST]
                condition = " or ".join(f"{key} eq {id_}" for id_ in part)
                path = f"{entity_set}?$select={','.join(shown)}&$filter={condition}"
                for row in self._rows(path, f"{len(part)} {entity_set}"):
                    name = next((row[column] for column in shown if row.get(column)), "")
                    who = wanted.get(str(row[key]).lower())
                    if name and who is not None:
                        names[who] = str(name)
        return names

    def users(self, *, name: str | None, enabled: bool | None) -> Iterator[dict[str, Any]]:
        """Users, by part of their name or address, in order of name."""
        conditions = []
        if name is not None:
            text = literal(name)
            parts = (f"contains({column},{text})" for column in _TABLES["user"][2])
            conditions.append(f"({' or '.join(parts)})")
        if enabled is not None:
            conditions.append(f"isdisabled eq {'false' if enabled else 'true'}")
        return self._transport.pages(
            "systemusers?$select=fullname,internalemailaddress,domainname,isdisabled,"
            "azureactivedirectoryobjectid,applicationid&$orderby=fullname"
            + (f"&$filter={' and '.join(conditions)}" if conditions else ""),
            action="List users",
        )

    def teams(self, *, name: str | None) -> Iterator[dict[str, Any]]:
        """Teams, by part of their name, in order of name."""
        return self._transport.pages(
            "teams?$select=name,azureactivedirectoryobjectid&$orderby=name"
            + (f"&$filter=contains(name,{literal(name)})" if name is not None else ""),
            action="List teams",
        )

    def _look_up(self, kind: str, way: str, value: str) -> Owner:
        entity_set, key, shown, ways = _TABLES[kind]
        wanted = guid(value) if way == "entra_object_id" else literal(value)
        condition = " or ".join(f"{column} eq {wanted}" for column in ways[way])
        found = self._rows(f"{entity_set}?$select={','.join(shown)}&$filter={condition}", value)
        if len(found) == 1:
            return Owner("team" if kind == "team" else "user", str(found[0][key]))
        what = f"{kind} with {way} {value!r}"
        if found:
            listed = "; ".join(f"{row[shown[0]]} ({row[key]})" for row in found[:_MOST_CANDIDATES])
            raise InvalidInputError(f"More than one {what}: {listed}. Name the one by its id.")
        names = self._rows(f"{entity_set}?$select={','.join(shown)}&$top={_SAMPLE}", value)
        known = [str(row[column]) for row in names for column in shown if row.get(column)]
        near = _similar(value, dict.fromkeys(known))
        hint = f"Did you mean {', '.join(near)}?" if near else "Check the name and environment_url."
        raise InvalidInputError(f"There is no {what} in this environment. {hint}")

    def _rows(self, path: str, value: str) -> list[dict[str, Any]]:
        transport = self._transport
        response = transport.send(
            "GET", path, action=f"Look up {value!r}", deadline=transport.deadline()
        )
        return list(response.rows)


def _similar(value: str, known: Iterable[str]) -> list[str]:
    """Names that somebody may have meant: alike before the @, for what all share is no likeness."""
    own = value.lower().partition("@")[0]
    by_own: dict[str, list[str]] = {}
    for name in known:
        by_own.setdefault(name.lower().partition("@")[0], []).append(name)
    near = difflib.get_close_matches(own, by_own, n=_MOST_CANDIDATES, cutoff=_LIKENESS)
    return [name for key in near for name in by_own[key]][:_MOST_CANDIDATES]
