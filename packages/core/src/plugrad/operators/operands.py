"""The operands of pointwise operators: tensors or numbers, and of which dtypes.

PyTorch has one overload for a tensor and another for a number in the second place, each with a node
of its own. `overloaded` makes the public function that chooses between two operators.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy

from plugrad.autograd.tape import TensorBase
from plugrad.operators.dimensions import require_tensor
from plugrad.promotion import promote_with_number
from plugrad.vocabulary.arguments import is_number
from plugrad.vocabulary.inplace import inplace
from plugrad.vocabulary.registry import functions, methods, operators

__all__ = [
    "also",
    "number_of",
    "overloaded",
    "require_tensors",
    "undifferentiable",
    "wide_enough",
]


def number_of(value: Any) -> Any:
    """Return the Python number that a NumPy one stands for; anything else as it is."""
    if isinstance(value, (numpy.generic, numpy.ndarray)) and is_number(value):
        return value.item()
    return value


def wide_enough(x: Any, number: Any) -> Any:
    """Return a tensor converted to the dtype that a result with `number` has."""
    kind = promote_with_number(x._dtype, number)
    return x if kind is x._dtype else operators["cast"].call(x, kind)


def _takes_number(x: Any, number: Any) -> bool:
    """Return whether `x` and a number go to the operator whose parameter the number is.

    Integers do not: among tensors the number wraps around, as PyTorch has it.
    """
    return (
        isinstance(x, TensorBase)
        and (x._dtype.is_floating_point or x._dtype.is_complex)
        and is_number(number)
    )


def overloaded(
    name: str,
    tensors: str,
    scalar: str,
    reflected: str = "",
    *,
    expose: str = "function method inplace",
) -> Callable[..., Any]:
    """Make a public function of a tensor and a tensor or number.

    Parameters
    ----------
    name : str
        The public name.
    tensors, scalar : str
        The operator of two tensors, and that of a tensor with a number as its parameter.
    reflected : str
        That of a number and a tensor, the number as its parameter, where there is one.
    expose : str
        Where it is public: any of ``function``, ``method`` and ``inplace``.

    Returns
    -------
    callable
        ``f(input, other, *, out=None)``.
    """
    of_tensors, of_scalar = operators[tensors], operators[scalar]
    of_reflected = operators.get(reflected)

    def public(input: Any, other: Any, *, out: Any = None) -> Any:
        if _takes_number(input, other):
            number = number_of(other)
            return of_scalar.call(wide_enough(input, number), number, out=out)
        if of_reflected is not None and _takes_number(other, input):
            number = number_of(input)
            return of_reflected.call(wide_enough(other, number), number, out=out)
        return of_tensors.call(input, other, out=out)

    def changed(input: Any, other: Any) -> Any:
        if _takes_number(input, other):
            number = number_of(other)
            if promote_with_number(input._dtype, number) is input._dtype:
                return inplace(of_scalar, (input,), (number,))
        return inplace(of_tensors, (input, other), ())

    public.__name__ = public.__qualname__ = name
    changed.__name__ = changed.__qualname__ = f"{name}_"
    public.__module__ = changed.__module__ = "plugrad"
    if "function" in expose:
        functions[name] = public
    if "method" in expose:
        methods[name] = public
    if "inplace" in expose:
        methods[changed.__name__] = changed
    return public


def require_tensors(name: str, input: Any, other: Any) -> None:
    """Check that neither operand is a number.

    Raises
    ------
    TypeError
        If one is.
    """
    require_tensor(name, input)
    require_tensor(name, other, "other")


def also(alias: str, name: str) -> None:
    """Give everything public that is called `name`, in place or not, a second name."""
    for suffix in ("", "_"):
        for table in (functions, methods):
            if name + suffix in table:
                table[alias + suffix] = table[name + suffix]


def undifferentiable(name: str) -> Callable[..., Any]:
    """Return a gradient rule for what PyTorch records, and then refuses to differentiate."""

    def rule(g: Any) -> Any:
        raise NotImplementedError(
            f"the derivative of {name} is not defined; detach its inputs where no gradient is "
            "meant to flow"
        )

    return rule
