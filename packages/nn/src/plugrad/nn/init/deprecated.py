"""The names that functions had before those that change their argument ended in ``_``."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

from plugrad.nn.init import filling, structured

__all__ = [
    "constant",
    "dirac",
    "eye",
    "kaiming_normal",
    "kaiming_uniform",
    "normal",
    "orthogonal",
    "sparse",
    "uniform",
    "xavier_normal",
    "xavier_uniform",
]

Parameters = ParamSpec("Parameters")
Result = TypeVar("Result")


def _old(
    function: Callable[Parameters, Result], shape: str = "2, 3", arguments: str = ""
) -> Callable[Parameters, Result]:
    now = function.__name__
    name = now.removesuffix("_")

    @wraps(function)
    def called(*args: Parameters.args, **kwargs: Parameters.kwargs) -> Result:
        warnings.warn(
            f"nn.init.{name} is an old name, and deprecated: use nn.init.{now}",
            FutureWarning,
            stacklevel=2,
        )
        return function(*args, **kwargs)

    called.__name__ = called.__qualname__ = name
    called.__doc__ = f"""Call `{now}`: its old name, which warns.

    Examples
    --------
    >>> import warnings
    >>> import plugrad
    >>> with warnings.catch_warnings(action="ignore"):
    ...     print(plugrad.nn.init.{name}(plugrad.empty({shape}){arguments}).shape)
    plugrad.Size([{shape}])
    """
    return called


constant = _old(filling.constant_, arguments=", 1.0")
dirac = _old(structured.dirac_, "2, 3, 3")
eye = _old(filling.eye_)
kaiming_normal = _old(filling.kaiming_normal_)
kaiming_uniform = _old(filling.kaiming_uniform_)
normal = _old(filling.normal_)
orthogonal = _old(structured.orthogonal_)
sparse = _old(structured.sparse_, arguments=", 0.5")
uniform = _old(filling.uniform_)
xavier_normal = _old(filling.xavier_normal_)
xavier_uniform = _old(filling.xavier_uniform_)
