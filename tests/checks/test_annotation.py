"""Failing tests as annotations that GitHub takes."""

import pytest

from checks.annotation import LONGEST_TEXT, Annotation, annotations
from checks.test_report import FailedTest, Verdict


def failed(name: str, path: str | None = "a.py", verdict: Verdict = Verdict.FAILED, line: int | None = 3) -> FailedTest:
    return FailedTest(name=name, verdict=verdict, message="no", path=path, line=line)


def test_the_assertion_is_the_title() -> None:
    test = FailedTest(
        name="test_total",
        verdict=Verdict.FAILED,
        message="assert 3 == 4\n +  where 3 = total()",
        details="\x1b[31m>  assert total() == 4",
        suite="tests.test_cart",
        path="tests/test_cart.py",
        line=41,
    )
    assert annotations([test]) == (
        Annotation(
            path="tests/test_cart.py",
            start_line=41,
            end_line=41,
            title="assert 3 == 4",
            message="tests.test_cart: test_total\n\nassert 3 == 4\n +  where 3 = total()",
            raw_details=">  assert total() == 4",
        ),
    )


def test_failures_come_before_errors_and_other_files_before_second_ones() -> None:
    tests = [
        failed("a1", "a.py"),
        failed("a2", "a.py"),
        failed("error", "a.py", Verdict.ERRORED),
        failed("b1", "b.py"),
        failed("a3", "a.py"),
        failed("b2", "b.py"),
    ]
    assert [each.message.split("\n")[0] for each in annotations(tests)] == ["a1", "b1", "a2", "b2", "a3", "error"]


@pytest.mark.parametrize(
    "path", [None, "", "/a.py", "../a.py", "a/../b.py", "./a.py", "a//b.py", "a\\b.py", "a\nb.py", "a/", "x" * 2_000]
)
def test_a_path_that_github_refuses_is_left_out(path: str | None) -> None:
    assert annotations([failed("t", path)]) == ()


@pytest.mark.parametrize(("line", "shown"), [(None, 1), (0, 1), (-3, 1), (7, 7), (10**12, 2**31 - 1)])
def test_lines_begin_at_one(line: int | None, shown: int) -> None:
    (annotation,) = annotations([failed("t", line=line)])
    assert (annotation.start_line, annotation.end_line) == (shown, shown)


def test_a_silent_failure_is_named_by_its_test() -> None:
    (annotation,) = annotations([FailedTest(name="t", verdict=Verdict.FAILED, message=" \n", path="a.py")])
    assert (annotation.title, annotation.message) == ("t", "t")


def test_long_texts_are_cut_in_bytes() -> None:
    long = "é" * 100_000
    test = FailedTest(name="t", verdict=Verdict.FAILED, message=long, details=long, path="a.py")
    (annotation,) = annotations([test])
    sizes = [len(text.encode()) for text in (annotation.title, annotation.message, annotation.raw_details)]
    assert sizes == [255, LONGEST_TEXT, LONGEST_TEXT - 1]


def test_secrets_are_masked_everywhere() -> None:
    token = "ghp_" + "a" * 36
    test = FailedTest(name="t", verdict=Verdict.FAILED, message=token, details=token, path="a.py")
    (annotation,) = annotations([test])
    assert (annotation.title, annotation.message, annotation.raw_details) == ("***", "t\n\n***", "***")
