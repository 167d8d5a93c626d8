"""The hot path: each operator's own function, compiled when it is first called.

A general ``apply(operator, *args)`` spends most of a small operation's time on finding out what the
operator is. Here that is settled once: the declaration becomes the source of one straight function,
which handles the usual case (tensors of one backend and one dtype, nothing unusual going on) and
hands everything else to `plugrad.vocabulary.dispatch`. The function of ``mul``, abridged:

.. code-block:: python

    def mul(input, other, *, out=None):
        run, records = mode.now                         # None: something unusual holds
        if run is not None and out is None:
            result = None
            try:
                table = input._table
                dtype = input._dtype
                if other._dtype is dtype and other._table is table:
                    result = run(table.mul, input._array, other._array)
            except Exception:                           # dispatch finds out what is wrong
                result = None
            if result is not None:
                ...                                     # wrap it; record a node
                return tensor
        return dispatch(op, (input, other), (), out)

Compiling costs some 300 us, so 400 operators are not compiled at import: each function starts as a
stub, which gives itself its real code when it is first called. It stays the same object, so that
``from plugrad import mul`` binds the fast one too.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from types import FunctionType
from typing import Any

from plugrad import dtypes
from plugrad.autograd import saved, tape, views
from plugrad.autograd.modes import mode
from plugrad.vocabulary import dispatch, inplace, nodes
from plugrad.vocabulary.registry import Argument, Operator
from plugrad.vocabulary.sources import (
    compile_function,
    indent,
    plain_node_class,
    saved_slots,
    tuple_source,
    untouched,
)

__all__ = ["binary_dunder", "inplace_function", "operator_function"]

_compile_lock = threading.Lock()


def _stub(*args: Any, **kwargs: Any) -> Any:
    return compile_and_call(args, kwargs)  # type: ignore[name-defined]  # noqa: F821  # its globals


def _lazily(name: str, source: Callable[[], str], namespace: dict[str, Any]) -> FunctionType:
    """Return a function that compiles its own code when it is first called."""
    stub = FunctionType(_stub.__code__, namespace, name)
    stub.__qualname__ = name
    stub.__module__ = "plugrad"

    def compile_and_call(args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        with _compile_lock:
            if stub.__code__ is _stub.__code__:
                compiled = compile_function(source(), name, namespace)
                stub.__defaults__ = compiled.__defaults__
                stub.__kwdefaults__ = compiled.__kwdefaults__
                stub.__code__ = compiled.__code__
        return stub(*args, **kwargs)

    namespace["compile_and_call"] = compile_and_call
    return stub


def operator_function(operator: Operator) -> Callable[..., Any]:
    """Return the operator on tensors, as a function that compiles itself when first called."""
    namespace = {"op": operator, "dispatch": dispatch.dispatch}
    if operator.form == "elementwise":
        return _lazily(operator.name, lambda: _elementwise_source(operator, namespace), namespace)
    return _lazily(operator.name, lambda: _general_source(operator, namespace), namespace)


def binary_dunder(operator: Operator, name: str) -> Callable[..., Any]:
    """Return the operator for use as ``__add__`` and kin: NotImplemented for a foreign operand."""
    namespace = {"op": operator, "dispatch": dispatch.dispatch_dunder}
    return _lazily(name, lambda: _elementwise_source(operator, namespace, name), namespace)


def inplace_function(operator: Operator) -> Callable[..., Any]:
    """Return the in-place form, ``name_``."""
    name = f"{operator.name}_"
    arguments = _public_names(operator)
    params = [_with_default(operator, param) for param in operator.params]
    source = (
        f"def {name}({', '.join([*arguments, *params])}):\n"
        f"    return inplace(op, ({', '.join(arguments)},), ({tuple_source(operator.params)}))\n"
    )
    return _lazily(name, lambda: source, {"op": operator, "inplace": inplace.inplace})


def _bind(namespace: dict[str, Any], operator: Operator) -> None:
    """Put what compiled code refers to into its globals."""
    namespace.update(
        _mode=mode,
        new=object.__new__,
        Tensor=tape.tensor_class(),
        AliasCell=tape.AliasCell,
        new_cell=tape.new_cell,
        add_step=views.add_step,
        versions_of=saved.versions_of,
        new_tensor=tape.new_tensor,
        hang=nodes.hang,
        tick=tape.tick,
        bool_=dtypes.bool_,
        INTEGER=dtypes.Category.INTEGER,
        int64=dtypes.int64,
        Node=plain_node_class(operator, scalar=False),
        ScalarNode=plain_node_class(operator, scalar=True) if operator.scalars else None,
    )


# ---------------------------------------------------------------------------------- the forward


def _public_names(operator: Operator) -> list[str]:
    """Name arrays as PyTorch's users do: the first is ``input``, a second ``other``."""
    names = list(operator.array_names)
    public = {"x": "input", "y": "other"}
    return [public.get(name, name) for name in names]


