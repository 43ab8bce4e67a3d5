"""The facts of the order rule, asked for one deployment."""

from deploy.deployment import Deployment, Kind
from deploy.order import Decision, Facts, Relation, decide
from deploy.pointer import Pointer
from deploy.ports import CD

BY_ITSELF = "interlock"
"""Who commanded a rollback that the policy asked for."""


async def decided(deployment: Deployment, pointer: Pointer, cd: CD) -> Decision:
    """The verdict under the pointer's newest lease. What is commanded goes anywhere; a promotion only forward, and
    where two versions do not contain each other the person counts who asked for it."""
    sha = deployment.version.sha
    repository = await cd.repositories.get(deployment.version.repository)
    relation = await cd.ancestry.relation(repository, pointer.aim, sha) if pointer.aim else Relation.UNKNOWN
    asks = bool(pointer.aim) and relation.needs_the_branch
    commanded = deployment.kind is not Kind.PROMOTE or relation.needs_the_branch
    return decide(
        Facts(
            environment=deployment.environment.name,
            candidate=sha,
            live=pointer.aim,
            cut_off=pointer.is_cut_off,
            relation=relation,
            live_on_branch=asks and await cd.ancestry.is_on_default_branch(repository, pointer.aim),
            candidate_on_branch=asks and await cd.ancestry.is_on_default_branch(repository, sha),
            by=_who(deployment) if commanded else "",
            lease=pointer.fence,
            fence=pointer.fence,
        )
    )


def _who(deployment: Deployment) -> str:
    return deployment.by or (BY_ITSELF if deployment.kind is Kind.ROLLBACK else "")
