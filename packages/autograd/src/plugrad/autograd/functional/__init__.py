"""Jacobians, Hessians and their products with vectors, of functions of tensors.

Each takes a function and its inputs, a tensor or a tuple of them, and works at that point.
"""

from plugrad.autograd.functional.matrices import hessian, jacobian
from plugrad.autograd.functional.products import hvp, jvp, vhp, vjp

__all__ = ["hessian", "hvp", "jacobian", "jvp", "vhp", "vjp"]
