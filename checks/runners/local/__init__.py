"""Runs builds on this machine as CodeBuild runs them: see `runner.py` for the port, `run.py` for a run's story.

Every run has a directory and a supervisor: a process of its own that outlives whoever started it. What
the supervisor knows is in files, so that a runner that was killed and started again finds its runs.
"""
