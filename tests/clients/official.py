"""
Operations of Microsoft's `PowerPlatform-Dataverse-Client`, unpatched, against a running emulator.

Runs in an environment of its own with the packages of `requirements.txt`; reads the emulator's
variables from the environment and prints one JSON line per operation.
"""

from __future__ import annotations

import json
import os
import uuid
from collections.abc import Callable
from typing import Any

os.environ["REQUESTS_CA_BUNDLE"] = os.environ["POWERAUTOMATE_CA_BUNDLE"]

import pandas
from azure.identity import ClientSecretCredential
from PowerPlatform.Dataverse.client import DataverseClient

URL = os.environ["POWERAUTOMATE_ENVIRONMENT_URL"]
CREDENTIAL = ClientSecretCredential(
    os.environ["POWERAUTOMATE_TENANT_ID"],
    os.environ["POWERAUTOMATE_CLIENT_ID"],
    os.environ["POWERAUTOMATE_CLIENT_SECRET"],
    authority=os.environ["POWERAUTOMATE_AUTHORITY_HOST"],
    disable_instance_discovery=True,
    connection_verify=os.environ["POWERAUTOMATE_CA_BUNDLE"],
)
ALICE = "0e6a3b61-0000-4000-8000-000000000011"
CLIENT = DataverseClient(URL, CREDENTIAL)
RECORDS, QUERY, TABLES = CLIENT.records, CLIENT.query, CLIENT.tables


def reference(name: str, **more: Any) -> dict[str, Any]:
    """The columns of a connection reference."""
    return {
        "connectionreferencelogicalname": name,
        "connectionreferencedisplayname": f"Display of {name}",
        "connectorid": "/providers/Microsoft.PowerApps/apis/shared_office365",
        **more,
    }


def attempt(name: str, operation: Callable[[], Any], right: Callable[[Any], bool]) -> Any:
    """Carry an operation out and print how it went."""
    try:
        found = operation()
    except Exception as error:
        status = getattr(error, "status_code", None)
        text = f"{type(error).__name__}: {error}"
        outcome = "refused" if status == 501 or "emulator does not implement" in text else "wrong"
        print(json.dumps({"name": name, "outcome": outcome, "detail": text[:300]}))
        return None
    try:
        good, detail = bool(right(found)), repr(found)[:300]
    except Exception as error:
        good, detail = False, f"{type(error).__name__}: {error} for {found!r}"[:300]
    print(json.dumps({"name": name, "outcome": "right" if good else "wrong", "detail": detail}))
    return found


def rows(found: Any) -> list[Any]:
    """The rows of whatever a method returned."""
    if hasattr(found, "to_dict") and hasattr(found, "columns"):
        return list(found.to_dict("records"))
    return list(found)


