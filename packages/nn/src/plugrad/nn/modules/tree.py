"""What a module contains: parameters, buffers and modules, registered by assigning them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import chain
from typing import Any

from plugrad.nn.modules.global_hooks import registered
from plugrad.nn.parameter import Buffer, Parameter
from plugrad.tensor import Tensor

__all__ = ["ModuleTree"]


class ModuleTree:
    """The part of `Module` that deals with what it contains.

    Parameters, buffers and modules stand in tables of their own, so that they can be listed in the
    order of their assignment; every other attribute is an ordinary one.
    """

    training: bool
    _parameters: dict[str, Parameter | None]
    _buffers: dict[str, Tensor | None]
    _modules: dict[str, Any]
    _non_persistent_buffers_set: set[str]

    # --------------------------------------------------------------------------------- registering

    def __setattr__(self, name: str, value: Any) -> None:
        tables = self.__dict__
        if isinstance(value, Parameter):
            if "_parameters" not in tables:
                raise AttributeError(
                    f"cannot assign parameter {name!r} before Module.__init__() was called"
                )
            self._remove(name, "_buffers", "_modules")
            self.register_parameter(name, value)
            return
        parameters, modules = tables.get("_parameters"), tables.get("_modules")
        if isinstance(value, ModuleTree) and not (parameters and name in parameters):
            if modules is None:
                raise AttributeError(
                    f"cannot assign module {name!r} before Module.__init__() was called"
                )
            self._remove(name, "_buffers")
            modules[name] = registered("module", self, name, value)
            return
        for kind, table in (("parameter", parameters), ("module", modules)):
            if table is not None and name in table:
                if value is not None:
                    raise TypeError(
                        f"{name!r} is a {kind} of this {type(self).__name__}: it can only be "
                        f"replaced by another or by None, not by {type(value).__name__}; "
                        "delete it first"
                    )
                table[name] = registered("module", self, name, None) if kind == "module" else None
                return
        buffers = tables.get("_buffers")
        if isinstance(value, Buffer) or (buffers is not None and name in buffers):
            if value is not None and not isinstance(value, Tensor):
                raise TypeError(
                    f"{name!r} is a buffer of this {type(self).__name__}: it can only be replaced "
                    f"by a Tensor or None, not by {type(value).__name__}"
                )
            if isinstance(value, Buffer) and (buffers is None or name not in buffers):
                self.register_buffer(name, value, value.persistent)
            else:
                self._buffers[name] = registered("buffer", self, name, value)
            return
        object.__setattr__(self, name, value)

    def _remove(self, name: str, *tables: str) -> None:
        """Forget the attribute, or entry of these tables, of a name that another kind takes."""
        self.__dict__.pop(name, None)
        for table in tables:
            getattr(self, table).pop(name, None)
        self._non_persistent_buffers_set.discard(name)

    def __getattr__(self, name: str) -> Any:
        tables = self.__dict__
        for kind in ("_parameters", "_modules", "_buffers"):
            table = tables.get(kind)
            if table is not None and name in table:
                return table[name]
        raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")

    def __delattr__(self, name: str) -> None:
        for table in (self._parameters, self._buffers, self._modules):
            if name in table:
                del table[name]
                self._non_persistent_buffers_set.discard(name)
                return
        object.__delattr__(self, name)

    def __dir__(self) -> list[str]:
        names = chain(super().__dir__(), self._parameters, self._modules, self._buffers)
        return sorted(name for name in names if name.isidentifier())

    def _check_name(self, name: str, what: str) -> None:
        if not isinstance(name, str):
            raise TypeError(f"the name of a {what} must be a string, not {type(name).__name__}")
        if "." in name:
            raise KeyError(f"the name of a {what} cannot contain a dot: {name!r}")
        if name == "":
            raise KeyError(f"the name of a {what} cannot be empty")

    def _check_free(self, name: str, what: str, table: Mapping[str, Any]) -> None:
        self._check_name(name, what)
        if name not in table and hasattr(self, name):
            raise KeyError(f"attribute {name!r} exists already")

    def register_parameter(self, name: str, param: Parameter | None) -> None:
        """Add a parameter under a name; None keeps the name for one.

        Raises
        ------
        AttributeError
            Before ``Module.__init__``.
        KeyError
            If the name is taken, empty, or has a dot in it.
        TypeError
            If `param` is neither a `Parameter` nor None.
        ValueError
            If it is not a leaf.
        """
        if "_parameters" not in self.__dict__:
            raise AttributeError(
                f"cannot assign parameter {name!r} before Module.__init__() was called"
            )
        self._check_free(name, "parameter", self._parameters)
        if param is not None and not isinstance(param, Parameter):
            raise TypeError(f"{name!r} must be a Parameter or None, not {type(param).__name__}")
        if param is not None and param.grad_fn is not None:
            raise ValueError(f"{name!r} must be a leaf, but was made by {param.grad_fn.name()}")
        if param is not None:
            param = registered("parameter", self, name, param)
        self._parameters[name] = param

    def register_buffer(self, name: str, tensor: Tensor | None, persistent: bool = True) -> None:
        """Add a tensor that is kept but not learned, such as a running mean.

        Parameters
        ----------
        name : str
        tensor : Tensor or None
        persistent : bool
            Whether it is part of the state.

        Raises
        ------
        AttributeError, KeyError, TypeError
            As for `register_parameter`.
        """
        if "_buffers" not in self.__dict__:
            raise AttributeError(
                f"cannot assign buffer {name!r} before Module.__init__() was called"
            )
        self._check_free(name, "buffer", self._buffers)
        if tensor is not None and not isinstance(tensor, Tensor):
            raise TypeError(f"{name!r} must be a Tensor or None, not {type(tensor).__name__}")
        self._buffers[name] = registered("buffer", self, name, tensor)
        if persistent:
            self._non_persistent_buffers_set.discard(name)
        else:
            self._non_persistent_buffers_set.add(name)

    def add_module(self, name: str, module: Any) -> None:
        """Add a module under a name.

        Raises
        ------
        KeyError
            If the name is taken, empty, or has a dot in it.
        TypeError
            If `module` is neither a module nor None.
        """
        if module is not None and not isinstance(module, ModuleTree):
            raise TypeError(f"{name!r} must be a Module or None, not {type(module).__name__}")
        self._check_free(name, "module", self._modules)
        self._modules[name] = registered("module", self, name, module)

    register_module = add_module

    # ----------------------------------------------------------------------------------- traversing

    def named_modules(
        self, memo: set[Any] | None = None, prefix: str = "", remove_duplicate: bool = True
    ) -> Iterator[tuple[str, Any]]:
        """Yield each module of the tree, this one first, with its path.

        Examples
        --------
        >>> from plugrad import nn
        >>> [name for name, _ in nn.Sequential(nn.ReLU(), nn.Flatten()).named_modules()]
        ['', '0', '1']
        """
        memo = set() if memo is None else memo
        if self in memo:
            return
        if remove_duplicate:
            memo.add(self)
        yield prefix, self
        for name, module in self._modules.items():
            if module is not None:
                path = f"{prefix}.{name}" if prefix else name
                yield from module.named_modules(memo, path, remove_duplicate)

    def modules(self) -> Iterator[Any]:
        """Yield each module of the tree once, this one first."""
        for _, module in self.named_modules():
            yield module

    def named_children(self) -> Iterator[tuple[str, Any]]:
        """Yield the modules directly inside, with their names."""
        seen = set()
        for name, module in self._modules.items():
            if module is not None and module not in seen:
                seen.add(module)
                yield name, module

    def children(self) -> Iterator[Any]:
        """Yield the modules directly inside."""
        for _, module in self.named_children():
            yield module

    def _named_members(
        self, table: str, prefix: str, recurse: bool, remove_duplicate: bool
    ) -> Iterator[tuple[str, Any]]:
        seen = set()
        modules = (
            self.named_modules(prefix=prefix, remove_duplicate=remove_duplicate)
            if recurse
            else [(prefix, self)]
        )
        for path, module in modules:
            for name, member in getattr(module, table).items():
                if member is None or member in seen:
                    continue
                if remove_duplicate:
                    seen.add(member)
                yield (f"{path}.{name}" if path else name), member

    def named_parameters(
        self, prefix: str = "", recurse: bool = True, remove_duplicate: bool = True
    ) -> Iterator[tuple[str, Parameter]]:
        """Yield the parameters with their paths.

        Examples
        --------
        >>> from plugrad import nn
        >>> [name for name, _ in nn.Linear(2, 3).named_parameters()]
        ['weight', 'bias']
        """
        yield from self._named_members("_parameters", prefix, recurse, remove_duplicate)

    def parameters(self, recurse: bool = True) -> Iterator[Parameter]:
        """Yield the parameters."""
        for _, parameter in self.named_parameters(recurse=recurse):
            yield parameter

    def named_buffers(
        self, prefix: str = "", recurse: bool = True, remove_duplicate: bool = True
    ) -> Iterator[tuple[str, Tensor]]:
        """Yield the buffers with their paths."""
        yield from self._named_members("_buffers", prefix, recurse, remove_duplicate)

    def buffers(self, recurse: bool = True) -> Iterator[Tensor]:
        """Yield the buffers."""
        for _, buffer in self.named_buffers(recurse=recurse):
            yield buffer

    # -------------------------------------------------------------------------------------- by path

    def get_submodule(self, target: str) -> Any:
        """Return the module at a path such as ``"encoder.0.linear"``; of ``""``, this one.

        Raises
        ------
        AttributeError
            If the path leads nowhere, or to something else.
        """
        module: Any = self
        for name in target.split(".") if target else ():
            found = getattr(module, name, None)
            if found is None:
                raise AttributeError(f"{type(module).__name__} has no attribute {name!r}")
            if not isinstance(found, ModuleTree):
                raise AttributeError(f"{name!r} of {type(module).__name__} is not a Module")
            module = found
        return module

    def set_submodule(self, target: str, module: Any, strict: bool = False) -> None:
        """Put `module` at a path.

        Parameters
        ----------
        target : str
        module : Module
        strict : bool
            Whether there must be one already.

        Raises
        ------
        ValueError
            If the path is empty, or `module` is no module.
        AttributeError
            If the path leads nowhere, or to something else.

        Examples
        --------
        >>> from plugrad import nn
        >>> model = nn.Sequential(nn.Sequential(nn.Tanh()))
        >>> model.set_submodule("0.0", nn.ReLU())
        >>> model[0][0]
        ReLU()
        """
        if not target:
            raise ValueError("a module cannot be put in its own place: the path is empty")
        if not isinstance(module, ModuleTree):
            raise ValueError(f"only a module can be put at a path, not {type(module).__name__}")
        path, _, name = target.rpartition(".")
        parent = self.get_submodule(path)
        if strict or hasattr(parent, name):
            self.get_submodule(target)
        setattr(parent, name, module)

    def get_parameter(self, target: str) -> Parameter:
        """Return the parameter at a path.

        Raises
        ------
        AttributeError
            If the path leads nowhere, or to something else.
        """
        found = self._get_member(target)
        if not isinstance(found, Parameter):
            raise AttributeError(f"{target!r} is not a Parameter")
        return found

    def get_buffer(self, target: str) -> Tensor:
        """Return the buffer at a path.

        Raises
        ------
        AttributeError
            If the path leads nowhere, or to something else.
        """
        path, _, name = target.rpartition(".")
        found = self._get_member(target)
        if name not in self.get_submodule(path)._buffers:
            raise AttributeError(f"{target!r} is not a buffer")
        return found  # type: ignore[no-any-return]

    def _get_member(self, target: str) -> Any:
        path, _, name = target.rpartition(".")
        module = self.get_submodule(path)
        if not hasattr(module, name):
            raise AttributeError(f"{type(module).__name__} has no attribute {name!r}")
        return getattr(module, name)

    # ------------------------------------------------------------------------------------- printing

    def _get_name(self) -> str:
        return type(self).__name__

    def extra_repr(self) -> str:
        """Return what stands between the parentheses when the module is printed."""
        return ""

    def __repr__(self) -> str:
        extra = self.extra_repr()
        lines = extra.split("\n") if extra else []
        children = [
            f"({name}): {_indented(repr(module))}" for name, module in self._modules.items()
        ]
        if len(lines) == 1 and not children:
            return f"{self._get_name()}({extra})"
        if not (lines or children):
            return f"{self._get_name()}()"
        return f"{self._get_name()}(\n  " + "\n  ".join([*lines, *children]) + "\n)"


def _indented(text: str) -> str:
    """Indent every line but the first."""
    return text.replace("\n", "\n  ")
