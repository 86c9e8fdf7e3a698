"""
`SolutionImport`: a solution package in an environment, with what binds it there.

Read top to bottom: what the engine's calls do (`SolutionImportProvider`) and what a person writes
(`SolutionImport`). What the inputs are checked for is in `solution_inputs`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import pulumi
from pulumi.dynamic import CheckResult, CreateResult, DiffResult, ReadResult, UpdateResult

from .errors import PowerAutomateError
from .provider import (
    IDENTITY,
    DataverseProvider,
    DataverseResource,
    fail_unless_done,
    failure,
    is_unknown,
    note,
    progress,
    warn,
)
from .solution_inputs import (
    DIGESTS,
    TIMEOUTS,
    check_inputs,
    operation_timeouts,
    package_inputs,
    package_path,
)

if TYPE_CHECKING:
    from .client import DataverseClient
    from .client.import_once import Imported, Wanted
    from .solution import SolutionPackage

_DEFAULT_TIMEOUT = 3600
# A change of one of these imports again; of the others it is carried out by itself.
_IMPORTED = ("sha256", "version", "mode", "overwrite_unmanaged_customizations",
             "publish_workflows", "convert_to_managed", "skip_product_update_dependencies",
             "layer_desired_order", "component_parameters", "triggers")  # fmt: skip
_AFTERWARDS = ("connection_references", "environment_variables", "connections", "activate_flows")
_ECHOED = (*_IMPORTED, *_AFTERWARDS, "package", "solution", "managed", "flows", "import_timeout",
           DIGESTS, TIMEOUTS, IDENTITY)  # fmt: skip


class SolutionImportProvider(DataverseProvider):
    """
    The engine's calls for `SolutionImport`.

    `check` and `diff` send nothing; `read` is one request; `create` and `update` import once and
    follow the import; `delete` uninstalls.
    """

    def check(self, _olds: dict[str, Any], news: dict[str, Any]) -> CheckResult:
        inputs = {key: value for key, value in news.items() if value is not None}
        failures = self.configuration_failures()
        problems = check_inputs(inputs)
        return CheckResult(inputs, [*failures, *map(failure, problems)])

    def diff(self, _id: str, olds: dict[str, Any], news: dict[str, Any]) -> DiffResult:
        changed = _changed(olds, news)
        replaces = ["solution"] if olds.get("solution") != news.get("solution") else []
        unfinished = bool(olds.get("solution_error"))
        if changed and not replaces:
            note(news, _summary(olds, news))
        if set(_IMPORTED) & changed and news.get("managed"):
            _warn_of_slow_path(news)
        return DiffResult(
            changes=bool(changed) or unfinished or bool(replaces),
            replaces=replaces,
            delete_before_replace=True,
        )

    def create(self, props: dict[str, Any]) -> CreateResult:
        return CreateResult(props["solution"], self._bring_in(props, "create"))

    def read(self, id_: str, props: dict[str, Any]) -> ReadResult:
        solutions = self.client.solutions
        installed = solutions.find(id_)
        if installed is None:
            if _unsure(props):
                return ReadResult(id_, props)
            return ReadResult("", {})
        version = installed.version
        if props.get("mode") == "hold" and version != props.get("version"):
            from .client.import_once import HOLDING

            staged = solutions.find(id_ + HOLDING)
            version = staged.version if staged is not None else version
        outputs = {**props, "solution": installed.unique_name, "version": version,
                   "managed": installed.managed, "solution_id": installed.id}  # fmt: skip
        drifted = any(props.get(key) != outputs[key] for key in ("version", "managed"))
        inputs = {key: outputs[key] for key in _ECHOED if outputs.get(key) is not None}
        return ReadResult(id_, outputs, inputs if drifted else None)

    def update(self, _id: str, olds: dict[str, Any], news: dict[str, Any]) -> UpdateResult:
        if set(_IMPORTED) & _changed(olds, news) or _unsure(olds):
            return UpdateResult(self._bring_in(news, "update"))
        known = {key: olds.get(key) for key in ("solution_id", "import_job_id")}
        return UpdateResult(self._outputs(news, known, self._afterwards(news)))

    def delete(self, id_: str, props: dict[str, Any]) -> None:
        from .client.removal import remove

        client = self.client
        removed = remove(
            client.solutions,
            client.workflows,
            id_,
            lambda text: progress(props, text),
            self._deadline(props, "delete"),
        )
        if removed == "container":
            flows = ", ".join(sorted((props.get("flows") or {}).values())) or "none"
            warn(
                props,
                f"solution {id_} was unmanaged: only its container is gone. What it held stays in "
                f"the environment; its flows: {flows}",
            )

    def is_deployed_here(self, id_: str, outputs: Mapping[str, Any], identity: str) -> bool:
        solutions = self.client.solutions
        solution_id, job_id = outputs.get("solution_id"), outputs.get("import_job_id")
        if not solution_id:
            return bool(job_id) and solutions.job(str(job_id)) is not None
        installed = solutions.find(id_)
        return installed is not None and installed.id == solution_id

    def _bring_in(self, props: Mapping[str, Any], operation: str) -> dict[str, Any]:
        from .client import import_once

        client = self.client
        try:
            imported = import_once.bring_in(
                client.solutions,
                self._wanted(props),
                lambda text: progress(props, text),
                self._deadline(props, operation),
            )
        except import_once.UnfinishedImportError as error:
            if operation != "create":
                raise
            # Pulumi forgets a resource whose create fails, and so an import that goes on.
            return self._outputs(props, {"import_job_id": error.job_id}, [str(error)])
        if imported.executed:
            note(props, _counts(props, imported))
        known = {"import_job_id": imported.job_id}
        try:
            installed = client.solutions.find(props["solution"])
        except PowerAutomateError as error:
            return self._outputs(props, known, [str(error)])
        known["solution_id"] = installed.id if installed is not None else ""
        problems = [*imported.failures, *self._afterwards(props)]
        return self._outputs(props, known, problems)

    def _wanted(self, props: Mapping[str, Any]) -> Wanted:
        from .client.import_once import Wanted

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
        parameters = _component_parameters(props, self._package(props))
        if parameters:
            options["ComponentParameters"] = parameters
        return Wanted(
            path=package_path(props["package"]),
            sha256=props["sha256"],
            unique_name=props["solution"],
            version=props["version"],
            mode=props["mode"],
            target=self.connection.host,
            options=options,
            triggers=tuple(map(str, props.get("triggers") or ())),
        )

    def _package(self, props: Mapping[str, Any]) -> SolutionPackage:
        from .solution import read_package

        return read_package(package_path(props["package"]))

    def _afterwards(self, props: Mapping[str, Any]) -> list[str]:
        """Bind, set, and turn on; returns what could not be done, one line each."""
        from .client.after_import import finish

        client: DataverseClient = self.client
        progress(props, "binding connections and turning flows on")
        return finish(
            client,
            self._package(props).flows,
            connection_references=props.get("connection_references") or {},
            environment_variables=props.get("environment_variables") or {},
            connections=props.get("connections") or {},
            activate=props["activate_flows"],
        )

    def _deadline(self, props: Mapping[str, Any], operation: str) -> Any:
        from .client.pacing import Deadline

        by_operation = props.get(TIMEOUTS) or {}
        seconds = props.get("import_timeout") or by_operation.get(operation) or _DEFAULT_TIMEOUT
        return Deadline(float(seconds))

    def _outputs(
        self, props: Mapping[str, Any], known: Mapping[str, Any], problems: Sequence[str]
    ) -> dict[str, Any]:
        outputs = {key: props[key] for key in _ECHOED if props.get(key) is not None}
        outputs |= {key: value for key, value in known.items() if value}
        return {**outputs, "solution_error": " ".join(problems)} if problems else outputs


def _unsure(outputs: Mapping[str, Any]) -> bool:
    """Whether the last operation could not tell what became of its import."""
    return bool(outputs.get("solution_error")) and not outputs.get("solution_id")


def _changed(olds: Mapping[str, Any], news: Mapping[str, Any]) -> set[str]:
    compared = (*_IMPORTED, *_AFTERWARDS)
    return {key for key in compared if olds.get(key) != news.get(key)}


def _summary(olds: Mapping[str, Any], news: Mapping[str, Any]) -> str:
    """What the new package brings, for a preview that would show hashes."""
    if is_unknown(news.get("sha256")) or olds.get("sha256") == news.get("sha256"):
        return ""
    before, after = olds.get(DIGESTS) or {}, news.get(DIGESTS) or {}
    names = {**(olds.get("flows") or {}), **(news.get("flows") or {})}
    parts = [
        ("adds", [key for key in after if key not in before]),
        ("changes", [key for key in after if key in before and before[key] != after[key]]),
        ("removes", [key for key in before if key not in after]),
    ]
    flows = "; ".join(
        f"{verb} {', '.join(sorted(repr(names.get(key, key)) for key in keys))}"
        for verb, keys in parts
        if keys
    )
    versions = f"{olds.get('version')} to {news.get('version')}"
    return f"solution {news.get('solution')} {versions}: {flows or 'the same flows'}"


def _counts(props: Mapping[str, Any], imported: Imported) -> str:
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


def _component_parameters(
    props: Mapping[str, Any], package: SolutionPackage
) -> list[dict[str, Any]]:
    """Bindings and values as the import takes them."""
    from .client.references import connector_id

    kind = "Microsoft.Dynamics.CRM"
    connectors = {name.lower(): item for name, item in package.connection_references.items()}
    found: list[dict[str, Any]] = [
        {
            "@odata.type": f"{kind}.connectionreference",
            "connectionreferencelogicalname": name,
            "connectionreferencedisplayname": "",
            "description": "",
            "connectorid": connector_id(connectors.get(name.lower(), "")),
            "connectionid": connection,
        }
        for name, connection in sorted((props.get("connection_references") or {}).items())
        if connection
    ]
    found += [
        {
            "@odata.type": f"{kind}.environmentvariablevalue",
            "schemaname": name,
            "value": value,
        }
        for name, value in sorted((props.get("environment_variables") or {}).items())
    ]
    return [*found, *(props.get("component_parameters") or ())]


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
        activate_flows: which flows are turned on after the import: `"as-exported"` (default) those
            that were on when exported, `"all"`, or `"none"`. Changed in place, without importing.
        triggers: any values; a change imports again although nothing else differs.
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

    package: pulumi.Output[str]
    sha256: pulumi.Output[str]
    solution: pulumi.Output[str]
    version: pulumi.Output[str]
    managed: pulumi.Output[bool]
    flows: pulumi.Output[dict[str, str]]
    mode: pulumi.Output[str]
    connection_references: pulumi.Output[dict[str, str] | None]
    environment_variables: pulumi.Output[dict[str, str] | None]
    connections: pulumi.Output[dict[str, str] | None]
    activate_flows: pulumi.Output[str]
    solution_id: pulumi.Output[str]
    import_job_id: pulumi.Output[str]
    solution_error: pulumi.Output[str | None]

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
        activate_flows: pulumi.Input[Literal["as-exported", "all", "none"]] | None = None,
        triggers: pulumi.Input[Sequence[Any]] | None = None,
        import_timeout: pulumi.Input[float] | None = None,
    ) -> None:
        props = {
            **package_inputs(package),
            "mode": mode,
            "overwrite_unmanaged_customizations": overwrite_unmanaged_customizations,
            "publish_workflows": publish_workflows,
            "convert_to_managed": convert_to_managed,
            "skip_product_update_dependencies": skip_product_update_dependencies,
            "layer_desired_order": layer_desired_order,
            "component_parameters": component_parameters,
            "connection_references": connection_references,
            "environment_variables": environment_variables,
            "connections": connections,
            "activate_flows": activate_flows,
            "triggers": triggers,
            "import_timeout": import_timeout,
            TIMEOUTS: operation_timeouts(opts),
            "solution_id": None,
            "import_job_id": None,
            "solution_error": None,
        }
        super().__init__(SolutionImportProvider, resource_name, props, opts)
        fail_unless_done(self.solution_error, f"Solution {resource_name!r}")
