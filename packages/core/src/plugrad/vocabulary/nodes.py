"""Node classes: one for each operator, named as PyTorch names it, with its rules applied.

Three kinds share a name. *Plain* nodes have compiled rules on raw arrays (see
`plugrad.vocabulary.specialise`); *scalar* ones are the same for an operation with a Python number;
*general* ones interpret the declaration, and serve what is rare: promotion, low precision, complex
numbers. Under ``create_graph`` all kinds are interpreted, on tensors.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from plugrad.autograd import saved as saving
from plugrad.autograd.modes import mode
from plugrad.autograd.tape import Node, Output, TensorBase, alias_cell, new_tensor, tick
from plugrad.dtypes import dtype
from plugrad.vocabulary.arguments import tensors_of
from plugrad.vocabulary.registry import Operator, Rule, tensor_table

if TYPE_CHECKING:
    from plugrad.tensor import Tensor

__all__ = ["GeneralNode", "filled", "hang", "make_node", "node_class", "pulled_back"]

Compile = Callable[[Operator, str], Callable[..., Any]]
_classes: dict[tuple[Operator, str], type[Node]] = {}


class OperatorNode(Node):
    """The node of a declared operator."""

    __slots__ = ()
    op: Operator  # of the class, not of the node

    def apply_tensors(self, gradient: Any, edges: tuple[Node | None, ...]) -> tuple[Any, ...]:
        """Run the rules on tensors, so that they are recorded."""
        return _interpret(self, tensor_table, gradient, edges, raw=False)

    def kept(self) -> tuple[Any, ...]:
        """Return what was saved, inputs before outputs, each output as its array and alias cell.

        Raises
        ------
        RuntimeError
            If it was freed, or changed in place since.
        """
        if self.saved is None:
            saving.freed(self)
        saving.verify(self)
        return self.saved


class GeneralNode(OperatorNode):
    """A node whose rules are interpreted on raw arrays too.

    Attributes
    ----------
    compute : dtype or None
        What the kernel computed in, where that is not every input's own dtype: saved inputs are
        converted to it, and so is the gradient.
    """

    __slots__ = ("compute",)
    compute: dtype | None

    def apply(self, gradient: Any, edges: tuple[Node | None, ...], retain: bool) -> tuple[Any, ...]:
        """Run the rules on raw arrays."""
        results = _interpret(self, self.table, gradient, edges, raw=True)
        if not retain:
            self.saved = None
        return results


def node_class(
    operator: Operator, kind: str, compile_apply: Compile | None = None, slots: Sequence[str] = ()
) -> type[Node]:
    """Return the class of an operator's nodes of one kind, making it when first asked for.

    Those with a compiled ``apply`` have a slot for each thing that they save.
    """
    cls = _classes.get((operator, kind))
    if cls is None:
        base = GeneralNode if kind == "general" else OperatorNode
        namespace: dict[str, Any] = {"__slots__": tuple(slots), "__module__": "plugrad"}
        namespace["op"] = operator
        namespace["passes"] = operator.view is True
        if compile_apply is not None:
            namespace["apply"] = compile_apply(operator, kind)
            namespace["saved"] = _saved_in(slots)
            namespace["elementwise"] = operator.form == "elementwise"
        cls = _classes[operator, kind] = type(operator.node, (base,), namespace)
    return cls


def _saved_in(slots: Sequence[str]) -> property:
    """Return the property `Node.saved` of nodes that save each thing in a slot of its own."""

    def read(self: Node) -> tuple[Any, ...] | None:
        if self.versions is saving.FREED:
            return None
        return tuple([getattr(self, slot) for slot in slots])

    def free(self: Node, value: None) -> None:
        if slots:
            self.versions = saving.FREED
        for slot in slots:
            setattr(self, slot, None)

    return property(read, free)


def make_node(
    op: Operator,
    arrays: tuple[Any, ...],
    params: tuple[Any, ...],
    outputs: list[Tensor],
    compute: dtype | None,
) -> Node | None:
    """Record the operation if any input wants a gradient; return the node, or None.

    Several outputs are hung on it; a single one is for the caller to hang, if it is that tensor's.

    Parameters
    ----------
    arrays, params
        The arguments: what the node saves of them is up to the rules.
    outputs : list of Tensor
        Made already.
    compute : dtype or None
        See `evaluate`.
    """
    recording = mode.grad and not mode.inference and (op.rules or op.joint)
    edges = _edges(op, arrays) if recording else ()
    kinds = [t._dtype for t in outputs]
    if not any(edges) or not any(d.is_floating_point or d.is_complex for d in kinds):
        return None
    values = dict(zip(op.array_names, arrays, strict=True))
    node: Any = object.__new__(node_class(op, "general"))
    node.compute = compute
    node.table = outputs[0]._table
    node.edges = edges
    wanted = _wanted(op, values)
    saved: list[Any] = []
    for name in op.saved_inputs:
        value = values[name] if wanted.intersection(op.users(name)) else None
        saved.append(tuple(value) if isinstance(value, list) else value)
    for name in op.saved_outputs:
        tensor = outputs[op.output_names.index(name)]
        saved += [tensor._array, alias_cell(tensor)]
    node.saved = tuple(saved)
    node.versions = saving.versions_of(node.saved)
    shapes = [_shape(values[name]) for name in op.saved_shapes]
    given = dict(zip(op.params, params, strict=True))
    node.params = (*shapes, *(given[name] for name in op.saved_params))
    node.seq = tick()
    node.hooks = None
    if op.outputs is None:
        node.shape, node.dtype = outputs[0]._array.shape, outputs[0]._dtype
    else:
        hang(node, outputs)
    if mode.anomaly is not None:
        mode.anomaly.recorded(node, arrays)
    if mode.packers:
        mode.packers[-1].pack(node)
    return node  # type: ignore[no-any-return]


def hang(node: Node, outputs: list[Tensor]) -> None:
    """Make tensors the outputs of a node that has several."""
    # A list equals no gradient's shape: the engine looks closer.
    node.shape = [tensor._array.shape for tensor in outputs]
    node.dtype = tuple([tensor._dtype for tensor in outputs])
    for number, tensor in enumerate(outputs):
        if tensor._dtype.is_floating_point or tensor._dtype.is_complex:
            tensor._edge = Output(node, number)


def _shape(value: Any) -> Any:
    if isinstance(value, list):
        return [tensor._array.shape for tensor in value]
    return value._array.shape if isinstance(value, TensorBase) else ()


def _edges(op: Operator, arrays: tuple[Any, ...]) -> tuple[Node | None, ...]:
    edges: list[Node | None] = []
    for name, value in zip(op.array_names, arrays, strict=True):
        if name not in op.differentiable:
            continue
        if isinstance(value, list):
            edges += [tensor._edge for tensor in value]
        else:
            edges.append(value._edge if isinstance(value, TensorBase) else None)
    return tuple(edges)


def _wanted(op: Operator, values: dict[str, Any]) -> set[str]:
    """Return the names of the arrays that want a gradient."""
    return {
        name
        for name in op.differentiable
        if any(tensor._edge is not None for tensor in tensors_of((values[name],)))
    }


def _interpret(
    node: OperatorNode, k: Any, gradient: Any, edges: tuple[Node | None, ...], *, raw: bool
) -> tuple[Any, ...]:
    operator = node.op
    compute = node.compute if isinstance(node, GeneralNode) else None
    # PyTorch's convention for complex numbers: vjp(g) = conj(partial(conj(g))). Primitives state
    # both directions themselves.
    conjugate = operator.form in ("elementwise", "linear") and _is_complex(node, compute)
    values = _values(node, k, compute, raw=raw)
    values["needs"] = tuple(edge is not None for edge in edges)
    _add_gradients(values, node, k, gradient, compute)
    return pulled_back(operator, k, values, conjugate=conjugate)


def pulled_back(
    operator: Operator, k: Any, values: dict[str, Any], *, conjugate: bool = False
) -> tuple[Any, ...]:
    """Return what an operator's rules make of the gradients of its outputs.

    Parameters
    ----------
    operator : Operator
    k : Kernels or TensorTable
        The level that the rules work on.
    values : dict
        By name, all that rules may ask for. Those whose `needs` is False are not run.
    conjugate : bool
        Whether the rules are those of holomorphic functions, for complex numbers.

    Returns
    -------
    tuple
        The gradient of each array that has one, or of each in the list; None where not needed.
    """
    if conjugate:
        values["g"] = k.conj(values["g"])

    def call(rule: Rule) -> Any:
        return rule.function(*(k if name == "k" else values[name] for name in rule.names))

    if operator.joint is not None:
        return tuple(call(operator.joint))
    if operator.differentiates_list:
        (rule,) = operator.rules.values()
        results = list(call(rule))
    else:
        results = [
            call(operator.rules[name]) if needed else None
            for name, needed in zip(operator.differentiable, values["needs"], strict=True)
        ]
    if conjugate:
        results = [None if result is None else k.conj(result) for result in results]
    return tuple(results)


def _is_complex(node: Node, compute: dtype | None) -> bool:
    dtypes = node.dtype if isinstance(node.dtype, tuple) else (node.dtype,)
    return (compute is not None and compute.is_complex) or any(d.is_complex for d in dtypes)


def _values(node: OperatorNode, k: Any, compute: dtype | None, *, raw: bool) -> dict[str, Any]:
    """Return what was saved, by name, on the level of `k`."""
    operator = node.op
    values: dict[str, Any] = {"out_shape": node.shape}
    names = operator.saved_shapes + operator.saved_params
    if names:
        params = zip(names, node.params, strict=True)
        values.update((f"{n}_shape" if n in operator.saved_shapes else n, p) for n, p in params)
    if not (operator.saved_inputs or operator.saved_outputs):
        return values
    saved = node.kept()
    inputs = saved[: len(operator.saved_inputs)]
    for name, item in zip(operator.saved_inputs, inputs, strict=True):
        cast = compute if name in operator.differentiable else None
        if isinstance(item, tuple):
            values[name] = [_on_level(node, k, t, cast, raw=raw) for t in item]
        else:
            values[name] = _on_level(node, k, item, cast, raw=raw)
    outputs = saved[len(operator.saved_inputs) :]
    for position, name in enumerate(operator.saved_outputs):
        array, cell = outputs[2 * position : 2 * position + 2]
        if raw:
            kind = node.table.dtypes[array.dtype]
            fixed = compute is None or not (kind.is_floating_point or kind.is_complex)
            values[name] = array if fixed else k.cast(array, compute)
        else:
            number = operator.output_names.index(name)
            tensor = saving.rebuild_output(node, number, array, cell)
            if compute is not None and tensor._edge is not None:
                tensor = k.cast(tensor, compute)
            values[name] = tensor
    return values


def _on_level(node: Node, k: Any, item: Any, compute: dtype | None, *, raw: bool) -> Any:
    """Return one saved input as the rules of this level want it."""
    if item is None:
        return None
    if not isinstance(item, TensorBase):
        # A Python number: an array wherever the rule may hand it to a kernel.
        if compute is None:
            return item
        array = node.table.scalar(item, compute)
        return array if raw else new_tensor(array, node.table, compute)
    value = item._array if raw else item
    if compute is None or item._dtype is compute:
        return value
    return k.cast(value, compute)


def _add_gradients(
    values: dict[str, Any], node: OperatorNode, k: Any, gradient: Any, compute: dtype | None
) -> None:
    """Add the gradients of the outputs under the names that rules use."""
    outputs = node.op.outputs
    if outputs is None:
        values["g"] = gradient if compute is None else k.cast(gradient, compute)
        return
    values["given"] = tuple(g is not None for g in gradient)
    gradients = filled(node, gradient, tensors=k is tensor_table)
    if compute is not None:
        gradients = [None if g is None else k.cast(g, compute) for g in gradients]
    if outputs == "*":
        values["g"] = gradients
    else:
        values["g"] = gradients[0]
        values.update((f"g_{name}", g) for name, g in zip(outputs, gradients, strict=True))


def filled(node: Node, gradients: Any, *, tensors: bool = False) -> list[Any]:
    """Return the gradients of several outputs, zeros for those that got none."""
    return [
        g
        if g is not None
        else _zeros(node, shape, kind, tensors=tensors)
        if kind.is_floating_point or kind.is_complex
        else None
        for g, shape, kind in zip(gradients, node.shape, node.dtype, strict=True)
    ]


def _zeros(node: Node, shape: Any, kind: dtype, *, tensors: bool) -> Any:
    array = node.table.zeros(shape, kind)
    return new_tensor(array, node.table, kind) if tensors else array
