import json
import re
import subprocess

from nlot.provenance import record as provenance


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
    git("commit", "--quiet", "--allow-empty", "-m", "Of a project that uses it")
    assert commit() is None
    (package / "module.py").write_text("a = 1\n")
    git("add", ".")
    git("commit", "--quiet", "-m", "First")
    clean = commit()
    assert re.fullmatch("[0-9a-f]{40}", clean)
    (tmp_path / "notes.txt").write_text("Outside of the package.\n")
    assert commit() == clean
    (package / "module.py").write_text("a = 2\n")
    assert commit() == f"{clean}-dirty"
