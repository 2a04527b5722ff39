import shutil
import sys
from pathlib import Path

import pytest

import nlot
from nlot.config import Experiment, load_config
from nlot.methods.lazy import home
from nlot.provenance import fingerprints
from nlot.provenance.fingerprints import config_hash, modules_of
from nlot.runs.code import controls_code, evaluation_code, training_code

PACKAGE = Path(nlot.__file__).parent
TRAINING = "nlot.methods.nlot.training"
METHODS = ("nlot", "nlot_plus", "nlsb", "metric_nlot", "metric_nlot_plus")


@pytest.fixture
def copy(tmp_path, monkeypatch):
    """A copy of the package's sources; fingerprints are taken of it."""
    root = tmp_path / "nlot"
    shutil.copytree(PACKAGE, root, ignore=shutil.ignore_patterns("__pycache__"))
    monkeypatch.setattr(fingerprints, "_ROOT", root)
    return root


@pytest.fixture(autouse=True)
def _anew():
    """The public function remembers."""
    yield
    fingerprints.fingerprint.cache_clear()


def fingerprint(*modules: str) -> str:
    """Taken anew: the public function remembers."""
    fingerprints.fingerprint.cache_clear()
    return fingerprints.fingerprint(*modules)


@pytest.fixture(scope="module")
def default() -> Experiment:
    return load_config(Path(__file__).parents[2] / "config" / "config.yaml")


def codes(experiment: Experiment) -> dict[tuple[str, ...], str]:
    """What trains and measures every run of a preset, and its controls."""
    fingerprints.fingerprint.cache_clear()
    runs = dict.fromkeys((problem, method) for problem, method, _ in experiment.runs())
    return {
        **{("train", *run): training_code(experiment, *run) for run in runs},
        **{("evaluate", *run): evaluation_code(experiment, *run) for run in runs},
        **{("controls", p): controls_code(experiment, p) for p in experiment.problems},
    }


def changed(experiment: Experiment, before: dict) -> set[tuple[str, ...]]:
    after = codes(experiment)
    return {key for key in before if before[key] != after[key]}


def edit(path, old, new):
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def append(path: Path, text: str) -> None:
    path.write_text(path.read_text(encoding="utf-8") + text, encoding="utf-8")


def test_the_copy_has_the_fingerprint_of_the_package(copy, monkeypatch):
    of_copy = fingerprint(TRAINING)
    monkeypatch.setattr(fingerprints, "_ROOT", PACKAGE)
    assert of_copy == fingerprint(TRAINING)


def test_comments_docstrings_and_layout_do_not_count(copy):
    before = fingerprint(TRAINING)
    path = copy / "costs/lagrangians.py"
    edit(path, '"""Lagrangians', '"""Reworded: Lagrangians')
    edit(path, "    kinetic = 0.5", "\n\n    # A comment.\n        kinetic = 0.5"[2:])
    edit(path, "jnp.sum(v**2)", "jnp.sum(\n            v ** 2\n        )")
    assert fingerprint(TRAINING) == before


@pytest.mark.parametrize(
    "file, old, new",
    [
        ("methods/losses.py", "1e-12", "1e-11"),
        ("costs/lagrangians.py", "0.5 * jnp.sum", "0.6 * jnp.sum"),
        ("costs/lagrangians.py", "kinetic - self", "kinetic + self"),
        ("paths/splines.py", "_MIN_KNOTS = 5", "_MIN_KNOTS = 6"),
        ("measures/distributions.py", "1e-7", "1e-6"),
    ],
)
def test_the_numerics_of_a_module_and_its_imports_count(copy, file, old, new):
    before = fingerprint(TRAINING)
    edit(copy / file, old, new)
    assert fingerprint(TRAINING) != before


def test_imports_for_types_alone_do_not_count(copy):
    before = fingerprint(TRAINING)
    types = "\nif TYPE_CHECKING:\n    from nlot.reporting import writer\n"
    append(copy / "methods/losses.py", types)
    assert fingerprint(TRAINING) == before
    append(copy / "methods/losses.py", "\nfrom nlot.reporting import writer\n")
    assert fingerprint(TRAINING) != before


def test_settings_are_compared_by_value_and_what_is_built_of_them_by_code(copy):
    """Fields of `Config` do not count, its methods do."""
    path = copy / "costs/potentials.py"
    before = fingerprint(TRAINING)
    edit(path, 'description="M', 'description="the M')
    append(copy / "config/sections.py", "\n_OTHER = 1\n")
    assert fingerprint(TRAINING) == before
    edit(path, "def build(self)", "def build(self, more=1)")
    assert fingerprint(TRAINING) != before


@pytest.mark.parametrize(
    ("file", "counts"),
    [
        ("papers/nlot2024/numbers.csv", True),
        ("reporting/templates/claims.md", True),
        ("reporting/templates/rule.txt", True),
        ("reporting/templates/results.md", False),
    ],
)
def test_data_files_count_for_modules_that_name_them(copy, file, counts):
    training, claims = fingerprint(TRAINING), fingerprint("nlot.reporting.claims_page")
    append(copy / file, "\n")
    assert (fingerprint("nlot.reporting.claims_page") != claims) == counts
    assert fingerprint(TRAINING) == training


