"""
The Dataverse Web API as this package uses it.

`DataverseClient` is one environment seen by one identity. It is cheap to make and sends nothing
until it is asked to: `requests` and `msal` are loaded with the first request.
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from ..connection import Connection

if TYPE_CHECKING:
    from .access import Access
    from .auth import TokenSource
    from .directory import Directory
    from .discovery import Discovery
    from .identity import Identity
    from .references import References
    from .share_reader import ShareReader
    from .solution_members import SolutionMembers
    from .solutions import Solutions
    from .transport import Transport
    from .workflows import Workflows

__all__ = ["DataverseClient"]


class DataverseClient:
    """
    One environment, one identity, one pool of connections shared by all threads.

    Args:
        connection: where and as whom.
        lanes: how many requests may be out at once, from 1 to the service's limit of 52.
        tokens: what signs in, when something has signed in for this connection already.
    """

    def __init__(
        self, connection: Connection, lanes: int = 32, tokens: TokenSource | None = None
    ) -> None:
        self.connection = connection
        self._lanes = lanes
        self._tokens = tokens

    @cached_property
    def transport(self) -> Transport:
        """What sends the requests."""
        from .transport import Transport

        return Transport(self.connection, self._lanes, self._tokens)

    @cached_property
    def workflows(self) -> Workflows:
        """The table of flows."""
        from .workflows import Workflows

        return Workflows(self.transport)

    @cached_property
    def access(self) -> Access:
        """Who flows are shared with."""
        from .access import Access

        return Access(self.transport)

    @cached_property
    def share_reader(self) -> ShareReader:
        """The same, read for many flows at once."""
        from .share_reader import ShareReader

        return ShareReader(self.access)

    @cached_property
    def directory(self) -> Directory:
        """Users and teams."""
        from .directory import Directory

        return Directory(self.transport)

    @cached_property
    def solutions(self) -> Solutions:
        """Solutions and their imports."""
        from .solutions import Solutions

        return Solutions(self.transport)

    @cached_property
    def references(self) -> References:
        """Connection references and environment variables."""
        from .references import References

        return References(self.transport)

    @cached_property
    def solution_members(self) -> SolutionMembers:
        """Which solutions a flow belongs to."""
        from .solution_members import SolutionMembers

        return SolutionMembers(self.transport)

    @cached_property
    def identity(self) -> Identity:
        """Who we are here, and what we may do."""
        from .identity import Identity

        return Identity(self.transport)

    @cached_property
    def discovery(self) -> Discovery:
        """The environments there are; no environment needs to be configured."""
        from .discovery import Discovery

        return Discovery(self.connection, tokens=self._tokens)

    def close(self) -> None:
        """Close the connections, if any were opened."""
        for part in ("transport", "discovery"):
            if part in self.__dict__:
                self.__dict__[part].close()
