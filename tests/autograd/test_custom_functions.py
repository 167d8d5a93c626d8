"""Custom functions: what forward and backward are given, may return, and may not.

Written for both libraries: `tests/compat` runs this file under PyTorch, too.
"""

from __future__ import annotations

import gc
import warnings
import weakref
from collections.abc import Callable
from typing import Any

import pytest

import plugrad as torch

plugrad_only = pytest.mark.skipif(torch.__name__ != "plugrad", reason="plugrad's own promise")

Function = torch.autograd.Function
once_differentiable = torch.autograd.function.once_differentiable


def leaf(*values: float) -> Any:
    return torch.tensor(list(values), requires_grad=True)


def made(forward: Callable[..., Any], backward: Callable[..., Any], **others: Any) -> Any:
    """Return a custom function of two plain functions."""
    methods = {"forward": forward, "backward": backward, **others}
    body = {name: staticmethod(method) for name, method in methods.items()}
    return type("Made", (Function,), body)


def returning(found: Callable[[Any], Any]) -> Any:
    """Return a custom function that doubles its first argument, and whose backward is given."""
    return made(lambda ctx, *xs: xs[0] * 2, lambda ctx, g: found(g))


class Product(Function):
    @staticmethod
    def forward(ctx: Any, x: Any, y: Any, scale: float) -> Any:
        ctx.save_for_backward(x, y)
        ctx.scale = scale
        return x * y * scale

    @staticmethod
    def backward(ctx: Any, g: Any) -> Any:
        x, y = ctx.saved_tensors
        return g * y * ctx.scale, g * x * ctx.scale, None


# ------------------------------------------------------------------------------ forward, and ctx


def test_it_is_one_node_named_after_the_class() -> None:
    x, y = leaf(1.0, 2.0), torch.tensor([3.0, 4.0])
    z = Product.apply(x, y, 2.0)
    assert z.tolist() == [6.0, 16.0]
    assert z.grad_fn.name() == "ProductBackward"
    assert repr(z) == "tensor([ 6., 16.], grad_fn=<ProductBackward>)"
    (first, number), second = z.grad_fn.next_functions
    assert (first.variable is x, number, second) == (True, 0, (None, 0))
    z.sum().backward()
    assert x.grad.tolist() == [6.0, 8.0]


def test_the_node_shows_what_the_ctx_has() -> None:
    x = leaf(1.0, 2.0)
    node = Product.apply(x, torch.ones(2), 2.0).grad_fn
    assert node.scale == 2.0
    assert node.saved_tensors[0] is x
    assert node.needs_input_grad == (True, False, False)
    with pytest.raises(AttributeError):
        node.absent  # noqa: B018


def test_names_of_nodes_slots_can_be_used_on_ctx() -> None:
    def forward(ctx: Any, x: Any) -> Any:
        ctx.shape, ctx.dtype, ctx.edges, ctx.saved = x.shape, x.dtype, "edges", "saved"
        ctx.table = ctx.params = ctx.seq = ctx.hooks = None
        return x.sum()

    def backward(ctx: Any, g: Any) -> Any:
        assert (ctx.dtype, ctx.edges, ctx.saved) == (torch.float32, "edges", "saved")
        return g.expand(ctx.shape)

    x = leaf(1.0, 2.0)
    made(forward, backward).apply(x).backward()
    assert x.grad.tolist() == [1.0, 1.0]


def test_forward_is_not_recorded_and_sees_its_arguments() -> None:
    seen: list[Any] = []

    def forward(ctx: Any, x: Any, y: Any, number: float) -> Any:
        seen.extend([torch.is_grad_enabled(), x.requires_grad, ctx.needs_input_grad])
        return (x * y).exp()

    x = leaf(0.0)
    z = made(forward, lambda ctx, g: (g, None, None)).apply(x, torch.ones(1), 3.0)
    assert seen == [False, True, (True, False, False)]
    assert len(z.grad_fn.next_functions) == 2
    assert torch.is_grad_enabled()


def test_recording_goes_on_after_a_forward_that_raises() -> None:
    def forward(ctx: Any, x: Any) -> Any:
        raise ValueError("mine")

    with pytest.raises(ValueError, match="mine"):
        made(forward, lambda ctx, g: g).apply(leaf(1.0))
    assert torch.is_grad_enabled()


def test_nothing_is_recorded_without_need() -> None:
    assert Product.apply(torch.ones(2), torch.ones(2), 2.0).grad_fn is None
    with torch.no_grad():
        assert Product.apply(leaf(1.0), torch.ones(1), 2.0).grad_fn is None


