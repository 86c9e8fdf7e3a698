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
    from .directory import Directory
    from .references import References
    from .runs import Runs
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
    """

    def __init__(self, connection: Connection, lanes: int = 32) -> None:
        self.connection = connection
        self._lanes = lanes

    @cached_property
    def transport(self) -> Transport:
        """What sends the requests."""
        from .transport import Transport

        return Transport(self.connection, self._lanes)

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
    def runs(self) -> Runs:
        """What flows did lately."""
        from .runs import Runs

        return Runs(self.transport)

    @cached_property
    def solution_members(self) -> SolutionMembers:
        """Which solutions a flow belongs to."""
        from .solution_members import SolutionMembers

        return SolutionMembers(self.transport)

    def close(self) -> None:
        """Close the connections, if any were opened."""
        if "transport" in self.__dict__:
            self.transport.close()
