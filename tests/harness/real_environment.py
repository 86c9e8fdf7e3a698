"""
A real environment in the place of the emulator, for tests that need no control of the service.

`POWERAUTOMATE_TEST_ENVIRONMENT` holds its address, the usual variables what signs in. Rows are
made, changed and read over the Web API; what was sent is read from the client's own log. A test
that asks for what only an emulator can do (faults, barriers, a clock) is skipped and says so. Rows
that the caller has made since the tests began are removed before each test, and at the end.
"""

from __future__ import annotations

import os
import re
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest
import requests

from pulumi_powerautomate.client import DataverseClient
from pulumi_powerautomate.config import resolve
from pulumi_powerautomate.conformance.exchange import Exchange, parsed
from pulumi_powerautomate.conformance.runner import NOT_PRODUCTION
from tests.harness.people import CONNECTION

VARIABLE = "POWERAUTOMATE_TEST_ENVIRONMENT"
# Everything that signs in, as it was when the tests began.
GIVEN = {
    name: value
    for name, value in os.environ.items()
    if name.startswith(("POWERAUTOMATE_", "ARM_", "AZURE_"))
}
_SECRETS = ("POWERAUTOMATE_TEST_",)
# In the order in which they can be deleted, with their keys.
_MADE = {
    "workflows": "workflowid",
    "connectionreferences": "connectionreferenceid",
    "environmentvariablevalues": "environmentvariablevalueid",
    "environmentvariabledefinitions": "environmentvariabledefinitionid",
    "solutions": "solutionid",
    "publishers": "publisherid",
}
_RIGHTS = {
    "ReadAccess": 1, "WriteAccess": 2, "AppendAccess": 4, "AppendToAccess": 16, "CreateAccess": 32,
    "DeleteAccess": 65536, "ShareAccess": 262144, "AssignAccess": 524288,
}  # fmt: skip
_LINE = re.compile(r" INFO (?P<method>[A-Z]+) (?P<url>.+?) -> (?P<answer>no answer|\d+)")


def wanted() -> str | None:
    """The address of the environment that the tests are to run against."""
    return GIVEN.get(VARIABLE)


class RealEnvironment:
    """The parts of an emulator that tests use, of an environment that nobody controls."""

    def __init__(self, url: str) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="powerautomate-tests-")
        self.log = Path(self._folder.name) / "wire.log"
        self.environment = {
            **{name: value for name, value in GIVEN.items() if not name.startswith(_SECRETS)},
            "POWERAUTOMATE_ENVIRONMENT_URL": url,
            "PULUMI_POWERAUTOMATE_LOG": str(self.log),
        }
        connection = resolve(environ=self.environment)
        self.url = connection.environment_url
        self._client = DataverseClient(connection, max_concurrency=1)
        self.control = RealControl(self, _Requests(self._client))

    def close(self) -> None:
        """Remove what the tests have made."""
        self.control.reset()
        self._client.close()
        self._folder.cleanup()


class _Requests:
    """Sends requests of the tests' own, which are not in the client's log."""

    def __init__(self, client: DataverseClient) -> None:
        self._client = client
        self._session = requests.Session()
        self._session.trust_env = False

    def send(
        self, label: str, method: str, path: str, body: Any = None,
        headers: Mapping[str, str] | None = None,
    ) -> Exchange:  # fmt: skip
        """One request."""
        connection = self._client.connection
        bearer = {"Authorization": f"Bearer {self._client.transport.tokens.token()}"}
        answer = self._session.request(
            method,
            f"{connection.environment_url}/api/data/v9.2/{path}",
            json=body,
            headers={"OData-Version": "4.0", **bearer, **(headers or {})},
            verify=connection.get("ca_bundle") or True,
            timeout=120,
        )
        content = parsed(answer.content)
        return Exchange(label, method, path, answer.status_code, dict(answer.headers), content)


