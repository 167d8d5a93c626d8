"""Special functions that only `plugrad.special` offers, and that are declared with it."""

from __future__ import annotations

import math
from typing import Any

from plugrad import dtypes
from plugrad.autograd.tape import TensorBase
from plugrad.operators.dimensions import into
from plugrad.operators.network import shifted, times
from plugrad.operators.operands import overloaded, undifferentiable
from plugrad.vocabulary.forms import elementwise, function
from plugrad.vocabulary.registry import operators

__all__ = ["ndtr", "xlog1py", "zeta"]


def _refuse_half(*arguments: Any) -> None:
    for value in arguments:
        if isinstance(value, TensorBase) and value._dtype.low_precision:
            raise NotImplementedError(
                f"this special function is not defined in {value._dtype}; convert with "
                f".to({dtypes.float32})"
            )


# ------------------------------------------------------------------- error functions, entropy, zeta

elementwise(
    "entr", result="floating", accepts="real", expose="",
    node="SpecialEntrBackward0", aten="aten::special_entr",
    body=lambda k, x: _entr(k, x), x=lambda k, g, x: g * (-k.log(x) - 1),
)  # fmt: skip


def _entr(k: Any, x: Any) -> Any:
    """Return ``-x * log(x)``: 0 at 0, and minus infinity below."""
    positive = x > 0
    # Taken from 0, for 0 times anything negated would be -0.
    value = 0 - x * k.log(k.where(k.logical_or(positive, k.isnan(x)), x, k.ones_like(x)))
    return k.where(x < 0, -math.inf * k.ones_like(x), value)


elementwise(
    "erfcx", result="floating", accepts="real", expose="", check=_refuse_half,
    node="SpecialErfcxBackward0", aten="aten::special_erfcx",
    x=lambda g, x, out: g * (2 * x * out - 2 / math.sqrt(math.pi)),
)  # fmt: skip
elementwise(
    "ndtri", result="floating", accepts="real", expose="", check=_refuse_half,
    node="SpecialNdtriBackward0", aten="aten::special_ndtri",
    x=lambda k, g, out: g * (math.sqrt(2 * math.pi) * k.exp(out * out / 2)),
)  # fmt: skip


def _log_ndtr(k: Any, x: Any) -> Any:
    """Return the logarithm of the normal distribution, in its lower tail by way of erfcx."""
    t = x * math.sqrt(0.5)
    low = x < -1
    tail = k.log(k.erfcx(-k.where(low, t, -k.ones_like(t))) / 2) - t * t
    return k.where(low, tail, k.log1p(k.erfc(k.where(low, k.zeros_like(t), t)) * -0.5))


elementwise(
    "log_ndtr", result="floating", accepts="real", expose="", check=_refuse_half,
    node="SpecialLogNdtrBackward0", aten="aten::special_log_ndtr", body=_log_ndtr,
    x=lambda k, g, x: g / k.erfcx(x * -math.sqrt(0.5)) * math.sqrt(2 / math.pi),
)  # fmt: skip


@function("")
def ndtr(input: Any, *, out: Any = None) -> Any:
    """Return the share of the standard normal distribution below each element.

    Parameters
    ----------
    input : Tensor
    out : Tensor, optional
        Where to write the result.

    Returns
    -------
    Tensor

    Examples
    --------
    >>> import plugrad
    >>> plugrad.special.ndtr(plugrad.tensor([0.0, 1.0]))
    tensor([0.5000, 0.8413])
    """
    x = input
    if isinstance(x, TensorBase) and not (x._dtype.is_floating_point or x._dtype.is_complex):
        x = operators["cast"].call(x, dtypes.get_default_dtype())
    result = times(shifted(operators["erf"].call(times(x, math.sqrt(0.5))), 1), 0.5)
    return into("special.ndtr", out, result, x, casts=True)


def _xlog1py(k: Any, x: Any, y: Any) -> Any:
    """Return ``x * log1p(y)``: 0 where x is 0, but nan where y is."""
    zero = k.logical_and(x == 0, k.logical_not(k.isnan(y)))
    return k.keep(x * k.log1p(k.where(zero, k.zeros_like(y), y)), k.logical_not(zero))


def _by_factor(k: Any, g: Any, x: Any, y: Any) -> Any:
    flat = k.logical_and(x == 0, y <= -1)
    return k.keep(g * k.log1p(k.where(flat, k.zeros_like(y), y)), k.logical_not(flat))


