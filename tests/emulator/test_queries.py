"""
Queries, as "Query data using the Web API" and the reports of its errors have them.

Each expectation is documented or reported; where the service's own tests are not published, the
messages are those of the OData library that it uses.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import quote, unquote
from xml.sax.saxutils import escape

import pytest

from pulumi_powerautomate.emulator import Emulator
from tests.harness.emulator_api import ALICE, BOB, call, flow

_OPERATIONS = "0e6a3b61-0000-4000-8000-000000000021"
_IDS = [f"1111111{number}-1111-4111-8111-111111111111" for number in range(5)]


@pytest.fixture(scope="module")
def filled() -> Iterator[Emulator]:
    """Five flows, one of them Alice's; Bob is in a team."""
    with Emulator() as emulator:
        for number, row_id in enumerate(_IDS):
            body = flow(f"Flow {number}", workflowid=row_id, statecode=0)
            if number % 2 == 0:
                body["description"] = f"{number}% done"
            if number == 4:
                body["ownerid@odata.bind"] = f"/systemusers({ALICE})"
            assert call(emulator, "POST", "workflows", body).status_code == 204
            emulator.control.patch(
                "workflows", row_id, {"createdon": f"2026-11-2{number}T08:46:46Z"}
            )
        member = {"@odata.id": f"{emulator.url}/api/data/v9.2/systemusers({BOB})"}
        path = f"teams({_OPERATIONS})/teammembership_association/$ref"
        assert call(emulator, "POST", path, member).status_code == 204
        yield emulator


def _get(emulator: Emulator, path: str, **headers: str) -> Any:
    response = call(emulator, "GET", path, **headers)
    assert response.status_code == 200, response.text
    return response.json()


def _names(emulator: Emulator, condition: str, more: str = "") -> list[str]:
    path = f"workflows?$select=name&$orderby=name&$filter={quote(condition)}{more}"
    return [row["name"][-1] for row in _get(emulator, path)["value"]]


