"""
Conditions on one column, by the names that FetchXML gives them.

The query functions of the Web API (`Microsoft.Dynamics.CRM.LastXDays`) are the same conditions.

Source: "Query function reference" of the Web API and "condition operator values" of FetchXML.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any

from ..responses import ServiceError, bad_argument, not_implemented
from . import intervals
from .literals import has_wildcards, instant, is_guid, pattern
from .scope import Scope

Get = Callable[[], Any]
Test = Callable[[], bool]

NUMBERS = ("Edm.Int32", "Edm.Int64", "Edm.Double", "Edm.Decimal")
_SPECIAL = {
    "EqualUserId": "eq-userid",
    "NotEqualUserId": "ne-userid",
    "EqualBusinessId": "eq-businessid",
    "NotEqualBusinessId": "ne-businessid",
    "EqualUserTeams": "eq-userteams",
    "EqualUserOrUserTeams": "eq-useroruserteams",
    "Last7Days": "last-seven-days",
    "Next7Days": "next-seven-days",
    "DoesNotContainValues": "not-contain-values",
}
# Known to the service, but they need fiscal settings, hierarchies or languages.
_MISSING = re.compile(
    r"(in|this|last|next)-.*fiscal.*|(eq-or-|not-)?(above|under)(-or-equal)?|"
    r"eq-userlanguage|eq-useroruserhierarchy.*|(last|next)-x-fiscal.*|contains"
)
_WITHOUT_VALUE = (
    {"null", "not-null", "eq-userid", "ne-userid", "eq-businessid", "ne-businessid"}
    | {"eq-userteams", "eq-useroruserteams"}
    | set(intervals.NAMED)
)
_LISTS = {"in", "not-in", "between", "not-between", "contain-values", "not-contain-values"}


def operator_of(function: str) -> str:
    """The operator that a query function of the Web API stands for."""
    if function in _SPECIAL:
        return _SPECIAL[function]
    name = function.replace("OlderThan", "Olderthan")
    return re.sub(r"(?<=.)(?=[A-Z])", "-", name).lower()


def takes_a_list(operator: str) -> bool:
    """Whether an operator takes several values."""
    return operator in _LISTS


def takes_no_value(operator: str) -> bool:
    """Whether an operator takes no value."""
    return operator in _WITHOUT_VALUE


def converted(edm: str, value: Any) -> Any:
    """A text as a value of a type; raises ValueError where it is none."""
    if value is None:
        return None
    text = str(value).strip()
    if edm == "Edm.Boolean":
        if text.lower() not in ("true", "false", "0", "1"):
            raise ValueError(text)
        return text.lower() in ("true", "1")
    if edm in ("Edm.Int32", "Edm.Int64"):
        return int(text)
    if edm in NUMBERS:
        return float(text)
    if edm == "Edm.Guid":
        text = text.strip("{}")
        if not is_guid(text):
            raise ValueError(text)
        return text.lower()
    if edm == "Edm.DateTimeOffset":
        moment = instant(text)
        if moment is None:
            raise ValueError(text)
        return moment
    return str(value).lower()


def test_of(operator: str, edm: str, get: Get, values: Sequence[Any], scope: Scope) -> Test:
    """Whether a column meets a condition; `values` are texts."""
    if _MISSING.fullmatch(operator):
        raise not_implemented(f"the condition operator '{operator}'")
    _check_count(operator, values)
    _check_type(operator, edm)
    if operator in ("null", "not-null"):
        return lambda: (get() is None) == (operator == "null")
    if operator in intervals.NAMED:
        _only_dates(operator, edm)
        return _within(get, intervals.NAMED[operator](scope.now))
    if intervals.is_relative(operator):
        _only_dates(operator, edm)
        return _within(
            get, intervals.relative(operator, _converted("Edm.Int32", values[0]), scope.now)
        )
    if operator in _USERS:
        wanted = _USERS[operator](scope)
        return lambda: (get() in wanted) != operator.startswith("ne")
    if operator in ("on", "on-or-after", "on-or-before"):
        _only_dates(operator, edm)
        return _on(operator, get, _converted(edm, values[0]))
    if operator in _TEXTS:
        return _text_test(operator, get, str(values[0]).lower())
    known = [_converted(edm, value) for value in values]
    if operator == "in":
        return lambda: get() in known
    if operator == "not-in":
        return lambda: get() not in known
    if operator in ("between", "not-between"):
        return _between(operator, get, known[0], known[1])
    compare = COMPARE.get(operator)
    if compare is None:
        raise bad_argument(f"The condition operator '{operator}' is not supported.")
    if edm == "Edm.Boolean" and operator not in ("eq", "ne", "neq"):
        raise bad_argument(f"The condition operator '{operator}' is not supported on yes or no.")
    wanted_value = known[0]
    return lambda: compare(get(), wanted_value)


def _ordered(test: Callable[[Any, Any], bool]) -> Callable[[Any, Any], bool]:
    return lambda left, right: left is not None and right is not None and test(left, right)


COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "eq": lambda left, right: bool(left == right),
    "ne": lambda left, right: bool(left != right),
    "neq": lambda left, right: bool(left != right),
    "gt": _ordered(lambda left, right: bool(left > right)),
    "ge": _ordered(lambda left, right: bool(left >= right)),
    "lt": _ordered(lambda left, right: bool(left < right)),
    "le": _ordered(lambda left, right: bool(left <= right)),
}
_USERS: dict[str, Callable[[Scope], set[str]]] = {
    "eq-userid": lambda scope: {scope.user_id},
    "ne-userid": lambda scope: {scope.user_id},
    "eq-businessid": lambda scope: {scope.business_unit},
    "ne-businessid": lambda scope: {scope.business_unit},
    "eq-userteams": lambda scope: set(scope.teams),
    "eq-useroruserteams": lambda scope: {scope.user_id, *scope.teams},
}
_TEXTS = {
    "like": ("", ""),
    "not-like": ("", ""),
    "begins-with": ("", "%"),
    "not-begin-with": ("", "%"),
    "ends-with": ("%", ""),
    "not-end-with": ("%", ""),
}


def like(get: Get, text: str, before: str, after: str) -> Test:
    """Whether a text looks so; `before` and `after` may be `%` for anything."""
    if not has_wildcards(text):
        if before and after:
            return lambda: text in (get() or "") if get() is not None else False
        if before:
            return lambda: (get() or "").endswith(text) if get() is not None else False
        if after:
            return lambda: (get() or "").startswith(text) if get() is not None else False
    wanted = pattern(f"{before}{text}{after}")
    return lambda: get() is not None and wanted.fullmatch(str(get())) is not None


def _text_test(operator: str, get: Get, text: str) -> Test:
    test = like(get, text, *_TEXTS[operator])
    return (lambda: not test()) if operator.startswith("not") else test


def _within(get: Get, interval: intervals.Interval) -> Test:
    start, end = interval

    def test() -> bool:
        value = get()
        return value is not None and start <= value < end

    return test


def _on(operator: str, get: Get, moment: datetime) -> Test:
    start = moment.replace(hour=0, minute=0, second=0, microsecond=0)
    end = start + timedelta(days=1)
    if operator == "on":
        return _within(get, (start, end))
    if operator == "on-or-after":
        return lambda: COMPARE["ge"](get(), start)
    return lambda: COMPARE["lt"](get(), end)


def _between(operator: str, get: Get, low: Any, high: Any) -> Test:
    def test() -> bool:
        value = get()
        if value is None:
            return operator == "not-between"
        return bool(low <= value <= high) == (operator == "between")

    return test


def _converted(edm: str, value: Any) -> Any:
    try:
        return converted(edm, value)
    except ValueError:
        raise bad_argument(f"The value '{value}' does not fit the type '{edm}'.") from None


def _check_type(operator: str, edm: str) -> None:
    """Operators that go with one type of column only."""
    if operator in ("contain-values", "not-contain-values"):
        # No table here has a column of several choices.
        raise not_implemented(f"the condition operator '{operator}' on columns of one choice")
    if operator in _USERS and edm != "Edm.Guid":
        raise bad_argument(f"The condition operator '{operator}' is for ids and lookups.")
    if operator in _TEXTS and edm != "Edm.String":
        raise not_implemented(f"the condition operator '{operator}' on columns that are no texts")


def _only_dates(operator: str, edm: str) -> None:
    if edm != "Edm.DateTimeOffset":
        raise ServiceError(
            400, "0x80040203", f"The condition operator '{operator}' is for columns with dates."
        )


def _check_count(operator: str, values: Sequence[Any]) -> None:
    count = len(values)
    if takes_no_value(operator):
        fits = count == 0
    elif operator in ("between", "not-between"):
        fits = count == 2
    else:
        fits = count >= 1 if takes_a_list(operator) else count == 1
    if not fits:
        raise bad_argument(f"The condition operator '{operator}' got {count} values.")
