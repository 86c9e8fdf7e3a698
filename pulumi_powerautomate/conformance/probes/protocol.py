"""Headers, versions, conditions and batches: what every request depends on."""

from __future__ import annotations

import uuid

from ..documents import flow_row
from ..exchange import Exchanges
from ..lab import Lab
from ..probe import Answer, Probe, by_refusal, refusal_of, undecided

# What the client knows a response of the service by.
SIGNS = ("OData-Version", "REQ_ID", "x-ms-service-request-id")
_ANNOTATED = {"Prefer": 'odata.include-annotations="*"'}


def _three_without_a_body(lab: Lab) -> None:
    flow = lab.flow()
    lab.send("update", "PATCH", f"workflows({flow})", {"description": "changed"})
    lab.send("delete", "DELETE", f"workflows({flow})")
    row = flow_row(lab.names.name(lab.noun()))
    lab.send("create", "POST", "workflows", row, lab.in_solution())


def _signs(found: Exchanges) -> Answer:
    silent = [item for item in found.values() if item.status == 204]
    if not silent:
        return undecided("no answer had status 204")
    names = [name for name in SIGNS if all(item.header(name) for item in silent)]
    others = sorted({name for item in silent for name in item.headers})
    return Answer(", ".join(names) or "none", f"headers of a 204: {', '.join(others)}")


def _create(lab: Lab) -> None:
    row = flow_row(lab.names.name(lab.noun()))
    lab.send("create", "POST", "workflows", row, lab.in_solution())


def _where(found: Exchanges) -> Answer:
    answer = found["create"]
    if not answer.ok:
        return undecided(f"the create was refused ({answer.refusal})")
    names = [name for name in ("OData-EntityId", "Location") if answer.header(name)]
    return Answer(" ".join([str(answer.status), *names]))


def _create_and_return(lab: Lab) -> None:
    row = flow_row(lab.names.name(lab.noun()))
    headers = {"Prefer": "return=representation", **lab.in_solution()}
    lab.send("create", "POST", "workflows?$select=name,statecode", row, headers)


def _versions(lab: Lab) -> None:
    path = f"workflows({lab.flow()})"
    lab.send("first", "GET", f"{path}?$select=description")
    lab.quiet("change", "PATCH", path, {"description": "changed"})
    lab.send("changed", "GET", f"{path}?$select=description")
    lab.quiet("change", "PATCH", path, {"description": "changed"})
    lab.send("written again", "GET", f"{path}?$select=description")


def _version_moves(found: Exchanges) -> Answer:
    tags = [
        str(found[name].member("@odata.etag") or found[name].header("ETag"))
        for name in ("first", "changed", "written again")
    ]
    if not all(tags):
        return undecided("a row came without a version")
    if tags[0] == tags[1]:
        return Answer("stays")
    return Answer("with every change" if tags[1] == tags[2] else "with every write")


def _known_version(lab: Lab) -> None:
    path = f"workflows({lab.flow()})?$select=name"
    tag = str(lab.send("read", "GET", path).member("@odata.etag") or "")
    lab.send("again", "GET", path, headers={"If-None-Match": tag})


def _stale_version(lab: Lab) -> None:
    path = f"workflows({lab.flow()})"
    lab.send("update", "PATCH", path, {"description": "changed"}, {"If-Match": 'W/"1"'})


def _same_id_twice(lab: Lab) -> None:
    row = flow_row(lab.names.name(lab.noun()), workflowid=lab.flow())
    lab.send("again", "POST", "workflows", row, lab.in_solution())


def _missing_row(lab: Lab) -> None:
    lab.send("read", "GET", f"workflows({uuid.uuid4()})?$select=name")


def _unknown_segment(lab: Lab) -> None:
    lab.send("read", "GET", "papconfnothings")


def _casing(lab: Lab) -> None:
    flow = lab.flow()
    lab.send("id in capitals", "GET", f"workflows({flow.upper()})?$select=workflowid")
    lab.send("table with a capital", "GET", f"Workflows({flow})?$select=workflowid")


def _which_casing(found: Exchanges) -> Answer:
    ids = found["id in capitals"]
    tables = "any case" if found["table with a capital"].ok else "as spelled"
    shown = str(ids.member("workflowid") or "")
    read = "lower case" if ids.ok and shown == shown.lower() else "as sent"
    accepted = f"any case, read in {read}" if ids.ok else "lower case only"
    return Answer(f"ids: {accepted}; tables: {tables}")


