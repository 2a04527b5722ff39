"""What is foretold from settings is what is measured."""

import math

import numpy as np
import pytest

from nlot.config import parse_config
from nlot.evaluation.applicable import applicable
from nlot.evaluation.controls import CONTROLS
from nlot.evaluation.rows import (
    REFERENCE,
    control_rows,
    measured,
    reference_rows,
    rows_table,
    run_rows,
)
from nlot.evaluation.sequence_case import SequenceCase
from nlot.ground_truth.truth import load_truth
from nlot.problems.sequence import Particles

from ..conftest import NLOT_PLUS, NLSB, SCARVELIS_SOLOMON
from .opened import untrained

TRANSPORT = [name for name in CONTROLS if "transport" in CONTROLS[name].problems]
SEQUENCE = [name for name in CONTROLS if "sequence" in CONTROLS[name].problems]


def found(table):
    """Measures by row, in order."""
    return {row: tuple(part["measure"]) for row, part in table.groupby("method")}


@pytest.fixture(scope="module", params=["well", "wall"])
def known(request, truth_file, truth_experiment):
    """A problem with a closed form, and one without; both have a ground truth."""
    data = truth_experiment.model_dump(mode="json")
    data["methods"] = {**data["methods"], "nlot_plus": NLOT_PLUS, "nlsb": NLSB}
    return request.param, parse_config(data), load_truth(truth_file(request.param))


@pytest.mark.parametrize("method", ["nlot", "nlot_plus", "nlsb"])
def test_rows_of_runs_on_transport_problems(known, method):
    name, experiment, truth = known
    settings = experiment.methods[method]
    run = untrained(experiment.problems[name].load(), settings, name)
    rows = found(run_rows(run, experiment, truth))
    assert len(rows) == len(settings.variants)
    assert rows == {row: applicable(experiment, row, name) for row in rows}


@pytest.mark.parametrize("control", TRANSPORT)
def test_rows_of_controls_on_transport_problems(known, control):
    name, experiment, truth = known
    table = (
        reference_rows(truth)
        if control == REFERENCE
        else control_rows(experiment, control, name, 0, truth)
    )
    foreseen = applicable(experiment, control, name)
    # What is turned or paired is in no problem here.
    assert bool(foreseen) == (control not in ("turn", "optimal_pairs"))
    assert found(table) == ({control: foreseen} if foreseen else {})


def test_without_a_ground_truth(experiment, raw):
    """What needs one is gone, what a closed form gives is not."""
    raw["problems"]["well"]["ground_truth"] = False
    off = parse_config(raw)
    assert applicable(off, "reference", "well") == ()
    assert "coupling_gap" not in applicable(off, "nlot", "well")
    assert "coupling_gap" in applicable(experiment, "nlot", "well")
    assert "map_error" in applicable(off, "nlot", "well")


@pytest.mark.parametrize("problem", ["crossing", "given", "between"])
@pytest.mark.parametrize(
    "row", [*SEQUENCE, "metric_nlot", "metric_nlot_plus", "scarvelis_solomon"]
)
def test_rows_on_measures_in_time(problem, row, sequences_experiment, translations):
    """`crossing` has a true metric and held-out particles, `given` has neither.

    `between` has held-out times.
    """
    data = sequences_experiment.model_dump(mode="json")
    given = {**data["problems"]["given"]["data"], "times": [0, 1, 2, 3]}
    between = {"kind": "sequence", "data": given, "held_out_times": [2, 1]}
    data["problems"]["between"] = between
    methods = {**data["methods"], "scarvelis_solomon": SCARVELIS_SOLOMON}
    experiment = parse_config({**data, "methods": methods})
    held_out = np.zeros((4, 4, 2)) if problem == "crossing" else None
    config = experiment.problems[problem]
    sequence = translations.sequence
    samples = dict(zip(sequence.times, sequence.measures, strict=True))
    times = config.held_out_times
    unseen = {time: samples[time] for time in times}
    particles = Particles(sequence.without(times), held_out, unseen)
    case = SequenceCase(config, particles, None, 0)
    if row not in CONTROLS:
        settings = experiment.methods[row]
        case.subject = untrained(particles.sequence, settings, problem)
    elif case.facts.issuperset(CONTROLS[row].needs):
        case.subject = CONTROLS[row].make(*case.given)
    values = measured(case, "sequence")
    table = rows_table(problem, row, 0, values, minutes=math.nan, device="cpu")
    expected = applicable(experiment, row, problem)
    assert found(table) == ({row: expected} if expected else {})


@pytest.mark.parametrize("changes", [{"held_out": 0}, {"grid": None}, {"truth": None}])
def test_what_is_not_known_takes_its_measures_away(changes, sequences_experiment):
    data = sequences_experiment.model_dump(mode="json")
    crossing = data["problems"]["crossing"]
    lost = {
        "held_out": {"trajectory_error"},
        "grid": {"alignment"},
        "truth": {"alignment", "alignment_data"},
    }
    [(key, value)] = changes.items()
    (crossing["data"] if key == "held_out" else crossing)[key] = value
    before = applicable(sequences_experiment, "metric_nlot", "crossing")
    after = applicable(parse_config(data), "metric_nlot", "crossing")
    assert set(before) - set(after) == lost[key]


def test_a_row_that_a_problem_cannot_have_has_no_measures(experiment, raw):
    circle = {"kind": "riemannian", "metric": {"kind": "circle"}}
    raw["problems"]["round"] = {**raw["problems"]["well"], "lagrangian": circle}
    raw["methods"]["nlsb"] = NLSB
    refused = parse_config(raw)
    assert applicable(refused, "nlsb_expected", "round") == ()
    assert applicable(refused, "nlsb_expected", "well")
    assert applicable(experiment, "true_metric", "well") == ()
    for row, problem, fault in (
        ("fly", "well", "unknown row 'fly'; valid rows: nlot, nlot_network_map"),
        ("nlot", "wel", "problem: unknown 'wel'; did you mean 'well'"),
    ):
        with pytest.raises(ValueError, match=fault):
            applicable(experiment, row, problem)
