"""The vocabulary: what an operator is, and the table of all of them.

An operator is a name with arrays, parameters, outputs and gradient rules. The same name means a
kernel in a backend's table, a function on tensors here, and a word in every rule.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Final, Literal, NamedTuple

__all__ = [
    "Accepts",
    "Argument",
    "Numbers",
    "Operator",
    "Out",
    "Rule",
    "TensorTable",
    "functions",
    "methods",
    "operators",
    "tensor_table",
]

Form = Literal["elementwise", "linear", "primitive", "composite"]
Result = Literal["same", "floating", "bool", "index", "given"]
Numbers = Literal["any", "not first", "none"]
Out = Literal["", "casts", "casts complex", "exact", "apart", "casts apart"]
Accepts = Literal[
    "all",
    "numbers",
    "integers",
    "integer numbers",
    "real",
    "real numbers",
    "floating",
    "real floating",
]


class Argument(NamedTuple):
    """One array argument of an operator.

    Attributes
    ----------
    name : str
    optional : bool
        Whether None may stand in its place.
    listed : bool
        Whether it is a list of arrays.
    """

    name: str
    optional: bool = False
    listed: bool = False


class Rule(NamedTuple):
    """A gradient rule: a function whose parameter names say what is saved for it."""

    function: Callable[..., Any]
    names: tuple[str, ...]

    @classmethod
    def of(cls, function: Callable[..., Any]) -> Rule:
        """Read the names off a function's signature."""
        # Its code object tells them 20 times faster than `inspect.signature`.
        code = function.__code__
        return cls(function, code.co_varnames[: code.co_argcount])


_RESERVED = """run records retain table dtype edges needs g k result results tensor tensors array
    position where before node cell out op dispatch new new_tensor new_cell hang add_step
    versions_of tick filled verify"""
RESERVED: Final = frozenset(_RESERVED.split())
"""Names that the compiled functions use for themselves."""


