"""What plugins offer: a `Registration` for each name, a `Table` of them for each kind of thing.

Nothing here imports a plugin or knows how one is found.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from difflib import get_close_matches
from pkgutil import resolve_name
from typing import Final

__all__ = [
    "NotRegisteredError",
    "PluginError",
    "PluginWarning",
    "Provider",
    "Register",
    "RegisterKernel",
    "Registration",
    "Table",
]

COLLISION_CURE: Final = (
    "Leave one out by naming it in PLUGRAD_DISABLE_PLUGINS, or give one a higher priority where it "
    "registers."
)
_TARGET: Final = re.compile(r"\w+(\.\w+)*:\w+(\.\w+)*")


class PluginError(RuntimeError):
    """A plugin that was needed is broken, or two of them claim the name that was asked for."""


class NotRegisteredError(PluginError, LookupError):
    """No plugin offers the name that was asked for."""


class PluginWarning(UserWarning):
    """A plugin was left out, or two of them claim one name. Everything else works."""


@dataclass(frozen=True, slots=True)
class Provider:
    """The plugin that offers something, as messages name it.

    Attributes
    ----------
    name : str
        Its entry point's name.
    distribution, version : str
        What installed it.
    """

    name: str
    distribution: str
    version: str

    def __str__(self) -> str:
        return f"plugin {self.name!r} of {self.distribution} {self.version}".rstrip()


@dataclass(frozen=True, slots=True)
class Registration:
    """One name that one plugin offers.

    Attributes
    ----------
    kind : str
        One of `plugrad.plugins.KINDS`.
    name : str
    target : str or object
        Where the thing lies, ``"package.module:attribute"``, or the thing itself.
    provider : Provider
    priority : int
        The highest of those that claim a name gets it.
    backend : str, optional
        The type of device that a kernel is for.
    when : callable, optional
        Tells from a kernel's arguments whether it takes them.
    """

    kind: str
    name: str
    target: object
    provider: Provider
    priority: int = 0
    backend: str | None = None
    when: Callable[..., bool] | None = None

    def __str__(self) -> str:
        return _described(self.kind, self.name, self.backend)

    def load(self) -> object:
        """Return the thing itself, importing it if need be.

        Raises
        ------
        PluginError
            If that import fails; its cause is chained.
        """
        if not isinstance(self.target, str):
            return self.target
        try:
            return resolve_name(self.target)
        except Exception as cause:
            raise PluginError(
                f"{self} of {self.provider} could not be loaded from {self.target!r}: "
                f"{type(cause).__name__}: {cause}"
            ) from cause


def _described(kind: str, name: str, backend: str | None) -> str:
    described = f"{kind.removesuffix('s')} {name!r}"
    return described if backend is None else f"{described} for backend {backend!r}"


class _Collector:
    """Gathers what one plugin offers of one kind; entered into the table only if all is well."""

    def __init__(self, kind: str, provider: Provider) -> None:
        self._kind = kind
        self._provider = provider
        self.registrations: list[Registration] = []

    def _collect(
        self,
        name: str,
        load: object,
        priority: int,
        backend: str | None = None,
        when: Callable[..., bool] | None = None,
    ) -> None:
        if not isinstance(name, str) or not name:
            raise TypeError(f"a {self._kind.removesuffix('s')} needs a name, not {name!r}")
        described = _described(self._kind, name, backend)
        if isinstance(load, str) and not _TARGET.fullmatch(load):
            raise ValueError(
                f"load={load!r} of {described} does not say where it lies: "
                "write 'package.module:attribute'"
            )
        if not isinstance(priority, int):
            raise TypeError(f"priority={priority!r} of {described} is not an integer")
        if any((known.name, known.backend) == (name, backend) for known in self.registrations):
            raise ValueError(f"{described} is registered twice")
        self.registrations.append(
            Registration(self._kind, name, load, self._provider, priority, backend, when)
        )


class Register(_Collector):
    """Handed to every hook but the one for kernels; a plugin calls it once for each name."""

    def __call__(self, name: str, *, load: object, priority: int = 0) -> None:
        """Offer something.

        Parameters
        ----------
        name : str
            The name that users ask for.
        load : str or object
            Where the thing lies, ``"package.module:attribute"``, imported on first use; or the
            thing itself.
        priority : int
            Of several plugins that claim `name`, the one with the highest gets it.

        Raises
        ------
        TypeError, ValueError
            If an argument is malformed, or `name` was offered before.
        """
        self._collect(name, load, priority)


class RegisterKernel(_Collector):
    """Handed to ``plugrad_register_kernels``; a plugin calls it once for each kernel."""

    def __call__(
        self,
        name: str,
        *,
        backend: str,
        load: object,
        when: Callable[..., bool] | None = None,
        priority: int = 0,
    ) -> None:
        """Offer a kernel that a backend is to prefer to its own.

        Parameters
        ----------
        name : str
            The operator it computes.
        backend : str
            The type of device whose arrays it takes.
        load : str or object
            Where the kernel lies, ``"package.module:attribute"``, imported on first use; or the
            kernel itself.
        when : callable, optional
            Called with the kernel's arguments; where it returns False, the backend's own kernel
            runs. Without it, this one always does.
        priority : int
            Of several plugins that claim `name` for `backend`, the one with the highest gets it.

        Raises
        ------
        TypeError, ValueError
            If an argument is malformed, or `name` was offered for `backend` before.
        """
        if not isinstance(backend, str) or not backend:
            raise TypeError(f"kernel {name!r} needs the type of its device, not {backend!r}")
        if when is not None and not callable(when):
            raise TypeError(f"when={when!r} of kernel {name!r} cannot be called")
        self._collect(name, load, priority, backend, when)


class Table:
    """Who claims which name, of one kind of thing."""

    def __init__(self, kind: str) -> None:
        self._kind = kind
        self._claims: dict[tuple[str, str | None], list[Registration]] = {}

    def add(self, registration: Registration) -> None:
        """Enter one claim; a second one to the same name is kept beside the first."""
        key = (registration.name, registration.backend)
        self._claims.setdefault(key, []).append(registration)

    def claimants(self, name: str, backend: str | None = None) -> list[Registration]:
        """Return the claims to `name` of the highest priority: one, none, or a collision."""
        claims = self._claims.get((name, backend), [])
        highest = max((claim.priority for claim in claims), default=0)
        return [claim for claim in claims if claim.priority == highest]

    def collisions(self) -> Iterator[list[Registration]]:
        """Yield, for each name that nobody gets, the claims to it."""
        for name, backend in self._claims:
            claimants = self.claimants(name, backend)
            if len(claimants) > 1:
                yield claimants

    def undisputed(self, backend: str | None = None) -> dict[str, Registration]:
        """Return all that can be had, by name; of kernels, those for `backend`."""
        names = sorted(name for name, wanted in self._claims if wanted == backend)
        claims = {name: self.claimants(name, backend) for name in names}
        return {name: claimants[0] for name, claimants in claims.items() if len(claimants) == 1}

    def find(self, name: str, backend: str | None = None) -> Registration:
        """Return the one claim to `name`.

        Raises
        ------
        NotRegisteredError
            If there is none.
        PluginError
            If there are several of the same priority.
        """
        claimants = self.claimants(name, backend)
        if len(claimants) == 1:
            return claimants[0]
        described = _described(self._kind, name, backend)
        if claimants:
            raise PluginError(f"{described} is claimed by {listed(claimants)}. {COLLISION_CURE}")
        known = [known for known, wanted in self._claims if wanted == backend]
        near = get_close_matches(name, known, n=1)
        raise NotRegisteredError(
            f"no {described} is registered" + (f"; did you mean {near[0]!r}?" if near else "")
        )


def listed(claims: list[Registration]) -> str:
    """Name the plugins behind `claims`."""
    return " and ".join(str(claim.provider) for claim in claims)
