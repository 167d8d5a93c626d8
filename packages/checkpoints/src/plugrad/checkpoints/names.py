"""The names that stand in a checkpoint: PyTorch's, for what there is here too.

A name in a file is looked up in the tables of this package, and nowhere else: nothing is imported
because a file says so.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import Final

from plugrad import dtypes

__all__ = [
    "DTYPES",
    "FOREIGN_DTYPES",
    "STORAGES",
    "UNTYPED",
    "Global",
]


class Global:
    """What a checkpoint refers to by its name.

    Parameters
    ----------
    module, name : str
    """

    __slots__ = ("module", "name")

    def __init__(self, module: str, name: str) -> None:
        self.module = module
        self.name = name

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Global) and str(self) == str(other)

    def __hash__(self) -> int:
        return hash(str(self))

    def __str__(self) -> str:
        return f"{self.module}.{self.name}"


STORAGES: Final = MappingProxyType(
    {
        "BoolStorage": dtypes.bool_,
        "ByteStorage": dtypes.uint8,
        "CharStorage": dtypes.int8,
        "ShortStorage": dtypes.int16,
        "IntStorage": dtypes.int32,
        "LongStorage": dtypes.int64,
        "HalfStorage": dtypes.float16,
        "BFloat16Storage": dtypes.bfloat16,
        "FloatStorage": dtypes.float32,
        "DoubleStorage": dtypes.float64,
        "ComplexFloatStorage": dtypes.complex64,
        "ComplexDoubleStorage": dtypes.complex128,
    }
)
"""Memory whose type of element stands in its own name."""

UNTYPED: Final = Global("torch.storage", "UntypedStorage")
"""Memory whose type of element stands in each of its tensors: of younger types."""

DTYPES: Final = MappingProxyType({kind.name: kind for kind in dtypes.all_dtypes()})

_FOREIGN: Final = """
complex32 quint8 qint8 qint32 quint4x2 quint2x4 bits1x8 bits2x4 bits4x2 bits8 bits16
float8_e4m3fn float8_e4m3fnuz float8_e5m2 float8_e5m2fnuz float8_e8m0fnu float4_e2m1fn_x2
int1 int2 int3 int4 int5 int6 int7 uint1 uint2 uint3 uint4 uint5 uint6 uint7
ComplexHalfStorage QInt8Storage QInt32Storage QUInt8Storage QUInt4x2Storage QUInt2x4Storage
"""
FOREIGN_DTYPES: Final = frozenset(_FOREIGN.split())
"""Types that PyTorch has, and that there are none of here."""
