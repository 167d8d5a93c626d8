"""The four forms of declaration.

=============  =====================================================================
`elementwise`  a kernel applied to each element, with one partial derivative an array
`linear`       a kernel linear in each array, with its transposes
`primitive`    one node with its own rules; a body in other operators is the fallback
`composite`    a body in other operators: no rule and no node of its own
=============  =====================================================================

A signature names the arrays, then after a semicolon the parameters, as in
``"x, index; dim, keepdim=False"``; ``weight?`` may be None, ``*xs`` is a list. A rule is a function
of `k` (the kernel table: raw kernels, or the operators on tensors), `g` (the gradient of the
output) and whatever it wants saved, by name: an array, a parameter, ``out``, ``x_shape``. See
`plugrad.vocabulary.registry.Rule`.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping
from functools import cache
from types import MappingProxyType
from typing import Any, TypeVar

from plugrad.vocabulary.observers import shown_as
from plugrad.vocabulary.registry import (
    Accepts,
    Argument,
    Numbers,
    Operator,
    Out,
    Result,
    Rule,
    functions,
    methods,
    node_name,
    operators,
    tensor_table,
)
from plugrad.vocabulary.specialise import inplace_function, operator_function

__all__ = ["composite", "elementwise", "function", "linear", "primitive"]

Body = Callable[..., Any]
Public = TypeVar("Public", bound=Callable[..., Any])


@cache  # most operators have the signature of another
def _parse(signature: str) -> tuple[tuple[Argument, ...], tuple[str, ...], Mapping[str, Any]]:
    """Split ``"x, weight?, *xs; dim, keepdim=False"`` into arguments, params and defaults."""
    arrays, _, params = signature.partition(";")
    arguments = []
    for word in filter(None, map(str.strip, arrays.split(","))):
        name = word.strip("*?")
        arguments.append(Argument(name, optional=word.endswith("?"), listed=word.startswith("*")))
    names, defaults = [], {}
    for word in filter(None, map(str.strip, params.split(","))):
        name, equals, value = map(str.strip, word.partition("="))
        names.append(name)
        if equals:
            defaults[name] = ast.literal_eval(value)
    return tuple(arguments), tuple(names), MappingProxyType(defaults)


def _register(operator: Operator) -> Callable[..., Any]:
    if operator.name in operators:
        raise ValueError(f"an operator called {operator.name!r} is registered already")
    operators[operator.name] = operator
    operator.call = operator_function(operator)
    return operator.call


def _expose(name: str, call: Callable[..., Any], places: str) -> None:
    """Make `call` public: as a ``function`` of the top module, as a ``method`` of tensors."""
    for place in places.split():
        {"function": functions, "method": methods}[place][name] = call


def elementwise(
    name: str,
    signature: str | None = None,
    *,
    result: Result = "same",
    node: str = "",
    aten: str = "",
    body: Body | None = None,
    scalars: bool = False,
    accepts: Accepts = "all",
    numbers: Numbers = "any",
    out: Out = "",
    expose: str = "function method inplace",
    check: Callable[..., None] | None = None,
    **partials: Callable[..., Any],
) -> Callable[..., Any]:
    """Declare an operator that works on each element.

    Parameters
    ----------
    name : str
        Its name.
    signature : str, optional
        Arrays and parameters; by default the arrays are those that have a partial.
    result : {"same", "floating", "bool", "index", "given"}
        The dtype of the output: see `Operator`.
    scalars : bool
        Whether the rules also hold with a Python number in place of the second array.
    accepts, numbers, out : str
        The dtypes that it works on, which arrays may be Python numbers, and what may be written
        into: see `Operator`.
    expose : str
        Where it is public: any of ``function``, ``method`` and ``inplace``.
    **partials
        For each array, ``rule(g, ...)``: the partial derivative times `g`. Broadcasting, dtypes and
        the conjugations of complex numbers are settled outside.

    Returns
    -------
    callable
        The operator on tensors.

    Examples
    --------
    >>> from plugrad.vocabulary.forms import elementwise
    >>> import plugrad
    >>> cube = elementwise(
    ...     "example_cube", expose="", body=lambda k, x: x * x * x, x=lambda g, x: 3 * g * x * x
    ... )
    >>> x = plugrad.tensor(2.0, requires_grad=True)
    >>> cube(x).backward()
    >>> x.grad
    tensor(12.)
    """
    arguments, params, defaults = _parse(signature or ", ".join(partials))
    operator = Operator(
        name,
        "elementwise",
        arguments,
        params,
        defaults,
        rules={array: Rule.of(partial) for array, partial in partials.items()},
        node=node,
        aten=aten,
        result=result,
        body=body,
        scalars=scalars,
        accepts=accepts,
        numbers=numbers,
        out=out,
        check=check,
    )
    call = _register(operator)
    _expose(name, call, expose.replace("inplace", ""))
    if "inplace" in expose:
        changed = inplace_function(operator)
        _expose(changed.__name__, changed, "function method" if len(arguments) == 1 else "method")
    return call


def primitive(
    name: str,
    signature: str,
    *,
    outputs: str | None = None,
    node: str = "",
    overload: int = 0,
    aten: str = "",
    result: Result = "given",
    accepts: Accepts = "all",
    body: Body | None = None,
    joint: Callable[..., Any] | None = None,
    differentiable: str = "",
    view: bool | Callable[..., Any] = False,
    moves: bool = False,
    promotes: bool = False,
    out: Out = "",
    expose: str = "",
    check: Callable[..., None] | None = None,
    **rules: Callable[..., Any],
) -> Callable[..., Any]:
    """Declare an operator with a node and rules of its own.

    Parameters
    ----------
    name : str
        Its name.
    signature : str
        Arrays, then after a semicolon the parameters.
    outputs : str, optional
        Names of several outputs (``"values, indices"``), or ``"*"`` for a list; by default one.
    node : str
        The name of its node, by default made from `name`, with the number `overload`.
    aten : str
        The name in profiles, by default made from `name`.
    body : callable, optional
        ``body(k, *arrays, *params)`` for backends without the kernel.
    joint : callable, optional
        One rule in place of one for each array: returns a tuple, one gradient (or None) for each
        differentiable array.
    differentiable : str, optional
        Which arrays those are, with a joint rule: ``"x, weight"``; by default all.
    accepts, view, moves, promotes, out, check
        See `plugrad.vocabulary.registry.Operator`.
    **rules
        For each differentiable array, ``rule(k, g, ...)``. With several outputs a rule takes
        ``g_<output>`` for each that it uses, or `g` for the first.

    Returns
    -------
    callable
        The operator on tensors: arrays first, then parameters.
    """
    return _declare(
        "primitive", name, signature, outputs=outputs, node=node, overload=overload, aten=aten,
        result=result, accepts=accepts, body=body, joint=joint, differentiable=differentiable,
        view=view, moves=moves, promotes=promotes, out=out, expose=expose, check=check, rules=rules,
    )  # fmt: skip


def linear(
    name: str,
    signature: str,
    *,
    node: str = "",
    overload: int = 0,
    aten: str = "",
    result: Result = "given",
    accepts: Accepts = "all",
    body: Body | None = None,
    view: bool | Callable[..., Any] = False,
    moves: bool = False,
    promotes: bool = False,
    out: Out = "",
    expose: str = "",
    check: Callable[..., None] | None = None,
    **transposes: Callable[..., Any],
) -> Callable[..., Any]:
    """Declare an operator that is linear in each of its differentiable arrays.

    Parameters
    ----------
    **transposes
        For each array, the transpose of the map from it to the output, as ``rule(k, g, ...)``.

    Returns
    -------
    callable
        The operator on tensors.

    See Also
    --------
    primitive : has the same other parameters.
    """
    return _declare(
        "linear", name, signature, outputs=None, node=node, overload=overload, aten=aten,
        result=result, accepts=accepts, body=body, joint=None, differentiable="", view=view,
        moves=moves, promotes=promotes, out=out, expose=expose, check=check, rules=transposes,
    )  # fmt: skip


def _declare(
    form: Any,
    name: str,
    signature: str,
    *,
    outputs: str | None,
    node: str,
    overload: int,
    joint: Callable[..., Any] | None,
    differentiable: str,
    expose: str,
    rules: dict[str, Callable[..., Any]],
    **options: Any,
) -> Callable[..., Any]:
    arguments, params, defaults = _parse(signature)
    with_gradient = tuple(name.strip() for name in differentiable.split(",") if name)
    if joint is not None and not with_gradient:
        with_gradient = tuple(argument.name for argument in arguments)
    named: Any = outputs
    if outputs is not None and outputs != "*":
        named = tuple(map(str.strip, outputs.split(",")))
    operator = Operator(
        name,
        form,
        arguments,
        params,
        defaults,
        outputs=named,
        rules={array: Rule.of(rule) for array, rule in rules.items()},
        joint=None if joint is None else Rule.of(joint),
        differentiable=with_gradient,
        node=node or node_name(name, overload),
        **options,
    )
    call = _register(operator)
    _expose(name, call, expose)
    return call


def composite(
    name: str, *, expose: str = "function method", aten: str = ""
) -> Callable[[Body], Callable[..., Any]]:
    """Declare a public operator by a body in other operators: no rule, no node of its own.

    The decorated function takes `k` first: on tensors the operators themselves, in a rule or a
    kernel table the raw kernels. Profiles show it as the parent of what it calls.

    Examples
    --------
    >>> from plugrad.vocabulary.forms import composite
    >>> import plugrad
    >>> @composite("example_twice", expose="")
    ... def twice(k, x):
    ...     return x + x
    >>> twice(plugrad.ones(2))
    tensor([2., 2.])
    """

    def declare(body: Body) -> Callable[..., Any]:
        names = body.__code__.co_varnames[1 : body.__code__.co_argcount]
        operator = Operator(
            name, "composite", tuple(map(Argument, names)), body=body, aten=aten or f"aten::{name}"
        )
        operators[name] = operator
        call = operator.call = shown_as(operator, tensor_table)(body)
        call.__name__ = call.__qualname__ = name
        call.__module__ = "plugrad"
        _expose(name, call, expose)
        return call

    return declare


def function(
    expose: str = "function method", *, names: str | None = None, aten: str | None = None
) -> Callable[[Public], Public]:
    """Make a Python function public: it turns PyTorch's flexible arguments into operator calls.

    Parameters
    ----------
    expose : str
        Any of ``function`` and ``method``.
    names : str, optional
        The names to make it public under, by default its own without a final underscore.
    aten : str, optional
        The name under which profiles show it, as the parent of what it calls; where PyTorch has an
        operator that only turns its arguments into calls of others.
    """

    def declare(public: Public) -> Public:
        if aten is not None:
            public = shown_as(aten)(public)
        for name in (names or public.__name__).split():
            _expose(name, public, expose)
        return public

    return declare
