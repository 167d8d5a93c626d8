"""Complex numbers: their parts, size and direction, and their view as pairs of real ones.

PyTorch's gradient of a complex number is the conjugate of the holomorphic one. None of these
operators is holomorphic, so their rules state it themselves: they are primitives, which the
machinery leaves as they are.
"""

from __future__ import annotations

from typing import Any

from plugrad import dtypes
from plugrad.operators.dimensions import apply, require_tensor
from plugrad.operators.operands import also
from plugrad.vocabulary.forms import elementwise, function, primitive
from plugrad.vocabulary.inplace import inplace
from plugrad.vocabulary.registry import functions, methods, operators

__all__ = ["conj", "imag", "is_complex", "real"]


@function("function")
def is_complex(input: Any) -> bool:
    """Return whether the elements are complex numbers.

    Examples
    --------
    >>> import plugrad
    >>> plugrad.is_complex(plugrad.tensor([1.0]))
    False
    """
    require_tensor("is_complex", input)
    found: bool = input._dtype.is_complex
    return found


# ------------------------------------------------------------------------------- pairs of numbers

_view_as_real = primitive("view_as_real", "x", view=True, x=lambda k, g: k.view_as_complex(g))
_view_as_complex = primitive("view_as_complex", "x", view=True, x=lambda k, g: k.view_as_real(g))


@function("function")
def view_as_real(input: Any) -> Any:
    """Return a view of complex numbers as pairs of real ones.

    Parameters
    ----------
    input : Tensor
        Complex, of shape ``(...)``.

    Returns
    -------
    Tensor
        Of shape ``(..., 2)``: real and imaginary parts.

    Raises
    ------
    RuntimeError
        For a real tensor.

    Examples
    --------
    >>> import plugrad
    >>> plugrad.view_as_real(plugrad.tensor([1 + 2j]))
    tensor([[1., 2.]])
    """
    require_tensor("view_as_real", input)
    if not input._dtype.is_complex:
        raise RuntimeError(f"view_as_real(): expected complex numbers, not {input._dtype}")
    return _view_as_real(input)


@function("function")
def view_as_complex(input: Any) -> Any:
    """Return a view of pairs of real numbers as complex ones.

    Parameters
    ----------
    input : Tensor
        Of shape ``(..., 2)``: real and imaginary parts, next to each other in memory.

    Returns
    -------
    Tensor
        Of shape ``(...)``.

    Raises
    ------
    RuntimeError
        For any other shape, layout or dtype.

    Examples
    --------
    >>> import plugrad
    >>> plugrad.view_as_complex(plugrad.tensor([[1.0, 2.0]]))
    tensor([1.+2.j])
    """
    require_tensor("view_as_complex", input)
    if not input._dtype.is_floating_point:
        raise RuntimeError(f"view_as_complex(): expected real numbers, not {input._dtype}")
    shape, strides = list(input.shape), input.stride()
    if not shape or shape[-1] != 2:
        raise RuntimeError(f"view_as_complex(): expected pairs in shape (..., 2), not {shape}")
    if strides[-1] != 1 or any(step % 2 for step in strides[:-1]):
        raise RuntimeError(
            f"view_as_complex(): pairs with strides {strides} do not lie next to each other in "
            "memory; call .contiguous() first"
        )
    return _view_as_complex(input)


# ------------------------------------------------------------------------------------- the parts


@function("function")
def real(input: Any) -> Any:
    """Return the real part, as a view; a real tensor itself.

    Examples
    --------
    >>> import plugrad
    >>> plugrad.real(plugrad.tensor([1 + 2j]))
    tensor([1.])
    """
    require_tensor("real", input)
    if not input._dtype.is_complex:
        return input
    return functions["select"](functions["view_as_real"](input), -1, 0)


@function("function")
def imag(input: Any) -> Any:
    """Return the imaginary part, as a view.

    Raises
    ------
    RuntimeError
        For a real tensor.

    Examples
    --------
    >>> import plugrad
    >>> plugrad.imag(plugrad.tensor([1 + 2j]))
    tensor([2.])
    """
    require_tensor("imag", input)
    if not input._dtype.is_complex:
        raise RuntimeError(f"imag(): a tensor of {input._dtype} has no imaginary part")
    return functions["select"](functions["view_as_real"](input), -1, 1)


_conj = primitive("conj", "x", result="same", x=lambda k, g: k.conj(g))
_conj_physical = primitive(
    "conj_physical", "x", result="same", body=lambda k, x: k.conj(x), x=lambda k, g: k.conj(g)
)


@function("function method", names="conj")
def conj(input: Any) -> Any:
    """Return the complex conjugate; a real tensor itself.

    Unlike PyTorch's, it is a copy, not a view.

    Examples
    --------
    >>> import plugrad
    >>> plugrad.conj(plugrad.tensor([1 + 2j]))
    tensor([1.-2.j])
    """
    require_tensor("conj", input)
    return _conj(input) if input._dtype.is_complex else input


