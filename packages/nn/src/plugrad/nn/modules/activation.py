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
    hidden: ClassVar[tuple[str, ...]] = ()
    """Parameters that are never shown."""

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
            if name not in self.hidden and (name not in self.silent or getattr(self, name))
        ]
        return ", ".join(shown)


_REQUIRED = Parameter_.empty


def _activation(
    call: str, result: str, function: Callable[..., Any], summary: str, **defaults: Any
) -> type[_Activation]:
    """Return the module of one activation function; `call` makes one, whose `result` is shown."""
    name = call.partition("(")[0]
    source = f"plugrad.nn.functional.{function.__name__}"
    arguments = f"""
    Parameters
    ----------
    {", ".join(defaults)}
        As for `{source}`.
    """
    documentation = f"""{summary}
    {arguments if defaults else ""}
    See Also
    --------
    {source} : says more, and takes the same shapes.

    Examples
    --------
    >>> import plugrad
    >>> from plugrad import nn
    >>> nn.{call}(plugrad.tensor([-0.5, 0.0, 1.0, 6.2]))
    tensor({result})
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

    Notes
    -----
    Shapes: any; the result the same.

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


Tanh = _activation(
    "Tanh()", "[-0.4621,  0.0000,  0.7616,  1.0000]", F.tanh,
    "Hyperbolic tangent.",
)  # fmt: skip
Sigmoid = _activation(
    "Sigmoid()", "[0.3775, 0.5000, 0.7311, 0.9980]", F.sigmoid,
    "Logistic function, ``1 / (1 + exp(-x))``.",
)  # fmt: skip
ReLU6 = _activation(
    "ReLU6()", "[0., 0., 1., 6.]", F.relu6,
    "Clamp to the range from 0 to 6.", inplace=False,
)  # fmt: skip
LeakyReLU = _activation(
    "LeakyReLU(0.1)", "[-0.0500,  0.0000,  1.0000,  6.2000]", F.leaky_relu,
    "Scale negative numbers down.", negative_slope=0.01, inplace=False,
)  # fmt: skip
ELU = _activation(
    "ELU()", "[-0.3935,  0.0000,  1.0000,  6.2000]", F.elu,
    "Exponential linear unit: negative numbers become ``alpha * (exp(x) - 1)``.",
    alpha=1.0, inplace=False,
)  # fmt: skip
SELU = _activation(
    "SELU()", "[-0.6918,  0.0000,  1.0507,  6.5143]", F.selu,
    "Scaled exponential linear unit, which keeps mean 0 and variance 1.", inplace=False,
)  # fmt: skip
CELU = _activation(
    "CELU(2.0)", "[-0.4424,  0.0000,  1.0000,  6.2000]", F.celu,
    "Continuously differentiable ELU: ``alpha * (exp(x / alpha) - 1)`` below 0.",
    alpha=1.0, inplace=False,
)  # fmt: skip
GELU = _activation(
    "GELU()", "[-0.1543,  0.0000,  0.8413,  6.2000]", F.gelu,
    "Gaussian error linear unit: x times the normal distribution's share below x.",
    approximate="none",
)  # fmt: skip
SiLU = _activation(
    "SiLU()", "[-0.1888,  0.0000,  0.7311,  6.1874]", F.silu,
    "Sigmoid linear unit: ``x / (1 + exp(-x))``.", inplace=False,
)  # fmt: skip
Mish = _activation(
    "Mish()", "[-0.2207,  0.0000,  0.8651,  6.1999]", F.mish,
    "Self-regularised smooth unit: ``x * tanh(softplus(x))``.", inplace=False,
)  # fmt: skip
Softplus = _activation(
    "Softplus()", "[0.4741, 0.6931, 1.3133, 6.2020]", F.softplus,
    "Smooth rectifier: ``log(1 + exp(beta * x)) / beta``.", beta=1.0, threshold=20.0,
)  # fmt: skip
Softsign = _activation(
    "Softsign()", "[-0.3333,  0.0000,  0.5000,  0.8611]", F.softsign,
    "``x / (1 + abs(x))``.",
)  # fmt: skip
Tanhshrink = _activation(
    "Tanhshrink()", "[-0.0379,  0.0000,  0.2384,  5.2000]", F.tanhshrink,
    "``x - tanh(x)``.",
)  # fmt: skip
LogSigmoid = _activation(
    "LogSigmoid()", "[-0.9741, -0.6931, -0.3133, -0.0020]", F.logsigmoid,
    "Logarithm of the logistic function.",
)  # fmt: skip
Hardsigmoid = _activation(
    "Hardsigmoid()", "[0.4167, 0.5000, 0.6667, 1.0000]", F.hardsigmoid,
    "Piecewise linear logistic function: ``x / 6 + 1 / 2`` between 0 and 1.", inplace=False,
)  # fmt: skip
Hardswish = _activation(
    "Hardswish()", "[-0.2083,  0.0000,  0.6667,  6.2000]", F.hardswish,
    "Piecewise linear SiLU: x times `Hardsigmoid`.", inplace=False,
)  # fmt: skip
Hardsigmoid.hidden = Hardswish.hidden = ("inplace",)  # so they print in PyTorch
Hardtanh = _activation(
    "Hardtanh(-0.2, 0.2)", "[-0.2000,  0.0000,  0.2000,  0.2000]", F.hardtanh,
    "Clamp to a range.", min_val=-1.0, max_val=1.0, inplace=False,
)  # fmt: skip
Threshold = _activation(
    "Threshold(0.5, 9.0)", "[9.0000, 9.0000, 1.0000, 6.2000]", F.threshold,
    "Replace what does not exceed a threshold by a value.",
    threshold=_REQUIRED, value=_REQUIRED, inplace=False,
)  # fmt: skip
GLU = _activation(
    "GLU()", "[-0.3655,  0.0000]", F.glu,
    "One half, multiplied by the sigmoid of the other.", dim=-1,
)  # fmt: skip
Softmax = _activation(
    "Softmax(0)", "[0.0012, 0.0020, 0.0055, 0.9913]", F.softmax,
    "Exponentials divided by their sum along a dimension.", dim=None,
)  # fmt: skip
Softmin = _activation(
    "Softmin(0)", "[0.5462, 0.3313, 0.1219, 0.0007]", F.softmin,
    "Softmax of the negative.", dim=None,
)  # fmt: skip
LogSoftmax = _activation(
    "LogSoftmax(0)", "[-6.7087, -6.2087, -5.2087, -0.0087]", F.log_softmax,
    "Logarithm of softmax, finite where that is 0.", dim=None,
)  # fmt: skip


class Softmax2d(_Activation):
    """Softmax over the channels at each place: shape (N, C, H, W) or (C, H, W).

    Raises
    ------
    ValueError
        For an input of another number of dimensions.

    Examples
    --------
    >>> import plugrad
    >>> from plugrad import nn
    >>> nn.Softmax2d()(plugrad.tensor([[[0.0, 0.0]], [[0.0, 1.0]]]))  # (2, 1, 2)
    tensor([[[0.5000, 0.2689]],
    <BLANKLINE>
            [[0.5000, 0.7311]]])
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
    Shapes: any; the result the same.

    References
    ----------
    B. Xu et al., Empirical evaluation of rectified activations in convolutional network, 2015,
    https://arxiv.org/abs/1505.00853.

    Examples
    --------
    >>> import plugrad
    >>> from plugrad import nn
    >>> nn.RReLU(0.1, 0.3).eval()(plugrad.tensor([-1.0, 2.0]))
    tensor([-0.2000,  2.0000])
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

    Notes
    -----
    Shapes: any; the result the same.

    Examples
    --------
    >>> import plugrad
    >>> from plugrad import nn
    >>> nn.Hardshrink(0.5)(plugrad.tensor([-1.0, 0.2, 0.7]))
    tensor([-1.0000,  0.0000,  0.7000])
    """

    function = staticmethod(F.hardshrink)


class Softshrink(_Shrink):
    """Move everything towards 0 by `lambd`, and set to 0 what lies within it.

    Parameters
    ----------
    lambd : float

    Notes
    -----
    Shapes: any; the result the same.

    Examples
    --------
    >>> import plugrad
    >>> from plugrad import nn
    >>> nn.Softshrink(0.5)(plugrad.tensor([-1.0, 0.2, 0.7]))
    tensor([-0.5000,  0.0000,  0.2000])
    """

    function = staticmethod(F.softshrink)


class PReLU(Module):
    """Scale negative numbers by a learned factor: ``max(0, x) + weight * min(0, x)``.

    Parameters
    ----------
    num_parameters : int
        1, or the size of the second dimension of the input.
    init : float
        What the factors are at first.
    device, dtype : optional
        Of the factors.

    Notes
    -----
    Shapes: any, with the channels in the second dimension; the result the same.

    References
    ----------
    K. He et al., Delving deep into rectifiers, 2015, https://arxiv.org/abs/1502.01852.

    Examples
    --------
    >>> import plugrad
    >>> from plugrad import nn
    >>> nn.PReLU()(plugrad.tensor([-1.0, 2.0])).detach()
    tensor([-0.2500,  2.0000])
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
