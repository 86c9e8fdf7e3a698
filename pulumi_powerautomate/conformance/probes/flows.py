"""Flows: their ids, documents, states and deletion."""

from __future__ import annotations

import json
import uuid
from typing import Any

from ..documents import calling, compose, document, flow_row, mail
from ..exchange import Exchanges
from ..lab import Lab
from ..probe import Answer, Probe, by_refusal, refusal_of, undecided

ON = {"statecode": 1, "statuscode": 2}
OFF = {"statecode": 0, "statuscode": 1}
_ACTIVATE = frozenset({"activate"})


def _chosen_id(lab: Lab) -> None:
    noun = lab.noun()
    row = flow_row(lab.names.name(noun), workflowid=lab.names.id(noun))
    lab.send("create", "POST", "workflows", row, lab.in_solution())


def _whose_id(found: Exchanges) -> Answer:
    answer = found["create"]
    if not answer.ok:
        return Answer("refuse", answer.refusal)
    wanted = str((answer.request_body or {}).get("workflowid", "")).lower()
    given = answer.header("OData-EntityId").lower()
    if not given:
        return undecided("the answer names no row")
    return Answer("accept" if f"({wanted})" in given else "ignore")


def _upsert(lab: Lab) -> None:
    noun = lab.noun()
    path = f"workflows({lab.names.id(noun)})"
    lab.send("upsert", "PATCH", path, flow_row(lab.names.name(noun)), lab.in_solution())


def _change_while_on(lab: Lab) -> None:
    path = f"workflows({lab.flow(clientdata=document(compose()))})"
    lab.need(lab.send("turn on", "PATCH", path, ON), "turning on a flow that does nothing")
    body = {"clientdata": document(compose("something else"))}
    lab.send("change", "PATCH", path, body)
    lab.send("turn off", "PATCH", path, OFF)


def _stored(lab: Lab) -> None:
    text = mail(lab.names.schema("nothing"))
    row = flow_row(lab.names.name(lab.noun()), clientdata=text, description="described")
    made = lab.need(
        lab.send("create", "POST", "workflows", row, lab.in_solution()), "making a flow"
    )
    flow = made.header("OData-EntityId").rpartition("(")[2].rstrip(")")
    lab.send("read", "GET", f"workflows({flow})?$select=clientdata,description")


def _rewritten(found: Exchanges) -> Answer:
    try:
        sent = json.loads(found["create"].request_body["clientdata"])
        read = json.loads(found["read"].member("clientdata"))
    except (TypeError, ValueError):
        return undecided("no document was read")
    changes = sorted(_changes(sent, read, ""))
    if _sorted_everywhere(read):
        return Answer("alphabetical", "; ".join(changes))
    return Answer("designer", "; ".join(changes)) if changes else Answer("none")


def _changes(sent: Any, read: Any, path: str) -> set[str]:
    if isinstance(sent, dict) and isinstance(read, dict):
        found = {f"added {path}/{key}" for key in read.keys() - sent.keys()}
        found |= {f"removed {path}/{key}" for key in sent.keys() - read.keys()}
        for key in sent.keys() & read.keys():
            found |= _changes(sent[key], read[key], f"{path}/{key}")
        return found
    return set() if sent == read else {f"changed {path}"}


def _sorted_everywhere(node: Any) -> bool:
    if isinstance(node, dict):
        return list(node) == sorted(node) and all(map(_sorted_everywhere, node.values()))
    return not isinstance(node, list) or all(map(_sorted_everywhere, node))


def _unbound(lab: Lab) -> None:
    flow = lab.flow(clientdata=mail(lab.reference()))
    lab.send("turn on", "PATCH", f"workflows({flow})", ON)


def _status_of_refusal(found: Exchanges) -> Answer:
    answer = found["turn on"]
    if answer.code != "0x80060467":
        return undecided(f"answered with {answer.refusal}")
    return Answer(answer.status, answer.inner_code)


def _code_of_refusal(found: Exchanges) -> Answer:
    answer = found["turn on"]
    if answer.ok:
        return undecided("the flow was turned on")
    return Answer(f"{answer.code} {answer.inner_code}".strip())


def _bound_to_nothing(lab: Lab) -> None:
    flow = lab.flow(clientdata=mail(lab.reference(connection=f"{lab.names.stem}-nobody")))
    lab.send("turn on", "PATCH", f"workflows({flow})", ON)


def _known_connection(found: Exchanges) -> Answer:
    answer = found["turn on"]
    if answer.ok:
        return Answer("open")
    about = answer.inner_code.startswith("Connection") or "onnection" in answer.message
    if answer.code == "0x80060467" and about:
        return Answer("registered", answer.inner_code)
    return undecided(f"answered with {answer.refusal} {answer.inner_code}".strip())


def _delete_while_on(lab: Lab) -> None:
    path = f"workflows({lab.flow(clientdata=document(compose()))})"
    lab.need(lab.send("turn on", "PATCH", path, ON), "turning on a flow that does nothing")
    lab.send("delete", "DELETE", path)


def _created_on(lab: Lab) -> None:
    row = flow_row(lab.names.name(lab.noun()), statecode=1)
    lab.send("create", "POST", "workflows", row, lab.in_solution())