def test_keywords_are_given_their_positions() -> None:
    x = leaf(2.0)

    def forward(ctx: Any, x: Any, scale: float = 1.0) -> Any:
        ctx.scale = scale
        return x * scale

    function = made(forward, lambda ctx, g: (g * ctx.scale, None))
    function.apply(scale=3.0, x=x).backward()
    assert x.grad.tolist() == [3.0]
    assert function.apply(x).grad_fn.needs_input_grad == (True,)
    assert function.apply(x, scale=2.0).grad_fn.needs_input_grad == (True, False)
    with pytest.raises(TypeError):
        made(lambda ctx, x, *, k: x * k, lambda ctx, g: g).apply(x, k=1)

    def setup(ctx: Any, inputs: Any, output: Any) -> None:
        ctx.inputs = inputs

    apart = made(lambda x, k=3: x * k, lambda ctx, g: (g, None), setup_context=setup)
    assert apart.apply(x).grad_fn.inputs == (x, 3)


def test_setup_context_is_called_after_a_forward_without_ctx() -> None:
    seen: list[Any] = []

    def setup(ctx: Any, inputs: Any, output: Any) -> None:
        seen.extend([inputs[1], output[0].requires_grad, torch.is_grad_enabled()])
        ctx.factor = inputs[1]
        ctx.save_for_backward(inputs[0], output[0])

    def backward(ctx: Any, g: Any, h: Any) -> Any:
        x, y = ctx.saved_tensors
        seen.extend([x.requires_grad, y.grad_fn.name()])
        return g * ctx.factor + h, None

    function = made(lambda x, k: (x * k, x.sum()), backward, setup_context=setup)
    x = leaf(1.0, 2.0)
    y, total = function.apply(x, 3.0)
    (y.sum() + total).backward()
    assert x.grad.tolist() == [4.0, 4.0]
    assert seen == [3.0, False, False, True, "MadeBackward"]


def test_anything_may_stand_among_the_results() -> None:
    given: list[Any] = []

    def backward(ctx: Any, *grads: Any) -> Any:
        given.extend(grads)
        return grads[0]

    x = leaf(1.0)
    results = made(lambda ctx, x: (x * 1, "text", None, [x], 5), backward).apply(x)
    assert results[1:3] == ("text", None)
    assert results[3][0] is x
    assert results[4] == 5
    results[0].backward()
    assert given[1:] == [None, None, None, None]
    assert made(lambda ctx, x: None, backward).apply(x) is None
    # Only a tuple has several results: a list is one, and no tensor.
    (inside,) = made(lambda ctx, x: [x * 1], backward).apply(x)
    assert not inside.requires_grad


def test_what_is_missing_is_named_when_it_is_needed() -> None:
    with pytest.raises(NotImplementedError, match="forward"):
        type("No", (Function,), {"backward": staticmethod(lambda ctx, g: g)}).apply(leaf(1.0))
    forward_only = type("No", (Function,), {"forward": staticmethod(lambda ctx, x: x * 1)})
    y = forward_only.apply(leaf(1.0))
    with pytest.raises(NotImplementedError, match="backward"):
        y.backward()


def test_vjp_is_another_name_of_backward() -> None:
    x = leaf(1.0)
    body = {
        "forward": staticmethod(lambda ctx, x: x * 1),
        "vjp": staticmethod(lambda ctx, g: 5 * g),
    }
    one = type("One", (Function,), body)
    one.apply(x).backward()
    assert x.grad.tolist() == [5.0]
    both = type("Both", (one,), {"backward": staticmethod(lambda ctx, g: g)})
    with pytest.raises(RuntimeError, match="vjp"):
        both.apply(x).backward()


def test_an_instance_cannot_be_called() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        instance = Product()
        with pytest.raises(RuntimeError, match="static"):
            instance(leaf(1.0))


# --------------------------------------------------------------------------------- what is saved


def test_saved_tensors_are_those_that_were_given() -> None:
    x = leaf(1.0, 2.0)
    node = made(lambda ctx, x: (ctx.save_for_backward(None, x), x * 1)[1], lambda ctx, g: g)
    nothing, saved = node.apply(x).grad_fn.saved_tensors
    assert nothing is None
    assert saved is x
    with pytest.raises(TypeError, match="int"):
        made(lambda ctx, x: ctx.save_for_backward(3), lambda ctx, g: g).apply(x)


