"""
Filter expressions: checked against the types of columns, then evaluated row by row.

Source: "Filter rows using OData". The messages are those of the OData library that the service
uses, as they are reported with their code.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from ..responses import bad_syntax, not_implemented
from ..store import Row
from ..tables import BY_SET, COLLECTIONS, Table
from .conditions import COMPARE, like, operator_of, test_of
from .filter import Node, parse_expression, parse_value
from .operands import arguments, incompatible, literal, promoted
from .properties import Referenced, Value, Variable, no_property, property_value
from .scope import Scope

Get = Callable[[], Any]
_CRM = "Microsoft.Dynamics.CRM."
_TEXT_FUNCTIONS = {"contains": ("%", "%"), "startswith": ("", "%"), "endswith": ("%", "")}
# Functions of OData 4.0 that the documentation of the service does not list.
_OTHER_FUNCTIONS = frozenset({
    "length", "indexof", "substring", "tolower", "toupper", "trim", "concat", "year", "month",
    "day", "hour", "minute", "second", "fractionalseconds", "date", "time", "totaloffsetminutes",
    "now", "mindatetime", "maxdatetime", "round", "floor", "ceiling", "cast", "isof",
    "geo.distance", "geo.length", "geo.intersects",
})  # fmt: skip


class Compiler:
    """Turns expressions over one table into functions of no argument that look at `here.row`."""

    def __init__(self, table: Table, scope: Scope) -> None:
        self.here = Variable(table)
        self._scope = scope
        self._variables: dict[str, Variable] = {}
        self._resolving: set[str] = set()

    def predicate(self, text: str) -> Callable[[Row], bool]:
        """Whether a row passes."""
        value = self._compile(parse_expression(text))
        if value.edm != "Edm.Boolean":
            raise bad_syntax("The $filter expression must evaluate to a single boolean value.")

        def passes(row: Row) -> bool:
            self.here.row = row
            return bool(value.get())

        return passes

    def column(self, text: str, where: str = "$orderby") -> Value:
        """The value of a path, as `$orderby` and `$apply` name it."""
        node = parse_expression(text)
        if node.kind != "path":
            raise bad_syntax(f"Only property paths are supported in {where}, not '{text}'.")
        return self._path(node.value)

    def order(self, text: str) -> Value:
        """The value to sort by; a lookup is ordered by the name of the row it references."""
        value = self.column(text)
        variable, rest = self._start(text.strip().split("/"))
        variable = self._walk(variable, rest[:-1])
        lookup = variable.table.lookup_by_column.get(rest[-1])
        if lookup is None:
            return value

        def name() -> Any:
            found = self._scope.related(variable.row, lookup) if variable.row else None
            return self._fold(str(found[1].get(found[0].name_column) or "")) if found else None

        return Value("Edm.String", name)

    # Nodes, by kind.

    def _compile(self, node: Node) -> Value:
        return {
            "or": self._junction,
            "and": self._junction,
            "not": self._negation,
            "group": lambda item: self._compile(item.children[0]),
            "compare": self._comparison,
            "in": self._membership,
            "arithmetic": self._arithmetic,
            "path": lambda item: self._path(item.value),
            "call": self._call,
            "quantifier": self._quantifier,
        }.get(node.kind, self._literal)(node)

    def _junction(self, node: Node) -> Value:
        parts = [self._compile(child) for child in node.children]
        for part in parts:
            if part.edm != "Edm.Boolean":
                raise incompatible(parts[0], part, node.kind)
        gets = [part.get for part in parts]
        if node.kind == "and":
            return Value("Edm.Boolean", lambda: all(get() for get in gets))
        return Value("Edm.Boolean", lambda: any(get() for get in gets))

    def _negation(self, node: Node) -> Value:
        operand = self._compile(node.children[0])
        if operand.edm != "Edm.Boolean":
            raise bad_syntax(
                "A unary operator with an incompatible type was detected. Found operand type "
                f"'{operand.edm}' for operator kind 'Not'."
            )
        return Value("Edm.Boolean", lambda: not operand.get())

    def _comparison(self, node: Node) -> Value:
        left, right = (self._compile(child) for child in node.children)
        if node.name == "has":
            raise not_implemented("the operator 'has' in $filter")
        left, right = promoted(left, right, node.name)
        if "Edm.Boolean" in (left.edm, right.edm) and node.name not in ("eq", "ne"):
            raise incompatible(left, right, node.name)
        compare, get, other = COMPARE[node.name], left.get, right.get
        return Value("Edm.Boolean", lambda: compare(get(), other()))

    def _fold(self, text: str) -> str:
        return text if self.here.table.case_sensitive else text.lower()

    def _literal(self, node: Node) -> Value:
        if node.kind in ("string", "quoted"):
            text = self._fold(node.value)
            return Value("Edm.String", lambda: text, node.value)
        return literal(node)

    def _membership(self, node: Node) -> Value:
        left = self._compile(node.children[0])
        items = [promoted(left, self._literal(item), "eq")[1].get() for item in node.value]
        return Value("Edm.Boolean", lambda: left.get() in items)

    def _arithmetic(self, node: Node) -> Value:
        raise not_implemented(f"the arithmetic operator '{node.name}' in $filter")

    def _call(self, node: Node) -> Value:
        name = node.value[-1]
        if name in ("any", "all") and len(node.value) > 1:
            if name == "all" or node.children:
                raise bad_syntax(f"The operator '{name}' takes a variable and a condition.")
            return self._any_row(node.value[:-1])
        if name.startswith(_CRM):
            return self._query_function(node, name.removeprefix(_CRM))
        if len(node.value) > 1:
            raise bad_syntax(f"Syntax error: '{'/'.join(node.value)}' is no function.")
        if name in _TEXT_FUNCTIONS:
            return self._text_function(node, name)
        if name in _OTHER_FUNCTIONS:
            raise not_implemented(f"the function '{name}' in $filter")
        raise bad_syntax(f"An unknown function with name '{name}' was found.")

    def _text_function(self, node: Node, name: str) -> Value:
        parts = [self._compile(child) for child in node.children if child.kind != "named"]
        if len(parts) != 2 or any(part.edm != "Edm.String" for part in parts):
            raise bad_syntax(
                f"No function signature for the function with name '{name}' matches the specified "
                f"arguments. The function signatures considered are: {name}(Edm.String "
                "Nullable=true, Edm.String Nullable=true)."
            )
        whole, part = parts
        before, after = _TEXT_FUNCTIONS[name]
        if part.literal is not None:
            wanted = self._fold(part.literal)
            return Value("Edm.Boolean", like(whole.get, wanted, before, after))

        def test() -> bool:
            text = part.get()
            if text is None:
                return False
            return bool(like(whole.get, str(text), before, after)())

        return Value("Edm.Boolean", test)

    def _query_function(self, node: Node, name: str) -> Value:
        given = {
            child.name: self._behind_alias(child.children[0])
            for child in node.children
            if child.kind == "named"
        }
        target = given.get("PropertyName")
        if target is None or target.kind not in ("string", "quoted") or not node.children:
            raise bad_syntax(f"The function '{_CRM}{name}' needs the parameter 'PropertyName'.")
        column = self._attribute((*node.value[:-1], *str(target.value).split("/")))
        operator = operator_of(name)
        values = arguments(given, name, operator)
        test = test_of(operator, column.edm or "Edm.String", column.get, values, self._scope)
        return Value("Edm.Boolean", test)

    def _behind_alias(self, node: Node) -> Node:
        """The value of a parameter, which an option of the URL may give."""
        name = str(node.value[0]) if node.kind == "path" else ""
        text = self._scope.aliases.get(name) if name.startswith("@") else None
        return node if text is None else parse_value(text)

    def _quantifier(self, node: Node) -> Value:
        if node.value[-1] not in ("any", "all") or len(node.value) < 2:
            raise bad_syntax(f"'{'/'.join(node.value)}' is no lambda operator.")
        variable = node.name
        if variable in self._variables:
            raise bad_syntax(f"The range variable '{variable}' has already been declared.")
        target, rows = self._collection(node.value[:-1])
        inner = self._variables[variable] = Variable(target)
        try:
            condition = self._compile(node.children[0])
        finally:
            del self._variables[variable]
        if condition.edm != "Edm.Boolean":
            raise bad_syntax("The lambda expression must evaluate to a single boolean value.")
        every = bool(node.value[-1] == "all")

        def test() -> bool:
            before = inner.row
            try:
                for row in rows():
                    inner.row = row
                    if bool(condition.get()) != every:
                        return not every
                return every
            finally:
                inner.row = before

        return Value("Edm.Boolean", test)

    def _any_row(self, path: Sequence[str]) -> Value:
        _, rows = self._collection(path)
        return Value("Edm.Boolean", lambda: bool(rows()))

    # Names.

    def _collection(self, path: Sequence[str]) -> tuple[Table, Callable[[], list[Row]]]:
        variable, rest = self._start(path)
        variable = self._walk(variable, rest[:-1])
        collection = COLLECTIONS.get(variable.table.logical, {}).get(rest[-1] if rest else "")
        if collection is None:
            raise no_property(rest[-1] if rest else path[-1], variable.table)
        children = self._scope.children
        self._scope.reach(BY_SET[collection.target])

        def rows() -> list[Row]:
            return [] if variable.row is None else children(variable.row, collection)

        return BY_SET[collection.target], rows

    def _start(self, path: Sequence[str]) -> tuple[Any, Sequence[str]]:
        if path[0] in self._variables:
            return self._variables[path[0]], path[1:]
        if path[0] == "$it":
            return self.here, path[1:]
        return self.here, path

    def _walk(self, variable: Any, path: Sequence[str]) -> Any:
        for name in path:
            lookup = variable.table.lookup_by_name.get(name)
            if lookup is None:
                raise no_property(name, variable.table)
            variable = Referenced(variable, lookup, self._scope)
        return variable

    def _path(self, path: Sequence[str]) -> Value:
        if path[0].startswith("@"):
            return self._alias(path)
        variable, rest = self._start(path)
        if not rest:
            raise bad_syntax(f"'{path[0]}' stands for a row, not for a value.")
        if len(rest) > 1 and rest[-1] in ("Value", "CanBeChanged", "ManagedPropertyLogicalName"):
            owner = self._walk(variable, rest[:-2])
            column = owner.table.by_name.get(rest[-2])
            if column is not None and column.kind == "managed":
                member = rest[-1]
                edm = "Edm.String" if member.startswith("Managed") else "Edm.Boolean"
                return Value(edm, lambda: ((owner.row or {}).get(rest[-2]) or {}).get(member))
        if rest[-1] == "$count":
            raise not_implemented("counting related rows in $filter")
        variable = self._walk(variable, rest[:-1])
        return property_value(variable, rest[-1])

    def _attribute(self, path: Sequence[str]) -> Value:
        """A column by its logical name, which for lookups is not that of its property."""
        variable, rest = self._start(path)
        variable = self._walk(variable, rest[:-1])
        name = rest[-1] if rest else ""
        for lookup in variable.table.lookups:
            if lookup.attribute == name:
                name = lookup.column
        return property_value(variable, name)

    def _alias(self, path: Sequence[str]) -> Value:
        name = path[0]
        text = self._scope.aliases.get(name)
        if text is None or len(path) > 1 or name in self._resolving:
            # An alias without a value is null.
            return Value(None, lambda: None)
        self._resolving.add(name)
        try:
            return self._compile(parse_expression(text))
        finally:
            self._resolving.discard(name)
