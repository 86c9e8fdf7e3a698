"""Folders of users: what is theirs stays, whatever a package holds and whenever a run ends."""

from __future__ import annotations

import io
import os
import resource
import signal
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from pulumi_powerautomate.errors import InvalidInputError
from pulumi_powerautomate.solution import normalized, pack, packed, read_bytes, unpack
from tests.harness.packages import SECOND, FlowPart, package

THEIRS = {
    ".git/config": "[remote]\n\turl = https://token@github.com/contoso/flows\n",
    ".git/objects/ab/cd": "object",
    ".gitignore": "*.zip\n",
    ".venv/pyvenv.cfg": "home = /usr\n",
    ".venv/lib/site.py": "import os\n",
    "README.md": "# Ours\n",
    "mine/thesis.txt": "years of work",
    "node_modules/x/index.js": "x",
    "Other/notes.txt": "notes",
    "Workflows/.DS_Store": "finder",
    "Workflows/.First.json.swp": "editor",
    "Workflows/.git": "gitdir: elsewhere",
    "WebResources/node_modules/x.js": "x",
}


def _parts(data: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def _with(data: bytes, **more: bytes) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in {**_parts(data), **more}.items():
            archive.writestr(name, content)
    return made.getvalue()


def _files(folder: Path) -> dict[str, str]:
    return {
        path.relative_to(folder).as_posix(): path.read_text("utf-8", "replace")
        for path in folder.rglob("*")
        if path.is_file()
    }


@pytest.fixture
def one(tmp_path: Path) -> bytes:
    """A package."""
    return package(tmp_path / "one.zip", FlowPart()).read_bytes()


@pytest.fixture
def two(tmp_path: Path) -> bytes:
    """A later one, with another flow and with parts of an unknown kind."""
    data = package(tmp_path / "two.zip", FlowPart(SECOND, "Second"), version="2.0.0.0")
    return _with(data.read_bytes(), **{"newthings/a/newthing.xml": b"<newthing/>"})


@pytest.fixture
def repository(tmp_path: Path, one: bytes) -> Path:
    """A repository whose root is an unpacked solution."""
    folder = tmp_path / "repository"
    for name, text in THEIRS.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
    (folder / "Other" / "Solution.xml").write_text("<ImportExportXml/>")
    unpack(one, folder)
    return folder


def test_their_files_stay(repository: Path, one: bytes, two: bytes) -> None:
    """Only parts of a solution are replaced and removed, and only they are packed."""
    found = packed(repository)
    assert found.data == normalized(one)
    assert found.left_out == ("README.md", "mine", "node_modules")
    unpack(two, repository)
    files = _files(repository)
    assert {name: files[name] for name in THEIRS} == THEIRS
    assert not any("First-" in name for name in files)
    assert pack(repository) == normalized(two)
    unpack(one, repository)
    assert not (repository / "newthings").exists()
    assert pack(repository) == normalized(one)
    assert {name: _files(repository)[name] for name in THEIRS} == THEIRS


def test_this_folder(repository: Path, two: bytes) -> None:
    """The folder `.`, as people who stand in it say."""
    (repository.parent / "two.zip").write_bytes(two)
    for arguments in (("unpack", "../two.zip", "."), ("pack", ".", "../again.zip")):
        done = subprocess.run(
            [sys.executable, "-m", "pulumi_powerautomate.cli", *arguments],
            cwd=repository,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
    assert done.stderr == "left out, no parts of a solution: README.md, mine, node_modules\n"
    assert (repository.parent / "again.zip").read_bytes() == normalized(two)
    assert (repository / ".git" / "config").exists()


def test_parts_with_dots_are_kept(tmp_path: Path, one: bytes) -> None:
    """Parts whose names begin with a dot, or that look like an editor's, come back."""
    names = (
        "WebResources/contoso_/.config.json",
        "powerpagecomponents/a/filecontent/.nojekyll",
        "powerpagecomponents/a/.well-known/assetlinks.json",
        "Workflows/Thumbs.db",
        "WebResources/node_modules/x.js",
        "PluginAssemblies/p/p.dll.data.xml",
        "CanvasApps/contoso_app_d1.data.xml",
        "odd--name/part--x.xml",
        "part-at-the-top.xml",
        "Other/part.xml",
    )
    data = _with(one, **dict.fromkeys(names, b"content"))
    unpack(data, tmp_path / "folder")
    assert pack(tmp_path / "folder") == normalized(data)


def _link_in_the_place_of_a_part(folder: Path) -> None:
    part = next((folder / "Workflows").glob("*.json"))
    part.unlink()
    part.symlink_to("/etc/hostname")


def _link_beside_the_parts(folder: Path) -> None:
    (folder / "Workflows" / "x.json").symlink_to("/etc/hostname")


def _folder_that_is_a_link(folder: Path) -> None:
    (folder / "WebResources").rename(folder.parent / "elsewhere")
    (folder / "WebResources").symlink_to(folder.parent / "elsewhere")


def _manifest_that_is_a_link(folder: Path) -> None:
    (folder / "Other" / "Solution.xml").rename(folder.parent / "Solution.xml")
    (folder / "Other" / "Solution.xml").symlink_to(folder.parent / "Solution.xml")


@pytest.mark.parametrize(
    "trap",
    [
        _link_in_the_place_of_a_part,
        _link_beside_the_parts,
        _folder_that_is_a_link,
        _manifest_that_is_a_link,
    ],
)
def test_links_are_not_followed(
    trap: Callable[[Path], None], repository: Path, one: bytes, two: bytes
) -> None:
    """The target of a link is neither packed nor replaced nor removed."""
    trap(repository)
    outside = _files(repository.parent)
    with pytest.raises(InvalidInputError, match="is a link") as caught:
        pack(repository)
    assert "\n" not in str(caught.value)
    for data in (one, two):
        with pytest.raises(InvalidInputError, match="is a link"):
            unpack(data, repository)
    assert _files(repository.parent) == outside


def test_target_that_is_a_link(tmp_path: Path, repository: Path, two: bytes) -> None:
    """A link as the folder is not replaced by one."""
    (tmp_path / "link").symlink_to(repository)
    before = _files(repository)
    with pytest.raises(InvalidInputError, match="name the folder that it leads to"):
        unpack(two, tmp_path / "link")
    assert (tmp_path / "link").is_symlink()
    assert _files(repository) == before


def _in_a_child(action: Callable[[], object]) -> None:
    """Run something in a process that may die of it."""
    child = os.fork()
    if child == 0:
        try:
            action()
        except BaseException:
            os._exit(1)
        os._exit(0)
    os.waitpid(child, 0)


_WRITES = ("os.rename", "os.remove", "os.mkdir", "os.rmdir", "open", "shutil.rmtree")


@pytest.mark.skipif(not hasattr(os, "fork"), reason="a process is killed in the middle")
def test_killed_at_every_moment(tmp_path: Path, one: bytes, two: bytes) -> None:
    """A run that is killed leaves the earlier solution or the later one, and their files."""
    outcomes = set()
    for moment in range(1, 200):
        folder = tmp_path / f"folder-{moment}"
        folder.mkdir()
        (folder / "README.md").write_text("# Ours\n")
        unpack(one, folder)
        seen = 0

        def strike(event: str, _arguments: object, moment: int = moment) -> None:
            nonlocal seen
            seen += event in _WRITES
            if seen == moment:
                os.kill(os.getpid(), signal.SIGKILL)

        def killed(folder: Path = folder) -> None:
            sys.addaudithook(strike)
            unpack(two, folder)
            (folder / "ended").touch()

        _in_a_child(killed)
        found = read_bytes(pack(folder), "the folder").version
        outcomes.add(found)
        assert pack(folder) == normalized({"1.0.0.0": one, "2.0.0.0": two}[found]), moment
        assert (folder / "README.md").read_text() == "# Ours\n"
        assert [path.name for path in folder.glob(".*")] == [], moment
        if (folder / "ended").exists():
            break
    assert (folder / "ended").exists()
    assert outcomes == {"1.0.0.0", "2.0.0.0"}


@pytest.mark.skipif(not hasattr(os, "fork"), reason="the limit is for a process of its own")
def test_full_disk(tmp_path: Path, repository: Path, two: bytes) -> None:
    """Without room everything stays as it was, with nothing left over."""
    large = _with(two, **{"WebResources/large.bin": os.urandom(200_000)})
    before = _files(repository)

    def limited() -> None:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))
        try:
            unpack(large, repository)
        except InvalidInputError as error:
            (tmp_path / "said").write_text(str(error))
        unpack_to = tmp_path / "new"
        try:
            unpack(large, unpack_to)
        except InvalidInputError:
            (tmp_path / "twice").touch()

    _in_a_child(limited)
    assert "cannot be written: File too large." in (tmp_path / "said").read_text()
    assert (tmp_path / "twice").exists()
    assert not (tmp_path / "new").exists()
    assert _files(repository) == before


