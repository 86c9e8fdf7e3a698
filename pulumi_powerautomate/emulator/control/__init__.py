"""The control surface below `/__emulator__/`, off unless asked for."""
