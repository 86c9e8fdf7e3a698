"""The documentation site: hand-written pages, a reference made from the code, and their checks."""
