from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from checks.result import Outcome
from checks.runners.local.log import Log
from checks.runners.local.pattern import compiled, files
from tests.checks.runners.workshop import Workshop

MAKE = "mkdir -p out/a out/b .git; echo 1 > out/a/x.jar; echo 2 > out/b/y.jar; echo 3 > top.txt; ln -s x.jar out/a/link"


def spec(more: str, command: str = MAKE) -> str:
    return f"version: 0.2\nphases:\n  build:\n    commands:\n      - {command}\n{more}"


def kept(workshop: Workshop) -> list[str]:
    found = workshop.artifacts.rglob("*")
    return sorted(str(path.relative_to(workshop.artifacts)) for path in found if not path.is_dir())


async def test_artifacts_are_kept_as_their_patterns_say(workshop: Workshop) -> None:
    await workshop.build(spec("artifacts: {files: ['**/*.jar', top.txt], exclude-paths: out/b/*}\n"))
    assert kept(workshop) == ["primary/out/a/x.jar", "primary/top.txt"]


async def test_a_base_directory_with_a_wildcard_names_several(workshop: Workshop) -> None:
    await workshop.build(spec("artifacts: {files: ['*'], base-directory: 'out/*'}\n"))
    assert kept(workshop) == ["primary/link", "primary/x.jar", "primary/y.jar"]


async def test_paths_can_be_discarded_and_links_kept(workshop: Workshop) -> None:
    await workshop.build(spec("artifacts: {files: ['out/a/*'], discard-paths: yes, enable-symlinks: yes}\n"))
    assert kept(workshop) == ["primary/link", "primary/x.jar"]
    assert (workshop.artifacts / "primary/link").is_symlink()


async def test_secondary_artifacts_have_folders_of_their_own(workshop: Workshop) -> None:
    await workshop.build(
        spec("artifacts: {files: [top.txt], secondary-artifacts: {jars: {files: ['**/*.jar'], base-directory: out}}}\n")
    )
    assert kept(workshop) == ["jars/a/x.jar", "jars/b/y.jar", "primary/top.txt"]


async def test_nothing_to_keep_fails_the_build(workshop: Workshop) -> None:
    result = await workshop.build(spec("artifacts: {files: ['*.zip']}\n"))
    assert (result.outcome, result.message, result.phases[-1].succeeded) == (
        Outcome.FAILED,
        "no matching artifact paths found for *.zip",
        False,
    )


