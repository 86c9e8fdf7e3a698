"""Switches from a file of answers, and what an environment says it is."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from pulumi_powerautomate.emulator import Emulator
from tests.harness.emulator_api import call


def _file(folder: Path, document: object) -> Path:
    path = folder / "profile.json"
    path.write_text(json.dumps(document), "utf-8")
    return path


def test_profile_sets_switches_and_an_option_wins(tmp_path: Path) -> None:
    """An option on the command line counts more; a reset goes back to both."""
    path = _file(tmp_path, {"profile": {"grant_existing": "replace", "limits": "on"}})
    with Emulator(profile=path, switches={"limits": "off"}) as other:
        other.control.switches(grant_existing="or")
        other.control.reset()
        found = other.control.switches()
        assert (found["grant_existing"], found["limits"]) == ("replace", "off")


@pytest.mark.parametrize(
    ("document", "complaint"),
    [
        ({"profile": {"colour": "red"}}, "No switch 'colour'"),
        ({"profile": {"limits": "sometimes"}}, "takes"),
        ({"answers": []}, "no member 'profile'"),
        ([], "no member 'profile'"),
    ],
)
def test_profile_of_no_use_is_refused(tmp_path: Path, document: object, complaint: str) -> None:
    """The emulator does not start, and says why."""
    with pytest.raises(RuntimeError, match=complaint):
        Emulator(profile=_file(tmp_path, document))


def test_profile_that_is_not_there_is_refused(tmp_path: Path) -> None:
    """A file that cannot be read, or is no JSON."""
    with pytest.raises(RuntimeError, match="No such file"):
        Emulator(profile=tmp_path / "missing.json")
    (tmp_path / "bad.json").write_text("{", "utf-8")
    with pytest.raises(RuntimeError, match="no JSON"):
        Emulator(profile=tmp_path / "bad.json")


def test_environment_says_what_it_is(emulator: Emulator) -> None:
    """RetrieveOrganizationInfo: its kind, Developer by default, and its solutions."""
    found = call(emulator, "GET", "RetrieveOrganizationInfo()").json()
    assert found["@odata.context"].endswith(".RetrieveOrganizationInfoResponse")
    info = found["organizationInfo"]
    assert info["InstanceType"] == "Developer"
    name = "ContosoAutomation"
    own = next(item for item in info["Solutions"] if item["SolutionUniqueName"] == name)
    assert own["VersionNumber"] == "1.0.0.0"
    assert own["PublisherUniqueName"] == "contoso"
    assert set(own) == {"Id", "FriendlyName", "SolutionUniqueName", "VersionNumber", "PublisherId",
                        "PublisherIdName", "PublisherUniqueName"}  # fmt: skip


def test_kind_of_environment_is_chosen() -> None:
    """Both functions that tell it say the same."""
    with Emulator(organization_type="Customer") as other:
        info = call(other, "GET", "RetrieveOrganizationInfo()").json()["organizationInfo"]
        assert info["InstanceType"] == "Customer"
        path = ("RetrieveCurrentOrganization(AccessType=@a)?@a=Microsoft.Dynamics.CRM."
                "EndpointAccessType'Default'")  # fmt: skip
        detail = call(other, "GET", path).json()["Detail"]
        assert detail["OrganizationType"] == "Customer"
