"""Drafts of flows: what opens one, what is refused meanwhile, and what publishing does."""

from __future__ import annotations

from ..documents import compose, document
from ..exchange import Exchanges
from ..lab import Lab
from ..probe import Answer, Probe, refusal_of, undecided

_ON = {"statecode": 1, "statuscode": 2}
_OFF = {"statecode": 0, "statuscode": 1}
_ACTIVATE = frozenset({"activate"})
_CONFLICT = "0x80040203"
# No request of the Web API saves a draft; where turning a flow off opens one, there is one to ask.
_NO_DRAFT = "turning a flow off opened no draft, and no other request of the Web API makes one"


def _turn_off(lab: Lab) -> None:
    """Turn a flow on and off, and write to it afterwards."""
    path = f"workflows({lab.flow(clientdata=document(compose()))})"
    lab.need(lab.send("turn on", "PATCH", path, _ON), "turning on a flow that does nothing")
    lab.need(lab.send("turn off", "PATCH", path, _OFF), "turning it off")
    draft = f"{path}/Microsoft.Dynamics.CRM.RetrieveUnpublished()?$select=name,componentstate"
    lab.send("draft", "GET", draft)
    lab.send("definition", "PATCH", path, {"description": "changed"})
    lab.send("state", "PATCH", path, _ON)
    xml = f"<importexportxml><workflows><workflow>{path[10:-1]}</workflow></workflows>"
    lab.send("publish", "POST", "PublishXml", {"ParameterXml": f"{xml}</importexportxml>"})


def _state(found: Exchanges) -> int | None:
    state = found["draft"].member("componentstate")
    return state if isinstance(state, int) else None


def _opens(found: Exchanges) -> Answer:
    state = _state(found)
    if state is None:
        return undecided(f"the draft was answered with {found['draft'].refusal}, without a state")
    return Answer("on" if state == 1 else "off")


def _state_of_a_draft(found: Exchanges) -> Answer:
    state = _state(found)
    return Answer(state) if state else undecided(_NO_DRAFT)


def _blocks(found: Exchanges) -> Answer:
    if not _state(found):
        return undecided(_NO_DRAFT)
    definition, state = found["definition"], found["state"]
    if definition.ok and state.ok:
        return Answer("none")
    if definition.code == _CONFLICT and state.ok:
        return Answer("definition")
    if definition.code == state.code == _CONFLICT:
        return Answer("any")
    return undecided(f"answered with {definition.refusal} and {state.refusal}")


def _published(found: Exchanges) -> Answer:
    answer = found["publish"]
    return Answer("published" if answer.ok else answer.refusal, answer.message[:120])


def _published_while_on(found: Exchanges) -> Answer:
    if not _state(found):
        return undecided(_NO_DRAFT)
    if not found["state"].ok:
        return undecided("the flow with a draft was not turned on")
    return _published(found)


def _rejected(name: str, fact: str, question: str, path: str) -> Probe:
    return Probe(name, question, (f"fact:{fact}",), "501 0x80060888",
                 lambda lab: _read(lab, path), refusal_of("read"), 1)  # fmt: skip


def _read(lab: Lab, path: str) -> None:
    lab.send("read", "GET", path)


PROBES = (
    Probe("turning-off", "Does turning a flow off open a draft?",
          ("switch:turning_off_opens_draft",
           "fact:turning a flow off opens a draft (switch `turning_off_opens_draft`, off)"),
          "off", _turn_off, _opens, 7, ("a flow",), _ACTIVATE),
    Probe("past-a-draft", "Which changes of a flow are refused while it has a draft?",
          ("switch:draft_blocks_update",
           "fact:0x80040203 for a PATCH of `name`, `description` or `clientdata`, and for an "
           "import, while there is a draft (switch `draft_blocks_update`)"),
          "definition", _turn_off, _blocks, 0, (), _ACTIVATE),
    Probe("state-of-a-draft", "Which `componentstate` has a draft?",
          ("fact:`componentstate` 1 and a version of its own in the draft row; columns without a "
           "value are left out",), None, _turn_off, _state_of_a_draft, 0, (), _ACTIVATE),
    Probe("publish", "Does PublishXml take a flow?",
          ("fact:`PublishXml` with `workflows/workflow`, `PublishAllXml`",), "published",
          _turn_off, _published, 0, (), _ACTIVATE),
    Probe("publish-while-on", "Is a draft published to a flow that is on?",
          ("fact:what publishing to a flow that is on checks",), None, _turn_off,
          _published_while_on, 0, (), _ACTIVATE),
    _rejected("fetch-unpublished", "FetchXML with RetrieveUnpublishedMultiple",
              "Does RetrieveUnpublishedMultiple take FetchXML?",
              "workflows/Microsoft.Dynamics.CRM.RetrieveUnpublishedMultiple()?fetchXml=<fetch "
              "top='1'><entity name='workflow'><attribute name='workflowid'/></entity></fetch>"),
    _rejected("version-history", "version history (`componentversions`); writes to a flow that "
              "was never published", "Is there a history of versions?",
              "componentversions?$select=componentversionid&$top=1"),
)  # fmt: skip
