"""What an operator does with flows from a command line: finding them, and looking at their runs."""
