"""The files that DeployDB keeps in directories, with the keys that Interlock adds, and what its promotions are here."""

import re
from typing import Annotated, Any

from pydantic import Field, StringConstraints

from deploy.configuration import written
from deploy.configuration.complaint import shown
from deploy.configuration.reading import Reading
from deploy.configuration.written import MOST, Section, Several

ARTIFACT = re.compile(r"[\w.-]+(:[\w.-]+)?", re.ASCII)
STRATEGIES = {"stop": "stay", "rollback": "roll_back"}

Addresses = Annotated[list[str], Field(max_length=MOST)]


class Service(Section):
    name: str = Field(default="", description="A title. No effect: a service is called like its file.")
    description: str = Field(default="", description="For whoever reads the file.")
    artifacts: list[str] = Field(default=[], max_length=MOST, description="Labels, or DeployDB's `group:name`.")
    pipelines: list[str] = Field(default=[], max_length=1, description="The pipeline it goes through.")
    promotions: Several = Field(default=[], description="What has to be true after it came to any environment.")
    failure_strategy: str = Field(default="", description="`Stop` or `rollback`, in all its environments.")
    repository: Annotated[str, StringConstraints(pattern=r"^([\w.-]+/)?[\w.-]+$")] = Field(
        default="", description="The repository that it is for; left out, it is called like the file."
    )
    environments: dict[str, Any] = Field(
        default={}, max_length=MOST, description="As in interlock.yml; those of a pipeline keep its order."
    )


class Pipeline(Section):
    description: str = Field(default="", description="For whoever reads the file.")
    environments: Any = Field(
        default=None, description="Environments in order: a list, or a mapping to `{promotions: […]}`."
    )


class PipelineEnvironment(Section):
    promotions: Several = Field(default=[], description="What has to be true after a deployment there.")


class Environment(written.Environment):
    description: str = Field(default="", description="For whoever reads the file.")
    webhook: dict[str, Any] = Field(default={}, description="No effect, see below.")


class Webhook(Section):
    deployment: dict[str, Any] = Field(default={}, description="No effect.")
    promotion: dict[str, Any] = Field(default={}, description="No effect.")


class OfDeployments(Section):
    created: Addresses = Field(default=[])
    started: Addresses = Field(default=[])
    completed: Addresses = Field(default=[])
    verified: Addresses = Field(default=[])


class OfPromotions(Section):
    completed: Addresses = Field(default=[])


PASSIVE = (
    "BasicPromotionImpl waits for a result that somebody posts, which Interlock does not: "
    "use status_check, webhook, jenkins or manual"
)


def translate(reading: Reading) -> str:
    """Turns a promotion of DeployDB's into one of ours, in place. The note on what was taken to mean what, or ""."""
    values = reading.values
    values.pop("description", None)
    if isinstance(values.get("attributes"), dict):
        for name in list(values["attributes"]):
            if name in values:
                reading.complain(("attributes", name), f"{name} is given twice: here, and beside attributes")
            else:
                reading.move(("attributes", name), (name,))
        del values["attributes"]
    kind = str(values.get("type", "")).rpartition(".")[2]
    match kind:
        case "JenkinsPromotion":
            values["type"] = "jenkins"
        case "WebhookPromotion":
            values["type"] = "webhook"
            return _webhook(values)
        case "ManualPromotion" | "ManualLDAPPromotionImpl":
            values["type"] = "manual"
            return _manual(reading, kind)
        case "BasicPromotionImpl":
            reading.complain(("type",), PASSIVE)
    return ""


def _webhook(values: dict[str, Any]) -> str:
    """There a path is one of the application, and a timeout is in seconds."""
    url, timeout = values.get("url"), values.get("timeout")
    if isinstance(timeout, int) and not isinstance(timeout, bool):
        values["timeout"] = f"{timeout}s"
    if isinstance(url, str) and url.startswith("/"):
        values["url"] = f"{{url}}{url}"
        return f"{url} is asked for below the url of each environment"
    return ""


def _manual(reading: Reading, kind: str) -> str:
    """A group becomes a team: who is in neither may not approve."""
    key = "approverGroupName" if kind == "ManualPromotion" else "allowedGroup"
    group = reading.values.pop(key, None)
    if not isinstance(group, str) or not (slug := re.sub(r"[^a-z0-9_]+", "-", group.lower()).strip("-")):
        reading.complain(("type",), f"{kind} needs {key}: the group whose members may approve")
        return ""
    reading.values["allowed"] = [f"team:{slug}"]
    return f"the group {shown(group)} is taken to be the organisation's team {slug}"
