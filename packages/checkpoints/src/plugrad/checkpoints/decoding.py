"""Reading pickles that nobody vouches for.

Python's own unpickler calls what a file names; it can be told which names to allow, but not what
may be done to them. Here a stream (pickle's protocols 2 to 5) is read by a machine that knows only
the opcodes for plain data, and hands names and calls to `Maker`, which has a table of its own.
Nothing recurses, nothing is allocated before the stream was seen to hold it, and every failure is
a `pickle.UnpicklingError` that says at which byte.
"""

from __future__ import annotations

import pickle
import struct
from collections import Counter, OrderedDict
from collections.abc import Callable
from typing import Any, Final, Protocol

from plugrad.checkpoints.names import Global

__all__ = ["Decoder", "Maker", "hashable"]

_MOST_PARTS_OF_A_KEY: Final = 1000


class Maker(Protocol):
    """Makes what a stream asks for.

    Attributes
    ----------
    inner : tuple of types
        What it makes that is no value in itself, but goes into calls.
    """

    inner: tuple[type, ...]

    def find(self, name: Global) -> Any:
        """Return what a name stands for; raise an UnpicklingError if it is not allowed."""
        ...

    def call(self, function: Any, arguments: tuple[Any, ...]) -> Any:
        """Return the result of a call."""
        ...

    def build(self, target: Any, state: Any) -> None:
        """Give an object its attributes."""
        ...

    def load(self, key: Any) -> Any:
        """Return what lies outside of the stream."""
        ...


