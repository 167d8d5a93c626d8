"""A module's state: its parameters and persistent buffers as a flat dictionary, and back."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import plugrad
from plugrad.autograd.hooks import HookDict, RemovableHandle
from plugrad.nn.modules.tree import ModuleTree
from plugrad.nn.parameter import Parameter, is_lazy
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
            keep = keep_vars or is_lazy(tensor)
            destination[prefix + name] = tensor if keep else tensor.detach()
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

        Nothing is copied unless everything fits (but where hooks on the end of loading might
        forgive paths that do not match, what fits is copied first).

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
        loading = _Loading(metadata or {}, assign)
        loading.visit(self, state, "")
        keys = IncompatibleKeys(loading.missing, loading.unexpected)
        mismatched = strict and bool(keys.missing_keys or keys.unexpected_keys)
        if loading.errors or (mismatched and not loading.post_hooks):
            raise self._misfit(keys, loading.errors, strict)
        with plugrad.no_grad():
            for put in loading.errors.writes:
                put()
        for module, hook in loading.post_hooks:
            assert hook(module, keys) is None, (
                "a hook on the end of load_state_dict changes the keys in place, and returns None"
            )
        if strict and (keys.missing_keys or keys.unexpected_keys):
            raise self._misfit(keys, [], strict)
        return keys

    def _misfit(self, keys: IncompatibleKeys, errors: list[str], strict: bool) -> RuntimeError:
        listed = list(errors)
        if strict and keys.unexpected_keys:
            listed.insert(0, f"the model has nothing called {', '.join(keys.unexpected_keys)}")
        if strict and keys.missing_keys:
            listed.insert(0, f"the state has nothing for {', '.join(keys.missing_keys)}")
        text = "\n  ".join(listed)
        return RuntimeError(f"this state does not fit {type(self).__name__}:\n  {text}")

    def _load_from_state_dict(
        self,
        state_dict: dict[str, Any],
        prefix: str,
        local_metadata: dict[str, Any],
        strict: bool,
        missing_keys: list[str],
        unexpected_keys: list[str],
        error_msgs: list[str],
    ) -> None:
        """Load this module's own part of a state: for subclasses to extend.

        `load_state_dict` calls it for each module; what it finds wrong, it adds to the lists. Its
        tensors are written once all have been found to fit.
        """
        for load in self._load_state_dict_pre_hooks.values():
            load(self, state_dict, prefix, local_metadata, strict, missing_keys, unexpected_keys,
                 error_msgs)  # fmt: skip
        self._upgrade_state(state_dict, prefix, local_metadata.get("version"))
        assign = local_metadata.get("assign_to_params_buffers", False)
        writes: list[Callable[[], None]] = []
        own = self._own_state()
        for name, tensor in own.items():
            key = prefix + name
            if key in state_dict:
                value = state_dict[key]
                error = _misfit(tensor, value)
                if error:
                    error_msgs.append(f"{key}: {error}")
                else:
                    writes.append(_write(self, name, tensor, value, assign))
            elif strict:
                missing_keys.append(key)
        key = prefix + _EXTRA_STATE
        if type(self).set_extra_state is not ModuleState.set_extra_state:
            if key in state_dict:
                writes.append(lambda: self.set_extra_state(state_dict[key]))
            elif strict:
                missing_keys.append(key)
        elif strict and key in state_dict:
            unexpected_keys.append(key)
        if strict:
            for path in state_dict:
                if path.startswith(prefix) and path != key:
                    name, dot, _ = path[len(prefix) :].partition(".")
                    if name not in (self._modules if dot else own):
                        unexpected_keys.append(path)
        if isinstance(error_msgs, _Errors):
            error_msgs.writes += writes
        else:  # called by itself
            with plugrad.no_grad():
                for put in writes:
                    put()

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

    def _register_load_state_dict_pre_hook(
        self, hook: Callable[..., Any], with_module: bool = False
    ) -> RemovableHandle:
        """Call a hook before this module's state is loaded: by default without the module."""
        return self._load_state_dict_pre_hooks.add(
            hook if with_module else lambda module, *args: hook(*args)
        )

    def register_load_state_dict_post_hook(self, hook: Callable[..., Any]) -> RemovableHandle:
        """Call ``hook(module, incompatible_keys)`` after the state was loaded."""
        return self._load_state_dict_post_hooks.add(hook)


class _Errors(list[str]):
    """What is wrong with a state, and what is to be written if nothing is."""

    def __init__(self) -> None:
        super().__init__()
        self.writes: list[Callable[[], None]] = []


class _Loading:
    """One pass over a tree of modules: plans what is to be written, finds what is wrong."""

    def __init__(self, metadata: Mapping[str, Any], assign: bool) -> None:
        self._metadata = metadata
        self._assign = assign
        self.missing: list[str] = []
        self.unexpected: list[str] = []
        self.errors = _Errors()
        self.post_hooks: list[tuple[Any, Callable[..., Any]]] = []

    def visit(self, module: Any, state: dict[str, Any], prefix: str) -> None:
        # The state's own is not told: another module may be loaded from it, by copying.
        metadata = {**self._metadata.get(prefix[:-1], {})}
        if self._assign:
            metadata["assign_to_params_buffers"] = True
        # Always strictly: what does not match is told even to those who do not mind.
        module._load_from_state_dict(
            state, prefix, metadata, True, self.missing, self.unexpected, self.errors
        )
        for name, child in module._modules.items():
            if child is not None:
                path = f"{prefix}{name}."
                within = {key: value for key, value in state.items() if key.startswith(path)}
                self.visit(child, within, path)
        hooks = module._load_state_dict_post_hooks.values()
        self.post_hooks += [(module, hook) for hook in hooks]


def _misfit(tensor: Tensor, value: Any) -> str:
    """Return why a value cannot be loaded into a tensor, "" if it can."""
    if not isinstance(value, Tensor):
        return f"expected a Tensor, but found {type(value).__name__}"
    if is_lazy(tensor) or (not is_lazy(value) and value.shape == tensor.shape):
        return ""
    if is_lazy(value):
        return "the saved tensor has no shape yet, this model's has"
    if value.shape == (1,) and tensor.ndim == 0:
        return ""
    return f"the saved tensor has shape {list(value.shape)}, this model's has {list(tensor.shape)}"


def _write(
    module: Any, name: str, tensor: Tensor, value: Tensor, assign: bool
) -> Callable[[], None]:
    """Return what puts a value, which fits, into a module."""
    if is_lazy(value):
        return lambda: None
    if not is_lazy(tensor) and tensor.ndim == 0 and value.ndim == 1:
        value = value[0]  # as very old checkpoints keep numbers
    if not assign:
        return lambda: _copy(tensor, value)
    return lambda: _assign(module, name, tensor, value)


def _assign(module: Any, name: str, tensor: Tensor, value: Tensor) -> None:
    put: Tensor = value
    if isinstance(tensor, Parameter):
        put = value if isinstance(value, Parameter) else Parameter(value, tensor.requires_grad)
        put.requires_grad = tensor.requires_grad
    setattr(module, name, put)


def _copy(tensor: Any, value: Tensor) -> None:
    if is_lazy(tensor):
        tensor.materialize(value.shape)
    tensor.copy_(value)
