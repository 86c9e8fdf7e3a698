"""Keys of what differs between environments, in the configuration of a stack."""

from __future__ import annotations

from .naming import Names

_KINDS = ("principal", "connection")


class StackKeys:
    """
    Hands out keys, the one it has already for a value that has one.

    Args:
        project: the project's name, the namespace of the keys.
        text: the stack's configuration as it is.
    """

    def __init__(self, project: str, text: str) -> None:
        self._prefix = f"{project}:"
        self._keys: dict[str, str] = {}
        self._known: dict[str, str] = {}
        self.config: dict[str, str] = {}
        for line in text.splitlines():
            self._read(line)

    def _read(self, line: str) -> None:
        key, _, value = line.strip().partition(": ")
        key = key.strip("\"'")
        kind, _, called = key.removeprefix(self._prefix).partition("-")
        if key.startswith(self._prefix) and kind in _KINDS:
            value = value.strip().strip("\"'")
            self._keys.setdefault(f"{kind} {value}", called)
            self._known[key] = value

    def keyed(self, kind: str, value: str, called: str, id_: str) -> str:
        """
        The key of a value.

        Args:
            kind: `principal` or `connection`.
            value: the value.
            called: what people call it.
            id_: what tells it from others of the same name.
        """
        if f"{kind} {value}" not in self._keys:
            taken = {key.partition(f":{kind}-")[2] for key in {*self.config, *self._known}}
            key = Names(taken).take(called, id_, kind)
            self._keys[f"{kind} {value}"] = key
            self.set(f"{kind}-{key}", value)
        return self._keys[f"{kind} {value}"]

    def set(self, name: str, value: str) -> None:
        """Give a key of the project a value."""
        self.config[f"{self._prefix}{name}"] = value

    def is_free(self, name: str, value: str) -> bool:
        """Whether a key of the project has no value yet, or that very one."""
        key = f"{self._prefix}{name}"
        return {**self._known, **self.config}.get(key, value) == value
