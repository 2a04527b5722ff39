"""What a run says on its way: a bar on a terminal, lines in a log file."""

import sys
import time
from collections.abc import Mapping
from typing import TextIO

from tqdm import tqdm

from nlot.training.checkpoints import Checkpoints


class Reporter:
    """Reports the steps of a run of some name, and holds its checkpoints, if any.

    On a terminal steps move a bar, elsewhere they are plain lines with time stamps.
    """

    def __init__(self, name: str, file: TextIO | None = None):
        self.name, self.total = name, 0
        self.checkpoints: Checkpoints | None = None
        self.file = sys.stderr if file is None else file
        self.bar: tqdm | None = None
        self.first, self.started = 0, time.monotonic()

    def start(self, total: int) -> None:
        """Announce the number of steps that will be reported."""
        self.total, self.started = total, time.monotonic()
        if self.file.isatty():
            self.bar = tqdm(total=total, desc=self.name, file=self.file)

    def resume(self, step: int) -> None:
        """Say that the steps before `step` come from a checkpoint."""
        self.first, self.started = step, time.monotonic()
        self.say(f"step {step}/{self.total} taken from the checkpoint")

    def say(self, text: str) -> None:
        """A line of text."""
        line = f"{time.strftime('%H:%M:%S')} {self.name}: {text}"
        if self.bar is None:
            print(line, file=self.file, flush=True)
        else:
            self.bar.write(line, file=self.file)

    def __call__(self, step: int, record: Mapping[str, float]) -> None:
        """Report that `step` steps are done, with the losses of `record`."""
        text = " ".join(f"{key} {value:.4g}" for key, value in record.items())
        if self.bar is not None:
            self.bar.update(step - self.bar.n)
            self.bar.set_postfix_str(text)
            return
        seconds = time.monotonic() - self.started
        rate = (step - self.first) / seconds if seconds > 0 else 0.0
        self.say(f"step {step}/{self.total}, {rate:.1f} steps/s, {text}")

    def close(self) -> None:
        """Leave the bar behind."""
        if self.bar is not None:
            self.bar.close()
