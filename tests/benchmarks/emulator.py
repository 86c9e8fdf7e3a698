"""The emulator: how many creates it answers."""

from __future__ import annotations

import http.client
import json
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlsplit

from pulumi_powerautomate.emulator import Emulator
from tests.benchmarks.figure import Figure, at_least
from tests.benchmarks.flow import sized

_CREATES = 2000
_CLIENTS = 4


def measure() -> Iterator[Figure]:
    """All figures of the area."""
    document = {
        "properties": {"definition": sized(2_600), "connectionReferences": {}},
        "schemaVersion": "1.0.0.0",
    }
    body = {"category": 5, "type": 1, "primaryentity": "none", "clientdata": json.dumps(document)}
    with Emulator() as emulator:
        host = urlsplit(emulator.url).netloc

        def create(client: int) -> None:
            connection = http.client.HTTPConnection(host)
            for number in range(_CREATES // _CLIENTS):
                content = json.dumps({**body, "name": f"{client}-{number}"})
                connection.request(
                    "POST",
                    "/api/data/v9.2/workflows",
                    content,
                    {"Authorization": "Bearer emulator", "Content-Type": "application/json"},
                )
                response = connection.getresponse()
                response.read()
                assert response.status == 204, response.status
            connection.close()

        started = time.perf_counter()
        with ThreadPoolExecutor(_CLIENTS) as pool:
            list(pool.map(create, range(_CLIENTS)))
        wall = time.perf_counter() - started
        assert len(emulator.control.rows("workflows")) == _CREATES
    # The fastest run above asks for 400 requests in some ten seconds.
    yield at_least("emulator.creates_per_second", _CREATES / wall, 200, "1/s")
