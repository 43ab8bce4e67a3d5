"""Runs builds on this machine as CodeBuild runs them: see `runner.py` for the port, `run.py` for a run's story.

Every run has a directory and a supervisor: a process of its own that outlives whoever started it. What
the supervisor knows is in files, so that a runner that was killed and started again finds its runs.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from checks.runners.local.runner import LocalRunner

__all__ = ["LocalRunner"]


def __getattr__(name: str) -> Any:
    """Import the runner only for those who want it: supervisors start faster, and wait in less memory, without."""
    if name == "LocalRunner":
        from checks.runners.local.runner import LocalRunner  # noqa: PLC0415  that is the point

        return LocalRunner
    raise AttributeError(name)
