"""
Facts about responses of the service, with their sources, and how sure each is.

`python -m pulumi_powerautomate.emulator.facts` prints the page of the documentation. A test sends
each example, and looks for names and codes that are missing here.

How sure: `documented` in Microsoft's documentation or reference; `recorded`, seen in recorded or
live exchanges; `reported` in issues and in code that others run; `open`, not found, so the likelier
choice was made (some of these are switches).
"""

from __future__ import annotations

from collections.abc import Iterator

from .error_facts import ERRORS
from .fact import CRM, FETCH, ROLE, ROW, TARGET, TEAM, USER, Fact
from .request_facts import ACTIVATION, DRAFTS, REQUESTS
from .tables import TABLES, Table

_TABLE_SOURCES = {
    "flowrun": "Manage cloud flow run history in Dataverse",
    "principalobjectaccess": "Principal object access table reference",
}


def _table(table: Table) -> Fact:
    source = _TABLE_SOURCES.get(table.logical, f"reference page of the table {table.logical}")
    return Fact("Tables", f"`{table.entity_set}`", source, "documented",
                f"GET {table.entity_set}?$top=1")  # fmt: skip


def facts() -> Iterator[Fact]:
    """Every fact, in the order of the page."""
    yield from (_table(table) for table in TABLES)
    yield from _COLUMNS
    yield from _QUERIES
    yield from _CONDITIONS
    yield from _OPERATIONS
    yield from DRAFTS
    yield from ACTIVATION
    yield from REQUESTS


def _query(name: str, query: str, source: str = "Query data using the Web API",
           sure: str = "documented", status: int = 200,
           entity_set: str = "solutions") -> Fact:  # fmt: skip
    return Fact("Query options", name, source, sure, f"GET {entity_set}?{query}", status)


