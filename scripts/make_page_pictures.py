"""Take the pictures of the pages in docs/images, or every page in every shape to look at.

    python scripts/make_page_pictures.py [--all FOLDER]

A browser, `playwright`, Pillow and, for the printed page, `pdftoppm` have to be there. With --all,
each page is taken whole, 1,280 and 390 pixels wide, light and dark, and printed on A4.
"""

import argparse
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright

ROOT = Path(__file__).resolve().parent.parent
IMAGES, SAMPLE = ROOT / "docs" / "images", ROOT / "data" / "office_sheet.xlsx"
WIDE, PHONE = 1280, 390
SCHEMES = ("light", "dark")
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
SEATS = "?seats=12&lottery=8"
# Of docs/desk.md: which page, how wide and high, light or dark.
SHOWN = {
    "desk_train": ("understood", WIDE, 1150, "light"),
    "desk_students": ("list", WIDE, 1300, "light"),
    "desk_student_phone": ("student", PHONE, 2050, "dark"),
    "desk_learn": ("lesson", WIDE, 1300, "light"),
}


def browser_path() -> str | None:
    """Return where the system's browser is; None leaves it to playwright."""
    return next((found for name in BROWSERS if (found := shutil.which(name))), None)


@contextmanager
def served() -> Iterator[str]:
    """Yield the address of the pages of an empty store."""
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder) / "log.txt"
        command = [sys.executable, "-m", "placement", "app", "--port", "0", "--no-browser"]
        with log.open("w") as out:
            process = subprocess.Popen(command, cwd=folder, stderr=out)
        try:
            while not (found := re.search(r"http://[\d.:]+", log.read_text())):
                if process.poll() is not None:
                    raise SystemExit(log.read_text())
                time.sleep(0.2)
            yield found[0]
        finally:
            process.terminate()
            process.wait()


def walk(page: Page) -> dict[str, str]:
    """Train on the sample sheet and list it; return where each page is."""
    places = {"empty": "/train"}
    page.goto("/train")
    page.get_by_role("button", name="Take the sample sheet").click()
    page.wait_for_url("**/train/*")
    places["understood"] = page.url
    page.get_by_role("button", name="Start learning").click()
    page.wait_for_url("**/train/jobs/*")
    places["job"] = page.url
    page.locator("#job:not([data-poll])").wait_for()
    page.goto("/students")
    page.set_input_files("#file-sheet", SAMPLE)
    page.wait_for_url("**/students/*")
    places["list"] = page.url.partition("?")[0] + SEATS
    page.goto(places["list"])
    link = page.get_by_role("link", name="What if").first.get_attribute("href")
    places |= {"students": "/students", "student": str(link), "model": "/model"}
    places |= {"effect": "/effect", "runs": "/runs", "learn": "/learn"}
    return places | {"lesson": "/learn/perceptron?break=dyhat_dz", "refused": "/train/" + "0" * 16}


def shot(browser: Browser, address: str, place: str, width: int, scheme: str, out: Path) -> None:
    """Take a whole page."""
    context = browser.new_context(
        base_url=address, color_scheme="dark" if scheme == "dark" else "light"
    )
    page = context.new_page()
    page.set_viewport_size({"width": width, "height": 800})
    page.goto(place, wait_until="networkidle")
    page.screenshot(path=out, full_page=True)
    context.close()


def printed(browser: Browser, address: str, place: str, out: Path) -> None:
    """Print a page on A4, and take the first sheet of it."""
    page = browser.new_page(base_url=address)
    page.goto(place, wait_until="networkidle")
    pdf = out.with_suffix(".pdf")
    page.pdf(path=pdf, format="A4", print_background=False)
    command = ["pdftoppm", "-r", "80", "-png", "-singlefile", "-f", "1", "-l", "1"]
    subprocess.run([*command, str(pdf), str(out.with_suffix(""))], check=True)
    page.close()


def small(path: Path, height: int | None = None) -> None:
    """Cut a picture to a height, and store it in few colours."""
    picture = Image.open(path).convert("RGB")
    if height is not None:
        picture = picture.crop((0, 0, picture.width, min(height, picture.height)))
    picture.quantize(64).save(path, optimize=True)


def main() -> None:
    """Take the pictures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--all", type=Path, help="a folder for every page in every shape")
    folder: Path | None = parser.parse_args().all
    with served() as address, sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=browser_path(), args=["--no-sandbox"])
        page = browser.new_page(base_url=address)
        page.set_default_timeout(600_000)
        places = walk(page)
        page.close()
        if folder is not None:
            folder.mkdir(parents=True, exist_ok=True)
            for name, place in places.items():
                for width in (WIDE, PHONE):
                    for scheme in SCHEMES:
                        out = folder / f"{name}_{width}_{scheme}.png"
                        shot(browser, address, place, width, scheme, out)
                printed(browser, address, place, folder / f"{name}_a4.png")
            return
        for name, (place, width, height, scheme) in SHOWN.items():
            shot(browser, address, places[place], width, scheme, IMAGES / f"{name}.png")
            small(IMAGES / f"{name}.png", height)
        with tempfile.TemporaryDirectory() as drafts:
            draft = Path(drafts) / "desk_print.png"
            printed(browser, address, places["list"], draft)
            small(draft)
            shutil.copy(draft, IMAGES)


if __name__ == "__main__":
    main()