def test_a_saved_result_has_its_history_and_is_not_kept_alive_by_itself() -> None:
    def forward(ctx: Any, x: Any) -> Any:
        y = x.exp()
        ctx.save_for_backward(y)
        return y

    exp = made(forward, lambda ctx, g: g * ctx.saved_tensors[0])
    x = leaf(0.5)
    y = exp.apply(x)
    (first,) = torch.autograd.grad(y, x, create_graph=True)
    (second,) = torch.autograd.grad(first, x, create_graph=True)
    assert second.item() == pytest.approx(torch.tensor(0.5).exp().item())
    gone = weakref.ref(y)
    gc.disable()
    try:
        del y, first, second
        assert gone() is None
    finally:
        gc.enable()


def test_an_intermediate_result_is_a_constant() -> None:
    def forward(ctx: Any, x: Any) -> Any:
        y = x * 2
        ctx.save_for_backward(y)
        return x * 1

    x = leaf(3.0)
    function = made(forward, lambda ctx, g: g * ctx.saved_tensors[0])
    (g,) = torch.autograd.grad(function.apply(x), x, create_graph=True)
    assert (g.item(), g.requires_grad) == (6.0, False)


def test_what_was_saved_must_not_change() -> None:
    x = leaf(1.0)
    z = x * 1
    function = made(
        lambda ctx, x: (ctx.save_for_backward(x), x * 1)[1],
        lambda ctx, g: (ctx.saved_tensors, g)[1],
    )
    y = function.apply(z)
    z.mul_(2)
    with pytest.raises(RuntimeError, match="version"):
        y.backward()


def test_what_was_saved_is_freed() -> None:
    x = leaf(1.0)
    y = Product.apply(x, torch.ones(1), 1.0)
    y.backward(retain_graph=True)
    y.backward()
    assert x.grad.tolist() == [2.0]
    with pytest.raises(RuntimeError, match="freed"):
        y.backward()
    with pytest.raises(RuntimeError, match="freed"):
        y.grad_fn.saved_tensors  # noqa: B018


# ------------------------------------------------------------------------ marks on the results


def test_a_changed_argument_goes_on_with_a_new_history() -> None:
    def forward(ctx: Any, x: Any) -> Any:
        x.mul_(2)
        ctx.mark_dirty(x)
        return x

    double = made(forward, lambda ctx, g: g * 2)
    x = leaf(1.0, 2.0)
    y = x * 3
    assert double.apply(y) is y
    assert y.grad_fn.name() == "MadeBackward"
    assert y._version == 2
    y.sum().backward()
    assert x.grad.tolist() == [6.0, 6.0]
    with pytest.raises(RuntimeError):
        double.apply(x)
    base = x * 3
    view = base[:1]
    double.apply(view)
    assert base.grad_fn.name().endswith("CopySlices")
    x.grad = None
    base.sum().backward()
    assert x.grad.tolist() == [6.0, 3.0]
    with pytest.raises(RuntimeError):
        made(lambda ctx, x: (ctx.mark_dirty(x), x * 2)[1], lambda ctx, g: g).apply(x * 1)


def test_results_without_gradient() -> None:
    given: list[Any] = []

    def forward(ctx: Any, x: Any) -> Any:
        twice = x * 2
        ctx.mark_non_differentiable(twice)
        return x * 1, x > 0, twice

    def backward(ctx: Any, *grads: Any) -> Any:
        given.extend(g.tolist() for g in grads)
        return grads[0]

    a, b, c = made(forward, backward).apply(leaf(1.0))
    assert (a.requires_grad, b.requires_grad, c.requires_grad) == (True, False, False)
    a.backward()
    assert given == [[1.0], [False], [0.0]]


@pytest.mark.parametrize(("fill", "expected"), [(True, [1.0, [0.0]]), (False, [1.0, None])])
def test_gradients_of_unused_results(fill: bool, expected: list[Any]) -> None:
    given: list[Any] = []

    def forward(ctx: Any, x: Any) -> Any:
        ctx.set_materialize_grads(fill)
        return x.sum(), x * 2

    def backward(ctx: Any, g: Any, h: Any) -> Any:
        given.extend([g.item(), None if h is None else h.tolist()])
        return None

    x = leaf(1.0)
    made(forward, backward).apply(x)[0].backward()
    assert given == expected
    assert x.grad is None


def test_an_argument_that_is_returned_is_seen_through_a_view() -> None:
    x = leaf(1.0)
    triple = made(lambda ctx, x: x, lambda ctx, g: g * 3)
    y = triple.apply(x)
    assert y is not x
    assert y._base is x
    y.backward()
    assert x.grad.tolist() == [3.0]
    with pytest.raises(RuntimeError):
        triple.apply(x * 1).mul_(2)
    one, other = made(lambda ctx, *xs: xs, lambda ctx, *g: g).apply(x, torch.ones(1))
    assert one.requires_grad
    assert other.requires_grad


