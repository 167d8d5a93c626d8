"""What operators do with the dimension of a batch: the rules of `plugrad.transforms.batches`.

A rule is given the operator, its raw arrays, one of them batched at least, and its parameters. It
returns tensors of the level below, with the batch's dimension first, or None: then the operator
runs sample by sample.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import plugrad
from plugrad.transforms.batches import Batched, lined_up
from plugrad.vocabulary.registry import Operator
from plugrad.vocabulary.registry import tensor_table as below

__all__ = ["RULES"]

Rule = Callable[[Operator, Any, Any], Any]

RULES: Final[dict[str, Rule]] = {}


def rule_of(names: str) -> Callable[[Rule], Rule]:
    """Add a rule of some operators."""

    def add(rule: Rule) -> Rule:
        RULES.update(dict.fromkeys(names.split(), rule))
        return rule

    return add


@rule_of("""
    alias clone_contiguous cast zeros_like ones_like mul_number div_number add_number
    sub_number conj conj_physical sgn angle_of view_as_real view_as_complex tril triu
    constant_pad_nd cholesky cholesky_ex cholesky_inverse qr svd svdvals eigh eig eigvals det
    slogdet inv_ex matrix_exp lu
""")
def _as_it_is(operator: Operator, arrays: Any, params: Any) -> Any:
    """Leave leading dimensions alone, as the operator does."""
    return operator.call(arrays[0].value, *params)


@rule_of("""
    select slice diagonal unfold transpose flip diag_embed cumsum sum_dim mean_dim glu vector_norm
    norm_along max_dim min_dim amax amin aminmax argmax argmin softmax log_softmax safe_softmax
    logsumexp sort sort_stable topk cummax cummin logcumsumexp prod_dim cumprod median_dim
    nanmedian_dim mode kthvalue nansum all any var std var_mean std_mean transpose_result
    fft_c2c fft_r2c fft_c2r scale_paired narrow_copy squeeze_dim squeeze_dims squeeze_result split
    split_with_sizes unbind roll rot90
