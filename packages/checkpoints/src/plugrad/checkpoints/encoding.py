"""Pickles that name PyTorch's functions, written without them.

Python's own pickler only writes the names of what it can import. So the stream, of pickle's
protocol 2 (PEP 307), is written here: for the few types that a checkpoint may hold, and without
recursion, so that depth costs nothing.
"""

from __future__ import annotations

import pickle
import struct
from collections import Counter, OrderedDict
from collections.abc import Callable, Iterator
from typing import Any, Final

from plugrad.checkpoints.names import Global

__all__ = ["Call", "Encoder", "Persistent"]


class _Code(bytes):
    """Opcodes, beside the values that `Encoder` is handed."""

    __slots__ = ()


class _Passing(tuple[Any, ...]):
    """A tuple that nothing else refers to, so that it need not be remembered."""

    __slots__ = ()


class Call:
    """What is made by a call when it is read.

    Parameters
    ----------
    function : Global
    arguments : tuple
    items : iterator of pairs, optional
        Set on what the function returns.
    state : dict, optional
        Its attributes.
    """

    __slots__ = ("arguments", "function", "items", "state")

    def __init__(
        self,
        function: Global,
        *arguments: Any,
        items: Iterator[tuple[Any, Any]] | None = None,
        state: Any = None,
    ) -> None:
        self.function = function
        self.arguments = _Passing(arguments)
        self.items = items
        self.state = state


class Persistent:
    """What lies outside of the stream.

    Parameters
    ----------
    key : tuple
        Where.
    """

    __slots__ = ("key",)

    def __init__(self, *key: Any) -> None:
        self.key = _Passing(key)


Reduce = Callable[[Any], "Call | Global"]

_ENCODE: Final = Global("_codecs", "encode")
_BATCH: Final = 1000


def _builtin(name: str) -> Global:
    return Global("__builtin__", name)  # their module's name in Python 2, as in PyTorch's files


def _bytes(value: bytes) -> Call:
    return Call(_ENCODE, value.decode("latin-1"), "latin1")


_REDUCERS: Final[dict[type, Reduce]] = {
    bytes: _bytes,
    bytearray: lambda value: Call(_builtin("bytearray"), *([bytes(value)] if value else [])),
    complex: lambda value: Call(_builtin("complex"), value.real, value.imag),
    set: lambda value: Call(_builtin("set"), list(value)),
    Counter: lambda value: Call(Global("collections", "Counter"), dict(value)),
    OrderedDict: lambda value: Call(
        Global("collections", "OrderedDict"), items=iter(value.items()), state=vars(value) or None
    ),
}


class Encoder:
    """Writes one object, and all that it holds.

    Parameters
    ----------
    reduce : callable
        From an object of another type than Python's own to the `Call` that makes it, or the
        `Global` that it is; None if it cannot be written.

    Examples
    --------
    >>> import pickle
    >>> pickle.loads(Encoder(lambda value: None).encode({"lr": 0.5, "betas": (1, 2.0)}))
    {'lr': 0.5, 'betas': (1, 2.0)}
    """

    def __init__(self, reduce: Callable[[Any], Call | Global | None]) -> None:
        self._reduce = reduce
        self._out: list[bytes] = []
        # What was written, by identity, with its number: and the object itself, which must live.
        self._memo: dict[Any, tuple[int, Any]] = {}
        self._open: set[int] = set()

    def encode(self, value: Any) -> bytes:
        """Return the stream.

        Parameters
        ----------
        value : object

        Raises
        ------
        pickle.PicklingError
            If there is something in it that a checkpoint cannot hold: says what, and where.
        """
        self._out.append(pickle.PROTO + b"\x02")
        pending: list[Iterator[Any]] = [iter((value,))]
        while pending:
            for item in pending[-1]:
                if item.__class__ is _Code:
                    self._out.append(item)
                    continue
                parts = self._begin(item, value)
                if parts is not None:
                    pending.append(parts)
                    break
            else:
                pending.pop()
        self._out.append(pickle.STOP)
        return b"".join(self._out)

    def _begin(self, item: Any, root: Any) -> Iterator[Any] | None:
        """Write a simple value; of what has parts, return those that are to be written."""
        kind = item.__class__
        simple = _SIMPLE.get(kind)
        if simple is not None:
            self._out.append(simple(item))
            return None
        key = item if kind is str or kind is Global else id(item)
        known = self._memo.get(key)
        if known is not None:
            self._out.append(_get(known[0]))
            return None
        if kind is str:
            self._out.append(_text(item) + self._put(item, item))
            return None
        if kind is Global:
            name = f"{item.module}\n{item.name}\n".encode()
            self._out.append(pickle.GLOBAL + name + self._put(item, item))
            return None
        parts = _PARTS.get(kind)
        if parts is not None:
            return parts(self, item)
        if key in self._open:
            raise pickle.PicklingError(f"save(): {_place(root, item)} holds itself")
        reducer = _REDUCERS.get(kind, self._reduce)
        reduced = reducer(item)
        if reduced is None:
            raise pickle.PicklingError(
                f"save(): {_place(root, item)} is a {kind.__module__}.{kind.__qualname__}, and a "
                "checkpoint holds tensors, numbers, text and containers of them only" + _cure(item)
            )
        if isinstance(reduced, Global):
            return iter((reduced,))
        return self._call(reduced, item)

    def _put(self, key: Any, item: Any) -> bytes:
        number = len(self._memo)
        self._memo[key] = (number, item)
        if number < 256:
            return pickle.BINPUT + bytes((number,))
        return pickle.LONG_BINPUT + struct.pack("<L", number)

    def _call(self, call: Call, item: Any = None) -> Iterator[Any]:
        self._open.add(id(item))
        yield call.function
        yield call.arguments
        yield _Code(pickle.REDUCE)
        if item is not None:
            yield _Code(self._put(id(item), item))
        self._open.discard(id(item))
        if call.items is not None:
            yield from _in_batches(call.items, pickle.SETITEM, pickle.SETITEMS)
        if call.state is not None:
            yield call.state
            yield _Code(pickle.BUILD)

    def _persistent(self, item: Persistent) -> Iterator[Any]:
        yield item.key
        yield _Code(pickle.BINPERSID)

    def _list(self, item: list[Any]) -> Iterator[Any]:
        yield _Code(pickle.EMPTY_LIST + self._put(id(item), item))
        yield from _in_batches(((value,) for value in item), pickle.APPEND, pickle.APPENDS)

    def _dict(self, item: dict[Any, Any]) -> Iterator[Any]:
        yield _Code(pickle.EMPTY_DICT + self._put(id(item), item))
        yield from _in_batches(iter(item.items()), pickle.SETITEM, pickle.SETITEMS)

    def _tuple(self, item: tuple[Any, ...]) -> Iterator[Any]:
        if not item:
            yield _Code(pickle.EMPTY_TUPLE)
            return
        short = len(item) <= 3
        if not short:
            yield _Code(pickle.MARK)
        yield from item
        known = self._memo.get(id(item))
        if known is not None:  # one of its parts holds it: by now it was written
            drop = pickle.POP * len(item) if short else pickle.POP_MARK
            yield _Code(drop + _get(known[0]))
            return
        put = b"" if item.__class__ is _Passing else self._put(id(item), item)
        yield _Code((_TUPLES[len(item)] if short else pickle.TUPLE) + put)


