"""
What a reviewer gets to read: a preview as the comment of a pull request.

Reads the text that `pulumi preview --json` prints and writes Markdown; runs nothing, sends nothing.
"""

from __future__ import annotations

from .markdown import fenced
from .preview import Preview, Step, read_preview
from .report import report
from .sections import changes_in_markdown

__all__ = ["Preview", "Step", "changes_in_markdown", "fenced", "read_preview", "report"]
