"""How tensors are printed, and the options that govern it.

The text is PyTorch's, character for character, but for `plugrad.` where PyTorch prints ``torch.``.
It is made in three steps, each a pure function of host data and `PrintOptions`:

1. the *cells*: every number as text, all in the one notation that suits the numbers shown;
2. the *layout*: brackets, ``...``, line breaks and indentation (`format_array`);
3. the *suffixes*: device, size, dtype and gradient, behind the numbers (`format_tensor`).

Only what is shown is looked at. Of a tensor above the threshold the corners are cut out first, on
its own device, so that its size does not matter.

The rules were found by printing tensors with PyTorch 2.13; `tests/compat` compares thousands more.
"""

from __future__ import annotations

from plugrad.printing.arrays import format_array
from plugrad.printing.options import (
    PrintOptions,
    get_printoptions,
    printoptions,
    set_printoptions,
)
from plugrad.printing.tensors import format_tensor, parameter_repr, tensor_repr

__all__ = [
    "PrintOptions",
    "format_array",
    "format_tensor",
    "get_printoptions",
    "parameter_repr",
    "printoptions",
    "set_printoptions",
    "tensor_repr",
]