def test_a_view_that_is_returned_must_not_be_changed_nor_its_base() -> None:
    function = made(lambda ctx, x: x[:1], lambda ctx, g: torch.cat([g, g * 0]))
    base = leaf(1.0, 2.0) * 1
    view = function.apply(base)
    assert view._is_view()
    with pytest.raises(RuntimeError):
        view.mul_(2)
    base.mul_(2)
    with pytest.raises(RuntimeError):
        view.sum().backward()


def test_one_result_twice() -> None:
    given: list[Any] = []

    def forward(ctx: Any, x: Any) -> Any:
        y = x * 1
        return y, y

    def backward(ctx: Any, *grads: Any) -> Any:
        given.extend(g.item() for g in grads)
        return grads[1]

    a, b = made(forward, backward).apply(leaf(1.0))
    assert a is b
    assert b.output_nr == 1
    a.backward()
    assert given == [0.0, 1.0]


# ------------------------------------------------------------------------ what backward returns


@pytest.mark.parametrize(
    ("found", "arguments"),
    [
        (lambda g: g, 2),
        (lambda g: (g, g), 1),
        (lambda g: 3.0, 1),
        (lambda g: [g], 1),
        (lambda g: g[:1], 1),
        (lambda g: g.sum(), 1),
    ],
    ids=["too few", "too many", "no tensor", "list", "shape", "no shape"],
)
def test_what_is_no_gradient_is_refused(found: Any, arguments: int) -> None:
    x = leaf(1.0, 2.0)
    y = returning(found).apply(*[x] * arguments)
    with pytest.raises(RuntimeError):
        y.sum().backward()
    assert x.grad is None


def test_gradients_are_brought_into_the_arguments_space() -> None:
    x = leaf(1.0, 2.0)

    def gradient(found: Any, *others: Any) -> Any:
        y = returning(found).apply(x, *others)
        return torch.autograd.grad(y.sum(), x, allow_unused=True)[0]

    assert gradient(lambda g: g.expand(3, 2)).tolist() == [3.0, 3.0]
    assert gradient(lambda g: g.double()).dtype is torch.float32
    assert gradient(lambda g: None) is None
    assert gradient(lambda g: (g, None)).tolist() == [1.0, 1.0]
    # A gradient that nobody wants is dropped; one of what is no tensor is a mistake.
    assert gradient(lambda g: (g, g), torch.ones(2)).tolist() == [1.0, 1.0]
    with pytest.raises(RuntimeError):
        gradient(lambda g: (g, g), "text")


def test_what_lands_in_grad_is_nobody_elses() -> None:
    x = leaf(1.0, 2.0)
    kept = torch.ones(2)
    y = returning(lambda g: kept).apply(x)
    y.sum().backward()
    y = returning(lambda g: kept).apply(x)
    y.sum().backward()
    assert (x.grad.tolist(), kept.tolist()) == ([2.0, 2.0], [1.0, 1.0])


def test_an_error_in_backward_arrives_and_leaves_the_engine_usable() -> None:
    def backward(ctx: Any, g: Any) -> Any:
        raise ValueError("mine")

    x = leaf(1.0)
    with pytest.raises(ValueError, match="mine"):
        made(lambda ctx, x: x * 1, backward).apply(x).backward()
    (x * 2).sum().backward()
    assert x.grad.tolist() == [2.0]


def test_a_backward_runs_in_the_users_mode() -> None:
    seen: list[bool] = []
    function = made(
        lambda ctx, x: x * 1, lambda ctx, g: (seen.append(torch.is_grad_enabled()), g)[1]
    )
    x = leaf(1.0)
    function.apply(x).backward()
    torch.autograd.grad(function.apply(x), x, create_graph=True)
    assert seen == [False, True]


def test_a_backward_inside_a_backward() -> None:
    def backward(ctx: Any, g: Any) -> Any:
        with torch.enable_grad():
            x = ctx.saved_tensors[0].detach().requires_grad_()
            (found,) = torch.autograd.grad((x**3).sum(), x)
        return g * found

    cube = made(lambda ctx, x: (ctx.save_for_backward(x), x**3)[1], backward)
    x = leaf(1.0, 2.0)
    (cube.apply(x) * 1).sum().backward()
    assert x.grad.tolist() == [3.0, 12.0]


# ------------------------------------------------------------------------------- higher orders


def test_second_derivatives_come_from_the_backward() -> None:
    x, y = leaf(2.0), leaf(3.0)
    (first,) = torch.autograd.grad(Product.apply(x, y, 2.0), x, create_graph=True)
    assert torch.autograd.grad(first, y)[0].tolist() == [2.0]
    assert torch.autograd.gradgradcheck(
        lambda x, y: Product.apply(x, y, 2.0), (x.detach().double().requires_grad_(), y.double())
    )


