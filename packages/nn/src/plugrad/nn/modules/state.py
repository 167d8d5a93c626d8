"""A module's state: its parameters and persistent buffers as a flat dictionary, and back."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import plugrad
from plugrad.autograd.hooks import HookDict, RemovableHandle
from plugrad.nn.modules.tree import ModuleTree
from plugrad.nn.parameter import Parameter
from plugrad.tensor import Tensor

__all__ = ["IncompatibleKeys", "ModuleState"]

_EXTRA_STATE = "_extra_state"


class _Keys(NamedTuple):
    missing_keys: list[str]
    unexpected_keys: list[str]


class IncompatibleKeys(_Keys):
    """What `Module.load_state_dict` could not match."""

    __slots__ = ()

    def __repr__(self) -> str:
        if not self.missing_keys and not self.unexpected_keys:
            return "<All keys matched successfully>"
        return (
            f"_IncompatibleKeys(missing_keys={self.missing_keys}, "
            f"unexpected_keys={self.unexpected_keys})"
        )

    __str__ = __repr__


class ModuleState(ModuleTree):
    """The part of `Module` that saves and restores."""

    _version: int = 1
    _state_dict_hooks: HookDict
    _state_dict_pre_hooks: HookDict
    _load_state_dict_pre_hooks: HookDict
    _load_state_dict_post_hooks: HookDict

    # --------------------------------------------------------------------------------------- saving

    def state_dict(
        self, *args: Any, destination: Any = None, prefix: str = "", keep_vars: bool = False
    ) -> Any:
        """Return parameters and persistent buffers by path.

        Parameters
        ----------
        destination : dict, optional
            Where to put them; by default an ordered dictionary with the attribute ``_metadata``.
        prefix : str
            What to put before each path.
        keep_vars : bool
            Whether to return the tensors themselves, instead of detached ones on the same memory.

        Returns
        -------
        OrderedDict

        Examples
        --------
        >>> from plugrad import nn
        >>> list(nn.Linear(2, 1).state_dict())
        ['weight', 'bias']
        """
        for name, value in zip(("destination", "prefix", "keep_vars"), args, strict=False):
            if name == "destination":
                destination = value
            elif name == "prefix":
                prefix = value
            else:
                keep_vars = value
        if destination is None:
            destination = OrderedDict()
            destination._metadata = OrderedDict()
        metadata = {"version": self._version}
        if hasattr(destination, "_metadata"):
            destination._metadata[prefix[:-1]] = metadata
        for hook in self._state_dict_pre_hooks.values():
            hook(self, prefix, keep_vars)
        self._save_to_state_dict(destination, prefix, keep_vars)
        for name, module in self._modules.items():
            if module is not None:
                module.state_dict(
                    destination=destination, prefix=f"{prefix}{name}.", keep_vars=keep_vars
                )
        for hook in self._state_dict_hooks.values():
            replaced = hook(self, destination, prefix, metadata)
            if replaced is not None:
                destination = replaced
        return destination

    def _save_to_state_dict(self, destination: Any, prefix: str, keep_vars: bool) -> None:
        for name, tensor in self._own_state().items():
            destination[prefix + name] = tensor if keep_vars else tensor.detach()
        if self._has_extra_state():
            destination[prefix + _EXTRA_STATE] = self.get_extra_state()

    def _own_state(self) -> dict[str, Tensor]:
        """Return this module's own parameters and persistent buffers."""
        buffers = {
            name: buffer
            for name, buffer in self._buffers.items()
            if name not in self._non_persistent_buffers_set
        }
        members: dict[str, Any] = {**self._parameters, **buffers}
        return {name: member for name, member in members.items() if member is not None}

    def get_extra_state(self) -> Any:
        """Return more than tensors to be saved: for subclasses, with `set_extra_state`."""
        raise RuntimeError("a module that defines set_extra_state must define get_extra_state too")

    def set_extra_state(self, state: Any) -> None:
        """Restore what `get_extra_state` returned: for subclasses."""
        raise RuntimeError("a module that defines get_extra_state must define set_extra_state too")

    def _has_extra_state(self) -> bool:
        return type(self).get_extra_state is not ModuleState.get_extra_state

    # -------------------------------------------------------------------------------------- loading

    def load_state_dict(
        self, state_dict: Mapping[str, Any], strict: bool = True, assign: bool = False
    ) -> IncompatibleKeys:
        """Copy parameters and buffers from a state dictionary into this module.

        Nothing is copied unless everything fits.

        Parameters
        ----------
        state_dict : mapping from str to Tensor
        strict : bool
            Whether the paths must match exactly.
        assign : bool
            Whether to put the given tensors in place of the module's, instead of copying.

        Returns
        -------
        IncompatibleKeys
            ``missing_keys`` and ``unexpected_keys``.

        Raises
        ------
        RuntimeError
            If paths do not match (with `strict`), or shapes.
        TypeError
            If `state_dict` is no mapping.

        Examples
        --------
        >>> from plugrad import nn
        >>> nn.Linear(2, 1).load_state_dict(nn.Linear(2, 1).state_dict())
        <All keys matched successfully>
        """
        if not isinstance(state_dict, Mapping):
            raise TypeError(
                f"state_dict must be a mapping from paths to tensors, not "
                f"{type(state_dict).__name__}"
            )
        metadata = getattr(state_dict, "_metadata", None)
        state = OrderedDict(state_dict)
        if metadata is not None:
            state._metadata = metadata  # type: ignore[attr-defined]
        loading = _Loading(state, strict, assign)
        loading.visit(self, "")
        loading.note_unexpected()
        keys = IncompatibleKeys(loading.missing, loading.unexpected)
        errors = loading.errors
        if strict and loading.unexpected:
            errors.insert(0, f"the model has nothing called {', '.join(loading.unexpected)}")
        if strict and loading.missing:
            errors.insert(0, f"the state has nothing for {', '.join(loading.missing)}")
        if errors:
            listed = "\n  ".join(errors)
            raise RuntimeError(
                f"this state does not fit {type(self).__name__}; nothing was loaded:\n  {listed}"
            )
        with plugrad.no_grad():
            for put in loading.writes:
                put()
        for module in self.modules():
            for hook in module._load_state_dict_post_hooks.values():
                hook(module, keys)
        return keys

    def _upgrade_state(self, state: dict[str, Any], prefix: str, version: int | None) -> None:
        """Add to a state, about to be loaded, what an older version of the module did not have."""

    # ---------------------------------------------------------------------------------------- hooks

    def register_state_dict_pre_hook(self, hook: Callable[..., Any]) -> RemovableHandle:
        """Call ``hook(module, prefix, keep_vars)`` before the state is collected."""
        return self._state_dict_pre_hooks.add(hook)

    def register_state_dict_post_hook(self, hook: Callable[..., Any]) -> RemovableHandle:
        """Call ``hook(module, state_dict, prefix, local_metadata)`` after it was collected."""

        def checked(*args: Any) -> None:
            if hook(*args) is not None:
                raise RuntimeError("a state_dict post-hook changes the dictionary in place")

        return self._state_dict_hooks.add(checked)

    _register_state_dict_hook = register_state_dict_post_hook

    def register_load_state_dict_pre_hook(self, hook: Callable[..., Any]) -> RemovableHandle:
        """Call a hook before this module's state is loaded.

        The arguments are ``(module, state_dict, prefix, local_metadata, strict, missing_keys,
        unexpected_keys, error_msgs)``, as for PyTorch.
        """
        return self._load_state_dict_pre_hooks.add(hook)

    def register_load_state_dict_post_hook(self, hook: Callable[..., Any]) -> RemovableHandle:
        """Call ``hook(module, incompatible_keys)`` after the state was loaded."""
        return self._load_state_dict_post_hooks.add(hook)


