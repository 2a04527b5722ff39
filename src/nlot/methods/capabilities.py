"""What runs and controls can do, by name: checked instead of their class.

x and y are arrays of n points of dimension d, given as (n, d).

- `map`, from source to target: `transport(x, key=None)`, the images, (n, d);
  `stochastic`, whether they are random, drawn with the key (default: one from the run's
  seed).
- `inverse`, from target to source: `inverse(y)`, points and the errors of their images,
  as `nlot.methods.inverse.Inverse`.
- `paths`, also `path(x, times, key=None)`: those from x to its image at times from 0 to
  the problem's horizon, (n, times, d).
- `own_paths`, also `own_paths(x, y, key)`: action, and time inside obstacles, of the
  paths from x to its image y, as `nlot.paths.own_paths.OwnPaths`.
- `geodesics`: `polygons(x, y, s)`, amortised paths from x to y: corners at the
  fractions s of the horizon, (n, corners, d), in double precision.
- `least_paths`, of n pairs of ends that the problem gives: `positions(s)`, at fractions
  s of the horizon, (n, times, d); `actions`, (n,); `converged`, whether the search for
  each converged, (n,); `end_gradients`, of the cost in both ends, (n, 2, d).
- `potential`: `potential(y)`, the Kantorovich potential of the target, (n,).
- `potential_gradient`, also `potential_gradient(y)`, that of the potential, (n, d).
- `dual`: `dual(x)`, the c-transform of that potential, (n,).
- `cost`: `cost(x, y)`, the run's estimate of the cost from x to y, (n,).
- `match`: `match(x, y)`, partners of n samples of both measures: that of `x[i]` is
  `y[order[i]]`.
- `pairs`: `samples` of both measures, (n, d) each; `ends`, where they were moved to;
  `curves(times)`, the paths between these at times from 0 to the horizon, (n, times,
  d), and their `actions`, (n,).
- `costs`: `costs(x, y)`, those from each of n points to each of m, (n, m), perhaps up
  to a factor.
- `metric`: `metric(x)`, matrices that act on velocities, (n, d, d).
- `carry`: `carry(x)`, points of the first of K measures at the times of all of them,
  (K, n, d).
- `journey`, the same by maps between neighbouring measures: `leg(x, pair)`, the images
  of points of measure `pair` in the next, (n, d); `path(x, y, times)`, paths between
  given ends at times from 0 to 1, (n, times, d).
- `at`: `at(x, times, measure=0, before=None)`, points of a measure at later times, in
  the unit of the data, (times, n, d); `momentum`, whether it depends on `before`, the
  displacements by which they came from the measure before. Where mass grows on the way,
  also `population(time)`, points of the whole population then, (n, d).
- `speeds`: `speeds`, how fast measures move from each to the next, in length per time
  of the data, (K - 1,).
- `dissimilarity`: `matrix`, of k clouds, (k, k), symmetric with a zero diagonal.
- `plan`: `plan`, a coupling of the samples that the problem gives, (n, m).
- `gradients`: `gradients(z)`, ∇h of a cost h(x - y) at displacements, (n, d).
- `failures`: `failures`, the share of inner problems that did not converge.
"""

from typing import Any

# The attributes that each capability needs.
CAPABILITIES: dict[str, tuple[str, ...]] = {
    "map": ("stochastic", "transport"),
    "inverse": ("inverse",),
    "paths": ("stochastic", "transport", "path"),
    "own_paths": ("stochastic", "transport", "own_paths"),
    "geodesics": ("polygons",),
    "least_paths": ("positions", "actions", "converged", "end_gradients"),
    "potential": ("potential",),
    "potential_gradient": ("potential", "potential_gradient"),
    "dual": ("potential", "dual"),
    "cost": ("cost",),
    "match": ("match",),
    "pairs": ("samples", "ends", "curves", "actions"),
    "costs": ("costs",),
    "metric": ("metric",),
    "carry": ("carry",),
    "journey": ("carry", "leg", "path"),
    "at": ("momentum", "at"),
    "speeds": ("speeds",),
    "dissimilarity": ("matrix",),
    "plan": ("plan",),
    "gradients": ("gradients",),
    "failures": ("failures",),
}


def capable(run: Any, capability: str) -> bool:
    """Whether a run or control has a capability, a key of `CAPABILITIES`."""
    return all(hasattr(run, name) for name in CAPABILITIES[capability])
