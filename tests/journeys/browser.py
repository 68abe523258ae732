"""The Chromium of the journeys: one process, started again where it no longer answers."""

import os
import shutil
import threading
from contextlib import contextmanager, suppress

import psutil
from playwright.sync_api import Error

PROGRAM = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
FLAGS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
]  # fmt: skip
CLOSE_S = 30  # Chromium now and then never closes a context whose worker was cut off


class Chromium:
    """Opens contexts in one browser of this process."""

    def __init__(self, driver):
        self.type, self._browser = driver.chromium, None

    def new_context(self, **options):
        """A new browser context, as Playwright's ``Browser.new_context``."""
        if self._browser is None or not self._browser.is_connected():
            self._browser = self.type.launch(executable_path=PROGRAM, args=FLAGS)
        return self._browser.new_context(**options)

    def close(self, context=None):
        """Close a context, or without one the browser; kill the browser where it hangs."""
        closing = context or self._browser
        if closing is None:
            return
        with killed_after(CLOSE_S), suppress(Error):
            closing.close()


@contextmanager
def killed_after(seconds):
    """Kill every Chromium this process has started if the block lasts longer."""
    timer = threading.Timer(seconds, _kill_browsers)
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


def _kill_browsers():
    for process in psutil.Process().children(recursive=True):
        with suppress(psutil.Error):
            if "chrom" in process.name():
                process.kill()
