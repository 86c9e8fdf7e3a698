"""Queries: what filters, orders, pages and annotations look like."""

from __future__ import annotations

import datetime
import re
from urllib.parse import unquote

from ..exchange import Exchanges
from ..lab import Lab
from ..probe import Answer, Probe, by_refusal, refusal_of, undecided

_FORMATTED = "createdon@OData.Community.Display.V1.FormattedValue"
_LOOK_UPS = (
    "createdby", "createdonbehalfby", "modifiedby", "modifiedonbehalfby", "ownerid",
    "owningbusinessunit", "owningteam", "owninguser", "parentworkflowid", "activeworkflowid",
    "workflow_parent_workflow", "workflow_active_workflow", "workflow_dependencies",
    "process_processstage", "slabase_workflowid", "lk_asyncoperation_workflowactivationid",
)  # fmt: skip


def _quoted_id(lab: Lab) -> None:
    lab.send("read", "GET", f"workflows?$select=name&$filter=workflowid eq '{lab.flow()}'")


def _incompatible(lab: Lab) -> None:
    lab.send("read", "GET", "solutions?$select=uniquename&$filter=uniquename eq true&$top=1")


def _null_column(lab: Lab) -> None:
    condition = f"workflowid eq {lab.flow()} and description ne 'x'"
    lab.send("read", "GET", f"workflows?$select=name&$filter={condition}")


def _is_there(found: Exchanges) -> Answer:
    answer = found["read"]
    if not answer.ok:
        return undecided(f"answered with {answer.refusal}")
    return Answer("included" if answer.rows else "left out")


def _order_by_lookup(lab: Lab) -> None:
    condition = f"uniquename eq '{lab.solution()}'"
    query = f"$select=uniquename&$filter={condition}&$orderby=publisherid/uniquename"
    lab.send("read", "GET", f"solutions?{query}")


def _answered(found: Exchanges) -> Answer:
    answer = found["read"]
    return Answer("answered" if answer.ok else answer.refusal)


def _count(lab: Lab) -> None:
    query = "$select=solutioncomponentid&$count=true&$top=1"
    prefer = {"Prefer": 'odata.include-annotations="*"'}
    lab.send("read", "GET", f"solutioncomponents?{query}", headers=prefer)


def _counts_up_to(found: Exchanges) -> Answer:
    count = found["read"].member("@odata.count")
    if not isinstance(count, int):
        return undecided(f"answered with {found['read'].refusal}, without a count")
    if count < 5000:
        return undecided(f"the environment has {count} rows to count; 5,000 are needed")
    return Answer("5,000 at most" if count == 5000 else "all")


def _pages(lab: Lab) -> None:
    lab.flow()
    lab.flow()
    query = f"$select=name&$filter=startswith(name,'{lab.names.stem}')&$orderby=name"
    lab.send("read", "GET", f"workflows?{query}", headers={"Prefer": "odata.maxpagesize=1"})


def _cookie(found: Exchanges) -> Answer:
    link = str(found["read"].member("@odata.nextLink") or "")
    _, _, token = link.partition("$skiptoken=")
    if not token:
        return undecided("there was no next page")
    names = sorted(set(re.findall(r"[<\s]([a-z]+)(?==|\s|>)", unquote(token))))
    return Answer(", ".join(names) or "opaque")


def _formatted(lab: Lab) -> None:
    prefer = {"Prefer": 'odata.include-annotations="*"'}
    lab.send("read", "GET", f"workflows({lab.flow()})?$select=createdon", headers=prefer)


def _form_of_dates(found: Exchanges) -> Answer:
    text = found["read"].member(_FORMATTED)
    if not isinstance(text, str):
        return undecided("there was no formatted date")
    return Answer(re.sub(r"\d+", "9", text).replace("PM", "AM"))


def _today(lab: Lab) -> None:
    flow = lab.flow()
    day = datetime.datetime.now(datetime.timezone.utc).date()
    for label, date in (
        ("the day before", day - datetime.timedelta(days=1)),
        ("the day", day),
        ("the day after", day + datetime.timedelta(days=1)),
    ):
        on = f"Microsoft.Dynamics.CRM.On(PropertyName='createdon',PropertyValue='{date}')"
        query = f"$select=createdon&$filter=workflowid eq {flow} and {on}"
        lab.send(label, "GET", f"workflows?{query}")


