"""
The Dataverse Web API as this package uses it.

`DataverseClient` is one environment seen by one identity. It is cheap to make and sends nothing
until it is asked to: `requests` and `msal` are loaded with the first request.
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from ..config import Connection

if TYPE_CHECKING:
    from .auth import TokenSource
    from .bindings.requests import References
    from .components import SolutionComponents
    from .environments import Discovery
    from .flows.bulk_read import FlowReader
    from .flows.requests import Workflows
    from .flows.runs import Runs
    from .http.transport import Transport
    from .principals import Directory
    from .shares.bulk_read import ShareReader
    from .shares.requests import Access
    from .solutions.containers import Containers
    from .solutions.requests import Solutions
    from .whoami import Identity

__all__ = ["DataverseClient"]


class DataverseClient:
    """
    One environment, one identity, one pool of connections shared by all threads.

    Args:
        connection: where and as whom.
        max_concurrency: how many requests may be out at once, 1 to the service's limit of 52.
        tokens: what signs in, when something has signed in for this connection already.
    """

    def __init__(
        self, connection: Connection, max_concurrency: int = 32, tokens: TokenSource | None = None
    ) -> None:
        self.connection = connection
        self._max_concurrency = max_concurrency
        self._tokens = tokens

    @cached_property
    def transport(self) -> Transport:
        """The HTTP transport."""
        from .http.transport import Transport

        return Transport(self.connection, self._max_concurrency, self._tokens)

    @cached_property
    def workflows(self) -> Workflows:
        """The table of flows."""
        from .flows.requests import Workflows

        return Workflows(self.transport)

    @cached_property
    def flow_reader(self) -> FlowReader:
        """The same, read for many flows at once."""
        from .flows.bulk_read import FlowReader

        return FlowReader(self.workflows, self.solution_components)

    @cached_property
    def access(self) -> Access:
        """Who flows are shared with."""
        from .shares.requests import Access

        return Access(self.transport)

    @cached_property
    def share_reader(self) -> ShareReader:
        """The same, read for many flows at once."""
        from .shares.bulk_read import ShareReader

        return ShareReader(self.access)

    @cached_property
    def directory(self) -> Directory:
        """Users and teams."""
        from .principals import Directory

        return Directory(self.transport)

    @cached_property
    def solutions(self) -> Solutions:
        """Solutions and their imports."""
        from .solutions.requests import Solutions

        return Solutions(self.transport)

    @cached_property
    def containers(self) -> Containers:
        """Publishers, and unmanaged solutions as rows."""
        from .solutions.containers import Containers

        return Containers(self.transport)

    @cached_property
    def references(self) -> References:
        """Connection references and environment variables."""
        from .bindings.requests import References

        return References(self.transport)

    @cached_property
    def runs(self) -> Runs:
        """Runs of flows."""
        from .flows.runs import Runs

        return Runs(self.transport)

    @cached_property
    def solution_components(self) -> SolutionComponents:
        """Which solutions a flow belongs to."""
        from .components import SolutionComponents

        return SolutionComponents(self.transport)

    @cached_property
    def identity(self) -> Identity:
        """Who we are here, and what we may do."""
        from .whoami import Identity

        return Identity(self.transport)

    @cached_property
    def discovery(self) -> Discovery:
        """The environments there are; no environment needs to be configured."""
        from .environments import Discovery

        return Discovery(self.connection, tokens=self._tokens)

    def traffic_summary(self) -> str:
        """Request counts so far, in a sentence; empty when there are none."""
        return self.transport.traffic.summary() if "transport" in self.__dict__ else ""

    def close(self) -> None:
        """Close the connections, if any were opened."""
        for part in ("transport", "discovery"):
            if part in self.__dict__:
                self.__dict__[part].close()