class RealControl:
    """Rows over the Web API, requests from the client's log; the rest is skipped."""

    def __init__(self, environment: RealEnvironment, sender: _Requests) -> None:
        self._environment = environment
        self._sender = sender
        self._seen = 0
        info = self._get("RetrieveOrganizationInfo()").member("organizationInfo") or {}
        if info.get("InstanceType") not in NOT_PRODUCTION:
            pytest.exit(
                f"{environment.url} calls itself {info.get('InstanceType')}; tests make and "
                "delete rows, so give a developer, trial or sandbox environment."
            )
        self._me = self._get("WhoAmI").member("UserId")
        self._before = {table: self._ids(table) for table in _MADE}

    def __getattr__(self, name: str) -> Any:
        pytest.skip(f"needs control of the service ({name}), which a real environment has not")

    def reset(self) -> None:
        """Remove the rows that the caller has made since the tests began."""
        for _ in range(3):
            left = 0
            for table in _MADE:
                for key in self._ids(table) - self._before[table]:
                    left += 1
                    self.delete(table, key)
            if not left:
                break
        self.clear_journal()

    def rows(self, entity_set: str) -> list[dict[str, Any]]:
        """The rows of a table in the order of their making; of those tests make, the new ones."""
        order = "" if entity_set == "principalobjectaccessset" else "?$orderby=createdon asc"
        found = [_plain(row) for row in self._get(f"{entity_set}{order}").rows]
        if entity_set in ("solutions", "publishers"):
            return found
        if entity_set == "principalobjectaccessset":
            flows = {row["workflowid"] for row in self.rows("workflows")}
            return [row for row in found if row.get("objectid") in flows]
        key = _MADE.get(entity_set)
        before = self._before.get(entity_set, set())
        if key is None:
            return found
        # Whoever else works there makes rows as well.
        return [
            row for row in found if row[key] not in before and row["_createdby_value"] == self._me
        ]

    def row(self, entity_set: str, row_id: str) -> dict[str, Any]:
        """One row."""
        return _plain(self._get(f"{entity_set}({row_id})").body)

    def insert(self, entity_set: str, values: Mapping[str, Any]) -> dict[str, Any]:
        """Add a row by hand."""
        if entity_set == "principalobjectaccessset":
            return self._share("GrantAccess", values)
        if entity_set == "workflows":
            values = {"category": 5, "type": 1, "primaryentity": "none", **values}
        body = self._writable(values)
        headers = {"Prefer": "return=representation"}
        made = self._sender.send("insert", "POST", entity_set, body, headers)
        return _plain(self._done(made).body)

    def patch(self, entity_set: str, row_id: str, values: Mapping[str, Any]) -> dict[str, Any]:
        """Change a row by hand."""
        if entity_set == "principalobjectaccessset":
            known = self._get(f"{entity_set}({row_id})").body
            return self._share("ModifyAccess", {**known, **values})
        path = f"{entity_set}({row_id})"
        headers = {"If-Match": "*"}
        self._done(self._sender.send("patch", "PATCH", path, self._writable(values), headers))
        return self.row(entity_set, row_id)

    def delete(self, entity_set: str, row_id: str) -> None:
        """Remove a row by hand."""
        path = f"{entity_set}({row_id})"
        if entity_set == "workflows":
            off = {"statecode": 0, "statuscode": 1}
            self._sender.send("turn off", "PATCH", path, off, {"If-Match": "*"})
        self._sender.send("delete", "DELETE", path)

    def requests(self) -> list[dict[str, Any]]:
        """The requests of the client to the API, as its log has them."""
        root = f"{self._environment.url}/api/data/v9.2/"
        found = []
        for number, (method, url, status) in enumerate(self._logged()):
            if number >= self._seen and url.startswith(root):
                path, _, query = url.removeprefix(root).partition("?")
                entry = {"method": method, "path": unquote(path), "query": query, "status": status}
                found.append(entry)
        return found

    def token_requests(self) -> list[dict[str, Any]]:
        """The requests of the client to the sign-in service, as its log has them."""
        logged = list(enumerate(self._logged()))
        return [
            {"endpoint": "token", "method": method, "status": status}
            for number, (method, url, status) in logged
            if number >= self._seen and "/oauth2/" in url
        ]

    def clear_journal(self) -> None:
        """Forget what was sent."""
        self._seen = len(self._logged())

    def clear_faults(self) -> None:
        """Nothing to do: there are none."""

    def _share(self, action: str, values: Mapping[str, Any]) -> dict[str, Any]:
        """A share is made by an action; its row follows."""
        kind, mask = values["principaltypecode"], int(values["accessrightsmask"])
        names = [name for name, bit in _RIGHTS.items() if mask & bit]
        principal = {"@odata.type": f"Microsoft.Dynamics.CRM.{kind}",
                     f"{kind}id": values["principalid"]}  # fmt: skip
        target = {"@odata.type": "Microsoft.Dynamics.CRM.workflow",
                  "workflowid": values["objectid"]}  # fmt: skip
        access = {"AccessMask": ",".join(names) or "None", "Principal": principal}
        body = {"Target": target, "PrincipalAccess": access}
        self._done(self._sender.send("share", "POST", action, body))
        return next(
            row
            for row in self.rows("principalobjectaccessset")
            if row["principalid"] == values["principalid"] and row["objectid"] == values["objectid"]
        )

    def _logged(self) -> list[tuple[str, str, int]]:
        try:
            text = self._environment.log.read_text("utf-8")
        except FileNotFoundError:
            return []
        return [
            (
                found["method"],
                found["url"],
                int(found["answer"]) if found["answer"][0] != "n" else 0,
            )
            for found in _LINE.finditer(text)
        ]

    def _ids(self, table: str) -> set[str]:
        condition = f"_createdby_value eq {self._me}"
        key = _MADE[table]
        return {row[key] for row in self._get(f"{table}?$select={key}&$filter={condition}").rows}

    def _get(self, path: str) -> Exchange:
        found = self._sender.send("read", "GET", path)
        if not found.ok:
            raise ValueError(f"GET {path}: {found.refusal} {found.message}")
        return found

    def _writable(self, values: Mapping[str, Any]) -> dict[str, Any]:
        lookups = [name for name in values if name.startswith("_")]
        if lookups:
            pytest.skip(f"needs a row as it is stored ({lookups[0]}), not as the Web API takes it")
        if str(values.get("connectionid") or "").startswith("shared-office365"):
            return {**values, "connectionid": CONNECTION}
        return dict(values)

    @staticmethod
    def _done(found: Exchange) -> Exchange:
        if not found.ok:
            pytest.skip(f"the service does not take it by hand ({found.refusal} {found.message})")
        return found


def _plain(row: Any) -> dict[str, Any]:
    return {name: value for name, value in row.items() if "@" not in name}
