"""Registering in the tenant, and in the environment: whoever signs in there needs a user."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any

from .. import seed
from ..environment import Environment
from .service import Entra


def register(entra: Entra, environment: Environment, document: Mapping[str, Any]) -> None:
    """
    Add applications, people and managed identities.

    Each becomes a user of the environment as well, unless it says `"member": false`.
    """
    entra.directory.register(document)
    for item in document.get("applications", []):
        if item.get("member", True) and not item.get("public"):
            _application_user(environment, item["client_id"], item.get("name", "application"))
    for item in document.get("managed_identities", []):
        if item.get("member", True):
            _application_user(environment, item["client_id"], "managed identity")
    for item in document.get("users", []):
        if item.get("member", True):
            _person(environment, item)


def _application_user(environment: Environment, client_id: str, name: str) -> None:
    client_id = str(uuid.UUID(client_id))
    if environment.store.find("systemuser", applicationid=client_id) is None:
        values = {
            "firstname": "#",
            "lastname": name,
            "fullname": f"# {name}",
            "applicationid": client_id,
        }
        _add(environment, values, str(uuid.uuid5(uuid.UUID(seed.TENANT), client_id)))


def _person(environment: Environment, item: Mapping[str, Any]) -> None:
    object_id = str(uuid.UUID(item["object_id"]))
    if environment.store.find("systemuser", azureactivedirectoryobjectid=object_id) is None:
        username, name = str(item["username"]), str(item.get("name", item["username"]))
        values = {"fullname": name, "internalemailaddress": username, "domainname": username}
        _add(environment, values, object_id)


def _add(environment: Environment, values: dict[str, Any], object_id: str) -> None:
    row_id = str(uuid.uuid5(uuid.UUID(seed.TENANT), "systemuser " + object_id))
    row = {
        "systemuserid": row_id,
        "ownerid": row_id,
        "azureactivedirectoryobjectid": object_id,
        "_businessunitid_value": seed.BUSINESS_UNIT,
        **values,
    }
    environment.insert(environment.table("systemuser"), row, "by hand")
