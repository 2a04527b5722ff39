"""Tables and figures: what a preset may ask for, and what it gets without asking."""

import re

import pytest

from nlot.config import ConfigError, merge, parse_config
from nlot.evaluation import MEASURES
from nlot.evaluation.controls import CONTROLS

from ..conftest import CIRCLE, METHODS, SLAB, TOWERS

TABLE, FIGURE = "tables.mine", "figures.mine"
LINE = {
    **SLAB,
    "source": {"kind": "uniform", "low": [-1.0], "high": [0.0]},
    "target": {"kind": "uniform", "low": [0.0], "high": [1.0]},
    "lagrangian": {"kind": "newtonian"},
}
SPACE = {
    "kind": "sequence",
    "data": {"kind": "samples", "path": "given.npz", "dimension": 3},
}


@pytest.fixture
def everything(raw_sequences):
    """All methods, and problems of other kinds and dimensions beside the usual ones."""
    problems = {"bent": {**SLAB, "lagrangian": CIRCLE}, "line": LINE, "space": SPACE}
    more = {"problems": problems, "methods": METHODS, "tables": {}, "figures": {}}
    return merge(raw_sequences, more)


# Where, an entry there, and why it cannot be.
UNABLE = [
    (
        TABLE,
        {"problems": ["free"], "methods": ["metric_nlot"]},
        "metric_nlot on free: a method of kind 'metric_nlot' solves problems of kind "
        "sequence, not 'transport'",
    ),
    (
        FIGURE,
        {"kind": "paths", "problems": ["given"], "methods": ["nlot_network_map"]},
        "nlot on given: a method of kind 'nlot' solves problems of kind transport, not "
        "'sequence'",
    ),
    (
        TABLE,
        {"problems": ["free", "bent"], "methods": ["nlot", "nlsb"]},
        "nlsb on bent: lagrangian.kind is 'riemannian'; nlsb needs 'newtonian'",
    ),
    (
        FIGURE,
        {"kind": "paths", "problems": ["bent"], "methods": ["nlsb_expected"]},
        "nlsb on bent: lagrangian.kind is 'riemannian'",
    ),
    (
        f"{TABLE}.problems",
        {"problems": ["free", "crossing"]},
        "all must be of one kind; 'free' is a transport and 'crossing' is a sequence",
    ),
    (
        f"{FIGURE}.problems",
        {"kind": "losses", "problems": ["given", "well"], "methods": ["nlot"]},
        "all must be of one kind; 'given' is a sequence and 'well' is a transport",
    ),
    (
        f"{FIGURE}.problems",
        {"kind": "paths", "problems": ["free", "line"], "methods": ["nlot"]},
        "'line' has dimension 1; a figure of paths needs 2 or more",
    ),
    (
        f"{FIGURE}.problems",
        {"kind": "directions", "problems": ["space"], "methods": ["metric_nlot"]},
        "'space' has dimension 3; directions are drawn in 2",
    ),
]


@pytest.mark.parametrize("key, entry, fault", UNABLE)
def test_problems_and_methods_that_do_not_go_together(everything, key, entry, fault):
    part, name = key.split(".")[:2]
    everything[part][name] = entry
    with pytest.raises(ConfigError, match=f"^my.yaml: {key}: {re.escape(fault)}"):
        parse_config(everything, source="my.yaml")


def test_losses_may_be_drawn_on_the_line(everything):
    """Of every method that has a map."""
    entry = {"kind": "losses", "problems": ["line"], "methods": ["nlot", "nlsb"]}
    everything["figures"]["mine"] = entry
    runs = parse_config(everything).check().runs()
    assert {("line", "nlot", 0), ("line", "nlsb", 0)} <= set(runs)


@pytest.mark.parametrize("groups, refused", [(2, False), (3, True)])
def test_groups_that_those_of_the_data_do_not_divide_into(everything, groups, refused):
    """An override counts for its problem."""
    entry = {"problems": ["crossing"], "methods": ["scarvelis_solomon"]}
    everything["tables"]["mine"] = entry
    changed = {"scarvelis_solomon": {"crossing": {"groups": groups}}}
    everything["overrides"] = changed
    if not refused:
        assert parse_config(everything).runs()
        return
    fault = f"{TABLE}: scarvelis_solomon on crossing: 3 groups do not divide the 2 of"
    with pytest.raises(ConfigError, match=fault):
        parse_config(everything)


