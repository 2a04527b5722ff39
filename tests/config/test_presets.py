"""A preset's file that cannot be read as it was meant is refused by its name."""

import json
import re
from pathlib import Path

import pytest
import yaml

from nlot.config import ConfigError, load_config, read_presets
from nlot.config.presets import DEFAULTS

DEEP = "a: " + "[" * 5000 + "]" * 5000
# Content of a file, and what the message must say of it.
CASES: dict[str, tuple[str | bytes, str]] = {
    "empty": ("", "expected a mapping of keys, found None"),
    "comment only": ("# nothing\n", "expected a mapping of keys, found None"),
    "list": ("- preset: a\n", "expected a mapping of keys, found [{'preset': 'a'}]"),
    "number": ("7\n", "expected a mapping of keys, found 7"),
    "text": ("preset\n", "expected a mapping of keys, found 'preset'"),
    "unclosed bracket": ("seeds: [0, 1\n", "not valid YAML"),
    "tab": ("problems:\n\tbox: 1\n", "line 2"),
    "indentation": ("problems:\n  a: 1\n b: 2\n", "line 3"),
    "two documents": ("preset: a\n---\npreset: b\n", "not valid YAML"),
    "unknown anchor": ("seeds: *none\n", "undefined alias 'none'"),
    "python object": ("seeds: !!python/tuple [1]\n", "python/tuple"),
    "python call": ("a: !!python/object/apply:os.getcwd []\n", "python/object"),
    "list as a key": ("? [a]\n: 1\n", "not valid YAML"),
    "control character": ("preset: a\x07\n", "not valid YAML"),
    "endless number": ("seeds: [" + "9" * 5000 + "]\n", "not valid YAML"),
    "impossible date": ("preset: 2024-13-45\n", "not valid YAML: month must be"),
    "endless nesting": (DEEP, "not valid YAML"),
    "latin 1": ("# größe\n".encode("latin-1"), "not readable: 'utf-8' codec"),
    "utf-16": ("preset: a\n".encode("utf-16"), "not readable: 'utf-8' codec"),
    "key twice": (
        "preset: a\nseeds: [0]\npreset: b\n",
        "the key 'preset' stands twice, line 3",
    ),
    "key twice inside": (
        "methods:\n  nlot: {steps: 1, batch: 2, steps: 3}\n",
        "the key 'steps' stands twice, line 2",
    ),
    "extends a list": ("extends: [a.yaml]\n", "extends: expected a file name"),
    "extends a number": ("extends: 3\n", "extends: expected a file name, found 3"),
    "extends itself": ("extends: preset.yaml\n", "extends itself"),
    "extends what extends it": ("extends: back.yaml\n", "extends itself"),
    "extends what is missing": (
        "extends: none.yaml\n",
        "no such configuration file",
    ),
    "extends a folder": ("extends: .\n", "not readable: [Errno 21] Is a directory"),
    "contains itself": ("problems: &a {box: *a}\n", "problems.box: no key 'kind'"),
    "list in itself": ("seeds: &a [*a]\n", "a list contains itself"),
}


@pytest.fixture
def written(tmp_path):
    """Write a preset; `back.yaml` beside it extends it."""
    (tmp_path / "back.yaml").write_text("extends: preset.yaml\n")

    def write(content):
        path = tmp_path / "preset.yaml"
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return write


def test_a_missing_file_is_named(tmp_path):
    path = tmp_path / "none.yaml"
    with pytest.raises(ConfigError) as caught:
        load_config(path)
    assert str(caught.value) == f"{path}: no such configuration file"


@pytest.mark.parametrize("case", CASES)
def test_unusable_files(written, case):
    """One message that begins with the file and names the fault."""
    content, fault = CASES[case]
    path = written(content)
    with pytest.raises(ConfigError, match=re.escape(fault)) as caught:
        load_config(path)
    assert str(caught.value).startswith(str(path.parent))


def test_no_file_at_all():
    with pytest.raises(ConfigError, match="name a configuration file"):
        load_config()


def test_a_merged_key_may_be_given_anew(written, raw):
    """`<<` is there to be overridden, and is no key that stands twice."""
    method = json.dumps(raw.pop("methods")["nlot"])
    text = f"methods:\n  first: &first {method}\n  nlot: {{<<: *first, steps: 7}}\n"
    config = load_config(written(yaml.safe_dump(raw) + text))
    assert config.methods["nlot"].steps == 7
    assert config.methods["nlot"].batch == config.methods["first"].batch


@pytest.fixture
def folder(tmp_path):
    """`three` extends `two`, which extends `one`; `other` extends `one`, too."""
    (tmp_path / "sub").mkdir()
    for name, content in {
        "one": "{preset: first, a: {x: 1, y: 1, z: 1, w: 1}, b: [1, 1]}",
        "sub/two": "{extends: ../one.yaml, a: {y: 2, z: 2, w: 2}}",
        "three": "{extends: sub/two.yaml, a: {z: 3, w: 3}}",
        "other": "{extends: one.yaml, a: {w: 4}, b: [4]}",
        "free": "{preset: free, a: {x: 5}}",
        "ring": "{extends: sub/ring.yaml}",
        "sub/ring": "{extends: ../back.yaml}",
        "back": "{extends: ring.yaml}",
        "lost": "{extends: sub/gone.yaml}",
        "twice": "seeds: [1]\nseeds: [2]\n",
        "above": "{extends: twice.yaml}",
    }.items():
        (tmp_path / f"{name}.yaml").write_text(content)
    return tmp_path


