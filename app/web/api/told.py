"""Records as the API tells them."""

from collections.abc import Sequence

from app.web.api import shapes
from deploy.deployment import Deployment
from deploy.hold import Hold
from deploy.pipeline import Environment, Service
from deploy.place import Place
from deploy.why import Why

AS_THEY_ARE = (
    "id",
    "service",
    "kind",
    "state",
    "why",
    "by",
    "reason",
    "asked_at",
    "arrived_at",
    "live_at",
    "ended_at",
)


def service(told: Service) -> shapes.Service:
    environments = [each.name for each in told.environments]
    return shapes.Service(name=told.name, labels=list(told.labels), environments=environments)


def environment(told: Environment, here: Place, holds: Sequence[Hold]) -> shapes.Environment:
    present = here.present
    return shapes.Environment(
        name=told.name,
        production=told.production,
        automatic=told.automatic,
        earlier=told.earlier,
        url=told.url,
        present=deployment(present) if present else None,
        since=present.live_at or present.arrived_at if present else None,
        waiting=[deployment(each) for each in here.waiting],
        moving=deployment(here.moving) if here.moving else None,
        holds=[shapes.Hold.model_validate(each) for each in holds],
    )


def deployment(told: Deployment) -> shapes.Deployment:
    return shapes.Deployment.model_validate(_facts(told))


def whole(told: Deployment, explanation: Why) -> shapes.WholeDeployment:
    more = {
        "promotions": [shapes.Promotion.model_validate(each) for each in told.results],
        "decisions": [shapes.Decision.model_validate(each) for each in told.decisions],
        "before": told.before.values if told.before else {},
        "live": told.live,
        "replaces": told.replaces,
        "undoes": told.undoes,
        "explanation": why(explanation),
    }
    return shapes.WholeDeployment.model_validate(_facts(told) | more)


def why(told: Why) -> shapes.Why:
    return shapes.Why.model_validate(told)


def _facts(told: Deployment) -> dict[str, object]:
    version = told.version
    artifacts = [{"label": a.export.label, "value": a.export.value, "digest": a.digest} for a in version.artifacts]
    return {name: getattr(told, name) for name in AS_THEY_ARE} | {
        "environment": told.environment.name,
        "version": {"id": version.id, "sha": version.sha, "name": version.name, "artifacts": artifacts},
    }
