"""Requests that nobody would write: each gets a response of the service, in its form."""

from __future__ import annotations

import base64
import json
import os
import random
import tempfile
from pathlib import Path
from typing import Any
from urllib.parse import quote

from pulumi_powerautomate.emulator import parameters, router, seed
from pulumi_powerautomate.emulator.app import App, new_environment
from pulumi_powerautomate.emulator.flows import drafts
from pulumi_powerautomate.emulator.request import Caller, Request
from pulumi_powerautomate.emulator.tables import BY_SET, COLLECTIONS
from tests.harness.emulator_api import FLOW, document
from tests.harness.packages import FlowPart, package

# `FUZZ=200000` for the whole figure.
_COUNT = int(os.environ.get("FUZZ", "3000"))
_WORDS = (
    "name eq 'x'", "statecode", "createdon gt 2026-01-01", "not ", "(", ")", " and ", " or ", "'",
    "contains(name,'%')", "Microsoft.Dynamics.CRM.Today(PropertyName='createdon')", "null", "$it",
    "Microsoft.Dynamics.CRM.In(PropertyName='name',PropertyValues=['a','b'])", "²", "\ud83d\ude00",
    "ownerid/fullname", "createdby/businessunitid/name", "any(x:x/name eq null)", "/", ",", ";",
    "iscustomizable/Value", "true", "9999999999999", "-1", "1e999", "@p", "add", "in ('a')", "*",
    "systemuserroles_association", "teammembership_association/any()", "$count", "\x00", "has",
    "Microsoft.Dynamics.CRM.LastXDays(PropertyName='createdon',PropertyValue='9999999')",
    "<fetch><entity name='workflow'>", "</entity></fetch>", "<attribute name='name'/>",
    "<filter><condition attribute='createdon' operator='last-x-days' value='x'/></filter>",
    "Microsoft.Dynamics.CRM.In(PropertyName=@p,PropertyValues=@p)", "'createdon'", "['a','b']",
    "<fetch aggregate='true' aggregatelimit='1'><entity name='workflow'>", "<order alias='a'/>",
    "<fetch useraworderby='true' top='9'><entity name='workflow'>", "<order attribute='mode'/>",
    "<attribute name='statecode' alias='a' groupby='true'/>",
    "<attribute name='workflowid' alias='b' aggregate='count'/>",
    "<link-entity name='flowrun' from='workflow' to='workflowid' link-type='exists' alias='r'/>",
    "<filter><condition attribute='name' operator='eq' valueof='mode'/></filter>",
    "groupby((statecode))", "aggregate($count as n)", "11111111-1111-4111-8111-111111111111",
)  # fmt: skip
_OPTIONS = ("$filter", "$select", "$orderby", "$expand", "$top", "$count", "$apply", "$skiptoken",
            "fetchXml", "savedQuery", "@p", "$format")  # fmt: skip
_HEADERS = (
    ("prefer", 'odata.include-annotations="*"'), ("prefer", "odata.maxpagesize=2"),
    ("prefer", "return=representation"), ("if-match", 'W/"1"'), ("if-none-match", "*"),
    ("mscrmcallerid", seed.ALICE), ("callerobjectid", "nobody"),
    ("mscrm.solutionuniquename", "ContosoAutomation"), ("prefer", "odata.maxpagesize=²"),
    ("accept", "application/json;odata.metadata=full"), ("content-type", "text/plain"),
)  # fmt: skip
_BELOW = (
    "CreateMultiple",
    "UpsertMultiple",
    "RetrieveUnpublished()",
    "RetrievePrincipalAccess()",
    "RetrieveUnpublishedMultiple()",
    *router.BOUND_FUNCTIONS,
    *router.BOUND_ACTIONS,
)


def _real_package() -> str:
    with tempfile.TemporaryDirectory() as folder:
        part = FlowPart(on=False)
        return base64.b64encode(package(Path(folder) / "s.zip", part).read_bytes()).decode()


_PACKAGE = "UEsFBgAAAAAAAAAAAAAAAAAAAAAAAA=="
_DOCUMENT = "<importexportxml><workflows><workflow>{}</workflow></workflows></importexportxml>"
_VALUES: tuple[Any, ...] = (
           None, True, 1, 2**40, "x", "\ud800", "2026-01-01", [], {}, {"Value": True}, 1.5, [{}],
           {"name": "x"}, f"/systemusers({seed.ALICE})", "$1", "/teams(x)", FLOW, _PACKAGE,
           seed.SOLUTION_NAME, _DOCUMENT.format(FLOW), 29, {"@odata.type": "#x.workflow",
           "workflowid": FLOW}, [{"workflowid": FLOW}], ["x"], {"StageSolutionUploadId": 1},
           _real_package())  # fmt: skip


_IMPORT = {"OverwriteUnmanagedCustomizations": True, "PublishWorkflows": False,
           "CustomizationFile": _real_package()}  # fmt: skip
_TARGET = {"@odata.type": "Microsoft.Dynamics.CRM.workflow", "workflowid": FLOW}
_ALICE = {"@odata.type": "Microsoft.Dynamics.CRM.systemuser", "systemuserid": seed.ALICE}
_SHARE = {"Target": _TARGET, "PrincipalAccess": {"AccessMask": "ReadAccess", "Principal": _ALICE}}
_MEMBER = {"ComponentId": FLOW, "ComponentType": 29, "AddRequiredComponents": True,
           "SolutionUniqueName": seed.SOLUTION_NAME}  # fmt: skip