def _batch(lab: Lab, headers: dict[str, str]) -> None:
    missing = f"GET {lab.root}workflows({uuid.uuid4()})?$select=name HTTP/1.1"
    lines = [
        "--papconf",
        "Content-Type: application/http",
        "Content-Transfer-Encoding: binary",
        "",
        missing,
        "Accept: application/json",
        "",
        "",
        "--papconf--",
        "",
    ]
    kind = {"Content-Type": "multipart/mixed; boundary=papconf", "Accept": "multipart/mixed"}
    lab.send("batch", "POST", "$batch", "\r\n".join(lines).encode(), {**kind, **headers})


def _batch_status(found: Exchanges) -> Answer:
    return Answer(found["batch"].status)


def _long_names(lab: Lab) -> None:
    for length in (100, 101, 256):
        name = lab.names.name(lab.noun()).ljust(length, "x")
        row = flow_row(name)
        if not lab.send(str(length), "POST", "workflows", row, lab.in_solution()).ok:
            return


def _longest_name(found: Exchanges) -> Answer:
    taken = [int(label) for label, answer in found.items() if answer.ok]
    refused = [answer for answer in found.values() if not answer.ok]
    if not taken:
        return undecided("a name of 100 characters was refused")
    told = refused[0].refusal if refused else "longer ones were not tried"
    return Answer(max(taken), told)


def _annotated(lab: Lab) -> None:
    path = f"workflows({lab.flow()})?$select=createdon,statecode"
    lab.send("read", "GET", path, headers=_ANNOTATED)


PROBES = (
    Probe("headers-of-a-204", "Which headers by which the client knows the service does a 204 "
          "carry?", ("client:headers of a 204",), ", ".join(SIGNS), _three_without_a_body, _signs,
          4, ("a flow",)),
    Probe("create-answer", "Where does the answer to a create name the new row?",
          ("client:answer of a create",), "204 OData-EntityId Location", _create, _where, 1,
          ("a flow",)),
    Probe("create-answer-with-row", "Does an answer that carries the new row name it in headers "
          "too?", ("client:answer of a create with a row",), "201 OData-EntityId Location",
          _create_and_return, _where, 1, ("a flow",)),
    Probe("version", "When does a row's version (ETag) change?", ("client:versions",),
          "with every write", _versions, _version_moves, 6, ("a flow",)),
    Probe("known-version", "Is a read of a version that is known answered with 304?",
          ("client:304",), "304", _known_version, refusal_of("again"), 3, ("a flow",)),
    Probe("stale-version", "Is a change of another version of a flow refused?",
          ("switch:optimistic_concurrency", "error:0x80060882"), "on", _stale_version,
          by_refusal("update", {"412 0x80060882": "on", "0x8006088d": "off"}), 2, ("a flow",)),
    Probe("same-id-twice", "How is a create with an id that exists refused?",
          ("client:duplicate",), "412 0x80040237", _same_id_twice, refusal_of("again"), 2,
          ("a flow",)),
    Probe("missing-row", "How is a row that is not there answered?", ("error:0x80040217",),
          "404 0x80040217", _missing_row, refusal_of("read"), 1),
    Probe("unknown-segment", "How is a table that is not there answered?",
          ("switch:unknown_segment_code", "error:0x80060888",
           "fact:an unknown name in the path: 0x80060888 (switch `unknown_segment_code`: "
           "documented as 0x8006088a)"),
          "0x80060888", _unknown_segment,
          by_refusal("read", {code: code for code in ("0x80060888", "0x8006088a")}), 1),
    Probe("casing", "In which case are ids and names of tables taken?", ("client:casing",),
          "ids: any case, read in lower case; tables: as spelled", _casing, _which_casing, 3,
          ("a flow",)),
    Probe("batch-with-a-failure", "Which status has a batch whose part fails?",
          ("switch:batch_failure_status",), "part", lambda lab: _batch(lab, {}),
          by_refusal("batch", {"404": "part", "200": "200"}), 1),
    Probe("batch-that-goes-on", "Which status has a batch that goes on after errors?",
          ("client:batch",), 200,
          lambda lab: _batch(lab, {"Prefer": "odata.continue-on-error"}), _batch_status, 1),
    Probe("length-of-a-name", "How long may the name of a flow be?", ("client:length of a name",),
          100, _long_names, _longest_name, 3, ("up to three flows",)),
)  # fmt: skip
