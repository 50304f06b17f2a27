"""A real browser; its tests are skipped, loudly, where there is none."""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from scripts.screenshot import FLAGS

BINARIES = {name: shutil.which(name) for name in ("chromium", "chromedriver")}
MISSING = [name for name, path in BINARIES.items() if path is None]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.get_closest_marker("browser") and MISSING:
            item.add_marker(pytest.mark.skip(reason=f"no {' and no '.join(MISSING)}: run 'make browser'"))


def pytest_terminal_summary(terminalreporter: Any) -> None:
    if MISSING:
        terminalreporter.section("BROWSER TESTS NOT RUN", sep="!", red=True, bold=True)
        terminalreporter.line(
            f"{' and '.join(MISSING)} missing, so nobody looked at the pages. "
            "On Debian 'make browser-tests' installs what they need.",
            red=True,
        )


class Browser:
    """Chromium with a log of what it asked for and complained about."""

    def __init__(self, driver: Any) -> None:
        self.driver = driver

    def open(self, address: str) -> None:
        self.driver.get("about:blank")  # a change of '#' alone would load nothing
        self.driver.get(address)

    def run(self, script: str, *arguments: object) -> Any:
        return self.driver.execute_script(script, *arguments)

    def count(self, selector: str) -> int:
        """Elements that a reader can see."""
        return int(
            self.run(
                "return [...document.querySelectorAll(arguments[0])].filter(e => e.checkVisibility()).length", selector
            )
        )

    def text(self, selector: str) -> str:
        return str(self.run("return document.querySelector(arguments[0]).textContent.trim()", selector))

    def shows(self, selector: str, number: int) -> bool:
        """Whether a reader comes to see so many elements."""
        return self._comes(lambda: self.count(selector) == number)

    def reads(self, selector: str, text: str) -> bool:
        """Whether an element comes to read so."""
        return self._comes(lambda: self.text(selector) == text)

    def _comes(self, condition: Callable[[], bool], seconds: float = 10) -> bool:
        """Whether something comes true: a page answers a click in its own time."""
        end = time.monotonic() + seconds
        while not (true := condition()) and time.monotonic() < end:
            time.sleep(0.02)
        return true

    def find(self, selector: str) -> Any:
        return self.driver.find_element("css selector", selector)

    def requests(self) -> list[str]:
        """Every address asked for since the last call."""
        messages = (json.loads(entry["message"])["message"] for entry in self.driver.get_log("performance"))
        return [m["params"]["request"]["url"] for m in messages if m["method"] == "Network.requestWillBeSent"]

    def complaints(self) -> list[str]:
        """Errors and violations of the policy since the last call."""
        return [entry["message"] for entry in self.driver.get_log("browser")]


@pytest.fixture(scope="session")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    from selenium.webdriver import Chrome, ChromeOptions, ChromeService

    options = ChromeOptions()
    options.binary_location = BINARIES["chromium"] or ""
    for flag in (*FLAGS, "--window-size=1300,900", f"--user-data-dir={tmp_path_factory.mktemp('profile')}"):
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"performance": "ALL", "browser": "ALL"})
    driver = Chrome(options, ChromeService(BINARIES["chromedriver"]))
    driver.set_script_timeout(10)
    yield Browser(driver)
    driver.quit()


@pytest.fixture
def picture(tmp_path: Path, browser: Browser) -> Iterator[Path]:
    """Where a test leaves a screenshot."""
    path = tmp_path / "page.png"
    yield path
    assert path.read_bytes().startswith(b"\x89PNG")