_FAULT = b"unexpected error occurred in the emulator"
# Bodies that are carried out as they are, by action.
_RIGHT: dict[str, dict[str, object]] = {
    "GrantAccess": _SHARE, "ModifyAccess": _SHARE,
    "RevokeAccess": {"Target": _TARGET, "Revokee": _ALICE},
    "AddSolutionComponent": _MEMBER,
    "RemoveSolutionComponent": {"SolutionComponent": _TARGET, "ComponentType": 29,
                                "SolutionUniqueName": seed.SOLUTION_NAME},
    "ImportSolution": _IMPORT, "ImportSolutionAsync": _IMPORT, "StageAndUpgradeAsync": _IMPORT,
    "StageSolution": {"CustomizationFile": _real_package()},
    "DeleteAndPromote": {"UniqueName": "Contoso"},
    "UninstallSolutionAsync": {"SolutionUniqueName": "Contoso"},
    "ExportSolution": {"SolutionName": "Contoso", "Managed": False},
    "ExportSolutionAsync": {"SolutionName": "Contoso", "Managed": True},
    "PublishXml": {"ParameterXml": _DOCUMENT.format(FLOW)},
}  # fmt: skip
_IMPORTS = ("CustomizationFile", "ComponentParameters", "SolutionParameters", "HoldingSolution",
            "ImportJobId", "SolutionName", "Managed", "UniqueName")  # fmt: skip


class _Chance:
    def __init__(self, number: int) -> None:
        self.random = random.Random(number)
        self.name = ""

    def text(self) -> str:
        return "".join(self.random.choices(_WORDS, k=self.random.choice((1, 1, 2, 3, 6))))

    def path(self) -> str:
        kind = self.random.random()
        names = [*BY_SET] if kind < 0.7 else [*router.FUNCTIONS, *router.ACTIONS]
        if kind > 0.9:
            names = ["$batch", "EntityDefinitions", "$metadata", "RelationshipDefinitions", "foos"]
        self.name = name = self.random.choice(names)
        parts = [name]
        if self.random.random() < (0.1 if name in router.ACTIONS else 0.6):
            key = self.random.choice([FLOW, seed.ALICE, seed.SOLUTION, "x", self.text(),
                                      "LogicalName='workflow'", "name='x'"])  # fmt: skip
            parts[0] += f"({key})"
        while self.random.random() < 0.4:
            table = BY_SET.get(name)
            names = ["$ref", "$count", "$value", "Attributes", self.text()]
            names += [f"Microsoft.Dynamics.CRM.{operation}" for operation in _BELOW]
            if table is not None:
                names += [*table.readable, *table.lookup_by_name, *COLLECTIONS[table.logical]]
            parts.append(self.random.choice(names))
        return "/".join(parts)

    def query(self) -> str:
        names = self.random.sample(_OPTIONS, self.random.choice((0, 0, 1, 1, 2, 3)))
        return "&".join(f"{name}={quote(self.text(), errors='replace')}" for name in names)

    def body(self) -> bytes:
        kind = self.random.random()
        if kind < 0.1:
            return b"\xff{"
        if kind < 0.2:
            return b"[" * 100_000
        if self.name in router.ACTIONS:
            return self.action()
        names = [name for table in BY_SET.values() for name in table.readable]
        names += ["ownerid@odata.bind", "ownerid", "Targets", "Target", "Principal", "Members",
                  "PrincipalAccess", "CustomizationFile", "@odata.id", "value"]  # fmt: skip
        body = {name: self.random.choice(_VALUES) for name in self.random.sample(names, 4)}
        if self.random.random() < 0.3:
            body |= {"name": "F", "category": 5, "type": 1, "primaryentity": "none",
                     "clientdata": document()}  # fmt: skip
        return json.dumps(body).encode()

    def action(self) -> bytes:
        """The body of an action, right but for a few of its parameters."""
        body = dict(_RIGHT.get(self.name, {}))
        names = {*parameters.ACTIONS.get(self.name, ()), *_IMPORTS}
        for name in self.random.sample(sorted(names), self.random.randint(0, 2)):
            body[name] = self.random.choice(_VALUES)
        for name in self.random.sample(sorted(body), min(len(body), self.random.randint(0, 1))):
            del body[name]
        return json.dumps(body).encode()

    def headers(self) -> dict[str, str]:
        kind = {"content-type": "application/json"}
        return {**kind, **dict(self.random.sample(_HEADERS, self.random.randint(0, 2)))}


def test_no_request_ends_in_an_exception() -> None:
    """Each response is a success, or an error in OData's form with a code; none is a 500."""
    app = App(new_environment(None, {}, None))
    # Jobs end at once, so that one does not keep all others from starting.
    app.environment.switches.set({"import_seconds": 0})
    new = {"workflowid": FLOW, "name": "F", "category": 5, "type": 1, "clientdata": document()}
    app.environment.add_rows({"workflows": [new]})
    drafts.save(app.environment, FLOW, {"name": "Draft", "clientdata": "{"})
    for number in range(_COUNT):
        chance = _Chance(number)
        method = chance.random.choice(("GET", "GET", "GET", "POST", "PATCH", "PUT", "DELETE"))
        path = chance.path()
        if chance.name in router.ACTIONS:
            method = "POST"
        caller = Caller(chance.random.choice((seed.APPLICATION_USER, seed.ALICE)))
        request = Request(
            method, quote(path, safe="()=',$/", errors="replace"), chance.query(),
            chance.headers(), chance.body() if method != "GET" else b"", "http://x", caller,
        )  # fmt: skip
        response = app.handled(request)
        content = response.content()
        where = (number, method, request.path[:200], request.query[:300], content[:300])
        assert response.status < 500 or response.status == 501, where
        assert _FAULT not in content, where
        if response.status >= 400:
            assert set(json.loads(content)["error"]) >= {"code", "message"}, where
        elif content and response.raw is None:
            json.loads(content)
    for job in app.environment.store.all("asyncoperation"):
        assert _FAULT.decode() not in str(job["message"]), job
