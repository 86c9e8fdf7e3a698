"""Texts that no file can hold are refused before anything is written."""

from __future__ import annotations

import pytest

from pulumi_powerautomate.adoption.import_file import refuse_halves
from pulumi_powerautomate.errors import InvalidInputError


@pytest.mark.parametrize("value", ["a\ud800", {"b": ["\udc00"]}, {"\ud800": 1}])
def test_halves_of_surrogates(value: object) -> None:
    """Wherever it stands, half of a pair is named; a whole pair is a character."""
    refuse_halves({"inputs": {"name": "\U0001f600 日次"}})
    with pytest.raises(InvalidInputError, match="half of a pair of surrogates"):
        refuse_halves({"inputs": {"name": value}})