def test_overrides_of_a_method_that_cannot_solve_the_problem(everything):
    """They would be lost without a word."""
    everything["overrides"] = {"metric_nlot": {"free": {"batch": 3}}}
    fault = r"overrides: metric_nlot on free: a method of kind 'metric_nlot' solves"
    with pytest.raises(ConfigError, match=fault):
        parse_config(everything)


# A key of a table, the table, and how the message about the key begins.
UNKNOWN = [
    ("controls", {"controls": ["flor"]}, "unknown 'flor'; did you mean 'floor'?; "),
    ("controls", {"controls": ["true_metric"]}, "unknown 'true_metric'; valid: refe"),
    (
        "measures",
        {"measures": ["w2_papers"]},
        "unknown 'w2_papers'; did you mean 'w2_paper'?; valid: w2_paper, ",
    ),
    ("measures", {"measures": ["alignment"]}, "unknown 'alignment'; valid: w2_paper"),
    (
        "controls",
        {"problems": ["given"], "methods": ["metric_nlot"], "controls": ["floor"]},
        "unknown 'floor'; valid: true_metric, ",
    ),
    (
        "published",
        {"published": "nlot2025/1"},
        "unknown 'nlot2025'; did you mean 'nlot2024'?; valid: costs2024, density2025, "
        "hota2026, mfm2024, nlot2024, wfrfm2026",
    ),
    (
        "published",
        {"published": "nlot2024/9"},
        "table of nlot2024: unknown '9'; valid: 1, 2",
    ),
]


@pytest.mark.parametrize("key, entry, fault", UNKNOWN)
def test_controls_measures_and_papers_that_there_are_none_of(
    everything, key, entry, fault
):
    """Or none for this kind of problem."""
    entry = {"problems": ["free"], "methods": ["nlot"], **entry}
    everything["tables"]["mine"] = entry
    with pytest.raises(ValueError, match=f"^{TABLE}.{key}: {re.escape(fault)}"):
        parse_config(everything).check()


# The same of a figure.
UNDRAWN = [
    (
        "problems",
        {"kind": "directions", "problems": ["free"], "methods": ["nlot"]},
        "'free' is of kind 'transport'; directions are drawn of problems of kind seque",
    ),
    (
        "problems",
        {"kind": "paths", "problems": ["given"], "methods": ["metric_nlot"]},
        "'given' is of kind 'sequence'; paths are drawn of problems of kind transport",
    ),
    (
        "methods",
        {
            "kind": "journeys",
            "problems": ["given"],
            "methods": ["metric_nlot", "scarvelis_solomon"],
        },
        "'scarvelis_solomon' has no carry, which journeys are drawn of; valid: metric",
    ),
]


@pytest.mark.parametrize("key, entry, fault", UNDRAWN)
def test_figures_of_what_their_kind_cannot_show(everything, key, entry, fault):
    everything["figures"]["mine"] = entry
    with pytest.raises(ConfigError, match=f": {FIGURE}.{key}: {re.escape(fault)}"):
        parse_config(everything)


def test_losses_need_a_ground_truth(everything):
    everything["problems"]["free"]["ground_truth"] = False
    entry = {"kind": "losses", "problems": ["free"], "methods": ["nlot"]}
    everything["figures"]["mine"] = entry
    fault = "'free' has no ground truth, .*problems.free.ground_truth: true finds it"
    with pytest.raises(ConfigError, match=f": {FIGURE}.problems: {fault}"):
        parse_config(everything)


def without_outputs(raw, **problems):
    return {
        "preset": "mine",
        "problems": {**raw["problems"], **problems},
        "methods": METHODS,
    }


def test_problems_alone_make_a_table_and_a_figure(raw):
    """Of all that solves and measures problems of their kind."""
    experiment = parse_config(without_outputs(raw)).check()
    (table,), (figure,) = experiment.tables.items(), experiment.figures.items()
    assert table[0] == "results"
    assert table[1].problems == ("free", "well")
    assert table[1].methods == ("nlot", "nlot_plus", "nlsb", "entropic")
    # Those of pairs of samples, which nobody asked for, would be empty.
    assert set(table[1].controls) == {
        name for name, control in CONTROLS.items() if "transport" in control.problems
    } - {"optimal_pairs", "turn"}
    # Without any, all that can be measured.
    assert table[1].measures == ()
    assert {"floor", "translation"} <= set(table[1].controls)
    assert figure[0] == figure[1].kind == "paths"
    assert figure[1].problems == table[1].problems
    assert figure[1].methods == table[1].methods
    assert experiment.seeds == (0,)
    assert experiment.papers() == ()
    assert {(p, seed) for p, _, seed in experiment.runs()} == {("free", 0), ("well", 0)}