def read(folder, *names):
    """What is merged of the files, and the preset's name."""
    merged = read_presets(folder / f"{name}.yaml" for name in names)
    return [*merged["a"].values()], merged["b"], merged["preset"]


def test_every_file_comes_after_the_one_that_it_extends(folder):
    assert read(folder, "one") == ([1, 1, 1, 1], [1, 1], "first")
    assert read(folder, "sub/two") == ([1, 2, 2, 2], [1, 1], "two")
    assert read(folder, "three") == ([1, 2, 3, 3], [1, 1], "three")


def test_later_files_go_over_earlier_ones(folder):
    """What both extend stands before both, and takes nothing of the first back."""
    assert read(folder, "three", "other") == ([1, 2, 3, 4], [4], "other")
    assert read(folder, "other", "three") == ([1, 2, 3, 3], [4], "three")
    assert read(folder, "three", "free") == ([5, 2, 3, 3], [1, 1], "free")
    assert read(folder, "free", "other") == ([1, 1, 1, 4], [4], "other")


def test_a_file_that_is_named_is_merged_once(folder):
    """Whether it is named twice, or extended as well."""
    for names in (["three", "three"], ["one", "three"], ["one", "sub/two", "three"]):
        assert read(folder, *names) == read(folder, "three")
    other_way = folder / "sub" / ".." / "one.yaml"
    merged = read_presets([other_way, folder / "three.yaml", folder / "other.yaml"])
    assert merged["a"] == {"x": 1, "y": 2, "z": 3, "w": 4}


# Of a table and a figure with seeds of their own: what a preset that extends theirs
# changes, and the seeds that all three then have.
OWN = {"seeds": [0, 1], "tables": {"t": {"seeds": [2]}}, "figures": {"f": {"seed": 3}}}
RESEEDED = [
    ({}, [0, 1], [2], 3),
    ({"seeds": [7]}, [7], None, None),
    ({"seeds": [7], "tables": {"t": {"title": "T"}}}, [7], None, None),
    ({"seeds": [7], "tables": {"t": {"seeds": [8]}}}, [7], [8], None),
    ({"seeds": [7], "figures": {"f": {"seed": 9}}}, [7], None, 9),
    ({"tables": {"t": {"seeds": [8]}}}, [0, 1], [8], 3),
    ({"seeds": [7], "tables": {"t": None}}, [7], None, None),
]


@pytest.mark.parametrize("changes, seeds, of_table, of_figure", RESEEDED)
@pytest.mark.parametrize("extends", [True, False])
def test_seeds_of_a_preset_are_those_of_what_it_inherits(
    tmp_path, changes, seeds, of_table, of_figure, extends
):
    """Whether it extends the other preset, or is named after it."""
    base, mine = tmp_path / "base.yaml", tmp_path / "mine.yaml"
    base.write_text(yaml.safe_dump(OWN))
    above = {"extends": "base.yaml"} if extends else {}
    mine.write_text(yaml.safe_dump({**above, **changes}))
    merged = read_presets([mine] if extends else [base, mine])
    assert merged["seeds"] == seeds
    assert (merged["tables"]["t"] or {}).get("seeds") == of_table
    assert merged["figures"]["f"].get("seed") == of_figure


def test_all_stand_on_the_methods_of_the_package(folder):
    path = folder / "few.yaml"
    path.write_text("{problems: {}, methods: {nlot: {steps: 7}, mine: {kind: nlot}}}")
    merged, defaults = read_presets([path]), yaml.safe_load(DEFAULTS.read_text())
    assert defaults.keys() == {"methods"}
    changed = {**defaults["methods"]["nlot"], "steps": 7}
    expected = {**defaults["methods"], "nlot": changed, "mine": {"kind": "nlot"}}
    assert merged["methods"] == expected


# What is named, and the file and fault that the message gives.
FAULTS = {
    "ring": ("sub/../ring.yaml", "extends itself"),
    "sub/ring": ("sub/ring.yaml", "extends itself"),
    "lost": ("sub/gone.yaml", "no such configuration file"),
    "twice": ("twice.yaml", "not valid YAML: the key 'seeds' stands twice, line 2"),
    "above": ("twice.yaml", "not valid YAML: the key 'seeds' stands twice, line 2"),
}


@pytest.mark.parametrize("name", FAULTS)
@pytest.mark.parametrize("first", [[], ["free"]])
def test_a_fault_is_found_in_any_of_the_files(folder, name, first):
    file, fault = FAULTS[name]
    with pytest.raises(ConfigError) as caught:
        read(folder, *first, name)
    path, _, message = str(caught.value).partition(": ")
    assert Path(path).resolve() == (folder / file).resolve()
    assert message == fault


@pytest.mark.parametrize("name", ["my-study", "2d", "Mine"])
def test_a_file_whose_name_cannot_be_that_of_results(tmp_path, raw, name):
    """Until it says how the preset is called."""
    path = tmp_path / f"{name}.yaml"
    del raw["preset"]
    path.write_text(yaml.safe_dump(raw))
    with pytest.raises(ConfigError, match=rf"preset: a name is .*\(found '{name}'\)"):
        load_config(path)
    path.write_text(yaml.safe_dump({**raw, "preset": "study"}))
    assert load_config(path).preset == "study"


def test_names_that_only_the_package_knows_are_checked(written, raw):
    """Of controls, measures, papers and what figures can show; with the file's name."""
    raw["tables"]["table1"]["controls"] = ["flor"]
    path = written(yaml.safe_dump(raw))
    fault = f"{path}: tables.table1.controls: unknown 'flor'; did you mean 'floor'?"
    with pytest.raises(ConfigError, match=re.escape(fault)):
        load_config(path)
