"""What papers print is complete, and of problems that are defined."""

from pathlib import Path

import pytest

from nlot import papers
from nlot.config import load_config
from nlot.evaluation import MEASURES
from nlot.reporting.departures import departures

PRESETS = Path(__file__).parents[2] / "config"
PAPER = "nlot2024"
KEY = ["table", "problem", "method", "measure"]


@pytest.fixture(scope="module", params=papers.available())
def paper(request):
    return request.param


@pytest.fixture
def numbers(paper):
    return papers.numbers(paper)


@pytest.fixture
def statements(paper):
    return papers.statements(paper)


def test_every_number_is_complete_and_printed_once(numbers):
    assert not numbers.drop(columns="sd").isna().to_numpy().any()
    # A deviation takes more than one trial.
    assert (numbers["sd"].isna() == (numbers["trials"] == 1)).all()
    assert not numbers.duplicated(KEY).any()


def test_numbers_have_no_more_digits_than_are_shown(numbers):
    for column in ("value", "sd"):
        given = numbers.dropna(subset=column)
        for value, digits in zip(given[column], given["decimals"], strict=True):
            assert value == round(value, digits)


def test_every_method_of_a_table_has_every_problem(numbers):
    for _, rows in numbers.groupby("table"):
        pairs = rows["problem"].nunique() * rows["method"].nunique()
        assert len(rows) == pairs


def test_every_problem_is_defined(paper, numbers, statements):
    named = {name for names in statements["problems"] for name in names.split()}
    assert named | set(numbers["problem"]) == set(papers.problems(paper))


def test_statements_name_what_is_measured(statements, numbers):
    assert set(statements["rule"]) <= {"mean", "every", "average"}
    measures = {*statements["measure"], *statements["against_measure"]} - {""}
    assert measures | set(numbers["measure"]) <= set(MEASURES)
    limits = statements[statements["against_measure"] == ""]
    assert limits["rule"].isin(["every", "average"]).all()
    assert statements["label"].str.fullmatch(r"(Table|Figure) \w+").all()


@pytest.mark.parametrize(
    "preset, paper",
    [
        ("config", PAPER),
        ("paper", PAPER),
        ("density", "density2025"),
        ("costs", "costs2024"),
        ("obstacles", "hota2026"),
        ("populations", "wfrfm2026"),
        ("cells", "mfm2024"),
    ],
)
def test_presets_of_a_paper_have_its_problems(preset, paper):
    experiment = load_config(PRESETS / f"{preset}.yaml")
    printed = papers.problems(paper)
    assert set(experiment.problems) >= set(printed)
    for name in printed:
        assert departures(experiment, name, name, printed) == ""


def test_a_paper_is_cited_by_its_authors():
    about = papers.about(PAPER)
    assert about.citation == "Pooladian et al. (UAI 2024)"
    assert about.reference.startswith("Pooladian, Domingo-Enrich, Chen and Amos (")
    alone = papers.About("Title", ("Amos, Brandon",), "UAI", 2024)
    assert alone.citation == "Amos (UAI 2024)"
    assert alone.reference == "Amos (Title, UAI 2024)"


@pytest.mark.parametrize(
    "read", [papers.about, papers.numbers, papers.statements, papers.problems]
)
@pytest.mark.parametrize("name", ["nlot", "../papers/nlot2024"])
def test_an_unknown_paper_is_named(read, name):
    with pytest.raises(ValueError, match=rf"^paper: .*{name!r}.*valid: .*nlot2024"):
        read(name)
