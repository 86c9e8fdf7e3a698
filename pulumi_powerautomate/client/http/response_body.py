"""
Check the shape of what Dataverse returns, once, before anything reads it.

A gateway, a cache or a broken proxy can return JSON that is not Dataverse's. Whoever reads a column
takes its type for granted, so the types of all columns that this package reads are held here. After
a write, a response of another shape leaves open whether the write was applied, like a lost one.

Types of columns: the table and function references of the Dataverse Web API (Microsoft Learn).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from ...errors import LostResponseError


def _names(text: str) -> frozenset[str]:
    return frozenset(text.split())


_TEXTS: Final = _names(
    """
    @odata.etag @odata.nextLink @odata.type AccessMask AccessRights ApiUrl AsyncOperationId
    EnvironmentId ExportJobId ExportSolutionFile FriendlyName Id LastUpdated OrganizationId
    PrivilegeName Purpose Region TenantId TrialExpirationDate UniqueName Url UrlName UserId Version
    _createdby_value _modifiedby_value _ownerid_value applicationid azureactivedirectoryobjectid
    clientdata completedon connectionid connectionreferencedisplayname connectorid createdon data
    defaultvalue description displayname domainname endtime errormessage
    friendlymessage friendlyname fullname installedon internalemailaddress message modifiedon name
    solutionname startedon starttime status triggertype uniquename value version
    workflowidunique
    """
)
# Never null, never empty: without them a row is no row.
_KEYS: Final = _names(
    """
    _environmentvariabledefinitionid_value asyncoperationid connectionreferenceid
    connectionreferencelogicalname dependentcomponentobjectid environmentvariabledefinitionid
    environmentvariablevalueid importjobid objectid ownerid principalid principaltypecode schemaname
    solutionid systemuserid teamid workflowid
    """
)
_NUMBERS: Final = _names(
    """
    State accessrightsmask category flowruntimetoliveinseconds inheritedaccessrightsmask
    operationtype statuscode type
    """
)
# Never null.
_CODES: Final = frozenset({"statecode", "componenttype"})
_SWITCHES: Final = frozenset({"IsUserSysAdmin", "isdisabled", "ismanaged", "isvisible"})
_LISTS: Final = frozenset({"PrincipalAccesses", "RolePrivileges"})


class Row(dict[str, Any]):
    """A JSON object of a response; a member that should be there and is not is one clear error."""

    __slots__ = ("_action",)

    def __init__(self, values: Mapping[str, Any], action: str) -> None:
        super().__init__(values)
        self._action = action

    def __missing__(self, key: str) -> Any:
        raise _unexpected(self._action, f"{key} is missing")

    def expanded(self, key: str) -> Row | None:
        """
        A row that was asked for with `$expand`; None when there is none.

        Raises:
            LostResponseError: the member is no object.
        """
        value = self.get(key)
        if value is None or isinstance(value, Row):
            return value
        raise _unexpected(self._action, f"{key} is {_kind(value)} where an object belongs")

    def __reduce__(self) -> tuple[type[dict[str, Any]], tuple[dict[str, Any]]]:
        return (dict, (dict(self),))


def checked_body(body: Any, action: str) -> Row:
    """
    The JSON object of a response, its members checked at every level.

    Raises:
        LostResponseError: it is no object, or a member has a type that Dataverse never gives it.
    """
    if not isinstance(body, dict):
        raise _unexpected(action, f"it is {_kind(body)} where an object belongs")
    return _object(body, action)


def rows_of(body: Row, action: str) -> list[Row]:
    """
    The rows of a collection.

    Raises:
        LostResponseError: the response is no collection.
    """
    rows = body.get("value")
    if not isinstance(rows, list):
        raise _unexpected(action, f"value is {_kind(rows)} where a list of rows belongs")
    return rows


def _object(values: dict[str, Any], action: str, *, inside: bool = False) -> Row:
    row = Row(values, action)
    for key, value in values.items():
        kind = type(value)
        if kind is dict:
            _refuse_nested(key, value, action)
            row[key] = _object(value, action, inside=True)
        elif kind is list:
            row[key] = _list(key, value, action, inside)
        else:
            _check(key, value, action)
    return row


def _list(key: str, values: list[Any], action: str, inside: bool) -> list[Any]:
    if (key != "value" or inside) and key not in _LISTS:
        _check(key, values, action)
        return values
    for item in values:
        if not isinstance(item, dict):
            raise _unexpected(action, f"{key} holds {_kind(item)} where objects belong")
    return [_object(item, action, inside=True) for item in values]


def _refuse_nested(key: str, value: dict[str, Any], action: str) -> None:
    # Both are keys of rows, and navigation properties of the same name when expanded.
    if key not in ("solutionid", "ownerid"):
        _check(key, value, action)


def _check(key: str, value: Any, action: str) -> None:
    """Refuse a value of a type that the column never has."""
    if key == "errorcode":
        # A number of system jobs, a text of flow runs.
        wrong = isinstance(value, (bool, list, dict))
        expected = "a code"
    elif key in _TEXTS:
        wrong = value is not None and not isinstance(value, str)
        expected = "text"
    elif key in _KEYS:
        wrong = not isinstance(value, str) or not value
        expected = "an id or name"
    elif key == "progress":
        wrong = value is not None and not _is_number(value)
        expected = "a number"
    elif key in _NUMBERS or key in _CODES:
        nullable = key in _NUMBERS
        wrong = not _is_whole(value) and not (nullable and value is None)
        expected = "a whole number"
    elif key in _SWITCHES:
        wrong = value is not None and not isinstance(value, bool)
        expected = "true or false"
    elif key in _LISTS:
        wrong = not isinstance(value, list)
        expected = "a list"
    elif key == "Principal":
        wrong = not isinstance(value, dict)
        expected = "an object"
    else:
        return
    if wrong:
        raise _unexpected(action, f"{key} is {_kind(value)} where {expected} belongs")


def _is_whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _kind(value: Any) -> str:
    if value is None:
        return "null"
    kinds: Mapping[type, str] = {
        str: "text" if value else "an empty text",
        bool: "true or false",
        int: "a number",
        float: "a number",
        list: "a list",
        dict: "an object",
    }
    return kinds.get(type(value), type(value).__name__)


def _unexpected(action: str, what: str) -> LostResponseError:
    return LostResponseError(
        f"{action}: the response is not as Dataverse writes it: {what}. Check whether a proxy or "
        "cache rewrites responses."
    )
