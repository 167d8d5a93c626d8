"""Sequences of several lengths: padded to one, or packed without the padding."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import plugrad
from plugrad import Tensor

__all__ = [
    "PackedSequence",
    "invert_permutation",
    "pack_padded_sequence",
    "pack_sequence",
    "pad_packed_sequence",
    "pad_sequence",
    "unpack_sequence",
    "unpad_sequence",
]


def invert_permutation(permutation: Tensor | None) -> Tensor | None:
    """Return the permutation that undoes another one; None of None.

    Examples
    --------
    >>> import plugrad
    >>> from plugrad.nn.utils.rnn import invert_permutation
    >>> invert_permutation(plugrad.tensor([2, 0, 1]))
    tensor([1, 2, 0])
    """
    if permutation is None:
        return None
    inverse = plugrad.empty_like(permutation)
    inverse[permutation] = plugrad.arange(len(permutation), device=permutation.device)
    return inverse


class _Packed(NamedTuple):
    data: Tensor
    batch_sizes: Tensor
    sorted_indices: Tensor | None
    unsorted_indices: Tensor | None


class PackedSequence(_Packed):
    """Sequences, the longest first, step by step: first all first elements, then all second...

    `pack_padded_sequence` and `pack_sequence` make it, recurrent modules take and return it, and
    `pad_packed_sequence` turns it back.

    Parameters
    ----------
    data : Tensor, shape (rows of all steps, ...)
    batch_sizes : Tensor, shape (steps,)
        How many sequences have that many steps: int64, on the host.
    sorted_indices : Tensor, optional
        The place that each sequence had before they were sorted by length.
    unsorted_indices : Tensor, optional
        Its inverse.

    Examples
    --------
    >>> import plugrad
    >>> from plugrad.nn.utils.rnn import pack_sequence
    >>> packed = pack_sequence([plugrad.tensor([1, 2, 3]), plugrad.tensor([4, 5])])
    >>> packed.data, packed.batch_sizes
    (tensor([1, 4, 2, 5, 3]), tensor([2, 2, 1]))
    """

    def __new__(
        cls,
        data: Tensor,
        batch_sizes: Tensor | None = None,
        sorted_indices: Tensor | None = None,
        unsorted_indices: Tensor | None = None,
    ) -> PackedSequence:
        """Make it, with the inverse order if that is not given."""
        if batch_sizes is None:
            raise AssertionError("a PackedSequence needs batch_sizes: how many rows each step has")
        if batch_sizes.device.type != "cpu":
            raise ValueError(f"batch_sizes lie on the host, not on {batch_sizes.device}")
        if unsorted_indices is None:
            unsorted_indices = invert_permutation(sorted_indices)
        return super().__new__(cls, data, batch_sizes, sorted_indices, unsorted_indices)

    def _with(self, data: Tensor) -> PackedSequence:
        if data is self.data:
            return self
        moved = [
            None if each is None else each.to(data.device)
            for each in (self.sorted_indices, self.unsorted_indices)
        ]
        return type(self)(data, self.batch_sizes, *moved)

    def to(self, *args: Any, **kwargs: Any) -> PackedSequence:
        """Return it with data of another dtype or on another device: see `Tensor.to`."""
        return self._with(self.data.to(*args, **kwargs))

    def cpu(self) -> PackedSequence:
        """Return it on the host."""
        return self.to("cpu")

    def cuda(self, *args: Any, **kwargs: Any) -> PackedSequence:
        """Return it on an NVIDIA GPU."""
        return self._with(self.data.cuda(*args, **kwargs))

    def pin_memory(self) -> PackedSequence:
        """Return it as it is: there is no memory to pin."""
        return self

    def double(self) -> PackedSequence:
        """Return it with data in float64."""
        return self.to(plugrad.float64)

    def float(self) -> PackedSequence:
        """Return it with data in float32."""
        return self.to(plugrad.float32)

    def half(self) -> PackedSequence:
        """Return it with data in float16."""
        return self.to(plugrad.float16)

    def long(self) -> PackedSequence:
        """Return it with data in int64."""
        return self.to(plugrad.int64)

    def int(self) -> PackedSequence:
        """Return it with data in int32."""
        return self.to(plugrad.int32)

    @property
    def is_cuda(self) -> bool:
        """Whether the data lie on an NVIDIA GPU."""
        return self.data.device.type == "cuda"

    def is_pinned(self) -> bool:
        """Whether the data lie in pinned memory: never."""
        return False


def pack_padded_sequence(
    input: Tensor,
    lengths: Tensor | Sequence[int],
    batch_first: bool = False,
    enforce_sorted: bool = True,
) -> PackedSequence:
    """Return padded sequences without their padding.

    Parameters
    ----------
    input : Tensor, shape (time, batch, ...)
        With `batch_first` of shape ``(batch, time, ...)``.
    lengths : Tensor or sequence of int
        The length of each sequence.
    batch_first : bool
    enforce_sorted : bool
        Whether the longest come first already.

    Returns
    -------
    PackedSequence

    Raises
    ------
    RuntimeError
        If a length is not positive, there is not one for each sequence, one is longer than the
        padding, or they are not sorted and should be.

    Examples
    --------
    >>> import plugrad
    >>> from plugrad.nn.utils.rnn import pack_padded_sequence
    >>> padded = plugrad.tensor([[1, 4], [2, 5], [3, 0]])
    >>> pack_padded_sequence(padded, [3, 2]).data
    tensor([1, 4, 2, 5, 3])
    """
    known = plugrad.as_tensor(lengths, dtype=plugrad.int64)
    if known.device.type != "cpu":
        raise RuntimeError(f"lengths lie on the host, not on {known.device}")
    order = None
    if not enforce_sorted:
        known, order = plugrad.sort(known, descending=True)
        order = order.to(input.device)
        input = input.index_select(0 if batch_first else 1, order)
    if batch_first:
        input = input.transpose(0, 1)
    counts = known.tolist()
    if known.dim() != 1 or len(counts) != input.shape[1]:
        raise RuntimeError(
            f"there are lengths of shape {list(known.shape)} for {input.shape[1]} sequences"
        )
    if not counts or counts[-1] <= 0:
        raise RuntimeError(f"lengths are positive, not {counts}")
    if counts != sorted(counts, reverse=True):
        raise RuntimeError(
            "the longest sequences come first: sort them, or pass enforce_sorted=False"
        )
    if counts[0] > input.shape[0]:
        raise RuntimeError(f"a sequence of {counts[0]} steps is longer than {input.shape[0]}")
    sizes = [sum(count > step for count in counts) for step in range(counts[0])]
    data = plugrad.cat([input[step, :size] for step, size in enumerate(sizes)])
    return PackedSequence(data, plugrad.tensor(sizes), order, None)


def pad_packed_sequence(
    sequence: PackedSequence,
    batch_first: bool = False,
    padding_value: float = 0.0,
    total_length: int | None = None,
) -> tuple[Tensor, Tensor]:
    """Return packed sequences padded to one length, and their lengths.

    Parameters
    ----------
    sequence : PackedSequence
    batch_first : bool
        Whether the first dimension is the batch, rather than time.
    padding_value : float
    total_length : int, optional
        The length to pad to, by default that of the longest.

    Returns
    -------
    Tensor, shape (time, batch, ...)
    Tensor, shape (batch,)
        In the order from before they were packed.

    Raises
    ------
    ValueError
        If `total_length` is less than the longest has.

    Examples
    --------
    >>> import plugrad
    >>> from plugrad.nn.utils.rnn import pack_sequence, pad_packed_sequence
    >>> packed = pack_sequence([plugrad.tensor([1, 2, 3]), plugrad.tensor([4, 5])])
    >>> pad_packed_sequence(packed, batch_first=True)
    (tensor([[1, 2, 3],
            [4, 5, 0]]), tensor([3, 2]))
    """
    sizes = sequence.batch_sizes.tolist()
    length = len(sizes) if total_length is None else total_length
    if length < len(sizes):
        raise ValueError(f"total_length is {length}; the longest sequence has {len(sizes)} steps")
    shape = length, sizes[0], *sequence.data.shape[1:]
    padded = sequence.data.new_full(shape, padding_value)
    # All rows at once: the step that each belongs to, and its place there.
    steps = plugrad.repeat_interleave(plugrad.arange(len(sizes)), sequence.batch_sizes)
    places = plugrad.cat([plugrad.arange(size) for size in sizes])
    device = sequence.data.device
    padded = padded.index_put((steps.to(device), places.to(device)), sequence.data)
    lengths = plugrad.tensor([sum(size > n for size in sizes) for n in range(sizes[0])])
    if sequence.unsorted_indices is not None:
        padded = padded.index_select(1, sequence.unsorted_indices)
        lengths = lengths[sequence.unsorted_indices.cpu()]
    return (padded.transpose(0, 1) if batch_first else padded), lengths


def pad_sequence(
    sequences: Tensor | Iterable[Tensor],
    batch_first: bool = False,
    padding_value: float = 0.0,
    padding_side: str = "right",
) -> Tensor:
    """Return sequences side by side, padded to the length of the longest.

    Parameters
    ----------
    sequences : iterable of Tensor, each of shape (time, ...)
    batch_first : bool
        Whether the first dimension is the batch, rather than time.
    padding_value : float
    padding_side : {"right", "left"}
        Whether the padding comes after a sequence, or before it.

    Returns
    -------
    Tensor, shape (time, batch, ...)

    Raises
    ------
    RuntimeError
        If there are no sequences, their other dimensions differ, or the side is another one.

    Examples
    --------
    >>> import plugrad
    >>> from plugrad.nn.utils.rnn import pad_sequence
    >>> pad_sequence([plugrad.ones(3), plugrad.ones(1)], batch_first=True)
    tensor([[1., 1., 1.],
            [1., 0., 0.]])
    """
    if not isinstance(sequences, Iterable):
        raise RuntimeError(f"sequences are several tensors, not {type(sequences).__name__}")
    listed = list(sequences.unbind(0) if isinstance(sequences, Tensor) else sequences)
    if not listed:
        raise RuntimeError("pad_sequence() needs at least one sequence")
    if padding_side not in ("left", "right"):
        raise RuntimeError(f"padding_side is 'left' or 'right', not {padding_side!r}")
    rest = listed[0].shape[1:]
    if any(each.shape[1:] != rest for each in listed):
        raise RuntimeError(
            f"sequences differ in more than their length: {[list(each.shape) for each in listed]}"
        )
    longest = max(len(each) for each in listed)
    none = (0, 0) * (listed[0].dim() - 1)
    padded = []
    for each in listed:
        missing = longest - len(each)
        pads = (0, missing) if padding_side == "right" else (missing, 0)
        padded.append(plugrad.nn.functional.pad(each, (*none, *pads), value=padding_value))
    together: Tensor = plugrad.stack(padded, 0 if batch_first else 1)
    return together


def unpad_sequence(
    padded_sequences: Tensor, lengths: Tensor, batch_first: bool = False
) -> list[Tensor]:
    """Return sequences as they were before `pad_sequence`.

    Parameters
    ----------
    padded_sequences : Tensor, shape (time, batch, ...)
    lengths : Tensor, shape (batch,)
    batch_first : bool
        Whether the first dimension is the batch, rather than time.

    Returns
    -------
    list of Tensor

    Examples
    --------
    >>> import plugrad
    >>> from plugrad.nn.utils.rnn import unpad_sequence
    >>> padded = plugrad.tensor([[1, 4], [2, 5], [3, 0]])
    >>> unpad_sequence(padded, plugrad.tensor([3, 2]))
    [tensor([1, 2, 3]), tensor([4, 5])]
    """
    rows = padded_sequences if batch_first else padded_sequences.transpose(0, 1)
    return [row[:length] for row, length in zip(rows, lengths.tolist(), strict=True)]


def pack_sequence(sequences: Sequence[Tensor], enforce_sorted: bool = True) -> PackedSequence:
    """Return sequences of several lengths, packed.

    Parameters
    ----------
    sequences : sequence of Tensor, each of shape (time, ...)
    enforce_sorted : bool
        Whether the longest come first already.

    Returns
    -------
    PackedSequence

    Raises
    ------
    RuntimeError
        If they are not sorted and should be.

    Examples
    --------
    >>> import plugrad
    >>> from plugrad.nn.utils.rnn import pack_sequence
    >>> pack_sequence([plugrad.ones(1), plugrad.zeros(2)], enforce_sorted=False).data
    tensor([0., 1., 0.])
    """
    lengths = plugrad.tensor([len(each) for each in sequences])
    return pack_padded_sequence(pad_sequence(sequences), lengths, enforce_sorted=enforce_sorted)


def unpack_sequence(packed_sequences: PackedSequence) -> list[Tensor]:
    """Return sequences as they were before `pack_sequence`.

    Examples
    --------
    >>> import plugrad
    >>> from plugrad.nn.utils.rnn import pack_sequence, unpack_sequence
    >>> unpack_sequence(pack_sequence([plugrad.tensor([1, 2]), plugrad.tensor([3])]))
    [tensor([1, 2]), tensor([3])]
    """
    padded, lengths = pad_packed_sequence(packed_sequences, batch_first=True)
    return unpad_sequence(padded, lengths, batch_first=True)
