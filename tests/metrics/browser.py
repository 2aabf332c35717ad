"""Chromium without a window, driven over its debugging pipe: what a page looks like there.

As a command it makes a PNG beside each page: python -m tests.metrics.browser PAGE.html...
"""

import base64
import fcntl
import json
import os
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

OPTIONS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--hide-scrollbars",
    "--remote-debugging-pipe",
)


class Browser:
    """One browser with a page in it; ``profile`` is an empty folder."""

    def __init__(self, profile: Path) -> None:
        (read, ours_out), (ours_in, write) = os.pipe(), os.pipe()
        theirs = [fcntl.fcntl(one, fcntl.F_DUPFD, 10) for one in (read, write)]  # out of 3 and 4
        words = ["chromium", *OPTIONS, f"--user-data-dir={profile}", "about:blank"]
        self._process = subprocess.Popen(
            ["bash", "-c", f'exec "$@" 3<&{theirs[0]} 4>&{theirs[1]}', "bash", *words],
            pass_fds=theirs,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        for one in (read, write, *theirs):
            os.close(one)
        self._to = os.fdopen(ours_out, "wb")
        self._from = os.fdopen(ours_in, "rb")
        self._told = b""
        self._asked = 0
        self._session = ""
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        attached = self.call("Target.attachToTarget", targetId=target, flatten=True)
        self._session = attached["sessionId"]
        self.call("Page.enable")

    def __enter__(self) -> "Browser":
        return self

    def __exit__(self, *_: object) -> None:
        self._to.close()  # which ends the browser
        self._from.close()
        self._process.wait()

    def call(self, method: str, **parameters: Any) -> dict[str, Any]:
        """Ask the browser for something; its answer."""
        self._asked += 1
        asked = {"id": self._asked, "method": method, "params": parameters}
        if self._session:
            asked["sessionId"] = self._session
        self._to.write(json.dumps(asked).encode() + b"\0")
        self._to.flush()
        while (told := self._next()).get("id") != self._asked:
            pass
        assert "error" not in told, told
        answer: dict[str, Any] = told["result"]
        return answer

    def open(self, page: Path, width: int, height: int = 900, *, dark: bool = False) -> None:
        """Show ``page`` in a window of that size, and wait until it is there."""
        self.call(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=height,
            deviceScaleFactor=1,
            mobile=False,
        )
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self.call("Emulation.setEmulatedMedia", features=[scheme])
        self.call("Page.navigate", url=page.as_uri())
        while self._next().get("method") != "Page.loadEventFired":
            pass

    def evaluate(self, expression: str) -> Any:
        """The value of a JavaScript expression in the page."""
        told = self.call("Runtime.evaluate", expression=expression, returnByValue=True)
        assert "exceptionDetails" not in told, told
        return told["result"].get("value")

    def screenshot(self, path: Path) -> Path:
        """The whole page, as a PNG."""
        told = self.call("Page.captureScreenshot", captureBeyondViewport=True)
        path.write_bytes(base64.b64decode(told["data"]))
        return path

    def _next(self) -> dict[str, Any]:
        while b"\0" not in self._told:
            read = self._from.read1(1 << 20)
            assert read, "Chromium has ended"
            self._told += read
        one, _, self._told = self._told.partition(b"\0")
        told: dict[str, Any] = json.loads(one)
        return told


def main(pages: list[str]) -> None:
    """Picture each page as it is on a laptop, in light colours."""
    with TemporaryDirectory() as profile, Browser(Path(profile)) as browser:
        for page in map(Path, pages):
            browser.open(page.absolute(), 1440)
            print(browser.screenshot(page.with_suffix(".png")))


if __name__ == "__main__":
    main(sys.argv[1:])
