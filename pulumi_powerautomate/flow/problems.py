"""Problems of a definition, and documents that are none."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from ..errors import DefinitionError
from ..terminal import shown


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


__all__ = ["DefinitionError", "Problem"]
