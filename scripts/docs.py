"""
`make docs`: build the documentation site into build/docs/site, and look at it with a browser.

What the site needs beside the package is installed when it is missing: the extra `docs`. Pages are
looked at where there are Chromium and Node; without them the build says so.
"""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
_BUILD = ROOT / "build" / "docs"
_NEEDED = ("sphinx", "furo", "myst_parser", "sphinx_copybutton")


def main() -> None:
    """Install, write the source, build, check."""
    sys.path.insert(0, str(ROOT))
    if any(importlib.util.find_spec(name) is None for name in _NEEDED):
        _install()
    from scripts.documentation import accessibility, staging

    source, site = _BUILD / "source", _BUILD / "site"
    staging.stage(source)
    command = [
        *(sys.executable, "-m", "sphinx", "-q", "-W", "--keep-going", "-E"),
        *("-c", str(ROOT / "scripts" / "documentation")),
        *("-d", str(_BUILD / "doctrees"), str(source), str(site)),
    ]
    if subprocess.call(command, cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)}):
        sys.exit("error: the site has mistakes; see the lines above.")
    print(f"The site is at {site / 'index.html'}")
    sys.exit(accessibility.check(site, _BUILD))


def _install() -> None:
    print("Installing what the site needs (once) …", flush=True)
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "install", "--quiet"]
    if subprocess.call([*pip, "--no-build-isolation", "-e", f"{ROOT}[docs]"]):
        sys.exit("error: the packages of the extra `docs` could not be installed.")
    importlib.invalidate_caches()


if __name__ == "__main__":
    main()