def _with_default(operator: Operator, param: str) -> str:
    return f"{param}={operator.defaults[param]!r}" if param in operator.defaults else param


def _elementwise_source(
    operator: Operator, namespace: dict[str, Any], name: str | None = None
) -> str:
    _bind(namespace, operator)
    arguments = _public_names(operator)
    params = [_with_default(operator, param) for param in operator.params]
    # A condition or mask, which takes no gradient where others do, does not promote.
    typed = [
        argument
        for name, argument in zip(operator.array_names, arguments, strict=True)
        if name in (operator.differentiable or operator.array_names)
    ]
    first, *others = typed
    raw = [f"{argument}._array" for argument in arguments]
    fits = [f"{other}._dtype is dtype and {other}._table is table" for other in others]
    fits += [
        f"{mask}._dtype is bool_ and {mask}._table is table"
        for mask in arguments
        if mask not in typed
    ]
    condition = {
        "same": "dtype.direct",
        "floating": "dtype.weak_scalar",
        "bool": "",
    }.get(operator.result, "")
    if operator.accepts != "all" and operator.result != "floating":
        # What the operator does not accept goes to where it is refused.
        condition = {
            "real": "dtype.direct",
            "numbers": "dtype.direct and dtype is not bool_",
            "real numbers": "dtype.direct and dtype is not bool_",
            "integers": "dtype.direct and not dtype.is_floating_point",
            "integer numbers": "dtype.category is INTEGER",
        }.get(operator.accepts, "dtype.weak_scalar")
    call = f"run(table.{operator.name}, {', '.join([*raw, *operator.params])})"
    lines = [
        f"def {name or operator.name}({', '.join([*arguments, *params])}, *, out=None):",
        "    run, records = _mode.now",
        "    if run is not None and out is None:",
        "        result = None",
        "        try:",
        f"            table = {first}._table",
        f"            dtype = {first}._dtype",
    ]
    wanted = " and ".join(filter(None, [*fits, condition]))
    if operator.scalars:
        # A Python float or int beside float32 or float64 goes to the kernel as it is: NumPy too
        # takes such a number in the array's own type.
        lines += [
            f"            kind = {others[0]}.__class__",
            "            if kind is float or kind is int:",
            "                if dtype.weak_scalar:",
            "                    Made = ScalarNode",
            f"                    result = run(table.{operator.name}, {first}._array, {others[0]})",
            f"            elif {wanted}:",
            "                Made = Node",
            f"                result = {call}",
        ]
    elif wanted:
        lines += [f"            if {wanted}:", f"                result = {call}"]
    else:
        lines += [f"            result = {call}"]
    lines += [
        "        except Exception:",
        "            result = None",
        "        if result is not None:",
        *indent(_wrap_and_record(operator, arguments, fixed_dtype=_fixed_dtype(operator)), 3),
        f"    return dispatch(op, ({tuple_source(arguments)}), "
        f"({tuple_source(operator.params)}), out)",
    ]
    return "\n".join(lines)


def _fixed_dtype(operator: Operator) -> str:
    return {"bool": "bool_", "index": "int64", "given": "table.dtypes[result.dtype]"}.get(
        operator.result, "dtype"
    )


