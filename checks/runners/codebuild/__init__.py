"""Runs builds on AWS CodeBuild: `runner.py` is the port, `parameters.py` what AWS is told, `build.py` what it tells.

A run is named by CodeBuild's id of it, `project:uuid`. What AWS knows is not stored a second time: only logs that
were looked at are kept as files, so that nobody waits twice for the same page.
"""

from checks.runners.codebuild.place import Place, Sources
from checks.runners.codebuild.runner import CodeBuildRunner

__all__ = ["CodeBuildRunner", "Place", "Sources"]
