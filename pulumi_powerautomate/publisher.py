"""`Publisher`: who solutions are from, and the prefix of what is made in them."""

from __future__ import annotations

import re
import zlib
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

import pulumi
from pulumi.dynamic import CheckResult, CreateResult, DiffResult, ReadResult, UpdateResult

from .errors import DataverseError, InvalidInputError, SolutionOperationError
from .inputs.bindings import attempted_rows, is_forgotten, is_left_alone, tell_deleted
from .inputs.named_rows import (
    ERROR,
    NamedRow,
    compare,
    differing,
    killed,
    read_row,
    text_problems,
    unique_name_problems,
)
from .models import PUBLISHER
from .provider import (
    IDENTITY,
    DataverseProvider,
    DataverseResource,
    fail_unless_done,
    failure,
    given_in,
    options_of,
    single_owner,
    urn_of,
)

if TYPE_CHECKING:
    from .client.solutions.containers import PublisherRow

_ECHOED = (*PUBLISHER.echoed, IDENTITY)
_COLUMNS = {
    "display_name": "friendlyname",
    "prefix": "customizationprefix",
    "option_value_prefix": "customizationoptionvalueprefix",
    "description": "description",
}
_KEY = "publisher_id"
_PREFIX = re.compile(r"(?!mscrm)[a-z][a-z0-9]{1,7}", re.IGNORECASE)
_LOWEST, _HIGHEST = 10_000, 99_999
_LONGEST = {"display_name": 256, "description": 2000}
# The row is referenced by others.
_REFERENCED = "0x80040227"


