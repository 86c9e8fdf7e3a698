"""Facts about requests in general, and about drafts of flows; part of `facts`."""

from __future__ import annotations

from .fact import CRM, ROW, Fact


def _draft(name: str, source: str, sure: str, status: int = 200, example: str = "") -> Fact:
    path = f"GET workflows/{CRM}RetrieveUnpublishedMultiple()"
    return Fact("Drafts of flows", name, source, sure, example or path, status)


DRAFTS = (
    _draft("a published row and a draft row under one id; exports hold the published one",
           "Drafts and versioning for cloud flows", "documented"),
    _draft("`componentstate` 1 and a version of its own in the draft row; columns without a value "
           "are left out", "dataverse-mcp (live); scripts that publish drafts", "reported"),
    _draft("a draft may hold errors; a flow that was never published has only a draft",
           "Drafts and versioning for cloud flows", "documented"),
    _draft("`PublishXml` with `workflows/workflow`, `PublishAllXml`",
           "scripts of several tools", "reported", 204, "POST PublishAllXml"),
    _draft("what publishing to a flow that is on checks", "", "open"),
    _draft("0x80040203 for a PATCH of `name`, `description` or `clientdata`, and for an import, "
           "while there is a draft (switch `draft_blocks_update`)",
           "messages quoted by several tools and by a support article on desktop flows",
           "reported"),
    _draft("turning a flow off opens a draft (switch `turning_off_opens_draft`, off)",
           "a comment in one script", "open"),
    _draft("FetchXML with RetrieveUnpublishedMultiple", "", "501", 501,
           f"GET workflows/{CRM}RetrieveUnpublishedMultiple()?fetchXml=<fetch/>"),
    _draft("version history (`componentversions`); writes to a flow that was never published", "",
           "501", 501, "GET componentversions"),
)  # fmt: skip