def test_a_planted_stage_is_refused(repository: Path, one: bytes) -> None:
    """A folder that looks like one of an interrupted run cannot have files removed or written."""
    victim = repository.parent / "victim"
    victim.write_text("precious")
    stage = repository / ".pulumi-powerautomate-unpacking"
    for gone, new in (('["../victim"]', "Workflows/a.json"), ("[]", ".git/hooks/pre-commit")):
        (stage / "new" / new).parent.mkdir(parents=True)
        (stage / "new" / new).write_text("#!/bin/sh\n")
        (stage / "go.json").write_text(gone)
        for action in (lambda: pack(repository), lambda: unpack(one, repository)):
            with pytest.raises(InvalidInputError, match="remove it"):
                action()
        assert victim.read_text() == "precious"
        assert not (repository / ".git" / "hooks").exists()
        subprocess.run(["rm", "-r", str(stage)], check=True)


def test_pack_keeps_a_good_file(tmp_path: Path, repository: Path) -> None:
    """A folder that gives no readable package does not replace one."""
    target = tmp_path / "good.zip"
    target.write_bytes(b"the good one")
    (repository / "Other" / "Solution.xml").write_text("<broken")
    done = subprocess.run(
        [
            *(sys.executable, "-m", "pulumi_powerautomate.cli"),
            *("pack", str(repository), str(target)),
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert "not well-formed XML" in done.stderr
    assert target.read_bytes() == b"the good one"


def test_folders_that_pac_has_unpacked(tmp_path: Path, repository: Path, one: bytes) -> None:
    """Its documents of processes are taken as they are, and the part it leaves out is added."""
    (repository / "Other" / "[Content_Types].xml").unlink()
    for path in (repository / "Workflows").glob("*.data.xml"):
        text = '<?xml version="1.0" encoding="utf-8"?>\n' + path.read_text("utf-8")
        path.write_text("\ufeff" + text, "utf-8")
    customizations = repository / "Other" / "Customizations.xml"
    lines = customizations.read_text("utf-8")
    start, end = lines.index("<!-- "), lines.index(" -->") + 4
    customizations.write_text(
        '<?xml version="1.0" encoding="utf-8"?>\n'
        + lines.replace(lines[start:end], "").replace("<Workflows></Workflows>", "<Workflows />"),
        "utf-8",
    )
    data = pack(repository)
    found = read_bytes(data, "the package")
    assert [flow.name for flow in found.flows] == ["First"]
    types = _parts(data)["[Content_Types].xml"]
    assert b'Extension="json"' in types
    assert b'Extension="xml"' in types
    (repository / "Entities" / "Account").mkdir(parents=True)
    with pytest.raises(InvalidInputError, match="only `pac solution pack` puts together"):
        pack(repository)


HOSTILE = (
    *(".git/config", ".GIT/hooks/post-checkout", "Workflows/.git/config", "a/.gi\u200ct/config"),
    *("a/git~1/config", "a/.git /config", "a/.git./config", ".github/workflows/x.yml"),
    *(".vscode/tasks.json", ".envrc", "/etc/passwd", "../x", "a/../../x", "C:/x", "c:x", "a//b"),
    *(
        "./x",
        "a/./b",
        "a/CON",
        "a/con.json",
        "NUL",
        "a/nul.tar.gz",
        "aux.xml",
        "LPT1",
        "a/COM\u00b9",
    ),
    *("a/x:ads", "a/trailing.", "a/trailing ", "trailing./x", "a\\b", "..\\x", "a/\x1bx"),
    "a/\nx",
)


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_names(name: str, tmp_path: Path, one: bytes) -> None:
    """Refused in one line before anything is written."""
    with pytest.raises(InvalidInputError, match="the package") as caught:
        unpack(_with(one, **{name: b"x"}), tmp_path / "folder")
    assert "\n" not in str(caught.value)
    assert not (tmp_path / "folder").exists()
    with pytest.raises(InvalidInputError):
        read_bytes(_with(one, **{name: b"x"}), "the package")


@pytest.mark.parametrize(
    "names",
    [
        ("a/stra\u00dfe.json", "a/STRASSE.json"),
        ("a/\u00e9.json", "a/e\u0301.json"),
        ("a/x.json", "A/X.JSON"),
        ("a/x", "a/x/y"),
        ("a/x/y", "A/X"),
        ("Other", "x/y"),
        ("Other/Solution.xml", "x/y"),
        ("Workflows/First.json.data.xml", "x/y"),
    ],
)
def test_colliding_names(names: tuple[str, str], tmp_path: Path, one: bytes) -> None:
    """Two names that are one on some systems, or in the unpacked folder, are refused."""
    content = b"<Workflow />" if names[0].endswith(".data.xml") else b"x"
    with pytest.raises(InvalidInputError) as caught:
        unpack(_with(one, **dict.fromkeys(names, content)), tmp_path / "folder")
    assert "\n" not in str(caught.value)
    assert not (tmp_path / "folder").exists()


def test_names_in_the_customizations(tmp_path: Path, one: bytes) -> None:
    """The name of a process's file does not lead out of the folder."""
    parts = _parts(one)
    name = next(name for name in parts if name.startswith("Workflows/"))
    for hostile in ("Workflows/../../evil.json", "../evil.json", "/.git/hooks/x"):
        text = parts["customizations.xml"].replace(name.encode(), hostile.encode())
        folder = tmp_path / "deep" / "folder"
        try:
            unpack(_with(one, **{"customizations.xml": text}), folder)
        except InvalidInputError:
            assert not folder.exists()
        written = [path for path in tmp_path.rglob("*") if "evil" in path.name]
        assert written == []
        assert not (folder / ".git").exists()


def test_long_names(tmp_path: Path, one: bytes) -> None:
    """A name that no file system holds can be imported, and is not unpacked."""
    name = "\u65e5" * 100
    data = _with(one, **{f"Workflows/{name}.json": b"{}"})
    assert read_bytes(data, "the package").unique_name == "Contoso"
    with pytest.raises(InvalidInputError, match="more than 255 bytes"):
        unpack(data, tmp_path / "folder")
    assert not (tmp_path / "folder").exists()