@pytest.mark.parametrize(
    ("condition", "types"),
    [
        ("name eq true", "'Edm.String' and 'Edm.Boolean' for operator kind 'Equal'"),
        ("istransacted eq 1", "'Edm.Boolean' and 'Edm.Int32' for operator kind 'Equal'"),
        ("category eq '5'", "'Edm.Int32' and 'Edm.String' for operator kind 'Equal'"),
        ("statecode ne 'Activated'", "'Edm.Int32' and 'Edm.String' for operator kind 'NotEqual'"),
        ("workflowid eq 'abc'", "'Edm.Guid' and 'Edm.String' for operator kind 'Equal'"),
        ("createdon gt 5", "'Edm.DateTimeOffset' and 'Edm.Int32' for operator kind 'GreaterThan'"),
        ("createdon lt '2026-01-01'", "'Edm.DateTimeOffset' and 'Edm.String'"),
        ("iscustomizable eq true", "BooleanManagedProperty' and 'Edm.Boolean'"),
    ],
)
def test_types_of_columns_decide(filled: Emulator, condition: str, types: str) -> None:
    """A comparison that is not possible is an error with the service's code, never a result."""
    response = call(filled, "GET", f"workflows?$filter={quote(condition)}")
    assert response.status_code == 400
    error = response.json()["error"]
    assert error["code"] == "0x80060888"
    assert "A binary operator with incompatible types was detected" in error["message"]
    assert types in error["message"]


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ("createdon eq 2026-11-22T08:46:46.000Z", "2"),
        ("createdon le 2026-11-21T08:46:46.000Z", "01"),
        ("createdon eq 2026-11-22T08:46:46%2B00:00", "2"),
        ("createdon ge 2026-11-23T13:46:46%2B05:00", "34"),
        ("createdon ge 2026-11-23", "34"),
        ("Microsoft.Dynamics.CRM.On(PropertyName='createdon',PropertyValue='2026-11-22')", "2"),
        ("Microsoft.Dynamics.CRM.Between(PropertyName='createdon',PropertyValues="
         "['2026-11-21T00:00:00Z','2026-11-22T23:00:00Z'])", "12"),
        ("Microsoft.Dynamics.CRM.OnOrBefore(PropertyName='createdon',PropertyValue="
         "'2026-11-21')", "01"),
        ("Microsoft.Dynamics.CRM.In(PropertyName='statecode',PropertyValues=['0','1'])", "01234"),
        ("Microsoft.Dynamics.CRM.In(PropertyName='name',PropertyValues=[\"Flow 1\"])", "1"),
        ("Microsoft.Dynamics.CRM.NotIn(PropertyName='name',PropertyValues=['flow 1'])", "0234"),
        ("Microsoft.Dynamics.CRM.EqualUserId(PropertyName='ownerid')", "0123"),
        ("Microsoft.Dynamics.CRM.NotEqualUserId(PropertyName='ownerid')", "4"),
        ("contains(name,'LOW [13]')", "13"),
        ("startswith(name,'f_ow')", "01234"),
        ("endswith(description,'[%25] done')", "024"),
        ("not contains(description,'done')", "13"),
        ("description eq null", "13"),
        ("name gt 'flow 2' and not (name eq 'Flow 4')", "3"),
        ("owninguser/fullname eq 'alice archer'", "4"),
        ("owninguser/businessunitid/name eq 'contoso'", "01234"),
        ("iscustomizable/Value eq true", "01234"),
        ("workflowid eq '11111112-1111-4111-8111-111111111111'", "2"),
        (" or ".join(f"name eq 'Flow {number}'" for number in range(150)), "01234"),
    ],
)  # fmt: skip
def test_filters(filled: Emulator, condition: str, expected: str) -> None:
    """Dates are instants in any spelling, texts compare without case, wildcards are wildcards."""
    path = f"workflows?$select=name&$orderby=name&$filter={quote(condition, safe='%')}"
    found = [row["name"][-1] for row in _get(filled, path)["value"]]
    assert "".join(found) == expected


@pytest.mark.parametrize(
    ("query", "status", "text"),
    [
        ("$filter=name", 400, "must evaluate to a single boolean value"),
        ("$filter=contains(name,null)", 400, "No function signature"),
        ("$filter=nothing eq 1", 400, "Could not find a property named 'nothing' on type "
         "'Microsoft.Dynamics.CRM.workflow'"),
        ("$filter=ownerid/fullname eq 'x'", 400, "on type 'Microsoft.Dynamics.CRM.principal'"),
        ("$filter=category add 1 eq 6", 501, "the arithmetic operator 'add'"),
        ("$filter=tolower(name) eq 'x'", 501, "the function 'tolower'"),
        ("$filter=what(name)", 400, "An unknown function with name 'what' was found"),
        ("$filter=Microsoft.Dynamics.CRM.In(PropertyName='statecode',PropertyValues=[0])", 400,
         "Cannot convert the literal '0' to the expected type 'Edm.String'"),
        ("$filter=Microsoft.Dynamics.CRM.InFiscalYear(PropertyName='createdon',PropertyValue="
         "'2026')", 501, "in-fiscal-year"),
        ("$filter=" + "not " * 200 + "(name eq 'x')", 400, "Recursion depth"),
        ("$expand=createdby(garbage)", 400, "garbage"),
        ("$expand=createdby($select=fullname", 400, "expected at position"),
        ("$expand=createdby($top=1)", 400, "collection-valued"),
        ("$apply=nonsense(((", 400, "expected at position"),
        ("$top=%C2%B2", 400, "Invalid value"),
        ("savedQuery=11111111-1111-4111-8111-111111111111", 501, "savedQuery"),
        ("sql=SELECT", 501, "sql"),
        ("top=5", 501, "without '$'"),
        ("$select=ownerid", 501, "navigation properties in $select"),
        ("$skip=1", 400, "The query parameter $skip is not supported"),
    ],
)  # fmt: skip
def test_queries_that_are_rejected(filled: Emulator, query: str, status: int, text: str) -> None:
    """With the service's message, or with 501 and the name of what is missing."""
    name, _, value = query.partition("=")
    response = call(filled, "GET", f"workflows?{name}={quote(value, safe='%$')}")
    assert response.status_code == status
    assert text in response.json()["error"]["message"]


