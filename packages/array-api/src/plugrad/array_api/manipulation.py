"""Arrays of other shapes, joined, split and repeated."""

from __future__ import annotations

from collections.abc import Sequence

import plugrad
from plugrad import Tensor
from plugrad.array_api.operands import Axes, axis_of, dims_of, together


def broadcast_arrays(*arrays: Tensor) -> list[Tensor]:
    """Return arrays broadcast against each other, each in its own dtype.

    Examples
    --------
    >>> from plugrad import array_api as xp
    >>> [x.tolist() for x in xp.broadcast_arrays(xp.asarray([1, 2]), xp.asarray(3.0))]
    [[1, 2], [3.0, 3.0]]
    """
    return list(plugrad.broadcast_tensors(*arrays)) if arrays else []


def broadcast_to(x: Tensor, /, shape: tuple[int, ...]) -> Tensor:
    """Return an array broadcast to a shape.

    Examples
    --------
    >>> from plugrad import array_api as xp
    >>> xp.broadcast_to(xp.asarray([1, 2]), (2, 2))
    tensor([[1, 2],
            [1, 2]])
    """
    return plugrad.broadcast_to(x, tuple(shape))


def concat(arrays: Sequence[Tensor], /, *, axis: int | None = 0) -> Tensor:
    """Return arrays joined along an axis.

    Parameters
    ----------
    arrays : sequence of Tensor
    axis : int, optional
        None joins what they hold, in one dimension.

    Examples
    --------
    >>> from plugrad import array_api as xp
    >>> xp.concat([xp.ones((1, 2)), xp.zeros((1, 2))], axis=None)
    tensor([1., 1., 0., 0.])
    """
    parts = together(arrays)
    if axis is None:
        return plugrad.cat([part.reshape((-1,)) for part in parts])
    return plugrad.cat(parts, axis)


def expand_dims(x: Tensor, /, axis: int) -> Tensor:
    """Return an array with an axis of size one more.

    Examples
    --------
    >>> from plugrad import array_api as xp
    >>> xp.expand_dims(xp.asarray([1, 2]), axis=0)
    tensor([[1, 2]])
    """
    return x.unsqueeze(axis)


def flip(x: Tensor, /, *, axis: Axes = None) -> Tensor:
    """Return an array with the elements along axes, by default all, in reverse.

    Examples
    --------
    >>> from plugrad import array_api as xp
    >>> xp.flip(xp.asarray([1, 2, 3]))
    tensor([3, 2, 1])
    """
    return x.flip(dims_of(x, axis))


def moveaxis(
    x: Tensor, source: int | tuple[int, ...], destination: int | tuple[int, ...], /
) -> Tensor:
    """Return an array with some axes in other places, and the rest in their order.

    Examples
    --------
    >>> from plugrad import array_api as xp
    >>> xp.moveaxis(xp.ones((2, 3, 4)), 0, -1).shape
    plugrad.Size([3, 4, 2])
    """
    return x.movedim(source, destination)


def permute_dims(x: Tensor, /, axes: tuple[int, ...]) -> Tensor:
    """Return an array with its axes in another order.

    Examples
    --------
    >>> from plugrad import array_api as xp
    >>> xp.permute_dims(xp.ones((2, 3, 4)), (2, 0, 1)).shape
    plugrad.Size([4, 2, 3])
    """
    return x.permute(tuple(axes))


def repeat(x: Tensor, repeats: int | Tensor, /, *, axis: int | None = None) -> Tensor:
    """Return each element several times.

    Parameters
    ----------
    x : Tensor
    repeats : int or Tensor of integers
        How often: each, or one number for each element along `axis`.
    axis : int, optional
        By default the array is flattened.

    Examples
    --------
    >>> from plugrad import array_api as xp
    >>> xp.repeat(xp.asarray([1, 2]), xp.asarray([1, 3]))
    tensor([1, 2, 2, 2])
    """
    source = x.reshape((-1,)) if axis is None else x
    dim = axis_of(source, axis or 0)
    if isinstance(repeats, Tensor):
        repeats = repeats.to(plugrad.int64).broadcast_to((source.shape[dim],))
    return plugrad.repeat_interleave(source, repeats, dim)


