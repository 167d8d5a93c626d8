"""Activation functions as modules.

Most are one line: the function of the same name in `plugrad.nn.functional`, with its arguments kept
as attributes and shown when the module is printed.
"""

from __future__ import annotations

from collections.abc import Callable
from inspect import Parameter as Parameter_
from inspect import Signature
from typing import Any, ClassVar

import plugrad
from plugrad.nn import functional as F
from plugrad.nn.modules.module import Module
from plugrad.nn.parameter import Parameter
from plugrad.tensor import Tensor

__all__ = [
    "CELU",
    "ELU",
    "GELU",
    "GLU",
    "SELU",
    "Hardshrink",
    "Hardsigmoid",
    "Hardswish",
    "Hardtanh",
    "LeakyReLU",
    "LogSigmoid",
    "LogSoftmax",
    "Mish",
    "PReLU",
    "RReLU",
    "ReLU",
    "ReLU6",
    "SiLU",
    "Sigmoid",
    "Softmax",
    "Softmax2d",
    "Softmin",
    "Softplus",
    "Softshrink",
    "Softsign",
    "Tanh",
    "Tanhshrink",
    "Threshold",
]


class _Activation(Module):
    """A function of one tensor whose further arguments are the module's attributes.

    A subclass says which function, and its parameters with their defaults.
    """

    function: ClassVar[Callable[..., Any]]
    defaults: ClassVar[dict[str, Any]] = {}
    silent: ClassVar[tuple[str, ...]] = ("inplace",)
    """Parameters that are shown only when they are on."""

    __signature__: ClassVar[Signature]

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if "defaults" in vars(cls):
            cls.__signature__ = Signature(
                [
                    Parameter_(name, Parameter_.POSITIONAL_OR_KEYWORD, default=default)
                    for name, default in cls.defaults.items()
                ]
            )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__()
        try:
            given = type(self).__signature__.bind(*args, **kwargs)
        except TypeError as error:
            raise TypeError(f"{type(self).__name__}(): {error}") from None
        given.apply_defaults()
        for name, value in given.arguments.items():
            setattr(self, name, value)

    def forward(self, input: Tensor) -> Tensor:
        """Apply the function to each element."""
        arguments = {name: getattr(self, name) for name in self.defaults}
        result: Tensor = type(self).function(input, **arguments)
        return result

    def extra_repr(self) -> str:
        """Show the arguments."""
        shown = [
            f"{name}={getattr(self, name)!r}"
            for name in self.defaults
            if name not in self.silent or getattr(self, name)
        ]
        return ", ".join(shown)


_REQUIRED = Parameter_.empty


def _activation(
    name: str, function: Callable[..., Any], summary: str, **defaults: Any
) -> type[_Activation]:
    """Return the module of one activation function."""
    documentation = f"""{summary}

    See `plugrad.nn.functional.{function.__name__}`; the arguments are
    ({", ".join(defaults) or "none"}).

    Examples
    --------
    >>> from plugrad import nn
    >>> nn.{name}.__name__
    '{name}'
    """
    namespace = {
        "function": staticmethod(function),
        "defaults": defaults,
        "__doc__": documentation,
        "__module__": "plugrad.nn.modules.activation",
        "__qualname__": name,
    }
    return type(name, (_Activation,), namespace)


class ReLU(Module):
    """Replace negative numbers by 0.

    Parameters
    ----------
    inplace : bool
        Whether the input itself is changed.

    Examples
    --------
    >>> import plugrad
    >>> from plugrad import nn
    >>> nn.ReLU()(plugrad.tensor([-1.0, 2.0]))
    tensor([0., 2.])
    """

    def __init__(self, inplace: bool = False) -> None:
        super().__init__()
        self.inplace = inplace

    def forward(self, input: Tensor) -> Tensor:
        """Return the input with negative numbers replaced."""
        return F.relu(input, self.inplace)

    def extra_repr(self) -> str:
        """Show `inplace` if it is on."""
        return "inplace=True" if self.inplace else ""


