"""Somebody else deploys and reports: whom this names drives the deployment by its statuses, and nobody else does."""

from collections.abc import Collection
from typing import Literal, Self

from pydantic import model_validator

from deploy.target import Kind, Surroundings


class External(Kind):
    """A GitHub Deployment is made, and an App or a person that acts on it posts its statuses."""

    type: Literal["external"] = "external"
    app: str = ""
    """The App that reports, by the name in its address: `github-actions` for workflows."""
    user: str = ""
    """The person or bot that reports, by login."""

    @model_validator(mode="after")
    def _is_one(self) -> Self:
        if bool(self.app) == bool(self.user):
            raise ValueError("external needs either app or user: who reports")
        return self

    def open(self, service: str, environment: str, around: Surroundings) -> None:
        return None

    def problems(self, labels: Collection[str]) -> list[str]:
        return []

    def hears(self, app: str, login: str) -> bool:
        """Whether a status may move the deployment. `app` is the slug of the App through which it was posted, "" if
        none; `login` is its creator. A workflow's user is not that user."""
        if self.app:
            return app.lower() == self.app.lower()
        return not app and login.lower() == self.user.lower()
