"""Products of a vector with a Jacobian or a Hessian.

Products from the right come from two backwards: the gradient of a vector-Jacobian product with
respect to the vector.

Source of that trick: J. Townsend, "A new trick for calculating Jacobian vector products", 2017.
"""

from __future__ import annotations

from typing import Any

from plugrad.autograd.functional.arguments import (
    Function,
    as_given,
    as_tuple,
    checked_vector,
    evaluated,
    finished,
    fresh,
    grad_as,
    gradients,
    scalar,
)
from plugrad.autograd.modes import enable_grad
from plugrad.vocabulary.registry import tensor_table as k

__all__ = ["hvp", "jvp", "vhp", "vjp"]


def vjp(
    func: Function, inputs: Any, v: Any = None, create_graph: bool = False, strict: bool = False
) -> tuple[Any, Any]:
    """Return ``func(*inputs)`` and the product of `v` with its Jacobian.

    Parameters
    ----------
    func : callable
        From tensors to a tensor or a tuple of tensors.
    inputs : Tensor or tuple of Tensor
    v : Tensor or tuple of Tensor, optional
        In the shape of the outputs; may be left out for one output of one element.
    create_graph : bool
        Whether the results can be differentiated.
    strict : bool
        Whether an output that does not depend on an input is an error, instead of zeros.

    Returns
    -------
    outputs : Tensor or tuple of Tensor
    product : Tensor or tuple of Tensor
        In the shape of the inputs.

    Raises
    ------
    TypeError
        If an input, an output or `v` is no tensor.
    RuntimeError
        If `v` does not have the shape of the outputs; and see `strict`.

    Examples
    --------
    >>> import plugrad
    >>> from plugrad.autograd.functional import vjp
    >>> vjp(lambda x: x * x, plugrad.tensor([1.0, 2.0]), plugrad.tensor([1.0, 10.0]))
    (tensor([1., 4.]), tensor([ 2., 40.]))
    """
    with enable_grad():
        given, was_tuple = as_tuple(inputs, "inputs", "vjp")
        points = fresh(given, create_graph)
        outputs, many = evaluated(func, points, "vjp")
        vectors = checked_vector(v, outputs, "vjp", "output")
    with grad_as(create_graph):
        products = gradients(
            outputs, points, vectors, strict=strict, caller="vjp", create_graph=create_graph
        )
    return (
        as_given(finished(outputs, create_graph), many),
        as_given(finished(products, create_graph), was_tuple),
    )


def jvp(
    func: Function, inputs: Any, v: Any = None, create_graph: bool = False, strict: bool = False
) -> tuple[Any, Any]:
    """Return ``func(*inputs)`` and the product of its Jacobian with `v`.

    Parameters
    ----------
    func, inputs, create_graph, strict
        As for `vjp`.
    v : Tensor or tuple of Tensor, optional
        In the shape of the inputs; may be left out for one input of one element.

    Returns
    -------
    outputs : Tensor or tuple of Tensor
    product : Tensor or tuple of Tensor
        In the shape of the outputs.

    Raises
    ------
    TypeError, RuntimeError
        As for `vjp`.

    Examples
    --------
    >>> import plugrad
    >>> from plugrad.autograd.functional import jvp
    >>> jvp(lambda x: x * x, plugrad.tensor([1.0, 2.0]), plugrad.tensor([1.0, 10.0]))
    (tensor([1., 4.]), tensor([ 2., 40.]))
    """
    with enable_grad():
        given, _ = as_tuple(inputs, "inputs", "jvp")
        vectors = checked_vector(v, given, "jvp", "input")
        points = fresh(given, create_graph)
        outputs, many = evaluated(func, points, "jvp")
        # The vector-Jacobian product is linear in its vector: its value there does not matter.
        cotangents = tuple(k.zeros_like(output.detach()).requires_grad_() for output in outputs)
        transposed = gradients(
            outputs, points, cotangents, strict=strict, caller="jvp", create_graph=True
        )
    with grad_as(create_graph):
        products = gradients(
            transposed, cotangents, vectors, strict=strict, caller="jvp", create_graph=create_graph
        )
    return (
        as_given(finished(outputs, create_graph), many),
        as_given(finished(products, create_graph), many),
    )


def vhp(
    func: Function, inputs: Any, v: Any = None, create_graph: bool = False, strict: bool = False
) -> tuple[Any, Any]:
    """Return ``func(*inputs)`` and the product of `v` with its Hessian.

    Parameters
    ----------
    func : callable
        From tensors to one tensor of one element.
    inputs, create_graph, strict
        As for `vjp`.
    v : Tensor or tuple of Tensor, optional
        In the shape of the inputs; may be left out for one input of one element.

    Returns
    -------
    output : Tensor
    product : Tensor or tuple of Tensor
        In the shape of the inputs.

    Raises
    ------
    TypeError, RuntimeError
        As for `vjp`; and if the function does not return one element.

    Examples
    --------
    >>> import plugrad
    >>> from plugrad.autograd.functional import vhp
    >>> vhp(lambda x: (x**3).sum(), plugrad.tensor([1.0, 2.0]), plugrad.tensor([1.0, 10.0]))
    (tensor(9.), tensor([  6., 120.]))
    """
    with enable_grad():
        given, was_tuple = as_tuple(inputs, "inputs", "vhp")
        vectors = checked_vector(v, given, "vhp", "input")
        points = fresh(given, create_graph)
        outputs, _ = scalar(func, points, "vhp")
        slopes = gradients(outputs, points, None, strict=strict, caller="vhp", create_graph=True)
    with grad_as(create_graph):
        products = gradients(
            slopes, points, vectors, strict=strict, caller="vhp", create_graph=create_graph
        )
    return (
        finished(outputs, create_graph)[0],
        as_given(finished(products, create_graph), was_tuple),
    )


def hvp(
    func: Function, inputs: Any, v: Any = None, create_graph: bool = False, strict: bool = False
) -> tuple[Any, Any]:
    """Return ``func(*inputs)`` and the product of its Hessian with `v`.

    The Hessian is symmetric, so the numbers are those of `vhp`, which is faster: this function
    differentiates once more.

    Parameters
    ----------
    func, inputs, v, create_graph, strict
        As for `vhp`.

    Returns
    -------
    output : Tensor
    product : Tensor or tuple of Tensor
        In the shape of the inputs.

    Raises
    ------
    TypeError, RuntimeError
        As for `vhp`.

    Examples
    --------
    >>> import plugrad
    >>> from plugrad.autograd.functional import hvp
    >>> hvp(lambda x: (x**3).sum(), plugrad.tensor([1.0, 2.0]), plugrad.tensor([1.0, 10.0]))
    (tensor(9.), tensor([  6., 120.]))
    """
    with enable_grad():
        given, was_tuple = as_tuple(inputs, "inputs", "hvp")
        vectors = checked_vector(v, given, "hvp", "input")
        points = fresh(given, create_graph)
        outputs, _ = scalar(func, points, "hvp")
        slopes = gradients(outputs, points, None, strict=strict, caller="hvp", create_graph=True)
        cotangents = tuple(k.zeros_like(x.detach()).requires_grad_() for x in slopes)
        transposed = gradients(
            slopes, points, cotangents, strict=strict, caller="hvp", create_graph=True
        )
    with grad_as(create_graph):
        products = gradients(
            transposed, cotangents, vectors, strict=strict, caller="hvp", create_graph=create_graph
        )
    return (
        finished(outputs, create_graph)[0],
        as_given(finished(products, create_graph), was_tuple),
    )
