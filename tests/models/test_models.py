"""The models declare what constructors take and resources have; the classes are the judge."""

from __future__ import annotations

import inspect
import types
from typing import Any, Literal, get_args, get_origin, get_type_hints

import pulumi
import pytest

import pulumi_powerautomate
from pulumi_powerautomate.models import MODELS, Property, ResourceModel, camel, from_camel, to_camel
from pulumi_powerautomate.resources import RESOURCES

# Outputs of the Python classes that the native provider leaves to the inputs.
_INPUTS_ONLY = {"CloudFlow": {"definition"}}
_PARAMETERS = [pytest.param(model, id=name) for name, model in MODELS.items()]


def _parameters(model: ResourceModel) -> dict[str, inspect.Parameter]:
    kind = getattr(pulumi_powerautomate, model.name)
    parameters = dict(inspect.signature(kind.__init__).parameters)
    for name in ("self", "resource_name", "opts"):
        del parameters[name]
    return parameters


def _literals(hint: Any) -> set[str]:
    """Values of every `Literal` inside of an annotation."""
    if get_origin(hint) is Literal:
        return set(get_args(hint))
    found: set[str] = set()
    for inner in get_args(hint):
        found |= _literals(inner) if not isinstance(inner, str) else set()
    return found


def _annotated(kind: Any) -> dict[str, Any]:
    """A class's own public annotations; those of its bases are the SDK's."""
    own = {
        name: hint for name, hint in kind.declared_outputs.items() if name.islower()
        and not name.startswith("_") and name != "old_first"
    }  # fmt: skip
    alone = type(kind.__name__, (), {"__annotations__": own, "__module__": kind.__module__})
    return get_type_hints(alone)


def _without_none(hint: Any) -> Any:
    if isinstance(hint, types.UnionType) or get_origin(hint) is not None:
        kept = [item for item in get_args(hint) if item is not type(None)]
        if len(kept) == 1 and type(None) in get_args(hint):
            return kept[0]
    return hint


def test_every_resource_has_a_model() -> None:
    assert set(MODELS) == {kind.name for kind in RESOURCES}


@pytest.mark.parametrize("model", _PARAMETERS)
def test_inputs_are_the_arguments(model: ResourceModel) -> None:
    """Names, what has to be given, and the values that a text may take."""
    parameters = _parameters(model)
    assert {item.name for item in model.inputs} == set(parameters)
    kind = getattr(pulumi_powerautomate, model.name)
    # Pulumi's own aliases name its classes as text.
    hints = get_type_hints(kind.__init__, localns={"Output": pulumi.Output, "T": Any})
    for item in model.inputs:
        given = parameters[item.name].default is inspect.Parameter.empty
        # `CloudFlow.get` takes none, so that Python's constructor cannot ask for it.
        assert item.required == (given or item.name == "definition"), item.name
        if item.allowed:
            assert _literals(hints[item.name]) == set(item.allowed), item.name


@pytest.mark.parametrize("model", _PARAMETERS)
def test_outputs_are_the_annotations(model: ResourceModel) -> None:
    """Each output is annotated, and each annotation is an output with a type that fits."""
    kind = getattr(pulumi_powerautomate, model.name)
    own = _annotated(kind)
    names = {*model.echoed, *model.computed}
    assert names | _INPUTS_ONLY.get(model.name, set()) == set(own)
    fitting = {"string": str, "boolean": bool, "number": float}
    for item in (*model.inputs, *model.outputs, *model.errors):
        if item.name in own and item.type.kind in fitting:
            (inner,) = get_args(own[item.name])
            assert _without_none(inner) is fitting[item.type.kind], item.name


@pytest.mark.parametrize("model", _PARAMETERS)
def test_each_property_is_described(model: ResourceModel) -> None:
    """A sentence each, without the names of one language."""

    def told(items: tuple[Property, ...]) -> None:
        for item in items:
            assert item.description.endswith("."), item.name
            assert "pulumi." not in item.description
            assert "None" not in item.description
            told(item.type.members)

    told((*model.inputs, *model.outputs, *model.errors))


@pytest.mark.parametrize("model", _PARAMETERS)
def test_names_go_there_and_back(model: ResourceModel) -> None:
    """Properties and members have one name in each language; names that are data keep theirs."""
    names = [item.name for item in model.inputs]
    assert len({camel(name) for name in names}) == len(names)
    values = {name: f"value of {name}" for name in names}
    there = to_camel(values, model.types)
    assert not [name for name in there if "_" in name]
    assert from_camel(there, model.types) == values
    # A state of the other provider has the Python names.
    assert from_camel(values, model.types) == values


@pytest.mark.parametrize("model", _PARAMETERS)
@pytest.mark.parametrize("name", ["in_doubt", "flows_off", "turned_off", "x_y_z", "__digest"])
def test_what_no_model_names_keeps_its_name(model: ResourceModel, name: str) -> None:
    """Records for the next operation are in no schema: it must find them where they were put."""
    there = to_camel({name: {"some_key": 1}}, model.types)
    assert from_camel(there, model.types) == {name: {"some_key": 1}}


def test_members_and_data() -> None:
    """Members of an object are renamed, keys of a mapping and of JSON are not."""
    flow = MODELS["CloudFlow"].types
    values = {
        "connection_references": {"shared_office_365": {"logical_name": "contoso_mail"}},
        "owner": {"type": "user", "entra_object_id": "e"},
        "definition": {"some_key": {"entra_object_id": 1}},
        "__digest": "d",
    }
    there = to_camel(values, flow)
    assert there == {
        "connectionReferences": {"shared_office_365": {"logicalName": "contoso_mail"}},
        "owner": {"type": "user", "entraObjectId": "e"},
        "definition": {"some_key": {"entra_object_id": 1}},
        "__digest": "d",
    }
    assert from_camel(there, flow) == values
