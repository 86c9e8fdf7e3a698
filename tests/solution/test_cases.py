"""Packages and folders that people met: the same after unpack and pack, or one line why not."""

from __future__ import annotations

import hashlib
import io
import zipfile
from pathlib import Path

import pytest

from pulumi_powerautomate.cli import main
from pulumi_powerautomate.errors import InvalidInputError
from pulumi_powerautomate.solution import contents_of, pack, read_contents, read_package, unpack
from pulumi_powerautomate.solution.difference import compare_packages
from tests.harness.cases import FOLDER

WHOLE = (
    "base", "many-flows-special-names", "zip-bom", "zip-canvas-only", "zip-datafile", "zip-dirs",
    "zip-dotfiles", "zip-japanese", "zip-odd-names", "zip-stored", "zip-utf16", "zip-zip64",
)  # fmt: skip
REFUSED = {
    "zip-no-content-types": r"\[Content_Types\].xml",
    "zip-backslash": "backslash|file of flow",
    "zip-japanese-noflag-utf8": "UTF-8",
    "zip-japanese-cp932": "UTF-8",
    "zip-legacy-flow": "not a single flow",
}


def _parts(data: bytes) -> dict[str, str]:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return {
            name: hashlib.sha256(archive.read(name)).hexdigest()
            for name in archive.namelist()
            if not name.endswith("/")
        }


@pytest.mark.parametrize("name", WHOLE)
def test_unpack_and_pack_give_the_same(name: str, tmp_path: Path) -> None:
    """Nothing is lost or moved, and nothing differs."""
    data = (FOLDER / f"{name}.zip").read_bytes()
    unpack(data, tmp_path / "folder")
    again = pack(tmp_path / "folder")
    assert _parts(again) == _parts(data)
    assert not compare_packages(contents_of(data, name), contents_of(again, name))


@pytest.mark.parametrize("name", REFUSED)
def test_refused_in_one_line(name: str) -> None:
    """Before anything is sent."""
    with pytest.raises(InvalidInputError, match=REFUSED[name]) as refused:
        read_package(FOLDER / f"{name}.zip")
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize("name", ["pacfolder", "pacfolder2"])
def test_folders_of_pac_are_packed(name: str) -> None:
    """With their flows, and the file that the service looks for first."""
    packed = contents_of(pack(FOLDER / name), name)
    assert {flow.row["name"] for flow in packed.flows.values()} == {"First", "Second"}
    assert "[Content_Types].xml" in packed.parts
    assert read_contents(FOLDER / name).flows.keys() == packed.flows.keys()


def test_a_folder_of_packages_is_validated(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Packages in it are read, other archives passed over; nothing at all is an error."""
    for name in ("base", "zip-legacy-flow"):
        (tmp_path / f"{name}.zip").write_bytes((FOLDER / f"{name}.zip").read_bytes())
    assert main(["validate", str(tmp_path)]) == 0
    assert capsys.readouterr().out == "2 flows: 0 errors, 0 warnings\n"
    (tmp_path / "base.zip").unlink()
    assert main(["validate", str(tmp_path)]) == 2
    assert "nothing was checked" in capsys.readouterr().err
    assert main(["validate", str(FOLDER / "zip-canvas-only.zip")]) == 0


def test_rules_are_overruled_on_the_command_line_and_in_a_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Everywhere, or for files whose path matches; a code of no rule is refused."""
    (tmp_path / "old").mkdir()
    for place in ("old/flow.json", "new.json"):
        text = (FOLDER / "typo-runsAfter.json").read_bytes()
        (tmp_path / place).write_bytes(text)
    monkeypatch.chdir(tmp_path)
    assert main(["validate", "."]) == 1
    assert main(["validate", ".", "--ignore", "FLOW606,flow110"]) == 0
    config = tmp_path / ".pulumi-powerautomate.json"
    config.write_text('{"validate": {"files": {"old/*.json": ["FLOW110"]}}}', "utf-8")
    capsys.readouterr()
    assert main(["validate", "."]) == 1
    assert "2 flows: 1 error" in capsys.readouterr().out
    config.write_text('{"validate": {"ignore": ["FLOW110"]}}', "utf-8")
    assert main(["validate", "."]) == 0
    config.write_text('{"validate": {"ignore": ["FLOW999"]}}', "utf-8")
    assert main(["validate", "."]) == 2
    assert "there is no rule 'FLOW999'" in capsys.readouterr().err
    config.write_text('{"rules": []}', "utf-8")
    assert main(["validate", "."]) == 2
