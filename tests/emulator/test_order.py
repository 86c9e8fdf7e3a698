"""Orders and limits: "Order rows using OData", "Join tables using FetchXml"."""

from __future__ import annotations

import pytest

from pulumi_powerautomate.emulator import Emulator
from tests.harness.emulator_api import ALICE, BOB, call, flow

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


def test_fetchxml_orders_choices_by_their_label(emulator: Emulator) -> None:
    """Activated before Draft, in groups too; by number with `useraworderby`; none comes first."""
    for name, code in (("b", 0), ("B", 1), ("c", 0)):
        body = {"name": name, "category": 5, "type": 1, "statecode": code, "uiflowtype": None}
        emulator.control.insert("workflows", body)
    emulator.control.patch(
        "workflows", emulator.control.rows("workflows")[2]["workflowid"], {"uiflowtype": 0}
    )

    def values(column: str, inner: str, given: str = "") -> list[object]:
        fetch = f"<fetch {given}><entity name='workflow'>{inner}</entity></fetch>"
        found = call(emulator, "GET", f"workflows?fetchXml={fetch}").json()
        return [row.get(column) for row in found["value"]]

    state = "<attribute name='statecode'/><order attribute='statecode'/>"
    assert values("statecode", state) == [1, 0, 0]
    assert values("statecode", state, "useraworderby='true'") == [0, 0, 1]
    kind = "<attribute name='uiflowtype'/><order attribute='uiflowtype' descending='true'/>"
    assert values("uiflowtype", kind) == [0, None, None]
    grouped = "<attribute name='statecode' alias='s' groupby='true'/><order alias='s'/>"
    assert values("s", grouped, "aggregate='true'") == [1, 0]
    # Texts that differ by case alone are one.
    names = "<attribute name='name' alias='n' groupby='true'/><order alias='n'/>"
    assert values("n", names, "aggregate='true'") == ["b", "c"]
    once = "<attribute name='name'/><order attribute='name'/>"
    assert values("name", once, "distinct='true'") == ["b", "c"]
