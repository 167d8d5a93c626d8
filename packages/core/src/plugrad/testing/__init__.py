"""Testing with tensors: what core has, and what ``plugrad-testing`` adds to it.

The samples and properties that plugrad's own operators are tested with, and anybody's may be, are
a distribution of their own, for whoever only computes needs none of them.
"""

from __future__ import annotations

from importlib import import_module as _import_module
from typing import TYPE_CHECKING

from plugrad import namespace as _namespace

__path__ = _namespace.extend(__path__, __name__)

_ELSEWHERE = {"assert_close": "comparison", "make_tensor": "making"}

if TYPE_CHECKING:
    from plugrad.testing.comparison import assert_close as assert_close
    from plugrad.testing.making import make_tensor as make_tensor
else:  # type checkers find the modules, and should miss what is not there

    def __getattr__(name: str) -> object:
        if f"{__name__}.{name}" in _namespace.SIBLINGS:
            return _namespace.resolve_sibling(f"{__name__}.{name}")
        if name in _ELSEWHERE:
            return getattr(_import_module(f"{__name__}.{_ELSEWHERE[name]}"), name)
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
