"""Lookups (`get_*`) and their `_output` forms."""