def test_parameter_aliases(filled: Emulator) -> None:
    """In filters and orders, for values and for properties."""
    path = "workflows?$select=name&$filter=contains(@p1,@p2)&$orderby=@p1 desc&@p1=name&@p2='low'"
    found = [row["name"][-1] for row in _get(filled, path.replace(" ", "%20"))["value"]]
    assert found == ["4", "3", "2", "1", "0"]


@pytest.mark.parametrize(
    ("call_of", "values", "expected"),
    [
        ("On(PropertyName=@p1,PropertyValue=@p2)", "@p1='createdon'&@p2='2026-11-21'", "1"),
        ("In(PropertyName=@p1,PropertyValues=@p2)", "@p1='name'&@p2=['flow 2','x']", "2"),
        ("NotIn(PropertyName='name',PropertyValues=@p2)", '@p2=["Flow 2"]', "0134"),
        ("EqualUserId(PropertyName=@p1)", "@p1='ownerid'", "0123"),
        ("Between(PropertyName=@p1,PropertyValues=@p2)", "@p1='category'&@p2=['5','6']", "01234"),
    ],
)
def test_parameter_aliases_of_query_functions(
    filled: Emulator, call_of: str, values: str, expected: str
) -> None:
    """As each page of the reference of query functions shows it."""
    condition = f"Microsoft.Dynamics.CRM.{call_of}"
    assert "".join(_names(filled, condition, f"&{values.replace(' ', '%20')}")) == expected


def test_lambda_operators(filled: Emulator) -> None:
    """`any` and `all` over 1:N and N:N."""
    condition = "teammembership_association/any(t:t/name eq 'Operations')"
    users = _get(filled, f"systemusers?$select=fullname&$filter={quote(condition)}")["value"]
    assert [row["fullname"] for row in users] == ["Bob Baker"]
    condition = "user_workflow/any()"
    users = _get(filled, f"systemusers?$select=fullname&$filter={quote(condition)}")["value"]
    assert sorted(row["fullname"] for row in users) == ["# pulumi-deploy", "Alice Archer"]
    condition = "user_workflow/all(w:w/name eq 'Flow 4') and user_workflow/any()"
    users = _get(filled, f"systemusers?$select=fullname&$filter={quote(condition)}")["value"]
    assert [row["fullname"] for row in users] == ["Alice Archer"]


def test_expansions(filled: Emulator) -> None:
    """Nested, for one row and for many, with options of their own."""
    expand = (
        "teammembership_association($select=fullname;$orderby=fullname;$expand="
        "businessunitid($select=name)),teamroles_association/$ref"
    )
    path = f"teams?$select=name&$filter=name eq 'Operations'&$expand={expand}".replace(" ", "%20")
    (team,) = _get(filled, path)["value"]
    (member,) = team["teammembership_association"]
    assert member["fullname"] == "Bob Baker"
    assert member["businessunitid"]["name"] == "contoso"
    assert team["teamroles_association"][0]["@odata.id"].endswith("000000000052)")


def test_counts_are_counts_of_all(filled: Emulator) -> None:
    """`$count` counts before `$top` cuts."""
    found = _get(filled, "workflows?$count=true&$top=2&$select=name")
    assert (found["@odata.count"], len(found["value"])) == (5, 2)


