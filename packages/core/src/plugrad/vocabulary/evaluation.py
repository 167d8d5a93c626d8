"""Running a kernel on arguments that may need converting first."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

from plugrad import dtypes
from plugrad.autograd.modes import mode
from plugrad.autograd.tape import TensorBase
from plugrad.dtypes import Category
from plugrad.promotion import result_dtype
from plugrad.shapes import broadcast_shapes
from plugrad.vocabulary.arguments import tensors_of
from plugrad.vocabulary.registry import Operator

if TYPE_CHECKING:
    from plugrad.backends.protocol import Kernels
    from plugrad.dtypes import dtype

__all__ = ["evaluate"]


def evaluate(
    op: Operator, arrays: tuple[Any, ...], params: tuple[Any, ...], kernel: str = ""
) -> tuple[list[Any], dtype | None]:
    """Run the operator's kernel.

    Parameters
    ----------
    kernel : str
        The name of another kernel of the same arguments to run.

    Returns
    -------
    results : list of (raw array, dtype)
    compute : dtype or None
        What the kernel computed in, where some input had to be converted for it.
    """
    table = tensors_of(arrays)[0]._table
    compute: dtype | None
    if op.form == "elementwise":
        compute, result = _elementwise_dtypes(op, arrays)
        _refuse_shapes(op, arrays)
    else:
        compute, result = _shared_dtype(op, arrays)
    typed = op.differentiable or op.array_names
    raw: list[Any] = []
    converted = False
    for argument, value in zip(op.arguments, arrays, strict=True):
        if value is None:
            raw.append(None)
        elif isinstance(value, list):
            into = compute if argument.name in typed else None
            converted |= into is not None and any(t._dtype is not into for t in value)
            raw.append([_converted(table, t, into) for t in value])
        elif isinstance(value, TensorBase):
            into = compute if argument.name in typed else None
            converted |= into is not None and into is not value._dtype
            raw.append(_converted(table, value, into))
        else:
            assert compute is not None
            converted = True
            raw.append(table.scalar(value, compute))
    returned = _run(op, table, raw, params, kernel or op.name)
    several = returned if op.outputs is not None else [returned]
    return [_settled(table, r, result) for r in several], compute if converted else None


def _converted(table: Kernels, tensor: Any, into: dtype | None) -> Any:
    if into is None or tensor._dtype is into:
        return tensor._array
    return mode.quiet(table.cast, tensor._array, into)


def _settled(table: Kernels, returned: Any, result: dtype | None) -> tuple[Any, dtype]:
    """Return a kernel's result as an array of its final dtype."""
    array: Any = returned if returned.__class__ is table.array_type else table.wrap(returned)
    kind = table.dtypes[array.dtype]
    if result is None or kind is result or kind.category < result.category:
        return array, kind
    return mode.quiet(table.cast, array, result), result


def _elementwise_dtypes(op: Operator, arrays: tuple[Any, ...]) -> tuple[dtype, dtype | None]:
    """Return what an elementwise operator computes in, and the dtype of its result."""
    # A condition or mask, which takes no gradient where others do, does not promote.
    names = op.differentiable or op.array_names
    participants = [
        (value._dtype, not value._array.shape) if isinstance(value, TensorBase) else value
        for name, value in zip(op.array_names, arrays, strict=True)
        if name in names and value is not None
    ]
    kind = result_dtype(participants)
    if op.accepts != "all":
        _refuse_dtype(op, kind)
    if op.result == "floating" and not (kind.is_floating_point or kind.is_complex):
        kind = dtypes.get_default_dtype()
    compute = dtypes.float32 if kind.low_precision else kind
    if op.result in ("bool", "index"):
        return compute, None
    return compute, None if op.result == "given" and compute is kind else kind


