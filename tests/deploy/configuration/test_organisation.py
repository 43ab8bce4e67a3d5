"""What an organisation writes, in DeployDB's shapes and in ours, and what it means for a repository."""

import pytest

from deploy.configuration import Defaults, Malformed, is_of_organisation, of_organisation, read_defaults
from deploy.pipeline import Configuration, Rule
from tests.deploy.configuration.files import SHA, SITE, configuration, only, told, told_of, web

SEED = {
    "deploydb/pipelines/devtoprod.yml": "environments:\n- dev-alpha\n- integ\n- prod\n",
    "deploydb/services/faas.yml": (
        'name: "Fun as a Service"\nartifacts:\n- FOAS\n- puppet-foas\npipelines:\n- devtoprod\n'
        "promotions:\n- manual\n- jenkins-smoke\n- status-check\n"
    ),
    "deploydb/promotions/jenkins-smoke.yml": "type: JenkinsPromotion\njobs:\n- basic-smokes-test\n- basic-perf-test\n",
    "deploydb/promotions/status-check.yml": "type: WebhookPromotion\nurl: /healthcheck\nstatus: 200\ntimeout: 15\n",
    "deploydb/promotions/manual.yml": (
        "type: deploydb.models.ManualLDAPPromotionImpl\ndescription: x\nattributes:\n  allowedGroup: Release Team\n"
    ),
}
"""The shapes of DeployDB, old and new."""

SMOKE = Rule(name="jenkins-smoke", spec={"type": "jenkins", "jobs": ["basic-smokes-test", "basic-perf-test"]})
STATUS = Rule(
    name="status-check", spec={"type": "webhook", "url": "{url}/healthcheck", "status": 200, "timeout": "15s"}
)
MANUAL = Rule(name="manual", spec={"type": "manual", "allowed": ["team:release-team"]})


ADD = "add target: {type: …} with external, function, local, parameter_store, static_site"
NAMES = "a name begins with a letter or a digit, goes on with these, -, _ or ., and has 100 characters at most"
KINDS = "alarm, build, jenkins, manual, soak, status_check, webhook, window"
PASSIVE = "BasicPromotionImpl waits for a result that somebody posts, which Interlock does not"


def file(folder: str, name: str, text: str) -> dict[str, str]:
    return {f"interlock/{folder}/{name}.yml": text}


def local(*names: str) -> dict[str, str]:
    return {path: text for name in names for path, text in file("environments", name, f"{SITE}\n").items()}


def of(full_name: str, files: dict[str, str]) -> Configuration | None:
    return of_organisation(repository=42, full_name=full_name, sha=SHA, defaults=read_defaults(files))


def test_the_shapes_of_deploydb_are_understood() -> None:
    defaults = read_defaults(SEED)
    assert [f"{each.file.removeprefix('deploydb/')} {each.line}: {each.message}" for each in defaults.notes] == [
        'promotions/manual.yml 1: the group "Release Team" is taken to be the organisation\'s team release-team',
        "promotions/status-check.yml 1: /healthcheck is asked for below the url of each environment",
        "services/faas.yml 1: name has no effect: the service is called faas, like its file",
        "services/faas.yml 4: no build makes a version with puppet-foas: what it exports are variables",
    ]
    assert defaults.promotions == {"manual": MANUAL.spec, "jenkins-smoke": SMOKE.spec, "status-check": STATUS.spec}
    assert defaults.pipelines == {"devtoprod": {"dev-alpha": (), "integ": (), "prod": ()}}


def test_a_service_of_deploydb_moves_on_once_its_promotions_passed_as_it_did_there() -> None:
    target = "target: {type: local, artifact: FOAS}\n"
    places = {f"deploydb/environments/{name}.yml": target for name in ("dev-alpha", "integ", "prod")}
    made = of("acme/faas", {**SEED, **places})
    assert made is not None
    [service] = made.services
    assert (service.name, service.labels) == ("faas", ("FOAS", "puppet-foas"))
    assert [(each.name, each.earlier, each.automatic, each.production) for each in service.environments] == [
        ("dev-alpha", "", True, False),
        ("integ", "dev-alpha", True, False),
        ("prod", "integ", True, True),
    ]
    assert [each.after for each in service.environments] == [(MANUAL, SMOKE, STATUS)] * 3


def test_in_a_pipeline_without_promotions_people_move_a_version_on() -> None:
    pipeline = file("pipelines", "p", "environments: {a: {promotions: [x]}, b: , c: }\n")
    rule = file("promotions", "x", "type: soak\nfor: 1h\n")
    made = configuration(
        "services: {web: {pipeline: p}}\n", read_defaults({**pipeline, **rule, **local("a", "b", "c")})
    )
    assert [(each.automatic, [rule.name for rule in each.after]) for each in only(made).values()] == [
        (True, ["x"]),
        (True, []),
        (False, []),
    ]


