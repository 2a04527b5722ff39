"""Settings and code that solve problems.

A method is a module that is registered in `nlot.config.kinds`, with

- `Config`, its settings (a `nlot.config.sections.MethodConfig`), and `LABEL`, its name
  in print;
- `train(problem, config, key, report) -> (networks, history)`, of the settings, the key
  of all randomness and a `nlot.training.progress.Reporter`; the networks are a pytree,
  the history a record for each chunk of steps with its phase, step and mean losses.
  Raises `nlot.training.loop.DivergenceError` when a loss stops being finite;
- `build(problem, config, *, key) -> networks`, untrained, for their shapes;
- `open(problem, config, networks, header) -> run`, a `nlot.methods.run.AbstractRun`
  with some of `nlot.methods.capabilities`.

`build` and `open` take what `reopen` of the problem's settings returns, too.
"""

from nlot.config.kinds import target


def row_label(kind: str, variant: str = "") -> str:
    """The printed name of a row of tables and figures.

    **Arguments:** the kind of a method, and one of the `variants` of its settings.

    **Returns:** the method's `LABEL`, or for a variant what its `VARIANTS` say, if
    anything: else the label and the variant's own name, as "NLSB (expected)".

    Raises `ValueError` for an unknown kind.
    """
    method = target("method", kind)
    if not variant:
        return method.LABEL
    words = variant.replace("_", " ")
    return getattr(method, "VARIANTS", {}).get(variant, f"{method.LABEL} ({words})")