def test_once_differentiable() -> None:
    seen: list[Any] = []

    @once_differentiable
    def backward(ctx: Any, g: Any) -> Any:
        (x,) = ctx.saved_tensors
        seen.append(torch.is_grad_enabled())
        return 2 * x * g

    square = made(lambda ctx, x: (ctx.save_for_backward(x), x**2)[1], backward)
    x = leaf(3.0)
    (first,) = torch.autograd.grad(square.apply(x), x, create_graph=True)
    assert (first.item(), first.grad_fn) == (6.0, None)
    (first,) = torch.autograd.grad(square.apply(x).exp(), x, create_graph=True)
    with pytest.raises(RuntimeError):
        first.backward()
    assert seen == [False, False]


# --------------------------------------------------------------------------- transforms of them


def stated(**others: Any) -> Any:
    """Return a product whose derivatives are told apart from those of what it computes."""
    return made(
        lambda x, k: x * k,
        lambda ctx, g: (g * 100, None),
        setup_context=lambda ctx, inputs, output: None,
        jvp=lambda ctx, t, k: t * 10,
        **others,
    )


BATCH = torch.tensor([[1.0, 2.0], [3.0, 4.0]])


def mappable() -> Any:
    function = stated()
    function.generate_vmap_rule = True
    return function


def test_transforms_take_what_is_stated() -> None:
    func, function = torch.func, mappable()
    vmap, grad, jvp = func.vmap, func.grad, func.jvp

    def total(x: Any) -> Any:
        return function.apply(x, 2).sum()

    assert (grad(total)(BATCH) == 100).all()
    assert (vmap(grad(total))(BATCH) == 100).all()
    assert torch.equal(vmap(lambda r: function.apply(r, 2), in_dims=1)(BATCH), 2 * BATCH.t())
    output, derivative = jvp(lambda x: function.apply(x, 2), (BATCH,), (BATCH,))
    assert torch.equal(output, 2 * BATCH)
    assert torch.equal(derivative, 10 * BATCH)
    along = vmap(lambda r: jvp(lambda x: function.apply(x, 2), (r,), (r,))[1])
    assert torch.equal(along(BATCH), 10 * BATCH)
    mapped = jvp(lambda x: vmap(lambda r: function.apply(r, 2))(x), (BATCH,), (BATCH,))
    assert torch.equal(mapped[1], 10 * BATCH)
    tangent = grad(lambda x: jvp(lambda x: function.apply(x, 2), (x,), (BATCH,))[0].sum())
    assert (tangent(BATCH) == 100).all()
    assert (jvp(grad(total), (BATCH,), (BATCH,))[0] == 100).all()


@plugrad_only  # PyTorch 2.13 fails an assertion of its own there
def test_the_gradient_of_a_mapped_function_is_the_stated_one() -> None:
    function = mappable()
    gradient = torch.func.grad(lambda x: torch.func.vmap(lambda r: function.apply(r, 2))(x).sum())
    assert (gradient(BATCH) == 100).all()


def test_a_function_may_say_what_it_does_with_a_batch() -> None:
    told: list[Any] = []

    def whole(info: Any, in_dims: Any, x: Any, k: Any) -> Any:
        told.append((info.batch_size, info.randomness, in_dims, tuple(x.shape), k))
        return x * k, in_dims[0]

    function = stated(vmap=whole)
    found = torch.func.vmap(lambda r: function.apply(r, 2))(BATCH)
    assert torch.equal(found, 2 * BATCH)
    assert told == [(2, "error", (0, None), (2, 2), 2)]
    function.generate_vmap_rule = True
    for wrong in (function, stated()):
        with pytest.raises(RuntimeError, match="vmap"):
            torch.func.vmap(lambda r, f=wrong: f.apply(r, 2))(BATCH)


@plugrad_only
def test_a_custom_function_leaves_no_garbage() -> None:
    gc.collect()
    gc.disable()
    try:
        x = leaf(1.0, 2.0)
        y = Product.apply(x, torch.ones(2), 2.0)
        gone = weakref.ref(y.grad_fn.ctx)
        y.sum().backward()
        del y
        assert gone() is None
    finally:
        gc.enable()


@plugrad_only
def test_a_profiler_sees_it() -> None:
    with torch.profiler.profile() as profile:
        Product.apply(leaf(1.0), torch.ones(1), 2.0).backward()
    names = {event.name for event in profile.events()}
    assert "Product" in names
    assert "autograd::engine::evaluate_function: ProductBackward" in names
