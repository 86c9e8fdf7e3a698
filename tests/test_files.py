"""
Files of ours: whole or not there, and private where nobody else may read them.

The second user and the full disk are real: the tests that need them run as root in a container, as
continuous integration does, and say so where they are skipped.
"""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from pulumi_powerautomate import files
from pulumi_powerautomate.client.auth import token_cache
from pulumi_powerautomate.client.solutions.import_log import failure_of
from pulumi_powerautomate.config import resolve
from pulumi_powerautomate.emulator import Emulator
from pulumi_powerautomate.errors import InvalidInputError
from pulumi_powerautomate.inputs.package import package_inputs, package_path
from tests.harness.packages import package

_LOG = (
    '<a><w><x id="1"><result result="failure" errorcode="0x80060468" errortext="boom"/></x></w></a>'
)
_JOB = "00000000-0000-4000-8000-000000000001"

posix = pytest.mark.skipif(os.name == "nt", reason="modes and owners are POSIX's")
as_root = pytest.mark.skipif(
    getattr(os, "getuid", lambda: 1)() != 0, reason="needs root, to have files of a second user"
)


def _mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@pytest.fixture
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder for temporary files."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(folder))
    return folder


@posix
def test_what_has_no_business_with_others_is_private(temporary: Path, tmp_path: Path) -> None:
    """Import log, package cache, token cache, wire log, database: 0600, in folders of 0700."""
    failure_of("Contoso", _JOB, _LOG, "", "")
    inputs = package_inputs(package(tmp_path / "p.zip").read_bytes())
    cached = package_path(inputs["package"])
    assert cached.exists()
    found = [path for path in temporary.rglob("*") if path.is_file()]
    assert len(found) == 2
    for path in found:
        assert (_mode(path), _mode(path.parent)) == (0o600, 0o700), path
    with Emulator(database=tmp_path / "rows.db"):
        for path in tmp_path.glob("rows.db*"):
            assert _mode(path) == 0o600, path


@posix
@pytest.mark.parametrize("mode", [0o644, 0o666, 0o640])
def test_what_is_there_becomes_private(mode: int, tmp_path: Path) -> None:
    """An existing log, token file or database that others can read is closed to them."""
    log, database = tmp_path / "wire.log", tmp_path / "rows.db"
    for path in (log, database):
        path.touch()
        path.chmod(mode)
    tmp_path.chmod(0o755)
    files.open_private_log(log).close()
    with Emulator(database=database):
        pass
    files.make_private(log)
    assert {_mode(log), _mode(database)} == {0o600}
    assert _mode(files.private_folder(tmp_path)) == 0o700


@posix
def test_token_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder and a file that were open before are closed before tokens go there."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    place = token_cache.location()
    place.parent.mkdir(mode=0o755)
    place.touch(mode=0o644)
    connection = resolve(
        environ={
            "POWERAUTOMATE_ENVIRONMENT_URL": "https://contoso.crm4.dynamics.com",
            "POWERAUTOMATE_TOKEN_CACHE": "plaintext",
        }
    )
    token_cache.token_cache(connection)
    assert (_mode(place), _mode(place.parent)) == (0o600, 0o700)


@posix
@pytest.mark.parametrize("trap", ["link in the folder", "folder is a link", "folder is a file"])
def test_links_in_shared_folders_are_not_followed(
    trap: str, temporary: Path, tmp_path: Path
) -> None:
    """A file that somebody lets our name lead to keeps its content."""
    victim = tmp_path / "victim"
    victim.write_text("precious")
    folder = temporary / f"pulumi-powerautomate-{os.getuid()}"
    if trap == "link in the folder":
        folder.mkdir()
        (folder / f"import-{_JOB}.xml").symlink_to(victim)
    elif trap == "folder is a link":
        elsewhere = tmp_path / "elsewhere"
        elsewhere.mkdir()
        folder.symlink_to(elsewhere)
    else:
        folder.write_text("in the way")
    said = str(failure_of("Contoso", _JOB, _LOG, "", ""))
    assert "boom" in said
    assert "\n" not in said
    assert victim.read_text() == "precious"
    if trap == "folder is a link":
        assert list((tmp_path / "elsewhere").iterdir()) == []


