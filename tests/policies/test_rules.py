"""Each rule, on what it refuses and on what it lets be."""

from __future__ import annotations

from typing import Any

import pytest

from pulumi_powerautomate.errors import InvalidInputError
from pulumi_powerautomate.inputs import shares
from pulumi_powerautomate.policies import Flow, Share, settings_of, violations
from pulumi_powerautomate.policies.settings import RIGHTS, ROLES

_TEAM = {"type": "team", "name": "Operations"}
_ALICE = {"type": "user", "email": "alice@contoso.com"}


def _with(trigger: dict[str, Any] | None = None, **actions: dict[str, Any]) -> Flow:
    found = {"triggers": {"T": trigger or {"type": "Recurrence"}}, "actions": actions}
    return Flow(definition=found)


def _request(**inputs: Any) -> Flow:
    return _with({"type": "Request", "kind": "Http", "inputs": inputs})


def _using(connector: str) -> dict[str, Any]:
    api = f"/providers/Microsoft.PowerApps/apis/{connector}"
    host = {"apiId": api, "connectionName": connector, "operationId": "Send"}
    return {"type": "OpenApiConnection", "inputs": {"host": host}}


_MAIL = _with(Send=_using("shared_office365"))
_NESTED = _with(
    If={"type": "If", "actions": {}, "else": {"actions": {"Ask": {"type": "Http", "inputs": {}}}}},
)
_LOGIN = _with(Ask={"type": "Http", "inputs": {"headers": {"api-key": "0123456789abcdef"}}})
_READ = Share(_ALICE, ["read"])

# Policy, its options, what it is held against, and where it is broken; empty where it is not.
_CASES: list[tuple[str, dict[str, Any], Flow | Share, str]] = [
    ("connectors", {"allowed": ["office365"]}, _MAIL, ""),
    ("connectors", {"allowed": ["shared_office*"]}, _MAIL, ""),
    ("connectors", {"allowed": []}, _MAIL, "definition, connection shared_office365"),
    ("connectors", {"blocked": ["Office365"]}, _MAIL, "definition, connection shared_office365"),
    ("connectors", {"allowed": ["*"], "blocked": ["http"]}, _NESTED, "actions.If.else.actions.Ask"),
    ("connectors", {"blocked": ["http-request"]}, _request(), "triggers.T"),
    (
        "connectors",
        {"blocked": ["twitter"]},
        Flow(references={"a": {"api": "shared_twitter", "logical_name": "x"}}),
        "connection_references.a",
    ),
    ("owner", {}, Flow(owner=_TEAM), ""),
    ("owner", {}, Flow(owner=_ALICE), "owner"),
    ("owner", {}, Flow(owner={}), "owner"),
    ("owner", {}, Flow(owner=None), ""),
    ("owner", {"kinds": ["user"]}, Flow(owner=_ALICE), ""),
    ("sharing", {"kinds": ["team"]}, _READ, "principal"),
    ("sharing", {"kinds": ["team"]}, Share(_TEAM, ["read"]), ""),
    ("sharing", {"domains": ["Contoso.com"]}, _READ, ""),
    ("sharing", {"domains": ["fabrikam.com"]}, _READ, "principal"),
    ("sharing", {"access": ["run-only"]}, _READ, ""),
    ("sharing", {"access": ["run-only"]}, Share(_ALICE, ["read", "write"]), "access"),
    ("sharing", {"access": ["run-only"]}, Share(_ALICE, ["co-owner"]), "access"),
    ("sharing", {"access": ["co-owner"]}, Share(_ALICE, ["read", "write"]), ""),
    ("sharing", {"access": ["co-owner"]}, Share(_ALICE, ["assign"]), "access"),
    ("http-triggers", {}, _request(triggerAuthenticationType="All"), "triggers.T.inputs"),
    ("http-triggers", {}, _request(), "triggers.T.inputs"),
    ("http-triggers", {}, _request(triggerAuthenticationType="Tenant"), ""),
    (
        "http-triggers",
        {"authentication": ["User"]},
        _request(triggerAuthenticationType="Tenant"),
        "triggers.T.inputs",
    ),
    ("http-triggers", {}, _with({"type": "Request", "kind": "Button"}), ""),
    ("secrets", {}, _LOGIN, "actions.Ask.inputs.headers.api-key"),
    ("secrets", {}, _MAIL, ""),
    ("naming", {"pattern": "HR - .+"}, Flow(name="HR - Leave"), ""),
    ("naming", {"pattern": "HR - .+"}, Flow(name="My HR - Leave"), "name"),
    ("naming", {"pattern": "HR - .+"}, Flow(name=None), ""),
    ("states", {"stacks": {"dev*": "off", "*": "on"}}, Flow(state="on", stack="dev-2"), "state"),
    ("states", {"stacks": {"dev*": "off", "*": "on"}}, Flow(state="on", stack="prod"), ""),
    ("states", {"stacks": {"dev": "off"}}, Flow(state="on", stack="prod"), ""),
    ("states", {"stacks": {"dev": "off"}}, Flow(state=None, stack="dev"), ""),
]


@pytest.mark.parametrize(("policy", "options", "subject", "path"), _CASES)
def test_what_a_policy_refuses(
    policy: str, options: dict[str, Any], subject: Flow | Share, path: str
) -> None:
    """It names the place; a policy that is off, or is not meant, says nothing."""
    settings = settings_of({policy: options}, "file")
    assert [item.path for item in violations(subject, settings)] == ([path] if path else [])
    off = settings_of({policy: {**options, "level": "disabled"}}, "file")
    assert violations(subject, off) == []
    assert violations(subject, settings, "another") == []


def test_secrets_are_not_shown() -> None:
    """The place is enough."""
    (found,) = violations(_LOGIN, settings_of({"secrets": {}}, "file"))
    assert "0123456789abcdef" not in str(found)


@pytest.mark.parametrize(
    ("document", "says"),
    [
        ([], "file is not an object of policies"),
        ({"conectors": {}}, "file: conectors is no policy; did you mean 'connectors'?"),
        ({"owner": []}, "file: owner is not an object"),
        ({"owner": {"kind": ["team"]}}, "has no member 'kind'; did you mean 'kinds'?"),
        ({"owner": {"kinds": ["teem"]}}, "'teem'; did you mean 'team'?"),
        ({"owner": {"kinds": "team"}}, "owner.kinds is not a list of texts"),
        ({"owner": {"level": "must"}}, "mandatory, advisory or disabled"),
        ({"connectors": {}}, "says nothing: give allowed or blocked"),
        ({"naming": {}}, "says nothing: give pattern"),
        ({"naming": {"pattern": "("}}, "is no regular expression"),
        ({"states": {"stacks": {"dev": "paused"}}}, "is not like"),
        ({"sharing": {"access": ["run"]}}, "'run'"),
    ],
)
def test_files_that_cannot_be_meant(document: Any, says: str) -> None:
    """One line with what is known instead."""
    with pytest.raises(InvalidInputError) as refused:
        settings_of(document, "file")
    assert says in str(refused.value)


def test_rights_are_those_of_shares() -> None:
    """They are spelled here once more, because shares know Pulumi and rules do not."""
    assert RIGHTS == shares.RIGHTS
    assert ROLES == shares.ROLES
