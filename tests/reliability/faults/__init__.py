"""The fault scenarios of sdk-docs/reliability.md, one named test each."""
