"""Special functions, under the names of ``torch.special``."""

from __future__ import annotations

from typing import Any

from plugrad.operators.rare import ndtr, xlog1py, zeta
from plugrad.vocabulary.registry import functions, operators

# Under the same name at the top: only polygamma's order comes first here too.
_SHARED = (
    "digamma", "erf", "erfc", "erfinv", "exp2", "expm1", "i0", "log1p", "log_softmax", "logit",
    "logsumexp", "polygamma", "sinc", "softmax", "xlogy",
)  # fmt: skip
_RENAMED = {
    "expit": "sigmoid", "gammainc": "igamma", "gammaincc": "igammac", "gammaln": "lgamma",
    "multigammaln": "mvlgamma", "psi": "digamma",
}  # fmt: skip
_OWN = (
    "airy_ai", "bessel_j0", "bessel_j1", "bessel_y0", "bessel_y1", "chebyshev_polynomial_t",
    "chebyshev_polynomial_u", "chebyshev_polynomial_v", "chebyshev_polynomial_w", "entr", "erfcx",
    "hermite_polynomial_h", "hermite_polynomial_he", "i0e", "i1", "i1e", "laguerre_polynomial_l",
    "legendre_polynomial_p", "log_ndtr", "modified_bessel_i0", "modified_bessel_i1",
    "modified_bessel_k0", "modified_bessel_k1", "ndtri", "scaled_modified_bessel_k0",
    "scaled_modified_bessel_k1", "shifted_chebyshev_polynomial_t",
    "shifted_chebyshev_polynomial_u", "shifted_chebyshev_polynomial_v",
    "shifted_chebyshev_polynomial_w", "spherical_bessel_j0",
)  # fmt: skip

__all__ = ["ndtr", "round", "xlog1py", "zeta", *_SHARED, *_RENAMED, *_OWN]

globals().update({name: functions[name] for name in _SHARED})
globals().update({name: functions[shared] for name, shared in _RENAMED.items()})
globals().update({name: operators[name].call for name in _OWN})


def round(input: Any, *, decimals: int = 0, out: Any = None) -> Any:
    """Return each element rounded to a number of decimals, a half to the even neighbour.

    Parameters
    ----------
    input : Tensor
        Of a floating-point dtype.
    decimals : int
        If negative, how many digits before the point to clear.
    out : Tensor, optional
        Where to write the result.

    Returns
    -------
    Tensor

    Examples
    --------
    >>> import plugrad
    >>> plugrad.special.round(plugrad.tensor([0.25, 1.5]), decimals=1)
    tensor([0.2000, 1.5000])
    """
    return operators["round_decimals"].call(input, decimals, out=out)