class Decoder:
    """Reads one pickle.

    Parameters
    ----------
    data : bytes
    maker : Maker
    where : str
        What to call the stream in messages.
    start : int
        Where in `data` it begins.

    Attributes
    ----------
    at : int
        Where it goes on; in the end, what follows it.

    Examples
    --------
    >>> import pickle
    >>> from plugrad.checkpoints.making import TensorMaker
    >>> Decoder(pickle.dumps([1, "a", (2.5, None)]), TensorMaker(None), "a list").decode()
    [1, 'a', (2.5, None)]
    """

    def __init__(self, data: bytes, maker: Maker, where: str, start: int = 0) -> None:
        self._data = data
        self._maker = maker
        self._where = where
        self._inner = maker.inner
        self.at = start
        self._stack: list[Any] = []
        self._marks: list[list[Any]] = []
        self._memo: dict[int, Any] = {}
        # Tuples that hold what is no value in itself: by identity, and so that they live.
        self._tainted: dict[int, tuple[Any, ...]] = {}

    def decode(self) -> Any:
        """Return the object.

        Raises
        ------
        pickle.UnpicklingError
            If the stream is damaged, or asks for anything but tensors, containers and numbers.
        """
        begun = self.at
        try:
            while True:
                begun = self.at
                code = self._data[begun]
                self.at = begun + 1
                if code == _STOP:
                    (value,) = self._stack
                    return self._value(value)
                _CODES[code](self)
        except pickle.UnpicklingError as error:
            raise pickle.UnpicklingError(f"load(): {self._where}, byte {begun}: {error}") from error
        except KeyError as error:
            why = f"there is no opcode or memo {error}, or none that a checkpoint needs"
            raise pickle.UnpicklingError(f"load(): {self._where}, byte {begun}: {why}") from error
        except (IndexError, struct.error) as error:
            why = "the stream is cut short or damaged"
            raise pickle.UnpicklingError(f"load(): {self._where}, byte {begun}: {why}") from error
        except (TypeError, ValueError, OverflowError, AttributeError, AssertionError) as error:
            raise pickle.UnpicklingError(f"load(): {self._where}, byte {begun}: {error}") from error

    # ------------------------------------------------------------------------------- the stream

    def _take(self, count: int) -> bytes:
        data = self._data[self.at : self.at + count]
        if count < 0 or len(data) != count:
            raise pickle.UnpicklingError(f"{count} bytes should follow, but the stream ends")
        self.at += count
        return data

    def _number(self, form: struct.Struct) -> Any:
        return form.unpack(self._take(form.size))[0]

    def _line(self) -> str:
        end = self._data.index(b"\n", self.at)
        text = self._data[self.at : end].decode()
        self.at = end + 1
        return text

    # ---------------------------------------------------------------------------- what is a value

    def _value(self, value: Any) -> Any:
        """Return `value`, if it may stand in a container or be the result."""
        if isinstance(value, self._inner) or id(value) in self._tainted:
            raise pickle.UnpicklingError(f"{_described(value)} stands where data should")
        return value

    def _key(self, key: Any) -> Any:
        return hashable(self._value(key))

    def _popped(self) -> list[Any]:
        """Return what stands above the last mark."""
        above, self._stack = self._stack, self._marks.pop()
        return above

    def _push_tuple(self, parts: list[Any]) -> None:
        made = tuple(parts)
        inner, tainted = self._inner, self._tainted
        if any(isinstance(part, inner) or id(part) in tainted for part in made):
            tainted[id(made)] = made
        self._stack.append(made)

    def _extend(self, target: Any, values: list[Any]) -> None:
        if type(target) is not list:
            raise pickle.UnpicklingError(f"something is appended to a {type(target).__name__}")
        target.extend(map(self._value, values))

    def _set(self, target: Any, flat: list[Any]) -> None:
        if type(target) not in (dict, OrderedDict, Counter):
            raise pickle.UnpicklingError(f"an item is set on a {type(target).__name__}")
        for key, value in zip(flat[::2], flat[1::2], strict=True):
            target[self._key(key)] = self._value(value)

    def _add(self, target: Any, values: list[Any]) -> None:
        if type(target) is not set:
            raise pickle.UnpicklingError(f"something is added to a {type(target).__name__}")
        target.update(map(self._key, values))

    # -------------------------------------------------------------------------------- the opcodes

    def _proto(self) -> None:
        protocol = self._take(1)[0]
        if not 2 <= protocol <= 5:
            raise pickle.UnpicklingError(f"pickle's protocol is {protocol}, but 2 to 5 are read")

    def _pop(self) -> None:
        if self._stack:
            self._stack.pop()
        else:
            self._popped()

    def _mark(self) -> None:
        self._marks.append(self._stack)
        self._stack = []

    def _text(self, form: struct.Struct) -> None:
        self._stack.append(str(self._take(self._number(form)), "utf-8", "surrogatepass"))

    def _old_text(self, form: struct.Struct) -> None:
        self._stack.append(self._take(self._number(form)).decode())

    def _bytes(self, form: struct.Struct) -> None:
        self._stack.append(self._take(self._number(form)))

    def _long(self, form: struct.Struct) -> None:
        self._stack.append(pickle.decode_long(self._take(self._number(form))))

    def _dict(self) -> None:
        flat = self._popped()
        self._stack.append({})
        self._set(self._stack[-1], flat)

    def _list(self) -> None:
        values = self._popped()
        self._stack.append([])
        self._extend(self._stack[-1], values)

    def _last(self, count: int) -> list[Any]:
        if len(self._stack) < count:
            raise pickle.UnpicklingError("the stack is empty")
        parts = self._stack[-count:]
        del self._stack[-count:]
        return parts

    def _append(self) -> None:
        self._extend(self._stack[-2], self._last(1))

    def _appends(self) -> None:
        values = self._popped()
        self._extend(self._stack[-1], values)

    def _setitem(self) -> None:
        self._set(self._stack[-3], self._last(2))

    def _setitems(self) -> None:
        flat = self._popped()
        self._set(self._stack[-1], flat)

    def _additems(self) -> None:
        values = self._popped()
        self._add(self._stack[-1], values)

    def _remember(self, number: int) -> None:
        self._memo[number] = self._stack[-1]

    def _recall(self, number: int) -> None:
        self._stack.append(self._memo[number])

    def _global(self) -> None:
        self._stack.append(self._maker.find(Global(self._line(), self._line())))

    def _stack_global(self) -> None:
        module, name = self._last(2)
        if not (isinstance(module, str) and isinstance(name, str)):
            raise pickle.UnpicklingError("a name is no text")
        self._stack.append(self._maker.find(Global(module, name)))

    def _reduce(self) -> None:
        function, arguments = self._last(2)
        if type(arguments) is not tuple:
            raise pickle.UnpicklingError("the arguments of a call are no tuple")
        self._stack.append(self._maker.call(function, arguments))

    def _build(self) -> None:
        (state,) = self._last(1)
        self._maker.build(self._stack[-1], state)

    def _persistent(self) -> None:
        self._stack.append(self._maker.load(self._stack.pop()))


_STOP: Final = pickle.STOP[0]
_U8, _U16, _U32, _U64 = (struct.Struct(form) for form in ("<B", "<H", "<L", "<Q"))
_I32, _F64 = struct.Struct("<l"), struct.Struct(">d")


def _pushing(make: Callable[[], Any]) -> Callable[[Decoder], None]:
    return lambda decoder: decoder._stack.append(make())