def _bad_document(lab: Lab) -> None:
    row = flow_row(lab.names.name(lab.noun()), clientdata='{"schemaVersion":"1.0.0.0"}')
    lab.send("create", "POST", "workflows", row, lab.in_solution())


def _calls_itself(lab: Lab) -> None:
    flow = lab.flow()
    lab.send("update", "PATCH", f"workflows({flow})", {"clientdata": calling(flow)})


def _dangling(lab: Lab) -> None:
    action = {"type": "Compose", "inputs": "x", "runAfter": {"Missing": ["Succeeded"]}}
    row = flow_row(lab.names.name(lab.noun()), clientdata=document({"After": action}))
    lab.send("create", "POST", "workflows", row, lab.in_solution())


def _saved(label: str) -> Any:
    def judge(found: Exchanges) -> Answer:
        return Answer("saved" if found[label].ok else found[label].refusal)

    return judge


def _wrong_choice(lab: Lab) -> None:
    lab.send("update", "PATCH", f"workflows({lab.flow()})", {"scope": 99})


def _runs(lab: Lab) -> None:
    lab.send("read", "GET", f"flowruns?$select=name&$filter=flowrunid eq {uuid.uuid4()}&$top=1")


def _new_owner(lab: Lab) -> None:
    flow = lab.flow()
    body = {"ownerid@odata.bind": f"/teams({lab.team()})"}
    lab.need(lab.send("assign", "PATCH", f"workflows({flow})", body), "giving our team a flow")
    lab.shares("shares", flow)


def _former_owner(found: Exchanges) -> Answer:
    if not found["shares"].ok:
        return undecided(f"answered with {found['shares'].refusal}")
    return Answer("a share" if found["shares"].member("PrincipalAccesses") else "nothing")


_change = by_refusal("change", {"204": "accept", "0x80060466": "reject"})
PROBES = (
    Probe("chosen-id", "Does a POST of a flow keep the `workflowid` that it names?",
          ("switch:client_chosen_id",), "accept", _chosen_id, _whose_id, 1, ("a flow",)),
    Probe("upsert", "Does a PATCH of a flow that is not there create it?",
          ("switch:patch_upsert_creates",), "on", _upsert,
          by_refusal("upsert", {"204": "on", "201": "on", "404": "off"}), 1, ("a flow",)),
    Probe("stored-document", "How does the service rewrite a definition?",
          ("switch:normalise_clientdata",), "none", _stored, _rewritten, 2, ("a flow",)),
    Probe("change-while-on", "Is the definition of a flow that is on changed by a PATCH?",
          ("switch:active_clientdata", "error:0x80060466"), "accept", _change_while_on,
          _change, 4, ("a flow",), _ACTIVATE),
    Probe("refused-activation-status", "Which status has a refused activation?",
          ("switch:activation_failure_status",), 400, _unbound, _status_of_refusal, 3,
          ("a flow", "a connection reference"), _ACTIVATE),
    Probe("refused-activation-code", "How does a refused activation name its reason?",
          ("error:0x80060467",), "0x80060467 XrmConnectionReferenceMissingConnection", _unbound,
          _code_of_refusal, 0, (), _ACTIVATE),
    Probe("connection-of-nobody", "Is a flow turned on whose connection does not exist?",
          ("switch:connections",
           "fact:connections of references: there, of the connector, the caller's (switch "
           "`connections`)"), "open", _bound_to_nothing, _known_connection, 3,
          ("a flow", "a connection reference"), _ACTIVATE),
    Probe("delete-while-on", "How is the deletion of a flow that is on refused?",
          ("error:0x8004500f",), "400 0x8004500f", _delete_while_on, refusal_of("delete"), 3,
          ("a flow",), _ACTIVATE),
    Probe("created-on", "How is a create with `statecode` 1 answered?", ("error:0x80048408",),
          "400 0x80048408", _created_on, refusal_of("create"), 1, ("a flow",), _ACTIVATE),
    Probe("bad-document", "How is a document without its members refused?",
          ("error:0x80060468",), "400 0x80060468", _bad_document, refusal_of("create"), 1),
    Probe("flow-that-calls-itself", "How is a flow that calls itself refused?",
          ("client:self-call",), "400 0x80060467", _calls_itself, refusal_of("update"), 2,
          ("a flow",)),
    Probe("dangling-run-after", "Is a `runAfter` that names no action saved?",
          ("client:runAfter",), "saved", _dangling, _saved("create"), 1, ("a flow",)),
    Probe("wrong-choice", "How is a choice without such an option refused?",
          ("error:0x8004431a",), "400 0x8004431a", _wrong_choice, refusal_of("update"), 2,
          ("a flow",)),
    Probe("flow-runs", "Are runs kept in the table `flowruns`?", ("switch:flow_runs",), "on",
          _runs, by_refusal("read", {"200": "on", "404": "absent"}), 1),
    Probe("former-owner", "What does the former owner of a flow keep?", ("client:former owner",),
          "nothing", _new_owner, _former_owner, 3, ("a flow",), frozenset({"team"})),
)  # fmt: skip
