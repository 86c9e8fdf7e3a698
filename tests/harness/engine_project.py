"""A Pulumi project on the real engine, with an inline program and a home of its own."""

from __future__ import annotations

import os
import sys
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any

from pulumi import automation
from pulumi.runtime import _grpc_settings

from pulumi_powerautomate.emulator import Emulator
from pulumi_powerautomate.plugin.urns import MODULE
from tests.harness.engine import engine_folder

# How types of the dynamic and of the native provider begin.
OURS = ("pulumi-python:", MODULE)

# The SDK never closes the channels of a program that failed, and each goes on trying an engine that
# is gone. A channel to a later engine that got the same port would share that attempt, and fail
# before it has tried: "Resource monitor has terminated". So each has attempts of its own.
_grpc_settings._GRPC_CHANNEL_OPTIONS.append(("grpc.use_local_subchannel_pool", 1))

Program = Callable[[], object]


class EngineError(Exception):
    """The engine's command failed; the text is all it printed."""


def engine_environment(folder: Path, more: Mapping[str, str]) -> dict[str, str]:
    """The variables of every run of the engine: no account, no password, no download."""
    state = folder / "state"
    state.mkdir(exist_ok=True)
    return {
        "PATH": os.pathsep.join(
            (str(Path(sys.executable).parent), str(engine_folder()), os.environ["PATH"])
        ),
        "PULUMI_HOME": str(folder / "home"),
        "PULUMI_BACKEND_URL": f"file://{state}",
        "PULUMI_CONFIG_PASSPHRASE": "",
        "PULUMI_SKIP_UPDATE_CHECK": "true",
        "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "true",
        "PULUMI_AUTOMATION_API_SKIP_VERSION_CHECK": "true",
        **more,
    }


class EngineProject:
    """
    One stack.

    `up`, `preview`, `refresh` and `destroy` return what the engine printed; a run that fails raises
    `EngineError` with it.
    """

    def __init__(
        self,
        folder: Path,
        emulator: Emulator,
        *,
        environment: Mapping[str, str] | None = None,
        config: Mapping[str, str] | None = None,
        parallel: int = 16,
    ) -> None:
        self.program: Program = lambda: None
        self.folder = folder
        self.emulator = emulator
        self._parallel = parallel
        variables = engine_environment(
            folder, emulator.environment if environment is None else environment
        )
        os.environ["PATH"] = variables["PATH"]
        self._stack = automation.create_or_select_stack(
            stack_name="dev",
            project_name="tests",
            program=self._declare,
            opts=automation.LocalWorkspaceOptions(
                work_dir=str(folder), env_vars=variables, pulumi_home=variables["PULUMI_HOME"]
            ),
        )
        for key, value in (config or {}).items():
            secret = key.endswith(("Secret", "Password", "Token"))
            self._stack.set_config(key, automation.ConfigValue(value, secret=secret))

    def _declare(self) -> Awaitable[None] | None:
        """The program of the run, which may be a coroutine; what else it returns is nobody's."""
        made = self.program()
        return made if isinstance(made, Awaitable) else None

    def up(self, program: Program | None = None, **options: Any) -> str:
        """Run `pulumi up`."""
        return self._run("up", program, parallel=self._parallel, **options)

    def preview(self, program: Program | None = None, **options: Any) -> str:
        """Run `pulumi preview`."""
        return self._run("preview", program, parallel=self._parallel, **options)

    def refresh(self, **options: Any) -> str:
        """Run `pulumi refresh`."""
        return self._run("refresh", None, parallel=self._parallel, **options)

    def destroy(self, **options: Any) -> str:
        """Run `pulumi destroy`."""
        return self._run("destroy", None, parallel=self._parallel, **options)

    def cancel(self) -> None:
        """Run `pulumi cancel`, as after an engine that died."""
        self._stack.cancel()

    def set_environment(self, more: Mapping[str, str]) -> None:
        """Change variables of the runs to come."""
        workspace = self._stack.workspace
        workspace.env_vars = {**workspace.env_vars, **more}

    def outputs(self) -> dict[str, Any]:
        """The exports of the stack."""
        return {name: value.value for name, value in self._stack.outputs().items()}

    def resources(self) -> list[dict[str, Any]]:
        """The stack's resources of either provider, as the state has them."""
        deployment = self._stack.export_stack().deployment or {}
        found: list[dict[str, Any]] = deployment.get("resources", [])
        return [item for item in found if item["type"].startswith(OURS)]

    def export(self) -> automation.Deployment:
        """The output of `pulumi stack export`."""
        return self._stack.export_stack()

    def state_text(self) -> str:
        """The whole state, as it is stored (an export would decrypt its secrets)."""
        stored = self.folder / "state" / ".pulumi" / "stacks" / "tests" / "dev.json"
        return stored.read_text("utf-8")

    def sent(self) -> list[str]:
        """The requests since the last call, `METHOD path` each."""
        found = [f"{item['method']} {item['path']}" for item in self.emulator.control.requests()]
        self.emulator.control.clear_journal()
        return found

    def _run(self, verb: str, program: Program | None, **options: Any) -> str:
        if program is not None:
            self.program = program
        lines: list[str] = []
        try:
            getattr(self._stack, verb)(on_output=lines.append, on_error=lines.append, **options)
        except automation.CommandError as error:
            raise EngineError(f"{chr(10).join(lines)}\n{error}") from None
        return "\n".join(lines)


def changes(printed: str) -> str:
    """The summary that the engine prints under `Resources:`, on one line."""
    _, _, after = printed.rpartition("Resources:")
    kept = [line.strip() for line in after.splitlines() if line.startswith("    ")]
    return ", ".join(line for line in kept if not line.startswith("Duration"))
