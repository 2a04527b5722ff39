"""How many functions JAX traces, and programs it compiles or takes from disk."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from jax import monitoring

_TRACED = "/jax/core/compile/jaxpr_trace_duration"
_COMPILED = "/jax/core/compile/backend_compile_duration"
_events: list[str] = []
# Listeners stay for the life of a process.
monitoring.register_event_duration_secs_listener(
    lambda event, duration, **more: _events.append(event)
)


@dataclass
class Compilations:
    """What a block of code made anew."""

    traced: int = 0
    compiled: int = 0


@contextmanager
def compilations() -> Iterator[Compilations]:
    """Counts those of the block, once it is over."""
    found, first = Compilations(), len(_events)
    yield found
    found.traced = _events[first:].count(_TRACED)
    found.compiled = _events[first:].count(_COMPILED)
