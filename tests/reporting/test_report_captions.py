"""Captions of the report state the settings in use, overrides included."""

import re

import pytest

from nlot.config import merge, parse_config
from nlot.reporting.report_captions import (
    figure_caption,
    learners_training,
    methods_training,
    table1_training,
    table2_training,
)


def numbers(text):
    return [int(number) for number in re.findall(r"\d+", text)]


def test_tasks_share_their_words_unless_overridden(raw):
    words = methods_training(parse_config(raw), ["nlot"], ["free", "well"])
    method = raw["methods"]["nlot"]
    assert words == f"NLOT: steps {method['steps']}, batch {method['batch']}."
    raw["overrides"] = {"nlot": {"well": {"steps": 4321}}}
    words = methods_training(parse_config(raw), ["nlot"], ["free", "well"])
    assert numbers(words) == [method["steps"], method["batch"], 4321, method["batch"]]
    assert words.index("(free)") < words.index("4321") < words.index("(well)")


def test_every_learner_is_told(sequences_config):
    config = sequences_config
    words = learners_training(config, config.learners, ["crossing"])
    assert words.startswith("NLOT: ")
    assert "NLOT+: rounds 2" in words
    # A batch of none is one of all samples.
    assert "batch all samples" in words


def test_figures_name_their_runs(sequences_config):
    caption = figure_caption(sequences_config, "figure1")
    section = sequences_config.figure1
    assert caption.startswith(f"Runs of NLOT on free, seed {section.seed}; ")
    assert f"{section.paths} paths a panel" in caption
    assert "NLOT+ on given, seed 0" in figure_caption(sequences_config, "figure3")
    with pytest.raises(ValueError, match="figure4: the configuration asks for none"):
        figure_caption(sequences_config, "figure4")


def test_tables_tell_the_training_of_their_methods(raw_sequences):
    config = parse_config(raw_sequences)
    assert table1_training(config) == methods_training(config, ["nlot"], ["free"])
    assert table2_training(config) == learners_training(config, ["nlot"], ["crossing"])
    without = merge(raw_sequences, {"table2": None, "figure3": None})
    assert table2_training(parse_config(without)) == ""
