"""Functions of functions: gradients, Jacobians, derivatives along directions, and batches.

Each takes a function of tensors and returns another, so that they nest in any order. What they take
and return may be tensors, or tuples, lists and dictionaries of them.
"""

from plugrad.func.derivatives import grad, grad_and_value, jvp, linearize, vjp
from plugrad.func.jacobians import hessian, jacfwd, jacrev
from plugrad.func.mapping import vmap
from plugrad.func.modules import (
    functional_call,
    replace_all_batch_norm_modules_,
    stack_module_state,
)

__all__ = [
    "functional_call",
    "grad",
    "grad_and_value",
    "hessian",
    "jacfwd",
    "jacrev",
    "jvp",
    "linearize",
    "replace_all_batch_norm_modules_",
    "stack_module_state",
    "vjp",
    "vmap",
]
