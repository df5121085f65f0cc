"""A server with a trained store in a folder of its own, and a browser that asks it."""

import os
import re
import shutil
import subprocess
import sys
import time
from contextlib import contextmanager

import pytest

BROWSERS = ("chromium", "chromium-browser", "google-chrome")
PATIENCE = 180_000  # milliseconds: a busy machine is no failure


@pytest.fixture(scope="session")
def running(code_path):
    """Run a server in a folder: `with running(home, "serve", …) as address`."""

    @contextmanager
    def run(home, *words):
        command = [sys.executable, "-m", "placement", *map(str, words), "--port", "0"]
        log = home / "log.txt"
        with log.open("w") as out:
            process = subprocess.Popen(command, cwd=home, env=code_path, stderr=out)
        try:
            while not (found := re.search(r"http://[\d.:]+", log.read_text())):
                assert process.poll() is None, log.read_text()
                time.sleep(0.2)
            yield found[0]
        finally:
            process.terminate()
            process.wait()

    return run


@pytest.fixture(scope="module")
def address(tmp_path_factory, template, running):
    """Where `placement app` answers, of an empty store."""
    home = tmp_path_factory.mktemp("desk")
    shutil.copytree(template, home / "mlruns")
    with running(home, "app", "--no-browser") as found:
        yield found


@pytest.fixture(scope="module")
def browser():
    """Start the system's browser, without a window.

    It must end with the module: playwright has an event loop run while it is there, and no test
    beside it could run its own.
    """
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    path = next((found for name in BROWSERS if (found := shutil.which(name))), None)
    with playwright.sync_playwright() as driver:
        if path is None and not os.path.exists(driver.chromium.executable_path):  # noqa: PTH110
            pytest.skip(f"no browser is installed: none of {', '.join(BROWSERS)}")
        started = driver.chromium.launch(
            executable_path=path, args=["--no-sandbox", "--disable-gpu"]
        )
        yield started
        started.close()


@pytest.fixture
def tab(browser, address):
    """Open a tab: `tab(java_script_enabled=False)`. Whatever its console says is a failure.

    But for the browser's own word that a page itself is a refusal.
    """
    said, contexts = [], []

    def opened(**options):
        context = browser.new_context(base_url=address, accept_downloads=True, **options)
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(PATIENCE)
        page.on(
            "console",
            lambda message: page.url == message.location["url"] or said.append(message.text),
        )
        page.on("pageerror", lambda error: said.append(str(error)))
        return page

    yield opened
    for context in contexts:
        context.close()
    assert said == []


@pytest.fixture(scope="module")
def learnt(browser, address):
    """Train on the sample sheet in the browser, once; return the address of the job."""
    context = browser.new_context(base_url=address)
    page = context.new_page()
    page.set_default_timeout(PATIENCE)
    page.goto("/")
    page.get_by_role("button", name="Take the sample sheet").click()
    page.get_by_role("button", name="Start learning").click()
    page.wait_for_url("**/train/jobs/*")
    page.locator("#job:not([data-poll])").wait_for()
    found = page.url
    context.close()
    return found
