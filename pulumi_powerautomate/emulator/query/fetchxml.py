"""
FetchXML, as far as Dataverse clients use it.

Source: "Query data using FetchXml" and the reference of its elements. What is left out is rejected
with 501 and its name.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

from .. import known_names
from ..responses import ServiceError, bad_argument, not_implemented
from ..tables import BY_LOGICAL, COLLECTIONS, Table

_FETCH = {
    "top", "count", "page", "paging-cookie", "aggregate", "distinct", "returntotalrecordcount",
    "no-lock", "version", "output-format", "mapping", "latematerialize", "aggregatelimit",
    "options", "useraworderby", "utc-offset", "min-active-row-version", "savedqueryid",
}  # fmt: skip
_MOST_LINKS = 15
_MOST_ROWS = 5000
_MOST_AGGREGATED = 50_000
# Links that only ask whether there are rows.
ASKING = ("any", "not any", "all", "not all", "exists", "in")
_CHOOSING = {"attribute", "all-attributes"}
_ENTITY = {"attribute", "all-attributes", "order", "filter", "link-entity"}
_LINKS = {"inner", "outer", *ASKING}
_AGGREGATES = {"count", "countcolumn", "sum", "avg", "min", "max"}
_GROUPINGS = {"day", "week", "month", "quarter", "year"}


@dataclass
class Attribute:
    """A column of the result."""

    column: str
    alias: str = ""
    aggregate: str = ""
    distinct: bool = False
    grouped: bool = False
    date_grouping: str = ""


@dataclass
class Sorting:
    """One `order`."""

    name: str
    alias: str
    descending: bool
    entity: str


@dataclass
class Condition:
    """One `condition`."""

    entity: str
    column: str
    operator: str
    values: list[str]
    other: str = ""


@dataclass
class Filter:
    """One `filter`: conditions, filters and links, all or any of which have to hold."""

    every: bool
    conditions: list[Condition] = field(default_factory=list)
    filters: list[Filter] = field(default_factory=list)
    links: list[Entity] = field(default_factory=list)


@dataclass
class Entity:
    """An `entity` or a `link-entity`."""

    table: Table
    alias: str = ""
    attributes: list[Attribute] = field(default_factory=list)
    every_attribute: bool = False
    orders: list[Sorting] = field(default_factory=list)
    filters: list[Filter] = field(default_factory=list)
    links: list[Entity] = field(default_factory=list)
    kind: str = "inner"
    # Columns of the linked table and of the table that it is linked to.
    here: str = ""
    there: str = ""


@dataclass
class Fetch:
    """One query."""

    entity: Entity
    top: int | None
    count: int | None
    page: int
    paging_cookie: str
    aggregate: bool
    distinct: bool
    total: bool
    # The most rows that an aggregate may be made of.
    limit: int
    # Choices are ordered by their number, not by their label.
    raw_order: bool


def read(text: str) -> Fetch:
    """Parse a query; names that the tables do not have are rejected."""
    if "<!DOCTYPE" in text or "<!ENTITY" in text:
        raise _invalid("a document type")
    try:
        root = ElementTree.fromstring(text)
    except (ElementTree.ParseError, ValueError) as error:
        raise _invalid(str(error)) from None
    if root.tag != "fetch":
        raise _invalid(f"the element '{root.tag}'")
    _only_attributes(root, _FETCH)
    if root.get("savedqueryid"):
        raise not_implemented("saved queries in FetchXML")
    entities = [child for child in root if isinstance(child.tag, str)]
    if len(entities) != 1 or entities[0].tag != "entity":
        raise _invalid("anything but one 'entity' below 'fetch'")
    if root.get("utc-offset", "0") != "0":
        raise not_implemented("dates of another time zone (utc-offset) in FetchXML")
    top, count = _number(root, "top"), _number(root, "count")
    if top is not None and top > _MOST_ROWS:
        raise bad_argument(f"The top attribute can't exceed {_MOST_ROWS}.")
    if top is not None and (count is not None or root.get("page")):
        raise bad_argument("The top attribute can't be specified with paging attribute page")
    reader = _Reader()
    return Fetch(
        reader.entity(entities[0]),
        top,
        count,
        _number(root, "page") or 1,
        root.get("paging-cookie") or "",
        _flag(root, "aggregate"),
        _flag(root, "distinct"),
        _flag(root, "returntotalrecordcount"),
        min(_number(root, "aggregatelimit") or _MOST_AGGREGATED, _MOST_AGGREGATED),
        _flag(root, "useraworderby"),
    )


class _Reader:
    def __init__(self) -> None:
        self._links = 0

    def entity(self, element: Element) -> Entity:
        return self._filled(Entity(_table(element.get("name", ""))), element)

    def _filled(self, entity: Entity, element: Element) -> Entity:
        for child in element:
            if not isinstance(child.tag, str):
                continue
            if child.tag not in _ENTITY:
                raise _invalid(f"the element '{child.tag}' in '{element.tag}'")
            if child.tag == "attribute":
                entity.attributes.append(_attribute(entity.table, child))
            elif child.tag == "all-attributes":
                entity.every_attribute = True
            elif child.tag == "order":
                entity.orders.append(_sorting(entity, child))
            elif child.tag == "filter":
                entity.filters.append(self._filter(entity.table, child))
            else:
                entity.links.append(self._link(entity.table, child))
        return entity

    def _link(self, outer: Table, element: Element) -> Entity:
        self._links += 1
        if self._links > _MOST_LINKS:
            raise ServiceError(
                400, "0x8004430d", "Number of link entities in query exceeded maximum limit."
            )
        table = _table(element.get("name", ""))
        kind = element.get("link-type", "inner")
        if kind not in _LINKS:
            raise not_implemented(f"the link-type '{kind}' in FetchXML")
        here, there = element.get("from", ""), element.get("to", "")
        if not here and not there:
            here, there = _implied(outer, table)
        if kind in ASKING and any(child.tag in _CHOOSING for child in element):
            raise bad_argument(f"A link of the type '{kind}' gives no columns.")
        alias = element.get("alias") or f"{table.logical}{self._links}"
        return self._filled(
            Entity(
                table,
                alias,
                kind=kind,
                here=column_of(table, here or table.key),
                there=column_of(outer, there or outer.key),
            ),
            element,
        )

    def _filter(self, table: Table, element: Element) -> Filter:
        kind = element.get("type", "and")
        if kind not in ("and", "or"):
            raise _invalid(f"the filter type '{kind}'")
        if element.get("isquickfindfields") in ("1", "true"):
            raise not_implemented("quick find filters in FetchXML")
        found = Filter(kind == "and")
        for child in element:
            if child.tag == "condition":
                found.conditions.append(_condition(table, child))
            elif child.tag == "filter":
                found.filters.append(self._filter(table, child))
            elif child.tag == "link-entity":
                found.links.append(self._link(table, child))
            elif isinstance(child.tag, str):
                raise _invalid(f"the element '{child.tag}' in 'filter'")
        return found


def column_of(table: Table, name: str) -> str:
    """The column that a logical name stands for."""
    if name in table.by_name:
        return name
    for lookup in table.lookups:
        if lookup.attribute == name:
            return lookup.column
    raise ServiceError(
        400,
        "0x80041103",
        f"'{table.schema_name}' entity doesn't contain attribute with Name = '{name}' and "
        "NameMapping = 'Logical'.",
    )


def _attribute(table: Table, element: Element) -> Attribute:
    name, alias = element.get("name", ""), element.get("alias", "")
    how, grouping = element.get("aggregate", ""), element.get("dategrouping", "")
    if element.get("rowaggregate"):
        raise not_implemented("rowaggregate in FetchXML")
    if how and how not in _AGGREGATES:
        raise _invalid(f"the aggregate '{how}'")
    if grouping and grouping not in _GROUPINGS:
        raise not_implemented(f"the dategrouping '{grouping}' in FetchXML")
    grouped = element.get("groupby") in ("true", "1")
    if (how or grouped) and not alias:
        raise bad_argument(f"The attribute '{name}' needs an alias to be aggregated or grouped.")
    distinct = element.get("distinct") in ("true", "1")
    return Attribute(column_of(table, name), alias, how, distinct, grouped, grouping)


def _sorting(entity: Entity, element: Element) -> Sorting:
    name, alias = element.get("attribute", ""), element.get("alias", "")
    other = element.get("entityname", "")
    if name and not other:
        name = column_of(entity.table, name)
    elif not name and not alias:
        raise _invalid("an 'order' without 'attribute' or 'alias'")
    descending = element.get("descending", "false").lower() in ("true", "1")
    return Sorting(name, alias, descending, other)


def _condition(table: Table, element: Element) -> Condition:
    name, operator = element.get("attribute", ""), element.get("operator", "")
    other = element.get("entityname", "")
    values = [child.text or "" for child in element if child.tag == "value"]
    if element.get("value") is not None:
        values.insert(0, element.get("value", ""))
    if not operator:
        raise _invalid("a 'condition' without 'operator'")
    column = name if other else column_of(table, name)
    compared = element.get("valueof", "")
    if compared and "." not in compared and not other:
        compared = column_of(table, compared)
    return Condition(other, column, operator, values, compared)


def _implied(outer: Table, table: Table) -> tuple[str, str]:
    """Columns of a link that names none: the intersect table's."""
    for collection in COLLECTIONS[outer.logical].values():
        if collection.intersect == table.logical:
            return collection.here, outer.key
    return table.key, outer.key


def _table(name: str) -> Table:
    table = BY_LOGICAL.get(name)
    if table is None and known_names.is_table(name):
        raise not_implemented(f"the table '{name}'")
    if table is None:
        raise ServiceError(
            400,
            "0x80041102",
            f"The entity with a name = '{name}' with namemapping = 'Logical' was not found in the "
            "MetadataCache.",
        )
    return table


def _only_attributes(element: Element, known: set[str]) -> None:
    for name in element.attrib:
        if name == "datasource":
            raise not_implemented("long term retention (datasource) in FetchXML")
        if name not in known:
            raise _invalid(f"the attribute '{name}' of '{element.tag}'")


def _number(element: Element, name: str) -> int | None:
    text = element.get(name)
    if text is None:
        return None
    if not (text.isascii() and text.isdigit()) or not 0 < int(text) < 2**31:
        raise bad_argument(f"Invalid value '{text}' of the attribute '{name}' of 'fetch'.")
    return int(text)


def _flag(element: Element, name: str) -> bool:
    return element.get(name, "false").lower() in ("true", "1")


def _invalid(what: str) -> ServiceError:
    return ServiceError(400, "0x8004111c", f"Invalid XML. FetchXML does not take {what}.")
