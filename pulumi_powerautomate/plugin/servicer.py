"""The calls of the resource provider protocol."""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

import grpc
from google.protobuf.empty_pb2 import Empty
from pulumi.runtime.proto import plugin_pb2, provider_pb2, provider_pb2_grpc

from ..errors import InvalidInputError
from ..inputs.package import TIMEOUTS
from ..models import camel, from_camel, to_camel
from ..provider import IDENTITY
from ..provider.deadlines import operation_seconds
from . import configuration, partial_failure
from .call_order import CallOrder
from .functions import Asking, functions, settle_configuration
from .kinds import Kind, kinds
from .schema import schema_text
from .urns import identity_of, kind_of, name_in
from .wire import UNKNOWN, Path, from_wire, to_wire

_F = TypeVar("_F", bound=Callable[..., Any])
_Diff = provider_pb2.PropertyDiff


def _answering(method: _F) -> _F:
    """Turn what a call raises into the protocol's error, one line."""

    @functools.wraps(method)
    def call(self: Any, request: Any, context: grpc.ServicerContext) -> Any:
        try:
            return method(self, request, context)
        except partial_failure.PartialFailure as failure:
            partial_failure.abort(context, failure)
        except Exception as error:
            context.abort(grpc.StatusCode.UNKNOWN, self.worded(str(error)))
        return None

    return call  # type: ignore[return-value]