@function("function method")
def conj_physical(input: Any, *, out: Any = None) -> Any:
    """Return the complex conjugate; a real tensor itself: see `plugrad.conj`.

    Examples
    --------
    >>> import plugrad
    >>> plugrad.conj_physical(plugrad.tensor([1 + 2j]))
    tensor([1.-2.j])
    """
    require_tensor("conj_physical", input)
    if out is not None:
        return apply("conj_physical", (input,), (), out)
    return _conj_physical(input) if input._dtype.is_complex else input


@function("method")
def conj_physical_(input: Any) -> Any:
    """Conjugate in place."""
    return inplace(operators["conj_physical"], (input,), ()) if is_complex(input) else input


@function("function method")
def resolve_conj(input: Any) -> Any:
    """Return `input`: no tensor here is conjugated lazily.

    Examples
    --------
    >>> import plugrad
    >>> plugrad.resolve_conj(plugrad.tensor([1 + 2j]).conj())
    tensor([1.-2.j])
    """
    require_tensor("resolve_conj", input)
    return input


@function("function method")
def resolve_neg(input: Any) -> Any:
    """Return `input`: no tensor here is negated lazily."""
    require_tensor("resolve_neg", input)
    return input


@function("function method")
def is_conj(input: Any) -> bool:
    """Return False: no tensor here is conjugated lazily."""
    require_tensor("is_conj", input)
    return False


@function("function method")
def is_neg(input: Any) -> bool:
    """Return False: no tensor here is negated lazily."""
    require_tensor("is_neg", input)
    return False


def _assign_part(part: Any) -> Any:
    def assign(self: Any, value: Any) -> None:
        part(self).copy_(value)

    return assign


methods["real"] = property(real, _assign_part(real), doc="The real part, as a view.")  # type: ignore[assignment]
methods["imag"] = property(imag, _assign_part(imag), doc="The imaginary part, as a view.")  # type: ignore[assignment]

# ------------------------------------------------------------------------- size and direction

elementwise(
    "abs",
    out="casts complex",
    accepts="numbers",
    expose="function method",
    x=lambda k, g, x: g * k.sgn(x),
)


@function("function method")
def abs_(input: Any) -> Any:
    """Put the size of each element in its place.

    Raises
    ------
    RuntimeError
        For complex numbers, whose size is real.
    """
    if is_complex(input):
        raise RuntimeError("abs_(): the size of a complex number is real; use abs()")
    return inplace(operators["abs"], (input,), ())


def _sgn_slope(k: Any, g: Any, x: Any, out: Any) -> Any:
    """Differentiate ``x / abs(x)``: what is left of `g` across its direction."""
    if not k.is_complex(x):
        return k.zeros_like(g)
    size = k.abs(x)
    zero = size == 0
    across = g - out * k.real(g * k.conj(out))
    return k.keep(across / k.where(zero, k.ones_like(size), size), k.logical_not(zero))


def _angle_slope(k: Any, g: Any, x: Any) -> Any:
    if not k.is_complex(x):
        return k.zeros_like(g)
    size = k.real(x * k.conj(x))
    zero = size == 0
    turned = x * 1j * (g / k.where(zero, k.ones_like(size), size))
    return k.keep(turned, k.logical_not(zero))


primitive("sgn", "x", result="same", x=_sgn_slope)
elementwise("sign", out="exact", x=lambda k, g: k.zeros_like(g), accepts="real")
primitive("angle_of", "x", out="casts", node="AngleBackward0", aten="aten::angle", x=_angle_slope)


@function("function method")
def sgn(input: Any, *, out: Any = None) -> Any:
    """Return the direction of each element: ``x / abs(x)``, and 0 for 0.

    Examples
    --------
    >>> import plugrad
    >>> plugrad.sgn(plugrad.tensor([3 + 4j, 0]))
    tensor([0.6000+0.8000j, 0.0000+0.0000j])
    """
    return apply("sgn", (input,), (), out)


@function("method")
def sgn_(input: Any) -> Any:
    """Put the direction of each element in its place."""
    return inplace(operators["sgn"], (input,), ())


@function("function method")
def angle(input: Any, *, out: Any = None) -> Any:
    """Return the angle of each element in the complex plane: of a real one, 0 or pi.

    Examples
    --------
    >>> import plugrad
    >>> plugrad.angle(plugrad.tensor([1.0, -1.0]))
    tensor([0.0000, 3.1416])
    """
    require_tensor("angle", input)
    if not (input._dtype.is_floating_point or input._dtype.is_complex):
        input = operators["cast"].call(input, dtypes.get_default_dtype())
    return apply("angle_of", (input,), (), out)


also("absolute", "abs")