class _Loading:
    """One pass over a tree of modules: plans what is to be written, finds what is wrong."""

    def __init__(self, state: Any, strict: bool, assign: bool) -> None:
        self.state = state
        self.strict = strict
        self.assign = assign
        self.missing: list[str] = []
        self.unexpected: list[str] = []
        self.errors: list[str] = []
        self.writes: list[Callable[[], None]] = []
        self._known: set[str] = set()

    def visit(self, module: Any, prefix: str) -> None:
        metadata = (getattr(self.state, "_metadata", None) or {}).get(prefix[:-1], {})
        for hook in module._load_state_dict_pre_hooks.values():
            hook(module, self.state, prefix, metadata, self.strict, self.missing, self.unexpected,
                 self.errors)  # fmt: skip
        module._upgrade_state(self.state, prefix, metadata.get("version"))
        for name, tensor in module._own_state().items():
            key = prefix + name
            self._known.add(key)
            if key not in self.state:
                self.missing.append(key)
            else:
                self._plan(module, name, key, tensor, self.state[key])
        if module._has_extra_state():
            key = prefix + _EXTRA_STATE
            self._known.add(key)
            if key in self.state:
                self.writes.append(lambda: module.set_extra_state(self.state[key]))
            else:
                self.missing.append(key)
        for name, child in module._modules.items():
            if child is not None:
                self.visit(child, f"{prefix}{name}.")

    def _plan(self, module: Any, name: str, key: str, tensor: Tensor, value: Any) -> None:
        if not isinstance(value, Tensor):
            self.errors.append(f"{key}: expected a Tensor, but found {type(value).__name__}")
            return
        if value.ndim == 1 and len(value) == 1 and tensor.ndim == 0:
            value = value[0]  # as very old checkpoints keep numbers
        if value.shape != tensor.shape:
            self.errors.append(
                f"{key}: the saved tensor has shape {list(value.shape)}, this model's has "
                f"{list(tensor.shape)}"
            )
            return
        if not self.assign:
            self.writes.append(lambda: _copied(tensor, value))
        elif isinstance(tensor, Parameter):
            parameter = value if isinstance(value, Parameter) else Parameter(value)
            parameter.requires_grad = tensor.requires_grad
            self.writes.append(lambda: setattr(module, name, parameter))
        else:
            self.writes.append(lambda: setattr(module, name, value))

    def note_unexpected(self) -> None:
        self.unexpected += [
            key for key in self.state if key not in self._known and key not in self.unexpected
        ]


def _copied(tensor: Tensor, value: Tensor) -> None:
    tensor.copy_(value)