def main() -> None:
    """Every operation, in an order in which each finds what it needs."""
    table = "connectionreference"
    one = attempt(
        "records.create",
        lambda: RECORDS.create(table, reference("c_one")),
        lambda found: len(found) == 36,
    )
    attempt(
        "records.create many",
        lambda: RECORDS.create(table, [reference("c_two"), reference("c_three")]),
        lambda found: len(found) == 2,
    )
    attempt(
        "records.retrieve",
        lambda: RECORDS.retrieve(table, one, select=["connectionreferencelogicalname"]),
        lambda found: found["connectionreferencelogicalname"] == "c_one",
    )
    attempt(
        "records.retrieve annotations",
        lambda: RECORDS.retrieve("systemuser", ALICE, include_annotations="*"),
        lambda found: "systemuserid" in found,
    )
    attempt(
        "records.retrieve missing",
        lambda: RECORDS.retrieve(table, str(uuid.uuid4())),
        lambda found: found is None,
    )
    attempt(
        "records.update",
        lambda: RECORDS.update(table, one, {"connectionreferencedisplayname": "New"}),
        lambda found: found is None,
    )
    attempt(
        "records.retrieve updated",
        lambda: RECORDS.retrieve(table, one),
        lambda found: found["connectionreferencedisplayname"] == "New",
    )
    attempt(
        "records.update many",
        lambda: RECORDS.update(table, [one], {"description": "same"}),
        lambda found: found is None,
    )
    attempt(
        "records.list",
        lambda: rows(
            RECORDS.list(
                table,
                filter="connectionreferencelogicalname ne 'c_one'",
                select=["connectionreferencelogicalname"],
                orderby=["connectionreferencelogicalname"],
            )
        ),
        lambda found: (
            [item["connectionreferencelogicalname"] for item in found] == ["c_three", "c_two"]
        ),
    )
    attempt(
        "records.list top", lambda: rows(RECORDS.list(table, top=1)), lambda found: len(found) == 1
    )
    attempt(
        "records.list_pages",
        lambda: [len(list(page)) for page in RECORDS.list_pages(table, page_size=2)],
        lambda found: sum(found) == 3 and len(found) == 2,
    )
    attempt(
        "records.list expand",
        lambda: rows(
            RECORDS.list(
                "solution", filter="uniquename eq 'ContosoAutomation'", expand=["publisherid"]
            )
        ),
        lambda found: found[0]["publisherid"]["uniquename"] == "contoso",
    )
    key = {"connectionreferencelogicalname": "c_four"}
    item = {"alternate_key": key, "record": {"connectionreferencedisplayname": "Four"}}
    attempt(
        "records.upsert creates", lambda: RECORDS.upsert(table, [item]), lambda found: found is None
    )
    item = {"alternate_key": key, "record": {"connectionreferencedisplayname": "Fore"}}
    attempt(
        "records.upsert updates", lambda: RECORDS.upsert(table, [item]), lambda found: found is None
    )
    attempt(
        "records.upsert many",
        lambda: RECORDS.upsert(
            table,
            [
                item,
                {
                    "alternate_key": {"connectionreferencelogicalname": "c_five"},
                    "record": {"connectionreferencedisplayname": "Five"},
                },
            ],
        ),
        lambda found: found is None,
    )
    attempt(
        "records after upserts",
        lambda: {
            row["connectionreferencelogicalname"]: row["connectionreferencedisplayname"]
            for row in rows(RECORDS.list(table))
        },
        lambda found: found.get("c_four") == "Fore" and found.get("c_five") == "Five",
    )
    attempt(
        "query.builder",
        lambda: rows(
            QUERY.builder(table)
            .select("connectionreferencelogicalname")
            .filter_raw("contains(connectionreferencelogicalname,'c_t')")
            .execute()
            if hasattr(QUERY.builder(table), "filter_raw")
            else RECORDS.list(table, filter="contains(connectionreferencelogicalname,'c_t')")
        ),
        lambda found: len(found) == 2,
    )
    attempt(
        "query.fetchxml",
        lambda: rows(
            QUERY.fetchxml(
                '<fetch><entity name="systemuser"><attribute name="fullname"/><filter>'
                '<condition attribute="fullname" operator="eq" value="Alice Archer"/></filter>'
                "</entity></fetch>"
            ).execute()
        ),
        lambda found: [row["fullname"] for row in found] == ["Alice Archer"],
    )
    attempt(
        "query.fetchxml pages",
        lambda: rows(
            QUERY.fetchxml(
                '<fetch count="2"><entity name="systemuser"><attribute name="fullname"/>'
                "</entity></fetch>"
            ).execute()
        ),
        lambda found: len(found) == 5,
    )
    attempt(
        "query.fetchxml aggregate",
        lambda: rows(
            QUERY.fetchxml(
                '<fetch aggregate="true"><entity name="systemuser"><attribute name="systemuserid" '
                'alias="n" aggregate="count"/></entity></fetch>'
            ).execute()
        ),
        lambda found: found[0]["n"] == 5,
    )
    attempt(
        "query.sql",
        lambda: QUERY.sql("SELECT fullname FROM systemuser"),
        lambda found: len(found) == 5,
    )
    attempt(
        "query.odata_select",
        lambda: QUERY.odata_select("systemuser"),
        lambda found: "fullname" in found,
    )
    attempt(
        "query.odata_expands",
        lambda: QUERY.odata_expands("solution"),
        lambda found: "publisherid" in json.dumps(found, default=str),
    )
    attempt(
        "query.odata_bind",
        lambda: QUERY.odata_bind(
            "environmentvariablevalue", "environmentvariabledefinition", ALICE
        ),
        lambda found: f"/environmentvariabledefinitions({ALICE})" in json.dumps(found),
    )
    attempt(
        "dataframe.get",
        lambda: CLIENT.dataframe.get(table, select=["connectionreferencelogicalname"]),
        lambda found: len(found) == 5,
    )
    attempt(
        "dataframe.create",
        lambda: CLIENT.dataframe.create(
            table, pandas.DataFrame([reference("c_six"), reference("c_seven")])
        ),
        lambda found: len(found) == 2,
    )
    attempt(
        "dataframe.sql",
        lambda: CLIENT.dataframe.sql("SELECT fullname FROM systemuser"),
        lambda found: len(found) == 5,
    )
    attempt(
        "tables.get",
        lambda: TABLES.get("workflow"),
        lambda found: (
            (found["entity_set_name"] if "entity_set_name" in found else found.entity_set_name)
            == "workflows"
        ),
    )
    attempt(
        "tables.list",
        lambda: TABLES.list(),
        lambda found: "workflow" in {item["LogicalName"] for item in found},
    )
    attempt(
        "tables.list filter",
        lambda: TABLES.list(filter="SchemaName eq 'Workflow'"),
        lambda found: len(found) == 1,
    )
    attempt(
        "tables.list_columns",
        lambda: TABLES.list_columns("workflow"),
        lambda found: "clientdata" in json.dumps(found, default=str),
    )
    attempt(
        "tables.get_column",
        lambda: TABLES.get_column("workflow", "category"),
        lambda found: "category" in json.dumps(found, default=str),
    )
    attempt(
        "tables.get_alternate_keys",
        lambda: TABLES.get_alternate_keys(table),
        lambda found: len(found) == 1,
    )
    attempt(
        "tables.list_relationships",
        lambda: TABLES.list_relationships(),
        lambda found: len(found) > 20,
    )
    attempt(
        "tables.list_table_relationships",
        lambda: TABLES.list_table_relationships("team"),
        lambda found: "teammembership_association" in json.dumps(found, default=str),
    )
    attempt(
        "tables.get_relationship",
        lambda: TABLES.get_relationship("publisher_solution"),
        lambda found: found is not None,
    )
    attempt(
        "tables.create",
        lambda: TABLES.create("new_Thing", {"new_Name": "string"}),
        lambda found: found is not None,
    )
    batch = CLIENT.batch.new()
    batch.records.create(table, reference("c_eight"))
    batch.records.update(table, one, {"description": "batch"})
    batch.records.retrieve(table, one)
    attempt(
        "batch",
        batch.execute,
        lambda found: (
            not found.has_errors if hasattr(found, "has_errors") else len(found.succeeded) == 3
        ),
    )
    changes = CLIENT.batch.new()
    with changes.changeset() as group:
        group.records.create(table, reference("c_nine"))
        group.records.update(table, one, {"description": "changeset"})
    attempt(
        "batch.changeset",
        changes.execute,
        lambda found: (
            not found.has_errors if hasattr(found, "has_errors") else len(found.succeeded) == 2
        ),
    )
    attempt("records.delete", lambda: RECORDS.delete(table, one), lambda found: found is None)
    left = [row["connectionreferenceid"] for row in rows(RECORDS.list(table))]
    attempt(
        "records.delete many",
        lambda: RECORDS.delete(table, left[:2], use_bulk_delete=False),
        lambda found: not found,
    )
    attempt(
        "records.delete bulk",
        lambda: RECORDS.delete(table, left[2:4]),
        lambda found: found is not None,
    )


if __name__ == "__main__":
    main()
