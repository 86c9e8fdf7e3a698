"""The classes of what lookups return: present names, and former ones with a warning."""

from __future__ import annotations

import warnings

import pytest

import pulumi_powerautomate as powerautomate

_FORMER = {
    "ConnectionReferenceInfo": "GetConnectionReferenceResult",
    "Environment": "GetEnvironmentResult",
    "EnvironmentVariableInfo": "GetEnvironmentVariableResult",
    "Flow": "GetFlowResult",
    "FlowAccess": "GetFlowAccessResult",
    "Import": "GetImportJobResult",
    "Team": "GetTeamResult",
    "User": "GetUserResult",
}


@pytest.mark.parametrize("former", _FORMER)
def test_a_former_name_warns(former: str) -> None:
    """It is the same class, and the warning names the present one."""
    present = _FORMER[former]
    with pytest.warns(DeprecationWarning, match=f"{former} is called {present} now"):
        found = getattr(powerautomate, former)
    assert found is getattr(powerautomate, present)
    assert former not in powerautomate.__all__
    assert present in powerautomate.__all__


def test_names_that_became_resources() -> None:
    """`Solution` and `SolutionComponent` are resources, and no former name is left of them."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert hasattr(powerautomate.GetSolutionResult, "__annotations__")
        assert hasattr(powerautomate.GetSolutionComponentResult, "__annotations__")


def test_other_names_are_unknown() -> None:
    with pytest.raises(AttributeError, match="no attribute 'Nothing'"):
        getattr(powerautomate, "Nothing")  # noqa: B009
