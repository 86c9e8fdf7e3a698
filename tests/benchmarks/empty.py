"""A dynamic provider that does nothing: what the engine costs without us."""

from __future__ import annotations

from typing import Any

from pulumi.dynamic import CreateResult, DiffResult, Resource, ResourceProvider


class EmptyProvider(ResourceProvider):
    """Echoes its inputs."""

    serialize_as_secret_always = False

    def create(self, props: dict[str, Any]) -> CreateResult:
        outputs = {key: value for key, value in props.items() if key != "definition"}
        return CreateResult(props["workflow_id"], outputs)

    def diff(self, _id: str, olds: dict[str, Any], news: dict[str, Any]) -> DiffResult:
        return DiffResult(changes=olds.get("name") != news.get("name"))


class Empty(Resource):
    """A resource with the inputs of a flow."""

    def __init__(self, name: str, props: dict[str, Any]) -> None:
        super().__init__(EmptyProvider(), name, props)
