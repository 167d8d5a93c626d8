"""Plugins: how a distribution adds backends, operators, kernels, layers, optimizers and the rest.

A plugin is a module (or any object) that declares the version of this interface it was written for
and implements hooks, each of which names what the plugin offers and where it lies. Nothing that
is named is imported before it is used::

    # plugrad_opencl/plugin.py
    from plugrad.plugins import hookimpl

    PLUGRAD_API = (1, 0)

    @hookimpl
    def plugrad_register_backends(register):
        register("opencl", load="plugrad_opencl.backend:OpenCLBackend")

Its distribution announces it by an entry point, in group ``plugrad.backends`` under the type
of device (imported only when that device is asked for), or in group ``plugrad.plugins`` under any
name (imported on the first question to the registry)::

    [project.entry-points."plugrad.backends"]
    opencl = "plugrad_opencl.plugin"

Environment variables, read before the first plugin is loaded; each name in a list may be that of
a distribution, an entry point or a plugin's module:

``PLUGRAD_PLUGINS``
    The only installed plugins to load, separated by commas; empty for none. Core's own are
    not subject to it.
``PLUGRAD_DISABLE_PLUGINS``
    Plugins to leave out, core's own too. It beats ``PLUGRAD_PLUGINS``.
``PLUGRAD_STRICT_PLUGINS``
    If on (anything but empty, 0, false, no, off), a plugin that fails or a name claimed twice is
    an error instead of a warning.

Importing this package imports pluggy, so `import plugrad` leaves it for later.
"""

from plugrad.plugins.discovery import (
    collisions,
    installed,
    load,
    lookup,
    manager,
    register,
    registered,
)
from plugrad.plugins.hookspecs import API_VERSION, KINDS, hookimpl
from plugrad.plugins.registers import (
    NotRegisteredError,
    PluginError,
    PluginWarning,
    Provider,
    Registration,
)
from plugrad.plugins.scan import Plugin

__all__ = [
    "API_VERSION",
    "KINDS",
    "NotRegisteredError",
    "Plugin",
    "PluginError",
    "PluginWarning",
    "Provider",
    "Registration",
    "collisions",
    "hookimpl",
    "installed",
    "load",
    "lookup",
    "manager",
    "register",
    "registered",
]
