"""Samples of special functions, covariances, histograms, divisors and numerical derivatives."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy

from plugrad.testing.samples import Input, Sample, integers, masks, positive, real
from plugrad.testing.samples.elementary import COMPLEX, HALF, KINK, case, with_specials

__all__ = ["SAMPLES"]

Array = numpy.ndarray[Any, Any]

_SINGLE = ("float32", "float64")
_WARNS = {"no_warning_leaks": "warns where weights leave no degrees of freedom, as PyTorch does"}
_BY_SCIPY = {"strict": "computed by SciPy, on NumPy's arrays only"}


def _special(name: str, *more: Any) -> Callable[..., Any]:
    return lambda t, *xs: getattr(t.special, name)(*xs, *more)


def _within(low: float, high: float) -> Callable[..., Input]:
    return lambda *shape: real(*shape, low=low, high=high)


# Where each is smooth.
_DIFFERENTIABLE: dict[str, Callable[..., Input]] = {
    "entr": positive, "erfcx": real, "i0e": positive, "i1": real, "i1e": positive,
    "log_ndtr": real, "ndtr": real, "ndtri": _within(0.05, 0.95),
}  # fmt: skip
_SHARED: dict[str, Callable[..., Input]] = {
    "digamma": positive, "erf": real, "erfc": real, "erfinv": _within(-0.9, 0.9), "exp2": real,
    "expit": real, "expm1": real, "gammaln": positive, "i0": real, "log1p": positive,
    "logit": _within(0.1, 0.9), "psi": positive, "round": real, "sinc": positive,
}  # fmt: skip
_CONSTANTS = (
    "airy_ai", "bessel_j0", "bessel_j1", "bessel_y0", "bessel_y1", "modified_bessel_k0",
    "modified_bessel_k1", "scaled_modified_bessel_k0", "scaled_modified_bessel_k1",
)  # fmt: skip
_POLYNOMIALS = (
    "chebyshev_polynomial_t", "chebyshev_polynomial_u", "chebyshev_polynomial_v",
    "chebyshev_polynomial_w", "hermite_polynomial_h", "hermite_polynomial_he",
    "laguerre_polynomial_l", "legendre_polynomial_p", "shifted_chebyshev_polynomial_t",
    "shifted_chebyshev_polynomial_u", "shifted_chebyshev_polynomial_v",
    "shifted_chebyshev_polynomial_w",
)  # fmt: skip


def _functions() -> Iterator[Sample]:
    for name, domain in _DIFFERENTIABLE.items():
        call, label = _special(name), "special"
        # PyTorch defines some in no half precision, and lacks derivatives of others there.
        yield case(name, call, domain(3, 4), dtypes=_SINGLE, label=label)
        yield case(name, call, domain(0, 3), label=label)
        yield case(name, call, domain(), label=label)
        yield case(name, call, integers(4, low=0, high=2), label=f"{label}-integers")
        if name not in ("log_ndtr", "i1", "i1e", "erfcx"):
            yield case(name, call, with_specials(4, 4), label=f"{label}-specials", skip=KINK,
                       second=False)  # fmt: skip
    for name, domain in _SHARED.items():
        yield case(name, _special(name), domain(3, 4), label="special")
    for name in _CONSTANTS:
        yield case(name, _special(name), positive(3, 4, low=3.0, high=9.0, grad=False),
                   skip=_BY_SCIPY)  # fmt: skip
        yield case(name, _special(name), integers(4, low=1), label="integers", skip=_BY_SCIPY)
    for name in ("modified_bessel_i0", "modified_bessel_i1", "spherical_bessel_j0"):
        yield case(name, _special(name), real(3, 4, grad=False))
        yield case(name, _special(name), integers(4), label="integers")
    yield case("spherical_bessel_j0", _special("spherical_bessel_j0"),
               real(4, 4, grad=False, transform=_with_zeros), label="zeros")  # fmt: skip
    for name in _POLYNOMIALS:
        constant = real(3, 4, low=-1.0, high=1.0, grad=False)
        yield case(name, _special(name), constant, integers(4, low=-1, high=9))
        yield case(name, _special(name, 3), constant, label="number")
        yield case(name, lambda t, n, f=name: getattr(t.special, f)(0.3, n), integers(4),
                   label="of-number")  # fmt: skip
        yield case(name, _special(name), integers(4), real(4, low=0.0, high=4.0, grad=False),
                   label="mixed")  # fmt: skip


def _with_zeros(array: Array) -> Array:
    return numpy.where(numpy.abs(array) < 0.5, array.dtype.type(0), array)


def _of_two() -> Iterator[Sample]:
    yield case("xlog1py", _special("xlog1py"), real(3, 4), positive(4), dtypes=HALF)
    yield case("xlog1py", _special("xlog1py"), real(4, transform=_with_zeros), real(4, low=-1.0),
               label="zeros", skip=KINK, second=False)  # fmt: skip
    yield case("xlog1py", _special("xlog1py", 0.5), real(3, 4), label="number")
    yield case("xlog1py", lambda t, x: t.special.xlog1py(2.0, x), positive(3), label="of-number")
    yield case("xlogy", _special("xlogy"), real(3, 4), positive(4), label="special")
    constant = positive(3, 4, low=1.2, high=4.0, grad=False)
    yield case("zeta", _special("zeta"), constant, positive(4, low=0.5, high=9.0))
    yield case("zeta", _special("zeta"), integers(3, 1, low=0), integers(4, low=-2),
               label="integers")  # fmt: skip
    yield case("zeta", _special("zeta", 2.5), constant, label="number")
    yield case("zeta", lambda t, x: t.special.zeta(2.0, x), positive(3, 4), label="of-number")
    for name, alias in (("igamma", "gammainc"), ("igammac", "gammaincc")):
        shape = positive(3, 4, low=0.5, high=4.0, grad=False)
        yield case(name, lambda t, a, x, n=name: getattr(t, n)(a, x), shape, positive(4),
                   dtypes=_SINGLE, skip=_BY_SCIPY, inplace=lambda t, a, x, n=name:
                   getattr(a, f"{n}_")(x))  # fmt: skip
        yield case(alias, _special(alias), shape, positive(3, 4), skip=_BY_SCIPY)
    for p in (1, 3):
        yield case("mvlgamma", lambda t, x, p=p: t.mvlgamma(x, p),
                   positive(3, 4, low=1.5, high=5.0), label=f"{p}",
                   inplace=lambda t, x, p=p: x.mvlgamma_(p))  # fmt: skip
    yield case("multigammaln", _special("multigammaln", 2), positive(3, low=1.5, high=5.0))
    yield case("mvlgamma", lambda t, x: x.mvlgamma(2), integers(4, low=2), label="integers")
    yield case("polygamma", lambda t, x: t.special.polygamma(1, x), positive(3), label="special")
    for name in ("softmax", "log_softmax", "logsumexp"):
        yield case(name, _special(name, 1), real(3, 4), label="special")
    yield case("round", lambda t, x: t.special.round(x, decimals=1), real(3), label="special-1")


def _covariances() -> Iterator[Sample]:
    yield case("cov", lambda t, x: t.cov(x), real(3, 5), dtypes=(*HALF, *COMPLEX[2:]))
    yield case("cov", lambda t, x: x.cov(correction=0), real(5), label="vector")
    yield case("cov", lambda t, x: t.cov(x), integers(3, 5), label="integers")
    yield case("cov", lambda t, x, w: t.cov(x, fweights=w), real(3, 5), integers(5, low=1),
               label="fweights")  # fmt: skip
    yield case("cov", lambda t, x, w: t.cov(x, aweights=w), real(3, 5), positive(5, grad=False),
               label="aweights", skip=_WARNS)  # fmt: skip
    yield case("cov", lambda t, x, a, f: t.cov(x, aweights=a, fweights=f, correction=2),
               real(3, 5), positive(5, grad=False), integers(5, low=1), label="both",
               skip=_WARNS)  # fmt: skip
    yield case("corrcoef", lambda t, x: t.corrcoef(x), real(3, 5), dtypes=COMPLEX, skip=KINK,
               second=False)  # fmt: skip
    yield case("corrcoef", lambda t, x: x.corrcoef(), integers(2, 5), label="integers")


def _histograms() -> Iterator[Sample]:
    constant = real(3, 8, grad=False)
    for bins in (1, 4):
        yield case("histogram", lambda t, x, n=bins: t.histogram(x, n), constant, label=f"{bins}")
    yield case("histogram", lambda t, x, w: x.histogram(4, range=(-1.0, 1.5), weight=w), constant,
               positive(3, 8, grad=False), label="weight")  # fmt: skip
    yield case("histogram", lambda t, x: t.histogram(x, 3, density=True), constant,
               label="density")  # fmt: skip
    yield case(
        "histogram",
        lambda t, x: t.histogram(x, t.tensor([-1.0, 0.0, 0.5, 2.0], dtype=x.dtype)), constant,
        label="edges",
    )  # fmt: skip
    points = real(4, 5, 2, grad=False)
    yield case("histogramdd", lambda t, x: _flat(t.histogramdd(x, [3, 2])), points)
    yield case("histogramdd", lambda t, x: _flat(t.histogramdd(
        x, 2, range=[-1.0, 1.0, -2.0, 1.0], density=True)), points, label="density")  # fmt: skip
    yield case("histogramdd", lambda t, x, w: _flat(t.histogramdd(x, [2, 3], weight=w)), points,
               positive(4, 5, grad=False), label="weight")  # fmt: skip


def _flat(result: Any) -> tuple[Any, ...]:
    return (result[0], *result[1])


def _integers() -> Iterator[Sample]:
    for name in ("gcd", "lcm"):
        yield case(name, lambda t, x, y, n=name: getattr(t, n)(x, y), integers(3, 4, low=-20,
                   high=40), integers(4, low=-6, high=9), exact=True,
                   inplace=lambda t, x, y, n=name: getattr(x, f"{n}_")(y))  # fmt: skip
    yield case(
        "nextafter",
        lambda t, x, y: t.nextafter(x, y),
        real(3, 4),
        real(4),
        dtypes=HALF,
        exact=True,
        inplace=lambda t, x, y: x.nextafter_(y),
        skip={"float32_agrees_with_float64": "the neighbours of each dtype are its own"},
    )


def _sampled() -> Iterator[Sample]:
    yield case("gradient", lambda t, x: t.gradient(x), real(4, 5), dtypes=(*HALF, *COMPLEX[2:]))
    yield case("gradient", lambda t, x: t.gradient(x), integers(5), label="integers")
    for order in (1, 2):
        yield case("gradient", lambda t, x, o=order: t.gradient(
            x, spacing=0.5, dim=-1, edge_order=o), real(2, 5), label=f"dim-{order}")  # fmt: skip
        yield case("gradient", lambda t, x, o=order: t.gradient(x, spacing=(
            t.tensor([0.0, 1.0, 4.0], dtype=x.dtype), t.tensor([0.0, 0.5, 2.0, 3.0],
            dtype=x.dtype)), edge_order=o), real(3, 4), label=f"coordinates-{order}",
            graph=False)  # fmt: skip
    yield case("gradient", lambda t, x: t.gradient(x, spacing=[2.0, 3.0]), real(3, 3),
               label="spacings")  # fmt: skip
    for increasing in (False, True):
        yield case("vander", lambda t, x, i=increasing: t.vander(x, 4, increasing=i), real(3),
                   dtypes=COMPLEX, graph=False, label=f"{increasing}")  # fmt: skip
    yield case("vander", lambda t, x: t.vander(x), integers(3), label="integers", exact=True)
    yield case("vander", lambda t, x: t.vander(x, 2), masks(3), label="bools")


def _alternates() -> Iterator[Sample]:
    for p in (0, 1, 2, 3, float("inf")):
        yield case("dist", lambda t, x, y, p=p: t.dist(x, y, p), real(3, 4), real(4), label=f"{p}",
                   second=p in (1, 2, 3))  # fmt: skip
    yield case("dist", lambda t, x, y: x.dist(y), real(3), real(3), dtypes=COMPLEX, label="method")
    for size in ((3, 1), (4,), (1, 4), (3, 4)):
        yield case("sum_to_size", lambda t, x, s=size: x.sum_to_size(s), real(3, 4),
                   label="x".join(map(str, size)))  # fmt: skip
    for wrap in (False, True):
        yield case("fill_diagonal_", lambda t, x, w=wrap: x.clone().fill_diagonal_(2.0, wrap=w),
                   real(7, 3), graph=False, label=f"{wrap}")  # fmt: skip
    yield case("fill_diagonal_", lambda t, x: x.clone().fill_diagonal_(2.0), real(2, 2, 2),
               graph=False)  # fmt: skip
    constant = real(2, 3, grad=False)
    yield case("apply_", lambda t, x: x.clone().apply_(lambda v: v * 2 + 1), constant)
    yield case("map_", lambda t, x, y: x.clone().map_(y, lambda a, b: a - b), constant, constant)
    yield case("broadcast_shapes", lambda t, x: t.tensor(
        list(t.broadcast_shapes(x.shape, (4, 1, 1), 3))), constant)  # fmt: skip
    yield case("get_device", lambda t, x: t.tensor([
        t.get_device(x), t.is_inference(x), t.is_signed(x), x.ndimension()]), constant)  # fmt: skip


SAMPLES: tuple[Sample, ...] = (
    *_functions(),
    *_of_two(),
    *_covariances(),
    *_histograms(),
    *_integers(),
    *_sampled(),
    *_alternates(),
)