_ACCEPTED: Final[dict[str, tuple[Callable[[dtype], bool], str]]] = {
    "numbers": (lambda kind: kind is not dtypes.bool_, "numbers"),
    "integers": (lambda kind: kind.category <= Category.INTEGER, "integers and bool"),
    "integer numbers": (lambda kind: kind.category is Category.INTEGER, "integers"),
    "real": (lambda kind: not kind.is_complex, "real numbers and bool"),
    "real numbers": (
        lambda kind: kind.category in (Category.INTEGER, Category.FLOATING),
        "real numbers",
    ),
    "floating": (lambda kind: kind.category >= Category.FLOATING, "floating-point numbers"),
    "real floating": (lambda kind: kind.is_floating_point, "real floating-point numbers"),
}


def _refuse_dtype(op: Operator, kind: dtype) -> None:
    """Check that an operator works on what its operands promote to, or are.

    Raises
    ------
    NotImplementedError
        If not: in PyTorch too, which makes it a kind of RuntimeError.
    """
    accepted, words = _ACCEPTED[op.accepts]
    if not accepted(kind):
        raise NotImplementedError(
            f"{op.name}() is for {words}, not for {kind}; convert the operands first"
        )


def _shared_dtype(op: Operator, arrays: tuple[Any, ...]) -> tuple[dtype | None, dtype | None]:
    """Return what any other operator computes in: its arrays must agree, unless it promotes.

    Raises
    ------
    RuntimeError
        If they do not.
    """
    named = zip(op.array_names, arrays, strict=True)
    tensors = tensors_of(tuple(value for name, value in named if name in op.differentiable))
    if not tensors:
        return None, None
    kind = tensors[0]._dtype
    # As PyTorch, which minds the dtype only where there is something to compute.
    if op.accepts != "all" and all(0 not in tensor._array.shape for tensor in tensors):
        _refuse_dtype(op, kind)
    if op.promotes:
        kind = result_dtype((tensor._dtype, not tensor._array.shape) for tensor in tensors)
    for tensor in tensors:
        if tensor._dtype is not kind and not op.promotes:
            raise RuntimeError(
                f"{op.name}(): expected tensors of one dtype, but found {kind} and "
                f"{tensor._dtype}; convert one with .to({kind})"
            )
    if kind.low_precision and not op.view and not op.moves:
        return dtypes.float32, kind
    return kind, None


def _refuse_shapes(op: Operator, arrays: tuple[Any, ...]) -> None:
    shapes = [value._array.shape for value in arrays if isinstance(value, TensorBase)]
    if len(shapes) > 1:
        broadcast_shapes(*shapes)


def _run(op: Operator, table: Kernels, raw: list[Any], params: tuple[Any, ...], name: str) -> Any:
    kernel = getattr(table, name, None)
    if kernel is None:
        raise NotImplementedError(
            f"{op.name} has no kernel for the {table.device} backend, nor a body to compose it from"
        )
    if table.level:
        # A transform's kernels are operators on tensors themselves.
        return kernel(*raw, *params)
    try:
        return mode.quiet(kernel, *raw, *params)
    except (ValueError, TypeError, OverflowError) as error:
        found = ", ".join(_described(table, array) for array in raw)
        if isinstance(error, TypeError) and any(map(_is_strange, params)):
            told = ", ".join(map(repr, params))
            raise TypeError(f"{op.name}() cannot take {told} with {found}: {error}") from error
        raise RuntimeError(f"{op.name}() cannot work on {found}: {error}") from error


def _is_strange(param: Any) -> bool:
    """Tell whether a kernel may have failed for what it was given beside arrays."""
    if isinstance(param, list | tuple):
        return any(isinstance(each, float) or _is_strange(each) for each in param)
    return param is None or isinstance(param, str)


def _described(table: Kernels, array: Any) -> str:
    if array is None:
        return "None"
    if isinstance(array, list):
        return f"[{', '.join(_described(table, item) for item in array)}]"
    return f"{table.dtypes[array.dtype].name}[{', '.join(map(str, array.shape))}]"