def test_pages_neither_skip_nor_repeat(emulator: Emulator) -> None:
    """Rows of a page that has been read may go, and others may come."""
    names = [f"c_{number}" for number in range(6)]
    for name in names:
        body = {"connectionreferencelogicalname": name}
        assert call(emulator, "POST", "connectionreferences", body).status_code == 204
    path = "connectionreferences?$select=connectionreferencelogicalname"
    path += "&$orderby=connectionreferencelogicalname desc".replace(" ", "%20")
    size = "odata.maxpagesize=2"
    seen: list[str] = []
    url = path
    while url:
        page = _get(emulator, url, Prefer=size)
        seen += [row["connectionreferencelogicalname"] for row in page["value"]]
        gone = page["value"][0]["connectionreferenceid"]
        assert call(emulator, "DELETE", f"connectionreferences({gone})").status_code == 204
        body = {"connectionreferencelogicalname": f"z_{len(seen)}"}
        assert call(emulator, "POST", "connectionreferences", body).status_code == 204
        url = page.get("@odata.nextLink", "").partition("/v9.2/")[2]
    assert seen == sorted(names, reverse=True)


def test_apply(filled: Emulator) -> None:
    """As "Aggregate data using OData" shows it."""
    apply = (
        "filter(name ne 'Flow 0')/groupby((statecode,createdby/fullname),aggregate($count as n))"
    )
    found = _get(filled, f"workflows?$apply={quote(apply)}")["value"]
    assert found == [{"statecode": 0, "systemuser_fullname": "# pulumi-deploy", "n": 4}]
    apply = "aggregate(createdon with max as last,createdon with min as first)"
    (found,) = _get(filled, f"workflows?$apply={quote(apply)}")["value"]
    assert found == {"last": "2026-11-24T08:46:46Z", "first": "2026-11-20T08:46:46Z"}
    every = {"Prefer": 'odata.include-annotations="*"'}
    (found,) = _get(filled, f"workflows?$apply={quote(apply)}", **every)["value"]
    assert found["last@OData.Community.Display.V1.FormattedValue"] == "11/24/2026 8:46 AM"
    apply = "groupby((_ownerid_value),aggregate($count as n))"
    (alice,) = [
        row
        for row in _get(filled, f"workflows?$apply={quote(apply)}", **every)["value"]
        if row["n"] == 1
    ]
    assert alice["_ownerid_value@OData.Community.Display.V1.FormattedValue"] == "Alice Archer"
    response = call(filled, "GET", f"workflows?$apply={quote(apply)}&$orderby=n")
    assert "SingleValueOpenPropertyAccess" in response.json()["error"]["message"]
    path = f"workflows?$apply={quote('groupby((createdon))')}"
    assert call(filled, "GET", path).status_code == 400


def _fetch(emulator: Emulator, table: str, xml: str, **headers: str) -> Any:
    return _get(emulator, f"{table}?fetchXml={quote(xml)}", **headers)


def test_fetchxml(filled: Emulator) -> None:
    """Columns, filters, links, order, and nothing that was not asked for."""
    xml = (
        '<fetch top="2"><entity name="workflow"><attribute name="name"/>'
        '<order attribute="name" descending="true"/>'
        '<filter type="or"><condition attribute="name" operator="like" value="%3"/>'
        '<condition attribute="createdon" operator="on" value="2026-11-21"/>'
        '<condition entityname="u" attribute="fullname" operator="eq" value="Alice Archer"/>'
        "</filter>"
        '<link-entity name="systemuser" from="systemuserid" to="owninguser" alias="u">'
        '<attribute name="fullname"/></link-entity></entity></fetch>'
    )
    found = _fetch(filled, "workflows", xml)["value"]
    assert [(row["name"], row["u.fullname"]) for row in found] == [
        ("Flow 4", "Alice Archer"),
        ("Flow 3", "# pulumi-deploy"),
    ]
    assert set(found[0]) == {"@odata.etag", "name", "workflowid", "u.fullname"}


