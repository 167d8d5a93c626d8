"""The tape: nodes, what they save, and how tensors hang on them.

A recorded operation makes one `Node`. It knows where each input came from (its `edges`), what its
gradient rules need (`saved`), and the shape and dtype of its output. The output tensor holds the
node; the node never holds its output tensor (that cycle would keep memory until the garbage
collector runs), only, where a rule asks for it, the output's array and alias cell.

Two questions decide everything here, and both have PyTorch's answers: which tensors share memory
(an `AliasCell` with one version), and which tensor a leaf's gradient lands in (`AccumulateGrad`).
"""

from __future__ import annotations

import weakref
from contextlib import suppress
from itertools import count
from typing import TYPE_CHECKING, Any, ClassVar, Final, NamedTuple

from plugrad.autograd.hooks import HookDict, Hooks, RemovableHandle
from plugrad.dtypes import dtype

if TYPE_CHECKING:
    from plugrad.backends.protocol import Kernels
    from plugrad.tensor import Tensor
    from plugrad.vocabulary.registry import Operator

__all__ = [
    "AccumulateGrad",
    "AliasCell",
    "GradientEdge",
    "InferenceCell",
    "Meta",
    "Node",
    "Output",
    "Refused",
    "TensorBase",
    "Views",
    "alias_cell",
    "hooks_of",
    "is_leaf",
    "mark_inference",
    "meta_of",
    "new_cell",
    "new_tensor",
    "tensor_class",
    "tick",
    "use_tensor_class",
]

# Later operations run their backward first: sequence numbers count downwards, so that a heap of
# (number, node) gives PyTorch's order, and with it the same last bit in every accumulated sum.
tick: Final = count(-1, -1).__next__
# Accumulation into leaves goes before everything else, as soon as it is ready.
_LEAF: Final = -(2**64)


class Views(list["weakref.ref[Tensor]"]):
    """The differentiable views of a base, whose ``grad_fn`` an in-place operation replaces.

    Attributes
    ----------
    limit : int
        How many references there may be before `sweep`.
    """

    __slots__ = ("limit",)

    def __init__(self) -> None:
        self.limit = 64

    def sweep(self) -> None:
        """Forget the views that have died."""
        self[:] = [ref for ref in self if ref() is not None]
        # Next when the list has doubled: constant work for each view.
        self.limit = max(64, 2 * len(self))


class AliasCell:
    """What tensors that share memory share: one version, and the views that live.

    Made often, by whatever saves its output, and seldom asked for more than the version.

    Attributes
    ----------
    version : int
        How many in-place operations have gone through any of them.
    views : Views or None
        The views, once there are any.
    changed_by : str
        The in-place operation that raised the version last, for error messages; only there then.
    """

    __slots__ = ("changed_by", "version", "views")

    version: int
    views: Views | None
    changed_by: str


def new_cell() -> AliasCell:
    """Return a new cell, at version 0."""
    cell = object.__new__(AliasCell)
    cell.version = 0
    cell.views = None
    return cell


class InferenceCell(AliasCell):
    """The cell of what was made in inference mode, where changes are not counted.

    So nothing can save such a tensor for a gradient: whoever asks for its version is refused.
    """

    __slots__ = ()

    @property
    def version(self) -> int:
        """Not known: raises RuntimeError."""
        raise RuntimeError(
            "a tensor made in inference mode has no version, for changes of it are not counted, so "
            "it cannot be saved for a gradient; clone it, or make it under no_grad() instead"
        )

    @version.setter
    def version(self, value: int) -> None:
        pass


def mark_inference(tensor: TensorBase) -> None:
    """Mark a tensor as made in inference mode, unless it shares the memory of one that was not."""
    if tensor._cell is None:
        tensor._cell = cell = object.__new__(InferenceCell)
        cell.views = None


class Meta:
    """The rarer half of a tensor's autograd state, made when first needed.

    Attributes
    ----------
    grad : Tensor or None
        Of a leaf, or of a tensor that retains its gradient.
    hooks : Hooks or None
        Of a leaf that does not require grad at present, but did.
    post_hooks : dict or None
        Hooks that run after accumulation into a leaf.
    retain : bool
        Whether a non-leaf keeps its gradient.
    view : View or None
        For a differentiable view: its base and the way there.
    """

    # Defaults of the class, not set by `__init__`: views, which each have one, are made often.
    grad: Tensor | None = None
    hooks: Hooks | None = None
    post_hooks: HookDict | None = None
    retain = False
    view: Any = None


class TensorBase:
    """The slots of a tensor: what the hot path reads and writes.

    ``_edge`` is where its gradient flows: the node that made it, or a leaf's `AccumulateGrad`; None
    for a tensor that needs no gradient.
    """

    __slots__ = (
        "__dict__",
        "__weakref__",
        "_array",
        "_cell",
        "_dtype",
        "_edge",
        "_meta",
        "_table",
    )

    _array: Any
    _cell: AliasCell | None
    _dtype: dtype
    _edge: Node | None
    _meta: Meta | None
    _table: Kernels


