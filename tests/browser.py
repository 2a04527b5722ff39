"""A headless browser, driven through its DevTools protocol.

It sees what a page asks of the network, and what a reader of the page would see.
"""

import base64
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any, Self

_NAMES = ("chromium", "chromium-browser", "google-chrome", "chrome")
_OPTIONS = (
    "--headless",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--no-first-run",
    # Nobody but the tests' own pages is shown, and root has no sandbox.
    "--no-sandbox",
    # What a page asks of the network fails at once, wherever the tests run.
    "--host-resolver-rules=MAP * ~NOTFOUND",
    "--remote-debugging-pipe",
    "--window-size=1400,1000",
)
# The browser reads commands from file 3 and writes answers to file 4. A function that
# runs between fork and exec would do, but not in a process of many threads.
_CONNECT = """
import os, sys
theirs_in, theirs_out = os.dup(int(sys.argv[1])), os.dup(int(sys.argv[2]))
while theirs_in < 5: theirs_in = os.dup(theirs_in)
while theirs_out < 5: theirs_out = os.dup(theirs_out)
os.dup2(theirs_in, 3)
os.dup2(theirs_out, 4)
os.execv(sys.argv[3], sys.argv[3:])
"""
# Seconds; the tests' machines are shared.
_PATIENCE = 300.0
# Addresses may hold whole files.
_SHOWN = 200


def find_browser() -> str | None:
    """The path of a browser that is installed here."""
    return next(filter(None, map(shutil.which, _NAMES)), None)


class Browser:
    """One page of a browser; `requests` are the addresses that it has asked for."""

    def __init__(self, program: str):
        self._folder = tempfile.TemporaryDirectory(ignore_cleanup_errors=True)
        self.requests: list[str] = []
        self.errors: list[str] = []
        self._events: list[dict[str, Any]] = []
        self._number = 0
        self._buffer = b""
        self._start(program)
        target = self._call("Target.createTarget", url="about:blank")["targetId"]
        self._session = self._call(
            "Target.attachToTarget", targetId=target, flatten=True
        )["sessionId"]
        for domain in ("Page", "Network", "Runtime", "Log"):
            self._call(f"{domain}.enable")

    def _start(self, program: str) -> None:
        theirs_in, self._out = os.pipe()
        self._in, theirs_out = os.pipe()
        command = [program, *_OPTIONS, f"--user-data-dir={self._folder.name}"]
        files = (theirs_in, theirs_out)
        self._process = subprocess.Popen(
            [sys.executable, "-IS", "-c", _CONNECT, *map(str, files), *command],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            pass_fds=files,
        )
        for file in files:
            os.close(file)
        self._session: str | None = None

    def open(self, page: Path) -> None:
        """Show a file, and wait until it has been loaded."""
        self.requests.clear()
        self.errors.clear()
        self._events.clear()
        self._call("Page.navigate", url=page.resolve().as_uri())
        deadline = time.monotonic() + _PATIENCE
        while not any(e["method"] == "Page.loadEventFired" for e in self._events):
            assert time.monotonic() < deadline, f"{page} does not load"
            self._receive()

    def evaluate(self, expression: str) -> Any:
        """The value of a JavaScript expression on the page, promises awaited."""
        answer = self._call(
            "Runtime.evaluate",
            expression=expression,
            returnByValue=True,
            awaitPromise=True,
        )
        assert "exceptionDetails" not in answer, answer["exceptionDetails"]
        return answer["result"].get("value")

    def wait_for(self, expression: str) -> None:
        """Until a JavaScript expression is true on the page."""
        deadline = time.monotonic() + _PATIENCE
        while not self.evaluate(f"Boolean({expression})"):
            assert time.monotonic() < deadline, f"never true: {expression}"
            time.sleep(0.1)

    def screenshot(self, path: Path) -> None:
        """What the page looks like, as PNG."""
        data = self._call("Page.captureScreenshot", captureBeyondViewport=True)["data"]
        path.write_bytes(base64.b64decode(data))

    def broken_images(self) -> list[str]:
        """The sources of images that show nothing."""
        sources = self.evaluate(
            "Promise.all([...document.images].map(image => image.decode().then("
            "() => image.naturalWidth > 0 ? null : image.src, () => image.src)))"
        )
        return [source[:_SHOWN] for source in sources if source is not None]

    def dead_links(self) -> list[str]:
        """Links to places or files that there are not; other sites are not asked."""
        found = self.evaluate(
            "[...document.links].map(link => [link.getAttribute('href'), link.protocol,"
            " decodeURIComponent(link.pathname), decodeURIComponent(link.hash),"
            " location.pathname === link.pathname])"
        )
        dead = []
        for link, protocol, path, anchor, here in found:
            if protocol == "file:" and not Path(path).is_file():
                dead.append(link)
            elif here and anchor:
                name = json.dumps(anchor.removeprefix("#"))
                if not self.evaluate(f"!!document.getElementById({name})"):
                    dead.append(link)
        return dead

    @property
    def outside(self) -> list[str]:
        """What was asked for beyond files and what a page holds itself."""
        own = ("file:", "data:", "blob:", "about:")
        return [address for address in self.requests if not address.startswith(own)]

    def close(self) -> None:
        self._process.kill()
        self._process.wait()
        os.close(self._in)
        os.close(self._out)
        self._folder.cleanup()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def _call(self, method: str, **params: Any) -> dict[str, Any]:
        self._number += 1
        number = self._number
        message: dict[str, Any] = {"id": number, "method": method, "params": params}
        if self._session is not None:
            message["sessionId"] = self._session
        data = json.dumps(message).encode() + b"\0"
        while data:
            data = data[os.write(self._out, data) :]
        while True:
            answer = self._receive()
            if answer.get("id") == number:
                assert "error" not in answer, (method, answer["error"])
                return answer["result"]

    def _receive(self) -> dict[str, Any]:
        while b"\0" not in self._buffer:
            data = os.read(self._in, 2**20)
            assert data, "the browser has ended"
            self._buffer += data
        line, _, self._buffer = self._buffer.partition(b"\0")
        message = json.loads(line)
        if "method" in message:
            self._events.append(message)
            self._note(message["method"], message["params"])
        return message

    def _note(self, method: str, params: dict[str, Any]) -> None:
        if method == "Network.requestWillBeSent":
            self.requests.append(params["request"]["url"][:_SHOWN])
        elif method == "Network.webSocketCreated":
            self.requests.append(params["url"])
        elif method == "Runtime.exceptionThrown":
            self.errors.append(str(params["exceptionDetails"]))
        elif method == "Log.entryAdded" and params["entry"]["level"] == "error":
            self.errors.append(params["entry"]["text"])
