"""`vmap`: a function of one sample, on many at once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial, wraps
from typing import Any

import plugrad
from plugrad import Tensor
from plugrad.autograd.modes import mode
from plugrad.autograd.tape import new_tensor
from plugrad.func.trees import flatten, leaves_like
from plugrad.transforms.batches import Batched, BatchKernels

__all__ = ["vmap"]

Function = Callable[..., Any]
_REASON = "a batch is mapped over"


def vmap(
    func: Function,
    in_dims: Any = 0,
    out_dims: Any = 0,
    randomness: str = "error",
    *,
    chunk_size: int | None = None,
) -> Function:
    """Return a function that maps another over a dimension of its arguments, all samples at once.

    Operators work on the whole batch where they can: elementwise ones, reductions, views, products
    of matrices, softmax, layer norm, convolutions with shared kernels, factorizations, and what is
    made of them. All others run sample by sample inside.

    Parameters
    ----------
    func : callable
        From tensors, or trees of them, to a tensor or a tree.
    in_dims : int, None, or a tree of them
        For each argument, the dimension to map over; None where all samples are given the same.
    out_dims : int, or a tree of them
        Where that dimension stands in what is returned; the first one, as in PyTorch, for what does
        not differ between samples.
    randomness : {"error", "different", "same"}
        Whether drawing random numbers is an error; whether each sample draws its own (`func` then
        runs once for each), or all share the same.
    chunk_size : int, optional
        How many samples are computed at once: all by default.

    Returns
    -------
    callable
        Of the same arguments. Keyword arguments are handed on as they are, to all samples.

    Raises
    ------
    ValueError
        When called: if `in_dims` or `out_dims` do not go with what is given and returned, if sizes
        differ, or if `func` returns anything but tensors.
    RuntimeError
        When called: if `func` looks at numbers that differ between samples, or draws random ones
        that it may not.

    Examples
    --------
    >>> import plugrad
    >>> from plugrad.func import grad, vmap
    >>> x = plugrad.tensor([[1.0, 2.0], [3.0, 4.0]])
    >>> vmap(lambda row: row.dot(row))(x)
    tensor([ 5., 25.])
    >>> vmap(grad(lambda row: row.dot(row)))(x)
    tensor([[2., 4.],
            [6., 8.]])
    """
    if randomness not in ("error", "different", "same"):
        raise RuntimeError(
            f"vmap: randomness is 'error', 'different' or 'same', not {randomness!r}"
        )
    if chunk_size is not None and chunk_size <= 0:
        raise ValueError(f"vmap: chunk_size has to be positive, not {chunk_size}")

    @wraps(func)
    def compute(*args: Any, **kwargs: Any) -> Any:
        leaves, rebuild = flatten(args)
        dims = _dims(args, in_dims)
        mapped = _checked(leaves, dims)
        size = _size(leaves, mapped)
        step = 1 if randomness == "different" else chunk_size or size
        parts = []
        for start in range(0, max(size, 1), max(step, 1)):
            chosen = leaves
            if step < size:
                chosen = [
                    x if d is None else x.narrow(d, start, min(step, size - start))
                    for x, d in zip(leaves, mapped, strict=True)
                ]
            count = min(step, size - start)
            inner = partial(func, **kwargs)
            parts.append(_run(inner, rebuild, chosen, mapped, count, out_dims, randomness))
        return _joined(parts, out_dims)

    return compute


def _dims(args: tuple[Any, ...], in_dims: Any) -> list[Any]:
    """Return the dimension of each leaf."""
    if not isinstance(in_dims, (int, tuple, list)) or isinstance(in_dims, bool):
        raise ValueError(
            f"vmap: in_dims must be an int or a tuple, one for each argument, not {in_dims!r}"
        )
    if isinstance(in_dims, (tuple, list)) and len(in_dims) != len(args):
        raise ValueError(
            f"vmap: in_dims has {len(in_dims)} entries for {len(args)} positional argument(s)"
        )
    given = tuple(in_dims) if isinstance(in_dims, (tuple, list)) else (in_dims,) * len(args)
    try:
        return leaves_like(args, given)
    except ValueError as error:
        raise ValueError(
            f"vmap: in_dims does not have the structure of the arguments: {error}"
        ) from None


def _checked(leaves: Sequence[Any], dims: Sequence[Any]) -> list[Any]:
    found: list[int | None] = []
    for leaf, dim in zip(leaves, dims, strict=True):
        if dim is not None and (not isinstance(dim, int) or isinstance(dim, bool)):
            raise ValueError(f"vmap: in_dims holds ints and None, not {dim!r}")
        if not isinstance(leaf, Tensor):
            if dim is not None:
                raise ValueError(
                    f"vmap: a {type(leaf).__name__} has no dimension {dim}; give it None in in_dims"
                )
            found.append(None)
            continue
        if dim is None:
            found.append(None)
            continue
        if not -leaf.ndim <= dim < leaf.ndim:
            raise ValueError(f"vmap: in_dims has {dim} for a tensor of {leaf.ndim} dimension(s)")
        found.append(dim % leaf.ndim)
    return found


def _size(leaves: Sequence[Any], dims: Sequence[Any]) -> int:
    sizes = {x.shape[d] for x, d in zip(leaves, dims, strict=True) if d is not None}
    if not sizes:
        raise ValueError("vmap: there is nothing to map over: in_dims has no dimension")
    if len(sizes) > 1:
        raise ValueError(
            f"vmap: the dimensions to map over must have one size, but have {sorted(sizes)}"
        )
    return int(sizes.pop())


def _run(
    func: Function, rebuild: Any, leaves: Any, dims: Any, size: int, out_dims: Any, randomness: str
) -> Any:
    """Return what a function returns for one chunk, batched."""
    tensors = [leaf for leaf in leaves if isinstance(leaf, Tensor)]
    ground = max((tensor._table for tensor in tensors), key=lambda table: table.level)
    table = BatchKernels(ground, size)
    before, mode.draws = mode.draws, mode.draws and randomness != "error"
    plugrad.default_generator._fresh = True  # so that it asks
    mode.slow_down(_REASON)
    try:
        given = [_batched(table, x, dim) for x, dim in zip(leaves, dims, strict=True)]
        return _unbatched(table, func(*rebuild(given)), out_dims)
    finally:
        mode.draws = before
        mode.speed_up(_REASON)


def _batched(table: BatchKernels, leaf: Any, dim: int | None) -> Any:
    if dim is None:
        return leaf
    tensor = leaf if leaf._table is table.ground else table.ground.lift(leaf)
    if dim:
        tensor = tensor.movedim(dim, 0)
    return new_tensor(Batched(table, tensor, True), table, leaf._dtype)


def _unbatched(table: BatchKernels, output: Any, out_dims: Any) -> Any:
    results, rebuild = flatten(output)
    try:
        dims = leaves_like(output, out_dims)
    except ValueError as error:
        raise ValueError(
            f"vmap: out_dims does not have the structure of the output: {error}"
        ) from None
    found = []
    for result, dim in zip(results, dims, strict=True):
        if not isinstance(result, Tensor):
            raise ValueError(
                f"vmap: the function has to return tensors, not a {type(result).__name__}"
            )
        raw = result._array
        own = isinstance(raw, Batched) and raw.table is table
        tensor = raw.value if own else result
        if dim is None:
            if own and raw.batched:
                raise ValueError(
                    "vmap: out_dims has None for an output that differs between samples"
                )
            found.append(tensor)
            continue
        if not isinstance(dim, int) or isinstance(dim, bool):
            raise ValueError(f"vmap: out_dims holds ints and None, not {dim!r}")
        differs = own and raw.batched
        if not differs:
            tensor = tensor.expand(table.size, *tensor.shape)
        if not -tensor.ndim <= dim < tensor.ndim:
            raise ValueError(
                f"vmap: out_dims has {dim}, but the output has {tensor.ndim} dimension(s), that of "
                "the batch included"
            )
        found.append(tensor.movedim(0, dim) if differs and dim % tensor.ndim else tensor)
    return rebuild(found)


def _joined(parts: list[Any], out_dims: Any) -> Any:
    if len(parts) == 1:
        return parts[0]
    columns = zip(*(flatten(part)[0] for part in parts), strict=True)
    dims = leaves_like(parts[0], out_dims)
    joined = [
        column[0] if dim is None else plugrad.cat(list(column), dim)
        for column, dim in zip(columns, dims, strict=True)
    ]
    return flatten(parts[0])[1](joined)
