"""
Publishing: PublishXml and PublishAllXml.

Cloud flows are the only components here that have unpublished versions; everything else is
published as soon as it is written, so that publishing it changes nothing.

Source: the two actions in the Web API reference, "Publish request schema".
"""

from __future__ import annotations

from xml.etree import ElementTree

from . import privileges
from .environment import Environment
from .flows import drafts
from .query import is_guid
from .request import Request
from .responses import Response, bad_argument, bad_payload
from .store import Row


def publish_xml(environment: Environment, request: Request) -> Response:
    """PublishXml: the components that a document names."""
    body = request.json("PublishXml")
    text = body.get("ParameterXml")
    if not isinstance(text, str):
        raise bad_payload("PublishXml", "The parameter 'ParameterXml' is missing.")
    _allow(environment, request)
    for flow_id in _flows(text):
        drafts.require(environment, flow_id)
        _publish(environment, flow_id, request)
    return Response(204)


def publish_all_xml(environment: Environment, request: Request) -> Response:
    """PublishAllXml: everything there is."""
    _allow(environment, request)
    drafts.publish_all(environment, request.caller)
    return Response(204)


def _allow(environment: Environment, request: Request) -> None:
    privileges.require(environment, request, "PublishCustomization", environment.table("solution"))


def _publish(environment: Environment, flow_id: str, request: Request) -> None:
    published: Row | None = environment.store.get("workflow", flow_id)
    if published is not None:
        table = environment.table("workflow")
        privileges.require(environment, request, "Write", table, published)
    drafts.publish(environment, flow_id, request.caller)


def _flows(text: str) -> list[str]:
    """Ids of the flows that a document names, with braces or without."""
    if "<!DOCTYPE" in text:
        raise bad_argument("The ParameterXml must not have a document type.")
    try:
        root = ElementTree.fromstring(text)
    except (ElementTree.ParseError, ValueError):
        raise bad_argument("The ParameterXml is not valid XML.") from None
    if root.tag != "importexportxml":
        raise bad_argument("The root of the ParameterXml is not 'importexportxml'.")
    found = [(element.text or "").strip(" {}\r\n\t").lower()
             for element in root.findall("workflows/workflow")]  # fmt: skip
    for flow_id in found:
        if not is_guid(flow_id):
            raise bad_argument(f"'{flow_id[:40]}' is no id of a workflow.")
    return found
