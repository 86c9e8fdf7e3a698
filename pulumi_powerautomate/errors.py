"""
Everything this package raises on purpose.

```
PowerAutomateError             the root: one line saying what, where, and what to do
├─ InvalidInputError           a value was refused before any request was sent
│  └─ DefinitionError          a document cannot be read as a flow
├─ ConfigurationError          a setting is missing, malformed or contradicts another
│  └─ WrongEnvironmentError    the resource lives in another environment than the settings name
├─ AuthenticationError         no token, or the service refused the one we have
├─ TransportError              no usable answer: refused, cut, timed out, not Dataverse
│  └─ LostResponseError          the request may have been carried out all the same
│     └─ NotDataverseError     somebody else answered: a redirect, a web page
├─ ConflictError               somebody else changed what was to be written; it was not overwritten
├─ InDoubtError                a write may have been applied or not, and looking did not tell
│  └─ UnfinishedImportError    an import was started and not followed to its end
├─ SolutionOperationError      an import, export, promotion or uninstall failed: its code
├─ RunsNotKeptError            the environment does not tell about runs of flows
└─ DataverseError              the service returned an error: status, code, message, request id
   ├─ NotFoundError            404: the row is not there (or not visible to us)
   ├─ ForbiddenError           403: a privilege or an access right is missing
   ├─ PreconditionError        412: the row exists already, or changed since it was read
   └─ ThrottledError           429: over a service protection limit
```

`str(error)` is always a single line, free of secrets and of response bodies.
"""

from __future__ import annotations

from .redaction import redact
from .terminal import shown

_LONGEST_MESSAGE = 500
# A message of ours names things, and what it names may be of any length.
_LONGEST_LINE = 10_000


def one_line(text: str, longest: int = _LONGEST_MESSAGE) -> str:
    """A message from elsewhere on one line of bounded length, its secrets masked."""
    folded = shown(" ".join(redact(text).split()))
    return folded if len(folded) <= longest else folded[: longest - 1] + "…"


class PowerAutomateError(Exception):
    """
    The root of every error raised on purpose; `str()` is one line.

    Attributes:
        in_doubt: whether the request, or an earlier try of it, may have been carried out all the
            same. Callers look before they act again.
    """

    in_doubt: bool = False

    @property
    def may_be_done(self) -> bool:
        """The former name of `in_doubt`."""
        import warnings

        warnings.warn("may_be_done is called in_doubt now.", DeprecationWarning, stacklevel=2)
        return self.in_doubt

    def __str__(self) -> str:
        # Names and values stand in messages, and the engine prints these as they are.
        text = shown(super().__str__())
        return text if len(text) <= _LONGEST_LINE else text[: _LONGEST_LINE - 1] + "…"


class InvalidInputError(PowerAutomateError):
    """A value was refused before any request was sent."""


class DefinitionError(InvalidInputError):
    """
    A document cannot be read as a flow at all.

    Attributes:
        path: where in the document; empty for the whole.
        message: what is wrong there.
        line: the line of the text, when only that is known; otherwise 1.
    """

    def __init__(self, path: str, message: str, line: int = 1) -> None:
        self.path = path
        self.message = message
        self.line = line
        super().__init__(f"{path}: {message}" if path else message)


class ConfigurationError(PowerAutomateError):
    """A setting is missing, malformed, or contradicts another one."""


class WrongEnvironmentError(ConfigurationError):
    """
    A resource lives in another environment than the one that the settings name.

    Nothing was sent. Raised as well for a state of an earlier release that does not record its
    environment and that nothing in the configured one matches.
    """


class AuthenticationError(PowerAutomateError):
    """
    No token could be had, or the service refused the one we sent.

    Attributes:
        code: the identity service's own code, such as `AADSTS7000215`, when it gave one.
    """

    def __init__(self, message: str, code: str = "") -> None:
        super().__init__(message)
        self.code = code


class TransportError(PowerAutomateError):
    """No usable answer came back, and nothing was changed by the request."""


class LostResponseError(TransportError):
    """
    The request was sent but its response never arrived whole.

    Whether the service carried it out is unknown: callers look before they act again.
    """

    in_doubt = True


class NotDataverseError(LostResponseError):
    """
    Somebody else answered: a proxy, a gateway, a sign-in page.

    At an address where no Dataverse has answered before, the address is wrong; elsewhere the
    request may have passed through.
    """


class ConflictError(PowerAutomateError):
    """Somebody else changed what was to be written, and overwriting it was not asked for."""


class InDoubtError(PowerAutomateError):
    """A write may have been applied or not, and looking it up did not tell."""

    in_doubt = True


class UnfinishedImportError(InDoubtError):
    """
    An import was started, or may have been, and nobody followed it to its end.

    Attributes:
        job_id: id of its import job.
    """

    def __init__(self, message: str, job_id: str) -> None:
        super().__init__(message)
        self.job_id = job_id


class SolutionOperationError(PowerAutomateError):
    """
    The service did not import, export, promote or uninstall a solution.

    Attributes:
        code: the code of the failure, `0x…`; empty when there is none.
    """

    def __init__(self, message: str, code: str = "") -> None:
        super().__init__(message)
        self.code = code


class RunsNotKeptError(PowerAutomateError):
    """The environment does not tell about runs: no such table, no privilege, or none are kept."""


class DataverseError(PowerAutomateError):
    """
    The service answered, and the response was a refusal.

    Attributes:
        status: the HTTP status.
        code: Dataverse's code such as `0x80040217`, or empty when the response had none.
        detail: the service's message, whole.
        request_id: `x-ms-service-request-id`, which Microsoft's support asks for.
    """

    def __init__(
        self,
        action: str,
        *,
        status: int,
        code: str = "",
        detail: str = "",
        request_id: str = "",
        remedy: str = "",
    ) -> None:
        self.status = status
        self.code = code
        detail = redact(detail)
        self.detail: str = detail
        self.request_id = request_id
        parts = [f"{action}: HTTP {status}" + (f" {code}" if code else "")]
        if detail:
            parts[0] += f" {one_line(detail).rstrip('.')}."
        else:
            parts[0] += "."
        if remedy:
            parts.append(remedy)
        if request_id:
            parts.append(f"(request id {request_id})")
        super().__init__(" ".join(parts))


class NotFoundError(DataverseError):
    """404: the row does not exist, or is not visible to the caller."""


class ForbiddenError(DataverseError):
    """403: a privilege or an access right is missing."""


class PreconditionError(DataverseError):
    """412: a row with this id exists already, or the row changed since it was read."""


class ThrottledError(DataverseError):
    """429: a service protection limit was exceeded and did not clear before the deadline."""
