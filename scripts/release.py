"""
A release, step by step, as the release workflow and `make package` run it.

    python scripts/release.py check [TAG]     version, changelog and addresses fit together
    python scripts/release.py build FOLDER    wheel and sdist, the same bytes each time
    python scripts/release.py sbom FOLDER     what is installed with the wheel, as CycloneDX
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
import venv
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
_SBOM = "cyclonedx-bom==7.5.0"


def main(arguments: list[str]) -> int:
    """Run one step."""
    steps: dict[str, Callable[..., list[str] | None]] = {
        "check": check,
        "build": build,
        "sbom": sbom,
    }
    if not arguments or arguments[0] not in steps:
        print(__doc__, file=sys.stderr)
        return 2
    problems = steps[arguments[0]](*arguments[1:]) or []
    for problem in problems:
        print(f"error: {problem}", file=sys.stderr)
    return 1 if problems else 0


def check(tag: str = "") -> list[str]:
    """The obstacles to a release of this version."""
    project, changelog = _read("pyproject.toml"), _read("CHANGELOG.md")
    version = _one(r'(?m)^version = "([^"]+)"', project)
    repository = _one(r'(?m)^Repository = "([^"]+)"', project)
    problems = []
    if tag and tag != f"v{version}":
        problems.append(f"the tag is {tag}, and pyproject.toml has version {version}.")
    if not re.search(rf"(?m)^## \[{re.escape(version)}\] - \d{{4}}-\d\d-\d\d$", changelog):
        problems.append(f"CHANGELOG.md has no heading `## [{version}] - YYYY-MM-DD`.")
    # Links in the package and on its index page lead there: it must be the place that publishes.
    server, place = os.environ.get("GITHUB_SERVER_URL"), os.environ.get("GITHUB_REPOSITORY")
    if server and place and repository.lower() != f"{server}/{place}".lower():
        problems.append(f"Repository in pyproject.toml is {repository}, not {server}/{place}.")
    return problems


def build(folder: str) -> None:
    """Write wheel and sdist; times in them are those of the last commit."""
    stamp = subprocess.run(
        ["git", "log", "-1", "--format=%ct"], cwd=ROOT, capture_output=True, text=True
    ).stdout.strip()
    environ = {**os.environ, **({"SOURCE_DATE_EPOCH": stamp} if stamp else {})}
    command = [
        sys.executable,
        "-m",
        "hatchling",
        "build",
        "--directory",
        str(Path(folder).resolve()),
    ]
    subprocess.run(command, cwd=ROOT, env=environ, check=True)


def sbom(folder: str) -> None:
    """Install the wheel of a folder by itself, and write `sbom.cdx.json` beside it."""
    (wheel,) = Path(folder).glob("*.whl")
    with tempfile.TemporaryDirectory() as temporary:
        installed, tool = Path(temporary) / "installed", Path(temporary) / "tool"
        for place, packages in ((installed, [str(wheel)]), (tool, [_SBOM])):
            venv.create(place, with_pip=place == tool)
            _pip(tool if place == tool else sys.executable, place, packages)
        subprocess.run(
            [
                *(str(tool / "bin" / "cyclonedx-py"), "environment", "--sv", "1.6", "--of", "JSON"),
                *("--output-reproducible", "--pyproject", str(ROOT / "pyproject.toml")),
                *("-o", str(Path(folder) / "sbom.cdx.json"), str(installed / "bin" / "python")),
            ],
            check=True,
        )


def _pip(owner: Path | str, place: Path, packages: list[str]) -> None:
    python = str(owner / "bin" / "python") if isinstance(owner, Path) else owner
    target = [] if isinstance(owner, Path) else ["--python", str(place)]
    pip = [python, "-m", "pip", "--disable-pip-version-check", "--quiet", *target, "install"]
    subprocess.run([*pip, *packages], check=True)


def _read(name: str) -> str:
    return (ROOT / name).read_text("utf-8")


def _one(pattern: str, text: str) -> str:
    found = re.search(pattern, text)
    if found is None:
        raise SystemExit(f"error: nothing fits {pattern}.")
    return found[1]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