@posix
@as_root
def test_folder_of_somebody_else(temporary: Path, tmp_path: Path) -> None:
    """A folder of another user under our name is not used; the failure is told all the same."""
    folder = temporary / f"pulumi-powerautomate-{os.getuid()}"
    folder.mkdir(mode=0o777)
    os.chown(folder, 12345, 12345)
    said = str(failure_of("Contoso", _JOB, _LOG, "", ""))
    assert "belongs to somebody else" in said
    assert list(folder.iterdir()) == []
    inputs = package_inputs(package(tmp_path / "p.zip").read_bytes())
    assert "belongs to somebody else" in str(inputs)
    assert list(folder.iterdir()) == []
    log = tmp_path / "wire.log"
    log.touch(mode=0o666)
    os.chown(log, 12345, 12345)
    with pytest.raises(InvalidInputError, match="belongs to somebody else"):
        files.open_private_log(log)


@posix
def test_wire_log_into_a_link_is_refused(tmp_path: Path) -> None:
    """A log does not go where a link leads."""
    (tmp_path / "log").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(InvalidInputError, match="is a link"):
        files.open_private_log(tmp_path / "log")
    assert not (tmp_path / "elsewhere").exists()


@posix
def test_permissions_are_kept(tmp_path: Path) -> None:
    """A new file has those of the process, a changed one those that it had, a link its target."""
    before = os.umask(0o027)
    try:
        files.write_whole(tmp_path / "new", b"1")
    finally:
        os.umask(before)
    assert _mode(tmp_path / "new") == 0o640
    (tmp_path / "new").chmod(0o660)
    (tmp_path / "link").symlink_to("new")
    assert files.write_whole(tmp_path / "link", b"2")
    assert (tmp_path / "link").is_symlink()
    assert ((tmp_path / "new").read_bytes(), _mode(tmp_path / "new")) == (b"2", 0o660)
    assert not files.write_whole(tmp_path / "link", b"2")
    files.write_whole(tmp_path / "new", b"2", private=True)
    assert _mode(tmp_path / "new") == 0o600


@posix
@pytest.mark.parametrize("place", ["old", "new"])
def test_full_disk(place: str, tmp_path: Path) -> None:
    """No room: one line, the old file as it was, and nothing left over."""
    (tmp_path / "old").write_bytes(b"precious")
    # Another process, whose files the system keeps from growing as a full disk does.
    program = (
        "import resource, signal, sys\n"
        "from pulumi_powerautomate import files, errors\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (4096, resource.RLIM_INFINITY))\n"
        "try:\n"
        "    files.write_whole(sys.argv[1], bytes(100_000))\n"
        "except errors.InvalidInputError as error:\n"
        "    print(error)\n"
    )
    said = subprocess.run(
        [sys.executable, "-c", program, str(tmp_path / place)],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert "cannot be written: File too large." in said
    assert said.count("\n") == 1
    assert [path.name for path in tmp_path.iterdir()] == ["old"]
    assert (tmp_path / "old").read_bytes() == b"precious"


@posix
def test_devices_are_written_to(tmp_path: Path) -> None:
    """`-o /dev/stdout` and the like go on."""
    assert files.write_whole("/dev/null", b"text")
    assert stat.S_ISCHR(os.stat("/dev/null").st_mode)
    with pytest.raises(InvalidInputError, match="is a folder"):
        files.write_whole(tmp_path, b"text")


@posix
@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is always full")
def test_full_standard_output(tmp_path: Path) -> None:
    """A verb whose output goes to a full disk ends in one line."""
    (tmp_path / "flow.json").write_text('{"triggers": {}, "actions": {}}')
    with open("/dev/full", "wb") as full:
        done = subprocess.run(
            [
                *(sys.executable, "-m", "pulumi_powerautomate.cli"),
                *("diagram", str(tmp_path / "flow.json")),
            ],
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
    assert done.returncode == 2
    assert done.stderr == "error: the output cannot be written: No space left on device.\n"