def _general_source(operator: Operator, namespace: dict[str, Any]) -> str:
    _bind(namespace, operator)
    names = list(operator.array_names)
    params = [_with_default(operator, param) for param in operator.params]
    arguments = [f"{a.name}=None" if a.optional else a.name for a in operator.arguments]
    if any("=" in argument for argument in arguments):
        params = [param if "=" in param else f"{param}=None" for param in params]
    signature = f"def {operator.name}({', '.join([*arguments, *params])}):"
    fallback = (
        f"return dispatch(op, ({tuple_source(names)}), ({tuple_source(operator.params)}), None)"
    )
    first = operator.arguments[0]
    owner = f"{first.name}[0]" if first.listed else first.name
    checks = list(filter(None, (_fits(operator, argument) for argument in operator.arguments)))
    raw = [_raw(argument) for argument in operator.arguments]
    if operator.differentiable and not (operator.view or operator.moves):
        # The compiled rules of a linear operator leave out the conjugations of complex numbers.
        checks.append("dtype.direct" if operator.form == "linear" else "not dtype.low_precision")
    if operator.accepts != "all":
        checks.append("dtype is not bool_")
    needed = ["dtype = " + f"{owner}._dtype"] if checks or operator.result == "same" else []
    lines = [
        signature,
        "    run, records = _mode.now",
        "    if run is not None:",
        "        result = None",
        "        try:",
        f"            table = {owner}._table",
        *(f"            {line}" for line in needed),
        f"            if {' and '.join(checks) or 'True'}:",
        f"                result = run(table.{operator.name}, "
        f"{', '.join([*raw, *operator.params])})",
        "        except Exception:",
        "            result = None",
        "        if result is not None:",
        *indent(
            _wrap_and_record_all(operator)
            if operator.outputs
            else _wrap_and_record(operator, names, fixed_dtype=_fixed_dtype(operator)),
            3,
        ),
        f"    {fallback}",
    ]
    return "\n".join(lines)


def _fits(operator: Operator, argument: Argument) -> str:
    """Return the condition under which an array may go straight to the kernel."""
    first = operator.arguments[0]
    name = argument.name
    typed = name in operator.differentiable
    if argument.listed:
        same = " and t._dtype is dtype" if typed or not operator.differentiable else ""
        return f"all([t._table is table{same} for t in {name}])"
    if argument is first:
        return ""
    condition = f"{name}._table is table"
    if typed and first.name in operator.differentiable:
        condition += f" and {name}._dtype is dtype"
    return f"({name} is None or {condition})" if argument.optional else condition


def _raw(argument: Argument) -> str:
    if argument.listed:
        return f"[t._array for t in {argument.name}]"
    if argument.optional:
        return f"None if {argument.name} is None else {argument.name}._array"
    return f"{argument.name}._array"


def _wrap_and_record(operator: Operator, arguments: list[str], fixed_dtype: str) -> list[str]:
    """Emit what makes and returns the output tensor and, where a gradient is wanted, its node."""
    lines = [
        # NumPy returns a scalar, not an array, for a zero-dimensional result.
        "if result.__class__ is not table.array_type:",
        "    result = table.wrap(result)",
        "tensor = new(Tensor)",
        "tensor._array = result",
        "tensor._table = table",
        f"tensor._dtype = {fixed_dtype}",
        "tensor._cell = tensor._meta = tensor._edge = None",
    ]
    if operator.rules or operator.joint:
        public = dict(zip(operator.array_names, arguments, strict=True))
        edges = {name: _edge(operator, name, public[name]) for name in operator.differentiable}
        wanted = " or ".join(_wanted(operator, name, public[name]) for name in edges)
        lines += [
            "if records:",
            *indent([f"{public[name]}_edge = {edge}" for name, edge in edges.items()], 1),
            f"    if {wanted}:",
            *indent(_leave_complex(operator, arguments), 2),
            *indent(_record(operator, public, fixed_dtype), 2),
        ]
    if operator.view:
        step = f"{operator.name!r}, ({tuple_source(operator.params)}), {arguments[0]}._array.shape"
        lines.append(f"add_step(tensor, {arguments[0]}, ({step}))")
    return [*lines, "return tensor"]


def _leave_complex(operator: Operator, arguments: list[str]) -> list[str]:
    """Emit the way out for a linear operator whose result is complex though its input is real.

    The compiled rules leave out the conjugations of complex numbers.
    """
    if operator.form != "linear" or operator.view or operator.moves or operator.result != "given":
        return []
    call = f"dispatch(op, ({tuple_source(arguments)}), ({tuple_source(operator.params)}), None)"
    return ["if tensor._dtype.is_complex:", f"    return {call}"]


