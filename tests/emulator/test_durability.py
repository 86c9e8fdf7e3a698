"""A database file after crashes, locks and full disks."""

from __future__ import annotations

import contextlib
import json
import os
import random
import sqlite3
import threading
import time
from pathlib import Path

import pytest
import requests

from pulumi_powerautomate.emulator import Emulator
from tests.harness.emulator_api import FLOW, call, flow

# `KILLS=200` for the whole figure.
_KILLS = int(os.environ.get("KILLS", "3"))
_PARTS = 200


def _change_set(parts: int) -> bytes:
    requests_ = "".join(
        f"--c\r\nContent-Type: application/http\r\nContent-Transfer-Encoding: binary\r\n"
        f"Content-ID: {number}\r\n\r\nPOST workflows HTTP/1.1\r\n"
        f"Content-Type: application/json\r\n\r\n{json.dumps(_new_flow(number))}\r\n"
        for number in range(1, parts + 1)
    )
    return (
        "--b\r\nContent-Type: multipart/mixed; boundary=c\r\n\r\n"
        + requests_
        + "--c--\r\n--b--\r\n"
    ).encode()


def _new_flow(number: int) -> dict[str, object]:
    body = flow(f"Flow {number}")
    del body["workflowid"]
    return body


def _send(emulator: Emulator, body: bytes) -> requests.Response:
    return requests.post(
        f"{emulator.url}/api/data/v9.2/$batch",
        data=body,
        headers={
            "Authorization": "Bearer emulator",
            "Content-Type": "multipart/mixed; boundary=b",
        },
        timeout=120,
    )


def _stored(path: Path) -> int:
    with contextlib.closing(sqlite3.connect(path)) as database:
        (count,) = database.execute(
            "SELECT count(*) FROM rows WHERE entity = 'workflow'"
        ).fetchone()
        (health,) = database.execute("PRAGMA integrity_check").fetchone()
    assert health == "ok"
    return int(count)


def test_a_change_set_is_all_or_nothing_after_a_kill(tmp_path: Path) -> None:
    """However far a change set has come when the process dies: all of it is there, or nothing."""
    body = _change_set(_PARTS)
    chance = random.Random(18)
    seen = set()
    for number in range(_KILLS):
        path = tmp_path / f"{number}.db"
        emulator = Emulator(database=path)

        def send(emulator: Emulator = emulator) -> None:
            with contextlib.suppress(requests.RequestException):
                _send(emulator, body)

        sending = threading.Thread(target=send)
        sending.start()
        time.sleep(chance.uniform(0.0, 0.4))
        emulator.kill()
        sending.join()
        count = _stored(path)
        assert count in (0, _PARTS)
        seen.add(count)
    # With so many kills some come before the end of the change set, and some after it.
    assert seen == {0, _PARTS} or _KILLS < 50


def test_a_change_set_that_fails_leaves_nothing(tmp_path: Path) -> None:
    """Neither in memory nor in the file."""
    body = (
        _change_set(5)
        .replace(b'"category": 5', b'"category": 99', 5)
        .replace(b'"category": 99', b'"category": 5', 4)
    )
    with Emulator(database=tmp_path / "rows.db") as emulator:
        assert "0x8004431a" in _send(emulator, body).text
        assert emulator.control.rows("workflows") == []
        assert [item for item in emulator.control.commits() if item["entity"] == "workflow"] == []
    assert _stored(tmp_path / "rows.db") == 0


def test_two_emulators_do_not_share_a_file(tmp_path: Path) -> None:
    """The second one says why it does not start; after the first has ended, another one does."""
    path = tmp_path / "rows.db"
    with Emulator(database=path) as emulator:
        call(emulator, "POST", "workflows", flow())
        with pytest.raises(RuntimeError, match="another process uses this database"):
            Emulator(database=path)
    with Emulator(database=path) as emulator:
        assert [row["workflowid"] for row in emulator.control.rows("workflows")] == [FLOW]


def test_a_file_that_is_no_database_is_named(tmp_path: Path) -> None:
    """One line instead of a traceback."""
    path = tmp_path / "rows.db"
    path.write_text("This is a letter, not a database. " * 50, "utf-8")
    with pytest.raises(RuntimeError, match=r"rows\.db: SQLite cannot use it as a database"):
        Emulator(database=path)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs limits on file sizes")
def test_a_full_disk_is_an_answer(tmp_path: Path) -> None:
    """The request fails with the code of the database; the row is nowhere, and reads go on."""
    import resource
    import subprocess
    import sys

    ready, path = tmp_path / "ready.json", tmp_path / "rows.db"
    code = (
        "import resource, signal, sys;"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN);"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (400_000, 400_000));"
        "from pulumi_powerautomate.emulator.__main__ import main;"
        f"main(['--database', {str(path)!r}, '--ready-file', {str(ready)!r}])"
    )
    assert resource.RLIMIT_FSIZE is not None
    process = subprocess.Popen([sys.executable, "-c", code])
    try:
        for _ in range(300):
            if ready.exists():
                break
            time.sleep(0.1)
        url = json.loads(ready.read_text("utf-8"))["POWERAUTOMATE_ENVIRONMENT_URL"]
        big = {**flow(), "description": "x" * 90_000}
        headers = {"Authorization": "Bearer emulator"}
        root = f"{url}/api/data/v9.2/workflows"
        statuses = []
        for _ in range(12):
            big.pop("workflowid", None)
            response = requests.post(root, json=big, headers=headers, timeout=30)
            statuses.append(response.status_code)
        assert statuses[0] == 204
        assert statuses[-1] == 500
        assert response.json()["error"]["code"] == "0x80044150"
        counted = requests.get(f"{root}/$count", headers=headers, timeout=30).text
        assert int(counted) == statuses.count(204)
    finally:
        process.terminate()
        process.wait()
    assert _stored(path) == statuses.count(204)


def test_files_of_earlier_releases_are_completed(tmp_path: Path) -> None:
    """Rows get the columns that came later, people the roles; ids and values stay."""
    path = tmp_path / "rows.db"
    with Emulator(database=path) as emulator:
        call(emulator, "POST", "workflows", flow())
    later = ("rank", "xaml", "_owninguser_value", "_createdonbehalfby_value", "uidata")
    with contextlib.closing(sqlite3.connect(path)) as database:
        database.execute(
            "DELETE FROM rows WHERE entity IN ('role', 'systemuserroles', 'teamroles')"
        )
        for entity, row_id, data in database.execute("SELECT * FROM rows").fetchall():
            row = {name: value for name, value in json.loads(data).items() if name not in later}
            database.execute(
                "UPDATE rows SET data = ? WHERE entity = ? AND id = ?",
                (json.dumps(row), entity, row_id),
            )
        database.commit()
    with Emulator(database=path) as emulator:
        row = call(emulator, "GET", f"workflows({FLOW})").json()
        assert (row["name"], row["rank"]) == ("Flow", None)
        assert row["_owninguser_value"] == row["_ownerid_value"]
        changed = call(emulator, "PATCH", f"workflows({FLOW})", {"name": "x"})
        assert changed.status_code == 204
