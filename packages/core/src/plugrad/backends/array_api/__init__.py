"""Kernels on any array library that follows the Python array API standard.

`ArrayApiKernels` takes the library's namespace and implements the vocabulary in the standard's
words. What it does not define is composed by the operators' bodies. A backend subclasses it and
overrides what its library does better, as the NumPy one does.

Source: Python array API standard, 2023.12, https://data-apis.org/array-api/2023.12/.
"""

from plugrad.backends.array_api.arrays import ArrayKernels, Dims, Shape
from plugrad.backends.array_api.indexing import IndexingKernels
from plugrad.backends.array_api.linalg import LinalgKernels
from plugrad.backends.array_api.network import NetworkKernels
from plugrad.backends.array_api.normalization import NormalizationKernels
from plugrad.backends.array_api.ordering import OrderingKernels
from plugrad.backends.array_api.pointwise import PointwiseKernels
from plugrad.backends.array_api.polynomials import PolynomialKernels
from plugrad.backends.array_api.reduction import ReductionKernels
from plugrad.backends.array_api.shape import ShapeKernels

__all__ = ["ArrayApiKernels", "ArrayKernels", "Dims", "Shape"]


class ArrayApiKernels(
    PointwiseKernels,
    NormalizationKernels,
    OrderingKernels,
    ReductionKernels,
    ShapeKernels,
    IndexingKernels,
    LinalgKernels,
    NetworkKernels,
    PolynomialKernels,
):
    """The whole vocabulary in the words of the array API standard.

    Parameters
    ----------
    backend : Backend
    device : device
    xp : module
        The library's array namespace.
    place : object, optional
        The library's own name of the device, where arrays are to be made.
    """
