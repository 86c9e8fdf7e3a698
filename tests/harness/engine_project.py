"""A Pulumi project on the real engine, with an inline program and a home of its own."""

from __future__ import annotations

import atexit
import datetime
import functools
import json
import os
import shutil
import sys
import tempfile
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any

from pulumi import automation
from pulumi.automation import LocalWorkspace, ProjectSettings, Stack, UpdateSummary
from pulumi.automation._stack import StackInitMode
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

# By this key a state tells a secret from another object.
_SECRET = "4dabf18193072939515e22adb298388d"
STACK = "dev"
# Variables that decide where a new stack is kept, and how.
_OF_THE_STACK = frozenset({"PULUMI_BACKEND_URL", "PULUMI_CONFIG_PASSPHRASE"})


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


class _Commands(Stack):
    """
    A stack whose commands are run alone.

    The Automation API reads outputs and history after each, with three commands more: they took as
    long as the command that is tested, and nobody looks at what they say.

    Args:
        workspace: where it is.
        exists: whether it has been made; if not, it is made where there is none.
    """

    def __init__(self, workspace: LocalWorkspace, *, exists: bool) -> None:
        if exists:
            self.name, self.workspace, self._mode = STACK, workspace, StackInitMode.SELECT
        else:
            super().__init__(STACK, workspace, StackInitMode.CREATE_OR_SELECT)

    def outputs(self) -> automation.OutputMap:
        return {}

    def info(self, show_secrets: bool = True) -> UpdateSummary:
        now = datetime.datetime.now(datetime.timezone.utc)
        return UpdateSummary("update", now, "", {}, {}, "succeeded")


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
        given = emulator.environment if environment is None else environment
        variables = engine_environment(folder, given)
        os.environ["PATH"] = variables["PATH"]
        if not (folder / "Pulumi.yaml").exists() and _OF_THE_STACK.isdisjoint(given):
            shutil.copytree(new_stack(), folder, dirs_exist_ok=True)
        workspace = _workspace(folder, self._declare, variables)
        self._stack = _Commands(workspace, exists=state_file(folder).exists())
        self._configure(config or {})

    def _configure(self, config: Mapping[str, str]) -> None:
        """Set configuration; secrets are encrypted by the engine's command, which takes longer."""
        secrets = {key for key in config if key.endswith(("Secret", "Password", "Token"))}
        plain = {key: value for key, value in config.items() if key not in secrets}
        workspace = self._stack.workspace
        if plain:
            settings = workspace.stack_settings(STACK)
            settings.config = {**(settings.config or {}), **plain}
            workspace.save_stack_settings(STACK, settings)
        if secrets:
            self._stack.set_all_config(
                {key: automation.ConfigValue(config[key], secret=True) for key in sorted(secrets)}
            )

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
        return {name: value.value for name, value in Stack.outputs(self._stack).items()}

    def resources(self) -> list[dict[str, Any]]:
        """The stack's resources of either provider, as the state has them."""
        found = stored_resources(self.folder)
        if _SECRET in json.dumps(found):
            found = (self._stack.export_stack().deployment or {})["resources"]
        return [item for item in found if item["type"].startswith(OURS)]

    def export(self) -> automation.Deployment:
        """The output of `pulumi stack export`."""
        return self._stack.export_stack()

    def state_text(self) -> str:
        """The whole state, as it is stored (an export would decrypt its secrets)."""
        return state_file(self.folder).read_text("utf-8")

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


def state_file(folder: Path) -> Path:
    """The file of the stack's state, below the folder of a project."""
    return folder / "state" / ".pulumi" / "stacks" / "tests" / f"{STACK}.json"


def stored_resources(folder: Path) -> list[dict[str, Any]]:
    """The resources of the stack's state as they are stored; secrets stay encrypted."""
    latest = json.loads(state_file(folder).read_text("utf-8"))["checkpoint"]["latest"] or {}
    found: list[dict[str, Any]] = latest.get("resources", [])
    return found


def _workspace(
    folder: Path, program: Callable[[], Awaitable[None] | None], variables: dict[str, str]
) -> LocalWorkspace:
    settings = ProjectSettings(name="tests", runtime="python", main=os.getcwd())
    return LocalWorkspace(
        work_dir=str(folder),
        program=program,
        project_settings=None if (folder / "Pulumi.yaml").exists() else settings,
        env_vars=variables,
        pulumi_home=variables["PULUMI_HOME"],
        pulumi_command=_command(),
    )


@functools.cache
def _command() -> automation.PulumiCommand:
    """The engine's command, asked for its version once."""
    root = str(engine_folder().parent) if engine_folder().name == "bin" else None
    return automation.PulumiCommand(root, skip_version_check=True)


@functools.cache
def new_stack() -> Path:
    """A folder with a new stack, made once in a process: every project begins with a copy."""
    folder = Path(tempfile.mkdtemp(prefix="new-stack-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    _Commands(_workspace(folder, lambda: None, engine_environment(folder, {})), exists=False)
    shutil.rmtree(folder / "home", ignore_errors=True)
    return folder


def changes(printed: str) -> str:
    """The summary that the engine prints under `Resources:`, on one line."""
    _, _, after = printed.rpartition("Resources:")
    kept = [line.strip() for line in after.splitlines() if line.startswith("    ")]
    return ", ".join(line for line in kept if not line.startswith("Duration"))
