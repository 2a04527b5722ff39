"""Captions of the report state the settings in use, overrides included."""

import re

from nlot.config import parse_config
from nlot.reporting.report_captions import figure_caption, table_caption, training


def numbers(text):
    return [int(number) for number in re.findall(r"\d+", text)]


def test_problems_share_their_words_unless_overridden(raw):
    method = raw["methods"]["nlot"]
    told = [method["steps"], method["pretraining"]["steps"], method["batch"]]
    words = training(parse_config(raw), ["nlot"], ["free", "well"])
    assert "pretraining.steps" in words
    assert sorted(numbers(words)) == sorted(told)
    raw["overrides"] = {"nlot": {"well": {"steps": 4321}}}
    words = training(parse_config(raw), ["nlot"], ["free", "well"])
    assert sorted(numbers(words)) == sorted([*told, *told[1:], 4321])
    assert words.index("(free)") < words.index("4321") < words.index("(well)")


def test_every_method_is_told_once(sequences_experiment):
    methods = ["metric_nlot", "metric_nlot_plus"]
    words = training(sequences_experiment, methods, ["crossing"])
    assert words.startswith("metric_nlot: ")
    assert "metric_nlot_plus: rounds 2" in words
    # A batch of none is one of all samples.
    assert "batch all samples" in words
    assert training(sequences_experiment, ["nlot", "nlot_network_map"], ["free"]) == (
        training(sequences_experiment, ["nlot"], ["free"])
    )


def test_tables_and_figures_name_their_runs(sequences_experiment):
    caption = figure_caption(sequences_experiment, "figure1")
    assert caption.startswith("Runs of nlot on free, seed 0. ")
    assert "metric_nlot_plus on given, seed 0" in figure_caption(
        sequences_experiment, "figure3"
    )
    told = training(sequences_experiment, ["metric_nlot"], ["crossing"])
    assert told in table_caption(sequences_experiment, "table2")


def test_a_table_of_other_seeds_names_its_own(raw):
    entry = {"problems": ["free"], "methods": ["nlot"], "seeds": [4]}
    raw |= {"seeds": [3, 4], "tables": {"one": entry}}
    assert ", seed 4: free." in table_caption(parse_config(raw), "one")
