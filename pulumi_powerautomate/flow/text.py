"""Lengths of texts, as the service counts them."""

from __future__ import annotations


def utf16_length(text: str) -> int:
    """The length in UTF-16 code units, which Dataverse counts: an emoji has two."""
    if text.isascii():
        return len(text)
    return len(text.encode("utf-16-le", "surrogatepass")) // 2
