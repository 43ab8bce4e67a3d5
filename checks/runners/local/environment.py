"""The variables that a run's commands find: CodeBuild's, the buildspec's, the order's, and nothing of the App's."""

import os
import time
from collections.abc import Mapping

from checks.runners import post_build
from checks.runners.local.directory import RunDirectory
from checks.runners.local.job import GitSource, Job

DEFAULT_REGION = "us-east-1"
ACCOUNT = "000000000000"
DEPOT = "INTERLOCK_DEPOT"
"""Names the folder where a run lays the zips that it publishes to this machine."""


def variables(run: RunDirectory, job: Job, number: int, commit: str, given: Mapping[str, str]) -> dict[str, str]:
    """Everything at the start of a run; what the order says wins over `given`, the buildspec's own."""
    ours = {**_publishing(run, job), **job.variables, **_codebuild(run, job, number, commit)}
    return {**_system(run, job), **given, **ours}


def _system(run: RunDirectory, job: Job) -> dict[str, str]:
    region = job.variables.get("AWS_REGION", DEFAULT_REGION)
    return {
        "HOME": str(run.user_home),
        "PATH": f"{job.path}:{run.programs}",
        "USER": os.environ.get("USER", "root"),
        "CI": "true",
        "AWS_REGION": region,
        "AWS_DEFAULT_REGION": region,
    }


def _publishing(run: RunDirectory, job: Job) -> dict[str, str]:
    told = {post_build.RUN: run.name, **post_build.variables(run.post_build.as_uri(), job.value_format)}
    return {**told, DEPOT: str(run.published)} if job.shelf else told


def _codebuild(run: RunDirectory, job: Job, number: int, commit: str) -> dict[str, str]:
    region = job.variables.get("AWS_REGION", DEFAULT_REGION)
    identity = f"{job.project}:{run.name}"
    arn = f"arn:aws:codebuild:{region}:{ACCOUNT}"
    git = job.source if isinstance(job.source, GitSource) else None
    return {
        "CODEBUILD_CI": "true",
        "CODEBUILD_BUILD_ARN": f"{arn}:build/{identity}",
        "CODEBUILD_BUILD_ID": identity,
        "CODEBUILD_BUILD_IMAGE": "local",
        "CODEBUILD_BUILD_NUMBER": str(number),
        "CODEBUILD_BUILD_SUCCEEDING": "1",
        "CODEBUILD_INITIATOR": "interlock",
        "CODEBUILD_LOG_PATH": run.name,
        "CODEBUILD_PROJECT_ARN": f"{arn}:project/{job.project}",
        "CODEBUILD_RESOLVED_SOURCE_VERSION": commit,
        "CODEBUILD_SOURCE_REPO_URL": git.url if git else "",
        "CODEBUILD_SOURCE_VERSION": f"{git.ref}^{{{git.sha}}}" if git else "",
        "CODEBUILD_SRC_DIR": str(run.source),
        "CODEBUILD_START_TIME": str(time.time_ns() // 1_000_000),
        **job.codebuild,
    }
