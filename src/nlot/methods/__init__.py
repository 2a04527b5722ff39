"""Methods that solve problems.

A method is a module registered in `nlot.config.kinds`, with

- `Config`, its settings (a `nlot.config.sections.MethodConfig`), and `LABEL`, its name
  in print;
- `train(problem, config, key, report) -> (networks, history)`, with the settings, the
  key of all randomness and a `nlot.training.progress.Reporter`; the networks are a
  pytree, the history has one record per chunk of steps: phase, step and mean losses.
  Raises `nlot.training.loop.DivergenceError` if a loss stops being finite;
- `build(problem, config, *, key) -> networks`, untrained, for their shapes;
- `open(problem, config, networks, header, history, given) -> run`, a
  `nlot.methods.run.AbstractRun`, whose arguments these are, with some of
  `nlot.methods.capabilities`.

`build` and `open` also accept what `reopen` of the problem's settings returns.
"""

from nlot.config.kinds import target


def row_label(kind: str, variant: str = "") -> str:
    """The printed name of a row of tables and figures.

    **Arguments:** the kind of a method, and one of the `variants` of its settings.

    **Returns:** the method's `LABEL`; for a variant its entry in the method's
    `VARIANTS`, or the label and the variant's name, as in "NLSB (expected)".

    Raises `ValueError` for an unknown kind.
    """
    method = target("method", kind)
    if not variant:
        return method.LABEL
    words = variant.replace("_", " ")
    return getattr(method, "VARIANTS", {}).get(variant, f"{method.LABEL} ({words})")
