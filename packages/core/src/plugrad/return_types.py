"""Named results: what `max`, `sort`, `svd` and others return, as ``plugrad.return_types.max``.

Each is a tuple whose items also have names, and prints as PyTorch's do.

>>> from plugrad.return_types import structseq
>>> Pair = structseq("pair", "first", "second")
>>> Pair([1, 2])
plugrad.return_types.pair(
first=1,
second=2)
>>> Pair([1, 2]).second
2
"""

from __future__ import annotations

from collections.abc import Iterable
from operator import itemgetter
from typing import Any, ClassVar

__all__ = ["ReturnType", "structseq"]


class ReturnType(tuple[Any, ...]):
    """A tuple with named items.

    Parameters
    ----------
    items : iterable
        As many as there are names.
    """

    __slots__ = ()
    n_fields: ClassVar[int] = 0
    _names: ClassVar[tuple[str, ...]] = ()

    def __new__(cls, items: Iterable[Any]) -> ReturnType:
        """Make a result of its items."""
        self = super().__new__(cls, items)
        if len(self) != cls.n_fields:
            raise TypeError(f"{cls.__name__} has {cls.n_fields} items, not {len(self)}")
        return self

    def __repr__(self) -> str:
        items = ",\n".join(f"{name}={item!r}" for name, item in zip(self._names, self, strict=True))
        return f"{type(self).__module__}.{type(self).__name__}(\n{items})"

    def __reduce__(self) -> Any:
        return type(self), (tuple(self),)


def structseq(name: str, *fields: str) -> type[ReturnType]:
    """Make the type of one function's result.

    Parameters
    ----------
    name : str
        Of the function.
    *fields : str
        The names of the items.
    """
    namespace: dict[str, Any] = {field: property(itemgetter(i)) for i, field in enumerate(fields)}
    namespace.update(
        __slots__=(),
        __module__="plugrad.return_types",
        __match_args__=fields,
        _names=fields,
        n_fields=len(fields),
    )
    return type(name, (ReturnType,), namespace)


aminmax = structseq("aminmax", "min", "max")
cummax = structseq("cummax", "values", "indices")
cummin = structseq("cummin", "values", "indices")
frexp = structseq("frexp", "mantissa", "exponent")
histogram = structseq("histogram", "hist", "bin_edges")
histogramdd = structseq("histogramdd", "hist", "bin_edges")
geqrf = structseq("geqrf", "a", "tau")
kthvalue = structseq("kthvalue", "values", "indices")
linalg_cholesky_ex = structseq("linalg_cholesky_ex", "L", "info")
linalg_eig = structseq("linalg_eig", "eigenvalues", "eigenvectors")
linalg_eigh = structseq("linalg_eigh", "eigenvalues", "eigenvectors")
linalg_inv_ex = structseq("linalg_inv_ex", "inverse", "info")
linalg_lstsq = structseq("linalg_lstsq", "solution", "residuals", "rank", "singular_values")
linalg_lu = structseq("linalg_lu", "P", "L", "U")
linalg_ldl_factor = structseq("linalg_ldl_factor", "LD", "pivots")
linalg_ldl_factor_ex = structseq("linalg_ldl_factor_ex", "LD", "pivots", "info")
linalg_lu_factor = structseq("linalg_lu_factor", "LU", "pivots")
linalg_lu_factor_ex = structseq("linalg_lu_factor_ex", "LU", "pivots", "info")
linalg_qr = structseq("linalg_qr", "Q", "R")
linalg_slogdet = structseq("linalg_slogdet", "sign", "logabsdet")
linalg_solve_ex = structseq("linalg_solve_ex", "result", "info")
linalg_svd = structseq("linalg_svd", "U", "S", "Vh")
lu_unpack = structseq("lu_unpack", "P", "L", "U")
max = structseq("max", "values", "indices")
median = structseq("median", "values", "indices")
min = structseq("min", "values", "indices")
mode = structseq("mode", "values", "indices")
nanmedian = structseq("nanmedian", "values", "indices")
qr = structseq("qr", "Q", "R")
slogdet = structseq("slogdet", "sign", "logabsdet")
sort = structseq("sort", "values", "indices")
svd = structseq("svd", "U", "S", "V")
topk = structseq("topk", "values", "indices")
triangular_solve = structseq("triangular_solve", "solution", "cloned_coefficient")
