"""An example of a plugrad plugin: the documentation's page "Write a plugin" explains it."""