_COLUMNS = (
    Fact("Columns", "owner columns (`_ownerid_value`, `_owninguser_value`, `_owningteam_value`, "
         "`_owningbusinessunit_value`)", "reference pages of owned tables", "documented",
         "GET workflows?$select=_ownerid_value,_owninguser_value,_owningteam_value"),
    Fact("Columns", "who and when (`createdon`, `_createdby_value`, `_createdonbehalfby_value`, "
         "…)", "reference pages", "documented",
         "GET workflows?$select=createdon,modifiedon,_createdby_value,_createdonbehalfby_value"),
    Fact("Columns", "managed properties (`iscustomizable`)", "BooleanManagedProperty complex type",
         "documented", "GET workflows?$filter=iscustomizable/Value eq true"),
    Fact("Columns", "formatted values, lookup annotations", "Request OData annotations",
         "documented", "GET systemusers?$top=1"),
    Fact("Columns", "formatted dates and numbers in English and UTC", "Request OData annotations",
         "open", "GET systemusers?$top=1"),
)  # fmt: skip
_QUERIES = (
    _query("`$select`", "$select=uniquename"),
    _query("`$select` of navigation properties", "$select=publisherid", "", "501", 501),
    _query("`$filter` with `eq ne gt ge lt le and or not in`", "$filter=uniquename ne 'x'",
           "Filter rows using OData"),
    _query("`$filter` of incompatible types: 0x80060888", "$filter=uniquename eq true",
           "Power-CAT-Copilot-Studio-Kit#584, FetchXMLBuilder#753", "reported", 400),
    _query("`contains`, `startswith`, `endswith` with wildcards",
           "$filter=contains(uniquename,'Con%25')", "Use wildcard characters in conditions"),
    _query("other functions of OData in `$filter`", "$filter=tolower(uniquename) eq 'x'", "",
           "501", 501),
    _query("arithmetic in `$filter`", "$filter=versionnumber add 1 eq 2", "", "501", 501),
    _query("paths over lookups, of any depth", "$filter=publisherid/uniquename eq 'contoso'",
           "Filter rows using OData"),
    _query("`any` and `all`", "$filter=publisher_solution/any(s:s/ismanaged eq false)",
           "Filter rows based on values of related collections", entity_set="publishers"),
    _query("a GUID in quotes", f"$filter=solutionid eq '{ROW}'", "dataverse-mcp (live)",
           "reported"),
    _query("a null column is not equal to a value", "$filter=description ne 'x'", "", "open"),
    _query("parameter aliases", "$filter=uniquename eq @p&@p='Default'",
           "Use parameter aliases with query options"),
    _query("`$orderby`; choices by their number, lookups by the name of the row", "$orderby="
           "_publisherid_value desc", "Order rows using OData"),
    _query("`$orderby` over lookups", "$orderby=publisherid/uniquename", "", "open"),
    _query("`$top`, ignored with a page size", "$top=1"),
    _query("`$count`: all matches, 5,000 at most", "$count=true&$top=1",
           "Count number of rows; powerapis probes", "recorded"),
    _query("`$expand` of lookups, 1:N and N:N, nested, with `$select $filter $orderby $top`",
           "$expand=publisherid($select=uniquename;$expand=createdby($select=fullname))",
           "Join tables using OData"),
    _query("`$expand=…/$ref`", "$expand=publisherid/$ref", "Join tables using OData"),
    _query("`$count` inside `$expand`", "$expand=solution_solutioncomponent($count=true)", "",
           "501", 501),
    _query("`$apply`: `filter`, `groupby`, `aggregate`",
           "$apply=groupby((ismanaged),aggregate($count as n))", "Aggregate data using OData"),
    _query("`$orderby` over aggregates: not supported", "$apply=groupby((ismanaged),aggregate("
           "$count as n))&$orderby=n", "Aggregate data using OData", "documented", 400),
    _query("`$apply` with other transformations", "$apply=topcount(1,versionnumber)", "", "501",
           501),
    _query("`$apply` together with `$filter`", "$apply=aggregate($count as n)&$filter=isvisible eq "
           "true", "", "501", 501),
    _query("paging with `odata.maxpagesize`, `@odata.nextLink`", "$orderby=uniquename",
           "Page results using OData"),
    _query("the content of paging cookies", "$orderby=uniquename", "", "open"),
    _query("FetchXML: attributes, filters, links, order, paging cookie, count, aggregates, "
           "distinct", "fetchXml=" + FETCH.format("<attribute name='uniquename'/>"),
           "Query data using FetchXml"),
    _query("FetchXML: lookups ordered by name, choices by label or number (`useraworderby`)",
           "fetchXml=<fetch useraworderby='true'><entity name='solution'/></fetch>",
           "Order rows using FetchXml"),
    _query("FetchXML: at most 5,000 rows with `top`, 50,000 in an aggregate (`aggregatelimit`)",
           "fetchXml=<fetch top='5001'><entity name='solution'/></fetch>", "fetch element; "
           "Aggregate data using FetchXml", "documented", 400),
    _query("FetchXML: links of the types `in`, `exists`, `any`, `not any` give no columns",
           "fetchXml=" + FETCH.format("<link-entity name='publisher' from='publisherid' "
           "to='publisherid' link-type='exists'><attribute name='uniquename'/></link-entity>"),
           "link-entity element", "documented", 400),
    _query("FetchXML: columns are compared (`valueof`) with columns of their type",
           "fetchXml=" + FETCH.format("<filter><condition attribute='uniquename' operator='eq' "
           "valueof='ismanaged'/></filter>"), "Filter rows using FetchXml", "documented", 400),
    _query("FetchXML: link types `all` and `not all`", "fetchXml=" + FETCH.format(
           "<link-entity name='publisher' from='publisherid' to='publisherid' link-type='all'/>"),
           "", "501", 501),
    _query("FetchXML: `datasource`, quick find, `rowaggregate`, fiscal grouping, `utc-offset`, "
           "pages of aggregates, `like` on columns that are no texts",
           "fetchXml=<fetch datasource='retained'><entity name='solution'/></fetch>", "", "501",
           501),
    _query("`savedQuery`, `userQuery`", "savedQuery=x", "", "501", 501),
    _query("`sql`", "sql=SELECT 1", "", "501", 501),
    _query("change tracking", "$deltatoken=1", "", "501", 501),
    _query("`$skip`, `$search`, `$format`: not supported", "$skip=1",
           "Query data using the Web API", "documented", 400),
)  # fmt: skip


def _condition(name: str, call: str, sure: str = "documented", status: int = 200) -> Fact:
    source = "Query function reference, Web API" if sure != "501" else ""
    return Fact("Query functions", name, source, sure, f"GET solutions?$filter={CRM}{call}",
                status)  # fmt: skip


