"""PyTorch's own operator database: every operator in scope, compared column by column.

``database_scope.toml`` says which operators are out of scope, ``database_missing.txt`` which are
still missing, ``database_differences.toml`` which disagree, and why. All three must stay true.
"""

from __future__ import annotations

from typing import Any

import pytest
from comparison import NothingToCompareError
from database import (
    COLUMNS,
    IN_SCOPE,
    check,
    difference,
    exists,
    full_name,
    known_differences,
    known_missing,
    tally,
)

PRESENT = [info for info in IN_SCOPE if exists(info)]
ABSENT = {full_name(info) for info in IN_SCOPE} - {full_name(info) for info in PRESENT}


def test_missing_operators_are_those_listed() -> None:
    tally.missing = len(ABSENT)
    listed = known_missing()
    assert not listed - ABSENT, f"exist now; strike them off: {sorted(listed - ABSENT)}"
    assert not ABSENT - listed, f"have gone missing: {sorted(ABSENT - listed)}"


def test_listed_differences_name_operators_that_exist() -> None:
    names = {full_name(info) for info in PRESENT}
    named = {name for entry in known_differences() for name in entry["names"]}
    assert not named - names


@pytest.mark.parametrize(
    ("info", "column"),
    [pytest.param(i, c, id=f"{full_name(i)}-{c}") for i in PRESENT for c in COLUMNS],
)
def test_operator(info: Any, column: str) -> None:
    name = full_name(info)
    reason = difference(name, column)
    try:
        check(info, column)
    except NothingToCompareError:
        assert reason is None, f"nothing to compare; strike it off: {reason}"
        return
    except AssertionError:
        tally.note(name, column, False)
        if reason is None:
            raise
        return
    tally.note(name, column, True)
    assert reason is None, f"agrees with PyTorch now; strike it off: {reason}"
