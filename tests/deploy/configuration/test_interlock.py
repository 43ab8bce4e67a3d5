"""What a repository writes becomes its pipeline, or all that is wrong with it is told by line."""

from typing import Any

import msgspec
import pytest

from deploy.configuration import Defaults, Malformed
from deploy.pipeline import Configuration, Environment, Rule, Service
from deploy.targets import KINDS
from tests.deploy.configuration.files import SHA, SITE, configuration, only, told, web

SHORTEST = "services:\n  web:\n    environments: {staging: {target: {type: local, artifact: SITE}}}\n"

WHOLE = """\
services:
  web:
    artifacts: [MY_APP]
    environments:
      staging:
        target: {type: parameter_store, parameters: {MY_APP: /prx/stag/Spire/MyApp/pkg/docker-image-tag}}
        after: [smoke]
      production:
        target: {type: parameter_store, parameters: {MY_APP: /prx/prod/Spire/MyApp/pkg/docker-image-tag}}
        before: [release-team, office-hours]
        after: [smoke, {type: soak, for: 15m}]
        on_failure: roll_back
        url: https://shop.example.org
promotions:
  smoke:        {type: webhook, url: "https://{environment}.example.org/health", status: 200, timeout: 15s, times: 3}
  release-team: {type: manual, allowed: [team:release], approvals: 1, author_may: false}
  office-hours: {type: window, allow: "Mo-Fr 08:00-17:00", zone: Europe/Berlin}
versioning: conventional
notify: {channel: "#web", level: normal}
"""


def parameters(stage: str) -> dict[str, Any]:
    name = f"/prx/{stage}/Spire/MyApp/pkg/docker-image-tag"
    return {"type": "parameter_store", "parameters": {"MY_APP": name}}


def rule(name: str, **spec: Any) -> Rule:
    return Rule(name=name, spec=spec)


SMOKE = rule(
    "smoke", type="webhook", url="https://{environment}.example.org/health", status=200, timeout="15s", times=3
)


def test_three_lines_are_enough() -> None:
    staging = Environment(name="staging", shown="staging", target={"type": "local", "artifact": "SITE"}, automatic=True)
    service = Service(name="web", labels=("SITE",), environments=(staging,))
    assert SHORTEST.count("\n") == 3
    assert configuration(SHORTEST) == Configuration(repository=42, sha=SHA, services=(service,), written=True)


@pytest.mark.parametrize("anchor", ["{rrule: FREQ=DAILY, for: 1h}", "&again {rrule: FREQ=DAILY, for: 1h}"])
def test_a_file_that_takes_long_to_check_is_not_read(anchor: str) -> None:
    again = "*again" if anchor.startswith("&") else anchor
    many = "promotions:\n" + "".join(
        f"  w{number}: {{type: window, allow: [{anchor if not number else again}{f', {again}' * 9}]}}\n"
        for number in range(3)
    )
    more = "  more: {type: webhook, url: https://x.example.org, matches: ok}\n"

    assert configuration(SHORTEST + many).written
    assert told(SHORTEST + many + more) == [(8, "a file has 30 recurrence rules and regular expressions at most")]


def test_everything_that_can_be_written_is_read() -> None:
    staging = Environment(name="staging", shown="staging", target=parameters("stag"), after=(SMOKE,), automatic=True)
    production = Environment(
        name="production",
        shown="production",
        target=parameters("prod"),
        before=(
            rule("release-team", type="manual", allowed=["team:release"], approvals=1, author_may=False),
            rule("office-hours", type="window", allow="Mo-Fr 08:00-17:00", zone="Europe/Berlin"),
        ),
        after=(SMOKE, rule("soak", **{"type": "soak", "for": "15m"})),
        earlier="staging",
        automatic=True,
        rolls_back=True,
        production=True,
        url="https://shop.example.org",
    )
    assert configuration(WHOLE).services == (
        Service(name="web", labels=("MY_APP",), environments=(staging, production)),
    )