_READ = "GET workflows?$select=statecode,statuscode"
ACTIVATION = (
    Fact("Turning flows on", "triggers, `runAfter`, actions that expressions refer to, members "
         "that the language does not have", "schema reference of the language; error reference",
         "documented", _READ),
    Fact("Turning flows on", "expressions that do not parse, functions that are not there: "
         "`InvalidTemplate`", "error reference; functions reference", "documented",
         _READ),
    Fact("Turning flows on", "number and types of arguments of functions (not checked)", "", "open",
         _READ),
    Fact("Turning flows on", "connections of references: there, of the connector, the caller's "
         "(switch `connections`)", "issues of several tools", "reported",
         _READ),
    Fact("Turning flows on", "child flows: on once, without Invoker references",
         "issues of several tools", "reported", _READ),
    Fact("Turning flows on", "operations and their parameters, licences, data policies (not "
         "checked)", "", "open", _READ),
)  # fmt: skip
REQUESTS = (
    Fact("Requests", "`odata.metadata=full` and `none`", "", "501", "GET WhoAmI", 501,
         "application/json;odata.metadata=full"),
    Fact("Requests", "create, update, upsert by id and by alternate key, delete",
         "Create, update and delete a table row", "documented", "DELETE workflows(" + ROW + ")",
         404),
    Fact("Requests", "what a deletion or uninstallation takes along, clears or is refused for",
         "cascade configurations on the reference pages of the tables", "documented",
         f"GET solutions({ROW})"),
    Fact("Requests", "unique names of solutions and publishers, schema names: kept by updates",
         "Create a solution", "open", "GET solutions?$select=uniquename"),
    Fact("Requests", "`MSCRM.SolutionUniqueName` on create and on update of a component",
         "Create, update and delete a table row; Work with solutions", "documented",
         "GET solutioncomponents?$top=1"),
    Fact("Requests", "creating processes that are no definitions of cloud flows", "", "501",
         "GET WhoAmI"),
    Fact("Requests", "the default team of a business unit (the service makes one for each, the "
         "emulator has none)", "", "open", "GET teams?$filter=isdefault eq true"),
    Fact("Requests", "changing the type of a team", "", "501", "GET WhoAmI"),
    Fact("Requests", "the key of group teams: `azureactivedirectoryobjectid`, `membershiptype`",
         "Work with Microsoft Entra ID group teams", "documented",
         f"GET teams(azureactivedirectoryobjectid={ROW},membershiptype=0)", 404),
    Fact("Requests", "teams of groups made just in time, their names from the directory",
         "Work with Microsoft Entra ID group teams", "501",
         f"POST teams(azureactivedirectoryobjectid={ROW},membershiptype=0)"
         "/teamroles_association/$ref", 501),
    Fact("Requests", "`solutionid` of unmanaged components: the active solution",
         "Work with cloud flows using code; exports and deployment scripts", "reported",
         "GET workflows?$select=solutionid"),
    Fact("Requests", "a query option that stands twice", "OData 4.0, URL conventions", "open",
         "GET solutions?$top=1&$top=2", 400),
    Fact("Requests", "conditions (`If-Match`, `If-None-Match`), 304, 412",
         "Perform conditional operations", "documented", f"GET solutions({ROW})"),
    Fact("Requests", "single columns, `/$value`, related rows, `/$ref`, `/$count`",
         "Retrieve a table row; Associate and disassociate", "documented",
         f"GET solutions({ROW})/publisherid/uniquename"),
    Fact("Requests", "`$batch` with change sets and references",
         "Execute batch operations using the Web API", "documented", "POST $batch", 400),
    Fact("Requests", "a batch stops at a part that fails and has its status (switch "
         "`batch_failure_status`: powerapis recorded 200); with `odata.continue-on-error` it is a "
         "200", "Execute batch operations using the Web API", "documented", "POST $batch", 400),
    Fact("Requests", "a change set that fails has one response, outside of a change set",
         "OData 4.0, Batch Responses", "documented", "POST $batch", 400),
    Fact("Requests", "line ends other than CRLF in a batch are taken", "", "open", "POST $batch",
         400),
    Fact("Requests", "a body without the content type of JSON: 415 (switch `content_type`)",
         "Compose HTTP requests and handle errors; the status is that of OData's libraries",
         "open", "POST PublishXml", 400),
    Fact("Requests", "annotations of errors: `HelpLink`, `InnerError.Message`, `ErrorDetails.Api…`",
         "Compose HTTP requests and handle errors; quick start with Insomnia", "documented",
         "GET nothing", 404),
    Fact("Requests", "annotations of refused activations: `ErrorDetails.0`, `ErrorDetails.1`",
         "Power-Platform-BPM-Toolkit#11", "recorded", "GET nothing", 404),
    Fact("Requests", "`ApiExceptionSourceKey`, `ApiStepKey` and solutions of plug-in steps in "
         "annotations of errors (left out)", "", "open", "GET nothing", 404),
    Fact("Requests", "a function or action with another method: 404 with an empty code",
         "Troubleshoot Dataverse Web API client errors", "documented", "POST WhoAmI", 404),
    Fact("Requests", "a row or set with a method it does not have: 405 with an empty code",
         "powerapps-docs#3792", "reported", "DELETE workflows", 405),
    Fact("Requests", "an unknown member of a body: 0x80048d19, `Invalid property`",
         "PowerAppsCodeApps#84; support articles show 0x0", "reported", "GET WhoAmI"),
    Fact("Requests", "an unknown name in the path: 0x80060888 (switch `unknown_segment_code`: "
         "documented as 0x8006088a)", "dataverse-mcp (live)", "recorded", "GET nothing", 404),
    Fact("Requests", "an unknown column in `$select` or `$filter`: 0x80060888 (documented as 0x0)",
         "dataverse-mcp (live)", "recorded", "GET workflows?$select=nothing", 400),
    Fact("Requests", "impersonation (`CallerObjectId`, `MSCRMCallerID`)",
         "Impersonate another user using the Web API", "documented", "GET WhoAmI"),
    Fact("Requests", "`$metadata`", "Web API types and operations", "documented",
         "GET $metadata"),
    Fact("Requests", "`EntityDefinitions`, `RelationshipDefinitions`, attributes, keys, choices",
         "Query table definitions using the Web API", "documented",
         "GET EntityDefinitions(LogicalName='workflow')/Attributes?$select=LogicalName"),
    Fact("Requests", "members of definitions that are not modelled", "", "501",
         "GET EntityDefinitions(LogicalName='workflow')?$select=HasNotes", 501),
    Fact("Requests", "changing definitions", "", "501", "POST EntityDefinitions", 501),
    Fact("Requests", "global choices (none)", "", "open", "GET GlobalOptionSetDefinitions"),
)  # fmt: skip
