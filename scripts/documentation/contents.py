"""Which page stands where in the site's navigation."""

from __future__ import annotations

# Pages of sdk-docs by the heading they stand under; one that is in none stands under `_OTHERS`.
CHAPTERS: dict[str, tuple[str, ...]] = {
    "Start": ("getting-started", "configuration", "sign-in", "environments", "windows"),
    "Guides": (
        "cloud-flow",
        "flow-share",
        "solutions",
        "solution-import",
        "adoption",
        "review",
        "validation",
        "testing",
        "testing-pytest",
        "pipelines",
        "policies",
        "automation-api",
        "pulumi-cloud",
        "security-roles",
    ),
    "Concepts": ("reliability", "performance", "observability", "security", "comparison"),
    "The emulator": ("emulator", "emulator-facts", "kill-matrix"),
    "Help": ("troubleshooting", "command-line", "upgrading", "supported-versions"),
}
_OTHERS = "Guides"


def chapters(pages: set[str]) -> dict[str, list[str]]:
    """The pages that are there, by heading."""
    found = {
        heading: [name for name in names if name in pages] for heading, names in CHAPTERS.items()
    }
    listed = {name for names in found.values() for name in names}
    found[_OTHERS] += sorted(pages - listed - {"index"})
    return found
