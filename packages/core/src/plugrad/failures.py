"""The exception of linear algebra, which kernels raise too."""

from __future__ import annotations

__all__ = ["LinAlgError"]


class LinAlgError(RuntimeError):
    """A matrix has no inverse, no such decomposition, or an iteration found no end.

    Examples
    --------
    >>> import plugrad
    >>> issubclass(plugrad.linalg.LinAlgError, RuntimeError)
    True
    """


LinAlgError.__module__ = "plugrad.linalg"
