"""Connection references, environment variables and publishers: names, numbers and bindings."""

from __future__ import annotations

from typing import Any

from ..exchange import Exchanges
from ..lab import Lab
from ..probe import Answer, Probe, refusal_of, undecided


def _bindings(lab: Lab) -> None:
    schema = lab.names.schema("variable")
    row = {
        "schemaname": schema,
        "displayname": lab.names.name("variable"),
        "type": 100000000,
    }
    made = lab.quiet("make", "POST", "environmentvariabledefinitions", row, lab.in_solution())
    lab.need(made, "making an environment variable")
    key = made.header("OData-EntityId").rpartition("(")[2]
    where = f"/environmentvariabledefinitions({key}"
    for label, name in (
        ("column", "environmentvariabledefinitionid"),
        ("navigation property", "EnvironmentVariableDefinitionId"),
    ):
        value = {"value": "x", f"{name}@odata.bind": where}
        lab.send(label, "POST", "environmentvariablevalues", value, lab.in_solution())


def _spelling(found: Exchanges) -> Answer:
    column, navigation = found["column"].ok, found["navigation property"].ok
    if column and not navigation:
        return Answer("the column's", found["navigation property"].refusal)
    if navigation:
        return Answer("the navigation property's", found["column"].refusal)
    return undecided(f"both were refused ({found['navigation property'].refusal})")


def _same_name_twice(lab: Lab) -> None:
    row = {
        "connectionreferencelogicalname": lab.reference(),
        "connectionreferencedisplayname": lab.names.name("reference"),
        "connectorid": "/providers/Microsoft.PowerApps/apis/shared_office365",
    }
    lab.send("again", "POST", "connectionreferences", row, lab.in_solution())


def _publisher(lab: Lab, **columns: Any) -> None:
    noun = lab.noun()
    row = {
        "uniquename": lab.names.unique(noun),
        "friendlyname": lab.names.name(noun),
        "customizationprefix": lab.names.prefix,
        "customizationoptionvalueprefix": 47110,
        **columns,
    }
    lab.send("create", "POST", "publishers", row)


PROBES = (
    Probe("binding-of-a-lookup", "Whose spelling does `@odata.bind` take?", ("client:bind",),
          "the navigation property's", _bindings, _spelling, 3,
          ("an environment variable with a value",)),
    Probe("same-name-twice", "How is a connection reference with a name that exists refused?",
          ("client:duplicate name",), "412 0x80040237", _same_name_twice, refusal_of("again"), 2,
          ("a connection reference",)),
    Probe("number-out-of-range", "How is a number outside its column's range refused?",
          ("error:0x8004432f",), "400 0x8004432f",
          lambda lab: _publisher(lab, customizationoptionvalueprefix=5), refusal_of("create"), 1),
    Probe("bad-prefix", "How is a publisher's prefix that begins with a digit refused?",
          ("error:0x8004f00b",), "400 0x8004f00b",
          lambda lab: _publisher(lab, customizationprefix="1x"), refusal_of("create"), 1),
)  # fmt: skip
