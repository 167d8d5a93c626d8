"""Backends: kernel tables on raw arrays, one for each device."""
