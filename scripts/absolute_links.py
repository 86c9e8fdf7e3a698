"""
The README as a package index shows it: its links, which begin at the repository, made absolute.

A metadata hook of hatchling's; in a checkout the README's own links work as they are. Where a
release is built (`RELEASE` names its tag), the package is about to be where its name leads, so how
it is installed is told by the name; everywhere else it is not.
"""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any

from hatchling.metadata.plugin.interface import MetadataHookInterface

_UNTIL_RELEASED = re.compile(r"(?s)<!-- until released -->\n.*?<!-- released -->\n")
_INSTALL = re.compile(r"(?m)^\$ pip install \. .*$")
_BY_NAME = (
    "$ pip install pulumi-powerautomate               # 'pulumi-powerautomate[emulator]' adds the "
    "local Dataverse"
)
_LINK = re.compile(r"(?<=\]\()(?!(?:[a-z]+:|#))([^)\s]+)")


class AbsoluteLinks(MetadataHookInterface):
    """Fills `readme` of the project's metadata."""

    def update(self, metadata: dict[str, Any]) -> None:
        """Called by hatchling, with what stands in `pyproject.toml`."""
        text = Path(self.root, "README.md").read_text("utf-8")
        tag = f"v{metadata['version']}"
        readme = absolute(text, metadata["urls"]["Repository"], tag)
        if os.environ.get("RELEASE") == tag:
            readme = _INSTALL.sub(_BY_NAME, _UNTIL_RELEASED.sub("", readme))
        metadata["readme"] = {"content-type": "text/markdown", "text": readme}


def absolute(text: str, repository: str, version: str) -> str:
    """
    A page whose relative links lead to a version of the repository.

    Args:
        text: Markdown.
        repository: address of the repository.
        version: a tag, so that the page of an old release leads to old pages.
    """
    return _LINK.sub(rf"{repository}/blob/{version}/\1", text)
