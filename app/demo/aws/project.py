"""Projects: what their builds have in common, and what a StartBuild overrides of it."""

from datetime import UTC, datetime
from typing import Any

from app.demo.aws.account import Account
from app.demo.aws.refusal import Refusal, invalid

Json = dict[str, Any]

GIT = frozenset({"GITHUB", "GITHUB_ENTERPRISE", "BITBUCKET", "GITLAB", "GITLAB_SELF_MANAGED"})
"""Sources that a build's status can be reported to, and that need a credential."""

MINUTES, QUEUED_MINUTES = 60, 480
"""https://docs.aws.amazon.com/codebuild/latest/APIReference/API_CreateProject.html"""

SOURCE = {
    "type": "sourceTypeOverride",
    "location": "sourceLocationOverride",
    "auth": "sourceAuthOverride",
    "gitCloneDepth": "gitCloneDepthOverride",
    "gitSubmodulesConfig": "gitSubmodulesConfigOverride",
    "buildspec": "buildspecOverride",
    "insecureSsl": "insecureSslOverride",
    "reportBuildStatus": "reportBuildStatusOverride",
    "buildStatusConfig": "buildStatusConfigOverride",
}
ENVIRONMENT = {
    "type": "environmentTypeOverride",
    "image": "imageOverride",
    "computeType": "computeTypeOverride",
    "certificate": "certificateOverride",
    "privilegedMode": "privilegedModeOverride",
    "registryCredential": "registryCredentialOverride",
    "imagePullCredentialsType": "imagePullCredentialsTypeOverride",
    "fleet": "fleetOverride",
    "hostKernel": "hostKernelOverride",
}
REST = {
    "secondarySources": "secondarySourcesOverride",
    "secondarySourceVersions": "secondarySourcesVersionOverride",
    "sourceVersion": "sourceVersion",
    "cache": "cacheOverride",
    "serviceRole": "serviceRoleOverride",
    "timeoutInMinutes": "timeoutInMinutesOverride",
    "queuedTimeoutInMinutes": "queuedTimeoutInMinutesOverride",
    "encryptionKey": "encryptionKeyOverride",
}


class Projects:
    """`found[name]` is a project as the API shows it."""

    def __init__(self, account: Account) -> None:
        self._account = account
        self.found: dict[str, Json] = {}

    def create(self, asked: Json) -> Json:
        name = asked["name"]
        arn = self._account.project_arn(name)
        if name in self.found:
            raise Refusal("ResourceAlreadyExistsException", f"Project already exists: {arn}")
        now = datetime.now(UTC)
        project = {
            "cache": {"type": "NO_CACHE"},
            "timeoutInMinutes": MINUTES,
            "queuedTimeoutInMinutes": QUEUED_MINUTES,
            "encryptionKey": self._account.encryption_key,
            "secondarySources": [],
            **{key: value for key, value in asked.items() if key != "badgeEnabled"},
            "arn": arn,
            "created": now,
            "lastModified": now,
            "badge": {"badgeEnabled": asked.get("badgeEnabled", False)},
        }
        project["environment"] = _with_defaults(asked["environment"])
        self.found[name] = project
        return project

    def get(self, name: str) -> Json | None:
        return self.found.get(name)

    def batch_get(self, asked: Json) -> Json:
        names = asked["names"]
        return {
            "projects": [self.found[name] for name in names if name in self.found],
            "projectsNotFound": [name for name in names if name not in self.found],
        }

    def names(self) -> Json:
        return {"projects": sorted(self.found)}


def settings(project: Json, asked: Json) -> Json:
    """The members of the API's Build that a project and a request for a build of it decide."""
    environment = _overridden(project["environment"], ENVIRONMENT, asked)
    environment["environmentVariables"] = _variables(
        project["environment"]["environmentVariables"], asked.get("environmentVariablesOverride", [])
    )
    source = _overridden(project["source"], SOURCE, asked)
    _require_sense(source)
    rest = _overridden({name: project[name] for name in REST if name in project}, REST, asked)
    return rest | {
        "source": source,
        "environment": environment,
        "artifacts": _artifacts(asked.get("artifactsOverride") or project["artifacts"]),
        "logsConfig": _logs(asked.get("logsConfigOverride") or project.get("logsConfig") or {}),
        "initiator": "interlock",
    }


def _overridden(base: Json, names: dict[str, str], asked: Json) -> Json:
    return base | {name: asked[override] for name, override in names.items() if override in asked}


def _with_defaults(environment: Json) -> Json:
    listed = _variables([], environment.get("environmentVariables", []))
    return {"privilegedMode": False, "imagePullCredentialsType": "CODEBUILD", **environment} | {
        "environmentVariables": listed
    }


def _variables(of_project: list[Json], of_request: list[Json]) -> list[Json]:
    merged = {each["name"]: {"type": "PLAINTEXT", **each} for each in (*of_project, *of_request)}
    return list(merged.values())


def _require_sense(source: Json) -> None:
    kind, location = source["type"], source.get("location", "")
    if kind == "NO_SOURCE" and "\n" not in source.get("buildspec", ""):
        raise invalid("Invalid input: a buildspec is required when the source type is NO_SOURCE")
    if kind != "NO_SOURCE" and not location:
        raise invalid(f"Invalid input: a location is required when the source type is {kind}")
    if kind == "S3" and not location.partition("/")[2]:
        raise invalid("Invalid input: location must be a valid S3 source: <bucket>/<path to a .zip or folder>")
    if source.get("reportBuildStatus") and kind not in GIT:
        raise invalid(f"Invalid input: reportBuildStatus is not supported for source type {kind}")
    if source.get("auth") and kind not in GIT:
        raise invalid(f"Invalid input: source auth is not supported for source type {kind}")


def _artifacts(asked: Json) -> Json:
    known = ("overrideArtifactName", "encryptionDisabled", "artifactIdentifier", "bucketOwnerAccess")
    shown = {name: asked[name] for name in known if name in asked}
    if asked["type"] != "S3":
        return {"location": "", **shown}
    path = "/".join(filter(None, (asked.get("location"), asked.get("path"), asked.get("name"))))
    return {"location": f"arn:aws:s3:::{path}", **shown}


def _logs(asked: Json) -> Json:
    return {
        "cloudWatchLogs": {"status": "ENABLED"},
        "s3Logs": {"status": "DISABLED", "encryptionDisabled": False},
    } | asked