class PublisherProvider(DataverseProvider):
    """
    The engine's calls for `Publisher`.

    `create`, `update` and `delete` are two requests each, `read` is one.
    """

    def check(self, _olds: dict[str, Any], news: dict[str, Any]) -> CheckResult:
        inputs = {key: value for key, value in news.items() if value is not None}
        number = inputs.get("option_value_prefix")
        if isinstance(number, float) and number.is_integer():
            inputs["option_value_prefix"] = int(number)
        problems = [*unique_name_problems(inputs.get("unique_name"), 256), *_problems(inputs)]
        name = inputs.get("unique_name")
        if isinstance(name, str) and not problems:
            key = f"publisher {name.lower()}"
            problems += single_owner.declared_twice(f"unique_name {name}", key, urn_of(inputs))
        return CheckResult(inputs, [*self.configuration_failures(), *map(failure, problems)])

    def diff(self, id_: str, olds: dict[str, Any], news: dict[str, Any]) -> DiffResult:
        return compare(id_, olds, news, PUBLISHER.echoed)

    def create(self, props: dict[str, Any]) -> CreateResult:
        name = props["unique_name"]
        return CreateResult(name, self._bring_about(name, props, None))

    def read(self, id_: str, props: dict[str, Any]) -> ReadResult:
        live = self.client.containers.publisher(id_)
        if live is None:
            return ReadResult("", {})
        if is_forgotten(props, live.id):
            return ReadResult("", {})
        found = {"unique_name": live.unique_name, **_columns_of(live)}
        seen, differs = read_row(found, props, _ECHOED)
        return ReadResult(id_, {**seen, _KEY: live.id}, seen if differs else None)

    def update(self, id_: str, olds: dict[str, Any], news: dict[str, Any]) -> UpdateResult:
        changed = [key for key in _COLUMNS if news.get(key) not in (None, olds.get(key))]
        if not changed and not olds.get(ERROR):
            return UpdateResult({**_outputs(news), _KEY: olds.get(_KEY)})
        return UpdateResult(self._bring_about(id_, news, olds))

    def delete(self, id_: str, props: dict[str, Any]) -> None:
        containers = self.client.containers
        live = containers.publisher(id_)
        if live is None:
            return
        if is_left_alone(props, live.id):
            return
        tell_deleted(props, differing(_columns_of(live), props), live.etag)
        try:
            containers.delete_publisher(live)
        except DataverseError as error:
            names = containers.solutions_of(live) if error.code.lower() == _REFERENCED else []
            if not names:
                raise
            raise SolutionOperationError(
                f"Delete publisher {id_}: solutions of it are in the environment "
                f"({', '.join(names)}). Delete those first, or keep it with retain_on_delete.",
                error.code,
            ) from None

    def attempt(self, olds: Mapping[str, Any], news: Mapping[str, Any]) -> dict[str, Any]:
        return {"columns": [key for key in _COLUMNS if olds.get(key) != news.get(key)]}

    def after_creates(self, attempts: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
        return attempted_rows(attempts)

    def id_of_new(self, props: Mapping[str, Any]) -> str:
        return str(props["unique_name"])

    def in_doubt(
        self, outputs: Mapping[str, Any], attempts: Sequence[Mapping[str, Any]], *, removed: bool
    ) -> dict[str, Any]:
        return killed(outputs, frozenset(_COLUMNS), attempts, removed=removed)

    def is_deployed_here(self, id_: str, outputs: Mapping[str, Any], identity: str) -> bool:
        live, recorded = self.client.containers.publisher(id_), outputs.get(_KEY)
        return live is not None and live.id == recorded

    def recorded(self, inputs: Mapping[str, Any]) -> dict[str, Any]:
        """Outputs for the state of an existing publisher, from its checked inputs."""
        return _outputs(inputs)

    def _bring_about(
        self, name: str, props: Mapping[str, Any], olds: Mapping[str, Any] | None
    ) -> dict[str, Any]:
        return {**_outputs(props), **self._row(name, props).bring_about(props, olds)}

    def _row(self, name: str, props: Mapping[str, Any]) -> NamedRow[PublisherRow]:
        containers = self.client.containers

        def change(live: PublisherRow, keys: frozenset[str]) -> None:
            containers.change_publisher(live, {_COLUMNS[key]: props[key] for key in keys})

        return NamedRow(
            what=f"Publisher {name}",
            key=_KEY,
            find=lambda: containers.publisher(name),
            columns_of=_columns_of,
            refuse=lambda live: _refuse_read_only(live, props),
            create=lambda row_id: containers.create_publisher(_new_row(row_id, name, props)),
            change=change,
        )


def _problems(inputs: Mapping[str, Any]) -> list[str]:
    problems = text_problems(inputs, _LONGEST)
    prefix = inputs.get("prefix")
    if prefix is None or prefix == "":
        problems.append('prefix is missing; give one such as "contoso".')
    elif isinstance(prefix, str) and not _PREFIX.fullmatch(prefix):
        problems.append(
            f"prefix {prefix!r} is not one: it takes 2 to 8 letters (A to Z) and digits, begins "
            'with a letter, and not with "mscrm".'
        )
    number = inputs.get("option_value_prefix")
    is_number = isinstance(number, (int, float)) and not isinstance(number, bool)
    if (is_number and not (isinstance(number, int) and _LOWEST <= number <= _HIGHEST)) or (
        isinstance(number, (bool, str))
    ):
        problems.append(
            f"option_value_prefix {number!r} is not a whole number from {_LOWEST} to {_HIGHEST}."
        )
    return problems


def _new_row(row_id: str, name: str, props: Mapping[str, Any]) -> dict[str, Any]:
    declared = {column: props[key] for key, column in _COLUMNS.items() if key in props}
    return {
        "publisherid": row_id,
        "uniquename": name,
        "friendlyname": name,
        "customizationoptionvalueprefix": _derived(props["prefix"]),
        **declared,
    }


def _derived(prefix: str) -> int:
    """A number for choice values: the same for a prefix in every environment, seldom another's."""
    return _LOWEST + zlib.crc32(prefix.lower().encode()) % (_HIGHEST - _LOWEST + 1)


def _refuse_read_only(live: PublisherRow, props: Mapping[str, Any]) -> None:
    if live.read_only:
        raise InvalidInputError(
            f"Publisher {live.unique_name} is read-only in this environment (it came with a "
            "managed solution or with the service), so it cannot be managed; leave the resource "
            "out, and give the name where a publisher is asked for."
        )


def _columns_of(live: PublisherRow) -> dict[str, Any]:
    return {
        "display_name": live.display_name,
        "prefix": live.prefix,
        "option_value_prefix": live.option_value_prefix,
        "description": live.description,
    }


def _outputs(props: Mapping[str, Any]) -> dict[str, Any]:
    return given_in(props, _ECHOED)


class Publisher(DataverseResource, module="powerautomate", name="Publisher"):
    """
    A publisher: who solutions are from, with the prefix of the names that are made in them.

    One that exists already is adopted; a warning names the columns that differed. Deleting the
    resource deletes the publisher, which the service refuses while a solution of it is there.
    The resource's id is its unique name.

    Args:
        resource_name: the resource's name in the stack.
        opts: Pulumi's resource options.
        unique_name: letters, digits and underscores. A change replaces, the new one first.
        prefix: 2 to 8 letters and digits, such as `contoso`, the beginning of the names of what is
            made from now on. Changed in place: what is there already keeps its name.
        display_name: up to 256 characters; `unique_name` by default for a new one. Changed in
            place; left alone when it is left out.
        option_value_prefix: 10,000 to 99,999, the beginning of the values of new choices; for a new
            publisher derived from the prefix by default. Changed in place; left alone when it is
            left out.
        description: up to 2,000 characters. Changed in place; left alone when it is left out.

    Attributes besides the inputs: `publisher_id`, the row's id; `write_error`, while nobody can
    tell whether the last change was made: the run fails with it, and the next `pulumi up` looks
    again.

    A column that somebody changed since the last run is a conflict that names it.

    Source of the rules: the table `publisher` in the Dataverse reference.
    """

    old_first: ClassVar[bool | None] = None

    unique_name: pulumi.Output[str]
    prefix: pulumi.Output[str]
    display_name: pulumi.Output[str | None]
    option_value_prefix: pulumi.Output[int | None]
    description: pulumi.Output[str | None]
    publisher_id: pulumi.Output[str]
    write_error: pulumi.Output[str | None]

    def __init__(
        self,
        resource_name: str,
        opts: pulumi.ResourceOptions | None = None,
        *,
        unique_name: pulumi.Input[str],
        prefix: pulumi.Input[str],
        display_name: pulumi.Input[str] | None = None,
        option_value_prefix: pulumi.Input[int] | None = None,
        description: pulumi.Input[str] | None = None,
    ) -> None:
        props = {
            "unique_name": unique_name,
            "prefix": prefix,
            "display_name": display_name,
            "option_value_prefix": option_value_prefix,
            "description": description,
            _KEY: None,
            ERROR: None,
        }
        opts = options_of(opts, "Publisher", resource_name)
        self._register(PublisherProvider, resource_name, props, opts)
        fail_unless_done(self, self.write_error, f"Publisher {resource_name!r}")
