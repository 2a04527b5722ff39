import importlib
import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest

import nlot
from nlot.provenance import record as provenance
from nlot.provenance.record import config_hash

PACKAGE = Path(nlot.__file__).parent


@pytest.fixture
def copy(tmp_path, monkeypatch):
    """A copy of the package's sources; fingerprints are taken of it."""
    root = tmp_path / "nlot"
    shutil.copytree(PACKAGE, root, ignore=shutil.ignore_patterns("__pycache__"))

    def find_spec(name):
        relative = Path(*name.split(".")[1:])
        path = (root / relative).with_suffix(".py")
        if not path.is_file():
            path = root / relative / "__init__.py"
        return importlib.util.spec_from_file_location(name, path)

    monkeypatch.setattr(provenance, "_ROOT", root)
    monkeypatch.setattr(provenance.importlib.util, "find_spec", find_spec)
    return root


def fingerprint(module="methods.nlot.train"):
    """Taken anew: the public function remembers."""
    return provenance.fingerprint.__wrapped__(module)


def edit(path, old, new):
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def test_the_copy_has_the_fingerprint_of_the_package(copy):
    assert fingerprint() == provenance.fingerprint("methods.nlot.train")


def test_comments_docstrings_and_layout_do_not_count(copy):
    before = fingerprint()
    path = copy / "costs/lagrangians.py"
    edit(path, '"""Lagrangians', '"""Reworded: Lagrangians')
    edit(path, "    kinetic = 0.5", "\n\n    # A comment.\n        kinetic = 0.5"[2:])
    edit(path, "jnp.sum(v**2)", "jnp.sum(\n            v ** 2\n        )")
    assert fingerprint() == before


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
    before = fingerprint()
    edit(copy / file, old, new)
    assert fingerprint() != before


@pytest.mark.parametrize(
    "file, old, new",
    [
        ("published.csv", "1.6,0.2", "1.7,0.2"),
        ("published_tasks.yaml", "strength: 0.05", "strength: 0.06"),
        ("templates/claims.html", "margin: 2rem", "margin: 3rem"),
    ],
)
def test_data_files_beside_a_module_count(copy, file, old, new):
    training, claims = (
        fingerprint("methods.nlot.train"),
        fingerprint("reporting.claims_page"),
    )
    edit(copy / "reporting" / file, old, new)
    assert fingerprint("reporting.claims_page") != claims
    assert fingerprint("methods.nlot.train") == training


def test_what_is_not_imported_does_not_count(copy):
    training, rows = fingerprint("methods.nlot.train"), fingerprint("evaluation.rows")
    edit(copy / "evaluation" / "rows.py", "_HUNDREDFOLD = 100", "_HUNDREDFOLD = 1")
    assert fingerprint("methods.nlot.train") == training
    assert fingerprint("evaluation.rows") != rows


def test_config_hash_ignores_the_order_of_keys():
    assert config_hash({"a": 1, "b": {"c": 2, "d": 3}}) == config_hash(
        {"b": {"d": 3, "c": 2}, "a": 1}
    )
    assert config_hash({"a": 1}) != config_hash({"a": 2})


def test_provenance_says_what_was_used_and_can_be_stored():
    record = provenance.provenance({}, seed=3, seconds=90.0)
    assert (record["seed"], record["minutes"]) == (3, 1.5)
    assert {"nlot", "python", "jax", "numpy"} <= record["versions"].keys()
    assert json.loads(json.dumps(record)) == record


def test_the_commit_is_marked_only_where_the_package_differs(tmp_path, monkeypatch):
    package = tmp_path / "src"
    package.mkdir()
    monkeypatch.setattr(provenance, "_ROOT", package)

    def git(*arguments):
        who = ["-c", "user.name=a", "-c", "user.email=a@b.c"]
        subprocess.run(["git", *who, *arguments], cwd=tmp_path, check=True)

    def commit():
        return provenance.provenance({}, 0, 0.0)["commit"]

    assert commit() is None
    git("init", "--quiet")
    (package / "module.py").write_text("a = 1\n")
    git("add", ".")
    git("commit", "--quiet", "-m", "First")
    clean = commit()
    assert re.fullmatch("[0-9a-f]{40}", clean)
    (tmp_path / "notes.txt").write_text("Outside of the package.\n")
    assert commit() == clean
    (package / "module.py").write_text("a = 2\n")
    assert commit() == f"{clean}-dirty"