def test_what_is_read_can_be_kept_as_json() -> None:
    made = configuration(WHOLE)
    assert msgspec.json.decode(msgspec.json.encode(made), type=Configuration) == made


@pytest.mark.parametrize(
    ("target", "labels"),
    [
        ("{type: parameter_store, parameters: {A: /a/b, B: [/a/c, /a/d]}}", ("A", "B")),
        ("{type: function, function: f, artifact: CODE}", ("CODE",)),
        ("{type: static_site, bucket: shop, artifact: PAGES}", ("PAGES",)),
        ("{type: local, artifact: SITE}", ("SITE",)),
    ],
)
def test_artifacts_are_those_that_the_targets_name(target: str, labels: tuple[str, ...]) -> None:
    assert configuration(web(f"a: {{target: {target}}}")).services[0].labels == labels


def test_every_kind_of_target_tells_its_artifacts_or_needs_them_written() -> None:
    external = "a: {target: {type: external, app: github-actions}}"
    assert set(KINDS) == {"external", "function", "local", "parameter_store", "static_site"}
    assert told(web(external)) == [(2, "web needs artifacts: the labels that its builds export")]
    assert configuration(web(external, service="    artifacts: A\n")).services[0].labels == ("A",)


def test_a_version_moves_by_itself_at_first_and_where_something_has_to_be_true_before() -> None:
    made = only(
        configuration(
            web(
                f"a: {{{SITE}}}\n"
                f"b: {{{SITE}}}\n"
                f"c: {{{SITE}, before: [{{type: soak, for: 1h}}]}}\n"
                f"d: {{{SITE}, before: [{{type: soak, for: 1h}}], automatic: no}}\n"
                f"e: {{{SITE}, automatic: yes}}\n"
            )
        )
    )
    assert [(each.earlier, each.automatic) for each in made.values()] == [
        ("", True), ("a", False), ("b", True), ("c", False), ("d", True),
    ]  # fmt: skip


def test_production_is_what_is_called_so_unless_it_is_said() -> None:
    made = only(
        configuration(
            web(
                f"staging: {{{SITE}}}\nprod: {{{SITE}}}\nPROD-eu: {{{SITE}}}\n"
                f"product-test: {{{SITE}, production: no}}\n"
                f"live: {{{SITE}, production: yes}}\n"
            )
        )
    )
    assert [each.name for each in made.values() if each.production] == ["prod", "PROD-eu", "live"]


def test_several_services_have_environments_of_their_own_on_github() -> None:
    made = configuration(
        f"services:\n  a: {{environments: {{staging: {{{SITE}}}}}}}\n"
        f"  b: {{environments: {{staging: {{{SITE}, github: Staging of B}}, production: {{{SITE}}}}}}}\n"
    )
    assert [(service.name, each.shown) for service in made.services for each in service.environments] == [
        ("a", "a-staging"),
        ("b", "Staging of B"),
        ("b", "b-production"),
    ]


def test_what_is_written_in_place_is_named_by_its_type_and_a_number_where_that_is_taken() -> None:
    soak = "{type: soak, for: 1h}"
    environments = (
        f"a: {{{SITE}, before: [{soak}, manual, {{type: manual}}], after: [{soak}, {soak}]}}\n"
        f"b: {{{SITE}, after: [{soak}]}}"
    )
    made = only(configuration(web(environments, "promotions: {manual: {type: manual, approvals: 2}}\n")))
    assert [rule.name for rule in made["a"].before] == ["soak", "manual", "manual-2"]
    assert [rule.name for rule in made["a"].after] == ["soak-2", "soak-3"]
    assert [rule.name for rule in made["b"].after] == ["soak"]


def test_the_same_promotion_may_hold_before_and_after() -> None:
    made = only(
        configuration(
            web(f"a: {{{SITE}, before: [quiet], after: quiet}}", "promotions: {quiet: {type: alarm, names: a}}\n")
        )
    )
    assert made["a"].before == made["a"].after == (rule("quiet", type="alarm", names=["a"]),)


