"""Settings and code that solve problems.

A method is a module that is registered in `nlot.config.kinds`, with

- `Config`, its settings (a `nlot.config.sections.MethodConfig`), and `LABEL`, its name
  in print;
- `train(problem, config, key, report) -> (networks, history)`, of the settings, the key
  of all randomness and a `nlot.training.progress.Reporter`; the networks are a pytree,
  the history a record for each chunk of steps with its phase, step and mean losses;
- `build(problem, config, *, key) -> networks`, untrained, for their shapes;
- `open(problem, config, networks, header) -> run`, a `nlot.methods.run.AbstractRun`
  with some of `nlot.methods.capabilities`.

`build` and `open` take what `reopen` of the problem's settings returns, too.
"""

from nlot.methods.labels import row_label

__all__ = ["row_label"]
