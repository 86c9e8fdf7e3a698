"""Commands on existing flows: finding them, and looking at their runs."""
