"""Progress reports of a run, and its history."""

import sys
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, TextIO

from tqdm import tqdm

from nlot.training.checkpoints import Checkpoints

# Seconds after which `Reporter.busy` breaks a silence.
_SILENCE = 10.0


class Reporter:
    """Reports the steps of a named run, and keeps what they logged.

    A progress bar on a terminal; elsewhere plain lines with time stamps.

    **Attributes:** `total`, steps of all phases; `chunk`, steps between reports;
    `done`, steps of finished phases; `history`, one record per report with its phase,
    step and mean losses; `checkpoints`, None for a run without.
    """

    def __init__(self, name: str, file: TextIO | None = None):
        self.name, self.total, self.chunk, self.done = name, 0, 1, 0
        self.history: list[dict[str, Any]] = []
        self.checkpoints: Checkpoints | None = None
        self.file = sys.stderr if file is None else file
        self.bar: tqdm | None = None
        self.first, self.started = 0, time.monotonic()
        self.said = self.started

    def start(self, total: int, chunk: int) -> None:
        """Announce a run of `total` steps, reported every `chunk` steps."""
        self.total, self.chunk, self.done = total, chunk, 0
        self.history, self.started = [], time.monotonic()
        if self.file.isatty():
            self.bar = tqdm(total=total, desc=self.name, file=self.file)

    def part(self, name: str) -> "Reporter":
        """A reporter of a run that is a part of this one, with the same checkpoints."""
        found = Reporter(f"{self.name} {name}", self.file)
        found.checkpoints = self.checkpoints
        return found

    def join(self, part: "Reporter", **more: Any) -> None:
        """Count the steps of a part that is over, and keep its history.

        **Arguments:** `more` is added to its records.
        """
        part.close()
        self.history += [
            {**more, **line, "step": self.done + line["step"]} for line in part.history
        ]
        self.total += part.total
        self.done += part.done

    def resume(self, step: int) -> None:
        """Say that the steps before `step` come from a checkpoint."""
        self.first, self.started = step, time.monotonic()
        self.say(f"step {step}/{self.total} taken from the checkpoint")

    def say(self, text: str) -> None:
        """Print a line of text."""
        self.said = time.monotonic()
        line = f"{time.strftime('%H:%M:%S')} {self.name}: {text}"
        if self.bar is None:
            print(line, file=self.file, flush=True)
        else:
            self.bar.write(line, file=self.file)

    def __call__(self, step: int, record: Mapping[str, float]) -> None:
        """Report that `step` steps are done, with the losses of `record`."""
        text = " ".join(f"{key} {value:.4g}" for key, value in record.items())
        if self.bar is not None:
            self.said = time.monotonic()
            self.bar.update(step - self.bar.n)
            self.bar.set_postfix_str(text)
            return
        seconds = time.monotonic() - self.started
        rate = (step - self.first) / seconds if seconds > 0 else 0.0
        self.say(f"step {step}/{self.total}, {rate:.1f} steps/s, {text}")

    @contextmanager
    def busy(self, what: str) -> Iterator[None]:
        """Say what is going on, whenever nothing has been said for some seconds.

        For work that is not in steps, and leaves the interpreter to other threads.
        """
        over, since = threading.Event(), time.monotonic()

        def speak() -> None:
            while not over.wait(max(self.said + _SILENCE - time.monotonic(), 0.0)):
                self.say(f"{what}, {time.monotonic() - since:.0f} s")

        speaker = threading.Thread(target=speak, daemon=True)
        speaker.start()
        try:
            yield
        finally:
            over.set()
            speaker.join()

    def close(self) -> None:
        """Close the bar."""
        if self.bar is not None:
            self.bar.close()
