"""Programs of the page on testing run as they stand."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

PAGE = Path(__file__).resolve().parents[3] / "sdk-docs" / "testing.md"


def test_unit_tests_of_the_page(tmp_path: Path) -> None:
    """Program and tests, each in the file that the page names, without any configuration."""
    text = PAGE.read_text("utf-8")
    files = re.findall(r"`([\w.]+\.py)`:\n\n(?:<!--.*?-->\n)?```python\n(.*?)```", text, re.DOTALL)
    assert [name for name, _ in files] == ["__main__.py", "test_program.py"]
    for name, code in files:
        (tmp_path / name).write_text(code, "utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-c", os.devnull,
         "--rootdir", str(tmp_path), str(tmp_path)],
        cwd=tmp_path, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    assert "2 passed" in done.stdout
