"""Nothing is pickled, and no data is run as code."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SOURCES = [
    path
    for folder in ("src", "workflow")
    for path in sorted((ROOT / folder).rglob("*"))
    if path.suffix in {".py", ".smk"}
]
MODULES = {"cloudpickle", "dill", "joblib", "marshal", "pickle", "shelve", "torch"}
CALLS = {"eval", "exec", "compile", "read_pickle", "to_pickle", "__import__"}


def faults(source: str) -> list[str]:
    """What in the source would run data as code."""
    found = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found += [a.name for a in node.names if a.name.split(".")[0] in MODULES]
        elif isinstance(node, ast.ImportFrom):
            found += [m for m in [node.module or ""] if m.split(".")[0] in MODULES]
        elif isinstance(node, ast.Call):
            name = ast.unparse(node.func)
            # `model.compile` of a library is another matter than the built-in.
            if name in CALLS or name.split(".")[-1] in CALLS - {"compile", "eval"}:
                found.append(name)
            if name.split(".")[-1] == "load" and name.startswith(("np.", "numpy.")):
                allowed = {k.arg: ast.unparse(k.value) for k in node.keywords}
                if allowed.get("allow_pickle") != "False":
                    found.append(f"{name} without allow_pickle=False")
            if name in {"yaml.load", "yaml.unsafe_load", "yaml.full_load"}:
                loader = ast.unparse(node.args[1]) if len(node.args) > 1 else ""
                if loader != "_Loader":
                    found.append(name)
        elif isinstance(node, ast.keyword) and node.arg == "shell":
            found.append("a shell")
    return found


@pytest.mark.parametrize(
    "source",
    [
        "import pickle",
        "from joblib import dump",
        "np.load(path)",
        "np.load(path, allow_pickle=True)",
        "eval(text)",
        "exec(text)",
        "pd.read_pickle(path)",
        "torch.load(path)\nimport torch",
        "yaml.load(text, yaml.Loader)",
        "subprocess.run(text, shell=True)",
    ],
)
def test_the_search_finds(source):
    assert faults(source)


def python(path: Path) -> str:
    """The Python in a file of rules: what stands before the first, if there is one."""
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".py":
        return text
    lines = text.split("\n")
    starts = ("rule ", "wildcard_constraints:", "onstart:")
    ends = (i for i, line in enumerate(lines) if line.startswith(starts))
    return "\n".join(lines[: next(ends, None)])


@pytest.mark.parametrize(
    "path", SOURCES, ids=[str(path.relative_to(ROOT)) for path in SOURCES]
)
def test_no_source_does(path):
    assert faults(python(path)) == []
    # Rules are no Python; words are enough there.
    if path.suffix == ".smk":
        text = path.read_text(encoding="utf-8")
        assert not re.search(
            r"^ +(run|shell):|eval\(|exec\(|pickle", text, re.MULTILINE
        )