class PowerAutomateServicer(provider_pb2_grpc.ResourceProviderServicer):
    """One provider, configured once, serving calls in parallel."""

    def __init__(self, version: str) -> None:
        self._version = version
        self._kinds: Mapping[str, Kind] = kinds()
        self._order = CallOrder()
        self._asking: Asking | None = None
        names = {
            item.name
            for kind in self._kinds.values()
            for item in (*kind.model.inputs, *kind.model.outputs)
            if "_" in item.name
        }
        self._names = re.compile(rf"\b({'|'.join(sorted(names))})\b")

    def worded(self, text: str) -> str:
        """A message with properties as the languages of this provider call them."""
        return self._names.sub(lambda found: camel(found[0]), text)

    @_answering
    def GetPluginInfo(self, request: Any, context: Any) -> Any:
        return plugin_pb2.PluginInfo(version=self._version)

    @_answering
    def GetSchema(self, request: Any, context: Any) -> Any:
        return provider_pb2.GetSchemaResponse(schema=schema_text())

    @_answering
    def CheckConfig(self, request: Any, context: Any) -> Any:
        news, secrets = from_wire(request.news)
        inputs, failures = configuration.check(news, request.urn)
        return provider_pb2.CheckResponse(
            inputs=to_wire(inputs, secrets),
            failures=[provider_pb2.CheckFailure(reason=reason) for reason in failures],
        )

    @_answering
    def DiffConfig(self, request: Any, context: Any) -> Any:
        olds, _ = from_wire(request.olds)
        news, _ = from_wire(request.news)
        names = sorted(key for key in {*olds, *news} if olds.get(key) != news.get(key))
        kind = provider_pb2.DiffResponse
        return provider_pb2.DiffResponse(
            changes=kind.DIFF_SOME if names else kind.DIFF_NONE, diffs=names
        )

    @_answering
    def Configure(self, request: Any, context: Any) -> Any:
        given, _ = from_wire(request.args)
        settings, explicit = configuration.settings_of(given)
        configuration.configure(
            [kind.provider for kind in self._kinds.values()], settings, explicit
        )
        self._asking = settle_configuration(settings, explicit=explicit)
        return provider_pb2.ConfigureResponse(acceptSecrets=True, supportsPreview=True)

    @_answering
    def Invoke(self, request: Any, context: Any) -> Any:
        function = functions().get(request.tok)
        if function is None:
            raise InvalidInputError(f"There is no function {request.tok}.")
        given, secrets = from_wire(request.args)
        result = function.answer(given, self._asking)
        whole = [(key,) for key in result] if secrets else []
        response = provider_pb2.InvokeResponse()
        getattr(response, "return").CopyFrom(to_wire(result, whole))
        return response

    @_answering
    def Check(self, request: Any, context: Any) -> Any:
        kind = self._kind(request.urn)
        olds, _ = self._properties(kind, request.olds, inputs=True)
        news, secrets = self._properties(kind, request.news, inputs=True)
        given = {key: value for key, value in news.items() if value is not None}
        given[IDENTITY] = identity_of(request.urn, olds)
        try:
            inputs = kind.prepared(given, name_in(request.urn), secrets)
            result = kind.provider.check(olds, inputs)
            reasons = [item.reason for item in result.failures]
            inputs = result.inputs
            if kind.name == "CloudFlow" and not reasons:
                reasons = self._order.refusals(request.urn, inputs, is_new=not olds)
        except InvalidInputError as error:
            inputs, reasons = given, [str(error)]
        return provider_pb2.CheckResponse(
            inputs=self._written(kind, inputs, secrets, inputs=True),
            failures=[provider_pb2.CheckFailure(reason=self.worded(text)) for text in reasons],
        )

    @_answering
    def Diff(self, request: Any, context: Any) -> Any:
        kind = self._kind(request.urn)
        olds, _ = self._properties(kind, request.olds)
        news = self._declared(kind, request)
        result = kind.provider.diff(request.id, olds, news)
        replaces = [camel(name) for name in result.replaces or ()]
        detailed = {
            camel(name): _Diff(
                kind=_how(name, olds, name in (result.replaces or ())), inputDiff=True
            )
            for name in kind.changed(olds, news)
        }
        for name in replaces:
            detailed.setdefault(name, _Diff(kind=_Diff.UPDATE_REPLACE))
        if result.changes and not detailed:
            detailed = {camel(name): _Diff(kind=_Diff.UPDATE) for name in _outdated(kind, olds)}
        answer = provider_pb2.DiffResponse
        return answer(
            changes=answer.DIFF_SOME if result.changes else answer.DIFF_NONE,
            replaces=replaces,
            deleteBeforeReplace=bool(result.delete_before_replace),
            diffs=sorted(detailed) if result.changes else (),
            detailedDiff=detailed if result.changes else {},
            hasDetailedDiff=True,
        )

    @_answering
    def Create(self, request: Any, context: Any) -> Any:
        kind = self._kind(request.urn)
        news, secrets = self._properties(kind, request.properties)
        if request.preview:
            outputs = _expected(kind, {}, news)
            return provider_pb2.CreateResponse(properties=self._written(kind, outputs, secrets))
        with operation_seconds(request.timeout), self._order.at_work(request.urn, news):
            result = kind.provider.create(_timed(news, "create", request.timeout))
        outputs = self._written(kind, _untimed(result.outs), secrets)
        self._fail_if_refused(kind, result.id, result.outs or {}, outputs, request)
        return provider_pb2.CreateResponse(id=result.id, properties=outputs)

    @_answering
    def Read(self, request: Any, context: Any) -> Any:
        kind = self._kind(request.urn)
        outputs, secrets = self._properties(kind, request.properties)
        inputs, more = self._properties(kind, request.inputs, inputs=True)
        with operation_seconds(request.timeout):
            if outputs.get(IDENTITY):
                result = kind.provider.read(request.id, outputs)
                id_, outs = result.id, result.outs or {}
                inputs = inputs if result.inputs is None else result.inputs
            else:
                id_, outs, inputs = kind.imported(request.id, request.urn)
        if not id_:
            return provider_pb2.ReadResponse()
        secrets |= more
        return provider_pb2.ReadResponse(
            id=id_,
            properties=self._written(kind, outs, secrets),
            inputs=self._written(kind, inputs, secrets, inputs=True),
        )

    @_answering
    def Update(self, request: Any, context: Any) -> Any:
        kind = self._kind(request.urn)
        olds, _ = self._properties(kind, request.olds)
        _, secrets = self._properties(kind, request.news)
        news = self._declared(kind, request)
        if request.preview:
            outputs = _expected(kind, olds, news)
            return provider_pb2.UpdateResponse(properties=self._written(kind, outputs, secrets))
        with operation_seconds(request.timeout), self._order.at_work(request.urn, news):
            timed = _timed(news, "update", request.timeout)
            result = kind.provider.update(request.id, olds, timed)
        outputs = self._written(kind, _untimed(result.outs), secrets)
        self._fail_if_refused(kind, request.id, result.outs or {}, outputs, request)
        return provider_pb2.UpdateResponse(properties=outputs)

    @_answering
    def Delete(self, request: Any, context: Any) -> Any:
        kind = self._kind(request.urn)
        olds, _ = self._properties(kind, request.properties)
        with operation_seconds(request.timeout):
            kind.provider.delete(request.id, _timed(olds, "delete", request.timeout))
        return Empty()

    def Cancel(self, request: Any, context: Any) -> Any:
        """Operations under way go on to their end: each leaves a state that tells what it did."""
        return Empty()

    def _kind(self, urn: str) -> Kind:
        name = kind_of(urn)
        if name not in self._kinds:
            raise InvalidInputError(
                f"There is no resource {name}; there are {', '.join(self._kinds)}."
            )
        return self._kinds[name]

    def _properties(
        self, kind: Kind, struct: Any, *, inputs: bool = False
    ) -> tuple[dict[str, Any], frozenset[Path]]:
        plain, secrets = from_wire(struct)
        types = kind.model.input_types if inputs else kind.model.types
        return from_camel(plain, types), secrets

    def _declared(self, kind: Kind, request: Any) -> dict[str, Any]:
        """Checked inputs, with what `ignoreChanges` keeps as it was last time."""
        news, _ = self._properties(kind, request.news)
        olds, _ = self._properties(kind, request.old_inputs)
        for path in request.ignoreChanges:
            for name in kind.travels_as.get(path, ()):
                if name in olds:
                    news[name] = olds[name]
        return news

    def _written(
        self,
        kind: Kind,
        values: Mapping[str, Any],
        secrets: frozenset[Path],
        *,
        inputs: bool = False,
    ) -> Any:
        types = kind.model.input_types if inputs else kind.model.types
        known = {path[0] for path in secrets}
        more = {(told,) for name, all_ in kind.tells_of.items() if name in known for told in all_}
        return to_wire(to_camel(values, types), secrets | more)

    def _fail_if_refused(
        self, kind: Kind, id_: str, plain: Mapping[str, Any], outputs: Any, request: Any
    ) -> None:
        reason = kind.refusal(plain, name_in(request.urn))
        if reason:
            inputs = request.news if hasattr(request, "news") else request.properties
            raise partial_failure.PartialFailure(id_, outputs, inputs, self.worded(reason))


