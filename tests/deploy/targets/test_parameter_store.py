"""The hand-off: the grammar of the seed, and what the Parameter Store's own contract adds."""

from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from checks.errors import Transient
from deploy.hand_off import mapping
from deploy.target import Live, State
from deploy.targets.parameter_store import SPIRE, ParameterStore
from tests.deploy.targets.front import Clients, Front
from tests.deploy.targets.places import InParameterStore
from tests.deploy.targets.world import Around, image_artifact, version, write, zip_artifact


@pytest.fixture
def place(door: Front, tmp_path: Path) -> InParameterStore:
    return InParameterStore(door, tmp_path)


# --- the grammar --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("", {}),
        ("A=/prx/a", {"A": ("/prx/a",)}),
        ("A=/prx/a;", {"A": ("/prx/a",)}),
        ("A=/prx/a,/prx/b", {"A": ("/prx/a", "/prx/b")}),
        ("A=/prx/a;B=/prx/b,/prx/c", {"A": ("/prx/a",), "B": ("/prx/b", "/prx/c")}),
        ("A=/prx/a;B=/prx/b;A=/prx/c", {"A": ("/prx/a", "/prx/c"), "B": ("/prx/b",)}),
        ("A=/prx/a;A=/prx/a", {"A": ("/prx/a",)}),
    ],
)
def test_a_mapping_is_read(text: str, found: dict[str, tuple[str, ...]]) -> None:
    assert mapping(text) == found


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("A", "entry 1 (character 1), 'A': it needs exactly one =, as in LABEL=/name,/name"),
        ("A=/a;;B=/b", "entry 2 (character 6), '': it needs exactly one =, as in LABEL=/name,/name"),
        (";", "entry 1 (character 1), '': it needs exactly one =, as in LABEL=/name,/name"),
        ("A=/a;B=/b=/c", "entry 2 (character 6), 'B=/b=/c': it needs exactly one =, as in LABEL=/name,/name"),
        ("=/a", "entry 1 (character 1), '=/a': '' is not the name of a variable"),
        ("A=/a; B=/b", "entry 2 (character 6), ' B=/b': ' B' is not the name of a variable"),
        ("A=/a;A=/b;C=/a", "entry 3 (character 11): /a has A already"),
    ],
)
def test_a_malformed_entry_is_an_error_with_its_place(text: str, problem: str) -> None:
    with pytest.raises(ValueError, match="entry") as error:
        mapping(text)
    assert str(error.value) == problem


@pytest.mark.parametrize("rest", ["", "/a,", "a", "/a, /b", "/a//b", "/a/", "/ä", "/" + "a" * 1011, "/a" * 16])
def test_what_is_no_name_is_an_error_with_its_place(rest: str) -> None:
    with pytest.raises(
        ValueError, match=r"^entry 2 \(character 6\), .* is not the name of a parameter: write it like /"
    ):
        mapping(f"X=/x;A={rest}")


# --- what people write --------------------------------------------------------------------------


def test_one_name_or_several_are_written_for_a_label() -> None:
    kind = ParameterStore.model_validate({"type": "parameter_store", "parameters": {"A": "/prx/a", "B": ["/prx/b"]}})
    assert kind.parameters == {"A": ("/prx/a",), "B": ("/prx/b",)}
    assert kind.problems({"A", "B"}) == []


def test_a_label_that_the_service_has_not_and_a_name_with_two_values_are_problems() -> None:
    kind = ParameterStore.model_validate({"parameters": {"A": "/prx/a", "B": ["/prx/a"]}})
    assert kind.problems({"A", "C"}) == [
        "there is no artifact B: this service has A, C",
        "/prx/a is named twice, and can have only one value",
    ]


@pytest.mark.parametrize("wrong", [{}, {"A": []}, {"A": "prx/a"}, {"A": 1}])
def test_what_is_no_parameter_is_refused(wrong: Any) -> None:
    with pytest.raises(ValidationError):
        ParameterStore.model_validate({"parameters": wrong})


# --- the hand-off -------------------------------------------------------------------------------


