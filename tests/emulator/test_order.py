"""Orders and limits: "Order rows using OData", "Join tables using FetchXml"."""

from __future__ import annotations

import pytest

from pulumi_powerautomate.emulator import Emulator
from tests.emulator.api import ALICE, BOB, call, flow

_CAROL = "0e6a3b61-0000-4000-8000-000000000013"


@pytest.mark.parametrize(
    ("order", "names"),
    [
        ("_ownerid_value", ["of Alice", "of Bob", "of Carol"]),
        ("_ownerid_value desc", ["of Carol", "of Bob", "of Alice"]),
        ("_ownerid_value desc,name", ["of Carol", "of Bob", "of Alice"]),
    ],
)
def test_lookups_are_ordered_by_name(emulator: Emulator, order: str, names: list[str]) -> None:
    """By the name of the row that they reference, over pages too; not by its id."""
    people = {"Carol": ALICE, "Alice": BOB, "Bob": _CAROL}
    for name, user in people.items():
        emulator.control.patch("systemusers", user, {"fullname": name})
    for name, user in people.items():
        body = {**flow(f"of {name}"), "ownerid@odata.bind": f"/systemusers({user})"}
        del body["workflowid"]
        assert call(emulator, "POST", "workflows", body).status_code == 204
    path = f"workflows?$select=name&$orderby={order}"
    listed = call(emulator, "GET", path)
    assert [row["name"] for row in listed.json()["value"]] == names
    found = []
    while path:
        page = call(emulator, "GET", path, Prefer="odata.maxpagesize=1").json()
        found += [row["name"] for row in page["value"]]
        path = page.get("@odata.nextLink", "").partition("/api/data/v9.2/")[2]
    assert found == names


def test_fetchxml_joins_fifteen_tables(emulator: Emulator) -> None:
    """One more is refused with the documented code."""
    link = "<link-entity name='systemuser' from='systemuserid' to='createdby' link-type='outer'/>"
    for number, status in ((15, 200), (16, 400)):
        fetch = f"<fetch><entity name='workflow'>{link * number}</entity></fetch>"
        response = call(emulator, "GET", f"workflows?fetchXml={fetch}")
        assert response.status_code == status
    assert response.json()["error"] == {
        "code": "0x8004430d",
        "message": "Number of link entities in query exceeded maximum limit.",
    }
