"""Evaluating FetchXML: join, filter, order, aggregate, page."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from ..responses import ServiceError, bad_argument, not_implemented
from ..store import Row
from ..tables import Column, Lookup, Table
from . import paging
from .aggregates import aggregate
from .conditions import COMPARE, NUMBERS, test_of
from .fetched import Cell, Fetched, FetchedRow, cell_name, described, grouping
from .fetchxml import Attribute, Condition, Entity, Fetch, Filter, Sorting, column_of
from .options import sortable
from .properties import Value, Variable, property_value
from .scope import Scope

MOST_ROWS = 5000
Frame = dict[str, "Row | None"]
Test = Callable[[], bool]


class FetchRun:
    """One evaluation."""

    def __init__(self, fetch: Fetch, scope: Scope) -> None:
        self._fetch = fetch
        self._scope = scope
        self._variables: dict[str, Variable] = {}
        self._entities: dict[str, Entity] = {}
        self._declare(fetch.entity)

    def run(self) -> Fetched:
        """The page that the query asks for."""
        fetch, entity = self._fetch, self._fetch.entity
        frames = self._joined(
            [{"": row} for row in self._scope.rows(entity.table.logical)], entity.links
        )
        test = self._all_of(entity.filters, "")
        frames = [frame for frame in frames if self._holds(test, frame)]
        if fetch.aggregate:
            return Fetched(self._aggregated(frames))
        frames = self._ordered(frames)
        if fetch.distinct:
            frames = self._distinct(frames)
        total = min(len(frames), MOST_ROWS) if fetch.total else -1
        page, cookie = self._page(frames)
        return Fetched([self._shown(frame) for frame in page], cookie, total)

    def _declare(self, entity: Entity) -> None:
        if entity.alias in self._variables:
            raise bad_argument(f"The alias '{entity.alias}' is used more than once.")
        self._scope.reach(entity.table)
        self._variables[entity.alias] = Variable(entity.table)
        self._entities[entity.alias] = entity
        for link in entity.links:
            self._declare(link)

    # Joins and filters.

    def _joined(self, frames: list[Frame], links: Sequence[Entity], alias: str = "") -> list[Frame]:
        for link in links:
            frames = self._join(frames, link, alias)
        return frames

    def _join(self, frames: list[Frame], link: Entity, alias: str) -> list[Frame]:
        index: dict[Any, list[Row]] = {}
        for row in self._scope.rows(link.table.logical):
            index.setdefault(_folded(row.get(link.here)), []).append(row)
        test = self._all_of(link.filters, link.alias)
        joined: list[Frame] = []
        for frame in frames:
            value = _folded((frame[alias] or {}).get(link.there))
            candidates = index.get(value, []) if value is not None else []
            inner: list[Frame] = [{**frame, link.alias: row} for row in candidates]
            inner = self._joined(inner, link.links, link.alias)
            inner = [item for item in inner if self._holds(test, item)]
            if link.kind in ("exists", "in", "any", "not any"):
                if bool(inner) != (link.kind == "not any"):
                    joined.append({**frame, link.alias: None})
            elif link.kind in ("all", "not all"):
                raise not_implemented(f"the link-type '{link.kind}' in FetchXML")
            elif inner or link.kind == "inner":
                joined += inner
            else:
                joined.append({**frame, **self._nothing(link)})
        return joined

    def _nothing(self, link: Entity) -> Frame:
        found: Frame = {link.alias: None}
        for inner in link.links:
            found.update(self._nothing(inner))
        return found

    def _holds(self, test: Test, frame: Frame) -> bool:
        self._look_at(frame)
        return test()

    def _look_at(self, frame: Frame) -> None:
        for alias, row in frame.items():
            self._variables[alias].row = row

    def _all_of(self, filters: Sequence[Filter], alias: str) -> Test:
        tests = [self._filter_test(item, alias) for item in filters]
        return lambda: all(test() for test in tests)

    def _filter_test(self, item: Filter, alias: str) -> Test:
        tests = [self._condition_test(condition, alias) for condition in item.conditions]
        tests += [self._filter_test(inner, alias) for inner in item.filters]
        for link in item.links:
            tests.append(self._link_test(link, alias))
        if item.every or not tests:
            return lambda: all(test() for test in tests)
        return lambda: any(test() for test in tests)

    def _link_test(self, link: Entity, alias: str) -> Test:
        if link.kind not in ("any", "not any", "exists", "in"):
            raise not_implemented(f"the link-type '{link.kind}' inside a filter of FetchXML")
        self._declare(link)
        outer = self._variables[alias]

        def test() -> bool:
            before = {name: variable.row for name, variable in self._variables.items()}
            found = self._join([{alias: outer.row}], link, alias)
            for name, row in before.items():
                self._variables[name].row = row
            return bool(found)

        return test

    def _condition_test(self, condition: Condition, alias: str) -> Test:
        variable = self._variable(condition.entity or alias)
        column = condition.column
        if condition.entity:
            column = _column(variable.table, column)
        value = property_value(variable, column)
        if condition.other:
            return self._compared(condition, value, alias)
        edm = value.edm or "Edm.String"
        return test_of(condition.operator, edm, value.get, condition.values, self._scope)

    def _compared(self, condition: Condition, value: Value, alias: str) -> Test:
        compare = COMPARE.get(condition.operator)
        if compare is None:
            raise bad_argument(f"The operator '{condition.operator}' does not compare columns.")
        entity, dot, name = condition.other.rpartition(".")
        variable = self._variable(entity if dot else alias)
        other = property_value(variable, _column(variable.table, name))
        if value.edm != other.edm and not {value.edm, other.edm} <= set(NUMBERS):
            raise bad_argument(
                f"The columns '{condition.column}' and '{name}' have types that do not compare."
            )
        return lambda: compare(value.get(), other.get())

    def _variable(self, alias: str) -> Variable:
        for name, entity in self._entities.items():
            if alias in (name, entity.table.logical) and (name or not alias):
                return self._variables[name]
        if alias == self._fetch.entity.table.logical:
            return self._variables[""]
        raise bad_argument(f"There is no link-entity with the name or alias '{alias}'.")

    # Order and pages.

    def _orders(self, entity: Entity) -> list[tuple[Sorting, str]]:
        found = [(order, entity.alias) for order in entity.orders]
        for link in entity.links:
            found += self._orders(link)
        return found

    def _sort_keys(self) -> list[tuple[Callable[[], Any], bool]]:
        keys = []
        for order, alias in self._orders(self._fetch.entity):
            variable = self._variable(order.entity or alias)
            name = order.name or self._by_alias(order.alias)
            keys.append((self._sort_value(variable, name), order.descending))
        return keys

    def _by_alias(self, alias: str) -> str:
        for attribute in self._fetch.entity.attributes:
            if attribute.alias == alias:
                return attribute.column
        raise bad_argument(f"There is no attribute with the alias '{alias}' to order by.")

    def _sort_value(self, variable: Variable, name: str) -> Callable[[], Any]:
        table = variable.table
        name = _column(table, name)
        lookup = table.lookup_by_column.get(name)
        if lookup is not None:
            # A lookup is ordered by the name of the row that it references.
            return lambda: self._name_of(variable.row, lookup)
        column = table.by_name[name]
        value = property_value(variable, name).get
        return lambda: self._ordered_value(column, value())

    def _ordered_value(self, column: Column | Lookup | None, value: Any) -> Any:
        """Choices are ordered by their label, unless their number is asked for."""
        if isinstance(column, Column) and column.kind == "choice" and not self._fetch.raw_order:
            return _folded(column.labels.get(value))
        return _folded(value)

    def _name_of(self, row: Row | None, lookup: Lookup) -> Any:
        found = self._scope.related(row, lookup) if row else None
        return _folded(found[1].get(found[0].name_column)) if found else None

    def _ordered(self, frames: list[Frame]) -> list[Frame]:
        for get, descending in reversed(self._sort_keys()):
            frames.sort(key=lambda frame: sortable(self._got(get, frame)), reverse=descending)
        return frames

    def _got(self, get: Callable[[], Any], frame: Frame) -> Any:
        self._look_at(frame)
        return get()

    def _distinct(self, frames: list[Frame]) -> list[Frame]:
        found: dict[str, Frame] = {}
        for frame in frames:
            cells = self._cells(frame)
            found.setdefault(repr([(cell.name, _folded(cell.value)) for cell in cells]), frame)
        return list(found.values())

    def _page(self, frames: list[Frame]) -> tuple[list[Frame], str | None]:
        fetch = self._fetch
        if fetch.top is not None:
            return frames[: fetch.top], None
        size = min(fetch.count or MOST_ROWS, MOST_ROWS)
        start = size * (fetch.page - 1)
        if fetch.paging_cookie and fetch.page > 1:
            last = paging.read_position(fetch.paging_cookie)
            start = next(
                (index + 1 for index, frame in enumerate(frames) if self._id(frame) == last),
                start,
            )
        page = frames[start : start + size]
        if start + size >= len(frames) or not page:
            return page, None
        return page, paging.cookie(self._id(page[-1]), fetch.page + 1)

    def _id(self, frame: Frame) -> str:
        return "|".join(
            str((row or {}).get(self._entities[alias].table.key)) for alias, row in frame.items()
        )

    # Results.

    def _shown(self, frame: Frame) -> FetchedRow:
        return FetchedRow(frame[""], self._cells(frame))

    def _cells(self, frame: Frame) -> list[Cell]:
        cells: list[Cell] = []
        for alias, entity in self._entities.items():
            row = frame.get(alias)
            attributes = entity.attributes
            if entity.every_attribute:
                attributes = [Attribute(name) for name in entity.table.readable]
            if not alias and not attributes and not self._fetch.distinct:
                # Nothing chosen: everything of the table that was asked.
                attributes = [Attribute(name) for name in entity.table.readable]
            for attribute in attributes:
                value = (row or {}).get(attribute.column)
                if value is None and (alias or attribute.alias):
                    continue
                cells.append(
                    Cell(cell_name(alias, entity.table, attribute), value,
                         described(entity.table, attribute.column), row)
                )  # fmt: skip
        return cells

    def _aggregated(self, frames: list[Frame]) -> list[FetchedRow]:
        if len(frames) > self._fetch.limit:
            raise ServiceError(
                400,
                "0x8004e023",
                "The maximum record limit is exceeded. Reduce the number of records.",
            )
        chosen = [
            (self._variables[alias], attribute)
            for alias, entity in self._entities.items()
            for attribute in entity.attributes
        ]
        groups = [item for item in chosen if item[1].grouped]
        for _, attribute in chosen:
            if not attribute.grouped and not attribute.aggregate:
                raise bad_argument(
                    "Attribute can not be specified if an aggregate operation is requested."
                )
        found: dict[tuple[Any, ...], list[Frame]] = {} if groups else {(): []}
        for frame in frames:
            self._look_at(frame)
            key = tuple(_folded(grouping(*group)) for group in groups)
            found.setdefault(key, []).append(frame)
        results = []
        for part in found.values():
            if part:
                # Texts are shown in the case of the first row of their group.
                self._look_at(part[0])
            cells = [
                Cell(attribute.alias, value, None if attribute.date_grouping else
                     described(variable.table, attribute.column), part[0].get(""))
                for variable, attribute in groups
                if (value := grouping(variable, attribute)) is not None
            ]  # fmt: skip
            for variable, attribute in chosen:
                if attribute.aggregate:
                    result = self._aggregate(variable, attribute, part)
                    if result is not None:
                        cells.append(Cell(attribute.alias, result))
            results.append(FetchedRow(None, cells))
        return self._ordered_results(results)

    def _aggregate(self, variable: Variable, attribute: Attribute, frames: list[Frame]) -> Any:
        value = property_value(variable, attribute.column)
        method = attribute.aggregate
        if method == "countcolumn" and attribute.distinct:
            method = "countdistinct"
        rows: list[Any] = list(frames)
        return aggregate(method, value, rows, self._look_at)

    def _ordered_results(self, results: list[FetchedRow]) -> list[FetchedRow]:
        for order, _ in reversed(self._orders(self._fetch.entity)):
            alias = order.alias or order.name

            def key(result: FetchedRow, alias: str = alias) -> tuple[int, Any]:
                cell = next(
                    (cell for cell in result.cells if cell.name == alias), Cell(alias, None)
                )
                return sortable(self._ordered_value(cell.column, cell.value))

            results.sort(key=key, reverse=order.descending)
        if self._fetch.top is not None:
            results = results[: self._fetch.top]
        if self._fetch.page > 1 or len(results) > (self._fetch.count or MOST_ROWS):
            raise not_implemented("pages of aggregated rows in FetchXML")
        return results


def _column(table: Table, name: str) -> str:
    return name if name in table.lookup_by_column else column_of(table, name)


def _folded(value: Any) -> Any:
    return value.lower() if isinstance(value, str) else value