elementwise(
    "xlog1py", result="floating", accepts="real", expose="",
    node="SpecialXlog1PyBackward0", aten="aten::special_xlog1py", body=_xlog1py,
    x=_by_factor, y=lambda g, x, y: g * (x / (y + 1)),
)  # fmt: skip
elementwise(
    "scalar_xlog1py", "x; factor", result="floating", accepts="real", expose="",
    node="SpecialXlog1PyBackward1", aten="aten::special_xlog1py",
    body=lambda k, x, factor: _xlog1py(k, k.ones_like(x) * factor, x),
    x=lambda g, x, factor: g * (factor / (x + 1)),
)  # fmt: skip
elementwise(
    "xlog1py_scalar", "x; other", result="floating", accepts="real", expose="",
    node="SpecialXlog1PyBackward2", aten="aten::special_xlog1py",
    body=lambda k, x, other: _xlog1py(k, x, k.ones_like(x) * other),
    x=lambda k, g, x, other: _by_factor(k, g, x, k.ones_like(x) * other),
)  # fmt: skip
xlog1py = overloaded("xlog1py", "xlog1py", "xlog1py_scalar", "scalar_xlog1py", expose="")

elementwise(
    "zeta", result="floating", accepts="real", expose="", check=_refuse_half,
    node="SpecialZetaBackward0", aten="aten::special_zeta",
    x=undifferentiable("zeta by its first argument"),
    y=lambda k, g, x, y: g * -x * k.zeta(x + 1, y),
)  # fmt: skip
elementwise(
    "scalar_zeta", "x; exponent", result="floating", accepts="real", expose="", check=_refuse_half,
    node="SpecialZetaBackward1", aten="aten::special_zeta",
    body=lambda k, x, exponent: k.zeta(k.ones_like(x) * exponent, x),
    x=lambda k, g, x, exponent: g * -exponent * k.scalar_zeta(x, exponent + 1),
)  # fmt: skip
elementwise(
    "zeta_scalar", "x; start", result="floating", accepts="real", expose="", check=_refuse_half,
    node="SpecialZetaBackward2", aten="aten::special_zeta",
    body=lambda k, x, start: k.zeta(x, k.ones_like(x) * start),
    x=undifferentiable("zeta by its first argument"),
)  # fmt: skip
zeta = overloaded("zeta", "zeta", "zeta_scalar", "scalar_zeta", expose="")

# -------------------------------------------------------------------------------- Bessel functions


def _i0e_slope(k: Any, g: Any, x: Any, out: Any) -> Any:
    return g * (k.i1e(x) - k.sgn(x) * out)


def _i1e_slope(k: Any, g: Any, x: Any, out: Any) -> Any:
    """Differentiate ``exp(-|x|) * i1(x)``: 1/2 at 0."""
    zero = x == 0
    safe = k.where(zero, k.ones_like(x), x)
    slope = k.i0e(x) - out * (k.sgn(x) + k.reciprocal(safe))
    return g * k.where(zero, k.ones_like(x) * 0.5, slope)


elementwise(
    "i0e", result="floating", accepts="real", expose="",
    node="SpecialI0EBackward0", aten="aten::special_i0e", x=_i0e_slope,
)  # fmt: skip
elementwise(
    "i1e", result="floating", accepts="real", expose="",
    node="SpecialI1EBackward0", aten="aten::special_i1e", x=_i1e_slope,
)  # fmt: skip


def _spherical_bessel_j0(k: Any, x: Any) -> Any:
    """Return ``sin(x) / x``: 1 at 0, and 0 at infinity."""
    special = k.logical_or(x == 0, k.isinf(x))
    safe = k.where(special, k.ones_like(x), x)
    value = k.where(x == 0, k.ones_like(x), k.zeros_like(x))
    return k.where(special, value, k.sin(safe) / safe)


# PyTorch records none of these either: they are constants to differentiation.
for _name in (
    "airy_ai", "bessel_j0", "bessel_j1", "bessel_y0", "bessel_y1", "modified_bessel_k0",
    "modified_bessel_k1", "scaled_modified_bessel_k0", "scaled_modified_bessel_k1",
):  # fmt: skip
    elementwise(
        _name, "x", result="floating", accepts="real", expose="", check=_refuse_half,
        aten=f"aten::special_{_name}",
    )  # fmt: skip
for _name, _body in (
    ("modified_bessel_i0", lambda k, x: k.i0(x)),
    ("modified_bessel_i1", lambda k, x: k.i1(x)),
    ("spherical_bessel_j0", _spherical_bessel_j0),
):
    elementwise(
        _name, "x", result="floating", accepts="real", expose="", check=_refuse_half,
        aten=f"aten::special_{_name}", body=_body,
    )  # fmt: skip

# --------------------------------------------------------------------------- orthogonal polynomials

for _name in (
    "chebyshev_polynomial_t", "chebyshev_polynomial_u", "chebyshev_polynomial_v",
    "chebyshev_polynomial_w", "shifted_chebyshev_polynomial_t", "shifted_chebyshev_polynomial_u",
    "shifted_chebyshev_polynomial_v", "shifted_chebyshev_polynomial_w", "hermite_polynomial_h",
    "hermite_polynomial_he", "laguerre_polynomial_l", "legendre_polynomial_p",
):  # fmt: skip
    elementwise(
        _name, "x, n", result="floating", accepts="real", expose="", check=_refuse_half,
        aten=f"aten::special_{_name}",
    )  # fmt: skip