def described(place: InParameterStore, name: str) -> list[str]:
    return [each.get("Description", "") for each in place.behind.get_parameter_history(Name=name)["Parameters"]]


async def test_the_value_is_what_the_build_exported_and_the_description_has_the_deployment(
    place: InParameterStore,
) -> None:
    registry = "123456789012.dkr.ecr.us-east-1.amazonaws.com"
    for number, artifact in enumerate((image_artifact(1, registry=registry), image_artifact(2))):
        progress = await place.target.deploy(write(version(number, artifact), f"d{number}"))
        assert progress.why == f"wrote {place.names[0]} and {place.names[1]}"
        assert [place.value(name) for name in place.names] == [artifact.export.value] * 2
    assert described(place, place.names[0]) == [
        f"Interlock deployment d0: web staging, {version(0).sha}",
        f"Interlock deployment d1: web staging, {version(1).sha}",
    ]


async def test_a_zip_is_handed_over_by_its_key(place: InParameterStore, tmp_path: Path) -> None:
    kind = ParameterStore.model_validate({"parameters": {"SITE": place.names[0]}})
    target = kind.open("web", "staging", Around(tmp_path, Clients(place.door.url)))
    await target.deploy(write(version(1, zip_artifact(1, b"")), "d1"))
    assert place.value(place.names[0]) == f"GitHub/PRX/My-App/{version(1).sha}/SITE.zip"


async def test_only_what_differs_is_written(place: InParameterStore) -> None:
    place.put(place.names[0], image_artifact(1).export.value)
    progress = await place.target.deploy(write(place.version(1), "d1"))
    assert progress.why == f"wrote {place.names[1]}"
    assert (await place.target.deploy(write(place.version(1), "d2"))).why == (
        f"{place.names[0]} and {place.names[1]} have it already"
    )
    assert len(described(place, place.names[0])) == 1


async def test_who_writes_between_our_reading_and_our_writing_is_noticed(place: InParameterStore) -> None:
    await place.target.deploy(write(place.version(1), "d1"))
    second = place.names[1]
    puts: list[str] = []

    def meddle(operation: str) -> None:
        if operation == "PutParameter" and not puts:
            puts.append(operation)
            place.put(second, "by-hand")

    place.door.meanwhile = meddle
    progress = await place.target.deploy(write(place.version(2), "d2", await place.target.live()))
    wanted = image_artifact(2).export.value
    assert progress.state is State.FAILED
    assert progress.why.endswith(
        f" wrote 'by-hand' to {second} meanwhile (version 2), and it was overwritten: "
        "find out who else deploys here, CloudTrail knows"
    )
    assert [place.value(name) for name in place.names] == [wanted, wanted]


async def test_an_own_repetition_is_not_taken_for_somebody_else(place: InParameterStore) -> None:
    """As if botocore had sent PutParameter a second time because the first answer was lost."""
    wanted, first = image_artifact(1).export.value, place.names[0]

    def repeat(operation: str) -> None:
        if operation == "PutParameter":
            place.put(first, wanted, "Interlock deployment d1: …")
            place.door.meanwhile = None

    place.door.meanwhile = repeat
    progress = await place.target.deploy(write(place.version(1), "d1"))
    assert (progress.state, progress.why) == (State.DONE, f"wrote {first} and {place.names[1]}")


async def test_if_one_of_several_fails_it_is_told_which_and_a_repetition_finishes(place: InParameterStore) -> None:
    place.door.deny = {3}
    first = write(place.version(1), "d1")
    progress = await place.target.deploy(first)
    one, other = place.names
    assert progress.why == (
        f"AWS does not let the App do ssm:PutParameter on {other}: give its role this right, then deploy again; "
        f"{one} was written, {other} was not"
    )
    assert (await place.target.deploy(first)).why == f"wrote {other}"


