"""
Who a request counts as.

Source: "Impersonate another user using the Web API".
"""

from __future__ import annotations

from collections.abc import Mapping

from .environment import Environment
from .privileges import require_general
from .request import Caller
from .responses import ServiceError

_HEADERS = {"callerobjectid": "azureactivedirectoryobjectid", "mscrmcallerid": "systemuserid"}


def impersonated(environment: Environment, caller: Caller, headers: Mapping[str, str]) -> Caller:
    """The caller that the headers of a request name, or the one who sends it."""
    for header, column in _HEADERS.items():
        wanted = headers.get(header)
        if not wanted:
            continue
        sender = caller.impersonator or caller.user_id
        require_general(environment, sender, "prvActOnBehalfOfAnotherUser")
        user = environment.store.find("systemuser", **{column: wanted.strip()})
        if user is None:
            raise ServiceError(400, "0x80041103", "The impersonated user does not exist.")
        if user["isdisabled"]:
            raise ServiceError(
                403,
                "0x80040225",
                "The specified user is either disabled or is not a member of any business unit.",
            )
        return Caller(str(user["systemuserid"]), sender)
    return caller