def test_files_of_one_name_count_each(copy):
    """Two papers have their numbers in files of the same name."""
    other = copy / "papers/other2025"
    shutil.copytree(copy / "papers/nlot2024", other)
    fingerprints._data_files.cache_clear()
    before = fingerprint("nlot.reporting.claims")
    for paper in ("nlot2024", "other2025"):
        append(copy / "papers" / paper / "numbers.csv", "\n")
        after = fingerprint("nlot.reporting.claims")
        assert after != before
        before = after
    fingerprints._data_files.cache_clear()


def test_what_is_not_imported_does_not_count(copy):
    training, rows = fingerprint(TRAINING), fingerprint("nlot.evaluation.rows")
    append(copy / "evaluation" / "rows.py", "\n_OTHER = 1\n")
    assert fingerprint(TRAINING) == training
    assert fingerprint("nlot.evaluation.rows") != rows


def test_a_package_does_not_drag_in_its_modules(copy):
    """Only what is imported from it by name."""
    before = fingerprint("nlot.runs.job")
    append(copy / "methods/__init__.py", "\n_OTHER = 1\n")
    append(copy / "runs/data.py", "\n_OTHER = 1\n")
    assert fingerprint("nlot.runs.job") == before


def test_modules_of_others_count_with_what_they_import_of_their_own(
    tmp_path, monkeypatch
):
    folder = tmp_path / "mine"
    folder.mkdir()
    (folder / "__init__.py").touch()
    (folder / "method.py").write_text("from .steps import step\nimport numpy\n")
    (folder / "steps.py").write_text("step = 1\n")
    monkeypatch.syspath_prepend(tmp_path)
    before = fingerprint("mine.method")
    (folder / "steps.py").write_text("step = 2\n")
    assert fingerprint("mine.method") != before
    assert "mine" not in sys.modules
    with pytest.raises(ModuleNotFoundError, match=r"mine\.gone"):
        fingerprint("mine.gone")


@pytest.mark.parametrize("method", METHODS)
def test_an_edit_of_a_method_trains_and_measures_it_alone(copy, default, method):
    """Unless another method is an extension of it."""
    before = codes(default)
    module = home(sys.modules[f"nlot.methods.{method}"], "train")
    append(copy / Path(*module.split(".")[1:]).with_suffix(".py"), "\n_OTHER = 1\n")
    found = changed(default, before)
    assert {key for key in before if key[:1] == ("train",) and key[2] == method} == {
        key for key in found if key[0] == "train"
    }
    assert {key[2] for key in found if key[0] == "evaluate"} <= {method}
    assert not any(key[0] == "controls" for key in found)


@pytest.mark.parametrize(
    ("file", "old", "new", "counts"),
    [
        ("evaluation/actions.py", '"Share of path', '"The share of path', False),
        ("evaluation/actions.py", 'converged", 3', 'converged", 4', False),
        ("evaluation/controls.py", '"Noise floor"', '"Floor"', False),
        ("evaluation/controls.py", 'note="Random', 'note="A random', False),
        ("evaluation/actions.py", 'needs=["map"]', 'needs=["paths"]', True),
    ],
)
def test_words_of_tables_are_written_again_and_measure_nothing_again(
    copy, default, file, old, new, counts
):
    before, table = codes(default), fingerprint("nlot.reporting.tables")
    edit(copy / file, old, new)
    found = changed(default, before)
    assert any(key[0] == "controls" for key in found) == counts
    assert fingerprint("nlot.reporting.tables") != table


def test_an_edit_of_a_potential_trains_on_no_metric_again(copy, default):
    before = codes(default)
    append(copy / "costs/potentials.py", "\n_OTHER = 1\n")
    found = changed(default, before)
    assert ("train", "box", "nlsb") in found
    assert ("train", "circle", "scarvelis_solomon") not in found


@pytest.mark.parametrize(
    "file", ["evaluation/distances.py", "evaluation/truth.py", "evaluation/metrics.py"]
)
def test_an_edit_of_a_measure_trains_nothing(copy, default, file):
    before = codes(default)
    append(copy / file, "\n_OTHER = 1\n")
    assert changed(default, before) == {key for key in before if key[0] != "train"}


@pytest.mark.parametrize("file", ["reporting/tables.py", "reporting/figures.py"])
def test_an_edit_of_a_caption_measures_nothing(copy, default, file):
    before = codes(default)
    append(copy / file, "\n_OTHER = 1\n")
    assert not changed(default, before)


def test_a_problem_names_the_modules_of_its_kinds(default):
    found = modules_of(default.problems["half_circle"])
    for room in ("problems.transport", "measures.distributions", "costs.metrics"):
        assert f"nlot.{room}" in found
    assert "nlot.costs.potentials" not in found


def test_config_hash_ignores_the_order_of_keys():
    assert config_hash({"a": 1, "b": {"c": 2, "d": 3}}) == config_hash(
        {"b": {"d": 3, "c": 2}, "a": 1}
    )
    assert config_hash({"a": 1}) != config_hash({"a": 2})