async def test_a_value_that_is_too_large_is_refused_before_anything_is_written(place: InParameterStore) -> None:
    large = image_artifact(1, label="LARGE")
    large = type(large)(
        repository=1, sha=large.sha, build="b", digest=large.digest,
        export=type(large.export)(kind=large.export.kind, label="LARGE", value="ä" * 2049, place="p"),
    )  # fmt: skip
    kind = ParameterStore.model_validate({"parameters": {"MY_APP": place.names[0], "LARGE": place.names[1]}})
    target = kind.open("web", "staging", Around(Path(), Clients(place.door.url)))
    progress = await target.deploy(write(version(1, image_artifact(1), large), "d1"))
    assert progress.why == f"the value for {place.names[1]} has 4098 bytes, and 4096 are the most: nothing was written"
    assert place.door.calls == []


@pytest.mark.parametrize(("allowed", "told"), [((), "nothing"), (SPIRE, "/prx/stag/Spire/ or /prx/prod/Spire/")])
async def test_a_name_that_the_operator_does_not_allow_is_never_written(
    place: InParameterStore, allowed: tuple[str, ...], told: str
) -> None:
    kind = ParameterStore.model_validate({"parameters": {"MY_APP": "/prx/stag/Other/tag"}})
    target = kind.open("web", "staging", Around(Path(), Clients(place.door.url), parameters=allowed))
    progress = await target.deploy(write(place.version(1), "d1"))
    assert progress.why == (
        f"/prx/stag/Other/tag may not be written: names that may begin with {told}; ask the operator"
    )
    assert place.door.calls == []


async def test_a_label_that_the_build_did_not_export_is_left_as_it_is_and_told(place: InParameterStore) -> None:
    kind = ParameterStore.model_validate({"parameters": {"MY_APP": place.names[0], "OTHER": place.names[1]}})
    target = kind.open("web", "staging", Around(Path(), Clients(place.door.url)))
    progress = await target.deploy(write(place.version(1), "d1"))
    assert progress.why == f"wrote {place.names[0]}; OTHER was not exported and is as it was"
    empty = await target.deploy(write(version(2), "d2"))
    assert empty.why == "this version has none of MY_APP, OTHER: let the build export one, and push"


async def test_a_parameter_of_another_type_is_not_touched(place: InParameterStore) -> None:
    place.behind.put_parameter(Name=place.names[1], Value="s3cret", Type="SecureString")
    progress = await place.target.deploy(write(place.version(1), "d1"))
    assert progress.why == (
        f"{place.names[1]} is a SecureString, and artifacts go to String: delete it, then deploy again"
    )
    assert "PutParameter" not in place.door.calls


async def test_what_had_no_value_before_keeps_its_new_one_in_a_rollback(place: InParameterStore) -> None:
    one, other = place.names
    place.put(one, "former")
    before = await place.target.live()
    assert before == Live(values={one: "former"}, mark=f"{one}:1")
    first = write(place.version(1), "d1", before)
    await place.target.deploy(first)
    assert (await place.target.roll_back(first, before)).state is State.DONE
    assert [place.value(one), place.value(other)] == ["former", image_artifact(1).export.value]


async def test_drift_says_what_is_there_instead(place: InParameterStore) -> None:
    first = write(place.version(1), "d1")
    await place.target.deploy(first)
    place.meddle()
    assert (await place.target.observe(first)).why == (
        f"{place.names[0]} has 'by-hand' (version 2): somebody else wrote it, deploy again to put it right"
    )


async def test_parameters_of_another_region_are_written_there(place: InParameterStore, tmp_path: Path) -> None:
    kind = ParameterStore.model_validate({"parameters": {"MY_APP": place.names[0]}, "region": "eu-west-1"})
    target = kind.open("web", "staging", Around(tmp_path, Clients(place.door.url)))
    await target.deploy(write(place.version(1), "d1"))
    there = Clients(place.door.behind, "eu-west-1").ssm.get_parameter(Name=place.names[0])
    assert there["Parameter"]["Value"] == image_artifact(1).export.value
    with pytest.raises(place.behind.exceptions.ParameterNotFound):
        place.value(place.names[0])


async def test_what_may_pass_is_tried_again_later(place: InParameterStore) -> None:
    place.door.lose[0] = "before"
    with pytest.raises(Transient, match=r"^AWS could not be asked for ssm:GetParameter on /prx/"):
        await place.target.live()
