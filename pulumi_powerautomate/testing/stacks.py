"""Programs on the real engine, with everything that they need in a temporary folder."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from pulumi import automation

from ..errors import ConfigurationError, InvalidInputError

_SETTINGS = ("Pulumi.yaml", "Pulumi.yml")
_NOT_COPIED = ("venv", ".venv", "node_modules", ".git", "__pycache__", ".pytest_cache")


class StackFactory:
    """
    Stacks of programs, signed in to one environment.

    Args:
        variables: what the programs' processes find in their environment, beside what it holds.
        folder: where state, settings and copies of projects are kept.
        set_variable: sets a variable of this process; `os.environ.__setitem__` by default.
    """

    def __init__(
        self,
        variables: Mapping[str, str],
        folder: Path,
        set_variable: Callable[[str, str], Any] = os.environ.__setitem__,
    ) -> None:
        self._variables = variables
        self._folder = folder
        self._set_variable = set_variable

    def __call__(
        self,
        program: Callable[[], Any] | str | Path,
        *,
        stack: str = "test",
        project: str = "tests",
        config: Mapping[str, str] | None = None,
    ) -> automation.Stack:
        """
        A stack of the Automation API; the same names give the same stack again.

        Args:
            program: a function that declares resources, or the folder of a Pulumi project. A folder
                is copied, without its virtual environment, and runs in this Python.
            stack: name of the stack; `Pulumi.STACK.yaml` of a folder holds its configuration.
            project: name of the project; a folder has one of its own.
            config: further configuration, by key such as `powerautomate:parallel`.

        Raises:
            ConfigurationError: the Pulumi CLI is not on PATH.
            InvalidInputError: the folder holds no Pulumi project.
        """
        _require_cli()
        # The provider's process is found on PATH too.
        beside = Path(sys.executable).parent
        self._set_variable("PATH", os.pathsep.join((str(beside), os.environ.get("PATH", ""))))
        options = self._options()
        if callable(program):
            made = automation.create_or_select_stack(
                stack_name=stack, project_name=project, program=program, opts=options
            )
        else:
            options.work_dir = str(self._copy(Path(program)))
            made = automation.create_or_select_stack(
                stack_name=stack, work_dir=options.work_dir, opts=options
            )
        for key, value in (config or {}).items():
            made.set_config(key, automation.ConfigValue(value))
        return made

    def _options(self) -> automation.LocalWorkspaceOptions:
        state, work = self._folder / "state", self._folder / "work"
        for folder in (state, work):
            folder.mkdir(parents=True, exist_ok=True)
        return automation.LocalWorkspaceOptions(
            work_dir=str(work),
            pulumi_home=str(self._folder / "home"),
            env_vars={
                "PATH": os.environ["PATH"],
                "PULUMI_HOME": str(self._folder / "home"),
                "PULUMI_BACKEND_URL": state.as_uri(),
                "PULUMI_CONFIG_PASSPHRASE": "",
                "PULUMI_PYTHON_CMD": sys.executable,
                "PULUMI_SKIP_UPDATE_CHECK": "true",
                **self._variables,
            },
        )

    def _copy(self, source: Path) -> Path:
        if not any((source / name).is_file() for name in _SETTINGS):
            raise InvalidInputError(f"{source}: no Pulumi.yaml in it; give a project's folder.")
        target = self._folder / "projects" / source.resolve().name
        shutil.copytree(
            source, target, dirs_exist_ok=True, ignore=shutil.ignore_patterns(*_NOT_COPIED)
        )
        workspace = automation.LocalWorkspace(work_dir=str(target))
        settings = workspace.project_settings()
        # Its own virtual environment is not there, and its backend is another one.
        settings.runtime, settings.backend = "python", None
        workspace.save_project_settings(settings)
        return target


def _require_cli() -> None:
    if shutil.which("pulumi") is None:
        raise ConfigurationError(
            "The Pulumi CLI is not on PATH; install it to run programs on the engine: "
            "https://www.pulumi.com/docs/install/."
        )
