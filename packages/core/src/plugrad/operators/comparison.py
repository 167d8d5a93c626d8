"""Comparisons, logic, bits, and what kind of number an element is."""

from __future__ import annotations

from typing import Any

from plugrad.autograd.tape import TensorBase, new_tensor
from plugrad.dtypes import Category, bool_, get_default_dtype
from plugrad.operators.dimensions import apply, require_tensor
from plugrad.operators.operands import also, number_of
from plugrad.operators.spaces import cast
from plugrad.promotion import result_dtype
from plugrad.vocabulary.arguments import is_number
from plugrad.vocabulary.forms import elementwise, function, primitive
from plugrad.vocabulary.inplace import inplace
from plugrad.vocabulary.registry import methods, operators

__all__ = ["allclose", "equal", "isclose", "isin", "isreal"]

# ------------------------------------------------------------------------------------ comparisons

for _name in ("eq", "ne"):
    elementwise(_name, "x, y", result="bool", scalars=True, numbers="not first")
for _name in ("lt", "le", "gt", "ge"):
    elementwise(_name, "x, y", result="bool", scalars=True, accepts="real", numbers="not first")


def _compare_in_place(name: str) -> None:
    """Define the in-place form, which leaves 1 and 0, and cuts the gradient off."""
    comparison = operators[name]

    def compared(k: Any, x: Any, y: Any) -> Any:
        return k.where(getattr(k, name)(x, y), k.ones_like(x), k.zeros_like(x))

    for suffix, signature in enumerate(("x; other", "x, y")):
        slopes: dict[str, Any] = dict.fromkeys("xy"[: suffix + 1], _flat)
        elementwise(
            f"{name}_number{'s' * suffix}", signature, node=f"{name.title()}Backward{suffix}",
            aten=f"aten::{name}_", expose="", accepts=comparison.accepts, body=compared, **slopes,
        )  # fmt: skip

    def changed(self: Any, other: Any) -> Any:
        if not self.requires_grad:
            return inplace(comparison, (self, other), ())
        if is_number(other):
            return inplace(operators[f"{name}_number"], (self,), (number_of(other),))
        return inplace(operators[f"{name}_numbers"], (self, other), ())

    changed.__name__ = changed.__qualname__ = f"{name}_"
    methods[changed.__name__] = changed


def _flat(k: Any, g: Any) -> Any:
    return k.zeros_like(g)


for _name in ("eq", "ne", "lt", "le", "gt", "ge"):
    _compare_in_place(_name)

for _alias, _name in {
    "not_equal": "ne", "less": "lt", "less_equal": "le", "greater": "gt", "greater_equal": "ge",
}.items():  # fmt: skip
    also(_alias, _name)

# ------------------------------------------------------------------------------------------- logic

for _name in ("logical_and", "logical_or", "logical_xor"):
    elementwise(_name, "x, y", result="bool", numbers="none")
elementwise("logical_not", "x", result="bool")

# -------------------------------------------------------------------------------------------- bits

for _name in ("and", "or", "xor"):
    elementwise(f"bitwise_{_name}", "x, y", accepts="integers")
for _name in ("left_shift", "right_shift"):
    elementwise(f"bitwise_{_name}", "x, y", accepts="integer numbers")
elementwise("bitwise_not", "x", out="exact", accepts="integers")

# --------------------------------------------------------------------------------- kinds of numbers


def _predicate(name: str, **options: Any) -> None:
    elementwise(name, "x", result="bool", expose="function method", **options)


def _refuse_complex(x: Any) -> None:
    if x._dtype.is_complex:
        raise RuntimeError(
            f"a number of {x._dtype} has no positive or negative infinity; use isinf"
        )


_predicate("isnan", body=lambda k, x: x != x)
_predicate("isinf")
_predicate("isfinite")
_predicate("isposinf", out="exact", accepts="real", check=_refuse_complex)
_predicate("isneginf", out="exact", accepts="real", check=_refuse_complex)
_predicate("signbit", out="exact", accepts="real")


@function("function method")
def isreal(input: Any) -> Any:
    """Return which elements have no imaginary part: of a real tensor, all.

    Examples
    --------
    >>> import plugrad
    >>> plugrad.isreal(plugrad.tensor([1 + 0j, 1 + 2j]))
    tensor([ True, False])
    """
    require_tensor("isreal", input)
    if input._dtype.is_complex:
        return input.imag == 0
    return operators["eq"].call(input, input) | True


# -------------------------------------------------------------------------------- equal, or almost


def _close(k: Any, x: Any, y: Any, rtol: float, atol: float, equal_nan: bool) -> Any:
    """Return where ``abs(x - y) <= atol + rtol * abs(y)``; infinities are close if equal."""
    distance = k.abs(x - y)
    near = k.logical_and(distance <= k.abs(y) * rtol + atol, k.isfinite(distance))
    same = k.logical_or(x == y, near)
    return k.logical_or(same, k.logical_and(k.isnan(x), k.isnan(y))) if equal_nan else same


elementwise("isclose", "x, y; rtol, atol, equal_nan", result="bool", expose="", body=_close)


