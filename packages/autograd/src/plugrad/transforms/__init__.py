"""Transforms: levels that stand on the level below, each a backend of its own."""