Tanh = _activation("Tanh", F.tanh, "Hyperbolic tangent.")
Sigmoid = _activation("Sigmoid", F.sigmoid, "Logistic function.")
ReLU6 = _activation("ReLU6", F.relu6, "Clamp to the range from 0 to 6.", inplace=False)
LeakyReLU = _activation(
    "LeakyReLU", F.leaky_relu, "Scale negative numbers down.", negative_slope=0.01, inplace=False
)
ELU = _activation("ELU", F.elu, "Exponential linear unit.", alpha=1.0, inplace=False)
SELU = _activation("SELU", F.selu, "Scaled exponential linear unit.", inplace=False)
CELU = _activation("CELU", F.celu, "Continuously differentiable ELU.", alpha=1.0, inplace=False)
GELU = _activation("GELU", F.gelu, "Gaussian error linear unit.", approximate="none")
SiLU = _activation("SiLU", F.silu, "Sigmoid linear unit.", inplace=False)
Mish = _activation("Mish", F.mish, "Self-regularised smooth unit.", inplace=False)
Softplus = _activation("Softplus", F.softplus, "Smooth rectifier.", beta=1.0, threshold=20.0)
Softsign = _activation("Softsign", F.softsign, "``x / (1 + abs(x))``.")
Tanhshrink = _activation("Tanhshrink", F.tanhshrink, "x - tanh(x).")
LogSigmoid = _activation("LogSigmoid", F.logsigmoid, "Logarithm of the logistic function.")
Hardsigmoid = _activation(
    "Hardsigmoid", F.hardsigmoid, "Piecewise linear logistic function.", inplace=False
)
Hardswish = _activation("Hardswish", F.hardswish, "Piecewise linear SiLU.", inplace=False)
Hardtanh = _activation(
    "Hardtanh", F.hardtanh, "Clamp to a range.", min_val=-1.0, max_val=1.0, inplace=False
)
Threshold = _activation(
    "Threshold", F.threshold, "Replace what does not exceed a threshold.",
    threshold=_REQUIRED, value=_REQUIRED, inplace=False,
)  # fmt: skip
GLU = _activation("GLU", F.glu, "One half gated by the sigmoid of the other.", dim=-1)
Softmax = _activation("Softmax", F.softmax, "Normalised exponentials.", dim=None)
Softmin = _activation("Softmin", F.softmin, "Softmax of the negative.", dim=None)
LogSoftmax = _activation("LogSoftmax", F.log_softmax, "Logarithm of softmax.", dim=None)


class Softmax2d(_Activation):
    """Softmax over the channels at each place: shape (N, C, H, W) or (C, H, W).

    Raises
    ------
    ValueError
        For an input of another number of dimensions.
    """

    defaults: ClassVar[dict[str, Any]] = {}

    def forward(self, input: Tensor) -> Tensor:
        """Return the softmax."""
        if input.dim() not in (3, 4):
            raise ValueError(
                f"Softmax2d takes inputs of 3 or 4 dimensions, not of shape {list(input.shape)}"
            )
        return F.softmax(input, -3)


class RReLU(_Activation):
    """Scale negative numbers down by random factors, outside of training by their mean.

    Parameters
    ----------
    lower, upper : float
        Between which the factors are uniformly distributed.
    inplace : bool
        Whether the input itself is changed.

    Notes
    -----
    Source: B. Xu et al., "Empirical evaluation of rectified activations", 2015.
    """

    defaults: ClassVar[dict[str, Any]] = {"lower": 1.0 / 8, "upper": 1.0 / 3, "inplace": False}

    def forward(self, input: Tensor) -> Tensor:
        """Return the input with negative numbers scaled."""
        return F.rrelu(input, self.lower, self.upper, self.training, self.inplace)


class _Shrink(_Activation):
    """A shrinking function: its argument is printed without its name, as in PyTorch."""

    defaults: ClassVar[dict[str, Any]] = {"lambd": 0.5}

    def extra_repr(self) -> str:
        """Show the width of the gap."""
        return str(self.lambd)


class Hardshrink(_Shrink):
    """Set what lies within `lambd` of 0 to 0.

    Parameters
    ----------
    lambd : float
    """

    function = staticmethod(F.hardshrink)


class Softshrink(_Shrink):
    """Move everything towards 0 by `lambd`.

    Parameters
    ----------
    lambd : float
    """

    function = staticmethod(F.softshrink)


class PReLU(Module):
    """Scale negative numbers by a learned factor.

    Parameters
    ----------
    num_parameters : int
        1, or the size of the second dimension of the input.
    init : float
        What the factors are at first.
    device, dtype : optional
        Of the factors.
    """

    weight: Parameter

    def __init__(
        self, num_parameters: int = 1, init: float = 0.25, device: Any = None, dtype: Any = None
    ) -> None:
        super().__init__()
        self.num_parameters = num_parameters
        self.init = init
        self.weight = Parameter(plugrad.empty(num_parameters, device=device, dtype=dtype))
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Set the factors to what they are at first."""
        with plugrad.no_grad():
            self.weight.fill_(self.init)

    def forward(self, input: Tensor) -> Tensor:
        """Return the input with negative numbers scaled."""
        return F.prelu(input, self.weight)

    def extra_repr(self) -> str:
        """Show the number of factors."""
        return f"num_parameters={self.num_parameters}"