_tensor_class: list[type[Tensor]] = []


def use_tensor_class(cls: type[Tensor]) -> None:
    """Say which class operators make: called once, by the module that defines it."""
    _tensor_class[:] = [cls]


def tensor_class() -> type[Tensor]:
    """Return the class of the tensors that operators make."""
    return _tensor_class[0]


def new_tensor(array: Any, table: Kernels, dtype: dtype) -> Tensor:
    """Return a new tensor around a raw array, with no gradient wanted."""
    tensor = object.__new__(_tensor_class[0])
    tensor._array = array
    tensor._table = table
    tensor._dtype = dtype
    tensor._cell = None
    tensor._meta = None
    tensor._edge = None
    return tensor


def alias_cell(tensor: TensorBase) -> AliasCell:
    """Return the tensor's alias cell, making one when it has none."""
    cell = tensor._cell
    if cell is None:
        cell = tensor._cell = new_cell()
    return cell


def meta_of(tensor: TensorBase) -> Meta:
    """Return the rarer half of the tensor's autograd state, making one when it has none."""
    meta = tensor._meta
    if meta is None:
        meta = tensor._meta = Meta()
    return meta


class Node:
    """One recorded operation.

    Attributes
    ----------
    edges : tuple of (Node or None)
        For each differentiable input, the node that made it (of a node with several outputs, the
        `Output`); None where no gradient is wanted. `next_functions` shows them as PyTorch does.
    saved : tuple or None
        What the rules need; None once freed.
    versions : tuple of int, or None
        The versions of what was saved; None means that all were at 0.
    table : Kernels
        The kernel table of the output's backend.
    shape, dtype
        Of the output; for a node with several outputs, a list of shapes and a tuple of dtypes.
    seq : int
        Position in the order of recording.
    hooks : Hooks or None
        Hooks on the node or on the tensors that it made.

    Examples
    --------
    >>> import plugrad
    >>> x = plugrad.ones(2, requires_grad=True)
    >>> (2 * x).sum().grad_fn.next_functions[0][0].name()
    'MulBackward0'
    """

    __slots__ = (
        "__weakref__",
        "dtype",
        "edges",
        "hooks",
        "params",
        "saved",
        "seq",
        "shape",
        "table",
        "versions",
    )

    edges: tuple[Node | None, ...]
    saved: tuple[Any, ...] | None
    params: tuple[Any, ...]
    versions: tuple[int, ...] | None
    table: Kernels
    shape: Any
    dtype: Any
    seq: int
    hooks: Hooks | None

    op: Operator | None = None
    passes: ClassVar[bool] = False
    """Whether its gradient may end up in a leaf's ``grad`` without having been copied."""

    elementwise: ClassVar[bool] = False
    """Whether what `apply` returns is certain to have the output's shape."""

    foreign: ClassVar[bool] = False
    """Whether others, such as the user, may hold what `apply` returns."""

    def name(self) -> str:
        """Return the name that PyTorch gives such a node.

        Examples
        --------
        >>> import plugrad
        >>> plugrad.ones(2, requires_grad=True).sin().grad_fn.name()
        'SinBackward0'
        """
        return type(self).__name__

    @property
    def next_functions(self) -> tuple[tuple[Node | None, int], ...]:
        """Where the inputs came from: pairs of a node (or None) and an output number."""
        return tuple(
            (edge.node, edge.number) if isinstance(edge, Output) else (edge, 0)
            for edge in self.edges
        )

    @property
    def metadata(self) -> dict[str, Any]:
        """A dictionary of the user's own, kept as long as the node."""
        return hooks_of(self).metadata

    def apply(self, gradient: Any, edges: tuple[Node | None, ...], retain: bool) -> tuple[Any, ...]:
        """Return the gradient of each input whose edge is not None, on raw arrays.

        Without `retain`, let go of what was saved.
        """
        raise NotImplementedError

    def apply_tensors(self, gradient: Any, edges: tuple[Node | None, ...]) -> tuple[Any, ...]:
        """Do the same on tensors, recording: for ``create_graph``."""
        raise NotImplementedError

    def register_hook(self, hook: Any) -> RemovableHandle:
        """Call ``hook(grad_inputs, grad_outputs)`` after the node has run.

        Returns
        -------
        RemovableHandle
        """
        return hooks_of(self).post.add(hook)

    def register_prehook(self, hook: Any) -> RemovableHandle:
        """Call ``hook(grad_outputs)`` before the node runs.

        Returns
        -------
        RemovableHandle
        """
        return hooks_of(self).pre.add(hook)

    def __getattr__(self, name: str) -> Any:
        if not name.startswith("_saved_"):
            raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")
        from plugrad.autograd.graph import saved_attribute

        return saved_attribute(self, name)

    def __dir__(self) -> list[str]:
        names = [*object.__dir__(self)]
        with suppress(ImportError):
            from plugrad.autograd.graph import saved_attributes

            names += saved_attributes(self)
        return names

    def _sequence_nr(self) -> int:
        return -1 - self.seq

    def __repr__(self) -> str:
        return f"<{self.name()} object at {hex(id(self))}>"

    def __lt__(self, other: Node) -> bool:
        return self.seq < other.seq