def _pushing_number(form: struct.Struct) -> Callable[[Decoder], None]:
    return lambda decoder: decoder._stack.append(decoder._number(form))


_CODES: Final[dict[int, Callable[[Decoder], None]]] = {
    code[0]: run
    for code, run in {
        pickle.PROTO: Decoder._proto,
        pickle.FRAME: lambda decoder: decoder._number(_U64),
        pickle.POP: Decoder._pop,
        pickle.POP_MARK: lambda decoder: decoder._popped() and None,
        pickle.MARK: Decoder._mark,
        pickle.NONE: _pushing(lambda: None),
        pickle.NEWTRUE: _pushing(lambda: True),
        pickle.NEWFALSE: _pushing(lambda: False),
        pickle.BININT: _pushing_number(_I32),
        pickle.BININT1: _pushing_number(_U8),
        pickle.BININT2: _pushing_number(_U16),
        pickle.LONG1: lambda decoder: decoder._long(_U8),
        pickle.LONG4: lambda decoder: decoder._long(_I32),
        pickle.BINFLOAT: _pushing_number(_F64),
        pickle.BINUNICODE: lambda decoder: decoder._text(_U32),
        pickle.SHORT_BINUNICODE: lambda decoder: decoder._text(_U8),
        pickle.BINUNICODE8: lambda decoder: decoder._text(_U64),
        pickle.BINSTRING: lambda decoder: decoder._old_text(_I32),
        pickle.SHORT_BINSTRING: lambda decoder: decoder._old_text(_U8),
        pickle.BINBYTES: lambda decoder: decoder._bytes(_U32),
        pickle.SHORT_BINBYTES: lambda decoder: decoder._bytes(_U8),
        pickle.BINBYTES8: lambda decoder: decoder._bytes(_U64),
        pickle.BYTEARRAY8: lambda decoder: decoder._stack.append(
            bytearray(decoder._take(decoder._number(_U64)))
        ),
        pickle.EMPTY_TUPLE: _pushing(tuple),
        pickle.EMPTY_LIST: _pushing(list),
        pickle.EMPTY_DICT: _pushing(dict),
        pickle.EMPTY_SET: _pushing(set),
        pickle.TUPLE: lambda decoder: decoder._push_tuple(decoder._popped()),
        pickle.TUPLE1: lambda decoder: decoder._push_tuple(decoder._last(1)),
        pickle.TUPLE2: lambda decoder: decoder._push_tuple(decoder._last(2)),
        pickle.TUPLE3: lambda decoder: decoder._push_tuple(decoder._last(3)),
        pickle.DICT: Decoder._dict,
        pickle.LIST: Decoder._list,
        pickle.APPEND: Decoder._append,
        pickle.APPENDS: Decoder._appends,
        pickle.SETITEM: Decoder._setitem,
        pickle.SETITEMS: Decoder._setitems,
        pickle.ADDITEMS: Decoder._additems,
        pickle.BINPUT: lambda decoder: decoder._remember(decoder._number(_U8)),
        pickle.LONG_BINPUT: lambda decoder: decoder._remember(decoder._number(_U32)),
        pickle.MEMOIZE: lambda decoder: decoder._remember(len(decoder._memo)),
        pickle.BINGET: lambda decoder: decoder._recall(decoder._number(_U8)),
        pickle.LONG_BINGET: lambda decoder: decoder._recall(decoder._number(_U32)),
        pickle.GLOBAL: Decoder._global,
        pickle.STACK_GLOBAL: Decoder._stack_global,
        pickle.REDUCE: Decoder._reduce,
        pickle.BUILD: Decoder._build,
        pickle.BINPERSID: Decoder._persistent,
    }.items()
}


def hashable(key: Any) -> Any:
    """Return `key`, if it can be hashed in reasonable time.

    Raises
    ------
    pickle.UnpicklingError
        If it is a tuple of tuples of tuples..., which Python would look through to the end, or an
        integer of thousands of digits.
    """
    pending, parts = [key], 0
    while pending and parts <= _MOST_PARTS_OF_A_KEY:
        part = pending.pop()
        parts += 1
        if isinstance(part, tuple):
            pending.extend(part[:_MOST_PARTS_OF_A_KEY])
            parts += len(part)
        elif type(part) is int:  # whose hash is not kept, and takes its length
            parts += part.bit_length() >> 5
    if parts > _MOST_PARTS_OF_A_KEY:
        raise pickle.UnpicklingError("a key of a dict, or an element of a set, is too large")
    return key


def _described(value: Any) -> str:
    return f"the name {value}" if isinstance(value, Global) else f"a bare {type(value).__name__}"
