"""
A local Dataverse for tests, demos and previews.

`Emulator` starts one in a process of its own; `pulumi-powerautomate emulator` does on the command
line. It shares no code with the client, so that a mistake on one side shows on the other.
"""

from .handle import BarrierHandle, Control, Emulator

__all__ = ["BarrierHandle", "Control", "Emulator"]
