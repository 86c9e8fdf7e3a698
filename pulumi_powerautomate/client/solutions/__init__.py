"""Solutions: import, export, upgrade and uninstall."""
