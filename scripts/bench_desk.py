"""How long the pages take in a browser on this machine, and a what-if: medians against limits."""

import statistics
from collections.abc import Iterator
from dataclasses import dataclass

from make_page_pictures import browser_path, served, walk
from playwright.sync_api import Page, sync_playwright

PAGE, WHAT_IF = 1.0, 0.1  # seconds that each may take
_PAGES = ("empty", "understood", "job", "list", "student", "model", "effect", "runs", "lesson")
_LOADED = "performance.getEntriesByType('navigation')[0].loadEventEnd / 1000"
_ASKED = """async cgpa => {
  const start = performance.now();
  await (await fetch(`/students/one?CGPA=${cgpa}`, {headers: {accept: "text/html"}})).text();
  return (performance.now() - start) / 1000;
}"""


@dataclass(frozen=True)
class Waited:
    """The seconds that somebody waited for a page, and for the first look at it."""

    name: str
    limit: float
    first: float
    seconds: list[float]


def waits(rounds: int) -> Iterator[Waited]:
    """Yield each page, and a what-if; `seconds` are medians of five."""
    with served() as address, sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=browser_path(), args=["--no-sandbox"])
        page = browser.new_page(base_url=address)
        page.set_default_timeout(600_000)
        places = walk(page)
        for name in _PAGES:
            first = _load(page, places[name])
            seconds = [_median(_load(page, places[name]) for _ in range(5)) for _ in range(rounds)]
            yield Waited(name, PAGE, first, seconds)
        page.goto("/students/one")
        asked = [6 + n / 20 for n in range(5 * rounds)]
        first = page.evaluate(_ASKED, 5.5)
        seconds = [
            _median(page.evaluate(_ASKED, cgpa) for cgpa in asked[n::rounds]) for n in range(rounds)
        ]
        yield Waited("a what-if", WHAT_IF, first, seconds)


def _load(page: Page, place: str) -> float:
    page.goto(place)
    return float(page.evaluate(_LOADED))


def _median(values: Iterator[float]) -> float:
    return statistics.median(list(values))
