"""Numbers that lost digits on their way here are refused."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..errors import InvalidInputError
from .wire import EXACT


def refuse_inexact(value: Any, where: str) -> None:
    """
    Refuse structured values with integers that the protocol's numbers may have rounded.

    Raises:
        InvalidInputError: it names the place.
    """
    if isinstance(value, Mapping):
        for key, item in value.items():
            refuse_inexact(item, f"{where}.{key}")
    elif isinstance(value, (list, tuple)):
        for number, item in enumerate(value):
            refuse_inexact(item, f"{where}[{number}]")
    elif isinstance(value, (int, float)) and abs(value) >= EXACT:
        raise InvalidInputError(
            f"{where} is a number of 2^53 or more, which does not arrive exactly; give the "
            "definition as JSON text."
        )