async def test_nothing_outside_of_the_source_is_kept(workshop: Workshop, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("geheim")
    links = f"ln -s {tmp_path}/secret a; ln -s {tmp_path} d; echo ok > b"
    await workshop.build(
        spec(
            f"artifacts: {{files: ['**/*', ../../secret, {tmp_path}/secret, d/secret], enable-symlinks: yes}}\n", links
        )
    )
    assert kept(workshop) == ["primary/b"]


async def test_a_base_directory_outside_of_the_source_does_not_exist(workshop: Workshop) -> None:
    result = await workshop.build(spec("artifacts: {files: ['*'], base-directory: ..}\n"))
    assert result.message == "no matching base directory path found for .."


async def test_the_artifacts_of_a_failed_build_are_kept(workshop: Workshop) -> None:
    result = await workshop.build(spec("artifacts: {files: [top.txt]}\n", f"{MAKE}; exit 2"))
    assert (result.outcome, kept(workshop)) == (Outcome.FAILED, ["primary/top.txt"])


JUNIT = """\
<testsuite name="cart"><testcase name="a" classname="c"/><testcase name="s"><skipped/></testcase>
<testcase name="b" file="tests/test_cart.py" line="41"><failure message="expected 119.0"/></testcase>
</testsuite>"""


async def test_test_reports_are_read_and_added_up(workshop: Workshop) -> None:
    (workshop.source / "junit.xml").write_text(JUNIT)
    result = await workshop.build(
        "version: 0.2\n"
        "phases: {build: {commands: ['mkdir -p r/s; cp junit.xml r/1.xml; cp junit.xml r/s/2.xml; exit 1']}}\n"
        "reports:\n  unit: {files: ['**/*.xml'], base-directory: r}\n  other: {files: [x], file-format: NUNITXML}\n"
    )
    assert result.tests is not None
    assert (result.tests.passed, result.tests.failed, result.tests.skipped) == (2, 2, 2)
    assert "Report other: NUNITXML is not read here" in (await workshop.runner.log("run")).decode()


async def test_missing_reports_do_not_fail_a_build(workshop: Workshop) -> None:
    result = await workshop.build(spec("reports: {unit: {files: ['*.xml']}}\n"))
    assert (result.outcome, result.tests) == (Outcome.SUCCEEDED, None)


CACHED = "cat kept/f $HOME/.m2/f 2>/dev/null; mkdir -p kept $HOME/.m2; echo $N > kept/f; echo home$N > $HOME/.m2/f"


async def test_what_is_cached_is_there_in_the_next_build(workshop: Workshop) -> None:
    text = spec("cache: {paths: ['kept/**/*', '/root/.m2/**/*']}\n", CACHED)
    for number in ("1", "2", "3"):
        await workshop.build(text, number, variables={"N": number})
    assert [await workshop.printed(number) for number in ("1", "2", "3")] == [[], ["1", "home1"], ["2", "home2"]]


async def test_an_entry_with_a_key_is_never_changed_and_found_by_its_beginning(workshop: Workshop) -> None:
    text = spec("cache: {paths: ['kept/**/*'], key: v-$K, fallback-keys: [v-]}\n", CACHED)
    for number, key in (("1", "a"), ("2", "a"), ("3", "a"), ("4", "b")):
        await workshop.build(text, number, variables={"N": number, "K": key})
    assert [await workshop.printed(number) for number in "1234"] == [[], ["1"], ["1"], ["1"]]


async def test_caches_of_repositories_are_apart(workshop: Workshop) -> None:
    text = spec("cache: {paths: ['kept/**/*']}\n", CACHED)
    await workshop.build(text, "1", variables={"N": "1"}, repository="1")
    await workshop.build(text, "2", variables={"N": "2"}, repository="2")
    assert await workshop.printed("2") == []


@given(st.text("ab-&/*?[].!^", max_size=12))
def test_no_pattern_whatever_is_an_error(pattern: str) -> None:
    compiled(pattern).fullmatch("a/b.a")


def test_a_star_stays_within_a_folder_and_two_do_not(tmp_path: Path) -> None:
    for name in ("a", "d/a", "d/e/a", "d/e/.hidden"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    found = {
        pattern: list(files(tmp_path, [pattern]))
        for pattern in ("*", "**/*", "d/*", "d/**/*", "./**/a", "?", "d/[d-f]/a")
    }
    assert found == {
        "*": ["a"],
        "**/*": ["a", "d/a", "d/e/.hidden", "d/e/a"],
        "d/*": ["d/a"],
        "d/**/*": ["d/a", "d/e/.hidden", "d/e/a"],
        "./**/a": ["a", "d/a", "d/e/a"],
        "?": ["a"],
        "d/[d-f]/a": ["d/e/a"],
    }


def test_secrets_are_masked_even_in_pieces(tmp_path: Path) -> None:
    log = Log(tmp_path / "log")
    assert (log.conceal("first-line\nsecond-line"), log.conceal("abc")) == (True, False)
    for piece in (b"a first-", b"line b\nsecond-line c\nabc", b"\n"):
        log.write(piece)
    log.say("Running command echo second-line")
    log.close()
    text = (tmp_path / "log").read_text()
    assert text.splitlines()[:3] == ["a *** b", "*** c", "abc"]
    assert text.endswith(" Running command echo ***\n")
    assert log.tail.splitlines()[0] == "a *** b"


def test_a_log_that_is_too_large_is_cut_with_a_note_and_keeps_its_tail(tmp_path: Path) -> None:
    log = Log(tmp_path / "log", limit=1000)
    for number in range(1000):
        log.write(b"%d\n" % number)
    log.say("Phase complete")
    log.close()
    text = (tmp_path / "log").read_text()
    assert len(text) < 1300
    assert "[Container] The log is larger than 1000 bytes; more is left out" in text
    assert (text.splitlines()[-1].endswith("Phase complete"), log.tail.splitlines()[-2]) == (True, "999")


def test_an_open_line_is_shown_at_once_and_ended_before_the_runners_own(tmp_path: Path) -> None:
    log = Log(tmp_path / "log")
    log.write(b"...")
    assert (tmp_path / "log").read_text() == "..."
    log.say("next")
    log.close()
    assert (tmp_path / "log").read_text().startswith("...\n[Container] ")
    assert log.tail.splitlines()[0] == "..."


async def test_a_damaged_cache_is_thrown_away(workshop: Workshop) -> None:
    text = spec("cache: {paths: ['kept/**/*']}\n", CACHED)
    await workshop.build(text, "1", variables={"N": "1"})
    (entry,) = (workshop.home / "cache" / "7").iterdir()
    entry.write_bytes(b"damaged")
    result = await workshop.build(text, "2", variables={"N": "2"})
    assert (result.outcome, await workshop.printed("2")) == (Outcome.SUCCEEDED, [])


async def test_the_key_of_a_cache_may_be_a_digest_of_files(workshop: Workshop) -> None:
    text = spec("cache: {paths: ['kept/**/*'], key: v-$(codebuild-hash-files '**/lock')}\n", CACHED)
    for number, content in (("1", "a"), ("2", "a"), ("3", "b")):
        (workshop.source / "lock").write_text(content)
        await workshop.build(text, number, variables={"N": number})
    assert [await workshop.printed(number) for number in "123"] == [[], ["1"], []]