def test_texts_are_what_they_look_like() -> None:
    text = web(f"a: {{{SITE}, after: [x]}}", "promotions: {x: {type: status_check, names: [yes, 1.10, 017]}}\n")
    assert only(configuration(text))["a"].after == (rule("x", type="status_check", names=["yes", "1.10", "017"]),)


def test_values_of_json_keep_their_types() -> None:
    check = "{n: 7, f: 1.5, t: yes, z: ~, s: [a, {b: 0x1F}], i: .inf, d: 2026-01-01}"
    target = f"{{type: function, function: f, artifact: A, check: {check}}}"
    assert only(configuration(web(f"a: {{target: {target}}}")))["a"].target["check"] == {
        "n": 7, "f": 1.5, "t": True, "z": None, "s": ["a", {"b": "0x1F"}], "i": ".inf", "d": "2026-01-01",
    }  # fmt: skip


def test_merged_keys_and_aliases_are_followed() -> None:
    text = web(f"a: &a {{{SITE}, url: https://a.example}}\nb: {{<<: *a, url: https://b.example}}")
    assert [each.url for each in only(configuration(text)).values()] == ["https://a.example", "https://b.example"]


# --- what is wrong -------------------------------------------------------------------------------

NAMES = "a name begins with a letter or a digit, goes on with these, -, _ or ., and has 100 characters at most"
KINDS_TOLD = "external, function, local, parameter_store, static_site"
ADDRESS = "write an address such as https://shop.example.org, without a name or a password"


@pytest.mark.parametrize(
    ("text", "problems"),
    [
        ("", ["1: the file is empty"]),
        ("# nothing\n", ["1: the file is empty"]),
        ("- a\n", ["1: the file has to be a mapping of names to values, not a list"]),
        (
            "a: b: c\n",
            ['1: not valid YAML: a ": " is not allowed here; put the whole text in quotes, or mend the indentation'],
        ),
        ("promotions: {}\n", ["1: services is missing: nothing says what is delivered"]),
        ("services: {}\n", ["1: services is missing: nothing says what is delivered"]),
        ("services: [web]\n", ["1: services has to be a mapping of names to values, not a list"]),
        ("services:\n  web: 5\n", ["2: web has to be a mapping of names to values, not a single value"]),
        ("services:\n  web:\n", ["2: web has no environments: nothing says where it goes"]),
        (SHORTEST + "servcies: {}\n", ['4: unknown key in the file: "servcies"; did you mean "services"?']),
        (SHORTEST + "servcies:\n", ['4: unknown key in the file: "servcies"; did you mean "services"?']),
        (SHORTEST + "notify:\n", []),
        (SHORTEST + "versioning: semver\n", ['4: versioning cannot be "semver"; known are conventional, none']),
        (
            SHORTEST + "notify: {level: loud,\n  chanel: a}\n",
            [
                '4: level cannot be "loud"; known are verbose, normal, quiet',
                '5: unknown key in notify: "chanel"; did you mean "channel"?',
            ],
        ),
        (SHORTEST + "notify: {channel: a b}\n", ['4: channel: write the name of a channel, such as "#web"']),
        (SHORTEST + "notify: {channel: U012AB3CD}\n", ['4: channel: write the name of a channel, such as "#web"']),
        (SHORTEST.replace("SITE", '"\\0"'), ["3: the character U+0000 is not allowed"]),
    ],
)
def test_what_is_wrong_with_the_file_is_told_with_its_line(text: str, problems: list[str]) -> None:
    assert [f"{line}: {message}" for line, message in told(text)] == problems


