"""The operators of linear algebra, by family: importing this package declares them all."""

from __future__ import annotations

from plugrad.linalg import kernels  # noqa: F401  # what they run on
from plugrad.linalg.operators import (  # noqa: F401  # imported for what they declare
    cholesky,
    decompositions,
    determinants,
    ldl,
    lowrank,
    lu,
    matrix_functions,
    matrix_norms,
    pseudoinverses,
    reflectors,
    solving,
)
from plugrad.namespace import brought
from plugrad.operators import publish

publish(brought("plugrad.linalg"))
