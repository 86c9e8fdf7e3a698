"""Sphinx's configuration; the folder it works on is made by `make docs`."""

from __future__ import annotations

from pathlib import Path

from sphinx.application import Sphinx

project = "pulumi_powerautomate"
author = "pulumi-powerautomate contributors"
html_title = "pulumi_powerautomate"
extensions = ["myst_parser", "sphinx_copybutton"]
myst_enable_extensions = ["attrs_inline"]
myst_heading_anchors = 4
# Anchors are those of GitHub, where the same pages are read.
myst_heading_slug_func = "scripts.documentation.anchors.anchor"
# Pages cite commands as `console`; the prompt is not copied.
copybutton_prompt_text = r"^\$ "
copybutton_prompt_is_regexp = True
copybutton_only_copy_prompt_lines = True
html_theme = "furo"
html_static_path = ["static"]
html_css_files = ["site.css"]
html_copy_source = False
html_show_copyright = False
html_show_sourcelink = False
# Both have enough contrast for small text, which the usual ones have not (WCAG AA).
pygments_style = "a11y-high-contrast-light"
pygments_dark_style = "a11y-high-contrast-dark"
nitpicky = True
suppress_warnings = ["misc.highlighting_failure"]


def setup(app: Sphinx) -> None:
    """Mend what axe-core finds in the pages of Sphinx and the theme."""
    app.connect("build-finished", _mend)


_MENDED = (
    # A heading has a level.
    ('class="caption" role="heading"', 'class="caption" role="heading" aria-level="2"'),
    # What scrolls can be scrolled with the keyboard.
    ('<div class="table-wrapper', '<div tabindex="0" class="table-wrapper'),
    ("<pre>", '<pre tabindex="0">'),
    # Two landmarks of one kind are told apart by their names.
    ('<aside class="sidebar-drawer">', '<aside class="sidebar-drawer" aria-label="Pages">'),
    ('<aside class="toc-drawer">', '<aside class="toc-drawer" aria-label="On this page">'),
)


def _mend(app: Sphinx, error: Exception | None) -> None:
    if error is not None:
        return
    for page in Path(app.outdir).rglob("*.html"):
        text = page.read_text("utf-8")
        for before, after in _MENDED:
            text = text.replace(before, after)
        page.write_text(text, "utf-8")
