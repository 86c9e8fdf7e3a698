"""Users and teams: who a program means when it names somebody."""

from __future__ import annotations

from collections.abc import Mapping

from ..errors import InvalidInputError
from .transport import Transport
from .workflows import Owner


class Directory:
    """Looks principals up, each once per process."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def resolve(self, principal: Mapping[str, str]) -> Owner:
        """The user or team that a principal stands for; one given by id costs no request."""
        if "id" in principal:
            return Owner("team" if principal["type"] == "team" else "user", principal["id"])
        raise InvalidInputError(f"{principal!r} has no id.")
