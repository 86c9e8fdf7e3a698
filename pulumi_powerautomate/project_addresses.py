"""
Where the project is, for links in what this package writes.

They are those of the package's own metadata, so that a fork or an internal index tells its own.
"""

from __future__ import annotations

from functools import lru_cache

_NAME = "pulumi-powerautomate"
_PAGE = "validation"


@lru_cache(maxsize=1)
def documentation() -> str:
    """The address of the documentation; empty where the metadata has none."""
    from importlib.metadata import PackageNotFoundError, metadata

    try:
        entries = metadata(_NAME).get_all("Project-URL") or []
    except PackageNotFoundError:
        return ""
    named = {name: url for name, _, url in (entry.partition(", ") for entry in entries)}
    return str(named.get("Documentation", "")).rstrip("/")


def help_address(code: str = "", name: str = _PAGE) -> str:
    """
    The page that explains rules; empty where the metadata names none.

    Args:
        code: the rule, such as `FLOW303`; the beginning of the page by default.
        name: the page.
    """
    if not documentation():
        return ""
    page = f"{documentation()}/{name}.md"
    # A text fragment: browsers scroll to the row of the table and mark it.
    return f"{page}#:~:text={code}" if code else page
