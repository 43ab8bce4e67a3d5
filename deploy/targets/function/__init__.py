"""A function on Lambda: new code becomes a version, and an alias moves to it."""

from deploy.targets.function.kind import Function

__all__ = ["Function"]
