"""The modules, by family."""
