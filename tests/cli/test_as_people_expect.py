"""The command line as people expect one: version, completion, colours, progress, suggestions."""

from __future__ import annotations

import json
import os
import re
import resource
import statistics
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

import pulumi_powerautomate
from pulumi_powerautomate.cli import VERBS, main, parser_with
from pulumi_powerautomate.emulator import Emulator
from pulumi_powerautomate.table import columns, text_table
from tests.harness.cli_runner import command_for
from tests.harness.terminal_session import in_terminal
from tests.harness.tools import ROOT, python_with

FLOW = "examples/flow-share/flows/escalation.json"
OTHER = "examples/cloud-flow/flows/package-arrived.json"
FOLDER = "examples/solution-import/src"
_OFFLINE: dict[str, Sequence[str]] = {
    "--help": ["--help"],
    "--version": ["--version"],
    "validate": ["validate", "examples/cloud-flow/flows", FOLDER],
    "diff": ["diff", FLOW, OTHER],
    "diff of packages": ["diff", FOLDER, FOLDER],
    "diagram": ["diagram", FLOW],
    "pack": ["pack", FOLDER, "PACKAGE"],
    "settings": ["settings", FOLDER],
}
_HEAVY = ("pulumi", "grpc", "requests", "msal")


def _run(*command: str, **variables: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *command],
        cwd=ROOT, capture_output=True, text=True, env={**os.environ, **variables},
    )  # fmt: skip


def _spelled(arguments: Sequence[str], folder: Path) -> list[str]:
    return [str(folder / "a.zip") if item == "PACKAGE" else item for item in arguments]


@pytest.mark.parametrize("verb", _OFFLINE)
def test_commands_on_files_load_no_client(verb: str, tmp_path: Path) -> None:
    """Neither Pulumi nor gRPC, requests or msal are loaded; Python itself lists what is."""
    arguments = _spelled(_OFFLINE[verb], tmp_path)
    done = _run("-X", "importtime", "-m", "pulumi_powerautomate", *arguments)
    assert done.returncode in (0, 1), done.stderr
    loaded = {line.rpartition("|")[2].strip() for line in done.stderr.splitlines()}
    assert "pulumi_powerautomate.cli" in loaded
    assert loaded & set(_HEAVY) == set()


