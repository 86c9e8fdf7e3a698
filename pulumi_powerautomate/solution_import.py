"""
`SolutionImport`: a solution package in an environment, with what binds it there.

Read top to bottom: what the engine's calls do (`SolutionImportProvider`) and what a person writes
(`SolutionImport`). What the inputs are checked for is in `inputs.package`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Literal

import pulumi
from pulumi.dynamic import CheckResult, CreateResult, DiffResult, ReadResult, UpdateResult

from .errors import PowerAutomateError, UnfinishedImportError
from .inputs.bindings import is_same_name
from .inputs.package import (
    DIGESTS,
    FROM_PACKAGE,
    TIMEOUTS,
    check_inputs,
    operation_timeouts,
    package_inputs,
    package_path,
    settings_inputs,
)
from .inputs.package_changes import package_changes
from .models import SOLUTION_IMPORT
from .provider import (
    CHANGED,
    IDENTITY,
    KILLED,
    DataverseProvider,
    DataverseResource,
    about_to_write,
    derivation_host,
    fail_unless_done,
    failure,
    given_in,
    hides,
    note,
    options_of,
    other_kinds,
    progress,
    single_owner,
    urn_of,
    warn,
)

if TYPE_CHECKING:
    from .client.flows.requests import LiveFlow
    from .client.solutions.bindings import Environment, Known
    from .client.solutions.import_model import ImportRequest, ImportResult
    from .client.solutions.requests import InstalledSolution
    from .solution import SolutionPackage

_DEFAULT_TIMEOUT = 3600
# A change of one of these imports again; of the others it is carried out by itself.
_IMPORTED = ("sha256", "version", *SOLUTION_IMPORT.on_change("import"))
_AFTERWARDS = SOLUTION_IMPORT.on_change("update")
_ECHOED = (*SOLUTION_IMPORT.echoed, "sha256", "solution", "version", "managed", "flows", DIGESTS,
           TIMEOUTS, IDENTITY)  # fmt: skip
# Outputs for the next operation: names whose binding or value may be either, ids of flows that were
# turned off to change them and may still be off, ids of those that should be on, and names of those
# that a refresh found to be off.
_IN_DOUBT, _TURNED_OFF, _ON, _OFF = "in_doubt", "turned_off", "flows_on", "flows_off"
# An output while an import is in doubt: versions that may be installed without anybody's doing.
_VERSIONS = "versions"
# Ids of flows of earlier versions of a managed package, which its next upgrade removes.
_FLOWS_LEFT = "flows_left"
# A hidden input of a create: flows that killed creates may have left off.
_LEFT_OFF = "__turned_off"
# In the journal: names whose binding or value an operation may change.
_NAMES = "names"
# In the journal: the version that an operation may import; empty when it leaves the package alone.
_IMPORTS = "imports"


class SolutionImportProvider(DataverseProvider):
    """
    The engine's calls for `SolutionImport`.

    `check` and `diff` send nothing; `read` is one request, and up to four more for what is declared
    of bindings, variables and activation; `create` and `update` import once and follow the import;
    `delete` uninstalls.
    """

    def check(self, _olds: dict[str, Any], news: dict[str, Any]) -> CheckResult:
        inputs = {key: value for key, value in news.items() if value is not None}
        failures = self.configuration_failures()
        problems = check_inputs(inputs)
        name = inputs.get("solution")
        if isinstance(name, str) and not problems:
            key = f"solution {name.lower()}"
            problems += single_owner.declared_twice(f"solution {name}", key, urn_of(inputs))
        return CheckResult(inputs, [*failures, *map(failure, problems)])

    def diff(self, id_: str, olds: dict[str, Any], news: dict[str, Any]) -> DiffResult:
        changed = _changed(olds, news)
        same_row = is_same_name(id_, news.get("solution"))
        unfinished = bool(olds.get("solution_error") or olds.get(_OFF))
        if changed and same_row and not hides(news, "package"):
            note(news, package_changes(olds, news))
        if set(_IMPORTED) & changed and news.get("managed"):
            _warn_of_slow_path(news)
        return DiffResult(
            changes=bool(changed) or unfinished or not same_row,
            replaces=[] if same_row else ["solution"],
            # Another solution comes first, so that what both hold stays.
            delete_before_replace=same_row,
        )

    def create(self, props: dict[str, Any]) -> CreateResult:
        outputs = self._import(props, None, self._package(props))
        return CreateResult(props["solution"], outputs)

    def read(self, id_: str, props: dict[str, Any]) -> ReadResult:
        from .client.solutions import drift

        solutions = self.client.solutions
        installed = solutions.find(id_)
        if installed is None:
            if _is_in_doubt(props):
                return ReadResult(id_, props)
            return ReadResult("", {})
        version = installed.version
        if props.get("mode") == "hold" and version != props.get("version"):
            from .client.solutions.import_model import HOLDING

            staged = solutions.find(id_ + HOLDING)
            version = staged.version if staged is not None else version
        outputs = {**props, "solution": installed.unique_name, "version": version,
                   "managed": installed.managed}  # fmt: skip
        if not _is_in_doubt(props):
            # Without it the next operation looks what became of the import.
            outputs["solution_id"] = installed.id
        outputs |= drift.bindings_now(self.client.references, props)
        turned_off = frozenset(props.get(_TURNED_OFF) or ())
        were_on = turned_off.union(props.get(_ON) or ())
        off, connections = drift.flows_now(self.client.workflows, props, were_on)
        names = props.get("flows") or {}
        found = {_OFF: sorted(names.get(key, key) for key in off), _TURNED_OFF: turned_off & off}
        for key, flows in found.items():
            outputs.pop(key, None)
            if flows:
                outputs[key] = sorted(flows)
        if connections != (props.get("connections") or {}):
            outputs["connections"] = connections
        drifted = any(
            props.get(key) != outputs.get(key) for key in ("version", "managed", *_AFTERWARDS)
        )
        inputs = given_in(outputs, _ECHOED)
        return ReadResult(id_, outputs, inputs if drifted else None)

    def update(self, _id: str, olds: dict[str, Any], news: dict[str, Any]) -> UpdateResult:
        package = self._package(news)
        imports = _has_to_import(olds, news)
        live, overwritten = self._refuse_foreign(olds, news)
        if imports:
            outputs = self._import(news, olds, package)
        else:
            known = {key: olds.get(key) for key in ("solution_id", "import_job_id")}
            outputs = self._afterwards(news, olds, package, known, live)
        missing = _missing_flows(olds, news)
        if missing and (_is_in_doubt(outputs) or not _removes_what_is_missing(olds, news)):
            outputs[_FLOWS_LEFT] = sorted(missing)
        if not _is_in_doubt(outputs):
            left = outputs.get(_IN_DOUBT) or ()
            _tell_overwritten(news, [what for key, what in overwritten.items() if key not in left])
        return UpdateResult(outputs)

    def delete(self, id_: str, props: dict[str, Any]) -> None:
        from .client.solutions.uninstall import remove

        def seen(installed: InstalledSolution) -> None:
            if props.get("mode") != "hold" and _is_by_others(installed.version, props):
                warn(
                    props,
                    "somebody had changed its version from "
                    f"{props.get('version')} to {installed.version} "
                    "since the last run; removed",
                )

        client = self.client
        removed = remove(
            client.solutions,
            client.workflows,
            id_,
            lambda text: progress(props, text),
            self._deadline(props, "delete"),
            seen,
        )
        if removed == "container":
            flows = ", ".join(sorted((props.get("flows") or {}).values())) or "none"
            warn(
                props,
                f"solution {id_} was unmanaged: only its container is gone. What it held stays in "
                f"the environment; its flows: {flows}",
            )

    def attempt(self, olds: Mapping[str, Any], news: Mapping[str, Any]) -> dict[str, Any]:
        # Not the values, which may be secrets.
        imports = not olds or _has_to_import(olds, news)
        version = str(news.get("version") or "") if imports else ""
        return {_NAMES: sorted(_written(olds, news)), _IMPORTS: version}

    def subjects(self, props: Mapping[str, Any]) -> list[str]:
        return [
            self.removed_subject(props),
            *other_kinds.declared_by(props.get("flows"), other_kinds.flow),
            *other_kinds.declared_by(props.get("connection_references"), other_kinds.reference),
            *other_kinds.declared_by(props.get("environment_variables"), other_kinds.value),
        ]

    def removed_subject(self, props: Mapping[str, Any]) -> str:
        return other_kinds.solution(props.get("solution"))

    def contents(self, props: Mapping[str, Any]) -> list[str]:
        given = props.get("connection_references") or {}
        empty = {other_kinds.reference(name) for name, bound in given.items() if not bound}
        return [subject for subject in self.subjects(props) if subject not in empty]

    def removes(self, olds: Mapping[str, Any], news: Mapping[str, Any] | None) -> list[str]:
        if news is None:
            return self.subjects(olds) if olds.get("managed") else [self.removed_subject(olds)]
        if not _removes_what_is_missing(olds, news):
            return []
        flows = map(other_kinds.flow, _missing_flows(olds, news))
        return [*flows, *self._missing_bindings(olds, news)]

    def _missing_bindings(self, olds: Mapping[str, Any], news: Mapping[str, Any]) -> list[str]:
        """Subjects of bindings and values that are declared no more and have left the package."""
        references = _no_more(olds, news, "connection_references")
        variables = _no_more(olds, news, "environment_variables")
        if not references and not variables:
            return []
        package = self._package(news)
        references -= {name.lower() for name in package.connection_references}
        variables -= {name.lower() for name in package.variables}
        return [
            *map(other_kinds.reference, references),
            *map(other_kinds.value, variables),
        ]

    def id_of_new(self, props: Mapping[str, Any]) -> str:
        return str(props["solution"])

    def after_creates(self, attempts: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
        return {_LEFT_OFF: _left_off({}, attempts)}

    def in_doubt(
        self, outputs: Mapping[str, Any], attempts: Sequence[Mapping[str, Any]], *, removed: bool
    ) -> dict[str, Any]:
        left = {**outputs, _VERSIONS: _versions(outputs, attempts)}
        if removed or any(map(_may_have_imported, attempts)):
            # Without the solution's id the next operation looks what became of the import.
            left.pop("solution_id", None)
        names = {name for attempt in attempts for name in attempt.get(_NAMES) or ()}
        if removed or not all(_NAMES in attempt for attempt in attempts):
            # What was removed may be anything afterwards.
            names |= _names(outputs)
        return {
            **left,
            "solution_error": KILLED,
            _TURNED_OFF: _left_off(outputs, attempts),
            _IN_DOUBT: sorted(names | _in_doubt_after(outputs)),
        }

    def to_look_at(
        self, outputs: Mapping[str, Any], attempts: Sequence[Mapping[str, Any]]
    ) -> Mapping[str, Any]:
        # What is installed does not tell what an import that goes on will leave there.
        if any(map(_may_have_imported, attempts)) and self.client.solutions.running():
            return self.in_doubt(outputs, attempts, removed=False)
        return {**outputs, _TURNED_OFF: _left_off(outputs, attempts)}

    def is_deployed_here(self, id_: str, outputs: Mapping[str, Any], identity: str) -> bool:
        solutions = self.client.solutions
        solution_id, job_id = outputs.get("solution_id"), outputs.get("import_job_id")
        if not solution_id:
            return bool(job_id) and solutions.job(str(job_id)) is not None
        installed = solutions.find(id_)
        return installed is not None and installed.id == solution_id

    def _import(
        self,
        props: Mapping[str, Any],
        olds: Mapping[str, Any] | None,
        package: SolutionPackage,
    ) -> dict[str, Any]:
        from .client.solutions import import_package
        from .client.solutions.activate import to_turn_on
        from .client.solutions.flow_states import solution_and_flows

        client = self.client
        try:
            imported = import_package.import_solution(
                client.solutions,
                self._wanted(props, package),
                lambda text: progress(props, text),
                self._deadline(props, "create" if olds is None else "update"),
            )
        except UnfinishedImportError as error:
            # An error would leave the state as it was before: Pulumi forgets a create, and a
            # program that goes back to the old package would send nothing.
            return self._unsettled(props, olds, error.job_id, error)
        if imported.executed:
            note(props, _counts(props, imported))
            _tell_what_was_there(props, olds, imported)
        known = {"import_job_id": imported.job_id}
        ids = to_turn_on(package.flows, props["activate_flows"])
        try:
            installed, found = solution_and_flows(
                client, props["solution"], {item.id for item in package.flows} if ids else ()
            )
        except PowerAutomateError as error:
            return self._unsettled(props, olds, imported.job_id, error)
        known["solution_id"] = installed.id if installed is not None else ""
        return self._afterwards(props, olds, package, known, imported=imported, found=found)

    def _wanted(self, props: Mapping[str, Any], package: SolutionPackage) -> ImportRequest:
        from .client.solutions.component_parameters import component_parameters
        from .client.solutions.import_model import ImportRequest

        options: dict[str, Any] = {
            "OverwriteUnmanagedCustomizations": props["overwrite_unmanaged_customizations"],
            "PublishWorkflows": props["publish_workflows"],
        }
        for key, member in (
            ("convert_to_managed", "ConvertToManaged"),
            ("skip_product_update_dependencies", "SkipProductUpdateDependencies"),
            ("layer_desired_order", "LayerDesiredOrder"),
        ):
            if props.get(key) is not None:
                options[member] = props[key]
        parameters = component_parameters(props, package)
        if parameters:
            options["ComponentParameters"] = parameters
        return ImportRequest(
            path=package_path(props["package"]),
            sha256=props["sha256"],
            unique_name=props["solution"],
            version=props["version"],
            mode=props["mode"],
            target=derivation_host(self.connection),
            options=options,
            triggers=tuple(map(str, props.get("triggers") or ())),
            synchronous=bool(props.get("synchronous")),
        )

    def _package(self, props: Mapping[str, Any]) -> SolutionPackage:
        from .solution import read_package

        return read_package(package_path(props["package"]))

    def _refuse_foreign(
        self, olds: Mapping[str, Any], news: Mapping[str, Any]
    ) -> tuple[Environment | None, Mapping[str, str]]:
        """
        Read what the declaration binds, and refuse to overwrite what somebody else changed.

        Returns:
            The rows, and the columns that are overwritten although they may be somebody else's.
        """
        from .client.solutions.bindings import Bindings, Environment, refuse_foreign

        known, wanted = _known(olds), Bindings.of(news)
        if known is None:
            return None, {}
        live = Environment.read(self.client.references, wanted)
        return live, refuse_foreign(live, wanted, known, news["solution"])

    def _afterwards(
        self,
        props: Mapping[str, Any],
        olds: Mapping[str, Any] | None,
        package: SolutionPackage,
        known: Mapping[str, Any],
        live: Environment | None = None,
        imported: ImportResult | None = None,
        found: Mapping[str, LiveFlow] | None = None,
    ) -> dict[str, Any]:
        """Bind, set, and turn on; returns the outputs, with what could not be done."""
        from .client.solutions.activate import finish
        from .client.solutions.bindings import Bindings

        turned_off = frozenset(_turned_off(props, olds))
        olds = olds or {}
        connections, in_doubt = _connections_before(olds, imported)
        progress(props, "binding connections and turning flows on")
        done = finish(
            self.client,
            package.flows,
            Bindings.of(props),
            connections=props.get("connections") or {},
            activate=props["activate_flows"],
            live=live,
            known_connections=connections,
            connections_in_doubt=in_doubt,
            turned_off=turned_off,
            about_to_turn_off=lambda ids: about_to_write(**{_TURNED_OFF: sorted(ids)}),
            found=found,
        )
        names = {item.id: item.name for item in package.flows if item.id in done.turned_on}
        _tell_turned_on(props, olds, names, imports=live is None)
        _tell_overwritten(
            props, [f"connection for {name} in its flows" for name in done.overwritten]
        )
        left = {_TURNED_OFF: sorted(done.turned_off), _ON: sorted(done.on)}
        problems = [*(imported.failures if imported is not None else ()), *done.problems]
        outputs = self._outputs(props, {**known, **left}, problems)
        return {**outputs, _IN_DOUBT: sorted(done.in_doubt)} if problems else outputs

    def _deadline(self, props: Mapping[str, Any], operation: str) -> Any:
        from .client.http.throttle import Deadline

        by_operation = props.get(TIMEOUTS) or {}
        seconds = props.get("import_timeout") or by_operation.get(operation) or _DEFAULT_TIMEOUT
        return Deadline(float(seconds))

    def _unsettled(
        self,
        props: Mapping[str, Any],
        olds: Mapping[str, Any] | None,
        job_id: str,
        error: PowerAutomateError,
    ) -> dict[str, Any]:
        """Outputs after an import that nobody has seen the end of, or that nothing came after."""
        left = {"import_job_id": job_id, _TURNED_OFF: _turned_off(props, olds)}
        outputs = self._outputs(props, left, [str(error)])
        if olds is None:
            return outputs
        in_doubt = sorted(_written(olds, props) | _in_doubt_after(olds))
        versions = _versions(olds, [self.attempt(olds, props)])
        return {**outputs, _IN_DOUBT: in_doubt, _VERSIONS: versions}

    def _outputs(
        self, props: Mapping[str, Any], known: Mapping[str, Any], problems: Sequence[str]
    ) -> dict[str, Any]:
        outputs = given_in(props, _ECHOED)
        outputs |= {key: value for key, value in known.items() if value}
        return {**outputs, "solution_error": " ".join(problems)} if problems else outputs


def _known(olds: Mapping[str, Any]) -> Known | None:
    """Bindings and values after the last operation; None when they are not known."""
    from .client.solutions.bindings import Bindings, Known

    return Known(Bindings.of(olds), _in_doubt_after(olds)) if _is_known(olds) else None


def _is_known(olds: Mapping[str, Any]) -> bool:
    """Whether it is recorded which bindings and values the last operation left in doubt."""
    return not olds.get("solution_error") or _IN_DOUBT in olds


def _connections_before(
    olds: Mapping[str, Any], imported: ImportResult | None
) -> tuple[dict[str, str], dict[str, str]]:
    """
    Connections, by connector, that flows are expected to name, and those that are in doubt.

    Neither is known after an import, which brings those of the package.
    """
    is_anew = imported is not None and (imported.executed or not _is_in_doubt(olds))
    if is_anew or not _is_known(olds):
        return {}, {}
    given, in_doubt = olds.get("connections") or {}, _in_doubt_after(olds)
    return (
        {name: value for name, value in given.items() if name not in in_doubt},
        {name: value for name, value in given.items() if name in in_doubt},
    )


def _in_doubt_after(outputs: Mapping[str, Any]) -> frozenset[str]:
    """Names whose binding or value is in doubt; all of them, where that is not recorded."""
    if _is_known(outputs):
        return frozenset(outputs.get(_IN_DOUBT) or ())
    return _names(outputs)


def _names(props: Mapping[str, Any]) -> frozenset[str]:
    """Names of all bindings and values, and the connectors of connections."""
    from .client.solutions.bindings import Bindings

    return Bindings.of(props).names().union(props.get("connections") or ())


def _written(olds: Mapping[str, Any], news: Mapping[str, Any]) -> frozenset[str]:
    """Those names whose binding or value an operation may change."""
    from .client.solutions.bindings import Bindings, different

    before, after = olds.get("connections") or {}, news.get("connections") or {}
    bindings = Bindings.of(olds).changed(Bindings.of(news))
    if _has_to_import(olds, news):
        # The flows are as in the package until their connections are bound.
        return bindings.union(before, after)
    return bindings | different(before, after)


def _turned_off(props: Mapping[str, Any], olds: Mapping[str, Any] | None) -> list[str]:
    """Ids of flows that earlier operations may have left off; `olds` is None for a create."""
    found = props.get(_LEFT_OFF) if olds is None else olds.get(_TURNED_OFF)
    return list(found or ())


def _left_off(outputs: Mapping[str, Any], attempts: Sequence[Mapping[str, Any]]) -> list[str]:
    """The same after operations that nobody lived to see the end of."""
    known = (outputs, *attempts)
    return sorted({id_ for item in known for id_ in item.get(_TURNED_OFF) or ()})


def _tell_turned_on(
    props: Mapping[str, Any], olds: Mapping[str, Any], names: Mapping[str, str], *, imports: bool
) -> None:
    """Tell of flows that were found off, by id, as far as it was not the import that did it."""
    were_on = frozenset(olds.get(_ON) or ())
    turned_off = frozenset(olds.get(_TURNED_OFF) or ())
    # What an unfinished operation left off, nobody has turned off.
    is_certain = not imports and not olds.get("solution_error") and not olds.get(_OFF)
    if is_certain and (found := names.keys() & (were_on - turned_off)):
        warn(
            props,
            f"somebody had turned off {_in_quotes(names, found)} since the last run; on again, as "
            "activate_flows declares",
        )
    if olds.get("solution_error") == KILLED and (found := names.keys() & (were_on | turned_off)):
        warn(
            props,
            f"{_in_quotes(names, found)} was off, by the operation that was interrupted or by "
            "somebody; on again",
        )


def _in_quotes(names: Mapping[str, str], ids: Iterable[str]) -> str:
    return ", ".join(repr(names[id_]) for id_ in sorted(ids))


def _tell_overwritten(props: Mapping[str, Any], what: Iterable[str]) -> None:
    if found := sorted(what):
        warn(
            props,
            f"the {', the '.join(found)} may have been changed by somebody, since the last run did "
            "not settle it; overwritten",
        )


def _tell_what_was_there(
    props: Mapping[str, Any], olds: Mapping[str, Any] | None, imported: ImportResult
) -> None:
    before = imported.before
    if not before:
        return
    if olds is None:
        warn(props, f"it was there already, in version {before}, and was adopted")
    elif props.get("mode") != "hold" and _is_by_others(before, olds):
        warn(
            props,
            f"somebody had changed its version from {olds.get('version')} to {before} since the "
            "last run; it was imported over",
        )


def _is_in_doubt(outputs: Mapping[str, Any]) -> bool:
    """Whether the last operation could not tell what became of its import."""
    return bool(outputs.get("solution_error")) and not outputs.get("solution_id")


def _has_to_import(olds: Mapping[str, Any], news: Mapping[str, Any]) -> bool:
    """Whether an update imports the package, or looks what became of an import."""
    return bool(set(_IMPORTED) & _changed(olds, news)) or _is_in_doubt(olds)


def _may_have_imported(attempt: Mapping[str, Any]) -> bool:
    """Whether an operation of unknown outcome may have changed what is installed."""
    if CHANGED in attempt:
        # Values and bindings are not the package's.
        return not all(map(other_kinds.is_binding, attempt[CHANGED]))
    # Records of earlier versions do not tell.
    return attempt.get(_IMPORTS) != ""


def _versions(outputs: Mapping[str, Any], attempts: Sequence[Mapping[str, Any]]) -> list[str]:
    """Versions that may be installed after operations of unknown outcome; none: not known."""
    own = [attempt for attempt in attempts if CHANGED not in attempt]
    before = outputs.get(_VERSIONS) if _is_in_doubt(outputs) else [outputs.get("version")]
    if not before or not all(_IMPORTS in attempt for attempt in own):
        return []
    return sorted({*map(str, before), *(attempt[_IMPORTS] for attempt in own)} - {""})


def _is_by_others(version: str, outputs: Mapping[str, Any]) -> bool:
    """Whether it was somebody else who brought in a version."""
    if not _is_in_doubt(outputs):
        return version != outputs.get("version")
    known = outputs.get(_VERSIONS) or ()
    return bool(known) and version not in known


def _changed(olds: Mapping[str, Any], news: Mapping[str, Any]) -> set[str]:
    compared = (*_IMPORTED, *_AFTERWARDS)
    return {key for key in compared if olds.get(key) != news.get(key)}


def _removes_what_is_missing(olds: Mapping[str, Any], news: Mapping[str, Any]) -> bool:
    """Whether an update removes the components that the package has no more."""
    if not (olds.get("managed") and news.get("managed")):
        return False
    mode = news.get("mode")
    # Otherwise it is imported over the version that is there, which removes nothing.
    is_later = olds.get("version") != news.get("version") or _is_in_doubt(olds)
    is_staged = mode == "stage" and olds.get("mode") == "hold"
    return is_staged or (is_later and mode in ("upgrade", "stage"))


def _missing_flows(olds: Mapping[str, Any], news: Mapping[str, Any]) -> set[str]:
    """Ids of flows that a managed package had, which are there still, and has no more."""
    if not (olds.get("managed") and news.get("managed")):
        return set()
    return {*(olds.get("flows") or ()), *(olds.get(_FLOWS_LEFT) or ())} - {*news["flows"]}


def _no_more(olds: Mapping[str, Any], news: Mapping[str, Any], key: str) -> set[str]:
    """Names of bindings or values that are declared no more, in lower case."""
    before, after = ({name.lower() for name in props.get(key) or ()} for props in (olds, news))
    return before - after


def _counts(props: Mapping[str, Any], imported: ImportResult) -> str:
    failed = f", {len(imported.failures)} failed" if imported.failures else ""
    whole = f"{imported.components} component{'' if imported.components == 1 else 's'}"
    return f"imported {props['solution']} {props['version']}: {whole}{failed}"


def _warn_of_slow_path(news: Mapping[str, Any]) -> None:
    if news.get("overwrite_unmanaged_customizations") is True:
        warn(
            news,
            "overwrite_unmanaged_customizations makes the service import every component anew "
            "instead of those that differ; leave it out to import faster",
        )


class SolutionImport(DataverseResource, module="powerautomate", name="SolutionImport"):
    """
    A solution package, imported once, bound to this environment, with its flows turned on.

    The package's bytes never enter the state. What was imported already under the same options is
    not imported again, and an import that is running, after a crash for example, is followed.

    Args:
        resource_name: the resource's name in the stack.
        opts: Pulumi's resource options.
        package: path of the solution zip, or its bytes (an `Output` of either). Changed content is
            imported in place; a package of another solution replaces.
        mode: how a newer version of a managed solution is brought in. `"upgrade"` (default for
            managed packages) removes what the new version lacks; `"update"` keeps it; `"stage"`
            imports beside the old version, then promotes; `"hold"` imports beside and leaves the
            promotion to a later `"stage"`. Unmanaged packages are always updated. Imports again.
        overwrite_unmanaged_customizations: whether changes that were made in the environment are
            overwritten; False by default for managed packages, True for unmanaged ones, which
            otherwise leave existing flows as they are. Imports again.
        publish_workflows: whether classic processes are activated; True by default. Imports again.
        convert_to_managed: obsolete option of the service. Imports again.
        skip_product_update_dependencies: whether dependencies on product updates are ignored.
            Imports again.
        layer_desired_order: the service's `LayerDesiredOrder`. Imports again.
        component_parameters: further members of the service's `ComponentParameters`. Imports again.
        connection_references: connection id by logical name; when given, every reference of the
            package is named, with `""` to keep the environment's binding. Changed in place,
            without importing.
        environment_variables: value by schema name. Changed in place, without importing.
        connections: for flows whose connections are embedded: name of the connection by connector
            (`shared_office365`). Changed in place, without importing.
        settings: a deployment settings file of `pac solution create-settings`, by path, or its
            content: values of environment variables and connections of connection references for
            one environment. `connection_references` and `environment_variables` beside it win,
            name by name. An empty value sets nothing, an empty connection keeps the environment's
            binding. A preview tells names and connectors that the package has not. Changed in
            place, without importing.
        activate_flows: which flows are turned on after the import: `"as-exported"` (default) those
            that were on when exported, `"all"`, or `"none"`. Changed in place, without importing.
        triggers: any values; a change imports again although nothing else differs.
        synchronous: whether the import is one request, `ImportSolution`, that is answered when it
            is over, instead of a system job that is asked for again and again; False by default.
            For packages that are imported within a minute or so: gateways cut longer connections,
            and then the import is followed as if it had been a job. An upgrade of a managed
            solution is a job always. A change does nothing until the next import.
        import_timeout: seconds to wait for the service, 1 to 86,400; by default what
            `ResourceOptions(custom_timeouts=…)` says about the operation, else 3,600. An import
            that takes longer goes on, and the next `pulumi up` follows it.

    Attributes besides the inputs: `solution` (unique name), `version`, `managed`, `flows` (name by
    id), `sha256`, `solution_id`, `import_job_id`, `solution_error` (what could not be done after
    the import, or why nobody can tell yet what became of it: the run fails with it, and the next
    `pulumi up` resumes there).

    Deleting uninstalls a managed solution with its components; of an unmanaged one only the
    container goes. `ResourceOptions(retain_on_delete=True)` leaves it installed.

    Source of the rules: ImportSolutionAsync, StageAndUpgradeAsync, DeleteAndPromoteAsync and
    UninstallSolutionAsync in the Dataverse Web API reference; "Import a solution" on Microsoft
    Learn.
    """

    old_first: ClassVar[bool | None] = None

    package: pulumi.Output[str]
    sha256: pulumi.Output[str]
    solution: pulumi.Output[str]
    version: pulumi.Output[str]
    managed: pulumi.Output[bool]
    flows: pulumi.Output[dict[str, str]]
    mode: pulumi.Output[str]
    overwrite_unmanaged_customizations: pulumi.Output[bool]
    publish_workflows: pulumi.Output[bool]
    convert_to_managed: pulumi.Output[bool | None]
    skip_product_update_dependencies: pulumi.Output[bool | None]
    layer_desired_order: pulumi.Output[dict[str, Any] | None]
    component_parameters: pulumi.Output[list[dict[str, Any]] | None]
    triggers: pulumi.Output[list[Any] | None]
    connection_references: pulumi.Output[dict[str, str] | None]
    environment_variables: pulumi.Output[dict[str, str] | None]
    connections: pulumi.Output[dict[str, str] | None]
    activate_flows: pulumi.Output[str]
    synchronous: pulumi.Output[bool | None]
    import_timeout: pulumi.Output[float | None]
    solution_id: pulumi.Output[str]
    import_job_id: pulumi.Output[str]
    solution_error: pulumi.Output[str | None]

    _import_hint = "Declare it: what was imported already is not imported again."
    _travels_as: ClassVar[Mapping[str, tuple[str, ...]]] = {
        "package": ("sha256", *(key for key in FROM_PACKAGE if key not in ("package", "sha256")))
    }

    def __init__(
        self,
        resource_name: str,
        opts: pulumi.ResourceOptions | None = None,
        *,
        package: pulumi.Input[str | Path | bytes],
        mode: pulumi.Input[Literal["update", "upgrade", "stage", "hold"]] | None = None,
        overwrite_unmanaged_customizations: pulumi.Input[bool] | None = None,
        publish_workflows: pulumi.Input[bool] | None = None,
        convert_to_managed: pulumi.Input[bool] | None = None,
        skip_product_update_dependencies: pulumi.Input[bool] | None = None,
        layer_desired_order: pulumi.Input[Mapping[str, Any]] | None = None,
        component_parameters: pulumi.Input[Sequence[Mapping[str, Any]]] | None = None,
        connection_references: pulumi.Input[Mapping[str, pulumi.Input[str]]] | None = None,
        environment_variables: pulumi.Input[Mapping[str, pulumi.Input[str]]] | None = None,
        connections: pulumi.Input[Mapping[str, pulumi.Input[str]]] | None = None,
        settings: pulumi.Input[str | Path | Mapping[str, Any]] | None = None,
        activate_flows: pulumi.Input[Literal["as-exported", "all", "none"]] | None = None,
        triggers: pulumi.Input[Sequence[Any]] | None = None,
        import_timeout: pulumi.Input[float] | None = None,
        synchronous: pulumi.Input[bool] | None = None,
    ) -> None:
        opts = options_of(opts, "SolutionImport", resource_name)
        props = {
            **package_inputs(package),
            **settings_inputs(settings, connection_references, environment_variables),
            "mode": mode,
            "overwrite_unmanaged_customizations": overwrite_unmanaged_customizations,
            "publish_workflows": publish_workflows,
            "convert_to_managed": convert_to_managed,
            "skip_product_update_dependencies": skip_product_update_dependencies,
            "layer_desired_order": layer_desired_order,
            "component_parameters": component_parameters,
            "connections": connections,
            "activate_flows": activate_flows,
            "triggers": triggers,
            "import_timeout": import_timeout,
            "synchronous": synchronous,
            TIMEOUTS: operation_timeouts(opts),
            "solution_id": None,
            "import_job_id": None,
            "solution_error": None,
        }
        self._register(SolutionImportProvider, resource_name, props, opts)
        fail_unless_done(self, self.solution_error, f"Solution {resource_name!r}")
