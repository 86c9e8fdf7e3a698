"""
The ESC environment that pulumi-cloud.md and the example show signs in.

Pulumi Cloud cannot be reached here: the token is the emulator's, and references such as
`${azure.login.clientId}` are put in by this test, as ESC does it.
"""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from typing import Any

import jwt
import pytest
import yaml

from pulumi_powerautomate.config.settings import SETTINGS
from pulumi_powerautomate.emulator import Emulator
from tests.documentation.blocks import ROOT, blocks_of
from tests.documentation.workshop import Shell

pytestmark = pytest.mark.engine
_EXAMPLE = ROOT / "examples" / "esc"
_SUBJECT = "pulumi:environments:org:contoso:env:flows/prod"


def _environment() -> dict[str, Any]:
    values = yaml.safe_load((_EXAMPLE / "flows-prod.yaml").read_text("utf-8"))["values"]
    assert isinstance(values, dict)
    return values


def test_page_and_example_agree() -> None:
    """The page shows the contents of the files."""
    page = (ROOT / "sdk-docs" / "pulumi-cloud.md").read_text("utf-8")
    shown = [block.text for block in blocks_of(page, "") if block.language == "yaml"]
    assert yaml.safe_load(shown[0])["values"] == _environment()
    stack = yaml.safe_load((_EXAMPLE / "Pulumi.prod.yaml").read_text("utf-8"))
    assert yaml.safe_load(shown[1]) == stack == {"environment": ["flows/prod"]}


def test_signs_in(emulator: Emulator, tmp_path: Path) -> None:
    """The variables that the environment sets are all that a run needs besides its address."""
    values = _environment()
    login = values["azure"]["login"]["fn::open::azure-login"]
    assert login.pop("oidc") is True
    tenant = emulator.control.sign_in
    token = tenant.workload_token(_SUBJECT)
    tenant.application(
        login["clientId"],
        federated_credentials=[{"issuer": _issuer_of(token), "subject": _SUBJECT}],
    )
    # The emulator's tenant is another one than that of the example.
    login["tenantId"] = emulator.environment["POWERAUTOMATE_TENANT_ID"]
    opened = {f"azure.login.{key}": value for key, value in login.items()}
    opened["azure.login.oidc.token"] = token
    variables = {
        name: re.sub(r"\$\{([\w.]+)\}", lambda found: opened[found[1]], text)
        for name, text in values["environmentVariables"].items()
    }
    config = values["pulumiConfig"]
    assert config == {"powerautomate:environmentUrl": "https://contoso.crm4.dynamics.com"}
    project = tmp_path / "project"
    shutil.copytree(_EXAMPLE, project)
    (project / "Pulumi.prod.yaml").unlink()
    given = {
        name: emulator.environment[name]
        for name in ("POWERAUTOMATE_AUTHORITY_HOST", "POWERAUTOMATE_CA_BUNDLE")
    }
    shell = Shell(tmp_path, project, {**variables, **given})
    shell.run("pulumi stack init prod")
    shell.run(f"pulumi config set powerautomate:environmentUrl {emulator.url}")
    shell.run("pulumi up --yes --skip-preview")
    (row,) = emulator.control.rows("workflows")
    assert row["name"] == "heartbeat"
    assert emulator.control.token_requests()[-1]["status"] == 200
    assert token not in shell.run("pulumi stack export")


def _issuer_of(token: str) -> str:
    return str(jwt.decode(token, options={"verify_signature": False})["iss"])


def test_every_variable_is_a_setting() -> None:
    """None is misspelt, which ESC would not notice."""
    known = {name for setting in SETTINGS.values() for name in setting.variables}
    assert set(_environment()["environmentVariables"]) <= known
