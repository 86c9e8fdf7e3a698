"""Programs that are only checked for types."""
