"""What the API tells of services, environments and deployments, and why they are where they are."""

from typing import Any

import pytest
from msgspec.structs import replace

from checks.repository import Repository
from tests.app.web.api.site import SERVICE, Site
from tests.deploy.stories import A, B, C, configured, version

NOTHING_PUBLISHED = (
    'there is no version "dddd" in acme/web: nothing was published at such a commit; its check says how its build went'
)
WAITS = "release-team: needs one with write access"


async def test_a_repository_tells_its_services(site: Site) -> None:
    assert await site.get("/api/repositories/ACME/web/services") == {
        "services": [{"name": "web", "labels": ["WEB"], "environments": ["staging", "production"]}]
    }


async def test_each_environment_tells_what_is_there_what_waits_and_what_holds_it(anywhere: Site) -> None:
    site = anywhere
    await site.publish(A)
    await site.obeyed("hold", environment="staging", reason="audit")
    await site.publish(B)

    staging, production = (await site.get(f"{SERVICE}/environments"))["environments"]

    assert [_brief(staging["present"]), staging["since"]] == ["aaaaaaa live", staging["present"]["live_at"]]
    assert [_brief(each) for each in staging["waiting"]] == ["bbbbbbb gated"]
    assert [each["sentence"] for each in staging["holds"]] == ["frozen by @operator: audit"]
    assert (staging["automatic"], staging["production"], staging["earlier"]) == (True, False, "")
    assert (production["present"], production["since"], production["holds"]) == (None, None, [])
    assert [_brief(each) for each in production["waiting"]] == ["aaaaaaa gated"]


async def test_a_target_itself_tells_what_it_has_and_whether_somebody_changed_it(site: Site) -> None:
    empty = await site.get(f"{SERVICE}/environments/staging/live")
    await site.publish(A)
    as_deployed = await site.get(f"{SERVICE}/environments/staging/live")
    spot = site.world.spots["staging"]
    assert spot
    spot.has = "by-hand"

    changed = await site.get(f"{SERVICE}/environments/staging/live")

    assert empty == {"values": {}, "matches": None, "why": "nothing was deployed there yet"}
    assert as_deployed == {"values": {"value": A}, "matches": True, "why": "it is there"}
    assert changed == {"values": {"value": "by-hand"}, "matches": False, "why": "somebody else set by-hand"}


async def test_an_environment_tells_its_deployments_the_newest_first(site: Site) -> None:
    await site.publish(A, B)
    told = await site.get(f"{SERVICE}/environments/staging/deployments")
    assert [_brief(each) for each in told["deployments"]] == ["bbbbbbb live", "aaaaaaa superseded"]


async def test_a_deployment_tells_everything_that_is_known_of_it(site: Site) -> None:
    await site.publish(A, B)
    newest, oldest = (await site.get(f"{SERVICE}/environments/staging/deployments"))["deployments"]

    told = await site.get(f"/api/deployments/{newest['id']}")

    assert {name: told.pop(name) for name in newest} == newest
    assert told == {
        "promotions": [],
        "decisions": [],
        "before": {"value": A},
        "live": {"value": B},
        "replaces": oldest["id"],
        "undoes": "",
        "explanation": (await site.get("/api/why?repository=acme/web&environment=staging"))["explanations"][0],
    }
    assert newest["version"] == {
        "id": version(B).id,
        "sha": B,
        "name": "bbbbbbb",
        "artifacts": [{"label": "WEB", "value": f"github/prx/my-app:{B}", "digest": "sha256:1"}],
    }


async def test_why_is_told_of_an_environment_a_deployment_and_a_commit(site: Site) -> None:
    await site.publish(A, B)
    production = f"{SERVICE}/environments/production/deployments"
    newest = (await site.get(production))["deployments"][0]

    by_place = await _titles(site, "repository=acme/web&service=web&environment=production")
    by_deployment = await _titles(site, f"deployment={newest['id']}")
    by_commit = await _titles(site, f"repository=acme/web&sha={A[:7]}")

    assert by_place == by_deployment == ["web bbbbbbb is not in production because"]
    assert by_commit == ["web aaaaaaa is not in staging any more because", "web aaaaaaa is not in production because"]