@pytest.mark.parametrize(
    ("environments", "problems"),
    [
        (f"a/b: {{{SITE}}}", [f'4: "a/b" is no name: {NAMES}']),
        (f"a: {{{SITE}}}\na: {{{SITE}}}", ['5: "a" is given twice in environments']),
        ("a:\n  url: https://a.example", [f"4: a of web has no target: add target: {{type: …}} with {KINDS_TOLD}"]),
        ("a:\n  target: {artifact: A}", [f"5: target needs a type: one of {KINDS_TOLD}"]),
        ("a:\n  target: {type: lambda}", [f'5: target cannot have the type "lambda"; known are {KINDS_TOLD}']),
        ("a:\n  target: {type: loca}", ['5: target cannot have the type "loca"; did you mean "local"?']),
        ("a:\n  target: {type: local}", ["5: target needs artifact: the label of the zip"]),
        (
            f"a:\n  {SITE[:-1]},\n    artefact: B}}",
            ['6: unknown key in target: "artefact"; did you mean "artifact"?'],
        ),
        (f"a:\n  {SITE}\n  url: ftp://a", [f"6: url: {ADDRESS}"]),
        (f"a:\n  {SITE}\n  url: https://me:secret@a.example", [f"6: url: {ADDRESS}"]),
        (f"a:\n  {SITE}\n  automatic: maybe", ['6: automatic has to be true or false, not "maybe"']),
        (
            f"a:\n  {SITE}\n  on_failure: rollback",
            ['6: on_failure cannot be "rollback"; did you mean "roll_back"?'],
        ),
        (f"a:\n  {SITE}\n  before:\n  - smoke", ['7: there is no promotion "smoke"; there is none']),
        (f"a:\n  {SITE}\n  before: {{type: soak}}", ["6: before has to be a list, not a mapping"]),
        (
            f"a:\n  {SITE}\n  after:\n  - type: soak\n    fro: 1h",
            [
                "7: the promotion under after needs for: how long, without a break",
                '8: unknown key in the promotion under after: "fro"; did you mean "for"?',
            ],
        ),
        (f"a:\n  {SITE}\n  after: [[x]]", ["6: after names promotions, or has them in place: {type: …}"]),
    ],
)
def test_what_is_wrong_with_an_environment_is_told_with_its_line(environments: str, problems: list[str]) -> None:
    assert [f"{line}: {message}" for line, message in told(web(environments))] == problems


@pytest.mark.parametrize(
    ("promotion", "problem"),
    [
        ("{type: JenkinsPromotion}", '6: x cannot have the type "JenkinsPromotion"; did you mean "jenkins"?'),
        ("{type: manual, attempts: 2}", '6: attempts can only be 1, not "2"'),
        (
            "{type: webhook, url: ftp://a}",
            "6: url: 'ftp://a' is no address that can be asked: it begins with https:// (or http://) and a host",
        ),
        (
            "{type: webhook, url: https://a.example,\n    expect_version: {hedaer: x}}",
            '7: unknown key in expect_version: "hedaer"; did you mean "header"?',
        ),
        (
            "\n    type: window\n    allow:\n    - Mo\n    - {rrule: FREQ=DAILY, for: 1h, fro: 1h}",
            '10: unknown key in allow: "fro"; did you mean "for"?',
        ),
        ("{type: alarm, names: [[a]]}", "6: names has to be a text, not a list"),
        ("{type: webhook, url: https://a.example, timeout: 3m}", "6: timeout has to be 2 minutes or less"),
        ("5", '6: x has to be a mapping with a type, not "5"'),
    ],
)
def test_what_is_wrong_with_a_promotion_is_told_with_its_line(promotion: str, problem: str) -> None:
    wrong = told(web(f"a: {{{SITE}}}", f"promotions:\n  x: {promotion}\n"))
    assert [f"{line}: {message}" for line, message in wrong] == [problem]


def test_a_name_that_is_nearly_right_is_told() -> None:
    text = web(f"a:\n  {SITE}\n  before:\n  - smok\n  - smoke\n  - smoke", "promotions: {smoke: {type: manual}}\n")
    assert told(text) == [
        (7, 'there is no promotion "smok"; did you mean "smoke"?'),
        (9, "smoke is named twice under before"),
    ]


