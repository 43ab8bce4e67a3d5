"""Whatever people write, they get a configuration or are told what is wrong with it."""

from collections.abc import Mapping
from typing import Any

import msgspec
import pytest
import yaml
from hypothesis import example, given, settings
from hypothesis import strategies as st
from pydantic import BaseModel

from deploy.configuration import FILE, Defaults, Malformed, of_organisation, read, read_defaults
from deploy.configuration.complaint import keys
from deploy.configuration.deploydb import Environment as TheirEnvironment
from deploy.configuration.deploydb import OfDeployments, Pipeline, PipelineEnvironment, Webhook
from deploy.configuration.deploydb import Service as TheirService
from deploy.configuration.written import Environment, File, Notify, Service
from deploy.pipeline import Configuration
from deploy.promotions import KINDS as PROMOTIONS
from deploy.targets import KINDS as TARGETS
from tests.deploy.configuration.files import SHA
from tests.deploy.configuration.test_interlock import WHOLE

# Of some patterns for `matches` Python says that they may mean something else one day.
pytestmark = pytest.mark.filterwarnings("ignore:Possible:FutureWarning")

MODELS: tuple[type[BaseModel], ...] = (
    *(File, Service, Environment, Notify),
    *(TheirService, TheirEnvironment, Pipeline, PipelineEnvironment, Webhook, OfDeployments),
    *PROMOTIONS.values(),
    *TARGETS.values(),
)
KEYS = sorted({key for model in MODELS for key in keys(model)})
TYPES = ["JenkinsPromotion", "WebhookPromotion", "ManualLDAPPromotionImpl", "BasicPromotionImpl"]
TEXTS = [
    "A",
    "/a/b",
    "{url}/x",
    "https://a.example",
    "15s",
    "Mo-Fr 08:00-17:00",
    "FREQ=DAILY",
    "Stop",
    "staging",
    "web",
]
WORDS = st.sampled_from([*PROMOTIONS, *TARGETS, *TYPES, *TEXTS])
SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.dates() | WORDS | st.text(max_size=8)
NAMES = st.sampled_from([*KEYS, "web", "staging", "production", "smoke"]) | st.text(max_size=4)
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(NAMES, inner, max_size=6), max_leaves=25
)


def a_rule(kinds: Mapping[str, type[BaseModel]]) -> st.SearchStrategy[Any]:
    return st.sampled_from(sorted(kinds)).flatmap(
        lambda kind: st.fixed_dictionaries(
            {"type": st.just(kind)}, optional={key: VALUES for key in keys(kinds[kind]) if key != "type"}
        )
    )


ENVIRONMENTS = st.dictionaries(
    st.sampled_from(["staging", "production", "x"]),
    st.fixed_dictionaries(
        {"target": a_rule(TARGETS) | st.just({"type": "local", "artifact": "A"})},
        optional={
            "before": st.lists(a_rule(PROMOTIONS) | NAMES, max_size=3),
            "after": st.lists(a_rule(PROMOTIONS) | NAMES, max_size=3),
            "url": VALUES,
            "automatic": VALUES,
        },
    ),
    max_size=3,
)
FILES = st.fixed_dictionaries(
    {"services": st.dictionaries(NAMES, st.fixed_dictionaries({"environments": ENVIRONMENTS}) | VALUES, max_size=2)},
    optional={"promotions": st.dictionaries(NAMES, a_rule(PROMOTIONS) | VALUES, max_size=3), "notify": VALUES},
)


def can_be_shown(malformed: Malformed, texts: Mapping[str, str]) -> None:
    """Every problem is on a line of one of the files, and a line of text by itself."""
    assert [
        each
        for each in malformed.problems
        if not 0 <= each.line <= len(texts[each.file].splitlines()) + 1 or not each.message.isprintable()
    ] == []


def understood(text: str, defaults: Defaults | None = None) -> Configuration | None:
    try:
        made = read(text, repository=42, full_name="acme/web", sha=SHA, defaults=defaults or Defaults())
    except Malformed as malformed:
        can_be_shown(malformed, {FILE: text})
        return None
    assert msgspec.json.decode(msgspec.json.encode(made), type=Configuration) == made
    return made


@settings(max_examples=80, deadline=None)
@given(st.text())
@example("&a {<<: *a}")
@example("&a [*a]")
@example("services: &a {web: *a}")
@example("[" * 5000)
@example("{a: " * 300)
@example("services: {web: {environments: {a: " + "{a: " * 200)
@example('services: {"\\ud800": 1}')
@example("\ud800")
@example("services: !!python/object:os.system {}")
@example("a: !!binary x\n--- b")
@example("services: {web: {artifacts: [" + "9" * 5000 + "]}}")
@example(f"promotions: {{x: {{type: window, allow: {{rrule: FREQ=YEARLY;COUNT={'9' * 30}, for: 1h}}}}}}")
@example("promotions: {x: {type: window, zone: " + "a" * 5000 + "}}")
@example("promotions: {x: {type: webhook, url: 'http://[', matches: '" + "(" * 400 + "'}}")
@example("promotions: {x: {type: webhook, url: 'http://\u2100/', json: {'$.[': 1}}}")
def test_no_text_at_all_is_too_much(text: str) -> None:
    understood(text)


@settings(max_examples=100, deadline=None)
@given(FILES | VALUES)
def test_no_shape_is_too_much(values: object) -> None:
    understood(yaml.safe_dump(values, allow_unicode=True))


@settings(max_examples=80, deadline=None)
@given(st.data())
def test_no_slip_of_the_hand_is_too_much(data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(WHOLE)))
    end = data.draw(st.integers(start, min(start + 10, len(WHOLE))))
    understood(WHOLE[:start] + data.draw(st.text("{}[]:,- \n'\"&*!|>#%@\taz9", max_size=3)) + WHOLE[end:])


FOLDER = st.sampled_from(["services", "pipelines", "environments", "promotions", "webhooks", "webhook", "service"])
PATHS = st.builds("interlock/{}/{}.yml".format, FOLDER, st.sampled_from(["web", "staging", "smoke", "_defaults"]))


@settings(max_examples=100, deadline=None)
@given(st.dictionaries(PATHS, VALUES | a_rule(PROMOTIONS) | st.just(None), max_size=5))
def test_no_files_of_an_organisation_are_too_much(files: dict[str, object]) -> None:
    texts = {path: yaml.safe_dump(values, allow_unicode=True) for path, values in files.items()}
    try:
        defaults = read_defaults(texts)
        of_organisation(repository=42, full_name="acme/web", sha=SHA, defaults=defaults)
    except Malformed as malformed:
        can_be_shown(malformed, texts)
    else:
        understood(WHOLE, defaults)


@pytest.mark.parametrize("line", range(1, WHOLE.count("\n") + 1))
def test_an_unknown_key_is_told_on_its_line_wherever_it_is(line: int) -> None:
    """Each line of the file gets a wrong key of its own, as far as a key can begin it."""
    lines = WHOLE.splitlines()
    key, colon, rest = lines[line - 1].partition(":")
    lines[line - 1] = f"{key.rstrip()}~{colon}{rest}"
    with pytest.raises(Malformed) as malformed:
        read("\n".join(lines), repository=42, full_name="acme/web", sha=SHA, defaults=Defaults())
    assert line in {each.line for each in malformed.value.problems}
