"""`Optimizer`: parameters in groups, state for each, and saving both."""

from __future__ import annotations

import warnings
from collections import defaultdict
from collections.abc import Callable, Mapping
from typing import Any, ClassVar

import plugrad
from plugrad.autograd.hooks import HookDict, RemovableHandle
from plugrad.optim import saving
from plugrad.optim.hooking import (
    hooked,
    register_optimizer_step_post_hook,
    register_optimizer_step_pre_hook,
    shown,
)
from plugrad.tensor import Tensor

__all__ = [
    "Group",
    "Optimizer",
    "register_optimizer_step_post_hook",
    "register_optimizer_step_pre_hook",
]

Group = dict[str, Any]


class Optimizer:
    """What optimizers share: parameter groups, state, hooks, saving.

    A subclass defines `_update`, which changes one group's parameters, or `step` itself.

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

    # What a state of before an option was there lacks, and stands for.
    _since: ClassVar[Mapping[str, Any]] = {
        "amsgrad": False,
        "capturable": False,
        "decoupled_weight_decay": False,
        "differentiable": False,
        "foreach": None,
        "fused": None,
        "maximize": False,
        "nesterov": False,
        "momentum": 0,
        "centered": False,
    }

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if "step" in vars(cls):
            cls.step = hooked(cls.step)  # type: ignore[method-assign]

    def __init__(self, params: Any, defaults: dict[str, Any]) -> None:
        if isinstance(params, Tensor):
            raise TypeError(
                "params must be an iterable of Tensors or dicts, and is a single Tensor: put it "
                "into a list"
            )
        self.defaults = defaults
        self.state: defaultdict[Any, dict[str, Any]] = defaultdict(dict)
        self.param_groups: list[Group] = []
        self._prepare_hooks()
        groups = list(params)
        if not groups:
            raise ValueError("an optimizer needs at least one parameter, and got none")
        if not isinstance(groups[0], dict):
            groups = [{"params": groups}]
        for group in groups:
            self.add_param_group(group)

    def _prepare_hooks(self) -> None:
        self._optimizer_step_pre_hooks = HookDict()
        self._optimizer_step_post_hooks = HookDict()
        self._optimizer_state_dict_pre_hooks = HookDict()
        self._optimizer_state_dict_post_hooks = HookDict()
        self._optimizer_load_state_dict_pre_hooks = HookDict()
        self._optimizer_load_state_dict_post_hooks = HookDict()
        self._stepping = False
        self._opt_called = False

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
        given = param_group["params"]
        if isinstance(given, set):
            raise TypeError("a set of parameters has no order that a state could rely on: sort it")
        members = [given] if isinstance(given, Tensor) else list(given)
        names = [member[0] for member in members if isinstance(member, tuple)]
        tensors = [member[1] if isinstance(member, tuple) else member for member in members]
        if names and len(names) != len(tensors):
            raise ValueError("either all parameters of a group have names, or none has")
        for tensor in tensors:
            if not isinstance(tensor, Tensor):
                raise TypeError(f"an optimizer changes Tensors, not {type(tensor).__name__}")
            if not (self.defaults.get("differentiable") or tensor.is_leaf or tensor.retains_grad):
                raise ValueError(
                    "an optimizer changes leaves, and one of the parameters was made by "
                    f"{tensor.grad_fn}"
                )
        if self.param_groups and bool(names) != ("param_names" in self.param_groups[0]):
            raise ValueError("either all groups have names for their parameters, or none has")
        taken = {id(tensor) for other in self.param_groups for tensor in other["params"]}
        if any(id(tensor) in taken for tensor in tensors):
            raise ValueError("a parameter is in another group already")
        if len({id(tensor) for tensor in tensors}) != len(tensors):
            warnings.warn("a parameter is twice in one group", UserWarning, stacklevel=3)
        group: Group = {**param_group, "params": tensors}
        if names:
            group["param_names"] = names
        for name, default in self.defaults.items():
            group.setdefault(name, default)
        self.param_groups.append(group)

    # ------------------------------------------------------------------------------------- stepping

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Clear the gradients of all parameters.

        Parameters
        ----------
        set_to_none : bool
            Whether to drop them, instead of filling them with zeros.
        """
        shown(self, "zero_grad", self._clear, set_to_none)

    def _clear(self, set_to_none: bool) -> None:
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

    @hooked
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
        loss = None
        if closure is not None:
            with plugrad.enable_grad():
                loss = closure()
        with plugrad.set_grad_enabled(bool(self.defaults.get("differentiable"))):
            for group in self.param_groups:
                params = [p for p in group["params"] if p.grad is not None]
                _refuse_ways(group, params)
                self._update(group, params)
        return loss

    def _update(self, group: Group, params: list[Any]) -> None:
        """Change the parameters of one group, each of which has a gradient."""
        raise NotImplementedError(f"{type(self).__name__} does not define _update()")

    def _state_of(self, p: Any, *names: str) -> dict[str, Any]:
        """Return the state of a parameter; at first with a counter, and zeros under `names`."""
        state = self.state[p]
        if not state:
            state["step"] = counter()
            for name in names:
                state[name] = plugrad.zeros_like(p)
        return state

    @staticmethod
    def _advance(state: dict[str, Any]) -> float:
        """Count one step of a parameter; return how many there have been."""
        step = state["step"]
        table: Any = step._table
        # By the kernel: the operator takes ten times as long for one number.
        step._array = table.add_into(step._array, 1)
        return float(step.item())

    def register_step_pre_hook(self, hook: Callable[..., Any]) -> RemovableHandle:
        """Call ``hook(optimizer, args, kwargs)`` before each step.

        It may return other arguments, ``(args, kwargs)``, the optimizer first among them.
        """
        return self._optimizer_step_pre_hooks.add(hook)

    def register_step_post_hook(self, hook: Callable[..., Any]) -> RemovableHandle:
        """Call ``hook(optimizer, args, kwargs)`` after each step."""
        return self._optimizer_step_post_hooks.add(hook)

    # --------------------------------------------------------------------------------------- saving

    def state_dict(self) -> dict[str, Any]:
        """Return state and groups, with numbers in place of the parameters.

        Returns
        -------
        dict
            ``"state"``: the state by the parameter's number; ``"param_groups"``: options and
            numbers. The layout is PyTorch's.
        """
        for hook in list(self._optimizer_state_dict_pre_hooks.values()):
            hook(self)
        packed = saving.packed(self.state, self.param_groups)
        for hook in list(self._optimizer_state_dict_post_hooks.values()):
            packed = hook(self, packed) or packed
        return packed

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        """Take over state and options from `state_dict` of an optimizer of the same shape.

        Raises
        ------
        ValueError
            If the groups differ in number or size; then nothing is changed.
        """
        given: dict[str, Any] = dict(state_dict)
        for hook in list(self._optimizer_load_state_dict_pre_hooks.values()):
            given = hook(self, given) or given
        self.__setstate__(saving.unpacked(given, self.param_groups))
        for hook in list(self._optimizer_load_state_dict_post_hooks.values()):
            hook(self)

    def register_state_dict_pre_hook(
        self, hook: Callable[..., Any], prepend: bool = False
    ) -> RemovableHandle:
        """Call ``hook(optimizer)`` before each `state_dict`."""
        return _added(self._optimizer_state_dict_pre_hooks, hook, prepend)

    def register_state_dict_post_hook(
        self, hook: Callable[..., Any], prepend: bool = False
    ) -> RemovableHandle:
        """Call ``hook(optimizer, state_dict)`` after each `state_dict`; it may return another."""
        return _added(self._optimizer_state_dict_post_hooks, hook, prepend)

    def register_load_state_dict_pre_hook(
        self, hook: Callable[..., Any], prepend: bool = False
    ) -> RemovableHandle:
        """Call ``hook(optimizer, state_dict)`` before each loading; it may return another."""
        return _added(self._optimizer_load_state_dict_pre_hooks, hook, prepend)

    def register_load_state_dict_post_hook(
        self, hook: Callable[..., Any], prepend: bool = False
    ) -> RemovableHandle:
        """Call ``hook(optimizer)`` after each loading."""
        return _added(self._optimizer_load_state_dict_post_hooks, hook, prepend)

    def __getstate__(self) -> dict[str, Any]:
        return {"defaults": self.defaults, "state": self.state, "param_groups": self.param_groups}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        if "_stepping" not in self.__dict__:
            self._prepare_hooks()
        for group in self.param_groups:
            for name in self.defaults.keys() & self._since.keys():
                group.setdefault(name, self._since[name])
        for values in self.state.values():
            # States of old count in numbers.
            if "step" in values and not isinstance(values["step"], Tensor):
                values["step"] = counter(float(values["step"]))

    def __repr__(self) -> str:
        lines = [f"{type(self).__name__} ("]
        for number, group in enumerate(self.param_groups):
            lines.append(f"Parameter Group {number}")
            lines += [f"    {name}: {group[name]}" for name in sorted(group) if name != "params"]
        return "\n".join([*lines, ")"])


def counter(start: float = 0.0) -> Tensor:
    """Return what counts steps: a tensor on the host, as in PyTorch's checkpoints."""
    kind = plugrad.get_default_dtype()
    return plugrad.tensor(start, dtype=kind if kind is plugrad.float64 else plugrad.float32)


def _refuse_ways(group: Group, params: list[Any]) -> None:
    if group.get("capturable") and any(p.device.type == "cpu" for p in params):
        raise AssertionError(
            "capturable=True is for parameters on a device that records its work; these are on cpu"
        )
    if group.get("differentiable") and group.get("foreach"):
        raise AssertionError("a step for all parameters at once (foreach) cannot be differentiated")


def _added(hooks: HookDict, hook: Callable[..., Any], first: bool) -> RemovableHandle:
    handle = hooks.add(hook)
    if first:
        others = [(key, value) for key, value in hooks.items() if key != handle.id]
        for key, value in others:
            del hooks[key]
            hooks[key] = value
    return handle