@dataclass(eq=False)
class Operator:
    """One word of the vocabulary.

    Attributes
    ----------
    name : str
        Its name in every kernel table, and on tensors.
    form : str
        ``"elementwise"``, ``"linear"``, ``"primitive"`` or ``"composite"``.
    arguments : tuple of Argument
        Its arrays, which come first in every call.
    params : tuple of str
        What follows them: shapes, dims, flags, Python scalars.
    defaults : mapping from str to object
        Of the params that have one.
    outputs : tuple of str, or None, or "*"
        Names of several outputs; None for one; ``"*"`` for a list of them.
    rules : dict from str to Rule
        By array name. An array without a rule takes no gradient.
    joint : Rule or None
        One rule that returns the gradients of all arrays with `differentiable` names.
    node : str
        What its nodes are called.
    result : str
        The dtype of the output: that of the arrays (``"same"``), the same but never an integer
        (``"floating"``), ``"bool"``, ``"index"`` (int64), or what the kernel returns (``"given"``).
    body : callable or None
        ``body(k, *arrays, *params)`` in other operators, for backends without the kernel.
    scalars : bool
        Whether a Python number may stand in place of the second array in every rule.
    accepts : str
        The dtypes that the operator works on, once promoted. ``"numbers"`` leaves out bool and
        ``"real"`` complex; ``"integers"`` has bool and ``"floating"`` complex. All others than
        elementwise ones accept ``"all"`` or ``"numbers"``.
    numbers : str
        Which arrays of an elementwise operator may be Python numbers: not the first for ``"not
        first"``.
    out : str
        What ``out=`` may be: of a dtype that the result can be cast to (``"casts"``, as elementwise
        operators do by default), perhaps only for a complex input (``"casts complex"``), of the
        result's own (``"exact"``, the default of all others), or also in memory of its own
        (``"apart"``).
    view : bool or callable
        Whether the output shares the first array's memory. With several outputs,
        ``view(x_shape, number, *params)`` returns the `Step` that leads to one of them.
    promotes : bool
        Whether arrays of different dtypes are brought to one, as an elementwise operator's are.
    moves : bool
        Whether it only moves elements, and computes nothing with them: then it works on every dtype
        as it is.
    aten : str
        The name that profiles and traces show.
    check : callable or None
        ``check(*tensors, *params)`` looks at the arguments before anything happens.
    """

    name: str
    form: Form
    arguments: tuple[Argument, ...]
    params: tuple[str, ...] = ()
    defaults: Mapping[str, Any] = field(default_factory=dict)
    outputs: tuple[str, ...] | Literal["*"] | None = None
    rules: dict[str, Rule] = field(default_factory=dict)
    joint: Rule | None = None
    differentiable: tuple[str, ...] = ()
    node: str = ""
    result: Result = "given"
    body: Callable[..., Any] | None = None
    scalars: bool = False
    accepts: Accepts = "all"
    numbers: Numbers = "any"
    out: Out = ""
    view: bool | Callable[..., Any] = False
    promotes: bool = False
    moves: bool = False
    aten: str = ""
    check: Callable[..., None] | None = None
    call: Callable[..., Any] = field(init=False)

    def __post_init__(self) -> None:
        if not self.differentiable:
            names = [a.name for a in self.arguments if a.name in self.rules]
            self.differentiable = tuple(names)
        self.node = self.node or node_name(self.name)
        self.aten = self.aten or f"aten::{self.name}"
        self.out = self.out or ("casts" if self.form == "elementwise" else "exact")
        self._refuse_unknown_names()

    def _refuse_unknown_names(self) -> None:
        arrays = self.array_names
        taken = {*arrays, *self.params} & RESERVED
        if taken and self.form != "composite":
            raise TypeError(
                f"operator {self.name!r} cannot call an argument {sorted(taken)}: its compiled "
                "function uses the name itself"
            )
        known = {"k", "g", "out_shape", "needs", *self.params, *arrays}
        known |= {f"{name}_shape" for name in arrays}
        known |= {"out"} if self.outputs is None else set()
        if isinstance(self.outputs, tuple):
            known |= {f"g_{name}" for name in self.outputs} | set(self.outputs) | {"given"}
        for rule in self.all_rules:
            unknown = set(rule.names) - known
            if unknown:
                raise TypeError(
                    f"a rule of operator {self.name!r} asks for {sorted(unknown)}; it may name "
                    f"{sorted(known)}"
                )

    @property
    def array_names(self) -> tuple[str, ...]:
        """The names of its arrays, in order."""
        return tuple(argument.name for argument in self.arguments)

    @property
    def all_rules(self) -> Iterator[Rule]:
        """Every rule, the joint one included."""
        yield from self.rules.values()
        if self.joint is not None:
            yield self.joint

    @cached_property
    def into(self) -> str:
        """The name of the kernel, if a table has it, that writes into its first array."""
        return f"{self.name}_into"

    @cached_property
    def output_names(self) -> tuple[str, ...]:
        """Names under which rules ask for outputs."""
        return self.outputs if isinstance(self.outputs, tuple) else ("out",)

    @cached_property
    def differentiates_list(self) -> bool:
        """Whether its gradients are those of a list of arrays, which one rule returns."""
        return any(a.listed and a.name in self.differentiable for a in self.arguments)

    def users(self, name: str) -> tuple[str, ...]:
        """Return the arrays whose rules ask for `name`: who needs it saved."""
        if self.joint is not None and name in self.joint.names:
            return self.differentiable
        return tuple(array for array, rule in self.rules.items() if name in rule.names)

    @cached_property
    def saved_inputs(self) -> tuple[str, ...]:
        """The arrays that some rule asks for."""
        return tuple(name for name in self.array_names if self.users(name))

    @cached_property
    def saved_outputs(self) -> tuple[str, ...]:
        """The outputs that some rule asks for."""
        return tuple(name for name in self.output_names if self.users(name))

    @cached_property
    def saved_shapes(self) -> tuple[str, ...]:
        """The arrays whose shape some rule asks for."""
        return tuple(name for name in self.array_names if self.users(f"{name}_shape"))

    @cached_property
    def saved_params(self) -> tuple[str, ...]:
        """The params that some rule asks for."""
        return tuple(name for name in self.params if self.users(name))

    def __repr__(self) -> str:
        arrays = ", ".join(
            ("*" if a.listed else "") + a.name + ("?" if a.optional else "") for a in self.arguments
        )
        params = "; " + ", ".join(self.params) if self.params else ""
        return f"<operator {self.name}({arrays}{params})>"


def node_name(name: str, overload: int = 0) -> str:
    """Return the name PyTorch would give the node of an operator.

    Examples
    --------
    >>> node_name("log_softmax"), node_name("sum", 1)
    ('LogSoftmaxBackward0', 'SumBackward1')
    """
    camel = re.sub(r"(?:^|_)([a-z0-9])", lambda match: match.group(1).upper(), name)
    return f"{camel}Backward{overload}"


operators: Final[dict[str, Operator]] = {}
"""Every operator by name."""

functions: Final[dict[str, Callable[..., Any]]] = {}
"""What the top module exports: public functions by name."""

methods: Final[dict[str, Callable[..., Any]]] = {}
"""What `Tensor` gets: methods by name, in-place forms included."""


class TensorTable:
    """The vocabulary on tensors: the `k` of a rule that is being recorded.

    The same names as a backend's kernel table, each the operator with the tape on.
    """

    def __getattr__(self, name: str) -> Callable[..., Any]:
        operator = operators.get(name)
        function = operator.call if operator is not None else functions.get(name)
        if function is None:
            raise AttributeError(f"no operator is called {name!r}")
        setattr(self, name, function)
        return function


tensor_table: Final = TensorTable()