""")
def _shifted(operator: Operator, arrays: Any, params: Any) -> Any:
    """Count dimensions from behind that of the batch."""
    if not arrays[0].shape:
        return None
    moved = []
    for name, value in zip(operator.params, params, strict=True):
        if name in ("dim", "dims", "dim0", "dim1", "dim2"):
            if value is None or value == ():
                return None
            several = isinstance(value, (tuple, list))
            value = tuple(map(_behind, value)) if several else _behind(value)
        moved.append(value)
    return operator.call(arrays[0].value, *moved)


def _behind(dim: int) -> int:
    return dim + 1 if dim >= 0 else dim


@rule_of("clone to_copy")
def _copied(operator: Operator, arrays: Any, params: Any) -> Any:
    """Copy, unless the order in memory is asked for, which is that of one sample."""
    return operator.call(arrays[0].value, *params) if params[-1] is None else None


@rule_of("unsqueeze")
def _unsqueeze(operator: Operator, arrays: Any, params: Any) -> Any:
    return operator.call(arrays[0].value, params[0] + 1)


@rule_of("permute")
def _permute(operator: Operator, arrays: Any, params: Any) -> Any:
    return operator.call(arrays[0].value, (0, *(d + 1 for d in params[0])))


@rule_of("t")
def _t(operator: Operator, arrays: Any, params: Any) -> Any:
    (x,) = arrays
    return below.transpose(x.value, 1, 2) if len(x.shape) == 2 else below.alias(x.value)


@rule_of("conj_t")
def _conj_t(operator: Operator, arrays: Any, params: Any) -> Any:
    (x,) = arrays
    turned = below.transpose(x.value, 1, 2) if len(x.shape) == 2 else x.value
    return below.conj_physical(turned)


@rule_of("squeeze")
def _squeeze(operator: Operator, arrays: Any, params: Any) -> Any:
    (x,) = arrays
    dims = tuple(number + 1 for number, size in enumerate(x.shape) if size == 1)
    return below.squeeze_dims(x.value, dims) if dims else below.alias(x.value)


@rule_of("view reshape_alias unsafe_view")
def _shaped(operator: Operator, arrays: Any, params: Any) -> Any:
    value = arrays[0].value
    return operator.call(value, (value._array.shape[0], *params[0]))


@rule_of("expand")
def _expand(operator: Operator, arrays: Any, params: Any) -> Any:
    (value,), _ = lined_up(arrays, len(params[0]))
    return operator.call(value, (value._array.shape[0], *params[0]))


@rule_of("repeat")
def _repeat(operator: Operator, arrays: Any, params: Any) -> Any:
    (value,), _ = lined_up(arrays, len(params[0]))
    return operator.call(value, (1, *params[0]))


@rule_of("sum_to")
def _sum_to(operator: Operator, arrays: Any, params: Any) -> Any:
    ((x,), (shape,)) = arrays, params
    size = x.value._array.shape[0]
    whole = (size, *(1,) * (len(x.shape) - len(shape)), *shape)
    return plugrad.reshape(operator.call(x.value, whole), (size, *shape))


@rule_of("sum mean")
def _whole(operator: Operator, arrays: Any, params: Any) -> Any:
    (x,) = arrays
    dims = tuple(range(1, len(x.shape) + 1))
    if not dims:
        return None
    reduce = below.sum_dim if operator.name == "sum" else below.mean_dim
    return reduce(x.value, dims, False, *params)


@rule_of("cat")
def _cat(operator: Operator, arrays: Any, params: Any) -> Any:
    if len({len(x.shape) for x in arrays[0]}) > 1:  # an empty vector goes with everything
        return None
    return operator.call(_all_batched(arrays[0]), params[0] + 1)


@rule_of("stack")
def _stack(operator: Operator, arrays: Any, params: Any) -> Any:
    return operator.call(_all_batched(arrays[0]), params[0] + 1)


def _all_batched(listed: list[Batched]) -> list[Any]:
    size = next(x.value._array.shape[0] for x in listed if x.batched)
    return [
        x.value if x.batched else below.expand(x.value, (size, *x.value._array.shape))
        for x in listed
    ]


@rule_of("mm bmm matmul mv dot mm_transposed")
def _product(operator: Operator, arrays: Any, params: Any) -> Any:
    x, y = arrays
    left, right = x.value, y.value
    if operator.name == "dot":
        return plugrad.sum(left * right, -1)
    ranks = len(x.shape), len(y.shape)
    if operator.name == "matmul" and (min(ranks) < 2 or ranks[0] != ranks[1]):
        return None
    if operator.name == "mv":
        return plugrad.matmul(left, plugrad.unsqueeze(right, -1)).squeeze(-1)
    return plugrad.matmul(left, right)


@rule_of("embedding")
def _embedding(operator: Operator, arrays: Any, params: Any) -> Any:
    weight, indices = arrays
    return None if weight.batched else operator.call(weight.value, indices.value, *params)


@rule_of("convolution")
def _convolution(operator: Operator, arrays: Any, params: Any) -> Any:
    """Convolve all pictures of all samples at once, where they share their kernels."""
    x, weight, bias = arrays
    if weight.batched or (bias is not None and bias.batched):
        return None
    merged = plugrad.flatten(x.value, 0, 1)
    beside = None if bias is None else bias.value
    found = operator.call(merged, weight.value, beside, *params)
    return plugrad.unflatten(found, 0, x.value.shape[:2])


@rule_of("layer_norm")
def _layer_norm(operator: Operator, arrays: Any, params: Any) -> Any:
    x, *others = arrays
    if any(other is not None and other.batched for other in others):
        return None
    return operator.call(x.value, *(None if o is None else o.value for o in others), *params)


@rule_of("view_of")
def _view_of(operator: Operator, arrays: Any, params: Any) -> Any:
    """Take the steps of a view one by one, each by its own rule."""
    x = arrays[0]
    for name, given, _ in params[0]:
        x = getattr(x.table, name)(x, *given)
        x = x[0] if isinstance(x, list) else x
    return x.value


@rule_of("gather gather_grad place_along scatter_value scatter scatter_add")
def _along(operator: Operator, arrays: Any, params: Any) -> Any:
    """Look up, or put, along a dimension, of each sample by its own index."""
    if not all(x.shape for x in arrays):
        return None
    whole = _all_batched(arrays)
    return operator.call(*whole, *_behind_the_batch(operator, whole[0], params))


@rule_of("index_select index_select_grad index_fill index index_grad")
def _picked(operator: Operator, arrays: Any, params: Any) -> Any:
    """Look up by an index that all samples share."""
    x, index = arrays
    indices = index if isinstance(index, (list, tuple)) else [index]
    if any(each.batched for each in indices) or not x.shape:
        return None
    dims = dict(zip(operator.params, params, strict=True)).get("dims", ())
    if dims and tuple(dims) != tuple(range(dims[0], dims[0] + len(dims))):
        return None  # what is between them would come first, before the batch's dimension
    values = [each.value for each in indices]
    given = values if isinstance(index, (list, tuple)) else values[0]
    return operator.call(x.value, given, *_behind_the_batch(operator, x.value, params))


def _behind_the_batch(operator: Operator, whole: Any, params: Any) -> list[Any]:
    """Return parameters with the batch's dimension counted in."""
    moved = []
    for name, value in zip(operator.params, params, strict=True):
        if name == "dim":
            value = _behind(value)
        elif name == "dims":
            value = tuple(map(_behind, value))
        elif name == "shape":
            value = (whole._array.shape[0], *value)
        moved.append(value)
    return moved


@rule_of("nll_loss nll_loss_grad")
def _nll_loss(operator: Operator, arrays: Any, params: Any) -> Any:
    """Let all rows of all samples be rows of one loss, and reduce sample by sample."""
    x, target, weight = arrays
    if len(target.shape) > 1 or (weight is not None and weight.batched):
        return None
    weights = None if weight is None else weight.value
    backwards = operator.name == "nll_loss_grad"
    *shape, reduction, ignored = params
    whole, classes = _all_batched([x, target])
    size, rows = classes._array.shape[0], plugrad.flatten(classes)
    each = 1.0
    if reduction == "mean":
        counted = (rows != ignored).to(whole.dtype)
        if weights is not None:
            counted = counted * weights[plugrad.where(rows == ignored, 0, rows)]
        each = counted.reshape(size, -1).sum(1)
    if not backwards:
        table = plugrad.reshape(whole, (len(rows), whole.shape[-1]))
        found = operator.call(table, rows, weights, "none", ignored).reshape(classes.shape)
        if reduction == "none":
            return found
        return found.reshape(size, -1).sum(1) / each
    if reduction != "none":
        whole = (whole / each)[:, None].expand(size, len(rows) // size)
    gradient = plugrad.reshape(whole, (-1,))
    found = operator.call(gradient, rows, weights, (len(rows), shape[0][-1]), "none", ignored)
    return found.reshape((size, *shape[0]))
