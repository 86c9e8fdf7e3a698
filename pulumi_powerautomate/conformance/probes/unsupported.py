"""Requests that the emulator rejects by name (501): does the service answer them, and how?"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from ..exchange import Exchanges
from ..lab import Lab
from ..probe import Answer, Probe, undecided

_REJECTED = "501 0x80060888"
_OWN = "uniquename eq '{own}'"
_CRM = "Microsoft.Dynamics.CRM."
_CONDITION = "<filter><condition attribute='uniquename' operator='eq' value='{own}'/></filter>"


def _fetch(attributes: str, inner: str) -> str:
    text = f"<fetch {attributes}><entity name='solution'><attribute name='uniquename'/>"
    return f"solutions?fetchXml={text}{inner}{_CONDITION}</entity></fetch>"


def _asks(path: str, headers: Mapping[str, str] | None = None) -> Callable[[Lab], None]:
    def ask(lab: Lab) -> None:
        lab.solution()
        lab.send("read", "GET", path.format(own=lab.names.unique("rows")), headers=headers)

    return ask


def _answered(found: Exchanges) -> Answer:
    answer = found["read"]
    return Answer("answered" if answer.ok else answer.refusal, answer.message[:120])


def _delta(found: Exchanges) -> Answer:
    answer = found["read"]
    if not answer.ok:
        return Answer(answer.refusal, answer.message[:120])
    return Answer("answered" if answer.member("@odata.deltaLink") else "without a delta link")


def _probe(name: str, fact: str, question: str, path: str) -> Probe:
    return Probe(name, question, (f"fact:{fact}",), _REJECTED, _asks(path), _answered, 1)


def _nothing(lab: Lab) -> None:
    """Send nothing: what it would change is not the run's own."""


def _never(found: Exchanges) -> Answer:
    if "read" in found:
        return _answered(found)
    return undecided("never asked: it could change what the run has not made")


PROBES = (
    _probe("select-navigation", "`$select` of navigation properties",
           "Can a navigation property be selected?",
           f"solutions?$select=publisherid&$filter={_OWN}"),
    _probe("filter-functions", "other functions of OData in `$filter`",
           "Does a filter take the function `tolower`?",
           "solutions?$select=uniquename&$filter=tolower(uniquename) eq '{own}'"),
    _probe("filter-arithmetic", "arithmetic in `$filter`", "Does a filter calculate?",
           f"solutions?$select=uniquename&$filter={_OWN} and versionnumber add 1 eq 2"),
    _probe("count-in-expand", "`$count` inside `$expand`", "Is there a `$count` inside `$expand`?",
           f"solutions?$select=uniquename&$filter={_OWN}&$expand=solution_solutioncomponent("
           "$count=true;$top=1)"),
    _probe("other-transformations", "`$apply` with other transformations",
           "Does `$apply` take `topcount`?",
           f"solutions?$apply=filter({_OWN})/topcount(1,versionnumber)"),
    _probe("apply-and-filter", "`$apply` together with `$filter`",
           "Does `$apply` go together with `$filter`?",
           f"solutions?$apply=aggregate($count as n)&$filter={_OWN}"),
    _probe("fetch-all", "FetchXML: link types `all` and `not all`",
           "Does FetchXML take links of the type `not all`?",
           _fetch("", "<filter><link-entity name='solutioncomponent' from='solutionid' "
                      "to='solutionid' link-type='not all'/></filter>")),
    _probe("fetch-retained", "FetchXML: `datasource`, quick find, `rowaggregate`, fiscal grouping, "
           "`utc-offset`, pages of aggregates, `like` on columns that are no texts",
           "Does FetchXML read retained rows of solutions?", _fetch("datasource='retained'", "")),
    _probe("saved-query", "`savedQuery`, `userQuery`",
           "How is a saved query answered that is not there?",
           "solutions?savedQuery=00000000-0000-0000-0000-000000000001"),
    _probe("sql", "`sql`", "Does the Web API take SQL?",
           "solutions?sql=SELECT uniquename FROM solution WHERE uniquename = '{own}'"),
    Probe("change-tracking", "Are changes of solutions tracked?", ("fact:change tracking",),
          _REJECTED, _asks("solutions?$select=uniquename", {"Prefer": "odata.track-changes"}),
          _delta, 1),
    _probe("fiscal-periods", "fiscal periods", "Is there a condition on fiscal years?",
           f"solutions?$select=uniquename&$filter={_OWN} and {_CRM}InFiscalYear("
           "PropertyName='createdon',PropertyValue='2026')"),
    _probe("hierarchies", "hierarchies (`Above`, `Under`, …), languages",
           "Is there a condition on a hierarchy of solutions?",
           f"solutions?$select=uniquename&$filter={_OWN} and {_CRM}Under("
           "PropertyName='solutionid',PropertyValue='00000000-0000-0000-0000-000000000001')"),
    _probe("other-functions", "other functions and actions, other tables of the "
           "service, sharing with the organization",
           "Is RetrieveTimestamp answered?", "RetrieveTimestamp()"),
    Probe("bulk-delete", "How is BulkDelete answered?", ("fact:`BulkDelete`",), None, _nothing,
          _never, 0),
    Probe("changing-definitions", "How is a new table answered?", ("fact:changing definitions",),
          None, _nothing, _never, 0),
)  # fmt: skip