_CONDITIONS = (
    _condition("parameters given by aliases",
               "On(PropertyName=@p1,PropertyValue=@p2)&@p1='createdon'&@p2='2026-01-01'"),
    _condition("`In`, `NotIn`", "In(PropertyName='uniquename',PropertyValues=['a'])"),
    _condition("`Between`, `NotBetween`",
               "Between(PropertyName='versionnumber',PropertyValues=['1','2'])"),
    _condition("`ContainValues`, `DoesNotContainValues`",
               "ContainValues(PropertyName='solutiontype',PropertyValues=['1'])", "501", 501),
    _condition("`Today`, `Yesterday`, `Tomorrow`, `ThisWeek` … `NextYear`, `Last7Days`, "
               "`Next7Days`", "ThisWeek(PropertyName='createdon')"),
    _condition("`LastXHours` … `NextXYears`, `OlderThanXMinutes` … `OlderThanXYears`",
               "LastXDays(PropertyName='createdon',PropertyValue='3')"),
    _condition("`On`, `OnOrAfter`, `OnOrBefore`",
               "On(PropertyName='createdon',PropertyValue='2026-01-01')"),
    _condition("`EqualUserId`, `NotEqualUserId`, `EqualBusinessId`, `NotEqualBusinessId`, "
               "`EqualUserTeams`, `EqualUserOrUserTeams`", "EqualUserId(PropertyName='createdby')"),
    _condition("where days and weeks begin (UTC, Sunday)", "Today(PropertyName='createdon')",
               "open"),
    _condition("fiscal periods", "InFiscalYear(PropertyName='createdon',PropertyValue='2026')",
               "501", 501),
    _condition("hierarchies (`Above`, `Under`, …), languages",
               f"Under(PropertyName='solutionid',PropertyValue='{ROW}')", "501", 501),
)  # fmt: skip


def _operation(name: str, example: str, sure: str = "documented", status: int = 200) -> Fact:
    source = f"{name} of the Web API reference" if sure != "501" else ""
    return Fact("Functions and actions", f"`{name}`", source, sure, example, status)


