"""The form in which optimizers are saved: PyTorch's, with numbers in place of parameters."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from copy import deepcopy
from typing import Any

from plugrad.tensor import Tensor

__all__ = ["packed", "unpacked"]

Group = dict[str, Any]


def packed(state: Mapping[Any, Any], groups: list[Group]) -> dict[str, Any]:
    """Return state and groups with numbers in place of parameters; both are as they were."""
    numbers: dict[int, int] = {}
    saved = []
    for group in groups:
        for tensor in group["params"]:
            numbers.setdefault(id(tensor), len(numbers))
        options = {name: value for name, value in group.items() if name != "params"}
        saved.append({**options, "params": [numbers[id(tensor)] for tensor in group["params"]]})
    return {
        "state": {
            numbers[id(key)] if isinstance(key, Tensor) else key: value
            for key, value in state.items()
        },
        "param_groups": saved,
    }


def unpacked(saved: Mapping[str, Any], groups: list[Group]) -> dict[str, Any]:
    """Return a copy of what was saved, with the parameters of `groups` in place of numbers.

    Raises
    ------
    ValueError
        If the groups differ in number or size.
    """
    others = saved["param_groups"]
    if len(others) != len(groups):
        raise ValueError(
            f"the state has {len(others)} parameter groups, this optimizer {len(groups)}"
        )
    for number, (mine, other) in enumerate(zip(groups, others, strict=True)):
        if len(mine["params"]) != len(other["params"]):
            raise ValueError(
                f"group {number} of the state has {len(other['params'])} parameters, that of "
                f"this optimizer {len(mine['params'])}"
            )
    owners = {
        number: (tensor, other)
        for mine, other in zip(groups, others, strict=True)
        for number, tensor in zip(other["params"], mine["params"], strict=True)
    }
    state: defaultdict[Any, dict[str, Any]] = defaultdict(dict)
    for key, value in saved["state"].items():
        if key in owners:
            tensor, group = owners[key]
            state[tensor] = _for_parameter(tensor, group, value)
        else:
            state[key] = deepcopy(value)
    merged = []
    for mine, other in zip(groups, others, strict=True):
        group = deepcopy({name: value for name, value in other.items() if name != "params"})
        if "param_names" in mine:
            group.setdefault("param_names", mine["param_names"])
        merged.append({**group, "params": mine["params"]})
    return {"state": state, "param_groups": merged}


def _for_parameter(tensor: Tensor, group: Group, value: Any, key: Any = None) -> Any:
    """Return a copy of saved state with tensors in the dtype and on the device of a parameter."""
    if isinstance(value, Tensor):
        if key == "step":  # counted on the host, but for what a device records
            recorded = group.get("capturable") or group.get("fused")
            return value.to(device=tensor.device, copy=True) if recorded else value.clone()
        if tensor.is_floating_point() or tensor.is_complex():
            kind = tensor.dtype if value.is_complex() == tensor.is_complex() else value.dtype
            return value.to(device=tensor.device, dtype=kind, copy=True)
        return value.to(device=tensor.device, copy=True)
    if isinstance(value, dict):
        return {name: _for_parameter(tensor, group, item, name) for name, item in value.items()}
    if isinstance(value, Iterable) and not isinstance(value, str):
        return type(value)(_for_parameter(tensor, group, item) for item in value)  # type: ignore[call-arg]
    return deepcopy(value)
