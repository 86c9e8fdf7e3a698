"""Cloud flows: the rules of their rows, turning them on, and their runs."""