def test_a_problem_on_the_line_has_no_figure(raw):
    raw["problems"] = {}
    experiment = parse_config(without_outputs(raw, line=LINE)).check()
    assert experiment.figures == {}
    assert experiment.tables["results"].problems == ("line",)


def test_a_method_that_cannot_solve_all_problems_is_left_out(raw):
    experiment = parse_config(without_outputs(raw, bent={**SLAB, "lagrangian": CIRCLE}))
    assert experiment.tables["results"].methods == ("nlot", "nlot_plus")
    assert experiment.figures["paths"].methods == ("nlot", "nlot_plus")


def test_measures_in_time_make_a_table_and_two_figures(raw_sequences):
    """Drawn are those in the plane, and what each method can show."""
    data = without_outputs(raw_sequences, space=SPACE)
    del data["problems"]["free"], data["problems"]["well"]
    experiment = parse_config(data).check()
    assert experiment.tables["results"].problems == ("crossing", "given", "space")
    learned = ("metric_nlot", "metric_nlot_plus")
    # Rotations of any dimension; groups of samples are for the user to say.
    methods = ("legs", "sinkhorn_bridges", *learned, "scarvelis_solomon")
    assert experiment.tables["results"].methods == methods
    figures = experiment.figures
    assert {name: f.kind for name, f in figures.items()} == {
        "directions": "directions",
        "journeys": "journeys",
    }
    assert all(f.problems == ("crossing", "given") for f in figures.values())
    assert figures["directions"].methods == (*learned, "scarvelis_solomon")
    assert figures["journeys"].methods == methods[:-1]


def test_problems_of_two_kinds_make_a_table_each(raw_sequences):
    experiment = parse_config(without_outputs(raw_sequences)).check()
    problems = {name: table.problems for name, table in experiment.tables.items()}
    assert problems == {
        "results_transport": ("free", "well"),
        "results_sequence": ("crossing", "given"),
    }
    assert set(experiment.figures) == {"paths", "directions", "journeys"}


def test_only_a_key_that_is_not_there_is_filled_in(raw):
    """An empty section, or one that is emptied, stays so."""
    data = without_outputs(raw) | {"tables": {}, "figures": {"paths": None}}
    experiment = parse_config(data)
    assert experiment.tables == experiment.figures == {}
    assert experiment.runs() == []


def test_measures_and_controls_are_there_for_all_kinds_of_problems():
    for registry in (MEASURES, CONTROLS):
        kinds = {kind for entry in registry.values() for kind in entry.problems}
        assert {"transport", "sequence", "collection"} <= kinds


def test_a_collection_makes_a_table_and_a_dendrogram(raw):
    data = without_outputs(raw, towers=TOWERS)
    del data["problems"]["free"], data["problems"]["well"]
    experiment = parse_config(data).check()
    assert experiment.tables["results"].methods == ("path_costs",)
    assert experiment.tables["results"].controls == ("w1", "w2", "energy", "fermat")
    (figure,) = experiment.figures.values()
    assert (figure.kind, figure.controls) == ("dendrogram", ())


@pytest.mark.parametrize(
    "entry, fault",
    [
        (
            {"kind": "dendrogram", "problems": ["towers"], "methods": ["path_costs"]},
            "figures.mine.controls: unknown 'floor'; valid: w1, w2, energy, fermat",
        ),
        (
            {"kind": "paths", "problems": ["free"], "methods": ["nlot"]},
            "figures.mine.controls: paths are of methods alone",
        ),
    ],
)
def test_controls_of_figures_are_those_that_it_can_draw(raw, entry, fault):
    more = {"mine": {**entry, "controls": ["floor"]}}
    problems = {**raw["problems"], "towers": TOWERS}
    data = {**raw, "problems": problems, "methods": METHODS, "figures": more}
    with pytest.raises(ValueError, match=fault):
        parse_config(data).check()
