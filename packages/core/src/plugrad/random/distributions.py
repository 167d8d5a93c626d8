"""PyTorch's random numbers as pure functions of a generator, on NumPy arrays.

Each takes the `Generator` first, then mostly the shape and the dtype, and returns a new array,
contiguous, in the order of drawing; where a tensor that is not contiguous is to be filled,
`fill_in_memory_order` puts the numbers where PyTorch puts them. Each checks its arguments before
it draws, so an error leaves the stream where it was.

=========================  ==============================================================
`uniform`                  ``rand``, ``uniform_``
`normal`                   ``randn``, ``normal_``
`normal_elementwise`       ``normal`` with tensors
`log_normal`               ``log_normal_``
`random`                   ``random_()``
`randint`                  ``randint``, ``random_(to)``, ``random_(from, to)``
`randperm`                 ``randperm``
`bernoulli`                ``bernoulli``, ``bernoulli_``
`dropout_mask`             ``dropout``
`exponential`              ``exponential_``
`cauchy`                   ``cauchy_``
`geometric`                ``geometric_``
`poisson`                  ``poisson``
`multinomial`              ``multinomial``
=========================  ==============================================================
"""

from __future__ import annotations

from plugrad.random.continuous import cauchy, exponential
from plugrad.random.discrete import bernoulli, dropout_mask, geometric, poisson
from plugrad.random.integers import randint, random
from plugrad.random.layout import empty_in_memory_order, fill_in_memory_order
from plugrad.random.multinomial import multinomial
from plugrad.random.normal import log_normal, normal, normal_elementwise
from plugrad.random.permutation import randperm
from plugrad.random.uniform import uniform

__all__ = [
    "bernoulli",
    "cauchy",
    "dropout_mask",
    "empty_in_memory_order",
    "exponential",
    "fill_in_memory_order",
    "geometric",
    "log_normal",
    "multinomial",
    "normal",
    "normal_elementwise",
    "poisson",
    "randint",
    "random",
    "randperm",
    "uniform",
]