def _wrap_and_record_all(operator: Operator) -> list[str]:
    """Emit the same for an operator with several outputs."""
    public = {name: name for name in operator.array_names}
    lines = [
        "tensors = []",
        "for array in result:",
        "    if array.__class__ is not table.array_type:",
        "        array = table.wrap(array)",
        "    tensors.append(new_tensor(array, table, table.dtypes[array.dtype]))",
    ]
    if operator.rules or operator.joint:
        edges = {name: _edge(operator, name, name) for name in operator.differentiable}
        wanted = " or ".join(_wanted(operator, name, name) for name in edges)
        lines += [
            "if records:",
            *indent([f"{name}_edge = {edge}" for name, edge in edges.items()], 1),
            f"    if {wanted}:",
            *indent(_record(operator, public, ""), 2),
        ]
    if operator.view:
        (first, *_) = operator.array_names
        lines += [
            f"before = {first}._array.shape",
            "for position, tensor in enumerate(tensors):",
            f"    where = op.view(before, position, {tuple_source(operator.params)})",
            f"    add_step(tensor, {first}, where, 'several outputs')",
        ]
    return [*lines, "return tensors" if operator.outputs == "*" else "return tuple(tensors)"]


def _edge(operator: Operator, name: str, public: str) -> str:
    """Return the expression for where an array's gradient flows; a list's, for the list of them."""
    argument = next(a for a in operator.arguments if a.name == name)
    if argument.listed:
        return f"[t._edge for t in {public}]"
    if argument.optional:
        return f"None if {public} is None else {public}._edge"
    if operator.scalars and public == "other":
        return "other._edge if Made is Node else None"  # a number has none
    return f"{public}._edge"


def _wanted(operator: Operator, name: str, public: str) -> str:
    """Return the expression that tells whether an array wants a gradient."""
    argument = next(a for a in operator.arguments if a.name == name)
    return f"any({public}_edge)" if argument.listed else f"{public}_edge is not None"


def _record(operator: Operator, public: dict[str, str], fixed_dtype: str) -> list[str]:
    listed = {a.name for a in operator.arguments if a.listed}
    edges = [
        f"*{public[name]}_edge" if name in listed else f"{public[name]}_edge"
        for name in operator.differentiable
    ]
    saved, cells = [], []
    for name in operator.saved_inputs:
        users = operator.users(name)
        value = f"tuple({public[name]})" if name in listed else public[name]
        if set(users) != set(operator.differentiable):
            wanted = " or ".join(_wanted(operator, user, public[user]) for user in users)
            value += f" if {wanted} else None"
        saved.append(value)
        argument = next(a for a in operator.arguments if a.name == name)
        if name in listed:
            cells.append(f"all([{untouched('t')} for t in {public[name]}])")
        elif argument.optional:
            cells.append(f"({public[name]} is None or {untouched(public[name])})")
        elif operator.scalars and public[name] == "other":
            cells.append(f"(Made is ScalarNode or {untouched('other')})")
        else:
            cells.append(untouched(public[name]))
    lines = [
        f"node = new({'Made' if operator.scalars else 'Node'})",
        "node.table = table",
        f"node.edges = ({tuple_source(edges)})",
    ]
    if operator.outputs is None and operator.saved_outputs:
        lines += ["cell = tensor._cell = new(AliasCell)", "cell.version = 0", "cell.views = None"]
        saved += ["result", "cell"]
    elif operator.saved_outputs:
        for name in operator.saved_outputs:
            lines.append(f"out_{name} = tensors[{operator.output_names.index(name)}]")
            lines.append(f"out_{name}._cell = new_cell()")
            saved += [f"out_{name}._array", f"out_{name}._cell"]
    slots = [f"node.{slot}" for slot in saved_slots(operator)]
    lines += [f"{slot} = {value}" for slot, value in zip(slots, saved, strict=True)]
    lines.append(
        f"node.versions = None if {' and '.join(cells)} else versions_of(({tuple_source(slots)}))"
        if cells
        else "node.versions = None"
    )
    kept = [
        f"[t._array.shape for t in {public[name]}]"
        if name in listed
        else f"{public[name]}._array.shape"
        for name in operator.saved_shapes
    ]
    if kept or operator.saved_params:
        lines.append(f"node.params = ({tuple_source([*kept, *operator.saved_params])})")
    lines += ["node.seq = tick()", "node.hooks = None"]
    if operator.outputs is not None:
        return [*lines, "hang(node, tensors)"]
    return [
        *lines,
        "node.shape = result.shape",
        f"node.dtype = {fixed_dtype if fixed_dtype.isidentifier() else 'tensor._dtype'}",
        "tensor._edge = node",
    ]