def _in_batches(groups: Iterator[tuple[Any, ...]], one: bytes, many: bytes) -> Iterator[Any]:
    ended = False
    while not ended:
        batch = []
        for group in groups:
            batch.append(group)
            if len(batch) == _BATCH:
                break
        else:
            ended = True
        if len(batch) == 1:
            yield from batch[0]
            yield _Code(one)
        elif batch:
            yield _Code(pickle.MARK)
            for group in batch:
                yield from group
            yield _Code(many)


def _get(number: int) -> bytes:
    if number < 256:
        return pickle.BINGET + bytes((number,))
    return pickle.LONG_BINGET + struct.pack("<L", number)


def _text(value: str) -> bytes:
    data = value.encode("utf-8", "surrogatepass")
    if len(data) > 0xFFFFFFFF:
        raise OverflowError("save(): a text of more than 4 GiB does not fit into a checkpoint")
    return pickle.BINUNICODE + struct.pack("<L", len(data)) + data


def _integer(value: int) -> bytes:
    if 0 <= value < 1 << 8:
        return pickle.BININT1 + bytes((value,))
    if 0 <= value < 1 << 16:
        return pickle.BININT2 + struct.pack("<H", value)
    if -(1 << 31) <= value < 1 << 31:
        return pickle.BININT + struct.pack("<l", value)
    data = pickle.encode_long(value)
    if len(data) < 256:
        return pickle.LONG1 + bytes((len(data),)) + data
    return pickle.LONG4 + struct.pack("<l", len(data)) + data


_TUPLES: Final = (b"", pickle.TUPLE1, pickle.TUPLE2, pickle.TUPLE3)
_SIMPLE: Final[dict[type, Callable[[Any], bytes]]] = {
    type(None): lambda value: pickle.NONE,
    bool: lambda value: pickle.NEWTRUE if value else pickle.NEWFALSE,
    int: _integer,
    float: lambda value: pickle.BINFLOAT + struct.pack(">d", value),
}
_PARTS: Final[dict[type, Callable[[Encoder, Any], Iterator[Any]]]] = {
    list: Encoder._list,
    dict: Encoder._dict,
    tuple: Encoder._tuple,
    _Passing: Encoder._tuple,
    Call: Encoder._call,
    Persistent: Encoder._persistent,
}


def _cure(item: Any) -> str:
    if hasattr(item, "state_dict"):
        return ": save its state_dict()"
    if hasattr(item, "item"):
        return ": save its item()"
    return ""


def _place(root: Any, wanted: Any) -> str:
    """Return where in `root` an object is, as Python would write it."""
    pending: list[tuple[str, Any]] = [("obj", root)]
    seen: set[int] = set()
    while pending:
        path, value = pending.pop()
        if value is wanted:
            return path
        if id(value) in seen:
            continue
        seen.add(id(value))
        if isinstance(value, dict):
            pending.extend((f"{path}[{key!r}]", part) for key, part in value.items())
        elif isinstance(value, list | tuple):
            pending.extend((f"{path}[{i}]", part) for i, part in enumerate(value))
    return "something in obj"
