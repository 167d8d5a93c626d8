"""`TensorMethods`: where type checkers find the methods that operators attach to `Tensor`.

At run time the class is empty: methods come from the operators' declarations. The stub beside this
file, generated from the registry, tells type checkers and editors what they are.
"""

__all__ = ["TensorMethods"]


class TensorMethods:
    """The methods that operators attach to `plugrad.Tensor`."""

    __slots__ = ()