def reshape(x: Tensor, /, shape: tuple[int, ...], *, copy: bool | None = None) -> Tensor:
    """Return an array of another shape with the same elements.

    Parameters
    ----------
    x : Tensor
    shape : tuple of int
        One of them may be -1.
    copy : bool, optional
        Whether to copy always, or never; by default only where it must.

    Raises
    ------
    ValueError
        If it must be copied and must not be.

    Examples
    --------
    >>> from plugrad import array_api as xp
    >>> xp.reshape(xp.arange(4), (2, -1))
    tensor([[0, 1],
            [2, 3]])
    """
    shape = (shape,) if isinstance(shape, int) else tuple(shape)
    reshaped = x.reshape(shape)
    if copy is None:
        return reshaped
    shared = reshaped.data_ptr() == x.data_ptr()
    if not copy:
        if not shared:
            raise ValueError(
                f"an array of shape {tuple(x.shape)} and strides {x.stride()} cannot be seen as "
                f"{shape}, and copy=False forbids to copy it; leave copy to its default"
            )
        return reshaped
    return reshaped.clone() if shared else reshaped


def roll(x: Tensor, /, shift: int | tuple[int, ...], *, axis: Axes = None) -> Tensor:
    """Return an array whose elements are moved along axes, the last ones to the front.

    Parameters
    ----------
    x : Tensor
    shift : int or tuple of int
        How far; one number, or one for each axis.
    axis : int or tuple of int, optional
        By default the array is flattened meanwhile.

    Examples
    --------
    >>> from plugrad import array_api as xp
    >>> xp.roll(xp.asarray([1, 2, 3]), 1)
    tensor([3, 1, 2])
    """
    if axis is None:
        return x.roll(shift)
    axes = (axis,) if isinstance(axis, int) else tuple(axis)
    shifts = (shift,) * len(axes) if isinstance(shift, int) else tuple(shift)
    return x.roll(shifts, tuple(axis_of(x, each) for each in axes)) if axes else x.clone()


def squeeze(x: Tensor, /, axis: int | tuple[int, ...]) -> Tensor:
    """Return an array without axes of size one.

    Raises
    ------
    ValueError
        If one of them is larger.

    Examples
    --------
    >>> from plugrad import array_api as xp
    >>> xp.squeeze(xp.ones((1, 2)), 0)
    tensor([1., 1.])
    """
    dims = dims_of(x, axis)
    large = [dim for dim in dims if x.shape[dim] != 1]
    if large:
        raise ValueError(f"axis {large[0]} of shape {tuple(x.shape)} is not of size one")
    return x.squeeze(dims)


def stack(arrays: Sequence[Tensor], /, *, axis: int = 0) -> Tensor:
    """Return arrays joined along a new axis.

    Examples
    --------
    >>> from plugrad import array_api as xp
    >>> xp.stack([xp.asarray([1, 2]), xp.asarray([3, 4])], axis=-1)
    tensor([[1, 3],
            [2, 4]])
    """
    return plugrad.stack(together(arrays), axis)


def tile(x: Tensor, repetitions: tuple[int, ...], /) -> Tensor:
    """Return an array repeated as a whole, along each axis as often as is said.

    Examples
    --------
    >>> from plugrad import array_api as xp
    >>> xp.tile(xp.asarray([1, 2]), (2, 2))
    tensor([[1, 2, 1, 2],
            [1, 2, 1, 2]])
    """
    return x.tile(tuple(repetitions))


def unstack(x: Tensor, /, *, axis: int = 0) -> tuple[Tensor, ...]:
    """Return the parts of an array along an axis.

    Examples
    --------
    >>> from plugrad import array_api as xp
    >>> xp.unstack(xp.asarray([[1, 2], [3, 4]]))
    (tensor([1, 2]), tensor([3, 4]))
    """
    return tuple(x.unbind(axis))