def test_an_organisations_environment_is_a_default_and_its_rules_stay() -> None:
    defaults = read_defaults(
        {
            **file("environments", "production", f"{SITE}\nbefore: [release]\nafter: [{{type: soak, for: 1h}}]\n"
                   "on_failure: roll_back\nautomatic: no\nurl: https://a.example\ngithub: Live\n"),
            **file("promotions", "release", "type: manual\napprovals: 2\n"),
        }
    )  # fmt: skip
    made = only(
        configuration(
            web(
                "production: {before: [mine, release], after: [{type: soak, for: 2h}], on_failure: stay}",
                "promotions: {mine: {type: window, allow: Mo}}\n",
            ),
            defaults,
        )
    )["production"]
    release = Rule(name="release", spec={"type": "manual", "approvals": 2})
    assert made.before == (release, Rule(name="mine", spec={"type": "window", "allow": "Mo"}))
    assert made.after == (
        Rule(name="soak", spec={"type": "soak", "for": "1h"}),
        Rule(name="soak-2", spec={"type": "soak", "for": "2h"}),
    )
    assert (made.rolls_back, made.automatic, made.url, made.shown) == (False, False, "https://a.example", "Live")


def test_a_service_of_the_organisation_is_laid_under_that_of_the_repository() -> None:
    files = {
        **file("services", "web", f"repository: acme/shop\nartifacts: SITE\nenvironments: {{a: {{{SITE}}}}}\n"
               "promotions: [x]\nfailure_strategy: rollback\n"),
        **file("promotions", "x", "type: soak\nfor: 1h\n"),
        **file("services", "other", f"repository: other\nenvironments: {{a: {{{SITE}}}}}\n"),
    }  # fmt: skip
    defaults = read_defaults(files)
    text = web(f"b: {{{SITE}}}\na: {{url: https://a.example}}")
    made = only(configuration(text, defaults, "acme/Shop"))
    assert [(each.name, each.url, each.rolls_back, len(each.after)) for each in made.values()] == [
        ("a", "https://a.example", True, 1),
        ("b", "", True, 1),
    ]
    assert told(text, defaults) == [(5, f"a of web has no target: {ADD}")]
    assert of("acme/web", files) is None


def test_what_is_missing_for_a_repository_is_told_where_it_would_be_written() -> None:
    pipeline = file("pipelines", "p", "environments: [a, b]\n")
    service = file("services", "web", "artifacts: SITE\npipelines: p\n")
    with pytest.raises(Malformed) as malformed:
        of("acme/web", {**pipeline, **service, **local("a")})
    assert str(malformed.value) == (f"interlock/services/web.yml line 1: b of web has no target: {ADD}")
    defaults = read_defaults({**pipeline, **local("a")})
    assert told(web(f"b: {{{SITE}}}\nc: {{{SITE}}}", service="    pipeline: p\n"), defaults) == [
        (6, "c is not in the pipeline of web; known are a, b")
    ]
    other = read_defaults({**pipeline, **service, **local("a", "b"), **file("pipelines", "q", "environments: [a]\n")})
    assert told("services:\n  web:\n    pipeline: q\n", other) == [
        (2, "web goes through p, says the organisation: remove pipeline here")
    ]


def test_a_target_of_the_organisation_that_does_not_fit_is_told_in_the_repository() -> None:
    files = file("environments", "a", "description: x\ntarget: {type: local, artifact: OTHER}\n")
    assert told("services:\n  web:\n    artifacts: SITE\n    environments: {a: }\n", read_defaults(files)) == [
        (2, "there is no artifact OTHER: this service has SITE (the target is in interlock/environments/a.yml, line 2)")
    ]


HOOKS = "deployment: {created: [https://a.example], verified: https://b.example}\npromotion: {completed: []}\n"


@pytest.mark.parametrize("folder", ["webhook", "webhooks"])
def test_webhooks_are_accepted_and_told_to_have_no_effect(folder: str) -> None:
    files = {
        **file(folder, "all", HOOKS),
        **file("environments", "a", "description: first\nwebhook:\n  deployment: {started: [https://a.example]}\n"),
    }
    no_effect = "has no effect: Interlock sends no webhooks of DeployDB's"
    assert [(each.file, each.line, each.message) for each in read_defaults(files).notes] == [
        ("interlock/environments/a.yml", 2, f"webhook {no_effect}"),
        (f"interlock/{folder}/all.yml", 1, f"this file {no_effect}"),
    ]


