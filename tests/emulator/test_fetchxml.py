"""FetchXML that is refused, as its reference has it, or because it is not modelled."""

from __future__ import annotations

from urllib.parse import quote

import pytest

from pulumi_powerautomate.emulator import Emulator
from tests.harness.emulator_api import call


def _where(condition: str) -> str:
    return (
        f'<fetch><entity name="workflow"><filter><condition {condition}/></filter></entity></fetch>'
    )


def _summed(attribute: str) -> str:
    return (
        f'<fetch aggregate="true" {attribute}><entity name="systemuser">'
        '<attribute name="systemuserid" alias="n" aggregate="count"/></entity></fetch>'
    )


@pytest.mark.parametrize(
    ("xml", "status", "text"),
    [
        ("<fetch", 400, "Invalid XML"),
        ('<fetch><entity name="nothing"/></fetch>', 400, "MetadataCache"),
        ('<fetch><entity name="workflow"><attribute name="x"/></entity></fetch>', 400,
         "doesn't contain attribute with Name = 'x'"),
        ('<fetch><entity name="team"/></fetch>', 400, "not that of the entity set"),
        ('<fetch top="5001"><entity name="workflow"/></fetch>', 400, "exceed 5000"),
        (_where('attribute="name" operator="eq" valueof="category"'), 400, "do not compare"),
        (_where('attribute="name" operator="eq-userid"'), 400, "for ids"),
        (_where('attribute="category" operator="like" value="5%"'), 501, "no texts"),
        (_where('attribute="category" operator="contain-values" value="5"'), 501, "one choice"),
        ('<fetch utc-offset="120"><entity name="workflow"/></fetch>', 501, "utc-offset"),
        ('<fetch><entity name="workflow"><link-entity name="systemuser" from="systemuserid" '
         'to="owninguser" link-type="in"><attribute name="fullname"/></link-entity></entity>'
         '</fetch>', 400, "gives no columns"),
        (_summed('aggregatelimit="4"'), 400, "maximum record limit"),
        (_summed('page="2"'), 501, "pages of aggregated"),
        ('<fetch datasource="retained"><entity name="workflow"/></fetch>', 501, "datasource"),
        ('<fetch><entity name="workflow"><filter><condition attribute="name" operator="above" '
         'value="x"/></filter></entity></fetch>', 501, "above"),
    ],
)  # fmt: skip
def test_fetchxml_that_is_rejected(emulator: Emulator, xml: str, status: int, text: str) -> None:
    """Never ignored."""
    table = "systemusers" if "aggregate" in xml else "workflows"
    response = call(emulator, "GET", f"{table}?fetchXml={quote(xml)}")
    assert response.status_code == status
    assert text in response.json()["error"]["message"]
