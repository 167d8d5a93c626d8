"""`bilinear`: a product of two vectors and a matrix for each output."""

from __future__ import annotations

import math
from typing import Any

from plugrad.operators.dimensions import require_tensor
from plugrad.operators.spaces import cast
from plugrad.vocabulary.forms import function, linear
from plugrad.vocabulary.registry import tensor_table as k

__all__ = ["bilinear"]

Dims = tuple[int, ...]


def _trilinear(
    k: Any, x: Any, y: Any, z: Any, x_new: Dims, y_new: Dims, z_new: Dims, summed: Dims
) -> Any:
    for dim in x_new:
        x = k.unsqueeze(x, dim)
    for dim in y_new:
        y = k.unsqueeze(y, dim)
    for dim in z_new:
        z = k.unsqueeze(z, dim)
    return k.sum_dim(x * y * z, summed, False)


# The product of three arrays, each with new dimensions of size 1, summed along some dimensions. In
# the gradient of one of them the output takes its place.
_TRANSPOSES: dict[str, Any] = {
    "x": lambda k, g, y, z, x_new, y_new, z_new, summed: k.trilinear(
        g, y, z, summed, y_new, z_new, x_new
    ),
    "y": lambda k, g, x, z, x_new, y_new, z_new, summed: k.trilinear(
        x, g, z, x_new, summed, z_new, y_new
    ),
    "z": lambda k, g, x, y, x_new, y_new, z_new, summed: k.trilinear(
        x, y, g, x_new, y_new, summed, z_new
    ),
}
_product = linear(
    "trilinear", "x, y, z; x_new, y_new, z_new, summed", aten="aten::_trilinear", body=_trilinear,
    **_TRANSPOSES,
)  # fmt: skip


@function("function", aten="aten::bilinear")
def bilinear(input1: Any, input2: Any, weight: Any, bias: Any = None) -> Any:
    """Return ``input1 @ weight[i] @ input2 + bias[i]`` for each i.

    Parameters
    ----------
    input1 : Tensor of shape (..., A)
    input2 : Tensor of shape (..., B)
    weight : Tensor of shape (O, A, B)
    bias : Tensor of shape (O,), optional

    Returns
    -------
    Tensor of shape (..., O)

    Raises
    ------
    RuntimeError
        If shapes do not fit.

    Examples
    --------
    >>> import plugrad
    >>> plugrad.bilinear(plugrad.ones(1, 2), plugrad.ones(1, 3), plugrad.ones(1, 2, 3))
    tensor([[6.]])
    """
    tensors = {"input1": input1, "input2": input2, "weight": weight}
    for name, tensor in tensors.items():
        require_tensor("bilinear", tensor, name)
    one, two, matrices = (tuple(tensor._array.shape) for tensor in tensors.values())
    if one[:-1] != two[:-1] or not one or len(matrices) != 3 or matrices[1:] != (one[-1], two[-1]):
        raise RuntimeError(
            f"bilinear(): input1 of shape {list(one)} and input2 of shape {list(two)} need weight "
            f"of shape [outputs, {', '.join(str(s[-1]) if s else '?' for s in (one, two))}], but "
            f"it has {list(matrices)}"
        )
    if bias is not None and bias._array.shape != matrices[:1]:
        raise RuntimeError(
            f"bilinear(): bias needs one number for each of the {matrices[0]} outputs, but has "
            f"shape {list(bias._array.shape)}"
        )
    count = math.prod(one[:-1])
    rows = k.view(input1.contiguous(), (count, one[-1]))
    columns = k.view(input2.contiguous(), (count, two[-1]))
    result = _product(rows, weight, columns, (1, 3), (0,), (1, 2), (2, 3))
    if result._dtype is not input1._dtype:  # sums of integers are of int64
        result = cast(result, input1._dtype)
    result = k.view(result, (*one[:-1], matrices[0]))
    return result if bias is None else k.add(result, bias)