@pytest.mark.parametrize(
    ("folder", "text", "problem"),
    [
        ("service", "{}", '0: files in this folder mean nothing; did you mean "services"?'),
        (
            "services/more",
            "{}",
            '0: files in this folder mean nothing; did you mean "services"?',
        ),
        ("services", "", "1: the file is empty"),
        ("services", "- a", "1: the file has to be a mapping of names to values"),
        ("services", "artifact: A", '1: unknown key in x: "artifact"; did you mean "artifacts"?'),
        ("services", "artifacts:\n- a b", '2: "a b" is neither a label nor group:name'),
        ("services", "pipelines: [a, b]", "1: pipelines holds 1 at most, and here are 2"),
        ("services", "\npipelines: [a]", '2: there is no pipeline "a"; there is none'),
        ("services", "promotions:\n- a", '2: there is no promotion "a"; there is none'),
        (
            "services",
            "failure_strategy: full_rollback",
            "1: full_rollback is not here: Interlock rolls back one environment, write rollback",
        ),
        ("services", "failure_strategy: Halt", '1: failure_strategy cannot be "Halt"; it is one of Stop, rollback'),
        ("services", "repository: a/b/c", r'1: repository cannot be "a/b/c": it has to match ^([\w.-]+/)?[\w.-]+$'),
        ("pipelines", "description: x", "1: x needs environments: their names, in order"),
        ("pipelines", "environments:\n- a\n- a", "3: a is in this pipeline already"),
        (
            "pipelines",
            "environments:\n  a: {promotion: [x]}",
            '2: unknown key in a: "promotion"; did you mean "promotions"?',
        ),
        ("pipelines", "environments:\n- ../a", f'2: "../a" is no name: {NAMES}'),
        (
            "environments",
            "webhook:\n  deployment: {began: []}",
            '2: unknown key in deployment: "began"; known are created, started, completed, verified',
        ),
        ("environments", "before: [y]", '1: there is no promotion "y"; there is none'),
        ("promotions", "jobs: [a]", f"1: x needs a type: one of {KINDS}"),
        ("promotions", "type: JenkinsPromotion\njobs: a\njob: a", '3: unknown key in x: "job"; did you mean "jobs"?'),
        (
            "promotions",
            "type: JenkinsPromotion\nattributes:\n  jobs: [a]\n  job: a",
            '4: unknown key in x: "job"; did you mean "jobs"?',
        ),
        (
            "promotions",
            "type: ManualPromotion",
            "1: ManualPromotion needs approverGroupName: the group whose members may approve",
        ),
        ("promotions", "type: BasicPromotionImpl", f"1: {PASSIVE}: use status_check, webhook, jenkins or manual"),
        ("webhooks", "deployments: {}", '1: unknown key in this file: "deployments"; did you mean "deployment"?'),
    ],
)
def test_what_is_wrong_is_told_with_its_file_and_line(folder: str, text: str, problem: str) -> None:
    found = told_of(file(folder, "x", text))
    assert ([each for each, _, _ in found], f"{found[0][1]}: {found[0][2]}") == (
        [f"interlock/{folder}/x.yml"] * len(found),
        problem,
    )


@pytest.mark.parametrize("path", ["web.yml", "interlock/web.yml", "interlock/services/more/web.yml"])
def test_a_file_elsewhere_is_told(path: str) -> None:
    [(file, line, message)] = told_of({path: "{}"})
    assert (file, line, message.partition(";")[0]) == (path, 0, "files in this folder mean nothing")


def test_one_thing_is_written_once() -> None:
    files = {**file("promotions", "x", "type: manual\n"), "deploydb/promotions/x.yaml": "type: manual\n"}
    assert told_of(files) == [
        ("interlock/promotions/x.yml", 0, "x is in deploydb/promotions/x.yaml already: remove one of them")
    ]
    assert told_of(file("services", "_defaults", "{}"))[0][2].startswith('"_defaults" is no name')


@pytest.mark.parametrize(
    ("path", "is_one"),
    [
        ("interlock/services/web.yml", True),
        ("deploydb/webhook/all.yaml", True),
        ("interlock/typo/web.yml", True),
        ("interlock/README.md", False),
        ("services/web.yml", False),
        ("workflows/interlock/services/web.yml", False),
    ],
)
def test_the_files_of_an_organisation_are_known_by_their_path(path: str, is_one: bool) -> None:
    assert is_of_organisation(path) is is_one


def test_an_organisation_may_say_nothing() -> None:
    assert read_defaults({}) == Defaults()


def test_another_case_of_a_name_is_no_way_around_what_the_organisation_demands() -> None:
    defaults = read_defaults(file("environments", "production", "before: [{type: manual}]\n"))

    assert told(web(f"Production: {{{SITE}}}"), defaults) == [
        (4, "Production of web is called production in the organisation: write it so")
    ]
    assert [
        rule.name for rule in only(configuration(web(f"production: {{{SITE}}}"), defaults))["production"].before
    ] == ["manual"]
