"""
The text that a reviewer reads: a preview as the comment of a pull request.

Reads the text that `pulumi preview --json` prints and writes Markdown; runs nothing, sends nothing.
"""

from __future__ import annotations

from .markdown import fenced
from .packages import package_in_markdown
from .preview import Preview, Step, read_preview
from .report import report, report_document
from .sections import changes_in_markdown

__all__ = [
    "Preview",
    "Step",
    "changes_in_markdown",
    "fenced",
    "package_in_markdown",
    "read_preview",
    "report",
    "report_document",
]
