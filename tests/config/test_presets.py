"""A preset's file that cannot be read as it was meant is refused by its name."""

import json
import re

import pytest
import yaml

from nlot.config import ConfigError, check_presets, load_config

DEEP = "a: " + "[" * 5000 + "]" * 5000
# Content of a file, and what the message must say of it.
CASES: dict[str, tuple[str | bytes, str]] = {
    "empty": ("", "expected a mapping of keys, found None"),
    "comment only": ("# nothing\n", "expected a mapping of keys, found None"),
    "list": ("- preset: a\n", "expected a mapping of keys, found [{'preset': 'a'}]"),
    "number": ("7\n", "expected a mapping of keys, found 7"),
    "text": ("preset\n", "expected a mapping of keys, found 'preset'"),
    "unclosed bracket": ("seeds: [0, 1\n", "not valid YAML"),
    "tab": ("tasks:\n\tbox: 1\n", "line 2"),
    "indentation": ("tasks:\n  a: 1\n b: 2\n", "line 3"),
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
    "contains itself": ("tasks: &a {box: *a}\n", "tasks.box"),
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


def test_a_merged_key_may_be_given_anew(written, raw):
    """`<<` is there to be overridden, and is no key that stands twice."""
    method = json.dumps(raw.pop("methods")["nlot"])
    text = f"methods:\n  first: &first {method}\n  nlot: {{<<: *first, steps: 7}}\n"
    config = load_config(written(yaml.safe_dump(raw) + text))
    assert config.methods["nlot"].steps == 7
    assert config.methods["nlot"].batch == config.methods["first"].batch


@pytest.fixture
def folder(tmp_path):
    for name, content in {
        "default": "preset: a\n",
        "one": "extends: default.yaml\n",
        "two": "extends: one.yaml\n",
        "free": "preset: b\n",
        "twice": "seeds: [1]\nseeds: [2]\n",
    }.items():
        (tmp_path / f"{name}.yaml").write_text(content)
    return tmp_path


@pytest.mark.parametrize("names", [[], ["one"], ["free"], ["one", "two"]])
def test_files_merged_in_the_order_of_what_they_extend(folder, names):
    paths = [folder / f"{name}.yaml" for name in names]
    check_presets(paths, folder / "default.yaml")


def test_a_file_is_not_merged_without_what_it_extends(folder):
    """Snakemake merges the files that it is given, and those alone."""
    fault = r"two\.yaml: extends 'one\.yaml', which is not merged by itself; name it"
    for names in (["two"], ["two", "one"], ["free", "two"]):
        with pytest.raises(ConfigError, match=fault):
            check_presets(
                [folder / f"{n}.yaml" for n in names], folder / "default.yaml"
            )


def test_a_key_that_stands_twice_is_found_in_any_of_the_files(folder):
    fault = r"twice\.yaml: not valid YAML: the key 'seeds' stands twice, line 2"
    with pytest.raises(ConfigError, match=fault):
        check_presets([folder / "twice.yaml"], folder / "default.yaml")
    with pytest.raises(ConfigError, match=fault):
        check_presets([folder / "one.yaml"], folder / "twice.yaml")
