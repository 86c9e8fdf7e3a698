"""An emulator as an object, for tests and demos: it runs in a process of its own."""

from __future__ import annotations

import http.client
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any
from urllib.parse import quote, urlsplit

from .control.sign_in import SignIn

_START_SECONDS = 30.0
_TIMEOUT_SECONDS = 180.0
# The server closes a connection that was idle for 75 s.
_IDLE_SECONDS = 30.0


class Emulator:
    """
    A running emulator.

    Args:
        https: serve the API over https (sign-in always is).
        control: serve the control surface, which `control` talks to.
        database: SQLite file that keeps the rows; memory when left out.
        switches: answers to open questions, by name (`--list-switches` prints them).
        seed: rows by entity set, added to a new environment.
        sign_in: what is registered in the tenant, as for `SignIn.register`.
        latency_ms: how long each response takes.
        profile: file of `pulumi-powerautomate conformance` that sets switches.
        organization_type: what the environment says it is, a member of OrganizationType.
        port: port of the API; a free one by default.
    """

    def __init__(
        self,
        *,
        https: bool = False,
        control: bool = True,
        database: str | Path | None = None,
        switches: Mapping[str, Any] | None = None,
        seed: Mapping[str, Any] | None = None,
        sign_in: Mapping[str, Any] | None = None,
        latency_ms: float = 0.0,
        profile: str | Path | None = None,
        organization_type: str = "Developer",
        port: int = 0,
    ) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="powerautomate-emulator-")
        ready = Path(self._folder.name) / "ready.json"
        command = [sys.executable, "-m", "pulumi_powerautomate.emulator"]
        command += ["--ready-file", str(ready), "--ends-with-parent"]
        command += ["--latency-ms", str(latency_ms), "--port", str(port)]
        command += ["--https"] if https else []
        command += ["--control"] if control else []
        command += ["--database", str(database)] if database else []
        command += ["--organization-type", organization_type]
        command += ["--profile", str(profile)] if profile else []
        for name, value in (switches or {}).items():
            command += ["--switch", f"{name}={value}"]
        for option, document in (("seed", seed), ("sign-in", sign_in)):
            if document:
                file = Path(self._folder.name) / f"{option}.json"
                file.write_text(json.dumps(document), "utf-8")
                command += [f"--{option}", str(file)]
        self.process: subprocess.Popen[bytes] = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
        )
        self.control: Control = Control(self)
        self._wait_until(ready)
        self.environment: dict[str, str] = json.loads(ready.read_text("utf-8"))
        self.url: str = self.environment["POWERAUTOMATE_ENVIRONMENT_URL"]

    def __enter__(self) -> Emulator:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """End the process."""
        self.control.close()
        self.process.terminate()
        try:
            self.process.communicate(timeout=5)
        except subprocess.TimeoutExpired:
            self.kill()
        self._folder.cleanup()

    def kill(self) -> None:
        """End the process as a crash would."""
        self.control.close()
        self.process.kill()
        self.process.communicate()

    def _wait_until(self, ready: Path) -> None:
        end = time.monotonic() + _START_SECONDS
        while not ready.exists():
            if self.process.poll() is not None:
                _, complaint = self.process.communicate()
                self._folder.cleanup()
                raise RuntimeError(f"The emulator did not start: {complaint.decode().strip()}")
            if time.monotonic() > end:
                self.kill()
                self._folder.cleanup()
                raise RuntimeError(f"The emulator did not start within {_START_SECONDS:.0f} s.")
            time.sleep(0.01)


