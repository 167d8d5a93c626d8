"""`Optimizer`: parameters in groups, state for each, and saving both."""

from __future__ import annotations

import warnings
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from copy import deepcopy
from typing import Any

import plugrad
from plugrad.autograd.hooks import HookDict, RemovableHandle
from plugrad.tensor import Tensor

__all__ = ["Group", "Optimizer", "required_number"]

Group = dict[str, Any]


def required_number(name: str, value: Any, low: float = 0.0) -> None:
    """Check that an option is not below `low`.

    Raises
    ------
    ValueError
        If it is, or is not a number.
    """
    if not value >= low:
        raise ValueError(f"{name} must be at least {low:g}, not {value}")


class Optimizer:
    """What optimizers share: parameter groups, state, hooks, saving.

    A subclass defines `_update`, which changes one group's parameters.

    Parameters
    ----------
    params : iterable of Tensor, of (str, Tensor) or of dict
        The parameters; dicts are groups with options of their own, under ``"params"`` the tensors.
    defaults : dict
        Options of groups that do not say otherwise.

    Attributes
    ----------
    param_groups : list of dict
    state : dict from Tensor to dict

    Raises
    ------
    TypeError
        If `params` is a single tensor, or holds something else than tensors.
    ValueError
        If it is empty, holds a tensor that is no leaf, or one that is in a group already.

    Examples
    --------
    >>> import plugrad
    >>> class SignDescent(plugrad.optim.Optimizer):
    ...     def _update(self, group, params):
    ...         for p in params:
    ...             p.add_(p.grad.sign(), alpha=-group["lr"])
    >>> x = plugrad.tensor([1.0, -2.0], requires_grad=True)
    >>> optimizer = SignDescent([x], {"lr": 0.5})
    >>> (x**2).sum().backward()
    >>> optimizer.step()
    >>> x.detach()
    tensor([ 0.5000, -1.5000])
    """

    def __init__(self, params: Any, defaults: dict[str, Any]) -> None:
        if isinstance(params, Tensor):
            raise TypeError(
                "params must be an iterable of Tensors or dicts, and is a single Tensor: put it "
                "into a list"
            )
        self.defaults = defaults
        self.state: defaultdict[Any, dict[str, Any]] = defaultdict(dict)
        self.param_groups: list[Group] = []
        self._step_pre_hooks = HookDict()
        self._step_post_hooks = HookDict()
        groups = list(params)
        if not groups:
            raise ValueError("an optimizer needs at least one parameter, and got none")
        if not isinstance(groups[0], dict):
            groups = [{"params": groups}]
        for group in groups:
            self.add_param_group(group)

    def add_param_group(self, param_group: Group) -> None:
        """Add parameters with options of their own.

        Parameters
        ----------
        param_group : dict
            Under ``"params"`` a tensor or an iterable of them; else options.

        Raises
        ------
        TypeError, ValueError
            As for the class.
        """
        if not isinstance(param_group, dict):
            raise TypeError(f"a parameter group must be a dict, not {type(param_group).__name__}")
        group = dict(param_group)
        given = group["params"]
        members = [given] if isinstance(given, Tensor) else list(given)
        names = [member[0] for member in members if isinstance(member, tuple)]
        tensors = [member[1] if isinstance(member, tuple) else member for member in members]
        if names and len(names) != len(tensors):
            raise ValueError("either all parameters of a group have names, or none has")
        for tensor in tensors:
            if not isinstance(tensor, Tensor):
                raise TypeError(f"an optimizer changes Tensors, not {type(tensor).__name__}")
            if not tensor.is_leaf:
                raise ValueError(
                    "an optimizer changes leaves, and one of the parameters was made by "
                    f"{tensor.grad_fn}"
                )
        if len({id(tensor) for tensor in tensors}) != len(tensors):
            warnings.warn("a parameter is twice in one group", UserWarning, stacklevel=3)
        taken = {id(tensor) for other in self.param_groups for tensor in other["params"]}
        if any(id(tensor) in taken for tensor in tensors):
            raise ValueError("a parameter is in another group already")
        for name, default in self.defaults.items():
            group.setdefault(name, default)
        group["params"] = tensors
        if names:
            group["param_names"] = names
        self.param_groups.append(group)

    # ------------------------------------------------------------------------------------- stepping

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Clear the gradients of all parameters.

        Parameters
        ----------
        set_to_none : bool
            Whether to drop them, instead of filling them with zeros.
        """
        for group in self.param_groups:
            for tensor in group["params"]:
                grad = tensor.grad
                if grad is None:
                    continue
                if set_to_none:
                    tensor.grad = None
                elif grad.grad_fn is not None:
                    grad.detach_().zero_()
                else:
                    grad.requires_grad_(False).zero_()

    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        """Change every parameter that has a gradient.

        Parameters
        ----------
        closure : callable, optional
            Computes the loss anew, with its gradients.

        Returns
        -------
        The loss, if there is a closure.
        """
        args: tuple[Any, ...] = (closure,) if closure is not None else ()
        for hook in list(self._step_pre_hooks.values()):
            hook(self, args, {})
        loss = None
        if closure is not None:
            with plugrad.enable_grad():
                loss = closure()
        with plugrad.no_grad():
            for group in self.param_groups:
                self._update(group, [p for p in group["params"] if p.grad is not None])
        for hook in list(self._step_post_hooks.values()):
            hook(self, args, {})
        return loss

    def _update(self, group: Group, params: list[Any]) -> None:
        """Change the parameters of one group, each of which has a gradient."""
        raise NotImplementedError(f"{type(self).__name__} does not define _update()")

    def register_step_pre_hook(self, hook: Callable[..., Any]) -> RemovableHandle:
        """Call ``hook(optimizer, args, kwargs)`` before each step."""
        return self._step_pre_hooks.add(hook)

    def register_step_post_hook(self, hook: Callable[..., Any]) -> RemovableHandle:
        """Call ``hook(optimizer, args, kwargs)`` after each step."""
        return self._step_post_hooks.add(hook)

    # --------------------------------------------------------------------------------------- saving

    def state_dict(self) -> dict[str, Any]:
        """Return state and groups, with numbers in place of the parameters.

        Returns
        -------
        dict
            ``"state"``: the state by the parameter's number; ``"param_groups"``: options and
            numbers. The layout is PyTorch's.
        """
        numbers: dict[int, int] = {}
        groups = []
        for group in self.param_groups:
            for tensor in group["params"]:
                numbers.setdefault(id(tensor), len(numbers))
            packed = {name: value for name, value in group.items() if name != "params"}
            packed["params"] = [numbers[id(tensor)] for tensor in group["params"]]
            groups.append(packed)
        state = {
            numbers[id(key)] if isinstance(key, Tensor) else key: value
            for key, value in self.state.items()
        }
        return {"state": state, "param_groups": groups}

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        """Take over state and options from `state_dict` of an optimizer of the same shape.

        Raises
        ------
        ValueError
            If the groups differ in number or size; then nothing is changed.
        """
        saved = state_dict["param_groups"]
        if len(saved) != len(self.param_groups):
            raise ValueError(
                f"the state has {len(saved)} parameter groups, this optimizer "
                f"{len(self.param_groups)}"
            )
        for number, (mine, other) in enumerate(zip(self.param_groups, saved, strict=True)):
            if len(mine["params"]) != len(other["params"]):
                raise ValueError(
                    f"group {number} of the state has {len(other['params'])} parameters, that of "
                    f"this optimizer {len(mine['params'])}"
                )
        tensors = [tensor for group in self.param_groups for tensor in group["params"]]
        numbers = [number for group in saved for number in group["params"]]
        by_number = dict(zip(numbers, tensors, strict=True))
        state: defaultdict[Any, dict[str, Any]] = defaultdict(dict)
        for key, value in state_dict["state"].items():
            tensor = by_number.get(key)
            state[key if tensor is None else tensor] = (
                deepcopy(value) if tensor is None else _for_parameter(tensor, value)
            )
        groups = []
        for mine, other in zip(self.param_groups, saved, strict=True):
            group = deepcopy({name: value for name, value in other.items() if name != "params"})
            group["params"] = mine["params"]
            groups.append(group)
        self.state = state
        self.param_groups = groups

    def __getstate__(self) -> dict[str, Any]:
        return {"defaults": self.defaults, "state": self.state, "param_groups": self.param_groups}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        self._step_pre_hooks = HookDict()
        self._step_post_hooks = HookDict()

    def __repr__(self) -> str:
        lines = [f"{type(self).__name__} ("]
        for number, group in enumerate(self.param_groups):
            lines.append(f"Parameter Group {number}")
            lines += [
                f"    {name}: {group[name]}"
                for name in sorted(group)
                if name not in ("params", "param_names")
            ]
        return "\n".join([*lines, ")"])


def _for_parameter(tensor: Tensor, value: Any, key: str | None = None) -> Any:
    """Return a copy of saved state with tensors in the dtype and on the device of a parameter."""
    if isinstance(value, Tensor):
        if key == "step":
            return value.clone()
        if tensor.is_floating_point():
            return value.to(device=tensor.device, dtype=tensor.dtype, copy=True)
        return value.to(device=tensor.device, copy=True)
    if isinstance(value, dict):
        return {name: _for_parameter(tensor, item, name) for name, item in value.items()}
    if isinstance(value, Iterable) and not isinstance(value, str):
        return type(value)(_for_parameter(tensor, item) for item in value)  # type: ignore[call-arg]
    return deepcopy(value)
