"""Ten pages in Chromium, wide and narrow, light and dark, judged by axe-core."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

_BROWSER = Path(__file__).parent / "browser"
_PAGES = (
    "index",
    "getting-started",
    "sign-in",
    "review",
    "testing",
    "troubleshooting",
    "examples/fleet",
    "reference/CloudFlow",
    "reference/settings",
    "reference/messages",
)
_GRAVE = ("serious", "critical")


def check(site: Path, build: Path) -> int:
    """
    Print what axe-core finds; pictures of the pages go to `build/docs/pictures`.

    Returns:
        An exit code: 1 when something is wrong, 0 when nothing is or nobody could look.
    """
    chromium, node = shutil.which("chromium") or shutil.which("google-chrome"), shutil.which("node")
    npm = shutil.which("npm")
    if not (chromium and node and npm):
        print("Not looked at: that takes Chromium, Node and npm.")
        return 0
    tools, pictures = build / "browser", build / "pictures"
    shutil.rmtree(pictures, ignore_errors=True)
    pictures.mkdir(parents=True)
    shutil.copytree(_BROWSER, tools, dirs_exist_ok=True)
    install = [npm, "install", "--silent", "--no-audit", "--no-fund"]
    if subprocess.call(install, cwd=tools):
        print("Not looked at: npm could not install axe-core and puppeteer-core.")
        return 0
    addresses = [(site / f"{name}.html").as_uri() for name in _PAGES]
    done = subprocess.run(
        [node, "look.mjs", chromium, str(pictures), *addresses],
        cwd=tools,
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    return _tell(json.loads(done.stdout))


def _tell(found: list[dict[str, Any]]) -> int:
    for item in found:
        where = item["where"][0] if item["where"] else ""
        print(
            f"{item['impact']}: {item['page']} ({item['kind']}, {item['scheme']}): {item['help']} "
            f"[{item['id']}, {len(item['where'])}x] {where}"
        )
    grave = sum(item["impact"] in _GRAVE for item in found)
    print(
        f"{len(_PAGES)} pages looked at: {grave} serious violations, {len(found) - grave} others."
    )
    return 1 if grave else 0