_OPERATIONS = (
    _operation("WhoAmI", "GET WhoAmI"),
    _operation("RetrieveVersion", "GET RetrieveVersion()"),
    _operation("RetrieveCurrentOrganization", "GET RetrieveCurrentOrganization(AccessType=@a)?@a="
               f"{CRM}EndpointAccessType'Default'"),
    _operation("RetrieveOrganizationInfo", "GET RetrieveOrganizationInfo()"),
    _operation("RetrieveTotalRecordCount", "GET RetrieveTotalRecordCount(EntityNames=['role'])"),
    _operation("RetrieveAvailableLanguages", "GET RetrieveAvailableLanguages()"),
    _operation("RetrieveProvisionedLanguages", "GET RetrieveProvisionedLanguages()"),
    _operation("RetrieveAadUserRoles", "GET RetrieveAadUserRoles(DirectoryObjectId="
               "0e6a3b61-0000-4000-9000-000000000091)"),
    _operation("RetrieveSharedPrincipalsAndAccess",
               f"GET RetrieveSharedPrincipalsAndAccess(Target=@t)?@t={TARGET}"),
    _operation("RetrieveDependenciesForUninstall",
               "GET RetrieveDependenciesForUninstall(SolutionUniqueName='ContosoAutomation')"),
    _operation("RetrieveDependenciesForDelete",
               f"GET RetrieveDependenciesForDelete(ObjectId={ROW},ComponentType=29)"),
    _operation("RetrieveDependentComponents",
               f"GET RetrieveDependentComponents(ObjectId={ROW},ComponentType=29)"),
    _operation("RetrieveRequiredComponents",
               f"GET RetrieveRequiredComponents(ObjectId={ROW},ComponentType=29)"),
    _operation("RetrieveUserPrivileges", f"GET systemusers({USER})/{CRM}RetrieveUserPrivileges"),
    _operation("RetrieveUsersPrivilegesThroughTeams",
               f"GET systemusers({USER})/{CRM}RetrieveUsersPrivilegesThroughTeams"),
    _operation("RetrieveTeamPrivileges", f"GET teams({TEAM})/{CRM}RetrieveTeamPrivileges"),
    _operation("RetrieveRolePrivilegesRole",
               f"GET RetrieveRolePrivilegesRole(RoleId={ROLE})"),
    _operation("RetrievePrincipalAccess",
               f"GET systemusers({USER})/{CRM}RetrievePrincipalAccess(Target=@t)?@t={TARGET}"),
    _operation("RetrieveUnpublishedMultiple",
               f"GET workflows/{CRM}RetrieveUnpublishedMultiple()"),
    _operation("RetrieveUnpublished", f"GET workflows({ROW})/{CRM}RetrieveUnpublished()",
               status=404),
    _operation("GrantAccess", "POST GrantAccess", status=400),
    _operation("ModifyAccess", "POST ModifyAccess", status=400),
    _operation("RevokeAccess", "POST RevokeAccess", status=400),
    _operation("AddMembersTeam", f"POST teams({TEAM})/{CRM}AddMembersTeam", status=400),
    _operation("RemoveMembersTeam", f"POST teams({TEAM})/{CRM}RemoveMembersTeam", status=400),
    _operation("AddSolutionComponent", "POST AddSolutionComponent", status=400),
    _operation("RemoveSolutionComponent", "POST RemoveSolutionComponent", status=400),
    _operation("ImportSolution", "POST ImportSolution", status=400),
    _operation("ImportSolutionAsync", "POST ImportSolutionAsync", status=400),
    _operation("StageSolution", "POST StageSolution", status=400),
    _operation("StageAndUpgradeAsync", "POST StageAndUpgradeAsync", status=400),
    _operation("DeleteAndPromote", "POST DeleteAndPromote", status=400),
    _operation("DeleteAndPromoteAsync", "POST DeleteAndPromoteAsync"),
    _operation("UninstallSolutionAsync", "POST UninstallSolutionAsync", status=404),
    _operation("ExportSolution", "POST ExportSolution", status=400),
    _operation("ExportSolutionAsync", "POST ExportSolutionAsync", status=400),
    _operation("DownloadSolutionExportData", "POST DownloadSolutionExportData", status=400),
    _operation("PublishXml", "POST PublishXml", status=400),
    _operation("PublishAllXml", "POST PublishAllXml", status=204),
    _operation("CreateMultiple", f"POST connectionreferences/{CRM}CreateMultiple", status=400),
    _operation("UpdateMultiple", f"POST connectionreferences/{CRM}UpdateMultiple", status=400),
    _operation("UpsertMultiple", f"POST connectionreferences/{CRM}UpsertMultiple", status=400),
    _operation("BulkDelete", "POST BulkDelete", "501", 501),
    Fact("Functions and actions", "RetrieveUserPrivileges without the privileges of teams (switch "
         "`user_privileges`: its reference includes them)",
         "powerapis (recorded); a script that unites both", "recorded", "GET WhoAmI"),
    Fact("Functions and actions", "parameters that a function or action does not take",
         "Web API reference; OData 4.0", "open", "GET WhoAmI(x=1)", 404),
    Fact("Functions and actions", "`CreateMultiple`, `UpdateMultiple`, `UpsertMultiple` of flows: "
         "not supported", "reference page of the table workflow", "documented",
         f"POST workflows/{CRM}CreateMultiple", 405),
    Fact("Functions and actions", "other functions and actions, other tables of the service, "
         "sharing with the organization",
         "", "501", "GET RetrieveOrganizationResources()", 501),
)  # fmt: skip


_HEAD = """# What the emulator knows

Generated by `python -m pulumi_powerautomate.emulator.facts`; a test sends each example.

A request is answered as Dataverse answers it, or rejected with status 501 and the name of what is
missing. The last column says how sure an answer is: *documented* by Microsoft, *recorded* from
exchanges with the service, *reported* by people who met it, or *open*: nothing was found, and the
likelier choice was made.
"""


def page() -> str:
    """The page of the documentation."""
    lines = [_HEAD]
    group = ""
    for fact in facts():
        if fact.group != group:
            group = fact.group
            lines += [f"\n## {group}\n", "| What | Source | How sure |", "|---|---|---|"]
        sure = f"{fact.sure}" if fact.sure.isdigit() else f"*{fact.sure}*"
        lines.append(f"| {fact.name} | {fact.source} | {sure} |")
    lines += ["\n## Error codes\n", "| Code | Meaning | Source | How sure |", "|---|---|---|---|"]
    lines += [f"| {code} | {meaning} | {source} | *{sure}* |"
              for code, (meaning, source, sure) in sorted(ERRORS.items())]  # fmt: skip
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    import sys

    sys.stdout.write(page())
