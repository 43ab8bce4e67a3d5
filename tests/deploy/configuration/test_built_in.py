"""Without a file a repository is one service, in staging at once and in production by hand."""

import pytest
from msgspec.structs import replace
from pydantic import TypeAdapter

from deploy.configuration import built_in, read_defaults
from deploy.hand_off import Parameters
from deploy.pipeline import Configuration, Environment, Rule, Service
from deploy.targets.parameter_store import ParameterStore
from tests.deploy.configuration.files import SHA

HAND_OFF: Parameters = {"A": ("/prx/stag/Spire/A/tag", "/prx/stag/Spire/B/tag"), "B": ("/prx/stag/Spire/C/key",)}


def target(stage: str) -> dict[str, object]:
    names = {"A": [f"/prx/{stage}/Spire/A/tag", f"/prx/{stage}/Spire/B/tag"], "B": [f"/prx/{stage}/Spire/C/key"]}
    return {"type": "parameter_store", "parameters": names}


STAGING = Environment(name="staging", shown="staging", target=target("stag"), automatic=True)


def test_staging_is_what_the_build_names_and_production_the_same_elsewhere() -> None:
    production = Environment(
        name="production", shown="production", target=target("prod"), earlier="staging", production=True
    )
    service = Service(name="play.prx.org", labels=("A", "B"), environments=(STAGING, production))
    made = built_in(42, "PRX/play.prx.org", SHA, HAND_OFF)
    assert made == Configuration(repository=42, sha=SHA, services=(service,))
    for each in service.environments:
        assert TypeAdapter(ParameterStore).validate_python(each.target).problems(service.labels) == []


@pytest.mark.parametrize("name", ["/prx/stage/Spire/A/tag", "/other/prx/stag/a", "/prx/prod/Spire/A/tag"])
def test_there_is_no_production_where_a_name_is_not_one_of_staging(name: str) -> None:
    made = built_in(42, "acme/web", SHA, {**HAND_OFF, "C": (name,)})
    assert [each.name for each in made.services[0].environments] == ["staging"]


@pytest.mark.parametrize("production", ["production", "Production"])
def test_what_the_organisation_demands_of_these_environments_holds(production: str) -> None:
    defaults = read_defaults(
        {
            "interlock/promotions/release.yml": "type: manual\n",
            f"interlock/environments/{production}.yml": "before: [release]\non_failure: roll_back\n"
            "target: {type: local, artifact: A}\nautomatic: yes\nproduction: no\n",
        }
    )
    plain = built_in(42, "acme/web", SHA, HAND_OFF).services[0]
    made = built_in(42, "acme/web", SHA, HAND_OFF, defaults).services[0]
    release = Rule(name="release", spec={"type": "manual"})
    changed = replace(plain.environments[1], before=(release,), rolls_back=True, production=False)
    assert made == replace(plain, environments=(plain.environments[0], changed))
