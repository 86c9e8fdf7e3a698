"""The site's source: pages of sdk-docs, examples, changelog and reference, in one folder."""

from __future__ import annotations

import re
import shutil
from importlib.metadata import metadata
from pathlib import Path
from posixpath import normpath

from . import messages, reference, versions
from .contents import chapters

ROOT = Path(__file__).resolve().parents[2]
_PAGES = ROOT / "sdk-docs"
_EXAMPLES = ROOT / "examples"
_LINK = re.compile(r"(?<!!)\[((?:[^\]\[]|\[[^\]]*\])*)\]\(([^)\s]+)\)")
_IMAGE = re.compile(r"!\[([^\]]*)\]\(([^)\s]+)\)")
_FENCED = re.compile(r"(?ms)^( *```.*?^ *```$)")
_ABSOLUTE = re.compile(r"[a-z]+:")


def _repository() -> str:
    """The address of the repository; empty where the package names none."""
    urls = metadata("pulumi-powerautomate").get_all("Project-URL") or []
    named = {name: url for name, _, url in (item.partition(", ") for item in urls)}
    return str(named.get("Repository") or named.get("Source") or "").removesuffix(".git")


def stage(folder: Path) -> None:
    """Write the whole source of the site into a new folder."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    names = {path.stem for path in _PAGES.glob("*.md")}
    for name in names:
        _write(folder / f"{name}.md", (_PAGES / f"{name}.md").read_text("utf-8"), "sdk-docs")
    if (_PAGES / "pictures").exists():
        shutil.copytree(_PAGES / "pictures", folder / "pictures")
    examples = _stage_examples(folder)
    made = {**reference.pages(), "messages.md": messages.page(), "versions.md": versions.page()}
    for name, text in made.items():
        _write(folder / "reference" / name, text, "sdk-docs/reference")
    _write(folder / "changelog.md", (ROOT / "CHANGELOG.md").read_text("utf-8"), ".")
    _add_navigation(folder / "index.md", names, examples, sorted(made))


def _stage_examples(folder: Path) -> list[str]:
    found = []
    for page in sorted(_EXAMPLES.glob("*/README.md")):
        name = page.parent.name
        _write(folder / "examples" / f"{name}.md", page.read_text("utf-8"), f"examples/{name}")
        found.append(name)
    return found


def _write(path: Path, text: str, place: str) -> None:
    """Write a page, its links turned from the repository's files to the site's pages."""
    path.parent.mkdir(parents=True, exist_ok=True)
    up = "../" if "/" in place else ""
    pieces = _FENCED.split(text)
    for number in range(0, len(pieces), 2):
        piece = _LINK.sub(lambda found: _turned(found, place, up), pieces[number])
        pieces[number] = _IMAGE.sub(lambda found: _shown(found, place, up), piece)
    path.write_text("".join(pieces), "utf-8")


def _shown(found: re.Match[str], place: str, up: str) -> str:
    picture = normpath(f"{place}/{found[2]}").removeprefix("sdk-docs/")
    return f"![{found[1]}]({up}{picture})"


def _turned(found: re.Match[str], place: str, up: str) -> str:
    text, target = found[1], found[2]
    if target.startswith("#") or _ABSOLUTE.match(target):
        return found[0]
    path, _, anchor = target.partition("#")
    whole = normpath(f"{place}/{path}")
    page = _page_of(whole)
    if page:
        return f"[{text}]({up}{page}{'#' if anchor else ''}{anchor})"
    home = _repository()
    return f"[{text}]({home}/blob/main/{whole})" if home else text


def _page_of(path: str) -> str:
    """The site's page for a file or folder of the repository; empty without one."""
    if path.startswith("sdk-docs/"):
        return path.removeprefix("sdk-docs/")
    if path == "CHANGELOG.md":
        return "changelog.md"
    example = re.fullmatch(r"examples/([\w-]+)(/README\.md)?", path)
    if example and (_EXAMPLES / example[1] / "README.md").exists():
        return f"examples/{example[1]}.md"
    return ""


def _add_navigation(
    index: Path, names: set[str], examples: list[str], reference_pages: list[str]
) -> None:
    trees = {
        **chapters(names),
        "Examples": [f"examples/{name}" for name in examples],
        "Reference": [f"reference/{name.removesuffix('.md')}" for name in reference_pages],
    }
    trees["Help"].append("changelog")
    text = index.read_text("utf-8")
    for heading, pages in trees.items():
        listed = "\n".join(pages)
        text += f"\n```{{toctree}}\n:hidden:\n:caption: {heading}\n\n{listed}\n```\n"
    index.write_text(text, "utf-8")