def _how(name: str, olds: Mapping[str, Any], replaces: bool) -> Any:
    added = olds.get(name) is None and name != "definition"
    if replaces:
        return _Diff.ADD_REPLACE if added else _Diff.UPDATE_REPLACE
    return _Diff.ADD if added else _Diff.UPDATE


def _outdated(kind: Kind, olds: Mapping[str, Any]) -> list[str]:
    """Outputs that say why an operation carries on with a resource whose inputs are the same."""
    errors = [item.name for item in kind.model.errors if olds.get(item.name)]
    return errors or [name for name in ("current_state",) if name in olds]


def _expected(kind: Kind, olds: Mapping[str, Any], news: Mapping[str, Any]) -> dict[str, Any]:
    """Outputs that a preview tells: what inputs decide, and else that they are not known yet."""
    computed = {item.name for item in kind.model.outputs}
    decided = {name: news[name] for name in (*kind.model.echoed, *computed) if name in news}
    return {**dict.fromkeys(computed, UNKNOWN), **decided}


def _timed(props: Mapping[str, Any], operation: str, seconds: float) -> dict[str, Any]:
    """Properties with the time limit of `customTimeouts`, as an import of a package reads it."""
    kept = _untimed(props)
    return {**kept, TIMEOUTS: {operation: seconds}} if seconds else kept


def _untimed(props: Mapping[str, Any] | None) -> dict[str, Any]:
    return {key: value for key, value in (props or {}).items() if key != TIMEOUTS}
