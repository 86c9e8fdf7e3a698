"""Nobody is told to install a name that somebody else might register; what is told works."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

from pulumi_powerautomate.adoption import program
from pulumi_powerautomate.requirement import install_line, requirement

ROOT = Path(__file__).resolve().parents[2]
_TEXTS = [
    *(path for path in ROOT.glob("*.md") if path.name != "CHANGELOG.md"),
    *(ROOT / "sdk-docs").rglob("*.md"),
    *(path for path in (ROOT / "examples").rglob("*") if path.suffix in (".txt", ".md", ".yml")),
    *(ROOT / "pulumi_powerautomate").rglob("*.py"),
]
# The name as pip is given it: with or without an extra or a version, and no address behind it.
_BY_NAME = re.compile(
    r"""(?mx)(?:pip[ ]install[^\n`]*?[ "']|^)pulumi[-_]powerautomate(?:\[[\w,]+\])?
    (?:[=<>~!][^@\s]*)?(?=["'`]|\s*$|[ ]+\#)"""
)


def test_no_text_tells_the_name() -> None:
    """Documentation, examples, pipelines and messages."""
    assert len(_TEXTS) > 100
    for path in _TEXTS:
        found = _BY_NAME.search(path.read_text("utf-8"))
        assert found is None, f"{path.relative_to(ROOT)}: {found and found[0]}"


def test_the_search_finds_it() -> None:
    """As it was told before."""
    for text in (
        "pulumi-powerautomate\n",
        "pulumi-powerautomate[emulator]\n",
        "$ pip install pulumi-powerautomate              # add",
        "run `pip install 'pulumi-powerautomate[cache]'`",
        "pulumi-powerautomate==0.1.0",
    ):
        assert _BY_NAME.search(text), text
    assert not _BY_NAME.search('pip install "pulumi-powerautomate @ file:///x"')


def _builds(arguments: list[str], folder: Path, into: Path) -> None:
    done = subprocess.run(
        [
            *(sys.executable, "-m", "pip", "wheel", "--no-deps", "--no-build-isolation"),
            *("--quiet", "--no-index", "--wheel-dir", str(into), *arguments),
        ],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert [path.name.partition("-")[0] for path in into.iterdir()] == ["pulumi_powerautomate"]


def test_requirements_of_examples(tmp_path: Path) -> None:
    """pip builds the package from the checkout, with no index at hand; most ask for the same."""
    files = list((ROOT / "examples").glob("*/requirements.txt"))
    assert len(files) >= 9
    asked = {file.read_text("utf-8"): file.parent for file in files}
    assert set(asked) <= {"../..\n", "../..[emulator]\n", "../..[policy]\n"}
    for number, folder in enumerate(asked.values()):
        _builds(["-r", "requirements.txt"], folder, tmp_path / str(number))


def test_requirements_of_adopted_programs(tmp_path: Path) -> None:
    """The line that `adopt` writes, and the one of hints, work in one go."""
    (tmp_path / "requirements.txt").write_text(program.requirements(), "utf-8")
    _builds(["-r", "requirements.txt"], tmp_path, tmp_path / "wheels")
    found = requirement("cache")
    assert found is not None
    assert f'"{found}"' in install_line("cache")
    _builds([found], tmp_path, tmp_path / "again")