def test_fetchxml_outer_links_and_links_in_filters(filled: Emulator) -> None:
    """Rows without a partner stay in an outer link, and `any` only asks whether there is one."""
    xml = (
        '<fetch><entity name="team"><attribute name="name"/><order attribute="name"/>'
        '<link-entity name="teammembership" from="teamid" to="teamid" link-type="outer" alias="m">'
        '<attribute name="systemuserid"/></link-entity></entity></fetch>'
    )
    found = _fetch(filled, "teams", xml)["value"]
    assert [row.get("m.systemuserid") for row in found] == [None, BOB, None]
    xml = (
        '<fetch><entity name="team"><attribute name="name"/><filter>'
        '<link-entity name="teammembership" from="teamid" to="teamid" link-type="not any"/>'
        "</filter></entity></fetch>"
    )
    assert len(_fetch(filled, "teams", xml)["value"]) == 2


def test_fetchxml_aggregates_and_pages(filled: Emulator) -> None:
    """Aggregates have aliases; the cookie leads through all pages."""
    xml = (
        '<fetch aggregate="true"><entity name="workflow">'
        '<attribute name="workflowid" alias="n" aggregate="count"/>'
        '<attribute name="createdon" alias="day" groupby="true" dategrouping="month"/>'
        "</entity></fetch>"
    )
    assert _fetch(filled, "workflows", xml)["value"] == [{"day": 11, "n": 5}]
    seen: list[str] = []
    page, cookie = 1, ""
    while True:
        given = f' paging-cookie="{cookie}"' if cookie else ""
        xml = (
            f'<fetch count="2" page="{page}"{given}><entity name="workflow">'
            '<attribute name="name"/><order attribute="name"/></entity></fetch>'
        )
        found = _fetch(filled, "workflows", xml, Prefer='odata.include-annotations="*"')
        seen += [row["name"][-1] for row in found["value"]]
        if not found.get("@Microsoft.Dynamics.CRM.morerecords"):
            break
        page += 1
        # Clients decode the inner cookie twice and escape it for the attribute.
        outer = found["@Microsoft.Dynamics.CRM.fetchxmlpagingcookie"]
        inner = outer.partition('pagingcookie="')[2].partition('"')[0]
        cookie = escape(unquote(unquote(inner)), {'"': "&quot;"})
    assert seen == ["0", "1", "2", "3", "4"]


def test_related_rows_have_urls(filled: Emulator) -> None:
    """Navigation properties below a row, single and many, with their links and counts."""
    row = f"workflows({_IDS[4]})"
    assert _get(filled, f"{row}/owninguser?$select=fullname")["fullname"] == "Alice Archer"
    assert _get(filled, f"{row}/ownerid/$ref")["@odata.id"].endswith(f"systemusers({ALICE})")
    assert call(filled, "GET", f"{row}/owningteam").status_code == 204
    members = f"teams({_OPERATIONS})/teammembership_association"
    assert len(_get(filled, f"{members}?$select=fullname")["value"]) == 1
    assert call(filled, "GET", f"{members}/$count").text == "1"
    assert call(filled, "GET", f"{row}/name/$value").text == "Flow 4"


def test_annotations(filled: Emulator) -> None:
    """Formatted values of every type, on request alone."""
    columns = "name,createdon,istransacted,category,iscustomizable,_ownerid_value"
    path = f"workflows({_IDS[4]})?$select={columns}"
    assert not [name for name in _get(filled, path) if "@OData" in name]
    found = _get(filled, path, Prefer='odata.include-annotations="*"')
    term = "@OData.Community.Display.V1.FormattedValue"
    assert found[f"createdon{term}"] == "11/24/2026 8:46 AM"
    assert found[f"istransacted{term}"] == "Yes"
    assert found[f"category{term}"] == "Modern Flow"
    assert found[f"_ownerid_value{term}"] == "Alice Archer"
    assert found["_ownerid_value@Microsoft.Dynamics.CRM.lookuplogicalname"] == "systemuser"


def test_columns_come_in_one_order(filled: Emulator) -> None:
    """The same in every process."""
    names = [name for name in _get(filled, f"workflows({_IDS[0]})") if "@" not in name]
    assert names[:-1] == sorted(names[:-1]) or names == sorted(names)