def test_labels_are_variables_and_those_of_the_service() -> None:
    assert told(web(f"a:\n  {SITE}", service="    artifacts: [MY-APP]\n")) == [
        (3, '"MY-APP" is no label: a build exports variables'),
        (6, "there is no artifact SITE: this service has MY-APP"),
    ]


def test_all_problems_are_told_at_once() -> None:
    wrong = WHOLE
    for right, other in [
        ("after: [smoke]", "after: [smok]"),
        ("roll_back", "rollback"),
        ("status: 200", "status: 2000"),
        ("approvals: 1", "approvals: one"),
        ("Mo-Fr", "Mx"),
        ("15m", "15"),
    ]:
        wrong = wrong.replace(right, other)
    assert told(wrong) == [
        (7, 'there is no promotion "smok"; did you mean "smoke"?'),
        (11, "for: 15 is no duration: write a number and a unit, such as 15s, 10m, 2h or 1d"),
        (12, 'on_failure cannot be "rollback"; did you mean "roll_back"?'),
        (15, "status has to be 599 or less"),
        (16, 'approvals has to be a whole number, not "one"'),
        (17, "allow: 'Mx 08:00-17:00': Mx is none of Mo, Tu, We, Th, Fr, Sa, Su"),
    ]


@pytest.mark.parametrize(
    ("target", "place"),
    [
        ("{type: parameter_store, parameters: {A: /a/b}}", "the parameter /a/b"),
        ("{type: parameter_store, parameters: {A: /a/b}, region: us-east-1}", "the parameter /a/b in us-east-1"),
        ("{type: function, function: f, artifact: A}", "the alias live of the function f"),
        ("{type: static_site, bucket: shop, artifact: A, prefix: x/}", "x/current.json in the bucket shop"),
    ],
)
def test_two_environments_cannot_share_a_place(target: str, place: str) -> None:
    assert told(web(f"a: {{target: {target}}}\nb:\n  target: {target}")) == [
        (6, f"{place} belongs to a of web: b of web needs a place of its own")
    ]


def test_two_environments_may_be_local_or_external_in_the_same_words() -> None:
    for target in ("{type: local, artifact: A}", "{type: external, user: bot}"):
        environments = f"a: {{target: {target}}}\nb: {{target: {target}}}"
        assert told(web(environments, service="    artifacts: [A]\n")) == []


def test_two_environments_cannot_share_a_name_on_github() -> None:
    assert told(web(f"a: {{{SITE}}}\nb: {{{SITE}, github: A}}")) == [
        (5, "a of web and b of web have one name on GitHub, A: write another under github")
    ]


def test_a_pipeline_is_the_organisations() -> None:
    assert told(web(f"a: {{{SITE}}}", service="    pipeline: devtoprod\n")) == [
        (2, 'there is no pipeline "devtoprod"; there is none')
    ]


def test_a_promotion_of_the_organisation_cannot_be_another_here() -> None:
    defaults = Defaults(promotions={"release-team": {"type": "manual", "approvals": 2}})
    assert told(SHORTEST + "promotions:\n  release-team: {type: manual}\n", defaults) == [
        (5, "release-team is a promotion of the organisation: write another name")
    ]


def test_of_very_many_problems_the_first_are_told_and_all_are_counted() -> None:
    with pytest.raises(Malformed) as malformed:
        configuration(SHORTEST + "".join(f"x{number}: 1\n" for number in range(150)))
    assert [each.line for each in malformed.value.problems] == list(range(4, 104))
    assert str(malformed.value).endswith(" (and 149 more)")


def test_what_is_quoted_can_be_shown() -> None:
    assert told(f'"\\e[31m{"x" * 1000}": 1\n') == [
        (1, "the character U+001B is not allowed"),
        (1, f'unknown key in the file: "�[31m{"x" * 1000}'[:499] + "…"),
    ]
