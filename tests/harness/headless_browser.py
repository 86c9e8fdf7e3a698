"""
A browser without a window: opens the page it is given, and submits the form it finds there.

Run as a program it stands in for a person's browser: `BROWSER="python …/headless_browser.py %s &"`
(with the ampersand, or whoever opened it waits for its end before listening to it). The file of
POWERAUTOMATE_CA_BUNDLE is trusted.
"""

from __future__ import annotations

import os
import sys
from html.parser import HTMLParser

import requests


class _Form(HTMLParser):
    """The first form of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.action = ""
        self.fields: dict[str, str] = {}

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.action = values["action"]
        if tag == "input" and values.get("type") == "hidden":
            self.fields[values["name"]] = values["value"]


def browse(url: str, bundle: str | None) -> requests.Response:
    """Open a page, follow where it leads, and submit its form if it has one."""
    page = requests.get(url, verify=bundle or True, timeout=30)
    form = _Form()
    form.feed(page.text)
    if not form.action:
        return page
    return requests.post(form.action, data=form.fields, verify=bundle or True, timeout=30)


if __name__ == "__main__":
    browse(sys.argv[1], os.environ.get("POWERAUTOMATE_CA_BUNDLE"))
