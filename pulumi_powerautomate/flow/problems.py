"""What can be wrong with a definition."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from ..errors import InvalidInputError
from ..terminal import shown


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


@dataclass(frozen=True)
class Problem:
    """
    One finding: what, where, and what to do.

    Attributes:
        code: stable, such as `FLOW101`; `validation.RULES` lists them.
        path: where in the definition, such as `actions.Send_mail.inputs`.
    """

    code: str
    severity: Literal["error", "warning"]
    path: str
    message: str
    remedy: str

    def __str__(self) -> str:
        return shown(f"definition.{self.path}: {self.message} {self.remedy} [{self.code}]")
