"""
Add the exchanges of a file of `pulumi-powerautomate conformance` to the contract fixtures.

    make contracts FILE=conformance.json

writes `tests/emulator/contracts/recorded/NAME.json`, to which `tests/emulator/test_recorded.py`
holds the emulator, with the file's profile, and the client. What depends on the environment rather
than on the service, and bodies that the file does not keep, are left out.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pulumi_powerautomate.conformance.probes import PROBES
from pulumi_powerautomate.conformance.result import File, read_file
from pulumi_powerautomate.errors import PowerAutomateError

FOLDER = Path(__file__).resolve().parents[1] / "tests" / "emulator" / "contracts" / "recorded"
# About limits, delays, sign-in and what else is in an environment.
_OF_THE_ENVIRONMENT = frozenset(
    {"count", "fresh-environment", "global-choices", "largest-body", "largest-package", "limits",
     "masks-in-use", "read-after-write", "retry-after", "foreign-token", "refused-token",
     "another-resource", "impatient-device", "discovery-for-applications", "import-lock"}
)  # fmt: skip
# What the emulator rejects by name; a test of its own holds that.
_REJECTED = frozenset(probe.name for probe in PROBES if str(probe.expected).startswith("501"))
_SHORTENED = re.compile(r'"(?:text|\d+ (?:bytes|characters))"')


def contracts(file: File) -> dict[str, Any]:
    """The fixture of a file."""
    document = file.document
    kept = [_exchange(item) for item in document["exchanges"] if _is_of_use(item)]
    service = document["service"]
    return {
        "source": f"Dataverse {service['version']} ({service['kind']}), recorded by "
        f"pulumi-powerautomate {document['product']} conformance",
        "profile": document["profile"],
        "caller": document["caller"],
        "exchanges": kept,
    }


def _is_of_use(item: Mapping[str, Any]) -> bool:
    request, response = item["request"], item["response"]
    sent = json.dumps(request.get("body"))
    return (
        item["probe"] not in _OF_THE_ENVIRONMENT | _REJECTED
        and item["label"] != "job meanwhile"
        and "://" not in request["path"]
        and request["path"] != "$batch"
        and response["status"] not in (0, 429)
        and not _SHORTENED.search(sent)
    )


def _exchange(item: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "what": f"{item['probe']}: {item['label']}",
        "request": item["request"],
        "answer": item["response"],
    }


def main() -> int:
    """Write the fixture; returns the exit code."""
    parser = argparse.ArgumentParser(description="Add recorded exchanges to the contracts.")
    parser.add_argument("file", help="what `pulumi-powerautomate conformance` wrote")
    parser.add_argument("--name", help="name of the fixture (default: from the service's version)")
    parser.add_argument("--folder", type=Path, default=FOLDER, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    try:
        fixture = contracts(read_file(arguments.file))
    except PowerAutomateError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    name = arguments.name or re.sub(r"\W+", "-", fixture["source"].split(",")[0]).strip("-").lower()
    arguments.folder.mkdir(parents=True, exist_ok=True)
    target = arguments.folder / f"{name}.json"
    target.write_text(json.dumps(fixture, indent=1, ensure_ascii=False) + "\n", "utf-8")
    print(f"{len(fixture['exchanges'])} exchanges are in {target}.")
    print("Now run tests/emulator/test_recorded.py.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
