"""How a commit says that its word on delivery cannot be followed."""

from checks.annotation import Annotation
from deploy.check import Check
from deploy.configuration_check import mended, refused
from deploy.pipeline import Problem
from tests.deploy.stories import A

FILE = ".github/interlock.yml"


def test_every_problem_stands_in_the_table_and_at_its_line() -> None:
    problems = (
        Problem(file=FILE, line=0, message="services are missing"),
        Problem(file=FILE, line=14, message='unknown key "artefacts"; did you mean "artifacts"?'),
    )
    assert refused(42, A, problems[::-1]) == Check(
        external_id=f"configuration:42:{A}",
        name="Interlock configuration",
        sha=A,
        title='interlock.yml line 14: unknown key "artefacts"; did you mean "artifacts"?',
        summary=(
            "**2 problems** · nothing of `aaaaaaa` is followed\n\n"
            "| file | line | what is wrong |\n"
            "| --- | --- | --- |\n"
            '| `.github/interlock.yml` | 14 | unknown key "artefacts"; did you mean "artifacts"? |\n'
            "| `.github/interlock.yml` | – | services are missing |\n\n"
            "What was configured before goes on. **Next:** mend the file and push; "
            "`interlock check .` finds it before."
        ),
        conclusion="failure",
        annotations=(
            Annotation(
                path=FILE,
                start_line=14,
                end_line=14,
                title='unknown key "artefacts"; did you mean "artifacts"?',
                message='unknown key "artefacts"; did you mean "artifacts"?',
            ),
            Annotation(
                path=FILE, start_line=1, end_line=1, title="services are missing", message="services are missing"
            ),
        ),
    )


def test_no_path_and_no_number_of_problems_makes_github_refuse_the_check() -> None:
    problems = [
        Problem(file="../x", line=1, message="m"),
        *(Problem(file=FILE, line=n, message="m") for n in range(99)),
    ]
    check = refused(42, A, problems)
    assert len(check.annotations) == 49
    assert "50 more are not listed." in check.summary


def test_what_is_mended_is_told() -> None:
    check = mended(42, A)
    assert (check.external_id, check.conclusion) == (f"configuration:42:{A}", "success")
    assert check.summary == "From `aaaaaaa` on versions go where the files say."
