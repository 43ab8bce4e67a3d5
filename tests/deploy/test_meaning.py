"""Names mean what the repositories have that somebody may see; what means nothing is told with what is near."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from checks.repository import Repository
from deploy.meaning import Seen, Strange, environments, senses, strange
from deploy.pipeline import Environment, Service
from deploy.words import Meant

STAGING = Environment(name="staging", shown="staging", target={})
PRODUCTION = Environment(name="production", shown="production", target={}, earlier="staging", production=True)
QA = Environment(name="qa", shown="qa", target={})


def service(name: str, *below: Environment) -> Service:
    return Service(name=name, labels=("WEB",), environments=below or (STAGING, PRODUCTION))


def repository(number: int, full_name: str, *services: Service) -> Seen:
    return Seen(repository=Repository(id=number, full_name=full_name, installation=7), services=services)


SHOP = repository(1, "acme/Shop", service("web"), service("api", QA))
BLOG = repository(2, "acme/blog", service("web"), service("Web"), service("shop"))
BOTH = (SHOP, BLOG)


def meant(*names: str, verb: str = "why", environment: str = "", version: str = "") -> Meant:
    return Meant(verb=verb, names=names, environment=environment, version=version)


SENSES = [
    (meant(), ["acme/Shop", "acme/blog"]),
    (meant("acme/shop"), ["acme/Shop"]),
    (meant("api"), ["acme/Shop/api"]),
    (meant("web"), ["acme/Shop/web", "acme/blog/web"]),
    (meant("WEB"), ["acme/Shop/web", "acme/blog/web", "acme/blog/Web"]),
    (meant("shop/web"), ["acme/Shop/web"]),
    (meant("acme/blog/Web"), ["acme/blog/Web"]),
    (meant("qa"), ["acme/Shop/api qa"]),
    (meant("web", "Production"), ["acme/Shop/web production", "acme/blog/web production", "acme/blog/Web production"]),
    (meant("production", "shop/web"), ["acme/Shop/web production"]),
    (meant("acme/shop", environment="production"), ["acme/Shop/web production"]),
    (meant("shop", environment="staging"), ["acme/blog/shop staging"]),
    (meant("acme/shop", "api"), ["acme/Shop/api"]),
    (meant("web", "api"), []),
    (meant("web", "qa"), []),
    (meant("acme/web"), []),
    (meant("other/shop/web"), []),
    (meant("staging", environment="production"), []),
]


@pytest.mark.parametrize(("said", "expected"), SENSES, ids=[" ".join(each.places) for each, _ in SENSES])
def test_names_mean_all_that_they_may(said: Meant, expected: list[str]) -> None:
    assert [each.name(full=True) for each in senses(said, BOTH)] == expected


ENVIRONMENTS = [
    (meant("api"), ["api qa"]),
    (meant("shop/web"), ["web staging", "web production"]),
    (meant("shop/web", verb="promote"), ["web production"]),
    (meant("shop/web", "staging", verb="promote"), ["web staging"]),
    (meant("acme/shop"), ["web staging", "web production", "api qa"]),
]


@pytest.mark.parametrize(("said", "expected"), ENVIRONMENTS, ids=[" ".join(each.places) for each, _ in ENVIRONMENTS])
def test_whoever_leaves_the_environment_out_may_mean_any(said: Meant, expected: list[str]) -> None:
    assert [each.name(full=False) for each in environments(said, BOTH)] == expected


def _strange(why: str, said: Meant, wrong: str, *near: str) -> Strange:
    corrected = tuple(
        replace(
            said,
            names=tuple(each if name == wrong else name for name in said.names),
            environment=each if said.environment == wrong else said.environment,
        )
        for each in near
    )
    return Strange(why=why, near=near, corrected=corrected)


PRODUTION = meant("shop/web", environment="prodution")
WBE = meant("wbe", "production")
STAG = meant("api", "stag")
ALONE = meant("prod")

STRANGE = [
    (
        PRODUTION,
        _strange(
            'There is no environment "prodution" for web. Did you mean production?',
            PRODUTION,
            "prodution",
            "production",
        ),
    ),
    (STAG, Strange(why='There is no environment "stag" for api: there is qa')),
    (WBE, _strange('There is no service "wbe". Did you mean web?', WBE, "wbe", "web")),
    (
        ALONE,
        _strange('There is no service or environment "prod". Did you mean production?', ALONE, "prod", "production"),
    ),
    (meant("api", "staging"), Strange(why='There is no environment "staging" for api: there is qa')),
    (meant("web", "api"), Strange(why='There is no environment "api" for web: there is production, staging')),
    (
        meant("staging", environment="production"),
        Strange(why="staging and production do not go together: say one service and one environment"),
    ),
]


def test_a_service_that_is_called_like_its_repository_is_near_once() -> None:
    near = strange(meant("tide-clok", "production"), [repository(1, "acme/tide-clock", service("tide-clock"))])
    assert near.near == ("tide-clock",)


@pytest.mark.parametrize(("said", "expected"), STRANGE, ids=[" ".join(each.places) for each, _ in STRANGE])
def test_what_there_is_not_is_told_with_what_is_near(said: Meant, expected: Strange) -> None:
    assert strange(said, [repository(1, "acme/shop", service("web"), service("api", QA))]) == expected


def test_who_sees_nothing_hears_so() -> None:
    nothing = Strange(why="Nothing is delivered yet by the repositories that this workspace may see")
    assert (senses(meant("web"), ()), strange(meant("web"), ())) == ((), nothing)


NAMES = st.sampled_from(
    ["web", "api", "shop", "qa", "acme/shop", "shop/web", "acme/blog/web", "production", "/", "ß", ""]
)


@settings(max_examples=80)
@given(st.lists(NAMES | st.text(max_size=4), max_size=3), NAMES | st.text(max_size=4))
def test_any_names_mean_something_or_are_strange(names: list[str], environment: str) -> None:
    said = meant(*names, environment=environment)

    if not senses(said, BOTH):
        assert strange(said, BOTH).why