async def test_without_a_service_all_are_told_and_an_environment_of_several_is_asked_back(site: Site) -> None:
    [web] = configured().services
    await site.configure(replace(configured(), services=(web, replace(web, name="worker"))))
    await site.publish(A)
    assert await _titles(site, "repository=acme/web") == [
        "web aaaaaaa is live in staging since",
        "web aaaaaaa is not in production because",
        "worker aaaaaaa is live in staging since",
        "worker aaaaaaa is not in production because",
    ]
    assert await site.get("/api/why?repository=acme/web&environment=staging", 400) == {
        "error": "acme/web has several services: say which of web, worker"
    }


async def test_why_names_what_is_missing_and_what_is_there(site: Site) -> None:
    await site.publish(A)
    told = await site.get("/api/why?repository=acme/web&environment=production")
    [explanation] = told["explanations"]
    [title, reason, present] = explanation["sentences"]
    assert (title, reason.startswith(WAITS), present) == (
        "web aaaaaaa is not in production because",
        True,
        "production has nothing yet",
    )
    assert explanation["waits"] is True


async def test_where_only_a_person_decides_the_order_is_a_reason(site: Site) -> None:
    """Neither contains the other, and the newcomer is not on the default branch."""
    await site.publish(B)
    site.world.history = (B, C)
    await site.publish(A)
    [explanation] = (await site.get("/api/why?repository=acme/web&environment=staging"))["explanations"]
    assert explanation["reasons"] == [
        {
            "cause": "order",
            "name": "",
            "why": "aaaaaaa is not on the default branch any more, and staging has bbbbbbb: a person has to decide",
            "next": "deploy it, or push what contains both",
        }
    ]


async def test_while_github_is_away_the_rest_is_told(site: Site) -> None:
    await site.publish(A, B)
    site.world.github_is_away = True
    assert await _titles(site, "repository=acme/web") == [
        "web bbbbbbb is live in staging since",
        "web bbbbbbb is not in production because",
    ]


@pytest.mark.parametrize(
    ("path", "status", "error"),
    [
        (
            "/api/repositories/acme/wbe/services",
            404,
            'there is no repository "acme/wbe"; did you mean "acme/web" or "acme/docs"?',
        ),
        (
            "/api/repositories/acme/web/services/wbe/environments",
            404,
            'there is no service "wbe" in acme/web; did you mean "web"?',
        ),
        (
            f"{SERVICE}/environments/prodution/deployments",
            404,
            'there is no environment "prodution" for web; did you mean "production"?',
        ),
        ("/api/deployments/d1", 404, 'there is no deployment "d1"'),
        ("/api/commands/c1", 404, 'there is no command "c1"'),
        (
            "/api/why?repository=acme/web&sha=dddd",
            404,
            NOTHING_PUBLISHED,
        ),
        ("/api/why", 400, "repository: is missing (or deployment)"),
        ("/api/why?repository=web", 400, "repository: must be owner/name"),
        ("/api/why?repository=acme/web&sha=abc", 400, "sha: must be the first digits of a commit, at least 4"),
        ("/api/why?deployment=d1&sha=abcd", 400, "deployment: says all by itself; leave out the others"),
        ("/api/why?deployment=d1&deployment=d2", 400, "deployment: say it once"),
        (
            "/api/why?repositry=acme/web",
            400,
            'repositry: there is no field "repositry"; did you mean "repository"?',
        ),
        ("/api/deployments/d%001", 400, "id: must be 1 to 64 letters, digits, dashes and underscores"),
        (
            "/api/repositories/acme/web/services/w%00b/environments",
            400,
            "service: must be a name of 1 to 100 characters",
        ),
        (
            "/api/repositories/acme/docs/services/docs/environments",
            404,
            "acme/docs delivers nothing yet: write .github/interlock.yml",
        ),
    ],
)
async def test_a_name_that_there_is_not_is_told_with_what_is_near(
    site: Site, path: str, status: int, error: str
) -> None:
    await site.configure(configured(), Repository(id=43, full_name="acme/docs", installation=7))
    assert await site.get(path, status) == {"error": error}


async def _titles(site: Site, query: str) -> list[str]:
    """Without the moment."""
    told: list[dict[str, Any]] = (await site.get(f"/api/why?{query}"))["explanations"]
    return [f"{before}{mark}".strip() for before, mark, _ in (each["title"].partition(" since") for each in told)]


def _brief(told: dict[str, Any]) -> str:
    return f"{told['version']['name']} {told['state']}"
