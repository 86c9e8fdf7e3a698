"""Projects over time: what a program declares, what people do besides, and what has to hold."""
