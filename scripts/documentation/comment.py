"""A report as the comment of a pull request, seen in Chromium."""

from __future__ import annotations

import re
import shutil
import subprocess
import tempfile
from pathlib import Path

from markdown_it import MarkdownIt

_STYLE = """
body { margin: 0; padding: 16px; width: 860px; background: #fff; color: #1f2328;
  font: 14px/1.5 -apple-system, "Segoe UI", "Noto Sans", "DejaVu Sans", sans-serif; }
.box { border: 1px solid #d1d9e0; border-radius: 6px; }
.head { background: #f6f8fa; border-bottom: 1px solid #d1d9e0; border-radius: 6px 6px 0 0;
  padding: 8px 16px; color: #59636e; }
.head b { color: #1f2328; }
.body { padding: 16px; }
h2 { font-size: 1.5em; margin: 0 0 16px; padding-bottom: .3em; border-bottom: 1px solid #d1d9e0b3; }
h3, h4 { margin: 24px 0 12px; }
table { border-collapse: collapse; margin: 0 0 16px; }
td, th { border: 1px solid #d1d9e0; padding: 6px 13px; }
tr:nth-child(2n) { background: #f6f8fa; }
code { background: #818b981f; border-radius: 6px; padding: .2em .4em; font-size: 85%; }
pre { background: #f6f8fa; border-radius: 6px; padding: 16px; overflow: hidden; }
pre code { background: none; padding: 0; }
"""


def draw(path: Path, report: str) -> None:
    """
    Write a picture of the report; what is folded in a comment stays folded.

    Raises:
        SystemExit: there is no Chromium.
    """
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    if chromium is None:
        raise SystemExit("error: the picture of the report takes Chromium.")
    body = MarkdownIt("gfm-like", {"linkify": False, "html": True}).render(report)
    page = (
        f"<!doctype html><title>0</title><meta charset=utf-8><style>{_STYLE}</style>"
        f"<div class=box><div class=head><b>github-actions</b> bot commented</div>"
        f"<div class=body>{body}</div></div>"
    )
    page += "<script>document.title = document.documentElement.offsetHeight</script>"
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "comment.html"
        file.write_text(page, "utf-8")
        command = [chromium, "--headless", "--no-sandbox", "--hide-scrollbars"]
        height = re.search(r"<title>(\d+)", _run([*command, "--dump-dom", file.as_uri()]))
        size = f"--window-size=892,{height[1] if height else 760}"
        _run([*command, size, f"--screenshot={path}", file.as_uri()])


def _run(command: list[str]) -> str:
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout
