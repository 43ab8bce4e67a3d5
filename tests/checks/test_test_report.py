"""Reports of the tools that people use: what they count, and where in the repository each failure is."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checks.junit import Case, Ending
from checks.test_outcomes import digest
from checks.test_report import MOST_FAILURES, FailedTest, TestReport, Verdict, parse_reports

REPORTS = Path(__file__).parent / "reports"
ROOT = "/home/ci/shop"


class Told(NamedTuple):
    """A failing test, with the first line of its message."""

    name: str
    why: str
    path: str | None
    line: int | None


PYTEST = [
    Told("test_total", "AssertionError: assert 3 == 4", "tests/test_cart.py", 5),
    Told("test_empty", "KeyError: 'items'", "app/cart.py", 2),
    Told("test_db", 'failed on setup with "RuntimeError: no database"', "tests/test_cart.py", 15),
]
TOTAL = "total includes tax"
CASES: dict[str, tuple[tuple[int, int, int], list[Told]]] = {
    "pytest-xunit1": ((1, 3, 1), PYTEST),
    "pytest-xunit2": ((1, 3, 1), PYTEST),
    "node": (
        (1, 1, 1),
        [Told("includes tax", "Expected values to be strictly equal:100 !== 119", "cart.test.mjs", 2)],
    ),
    "jest-junit": (
        (1, 1, 1),
        [
            Told(
                "cart totals include tax",
                "Error: expect(received).toBe(expected) // Object.is equality",
                "src/cart.test.js",
                7,
            )
        ],
    ),
    "mocha-junit-reporter": (
        (1, 1, 0),
        [Told("cart totals include tax", "expected 100 to equal 119", "test/cart.js", 7)],
    ),
    "vitest": (
        (1, 1, 0),
        [Told("cart > totals include tax", "expected 100 to be 119 // Object.is equality", "src/cart.test.ts", 7)],
    ),
    "gotestsum": (
        (1, 2, 1),
        [
            Told("TestTotal", "cart_test.go:41: expected 119, got 100", None, None),
            Told("TestEmpty", "cart_test.go:17:", "cart/cart_test.go", 17),
        ],
    ),
    "go-junit-report": ((1, 1, 0), [Told("TestTotal", "cart_test.go:41: expected 119, got 100", None, None)]),
    "surefire": (
        (2, 2, 1),
        [
            Told("totalIncludesTax", "expected: <119> but was: <100>", None, None),
            Told("empty", "Cart.items is null", None, None),
        ],
    ),
    "phpunit": (
        (1, 1, 0),
        [Told("testTotal", "Failed asserting that 100 matches expected 119.", "tests/CartTest.php", 17)],
    ),
    "rspec": ((1, 1, 1), [Told("Cart total includes tax", "expected: 119", "spec/cart_spec.rb", 7)]),
    "minitest": ((1, 1, 0), [Told("test_total", "Expected: 119", "test/cart_test.rb", 7)]),
    "nextest": (
        (2, 1, 0),
        [Told("cart::tests::total", "thread 'cart::tests::total' panicked at src/cart.rs:41:9", "src/cart.rs", 41)],
    ),
    "ctest": (
        (1, 1, 1),
        [Told("total", "/home/ci/shop/tests/cart_test.cpp:41: Failure", "tests/cart_test.cpp", 41)],
    ),
    "dotnet": (
        (1, 1, 0),
        [Told("TotalIncludesTax", "Assert.Equal() Failure: Values differ", "tests/CartTests.cs", 41)],
    ),
    "bats": ((1, 1, 1), [Told(TOTAL, "(in test file test/cart.bats, line 12)", "test/cart.bats", 12)]),
}


def parse(*reports: bytes, root: str = ROOT, exists: Callable[[str], bool] | None = None) -> TestReport:
    return parse_reports([(f"reports/{n}.xml", data) for n, data in enumerate(reports)], root=root, exists=exists)


def counts(report: TestReport) -> tuple[int, int, int]:
    return report.passed, report.failed, report.skipped


def told(report: TestReport) -> list[Told]:
    return [Told(test.name, test.message.split("\n")[0], test.path, test.line) for test in report.failures]


def failing(text: str, attributes: str = "") -> bytes:
    escaped = text.replace("&", "&amp;").replace("<", "&lt;")
    return f'<testsuite><testcase name="t" {attributes}><failure>{escaped}</failure></testcase></testsuite>'.encode()


def place(text: str, attributes: str = "", root: str = ROOT) -> tuple[str | None, int | None]:
    (test,) = parse(failing(text, attributes), root=root).failures
    return test.path, test.line


@pytest.mark.parametrize("tool", CASES)
def test_every_tool_is_understood(tool: str) -> None:
    report = parse((REPORTS / f"{tool}.xml").read_bytes())
    assert (counts(report), told(report), report.unread) == (*CASES[tool], ())


def test_every_example_is_tested() -> None:
    assert {path.stem for path in REPORTS.glob("*.xml")} == set(CASES)


def test_a_failure_keeps_all_that_its_report_says() -> None:
    (failure,) = parse((REPORTS / "bats.xml").read_bytes()).failures
    assert failure == FailedTest(
        name=TOTAL,
        verdict=Verdict.FAILED,
        message="(in test file test/cart.bats, line 12)",
        details='(in test file test/cart.bats, line 12)\n  `[ "$output" = 119 ]\' failed',
        suite="cart.bats",
        path="test/cart.bats",
        line=12,
        digest=digest(Case(name=TOTAL, group="cart.bats", ending=Ending.FAILED, seconds=0)),
    )


def test_reports_add_up() -> None:
    report = parse(*(path.read_bytes() for path in sorted(REPORTS.glob("*.xml"))))
    wanted = [case for case, _ in CASES.values()]
    assert counts(report) == tuple(map(sum, zip(*wanted, strict=True)))
    assert report.total == sum(map(sum, wanted))
    assert 1200.6 < report.seconds < 1201


@pytest.mark.parametrize(
    ("tool", "places"),
    [
        ("gotestsum", [("cart/cart_test.go", 41), ("cart/cart_test.go", 17)]),
        (
            "surefire",
            [("src/test/java/com/acme/shop/CartTest.java", 41), ("src/main/java/com/acme/shop/Cart.java", 17)],
        ),
    ],
)
def test_traces_without_folders_find_their_file_in_the_repository(tool: str, places: list[tuple[str, int]]) -> None:
    files = {path for path, _ in places}
    report = parse((REPORTS / f"{tool}.xml").read_bytes(), exists=files.__contains__)
    assert [(test.path, test.line) for test in report.failures] == places


def test_tests_that_ran_in_a_container_or_a_folder_find_their_file() -> None:
    files = {"api/tests/test_x.py", "lib/a.rb"}.__contains__
    reports = [
        ("api/out/junit.xml", failing('File "tests/test_x.py", line 3')),
        ("x.xml", failing("/app/lib/a.rb:4:in")),
    ]
    report = parse_reports(reports, root=ROOT, exists=files)
    assert [(test.path, test.line) for test in report.failures] == [("api/tests/test_x.py", 3), ("lib/a.rb", 4)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("./src/a.py:7: E", ("src/a.py", 7)),
        ("src/../b/a.py:7: E", ("b/a.py", 7)),
        (f"{ROOT}/a.py:7: E", ("a.py", 7)),
        (f"{ROOT}-other/a.py:7: E", (None, None)),
        (f"{ROOT}/../a.py:7: E", (None, None)),
        ("../a.py:7: E", (None, None)),
        ("/usr/lib/python3.11/unittest/case.py:7: E", (None, None)),
        (r"src\a.cs:7", ("src/a.cs", 7)),
        ("/codebuild/output/src1234/src/github.com/acme/shop/src/a.js:7:2", ("src/a.js", 7)),
        ("/codebuild/output/src1234/src/src/a.js:7:2", ("src/a.js", 7)),
        (f"at f (file://{ROOT}/src/a.js:7:2)", ("src/a.js", 7)),
        (f"at f ({ROOT}/with blank/a.js:7:2)", ("with blank/a.js", 7)),
        (f'File "{ROOT}/with blank/a.py", line 7, in f', ("with blank/a.py", 7)),
        ("node_modules/x/index.js:1:1\nsrc/a.js:7:2", ("src/a.js", 7)),
        ("src/a.js:0:0", (None, None)),
        ("src/a.js:99999999999:0", (None, None)),
        ("https://example.org/src/a.js:7:2", (None, None)),
        ("at 12:41 the end", (None, None)),
        ("thread 'x' panicked at 'why', src/lib.rs:41:9", ("src/lib.rs", 41)),
        ("at com.acme.CartTest.total(CartTest.java:41)", (None, None)),
    ],
)
def test_a_place_is_a_file_of_the_repository_or_none(text: str, expected: tuple[str | None, int | None]) -> None:
    assert place(text) == expected


def test_a_windows_checkout_is_a_checkout() -> None:
    assert place(r"in D:\a\shop\src\Cart.cs:line 7", root=r"d:\a\shop") == ("src/Cart.cs", 7)


@pytest.mark.parametrize(
    ("attributes", "expected"),
    [
        ('file="tests/test_x.py" line="38"', ("tests/test_x.py", 39)),
        ('file="tests/x.php" line="38"', ("tests/x.php", 38)),
        ('file="tests/x.php" line="0"', ("tests/x.php", None)),
        ('file="tests/x.php" line="-1"', ("tests/x.php", None)),
        ('file="tests/x.php" line="²"', ("tests/x.php", None)),
        ('file="tests/x.php"', ("tests/x.php", None)),
        ('line="3"', (None, None)),
        ('file="/etc/passwd" line="3"', (None, None)),
    ],
)
def test_without_a_trace_the_attributes_tell_the_place(
    attributes: str, expected: tuple[str | None, int | None]
) -> None:
    assert place("nothing", attributes) == expected


def test_a_java_trace_agrees_with_the_file_that_the_report_names() -> None:
    assert place("at a.CartTest.t(CartTest.java:41)", 'file="x/a/CartTest.java"') == ("x/a/CartTest.java", 41)


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"", "empty"),
        (b" \n", "empty"),
        (b"<testsuite>\n<testcase>\n", "not well-formed (line 3)"),
        (b"not xml", "not well-formed (line 1)"),
        (b"<coverage/>", "not a JUnit report (it is <coverage>)"),
        (b'<?xml version="1.0" encoding="klingon"?><testsuite/>', "its encoding is unknown"),
        (b"<!DOCTYPE x><testsuite/>", "it declares a document type, which is not read"),
        (b'<!DOCTYPE x [<!ENTITY a "b">]><testsuite name="&a;"/>', "it declares a document type, which is not read"),
        (
            '<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]><testsuite/>'.encode("utf-16"),
            "it declares a document type, which is not read",
        ),
        (b"<testsuite>" * 101, "more than 100 elements within one another"),
        (b"<testsuite/>" + b" " * (32 * 1024 * 1024), "larger than 32 MiB"),
    ],
    ids=lambda value: str(value)[:20],
)
def test_what_cannot_be_read_is_named_with_the_reason(data: bytes, why: str) -> None:
    good = (REPORTS / "bats.xml").read_bytes()
    report = parse_reports([("reports/x.xml", data), ("reports/good.xml", good)], root=ROOT)
    assert (report.unread, counts(report)) == ((f"reports/x.xml: {why}",), (1, 1, 1))


def test_a_document_in_the_output_of_a_test_is_only_text() -> None:
    report = parse(
        b"<testsuite><testcase name='t'><failure><![CDATA[<!DOCTYPE html>]]></failure></testcase></testsuite>"
    )
    assert (report.failures[0].message, report.unread) == ("<!DOCTYPE html>", ())


def test_an_entity_bomb_costs_nothing() -> None:
    entities = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 100}">' for n in range(1, 20))
    began = time.process_time()
    report = parse(f'<!DOCTYPE x [<!ENTITY e0 "boom">{entities}]><testsuite name="&e19;"/>'.encode())
    assert report == TestReport(unread=("reports/0.xml: it declares a document type, which is not read",))
    assert time.process_time() - began < 1


@pytest.mark.parametrize(
    "data",
    [
        "\ufeff<testsuite><testcase name='é'><error/></testcase></testsuite>".encode(),
        "<testsuite><testcase name='é'><error/></testcase></testsuite>".encode("utf-16"),
        "<?xml version='1.0' encoding='latin-1'?><testsuite><testcase name='é'><error/></testcase></testsuite>".encode(
            "latin-1"
        ),
        b"\n<?xml version='1.0'?><testsuite><testcase name='\xc3\xa9\x1b[0m\x00'><error/></testcase></testsuite>",
    ],
)
def test_the_encodings_and_slips_of_real_reporters_are_read(data: bytes) -> None:
    report = parse(data)
    assert (report.unread, [(test.name[:1], test.verdict) for test in report.failures]) == (
        (),
        [("é", Verdict.ERRORED)],
    )


def test_an_error_of_a_whole_suite_counts_as_a_test() -> None:
    report = parse(b"<testsuite name='cart'><error message='cannot import'/><testcase name='a'/></testsuite>")
    assert (counts(report), told(report)) == ((1, 1, 0), [Told("cart", "cannot import", None, None)])


def test_the_attributes_of_a_suite_are_not_believed() -> None:
    assert counts(parse(b"<testsuite tests='9' failures='9'><testcase name='a'/></testsuite>")) == (1, 0, 0)


def test_all_failures_are_counted_but_not_all_kept() -> None:
    report = parse(b"<testsuite>" + b"<testcase><failure/></testcase>" * 600 + b"</testsuite>")
    assert (report.failed, len(report.failures)) == (600, MOST_FAILURES)


def test_colours_and_secrets_do_not_get_through() -> None:
    data = failing("#\x1b[31mred\x1b[0m swordfish ghs_" + "a" * 36)
    (failure,) = parse_reports([("x.xml", data)], root=ROOT, secrets=["swordfish"]).failures
    assert failure.message == "#[31mred[0m *** ***"


def test_a_huge_failure_keeps_both_ends() -> None:
    (failure,) = parse(failing("first\n" + "x\n" * 500_000 + 'File "a.py", line 3\nlast')).failures
    assert (failure.message, failure.details[:6], failure.details[-4:]) == ("first", "first\n", "last")
    assert (len(failure.details) <= 16_000, failure.path, failure.line) == (True, "a.py", 3)


def test_a_file_system_is_never_asked_for_a_name_that_it_refuses(tmp_path: Path) -> None:
    def exists(path: str) -> bool:
        return (tmp_path / path).is_file()

    names = ["x" * 300 + ".py", "é" * 200 + ".py", "a/" * 450 + "x.py", "a\x01b.py"]
    data = failing("\n".join(f"{name}:7: E" for name in names), f'classname="{"b/" * 5_000}c" file="{names[0]}"')
    (failure,) = parse_reports([(f"{'d/' * 3_000}x.xml", data)], root=str(tmp_path), exists=exists).failures
    assert (failure.path, failure.line) == (None, None)


def test_a_hostile_trace_asks_little_of_the_file_system() -> None:
    asked: list[str] = []

    def exists(path: str) -> bool:
        asked.append(path)
        return False

    trace = "\n".join(f"{'a/' * 100}{n}.go:1\n{n}.go:1" for n in range(5_000))
    parse(failing(trace, f'classname="{"b/" * 5_000}c"'), exists=exists)
    assert 0 < len(asked) < 10_000


@given(st.lists(st.tuples(st.text(), st.binary()), max_size=3))
def test_no_bytes_whatever_raise(files: list[tuple[str, bytes]]) -> None:
    report = parse_reports(files, root=ROOT)
    assert (report.total, len(report.unread)) == (0, len(files))


@given(st.sampled_from(sorted(REPORTS.glob("*.xml"))), st.data())
def test_no_damage_to_a_report_raises(path: Path, data: st.DataObject) -> None:
    report = bytearray(path.read_bytes())
    for at in data.draw(st.lists(st.integers(0, len(report) - 1), min_size=1, max_size=5)):
        report[at] = data.draw(st.integers(0, 255))
    for test in parse(bytes(report)).failures:
        assert test.line is None or test.line > 0
        assert test.path is None or not test.path.startswith(("/", "../"))


def test_hostile_traces_take_little_time() -> None:
    began = time.process_time()
    parse(*(failing(text * 20) for text in ("a" * 50_000, "a.py" * 12_000, "(/a" * 17_000, 'File "' * 8_000)))
    assert time.process_time() - began < 5
