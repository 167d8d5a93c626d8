"""The graph of an output as text, and as a picture that a notebook shows."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape
from itertools import islice, pairwise
from math import prod
from pathlib import Path
from typing import Any, Final

from plugrad.autograd.tape import AccumulateGrad, AliasCell, Node, Output, TensorBase

__all__ = ["Drawing", "draw", "inner"]

_MANY: Final = 400
"""Nodes that a picture may have, and lines of a text: more cannot be read."""


def draw(*outputs: Any, profile: Any = None) -> Drawing:
    """Return a drawing of the graph that a backward from some outputs runs.

    Each node stands above those that it came from, with the shape and dtype of what it made, and
    with how much memory it keeps for the backward. ``print`` shows the drawing as text; a notebook,
    and `Drawing.save`, as a picture. No other program is needed.

    Parameters
    ----------
    *outputs : Tensor
        That have a history.
    profile : plugrad.profiler.profile, optional
        Under which the graph was recorded, or run: then each node shows how long its operation took
        forwards and backwards.

    Returns
    -------
    Drawing

    Raises
    ------
    RuntimeError
        If an output has no history.

    Examples
    --------
    >>> import plugrad
    >>> x = plugrad.ones(2, 3, requires_grad=True)
    >>> print(plugrad.autograd.graph.draw((x.sin() * x).sum()))
    SumBackward0 float32[]
    MulBackward0 float32[2, 3], keeps 48 B
    ├─ SinBackward0 float32[2, 3], keeps 24 B
    │  1: leaf float32[2, 3]
    └─ to 1
    """
    for number, output in enumerate(outputs):
        if output._edge is None:
            raise RuntimeError(f"output {number} has no history: there is nothing to draw")
    return Drawing([output._edge for output in outputs], profile)


class Drawing:
    """The graph from some nodes on.

    Parameters
    ----------
    roots : list of Node
    profile : plugrad.profiler.profile, optional

    Examples
    --------
    >>> import plugrad
    >>> from plugrad.autograd.graph import Drawing
    >>> y = plugrad.ones(1, requires_grad=True).exp()
    >>> len(Drawing([y.grad_fn]))
    2
    """

    def __init__(self, roots: list[Node], profile: Any = None) -> None:
        self._roots = [inner(root) for root in roots]
        self._times = {} if profile is None else _times(profile)
        self._below: dict[Node, list[Node]] = {}
        self._above: dict[Node, int] = dict.fromkeys(self._roots, 0)
        stack = list(self._above)
        while stack:
            node = stack.pop()
            if node in self._below:
                continue
            below = [inner(edge) for edge in node.edges if edge is not None]
            self._below[node] = below
            for each in below:
                self._above[each] = self._above.get(each, 0) + 1
            stack += reversed(below)

    def __len__(self) -> int:
        return len(self._below)

    # ---------------------------------------------------------------------------------------- text

    def __str__(self) -> str:
        lines = list(islice(self._lines(), _MANY + 1))
        if len(lines) > _MANY:
            lines[-1] = f"... of {len(self)} nodes"
        return "\n".join(lines)

    __repr__ = __str__

    def _lines(self) -> Iterator[str]:
        numbers: dict[Node, int] = {}
        for root in dict.fromkeys(self._roots):
            # What is to be written: a node, what stands before it, and before what is below it.
            stack = [(root, "", "")]
            while stack:
                node, before, beneath = stack.pop()
                if node in numbers:
                    yield f"{before}to {numbers[node]}"
                    continue
                name = ""
                if self._above[node] > 1:
                    numbers[node] = len(numbers) + 1
                    name = f"{numbers[node]}: "
                yield f"{before}{name}{self.label(node)}"
                below = self._below[node]
                if len(below) == 1:  # what comes from one place goes straight down
                    stack.append((below[0], beneath, beneath))
                    continue
                for position, each in reversed(list(enumerate(below))):
                    last = position == len(below) - 1
                    fork, bar = ("└─ ", "   ") if last else ("├─ ", "│  ")
                    stack.append((each, beneath + fork, beneath + bar))

    def label(self, node: Node) -> str:
        """Return the line of one node."""
        return ", ".join(filter(None, (f"{_name(node)} {_space(node)}", *self._notes(node))))

    def _notes(self, node: Node) -> list[str]:
        notes = []
        kept = _kept_bytes(node)
        if kept is None:
            notes.append("freed")
        elif kept:
            notes.append(f"keeps {_amount(kept)}")
        times = self._times.get(node._sequence_nr(), {})
        notes += [f"{way} {spent:.0f} us" for way, spent in sorted(times.items(), reverse=True)]
        return notes

    # ------------------------------------------------------------------------------------- picture

    def _repr_html_(self) -> str:
        return self.svg() if len(self) <= _MANY else f"<pre>{escape(str(self))}</pre>"

    def save(self, path: str | Path) -> None:
        """Write the picture to an SVG file.

        Parameters
        ----------
        path : str or Path

        Examples
        --------
        >>> import tempfile, plugrad
        >>> x = plugrad.ones(2, requires_grad=True)
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     plugrad.autograd.graph.draw(x.exp()).save(f"{folder}/graph.svg")
        """
        Path(path).write_text(self.svg(), encoding="utf-8")

    def svg(self) -> str:
        """Return the picture: outputs at the top, leaves at the bottom.

        Returns
        -------
        str

        Examples
        --------
        >>> import plugrad
        >>> plugrad.autograd.graph.draw(plugrad.ones(1, requires_grad=True).exp()).svg()[:4]
        '<svg'
        """
        rows, ways = self._rows()
        places, width = _placed(rows, ways)
        height = len(rows) * _ROW + 10
        parts = [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:.0f} {height}" '
            f'width="{width:.0f}" height="{height}" font-family="sans-serif" font-size="11">',
            '<defs><marker id="tip" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="6" '
            'markerHeight="6" orient="auto"><path d="M0 0 8 4 0 8z" fill="#888"/></marker></defs>',
        ]
        for way in ways:
            x, y = places[way[0]]
            path = f"M{x:.0f} {y + _BOX}"
            y += _BOX
            for stop in way[1:]:
                to_x, to_y = places[stop]
                middle = (y + to_y) / 2
                path += f" C{x:.0f} {middle:.0f} {to_x:.0f} {middle:.0f} {to_x:.0f} {to_y}"
                x, y = to_x, to_y
                if isinstance(stop, _Bend):
                    y += _BOX
                    path += f" V{y}"
            parts.append(f'<path d="{path}" fill="none" stroke="#888" marker-end="url(#tip)"/>')
        parts += [self._box(node, *places[node]) for node in self._below]
        return "\n".join([*parts, "</svg>"])

    def _box(self, node: Node, x: float, y: float) -> str:
        leaf = isinstance(node, AccumulateGrad)
        fill, edge = ("#dcefdc", "#3a7d3a") if leaf else ("#e8eef7", "#4a6fa5")
        details = ", ".join([_space(node), *self._notes(node)])
        left = x - _WIDTH / 2
        return (
            f'<g><title>{escape(self.label(node))}</title><rect x="{left:.0f}" y="{y}" '
            f'width="{_WIDTH}" height="{_BOX}" rx="5" fill="{fill}" stroke="{edge}"/>'
            f'<text x="{x:.0f}" y="{y + 15}" text-anchor="middle" fill="#111" '
            f'font-weight="bold">{escape(_short(_name(node)))}</text>'
            f'<text x="{x:.0f}" y="{y + 29}" text-anchor="middle" fill="#333" font-size="10">'
            f"{escape(_short(details))}</text></g>"
        )

    def _rows(self) -> tuple[list[list[Stop]], list[list[Stop]]]:
        """Return what stands in each row, and the way of each edge.

        A node stands by its longest distance from an output. An edge over several rows bends in
        each of them, where it has a place as a node has.
        """
        waiting = dict(self._above)
        depth: dict[Node, int] = {}
        ready = [node for node in self._below if not waiting[node]]
        for node in ready:
            depth[node] = 0
        while ready:
            node = ready.pop()
            for each in self._below[node]:
                depth[each] = max(depth.get(each, 0), depth[node] + 1)
                waiting[each] -= 1
                if not waiting[each]:
                    ready.append(each)
        rows: list[list[Stop]] = [[] for _ in range(max(depth.values(), default=0) + 1)]
        ways: list[list[Stop]] = []
        for node, below in self._below.items():
            rows[depth[node]].append(node)
            for each in dict.fromkeys(below):
                bends = [_Bend() for _ in range(depth[node] + 1, depth[each])]
                for row, bend in enumerate(bends, depth[node] + 1):
                    rows[row].append(bend)
                ways.append([node, *bends, each])
        return rows, ways


class _Bend:
    """Where an edge passes by a row."""


Stop = Node | _Bend

_WIDTH, _BOX, _ROW, _GAP = 170, 36, 66, 14


def _placed(
    rows: list[list[Stop]], ways: list[list[Stop]]
) -> tuple[dict[Stop, tuple[float, int]], float]:
    """Return where everything stands, and the width of the picture.

    In each row in the order of what it comes from, which keeps most edges from crossing.

    Source of the idea: K. Sugiyama, S. Tagawa, M. Toda, "Methods for Visual Understanding of
    Hierarchical System Structures", 1981.
    """
    above: dict[Stop, list[Stop]] = {}
    for way in ways:
        for stop, following in pairwise(way):
            above.setdefault(following, []).append(stop)
    widths = [sum(_room(stop) for stop in row) for row in rows]
    width = max(widths) + _GAP
    places: dict[Stop, tuple[float, int]] = {}
    for number, row in enumerate(rows):

        def wanted(stop: Stop) -> float:
            come_from = [places[each][0] for each in above.get(stop, ())]
            return sum(come_from) / len(come_from) if come_from else width / 2

        left = (width - widths[number]) / 2
        for stop in sorted(row, key=wanted):
            places[stop] = (left + _room(stop) / 2, number * _ROW + 5)
            left += _room(stop)
    return places, width


def _room(stop: Stop) -> int:
    return _GAP + (0 if isinstance(stop, _Bend) else _WIDTH)


# ------------------------------------------------------------------------------------------- words


def inner(node: Node) -> Node:
    """Return the node of an operation, also for one of its several outputs."""
    return node.node if isinstance(node, Output) else node


def _name(node: Node) -> str:
    return "leaf" if isinstance(node, AccumulateGrad) else node.name()


def _space(node: Node) -> str:
    if isinstance(node.dtype, tuple):
        made = zip(node.shape, node.dtype, strict=True)
        listed = [f"{kind.name}{list(shape)}" for shape, kind in made if kind is not None]
        return " ".join(listed[:3] + ["..."] * (len(listed) > 3))
    return f"{node.dtype.name}{list(node.shape)}"


def _short(text: str) -> str:
    return text if len(text) <= 30 else text[:28] + "..."


def _times(profile: Any) -> dict[int, dict[str, float]]:
    """Return the microseconds of each operation, forwards and backwards, by sequence number."""
    found: dict[int, dict[str, float]] = {}
    for event in profile.events():
        backward = event.name.startswith("autograd::engine::evaluate_function")
        if event.sequence_nr < 0 or not (backward or event.name.startswith("aten::")):
            continue
        way = "backward" if backward else "forward"
        times = found.setdefault(event.sequence_nr, {})
        times[way] = times.get(way, 0.0) + event.cpu_time_total
    return found


def _kept_bytes(node: Node) -> int | None:
    """Return how much memory the node keeps for the backward; None if it was freed.

    What two of its items share is counted once.
    """
    if node.saved is None:
        return None
    arrays: dict[int, int] = {}
    _collect(node, node.saved, arrays)
    return sum(arrays.values())


def _collect(node: Node, items: Any, arrays: dict[int, int]) -> None:
    for item in items:
        if isinstance(item, tuple):
            _collect(node, item, arrays)
            continue
        tensor = getattr(item, "tensor", item)  # of a custom function
        array = tensor._array if isinstance(tensor, TensorBase) else tensor
        shape, kind = getattr(array, "shape", None), getattr(array, "dtype", None)
        if shape is None or kind is None or isinstance(item, AliasCell):
            continue
        size = getattr(kind, "itemsize", 1)
        arrays[id(array)] = prod(shape) * size


def _amount(count: int) -> str:
    for unit, size in (("GB", 1e9), ("MB", 1e6), ("kB", 1e3)):
        if count >= size:
            return f"{count / size:.1f} {unit}"
    return f"{count} B"
