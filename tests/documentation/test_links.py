"""Links lead somewhere: files, pages and anchors; addresses elsewhere by their form."""

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.documentation.blocks import ROOT, pages

_FENCED = re.compile(r"(?ms)^ *(```|~~~).*?^ *\1 *$")
_LINK = re.compile(r"\[(?:[^\]\[]|\[[^\]]*\])*\]\(([^)\s]+)\)")
_HEADING = re.compile(r"(?m)^#{1,6} +(.+?) *$")
_PAGES = [*pages(), ROOT / "CHANGELOG.md"]


def _prose(page: Path) -> str:
    return _FENCED.sub("", page.read_text("utf-8"))


def anchor(heading: str) -> str:
    """
    The anchor that GitHub makes of a heading: lower case, spaces as hyphens, no punctuation.

    This is `TableOfContentsFilter` of github/html-pipeline, whose word characters are Unicode's.
    """
    return re.sub(r"[^\w\- ]", "", heading.lower().strip()).replace(" ", "-")


def anchors(text: str) -> set[str]:
    """The anchors of a page, as GitHub makes them: the second of equal ones has a number."""
    found: set[str] = set()
    for heading in _HEADING.findall(_FENCED.sub("", text)):
        name = anchor(re.sub(r"`|\*\*|\[([^\]]*)\]\([^)]*\)", r"\1", heading))
        number, unique = 0, name
        while unique in found:
            number += 1
            unique = f"{name}-{number}"
        found.add(unique)
    return found


@pytest.mark.parametrize("page", _PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_links(page: Path) -> None:
    """Of a page: every file is there, every anchor is a heading, every address is whole."""
    broken = []
    for target in _LINK.findall(_prose(page)):
        address = urlsplit(target)
        if address.scheme:
            whole = address.scheme in ("https", "mailto") and "." in address.netloc + address.path
            broken += [] if whole else [target]
            continue
        path = (page.parent / address.path).resolve() if address.path else page
        is_there = path.exists() and path.is_relative_to(ROOT)
        if is_there and address.fragment:
            is_there = path.suffix == ".md" and address.fragment in anchors(path.read_text("utf-8"))
        broken += [] if is_there else [target]
    assert broken == []


def test_broken_ones_are_found() -> None:
    """Anchors of headings with code and punctuation, and of two that are equal."""
    text = "# A\n## What works: `doctor`\n## A\n```\n# not one\n```\n"
    assert anchors(text) == {"a", "what-works-doctor", "a-1"}


def test_every_page_of_the_site_can_be_reached() -> None:
    """From its first page, by links."""
    folder = ROOT / "sdk-docs"
    reached, todo = set(), [folder / "index.md"]
    while todo:
        page = todo.pop()
        if page in reached or page.suffix != ".md" or not page.is_relative_to(folder):
            continue
        reached.add(page)
        for target in _LINK.findall(_prose(page)):
            path = target.partition("#")[0]
            if path and ":" not in path:
                todo.append((page.parent / path).resolve())
    assert {path.name for path in folder.glob("*.md")} == {path.name for path in reached}
