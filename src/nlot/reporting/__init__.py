"""Figures, tables and claims, which need the packages of the extra `plots`."""

from importlib.util import find_spec

NEEDED = ("jinja2", "matplotlib", "seaborn", "tabulate")
_missing = [name for name in NEEDED if find_spec(name) is None]
if _missing:
    raise ModuleNotFoundError(
        f"{__name__} needs {', '.join(_missing)}: install nlot[plots]",
        name=_missing[0],
    )