def _one_dtype(name: str, input: Any, other: Any) -> None:
    for operand in (input, other):
        if not isinstance(operand, TensorBase):
            raise TypeError(f"{name}(): expected Tensors, not a {type(operand).__name__}")
    if input._dtype is not other._dtype:
        raise RuntimeError(
            f"{name}(): expected tensors of one dtype, but found {input._dtype} and "
            f"{other._dtype}; convert one"
        )


@function("function method")
def isclose(
    input: Any, other: Any, rtol: float = 1e-05, atol: float = 1e-08, equal_nan: bool = False
) -> Any:
    """Return where two tensors are almost equal.

    Parameters
    ----------
    input, other : Tensor
        Of one dtype, broadcast together.
    rtol, atol : float
        They may differ by ``atol + rtol * abs(other)``.
    equal_nan : bool
        Whether nan is close to nan.

    Returns
    -------
    Tensor
        Of bool.

    Raises
    ------
    RuntimeError
        For two dtypes, or a negative tolerance.

    Examples
    --------
    >>> import plugrad
    >>> plugrad.isclose(plugrad.tensor([1.0, 1.0]), plugrad.tensor([1.0000001, 1.1]))
    tensor([ True, False])
    """
    _one_dtype("isclose", input, other)
    if rtol < 0 or atol < 0:
        raise RuntimeError(f"isclose(): a tolerance is negative: rtol={rtol}, atol={atol}")
    if input._dtype.category <= Category.INTEGER:
        same = operators["eq"].call(input, other)
        if input._dtype is bool_:
            return same
        # Large integers that are equal stay so, whatever they are as floating-point numbers.
        kind = get_default_dtype()
        input, other = cast(input, kind), cast(other, kind)
        return same | operators["isclose"].call(input, other, rtol, atol, equal_nan)
    return operators["isclose"].call(input, other, rtol, atol, equal_nan)


@function("function method", aten="aten::allclose")
def allclose(
    input: Any, other: Any, rtol: float = 1e-05, atol: float = 1e-08, equal_nan: bool = False
) -> bool:
    """Return whether all elements of two tensors are almost equal: see `plugrad.isclose`.

    Examples
    --------
    >>> import plugrad
    >>> plugrad.allclose(plugrad.ones(2), plugrad.ones(2) * 1.000001)
    True
    """
    _one_dtype("allclose", input, other)
    return bool(isclose(input, other, rtol, atol, equal_nan).all())


@function("function method")
def equal(input: Any, other: Any) -> bool:
    """Return whether two tensors have the same shape and the same elements.

    Examples
    --------
    >>> import plugrad
    >>> plugrad.equal(plugrad.tensor([1, 2]), plugrad.tensor([1, 2]))
    True
    """
    for operand in (input, other):
        if not isinstance(operand, TensorBase):
            raise TypeError(f"equal(): expected Tensors, not a {type(operand).__name__}")
    if tuple(input.shape) != tuple(other.shape):
        return False
    return bool((input == other).all())


# ------------------------------------------------------------------------------------- membership


def _among(k: Any, x: Any, y: Any, invert: bool) -> Any:
    across = k.reshape(x, (*x.shape, 1)) == k.reshape(y, (-1,))
    found = k.any(across, (len(x.shape),), False)
    return k.logical_not(found) if invert else found


primitive("isin", "x, y; invert", result="bool", body=_among)


@function("function")
def isin(
    elements: Any, test_elements: Any, *, assume_unique: bool = False, invert: bool = False,
    out: Any = None,
) -> Any:  # fmt: skip
    """Return which elements are among others.

    Parameters
    ----------
    elements, test_elements : Tensor or number
        Not both numbers.
    assume_unique : bool
        Whether no element occurs twice in either; a hint that is not needed.
    invert : bool
        Whether to return which are not among them.
    out : Tensor, optional
        Where to write the result.

    Returns
    -------
    Tensor
        Of bool, in the shape of `elements`.

    Examples
    --------
    >>> import plugrad
    >>> plugrad.isin(plugrad.tensor([1, 2, 3]), plugrad.tensor([2, 5]))
    tensor([False,  True, False])
    """
    operands = [elements, test_elements]
    tensors = [operand for operand in operands if isinstance(operand, TensorBase)]
    if not tensors or not all(isinstance(o, TensorBase) or is_number(o) for o in operands):
        found = " and ".join(type(operand).__name__ for operand in operands)
        raise TypeError(f"isin(): expected a Tensor and a Tensor or number, not {found}")
    owner: Any = tensors[0]
    participants = [
        (o._dtype, not o._array.shape) if isinstance(o, TensorBase) else number_of(o)
        for o in operands
    ]
    kind = result_dtype(participants)
    if kind.is_complex or kind is bool_:
        raise RuntimeError(f"isin(): is for real numbers, not for {kind}")
    x, y = (
        cast(o, kind)
        if isinstance(o, TensorBase)
        else new_tensor(owner._table.scalar(number_of(o), kind), owner._table, kind)
        for o in operands
    )
    return apply("isin", (x, y), (invert,), out)