@pytest.mark.parametrize("verb", ["--help", "validate", "diff"])
def test_commands_on_files_start_soon(
    verb: str, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """They take less than half the time that they take with every public name loaded first."""
    arguments = _spelled(_OFFLINE[verb], tmp_path)
    names = "import pulumi_powerautomate as p; [getattr(p, name) for name in p.__all__]; "
    start = f"import sys; from pulumi_powerautomate.cli import main; main({arguments!r})"
    compiled = tmp_path_factory.getbasetemp() / "compiled"
    cache = {"PYTHONDONTWRITEBYTECODE": "", "PYTHONPYCACHEPREFIX": str(compiled)}

    def seconds(code: str) -> float:
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        _run("-c", code, **cache)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime

    seconds(names + start)
    pairs = [(seconds(start), seconds(names + start)) for _ in range(3)]
    lean, whole = (statistics.median(column) for column in zip(*pairs, strict=True))
    assert lean < 0.5 * whole


def test_version() -> None:
    """`--version`, the module, the attribute and the distribution agree."""
    expected = f"pulumi-powerautomate {pulumi_powerautomate.__version__}\n"
    assert _run("-m", "pulumi_powerautomate", "--version").stdout == expected
    with pytest.raises(SystemExit) as ended:
        main(["--version"])
    assert ended.value.code == 0


@pytest.mark.parametrize(
    ("given", "meant"),
    [
        (["valdate"], "validate"),
        (["run_check"], "run-check"),
        (["enviroments"], "environments"),
        (["validate", FLOW, "--foramt", "json"], "--format"),
        (["flows", "--conector=office365"], "--connector"),
    ],
)
def test_did_you_mean(given: list[str], meant: str, capsys: pytest.CaptureFixture[str]) -> None:
    """A misspelt verb or option is answered with the right one, and exit code 2."""
    with pytest.raises(SystemExit) as ended:
        main(given)
    assert ended.value.code == 2
    assert f"did you mean {meant}?" in capsys.readouterr().err


def test_no_suggestion_out_of_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    """A word that resembles no verb is answered with all of them."""
    with pytest.raises(SystemExit):
        main(["xyzzy"])
    told = capsys.readouterr().err
    assert "did you mean" not in told
    for verb in parser_with(VERBS)[1].choices:
        assert verb in told


@pytest.mark.parametrize(
    "verb",
    [verb for verb in parser_with(VERBS)[1].choices if verb not in ("completion", "emulator")],
)
def test_every_verb_speaks_json(verb: str) -> None:
    """`--format json` is what it is called on each."""
    (found,) = [
        action
        for action in parser_with(VERBS)[1].choices[verb]._actions
        if "--format" in action.option_strings
    ]
    assert "json" in (found.choices or ())


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["diagram", FLOW, "--format", "json"], {"label", "boxes", "arrows"}),
        (["pack", FOLDER, "PACKAGE", "--format", "json"], {"package", "version", "left_out"}),
        (["validate", FLOW, "--format", "json"], {"errors", "warnings", "flows"}),
        (["settings", FOLDER, "--format", "json"], {"EnvironmentVariables"}),
    ],
)
def test_json_of_files(
    arguments: list[str], expected: set[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Standard output is one document."""
    assert main(_spelled(arguments, tmp_path)) == 0
    assert expected <= set(json.loads(capsys.readouterr().out))


def test_json_of_an_environment(
    emulator: Emulator, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
) -> None:  # fmt: skip
    """The verbs that connect; the older spellings of `doctor` and `flows` mean the same."""
    run = command_for(emulator, monkeypatch, capsys)
    zip_file = str(tmp_path / "ContosoAutomation.zip")
    done = run("export", "ContosoAutomation", "-o", zip_file, "--format", "json")
    assert json.loads(done.out)["changed"] is True
    unpacked = run("unpack", zip_file, str(tmp_path / "src"), "--format", "json")
    assert json.loads(unpacked.out)["folder"] == str(tmp_path / "src")
    assert json.loads(run("flows", "--format", "json").out) == []
    assert run("flows", "--format", "table").out == run("flows").out
    assert json.loads(run("doctor", "--json").out)["ok"] is True
    assert json.loads(run("doctor", "--format", "json").out)["ok"] is True
    adopted = run("adopt", "--all", "-o", str(tmp_path / "program"), "--format", "json")
    assert json.loads(adopted.out)["flows"] == []


def test_emulator_as_json(tmp_path: Path) -> None:
    """One line once it listens, with the variables."""
    process = subprocess.Popen(
        [sys.executable, "-m", "pulumi_powerautomate", "emulator", "--format", "json"],
        stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    try:
        assert process.stdout is not None
        told = json.loads(process.stdout.readline())
        assert told["variables"]["POWERAUTOMATE_ENVIRONMENT_URL"] == told["url"]
    finally:
        process.terminate()
        process.communicate()


_BROKEN = '{"triggers": {}, "actions": {"A": {"type": "Compose", "runAfter": {"B": ["X"]}}}}'


def test_colours(tmp_path: Path) -> None:
    """On a terminal; not with NO_COLOR, on a dumb terminal or in a pipe."""
    path = tmp_path / "broken.json"
    path.write_text(_BROKEN, "utf-8")
    code, seen = in_terminal("validate", str(path))
    assert code == 1
    assert "\x1b[31merror\x1b[0m" in seen
    for variables in ({"NO_COLOR": "1"}, {"TERM": "dumb"}):
        assert "\x1b" not in in_terminal("validate", str(path), variables=variables)[1]
    assert "\x1b" not in _run("-m", "pulumi_powerautomate", "validate", str(path)).stdout


def test_progress_after_a_second() -> None:
    """A terminal is told what goes on, once it takes a second; a pipe is not."""
    with Emulator(latency_ms=1_500) as slow:
        code, seen = in_terminal("flows", variables=slow.environment)
        assert code == 0
        # The line is gone before the table comes. On a busy machine the first one may say 2 s.
        first = re.search(r"\rreading the flows \([1-9] s\)", seen)
        assert first is not None, seen
        assert first.end() < seen.index(" \rNAME")
        piped = _run("-m", "pulumi_powerautomate", "flows", **slow.environment)
    assert piped.stderr == ""


_LETTERS = [
    "Daily digest",
    "本番環境",
    "\uff57\uff49\uff44\uff45",
    "cafe\u0301",
    "नमस्ते",
    "한국어",
    "👩‍💻 ok",
    "❤️",
    "a\u200bb",
]


def test_width_of_letters() -> None:
    """As many columns as wcwidth counts."""
    python = python_with("wcwidth==0.9.4")
    code = (
        "import sys, json, wcwidth\n"
        "print(json.dumps([wcwidth.wcswidth(text) for text in json.load(sys.stdin)]))"
    )
    done = subprocess.run(
        [str(python), "-c", code], input=json.dumps(_LETTERS), capture_output=True, text=True
    )
    assert [columns(text) for text in _LETTERS] == json.loads(done.stdout)


def test_columns_of_a_table_stand_below_each_other() -> None:
    """Whatever letters a name has; a cell that is too wide is cut."""
    rows = [["NAME", "STATE"], *([text, "on"] for text in _LETTERS), ["x" * 60, "off"]]
    lines = text_table(rows, widest=20).splitlines()
    assert {columns(line.rpartition("  ")[0]) for line in lines} == {20}
    assert lines[-1].startswith("x" * 19 + "…")


@pytest.mark.parametrize("shell", ["bash", "zsh", "tcsh"])
def test_completion(shell: str) -> None:
    """shtab writes a script for each; bash completes verbs and options with it."""
    python = python_with("shtab==1.13.0", own_packages=True)
    done = subprocess.run(
        [str(python), "-m", "pulumi_powerautomate", "completion", shell],
        cwd=ROOT, capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    if shell != "bash":
        assert "validate" in done.stdout
        return
    for words, expected in ((["vali"], "validate"), (["flows", "--connec"], "--connectors")):
        typed = " ".join(f"'{word}'" for word in ["pulumi-powerautomate", *words])
        script = (
            f"{done.stdout}\nCOMP_WORDS=({typed})\nCOMP_CWORD={len(words)}\n"
            "$(complete -p pulumi-powerautomate | sed -E 's/.*-F ([^ ]+).*/\\1/') "
            f"pulumi-powerautomate '{words[-1]}'\necho \"${{COMPREPLY[@]}}\"\n"
        )
        found = subprocess.run(["bash", "-c", script], capture_output=True, text=True)
        assert expected in found.stdout.split(), found.stderr


def test_completion_without_shtab() -> None:
    """It says what to install."""
    hidden = "import sys; sys.modules['shtab'] = None; from pulumi_powerautomate.cli import main; "
    done = _run("-c", hidden + "sys.exit(main(['completion', 'bash']))")
    assert done.returncode == 2
    assert "[completion]" in done.stderr
