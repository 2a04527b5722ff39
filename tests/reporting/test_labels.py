"""Names of rows."""

import pytest

from nlot.config import parse_config
from nlot.reporting.labels import row_label

from ..conftest import SCARVELIS_SOLOMON

KIND = "scarvelis_solomon"


@pytest.fixture
def label(raw_sequences):
    """The label of a row, given the names of all methods of one kind."""

    def of(row, *names):
        methods = raw_sequences["methods"]
        kept = {n: m for n, m in methods.items() if m["kind"] != KIND}
        raw_sequences["methods"] = {**kept, **dict.fromkeys(names, SCARVELIS_SOLOMON)}
        return row_label(parse_config(raw_sequences), row)

    return of


@pytest.mark.parametrize("name", [KIND, f"{KIND}_grouped", "mine"])
def test_the_only_method_of_its_kind_has_the_plain_label(label, name):
    assert label(name, name) == "Scarvelis and Solomon"


@pytest.mark.parametrize(
    "name, shown",
    [
        (KIND, ""),
        (f"{KIND}_grouped", " (grouped)"),
        (f"{KIND}_published_settings", " (published settings)"),
        ("my_own", " (my_own)"),
    ],
)
def test_methods_of_one_kind_are_told_apart_by_their_names(label, name, shown):
    names = dict.fromkeys([name, KIND, "other"])
    assert label(name, *names) == f"Scarvelis and Solomon{shown}"


def test_no_two_methods_share_a_label(label):
    names = [KIND, "grouped", f"{KIND}_grouped", f"{KIND}_a_b", "a_b"]
    assert len({label(name, *names) for name in names}) == len(names)


def test_the_kind_of_a_method_that_only_a_paper_has(label):
    assert label(KIND, "mine", "other") == "Scarvelis and Solomon"