class Output(Node):
    """One output of a node that has several: hands its gradient on, with the number.

    So that everything else deals with nodes of one output, and need not carry numbers.
    """

    __slots__ = ("node", "number")

    def __init__(self, node: Node, number: int) -> None:
        self.node = node
        self.number = number
        self.edges = (node,)
        self.saved = ()
        self.params = ()
        self.versions = None
        self.table = node.table
        self.shape = node.shape[number]
        self.dtype = node.dtype[number]
        self.seq = tick()
        self.hooks = None

    def apply(
        self, gradient: Any, edges: tuple[Node | None, ...], retain: bool = False
    ) -> tuple[Any, ...]:
        """Hand the gradient on."""
        return (gradient,)

    apply_tensors = apply


class AccumulateGrad(Node):
    """The node of a leaf: adds what arrives into the leaf's ``grad``.

    The leaf owns its node, and the node knows the leaf weakly, so that neither outlives the other
    in a cycle. Should the leaf die before its graph, `variable` makes it anew from its parts.

    Examples
    --------
    >>> import plugrad
    >>> x = plugrad.ones(2, requires_grad=True)
    >>> (2 * x).grad_fn.next_functions[0][0].variable is x
    True
    """

    __slots__ = ("_array", "_leaf", "_meta")
    passes = True

    def __init__(self, leaf: Tensor) -> None:
        self._leaf = weakref.ref(leaf)
        self._meta = meta_of(leaf)
        self.edges = ()
        self.saved = ()
        self.params = ()
        self.versions = None
        self.seq = _LEAF
        self.hooks = None
        self.describe(leaf)

    def describe(self, leaf: Tensor) -> None:
        """Take over what the leaf is: its array may have been replaced, through ``data``."""
        self._array = leaf._array
        self.table = leaf._table
        self.shape = leaf._array.shape
        self.dtype = leaf._dtype

    @property
    def variable(self) -> Tensor:
        """The leaf."""
        leaf = self._leaf()
        if leaf is None:
            leaf = new_tensor(self._array, self.table, self.dtype)
            leaf._meta = self._meta
            leaf._edge = self
            self._leaf = weakref.ref(leaf)
        return leaf


class Refused(Node):
    """The node of a tensor that cannot be differentiated: a backward that gets here raises.

    Parameters
    ----------
    tensor : Tensor
    edges : tuple of (Node or None)
    message : str
        Why.
    """

    __slots__ = ("message",)

    def __init__(self, tensor: Tensor, edges: tuple[Node | None, ...], message: str) -> None:
        self.message = message
        self.edges = edges
        self.saved = ()
        self.params = ()
        self.versions = None
        self.table = tensor._table
        self.shape = tensor._array.shape
        self.dtype = tensor._dtype
        self.seq = tick()
        self.hooks = None

    def apply(
        self, gradient: Any, edges: tuple[Node | None, ...], retain: bool = False
    ) -> tuple[Any, ...]:
        """Raise RuntimeError."""
        raise RuntimeError(self.message)

    apply_tensors = apply


class GradientEdge(NamedTuple):
    """Where the gradient of a tensor flows, without the tensor: for `grad` and `backward`.

    Attributes
    ----------
    node : Node
        The tensor's ``grad_fn``, or the `AccumulateGrad` of a leaf.
    output_nr : int
        Which output of the node.
    ownership_token : Node, optional
        What has to be kept for the edge to stay valid.

    Examples
    --------
    >>> import plugrad
    >>> x = plugrad.ones(2, requires_grad=True)
    >>> y = 2 * x
    >>> plugrad.autograd.grad((y * y).sum(), plugrad.autograd.graph.GradientEdge(y.grad_fn, 0))
    (tensor([4., 4.]),)
    """

    node: Node
    output_nr: int
    ownership_token: Node | None = None

    @property
    def flow(self) -> Node:
        """The node on which the gradient arrives."""
        if self.ownership_token is not None:
            return self.ownership_token
        several = isinstance(self.node.dtype, tuple)
        return Output(self.node, self.output_nr) if several else self.node


def is_leaf(tensor: TensorBase) -> bool:
    """Return whether no recorded operation made the tensor."""
    edge = tensor._edge
    return edge is None or edge.__class__ is AccumulateGrad


def hooks_of(node: Node) -> Hooks:
    """Return the node's hooks, making the collection when there is none."""
    if node.hooks is None:
        node.hooks = Hooks()
    return node.hooks