class Control:
    """The control surface of a running emulator; `sign_in` is the part about the tenant."""

    def __init__(self, emulator: Emulator) -> None:
        self._emulator = emulator
        # Connections that are open and not in use, each with when it was used last.
        self._idle: list[tuple[float, http.client.HTTPConnection]] = []
        self.sign_in: SignIn = SignIn(self._call)

    def fault(self, **rule: Any) -> None:
        """
        Let something go wrong: `do` (reset, status, delay, hang, truncate, html, redirect,
        wrong_content_length, drip, wrong_id, empty) `when` (before_commit, after_commit, mid_body),
        for requests with `method`, `path` (a regular expression below the API's root), `id`, from
        the `nth` on, `times` often, with `probability` and `seed`.
        """
        self._call("POST", "faults", rule)

    def clear_faults(self) -> None:
        """Remove all faults and barriers."""
        self._call("DELETE", "faults")

    def barrier(self, **rule: Any) -> BarrierHandle:
        """Stop requests at a moment until released; the rule is as for `fault`, without `do`."""
        return BarrierHandle(self, self._call("POST", "barriers", rule)["name"])

    def requests(self) -> list[dict[str, Any]]:
        """Requests to the API, in order."""
        return list(self._call("GET", "requests"))

    def commits(self) -> list[dict[str, Any]]:
        """Changes that were made, in order."""
        return list(self._call("GET", "commits"))

    def token_requests(self) -> list[dict[str, Any]]:
        """Requests for a token, in order."""
        return list(self._call("GET", "tokens"))

    def clear_journal(self) -> None:
        """Forget requests, commits and token requests."""
        self._call("DELETE", "requests")

    def tokens(self, **options: Any) -> None:
        """`revoke=True`, `seconds=N` (lifetime of new tokens), `applications={id: secret}`."""
        self._call("POST", "tokens", options)

    def advance(self, seconds: float) -> None:
        """Move the emulator's clock on."""
        self._call("POST", "clock", {"seconds": seconds})

    def switches(self, **changes: Any) -> dict[str, Any]:
        """Change switches; returns all of them."""
        return dict(self._call("POST", "switches", changes))

    def limits(self, **changes: Any) -> None:
        """Change service protection limits (`requests`, …) or `latency_ms`."""
        self._call("POST", "limits", changes)

    def environment(self, **properties: Any) -> None:
        """
        Let the discovery service know another environment: `Url`, `UniqueName`, other properties of
        an Instance, and `people`, the user names of those who may use it (everybody by default).
        """
        self._call("POST", "environments", properties)

    def deny(self, *privileges: str) -> None:
        """Take privileges such as `prvWriteworkflow` away from every caller; none to give back."""
        self._call("POST", "privileges", {"denied": privileges})

    def rows(self, entity_set: str) -> list[dict[str, Any]]:
        """Every row of a table, as stored."""
        return list(self._call("GET", f"rows/{entity_set}"))

    def row(self, entity_set: str, row_id: str) -> dict[str, Any]:
        """One row, as stored."""
        return dict(self._call("GET", f"rows/{entity_set}/{row_id}"))

    def insert(self, entity_set: str, values: Mapping[str, Any]) -> dict[str, Any]:
        """Add a row by hand."""
        return dict(self._call("POST", f"rows/{entity_set}", values))

    def patch(self, entity_set: str, row_id: str, values: Mapping[str, Any]) -> dict[str, Any]:
        """Change a row by hand."""
        return dict(self._call("PATCH", f"rows/{entity_set}/{row_id}", values))

    def delete(self, entity_set: str, row_id: str) -> None:
        """Remove a row by hand."""
        self._call("DELETE", f"rows/{entity_set}/{row_id}")

    def draft(self, flow_id: str, **columns: str) -> dict[str, Any]:
        """
        Save a draft of a flow as a maker does in the designer, without publishing it.

        Args:
            flow_id: an id that no flow has makes a flow that was never published.
            columns: `name`, `description`, `clientdata` (which may hold errors); what is left out
                stays as in the draft before, or in the published version.

        Returns the row as RetrieveUnpublished sees it.
        """
        return dict(self._call("POST", f"drafts/{flow_id}", columns))

    def discard_draft(self, flow_id: str) -> None:
        """Drop a flow's draft, if there is one; its published version stays."""
        self._call("DELETE", f"drafts/{flow_id}")

    def snapshot(self, name: str) -> None:
        """Keep a copy of all rows under a name."""
        self._call("POST", "snapshots", {"name": name})

    def restore(self, name: str) -> None:
        """Put a copy back."""
        self._call("POST", "snapshots", {"name": name, "restore": True})

    def reset(self) -> None:
        """Back to a new environment."""
        self._call("POST", "reset")

    def stats(self) -> dict[str, Any]:
        """Counters: requests, commits, most_at_once, connections, handling_seconds, throttled."""
        return dict(self._call("GET", "stats"))

    def close(self) -> None:
        """Close its connections; a later call opens one again."""
        while self._idle:
            self._idle.pop()[1].close()

    def _call(self, method: str, path: str, body: Any = None) -> Any:
        sent = None if body is None else json.dumps(body)
        connection = self._connection()
        try:
            connection.request(method, f"/__emulator__/{quote(path)}", sent)
            response = connection.getresponse()
            content = response.read()
        except BaseException:
            connection.close()
            raise
        # Tests ask thousands of times; setting a connection up takes longer than an answer.
        self._idle.append((time.monotonic(), connection))
        if response.status >= 500:
            raise RuntimeError(f"{method} {path}: the emulator failed ({response.status}).")
        value = json.loads(content or b"{}")
        if response.status >= 400:
            raise ValueError(f"{method} {path}: {value.get('error', response.status)}")
        return value

    def _connection(self) -> http.client.HTTPConnection:
        """A connection that nobody else uses meanwhile."""
        while self._idle:
            used, connection = self._idle.pop()
            if time.monotonic() - used < _IDLE_SECONDS:
                return connection
            connection.close()
        parts = urlsplit(self._emulator.url)
        if parts.scheme != "https":
            return http.client.HTTPConnection(parts.netloc, timeout=_TIMEOUT_SECONDS)
        import ssl

        context = ssl.create_default_context(
            cafile=self._emulator.environment["POWERAUTOMATE_CA_BUNDLE"]
        )
        return http.client.HTTPSConnection(parts.netloc, timeout=_TIMEOUT_SECONDS, context=context)


class BarrierHandle:
    """A barrier that was set."""

    def __init__(self, control: Control, name: str) -> None:
        self._control = control
        self._name = name

    def wait_reached(self) -> None:
        """Wait until a request has come to it."""
        if not self._control._call("POST", f"barriers/{self._name}/reached")["reached"]:
            raise TimeoutError("No request came to the barrier.")

    def is_reached(self, seconds: float) -> bool:
        """Whether a request has come to it, after waiting so long at most."""
        asked = {"seconds": seconds}
        return bool(self._control._call("POST", f"barriers/{self._name}/reached", asked)["reached"])

    def release(self) -> None:
        """Let the request go, and all later ones."""
        self._control._call("POST", f"barriers/{self._name}/release")
