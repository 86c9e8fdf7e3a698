"""A flow without mistakes, and the mistakes that people make in flows like it."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tests.harness.definitions import SCHEMA

CHILD = "5f1c1c3e-0000-4000-8000-0000000000aa"
REFERENCES = {
    "shared_office365": {
        "api": "shared_office365",
        "logical_name": "contoso_office365",
        "runtime_source": "embedded",
    },
    "shared_sharepointonline": {
        "api": "shared_sharepointonline",
        "logical_name": "contoso_sharepoint",
        "runtime_source": "embedded",
    },
}
_APIS = "/providers/Microsoft.PowerApps/apis/"
_DELETE = object()


def orders() -> dict[str, Any]:
    """A flow that looks at orders every morning, with one action of nearly every type."""
    return copy.deepcopy(_ORDERS)


def request() -> dict[str, Any]:
    """A flow that an app calls and that answers."""
    return copy.deepcopy(_REQUEST)


@dataclass(frozen=True)
class Mistake:
    """
    One mistake.

    Attributes:
        title: what a person did.
        changes: the new value of each member that is changed.
        code: the rule that finds it.
        path: where it is to be found.
        says: words that the message with its remedy must hold.
        flow: the flow it is made in.
    """

    title: str
    changes: Mapping[str, Any]
    code: str
    path: str
    says: tuple[str, ...]
    flow: str = "orders"

    def made(self) -> dict[str, Any]:
        """The flow with the mistake."""
        definition = orders() if self.flow == "orders" else request()
        for path, value in self.changes.items():
            *holders, last = path.split("/")
            holder: Any = definition
            for key in holders:
                holder = holder[int(key) if isinstance(holder, list) else key]
            if value is _DELETE:
                del holder[last]
            else:
                holder[int(last) if isinstance(holder, list) else last] = copy.deepcopy(value)
        return definition


def _compose(inputs: Any, **run_after: list[str]) -> dict[str, Any]:
    return {"type": "Compose", "runAfter": run_after, "inputs": inputs}


def _host(connector: str, operation: str) -> dict[str, str]:
    return {"apiId": _APIS + connector, "connectionName": connector, "operationId": operation}


_DONE = ["Succeeded"]
_ORDERS: dict[str, Any] = {
    "$schema": SCHEMA,
    "contentVersion": "1.0.0.0",
    "parameters": {
        "$connections": {"defaultValue": {}, "type": "Object"},
        "$authentication": {"defaultValue": {}, "type": "SecureObject"},
        "Site (contoso_site)": {
            "defaultValue": "https://contoso.sharepoint.com",
            "type": "String",
            "metadata": {"schemaName": "contoso_site"},
        },
    },
    "triggers": {
        "Every_morning": {
            "type": "Recurrence",
            "recurrence": {
                "frequency": "Week",
                "interval": 1,
                "timeZone": "W. Europe Standard Time",
                "schedule": {"hours": ["7"], "minutes": [30], "weekDays": ["Monday", "Friday"]},
            },
        }
    },
    "actions": {
        "Init_total": {
            "type": "InitializeVariable",
            "runAfter": {},
            "inputs": {"variables": [{"name": "total", "type": "float", "value": 0}]},
        },
        "Init_names": {
            "type": "InitializeVariable",
            "runAfter": {"Init_total": _DONE},
            "inputs": {"variables": [{"name": "names", "type": "array"}]},
        },
        "Init_done": {
            "type": "InitializeVariable",
            "runAfter": {"Init_names": _DONE},
            "inputs": {"variables": [{"name": "done", "type": "boolean", "value": False}]},
        },
        "Get_items": {
            "type": "OpenApiConnection",
            "runAfter": {"Init_done": _DONE},
            "inputs": {
                "host": _host("shared_sharepointonline", "GetItems"),
                "parameters": {
                    "dataset": "@parameters('Site (contoso_site)')",
                    "$filter": "Created ge '@{addDays(utcNow(), -1)}'",
                },
                "authentication": "@parameters('$authentication')",
            },
        },
        "Large_ones": {
            "type": "Query",
            "runAfter": {"Get_items": _DONE},
            "inputs": {
                "from": "@outputs('Get_items')?['body/value']",
                "where": "@greater(item()?['Amount'], 100)",
            },
        },
        "Names": {
            "type": "Select",
            "runAfter": {"Large_ones": _DONE},
            "inputs": {"from": "@body('Large_ones')", "select": {"name": "@item()?['Title']"}},
        },
        "Try": {
            "type": "Scope",
            "runAfter": {"Names": _DONE},
            "actions": {
                "Each_order": {
                    "type": "Foreach",
                    "runAfter": {},
                    "foreach": "@body('Large_ones')",
                    "runtimeConfiguration": {"concurrency": {"repetitions": 20}},
                    "actions": {
                        "Add_to_total": {
                            "type": "IncrementVariable",
                            "runAfter": {},
                            "inputs": {"name": "total", "value": "@items('Each_order')?['Amount']"},
                        },
                        "Add_name": {
                            "type": "AppendToArrayVariable",
                            "runAfter": {"Add_to_total": _DONE},
                            "inputs": {"name": "names", "value": "@item()?['Title']"},
                        },
                    },
                },
                "Wait_for_it": {
                    "type": "Until",
                    "runAfter": {"Each_order": _DONE},
                    "expression": "@equals(outputs('Status')?['statusCode'], 200)",
                    "limit": {"count": 10, "timeout": "PT1H"},
                    "actions": {
                        "Status": {
                            "type": "Http",
                            "runAfter": {},
                            "inputs": {
                                "method": "GET",
                                "uri": "https://contoso.com/@{iterationIndexes('Wait_for_it')}",
                            },
                        },
                        "Pause": {
                            "type": "Wait",
                            "runAfter": {"Status": ["Succeeded", "Failed"]},
                            "inputs": {"interval": {"count": 1, "unit": "Minute"}},
                        },
                        "Set_done": {
                            "type": "SetVariable",
                            "runAfter": {"Pause": _DONE},
                            "inputs": {
                                "name": "done",
                                "value": "@equals(outputs('Status')?['statusCode'], 200)",
                            },
                        },
                    },
                },
            },
        },
        "Catch": {
            "type": "Scope",
            "runAfter": {"Try": ["Failed", "TimedOut"]},
            "actions": {
                "What_failed": {
                    "type": "Query",
                    "runAfter": {},
                    "inputs": {
                        "from": "@result('Try')",
                        "where": "@equals(item()?['status'], 'Failed')",
                    },
                },
                "Stop": {
                    "type": "Terminate",
                    "runAfter": {"What_failed": _DONE},
                    "inputs": {"runStatus": "Failed", "runError": {"message": "@{result('Try')}"}},
                },
            },
        },
        "Route": {
            "type": "Switch",
            "runAfter": {"Try": _DONE},
            "expression": "@length(variables('names'))",
            "cases": {
                "None": {"case": 0, "actions": {"Say_none": _compose("No orders")}},
                "One": {"case": 1, "actions": {"Say_one": _compose("One order")}},
            },
            "default": {"actions": {"Say_many": _compose("@{variables('total')} in orders")}},
        },
        "Is_large": {
            "type": "If",
            "runAfter": {"Route": _DONE},
            "expression": {"and": [{"greater": ["@variables('total')", 1000]}]},
            "actions": {
                "Send_mail": {
                    "type": "OpenApiConnection",
                    "runAfter": {},
                    "inputs": {
                        "host": _host("shared_office365", "SendEmailV2"),
                        "parameters": {
                            "emailMessage/To": "ops@contoso.com",
                            "emailMessage/Subject": "@{variables('total')} on @{utcNow()}",
                            "emailMessage/Body": "<p>@{join(variables('names'), ', ')}</p>",
                        },
                        "authentication": "@parameters('$authentication')",
                    },
                }
            },
            "else": {
                "actions": {
                    "Call_child": {
                        "type": "Workflow",
                        "runAfter": {},
                        "inputs": {"host": {"workflowReferenceName": CHILD}, "body": {}},
                    }
                }
            },
        },
        "As_table": {
            "type": "Table",
            "runAfter": {"Is_large": _DONE},
            "inputs": {"from": "@body('Names')", "format": "HTML"},
        },
    },
}

_REQUEST: dict[str, Any] = {
    "$schema": SCHEMA,
    "contentVersion": "1.0.0.0",
    "parameters": {"$authentication": {"defaultValue": {}, "type": "SecureObject"}},
    "triggers": {
        "manual": {
            "type": "Request",
            "kind": "Button",
            "inputs": {"schema": {"type": "object", "properties": {"text": {"type": "string"}}}},
            "conditions": [{"expression": "@not(empty(triggerBody()?['text']))"}],
        }
    },
    "actions": {
        "Parse": {
            "type": "ParseJson",
            "runAfter": {},
            "inputs": {"content": "@triggerBody()?['text']", "schema": {"type": "object"}},
        },
        "Answer": {
            "type": "Response",
            "kind": "Http",
            "runAfter": {"Parse": _DONE},
            "inputs": {"statusCode": 200, "body": "@body('Parse')?['name']"},
        },
    },
}

_LOOP = "actions/Try/actions/Each_order"
_UNTIL = "actions/Try/actions/Wait_for_it"
_MAIL = "actions/Is_large/actions/Send_mail"


def _subject(text: str) -> dict[str, Any]:
    """A mail whose subject is another one."""
    return {f"{_MAIL}/inputs/parameters": {"emailMessage/Subject": text}}


_IN_SUBJECT = "actions.Is_large.actions.Send_mail.inputs.parameters.emailMessage/Subject"

MISTAKES: tuple[Mistake, ...] = (
    # The outline.
    Mistake("triggers as a list", {"triggers": []}, "FLOW101", "triggers", ("object",)),
    Mistake("no trigger", {"triggers": {}}, "FLOW102", "triggers", ("Give it one", "Recurrence")),
    Mistake(
        "two triggers", {"triggers/Manual": {"type": "Request", "kind": "Button"}},
        "FLOW103", "triggers", ("2 triggers", "Every_morning, Manual", "Keep one"),
    ),
    Mistake(
        "misspelt trigger type", {"triggers/Every_morning/type": "Recurence"},
        "FLOW104", "triggers.Every_morning.type", ("'Recurence'", "'Recurrence'?"),
    ),
    Mistake(
        "trigger without type", {"triggers/Every_morning/type": _DELETE},
        "FLOW104", "triggers.Every_morning", ("no type", "Request"),
    ),
    Mistake(
        "misspelt kind of request", {"triggers/manual/kind": "Buton"},
        "FLOW104", "triggers.manual.kind", ("'Buton'", "'Button'?"), "request",
    ),
    Mistake(
        "kind of request from another product", {"triggers/manual/kind": "Cron"},
        "FLOW105", "triggers.manual.kind", ("'Cron'", "PowerAppV2"), "request",
    ),
    Mistake(
        "frequency as an adverb", {"triggers/Every_morning/recurrence/frequency": "Weekly"},
        "FLOW106", "triggers.Every_morning.recurrence.frequency", ("'Weekly'", "'Week'?"),
    ),
    Mistake(
        "interval of nothing", {"triggers/Every_morning/recurrence/interval": 0},
        "FLOW106", "triggers.Every_morning.recurrence.interval", ("from 1 on",),
    ),
    Mistake(
        "hour that does not exist",
        {"triggers/Every_morning/recurrence/schedule/hours": ["7", "24"]},
        "FLOW106", "triggers.Every_morning.recurrence.schedule.hours[1]", ("'24'", "0 to 23"),
    ),
    Mistake(
        "short name of a day",
        {"triggers/Every_morning/recurrence/schedule/weekDays": ["Mon"]},
        "FLOW106", "triggers.Every_morning.recurrence.schedule.weekDays[0]", ("'Monday'?",),
    ),
    Mistake(
        "type of another language", {"parameters/Site (contoso_site)/type": "Text"},
        "FLOW107", "parameters.Site (contoso_site).type", ("'Text'", "String"),
    ),
    Mistake(
        "condition as a text", {"triggers/manual/conditions": ["@true"]},
        "FLOW108", "triggers.manual.conditions[0]", ('{"expression"',), "request",
    ),
    # Actions.
    Mistake(
        "misspelt action type", {"actions/Large_ones/type": "Querry"},
        "FLOW201", "actions.Large_ones.type", ("'Querry'", "'Query'?"),
    ),
    Mistake(
        "action without type", {"actions/Try/type": _DELETE},
        "FLOW201", "actions.Try", ("no type", "Scope"),
    ),
    Mistake(
        "action of another product", {"actions/As_table/type": "DataFlow"},
        "FLOW202", "actions.As_table.type", ("'DataFlow'", "code view"),
    ),
    Mistake(
        "loop without items", {f"{_LOOP}/foreach": _DELETE},
        "FLOW203", "actions.Try.actions.Each_order", ("needs foreach", 'Add "foreach"'),
    ),
    Mistake(
        "condition without expression", {"actions/Is_large/expression": _DELETE},
        "FLOW203", "actions.Is_large", ("needs expression", 'Add "expression"'),
    ),
    Mistake(
        "case without value", {"actions/Route/cases/One/case": _DELETE},
        "FLOW203", "actions.Route.cases.One", ("no value", 'Add "case"'),
    ),
    Mistake(
        "request without address", {f"{_UNTIL}/actions/Status/inputs/uri": _DELETE},
        "FLOW203", "actions.Try.actions.Wait_for_it.actions.Status", ("needs inputs.uri",),
    ),
    Mistake(
        "status of another service", {"actions/Catch/actions/Stop/inputs/runStatus": "Canceled"},
        "FLOW204", "actions.Catch.actions.Stop.inputs.runStatus", ("'Canceled'", "'Cancelled'?"),
    ),
    Mistake(
        "variable type of another language",
        {"actions/Init_total/inputs/variables/0/type": "double"},
        "FLOW204", "actions.Init_total.inputs.variables[0].type", ("'double'", "Float"),
    ),
    Mistake(
        "format that a table does not have", {"actions/As_table/inputs/format": "XLSX"},
        "FLOW204", "actions.As_table.inputs.format", ("'XLSX'", "CSV, HTML"),
    ),
    Mistake(
        "variable initialized in a scope",
        {
            "actions/Try/actions/Init_more": {
                "type": "InitializeVariable", "runAfter": {"Wait_for_it": _DONE},
                "inputs": {"variables": [{"name": "more", "type": "string"}]},
            }
        },
        "FLOW205", "actions.Try.actions.Init_more", ("'Try'", "top level"),
    ),
    Mistake(
        "terminate in a loop",
        {
            f"{_LOOP}/actions/Stop_here": {
                "type": "Terminate", "runAfter": {}, "inputs": {"runStatus": "Succeeded"},
            }
        },
        "FLOW205", "actions.Try.actions.Each_order.actions.Stop_here", ("'Each_order'", "behind"),
    ),
    Mistake(
        "case twice", {"actions/Route/cases/One/case": 0},
        "FLOW206", "actions.Route.cases.One.case", ("'None'", "of its own"),
    ),
    Mistake(
        "name twice", {"actions/Catch/actions/Names": _compose("x")},
        "FLOW207", "actions.Catch.actions.Names", ("2 actions", "actions.Names"),
    ),
    # Order.
    Mistake(
        "runAfter as a list", {"actions/Names/runAfter": ["Large_ones"]},
        "FLOW211", "actions.Names.runAfter", ('{"NAME": ["Succeeded"]}',),
    ),
    Mistake(
        "runAfter after a renaming", {"actions/Names/runAfter": {"Large_orders": _DONE}},
        "FLOW212", "actions.Names.runAfter.Large_orders", ("'Large_orders'", "'Large_ones'?"),
    ),
    Mistake(
        "runAfter into a scope", {"actions/Route/runAfter": {"Each_order": _DONE}},
        "FLOW213", "actions.Route.runAfter.Each_order", ("another branch", "Wait for 'Try'"),
    ),
    Mistake(
        "runAfter out of a scope",
        {"actions/Catch/actions/Stop/runAfter": {"Names": _DONE}},
        "FLOW213", "actions.Catch.actions.Stop.runAfter.Names", ("another branch", "holds this"),
    ),
    Mistake(
        "outcome of another service", {"actions/Catch/runAfter": {"Try": ["Failed", "Timeout"]}},
        "FLOW214", "actions.Catch.runAfter.Try[1]", ("'Timeout'", "'TimedOut'?"),
    ),
    Mistake(
        "circle of three",
        {"actions/Get_items/runAfter": {"Init_done": _DONE, "Names": _DONE}},
        "FLOW215", "actions.Get_items.runAfter",
        ("Get_items → Large_ones → Names → Get_items", "Remove one"),
    ),
    Mistake(
        "action that waits for itself", {"actions/Names/runAfter": {"Names": _DONE}},
        "FLOW215", "actions.Names.runAfter.Names", ("waits for itself", "Remove"),
    ),
    Mistake(
        "no outcome", {"actions/Names/runAfter": {"Large_ones": []}},
        "FLOW216", "actions.Names.runAfter.Large_ones", ('["Succeeded"]',),
    ),
    # Expressions.
    Mistake(
        "parenthesis missing", _subject("@concat('Total ', string(variables('total'))"),
        "FLOW301", _IN_SUBJECT, ("character 45", "Add 1 closing ')'"),
    ),
    Mistake(
        "quote missing", _subject("@{concat('Total, variables('total'))}"),
        "FLOW301", _IN_SUBJECT, ("character 1", "every text in it with '"),
    ),
    Mistake(
        "double quotes", _subject('@concat("Total")'),
        "FLOW301", _IN_SUBJECT, ("character 9", "single quotes"),
    ),
    Mistake(
        "@ within an expression", _subject("@concat('Total ', @variables('total'))"),
        "FLOW301", _IN_SUBJECT, ("character 19", "outermost"),
    ),
    Mistake(
        "operators", _subject("@{variables('total') + 1}"),
        "FLOW301", _IN_SUBJECT, ("character 22", "add(…)"),
    ),
    Mistake(
        "text that begins with @", _subject("@channel New order"),
        "FLOW301", _IN_SUBJECT, ("@@",),
    ),
    Mistake(
        "misspelt function", _subject("@{fromatDateTime(utcNow(), 'd')}"),
        "FLOW302", _IN_SUBJECT, ("'fromatDateTime'", "'formatDateTime'?"),
    ),
    Mistake(
        "function of Power Fx", _subject("@{text(now())}"),
        "FLOW302", _IN_SUBJECT, ("'now'", "utcNow()"),
    ),
    Mistake(
        "argument missing", _subject("@{replace(variables('names'), ' ')}"),
        "FLOW303", _IN_SUBJECT, ("replace()", "2 arguments", "takes 3", "Add"),
    ),
    Mistake(
        "argument too much", _subject("@{length(variables('names'), 1)}"),
        "FLOW303", _IN_SUBJECT, ("length()", "2 arguments", "takes 1", "Remove"),
    ),
    # What expressions refer to.
    Mistake(
        "action after a renaming", _subject("@{body('Larg_ones')}"),
        "FLOW401", _IN_SUBJECT, ("'Larg_ones'", "'Large_ones'?"),
    ),
    Mistake(
        "display name instead of key", _subject("@{outputs('Get items')}"),
        "FLOW401", _IN_SUBJECT, ("'Get items'", "'Get_items'?"),
    ),
    Mistake(
        "action that runs later", {"actions/Names/inputs/from": "@body('As_table')"},
        "FLOW402", "actions.Names.inputs.from", ("'As_table'", "runs after this action", "Swap"),
    ),
    Mistake(
        "action of the other branch",
        {"actions/Is_large/else/actions/Call_child/inputs/body": "@body('Send_mail')"},
        "FLOW402", "actions.Is_large.else.actions.Call_child.inputs.body",
        ("'Send_mail'", "another branch of 'Is_large'", "repeat"),
    ),
    Mistake(
        "loop after a renaming",
        {f"{_LOOP}/actions/Add_name/inputs/value": "@items('Each_orders')?['Title']"},
        "FLOW403", "actions.Try.actions.Each_order.actions.Add_name.inputs.value",
        ("'Each_orders'", "'Each_order'?"),
    ),
    Mistake(
        "item of a loop behind the loop", _subject("@{items('Each_order')?['Title']}"),
        "FLOW404", _IN_SUBJECT, ("outside of that loop", "Move"),
    ),
    Mistake(
        "item() without items", _subject("@{item()?['Title']}"),
        "FLOW405", _IN_SUBJECT, ("inside of a Foreach",),
    ),
    Mistake(
        "parameter without its schema name", _subject("@{parameters('Site')}"),
        "FLOW406", _IN_SUBJECT, ("'Site'", "'Site (contoso_site)'?"),
    ),
    Mistake(
        "trigger that looks ahead",
        {"triggers/manual/conditions": [{"expression": "@equals(body('Parse'), 1)"}]},
        "FLOW407", "triggers.manual.conditions[0].expression", ("body()", "triggerBody()"),
        "request",
    ),
    Mistake(
        "result of what is no scope", {"actions/Names/inputs/from": "@result('Large_ones')"},
        "FLOW408", "actions.Names.inputs.from", ("a Query", "outputs('Large_ones')"),
    ),
    Mistake(
        "body of a schedule", _subject("@{triggerBody()?['text']}"),
        "FLOW409", _IN_SUBJECT, ("always null", "another trigger"),
    ),
    Mistake(
        "misspelt variable", _subject("@{variables('totl')}"),
        "FLOW411", _IN_SUBJECT, ("'totl'", "'total'?"),
    ),
    Mistake(
        "variable before it is there",
        {"actions/Init_names/runAfter": {"Get_items": _DONE},
         "actions/Init_done/runAfter": {"Init_total": _DONE},
         "actions/Get_items/inputs/parameters": {"dataset": "@{variables('names')}"}},
        "FLOW412", "actions.Get_items.inputs.parameters.dataset", ("'names'", "to the start"),
    ),
    Mistake(
        "variable twice", {"actions/Init_names/inputs/variables/0/name": "total"},
        "FLOW413", "actions.Init_names.inputs.variables[0]", ("'Init_total'", "sets"),
    ),
    Mistake(
        "increment of a list", {f"{_LOOP}/actions/Add_to_total/inputs/name": "names"},
        "FLOW414", "actions.Try.actions.Each_order.actions.Add_to_total.inputs.name",
        ("an Array", "as Integer"),
    ),
    Mistake(
        "variable set from itself",
        {f"{_UNTIL}/actions/Set_done/inputs/value": "@not(variables('done'))"},
        "FLOW415", "actions.Try.actions.Wait_for_it.actions.Set_done.inputs.value",
        ("'done'", "Compose"),
    ),
    # Connections and child flows.
    Mistake(
        "connection without reference", {f"{_MAIL}/inputs/host/connectionName": "shared_outlook"},
        "FLOW501", "actions.Is_large.actions.Send_mail.inputs.host.connectionName",
        ("'shared_outlook'", "connection_references"),
    ),
    Mistake(
        "key of another connector",
        {f"{_MAIL}/inputs/host/connectionName": "shared_sharepointonline"},
        "FLOW502", "actions.Is_large.actions.Send_mail.inputs.host.connectionName",
        ("shared_office365", "for its connector"),
    ),
    Mistake(
        "child flow by its name",
        {"actions/Is_large/else/actions/Call_child/inputs/host": {
            "workflowReferenceName": "Remind me"}},
        "FLOW503", "actions.Is_large.else.actions.Call_child.inputs.host.workflowReferenceName",
        ("'Remind me'", "GUID"),
    ),
    Mistake(
        "operation without id", {f"{_MAIL}/inputs/host/operationId": _DELETE},
        "FLOW504", "actions.Is_large.actions.Send_mail.inputs.host", ('Add "operationId"',),
    ),
    Mistake(
        "runAfter misspelt", {"actions/Is_large/runsAfter": {"Get_items": ["Succeeded"]}},
        "FLOW110", "actions.Is_large.runsAfter", ("Did you mean 'runAfter'?",),
    ),
    Mistake(
        "a member of other tools", {"actions/Is_large/x-comment": "why"},
        "FLOW111", "actions.Is_large.x-comment", ("'x-comment'", "not known"),
    ),
    # Limits.
    Mistake(
        "501 actions", {"actions": {f"Step_{number}": _compose("x") for number in range(501)}},
        "FLOW601", "actions", ("501 actions", "500", "child flow"),
    ),
    Mistake(
        "26 cases",
        {"actions/Route/cases": {
            f"Case_{number}": {"case": number, "actions": {}} for number in range(26)}},
        "FLOW603", "actions.Route.cases", ("26 cases", "25", "second Switch"),
    ),
    Mistake(
        "251 variables",
        {"actions/Init_names/inputs/variables": [
            {"name": "names", "type": "array"},
            *({"name": f"v{number}", "type": "string"} for number in range(248)),
            {"name": "last", "type": "string"}]},
        "FLOW604", "actions", ("252 variables", "250", "Object"),
    ),
    Mistake(
        "long name", {"actions/" + "x" * 81: _compose("x")},
        "FLOW605", "actions." + "x" * 81, ("81 characters", "80", "Shorten"),
    ),
    Mistake(
        "long description", {"actions/Names/description": "x" * 257},
        "FLOW606", "actions.Names.description", ("257", "256", "Shorten"),
    ),
    Mistake(
        "long expression", _subject("@concat('" + "x" * 8200 + "')"),
        "FLOW607", _IN_SUBJECT, ("8,192", "Compose"),
    ),
    Mistake(
        "everything tracked", {"actions/Names/trackedProperties": {"all": "x" * 16_000}},
        "FLOW608", "actions.Names.trackedProperties", ("16,000", "ids"),
    ),
    Mistake(
        "51 parameters",
        {"parameters": {
            **{f"P{number}": {"type": "String"} for number in range(50)},
            "Site (contoso_site)": {"type": "String"},
            "$connections": {"type": "Object"}}},
        "FLOW609", "parameters", ("51 parameters", "50", "Object"),
    ),
    Mistake(
        "11 outputs",
        {"outputs": {f"O{number}": {"type": "String", "value": "x"} for number in range(11)}},
        "FLOW610", "outputs", ("11 outputs", "10"),
    ),
    Mistake(
        "loop that is too wide",
        {f"{_LOOP}/runtimeConfiguration/concurrency/repetitions": 60},
        "FLOW611", "actions.Try.actions.Each_order.runtimeConfiguration.concurrency.repetitions",
        ("60", "1 to 50"),
    ),
    Mistake(
        "too many runs at once",
        {"triggers/Every_morning/runtimeConfiguration": {"concurrency": {"runs": 0}}},
        "FLOW612", "triggers.Every_morning.runtimeConfiguration.concurrency.runs", ("1 to 100",),
    ),
    Mistake(
        "rounds without end", {f"{_UNTIL}/limit/count": 9999},
        "FLOW613", "actions.Try.actions.Wait_for_it.limit.count", ("9999", "1 to 5,000"),
    ),
    Mistake(
        "an hour in words", {f"{_UNTIL}/limit/timeout": "1 hour"},
        "FLOW613", "actions.Try.actions.Wait_for_it.limit.timeout", ("'1 hour'", "PT1H"),
    ),
)  # fmt: skip