def _day_begins(found: Exchanges) -> Answer:
    days = [label for label, answer in found.items() if answer.rows]
    if len(days) != 1:
        return undecided(f"the row is of {len(days)} days")
    if days[0] != "the day":
        return Answer("in the time zone of the user")
    return Answer("in UTC", "or in a time zone with the same date at this hour")


def _global_choices(lab: Lab) -> None:
    lab.send("read", "GET", "GlobalOptionSetDefinitions?$select=Name")


def _any(found: Exchanges) -> Answer:
    answer = found["read"]
    if not answer.ok:
        return undecided(f"answered with {answer.refusal}")
    return Answer("some" if answer.rows else "none")


def _unknown_table(lab: Lab) -> None:
    lab.send("read", "GET", "RetrieveTotalRecordCount(EntityNames=['papconfnothing'])")


def _many_expansions(lab: Lab) -> None:
    query = f"$select=name&$expand={','.join(_LOOK_UPS)}"
    lab.send("read", "GET", f"workflows({lab.flow()})?{query}")


def _many(found: Exchanges) -> Answer:
    answer = found["read"]
    if answer.code == "0x80060888" and "Could not find" in answer.message:
        return undecided("a navigation property of the query is not there")
    return Answer("answered" if answer.ok else answer.refusal)


def _unpublished(lab: Lab) -> None:
    path = f"workflows({lab.flow()})/Microsoft.Dynamics.CRM.RetrieveUnpublished()?$select=name"
    lab.send("read", "GET", path)


def _all_unpublished(lab: Lab) -> None:
    condition = f"workflowid eq {lab.flow()}"
    path = "workflows/Microsoft.Dynamics.CRM.RetrieveUnpublishedMultiple()"
    lab.send("read", "GET", f"{path}?$select=name&$filter={condition}")


def _draft(found: Exchanges) -> Answer:
    answer = found["read"]
    if not answer.ok:
        return Answer(answer.refusal)
    there = answer.rows or answer.member("name")
    return Answer("the row" if there else "nothing")


PROBES = (
    Probe("quoted-id", "Does a filter take an id in quotes?", ("fact:a GUID in quotes",),
          "accepted", _quoted_id, by_refusal("read", {"200": "accepted", "400": "refused"}), 2,
          ("a flow",)),
    Probe("incompatible-types", "How is a filter that compares a text with a boolean refused?",
          ("fact:`$filter` of incompatible types: 0x80060888",), "400 0x80060888", _incompatible,
          refusal_of("read"), 1),
    Probe("null-in-a-filter", "Is a column without a value unequal (`ne`) to a value?",
          ("fact:a null column is not equal to a value",), "included", _null_column, _is_there, 2,
          ("a flow",)),
    Probe("order-by-lookup", "Can rows be ordered by a column of a related row?",
          ("fact:`$orderby` over lookups",), "answered", _order_by_lookup, _answered, 1),
    Probe("count", "Where does `$count` stop?", ("fact:`$count`: all matches, 5,000 at most",),
          "5,000 at most", _count, _counts_up_to, 1),
    Probe("paging-cookie", "What is in the token of a next page?",
          ("fact:the content of paging cookies",),
          "cookie, istracking, pagenumber, pagingcookie", _pages, _cookie, 3, ("two flows",)),
    Probe("formatted-date", "How is a date formatted?",
          ("fact:formatted dates and numbers in English and UTC",), "9/9/9 9:9 AM", _formatted,
          _form_of_dates, 2, ("a flow",)),
    Probe("where-days-begin", "In which time zone do the days of date conditions begin?",
          ("fact:where days and weeks begin (UTC, Sunday)",), "in UTC", _today, _day_begins, 4,
          ("a flow",)),
    Probe("global-choices", "Are there global choices?", ("fact:global choices (none)",), "none",
          _global_choices, _any, 1),
    Probe("unknown-table", "How is an unknown logical name refused?", ("error:0x80041102",),
          "400 0x80041102", _unknown_table, refusal_of("read"), 1),
    Probe("many-expansions", "How are sixteen expansions in one query refused?",
          ("error:0x8004430d",), "400 0x8004430d", _many_expansions, _many, 2, ("a flow",)),
    Probe("unpublished", "What is a flow's RetrieveUnpublished?", ("fact:`RetrieveUnpublished`",),
          "the row", _unpublished, _draft, 2, ("a flow",)),
    Probe("all-unpublished", "What does RetrieveUnpublishedMultiple list?",
          ("fact:`RetrieveUnpublishedMultiple`",), "the row", _all_unpublished, _draft, 2,
          ("a flow",)),
)  # fmt: skip
