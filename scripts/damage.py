"""Damage one table in many ways, and see that no damage is read wrongly without a word.

    python scripts/damage.py [--quick] [--kind NAME] [--show]

Each kind of damage is done at several positions of one table of students. What was true is kept
cell by cell before the damage; what was read is compared with it here, by code that imports nothing
of the reader. A file must come out right, be read in part with every gap said, or be refused by
name, with the reason. The same files are then scored: the cells of a row must not move, and each
student must have the answer of the undamaged table.
"""

import argparse
import csv
import math
import re
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from random import Random

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from scripts.damage_kinds import KINDS, NAMES, NUMBERS, ROWS, Row, Sheet, students  # noqa: E402

# ---- What was read, against what was true
LEAST_ANSWERED = 0.9


@dataclass(frozen=True)
class Verdict:
    """What became of one damaged file: right, said, refused or WRONG, and why."""

    word: str
    why: str = ""


def compare(truth: list[Row], read: list[Row], said: str, left_out: int) -> Verdict:
    """Compare the students read with those that there were; `said` is all that was told of them.

    A student is known by name and by roll number: whoever has neither any more is a stranger.
    """
    by_key = {key(row): row for row in truth}
    counts = Counter(map(key, truth))
    seen: Counter[tuple[str, str]] = Counter()
    gaps = []
    for row in read:
        true = by_key.get(key(row))
        if true is None:
            return Verdict("WRONG", f"no such student: {row}")
        seen[key(row)] += 1
        for name in NAMES:
            if name in row and not same(name, row[name], true[name]):
                if row[name] != "":
                    return Verdict("WRONG", f"{key(row)} {name}: {true[name]!r} as {row[name]!r}")
                gaps.append(name)
    if any(seen[k] > counts[k] for k in seen):
        return Verdict("WRONG", "a student twice")
    absent = sum(counts.values()) - sum(seen.values())
    if absent > left_out or absent > max(3, len(truth) // 10):
        return Verdict("WRONG", f"{absent} students gone, {left_out} said")
    if any(name not in said for name in gaps):
        return Verdict("WRONG", f"cells gone without a word: {sorted(set(gaps))}")
    return (
        Verdict("said", f"{absent} left out, {len(gaps)} missing")
        if absent or gaps
        else Verdict("right")
    )


def key(row: Row) -> tuple[str, str]:
    """Who a row is of."""
    return row["roll"].casefold(), " ".join(row["name"].split()).casefold()


_NUMBER = re.compile(r"-?\d+\.?\d*(e[+-]?\d+)?")


def same(name: str, read: str, true: str) -> bool:
    """Whether a cell is what it was, numbers as numbers, words whatever their case."""
    if name in NUMBERS and _NUMBER.fullmatch(read) and true != "":
        return math.isclose(float(read), float(true), rel_tol=1e-12)
    return " ".join(read.split()).casefold() == " ".join(true.split()).casefold()


def refused(file: str, message: str) -> Verdict:
    """A refusal must name the file and say something that one can do or look at."""
    if file not in message:
        return Verdict("WRONG", f"a refusal without the file: {message}")
    if not re.search(r"line|row|column|encoding|--\w", message) and "cut short" not in message:
        return Verdict("WRONG", f"a refusal without a place or a way: {message}")
    return Verdict("refused", message)


def damaged_files(positions: int, only: str | None) -> Iterator[tuple[str, list[Row], bytes]]:
    """Yield the name of each damage, the true rows, and the damaged file."""
    draw = Random(11)
    for name, damage in KINDS.items():
        if only not in (None, name):
            continue
        for number in range(positions):
            sheet = Sheet(students())
            row = number * (ROWS - 1) // max(positions - 1, 1)
            content = damage(sheet, row, draw)
            text = content if content is not None else sheet.text().encode()
            yield name, sheet.rows, text


def read(path: Path) -> tuple[list[Row], str, int]:
    """Read a file as training does: its students, all that is said, and the rows left out."""
    from placement.data.table.read_table import read_table
    from placement.model.scorer import words

    table = read_table(str(path))
    columns = {name: [word or "" for word in words(c)] for name, c in table.columns.items()}
    names = list(columns)
    # A heading may be damaged: where as many columns are left, they are known by their order.
    if len(names) > len(NAMES) and names[0].startswith("unnamed"):
        names = names[1:]
    true_names = dict(zip(names, NAMES, strict=False)) if len(names) == len(NAMES) else {}
    rows = [{true_names.get(n, n): columns[n][row] for n in names} for row in range(len(table))]
    said = " ".join((*table.notes, *table.warnings, *(why for why, _ in table.left_out)))
    return rows, said, sum(number for _, number in table.left_out)


def judge_reading(path: Path, truth: list[Row]) -> Verdict:
    """Read one damaged file and compare."""
    from placement.errors import DataError

    try:
        rows, said, left_out = read(path)
    except DataError as error:
        return refused(path.name, str(error))
    try:
        return compare(truth, rows, said, left_out)
    except KeyError as error:
        return Verdict("WRONG", f"no column {error}")


def judge_scoring(path: Path, truth: list[Row], model: str, answers: Mapping[str, str]) -> Verdict:
    """Score one damaged file: the cells of each row stay, and each student has the right answer."""
    from placement.errors import DataError
    from placement.runtime.progress import NoProgress
    from placement.workflows.scoring.predict import PredictRequest, predict

    out = path.with_name("scored.csv")
    out.unlink(missing_ok=True)
    try:
        predict(PredictRequest(str(path), model=model, out=str(out)), NoProgress())
    except DataError as error:
        return refused(path.name, str(error))
    return compare_answers(path, out, truth, answers)


def compare_answers(path: Path, out: Path, truth: list[Row], answers: Mapping[str, str]) -> Verdict:
    """Compare a scored file with the answers for the undamaged table.

    A record must begin with a line of the file as it stood: so no cell has moved.
    """
    stood = tuple(line.rstrip(",;\t\r") for line in _lines(path) if line.strip(",;\t\r "))
    lines = _lines(out)
    top = next(n for n, line in enumerate(lines) if "placement_probability" in line)
    heading, scored = lines[top], lines[top + 1 :]
    delimiter = heading[heading.index("placement_probability") - 1]
    names = [n for n in next(csv.reader([heading], delimiter=delimiter)) if "placement_" in n]
    answered = 0
    for line in scored:
        cells = next(csv.reader([line], delimiter=delimiter))
        if len(cells) < len(names) or not line.startswith(stood):
            continue  # a piece of a record that has several lines
        ours = dict(zip(names, cells[-len(names) :], strict=True))
        if not ours["placement_probability"]:
            if not ours.get("placement_notes"):
                return Verdict("WRONG", f"no answer and no reason: {line}")
            continue
        answered += 1
        owners = [row for row in truth if row["roll"] in line and row["name"] in line]
        if not owners:
            return Verdict("WRONG", f"an answer for nobody: {line}")
        probability = ours["placement_probability"].replace(",", ".")
        right = {answers[row["roll"]] for row in owners}
        if probability not in right and not ours.get("placement_notes"):
            return Verdict("WRONG", f"another answer without a note: {line}")
    if answered < LEAST_ANSWERED * len(truth):
        return Verdict("WRONG", f"{answered} of {len(truth)} students were answered")
    return Verdict("right")


def _lines(path: Path) -> list[str]:
    data = path.read_bytes()
    wide = {b"\0": "utf-16-be"}.get(data[:1]) or {b"\0": "utf-16-le"}.get(data[1:2])
    try:
        text = data.decode(wide or "utf-8-sig")
    except UnicodeDecodeError:
        text = data.decode("cp1252", "replace")
    return text.splitlines()


def main() -> int:
    """Damage, read, score, compare, and count; 1 where anything was wrong without a word."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--quick", action="store_true", help="two positions of each kind")
    parser.add_argument("--positions", type=int, default=32)
    parser.add_argument("--kind", choices=sorted(KINDS))
    parser.add_argument("--show", action="store_true", help="say of each file what became of it")
    given = parser.parse_args()
    positions = 2 if given.quick else given.positions
    with tempfile.TemporaryDirectory() as folder:
        wrong = run(Path(folder), positions, given.kind, show=given.show)
    return int(bool(wrong))


def run(folder: Path, positions: int, only: str | None, *, show: bool = False) -> list[str]:
    """Read and score every damaged file; return what was wrong of which kind."""
    model, answers = undamaged(folder)
    table: dict[str, Counter[str]] = {}
    wrong = []
    for name, truth, content in damaged_files(positions, only):
        path = folder / ("students.csv.gz" if content[:2] == b"\x1f\x8b" else "students.csv")
        path.write_bytes(content)
        for road, verdict in (
            ("read", judge_reading(path, truth)),
            ("scored", judge_scoring(path, truth, model, answers)),
        ):
            table.setdefault(name, Counter())[f"{road} {verdict.word}"] += 1
            if verdict.word == "WRONG":
                wrong.append(f"{name}, {road}: {verdict.why}")
            if show:
                print(f"{name}, {road}: {verdict.word} {verdict.why}")
        path.unlink()
    for name, counts in table.items():
        print(f"{name:50} " + ", ".join(f"{word} {n}" for word, n in sorted(counts.items())))
    files = sum(sum(c.values()) for c in table.values()) // 2
    print(f"{len(table)} kinds, {files:,} files, wrong without a word: {len(wrong)}")
    for text in dict.fromkeys(wrong):
        print("  " + text[:300])
    return wrong


def undamaged(folder: Path) -> tuple[str, dict[str, str]]:
    """Train on the undamaged table; return the model, and the answer for each student."""
    from placement.config.train_config import TrainConfig
    from placement.runtime.progress import NoProgress
    from placement.workflows.scoring.predict import PredictRequest, predict
    from placement.workflows.training.train import train

    clean = folder / "clean.csv"
    clean.write_text(Sheet(students()).text(), encoding="utf-8")
    model, scored = str(folder / "model"), folder / "clean_scored.csv"
    settings = TrainConfig(
        track=False, out=model, optimizer="newton", sensitive=(), drop=("remark",)
    )
    train([str(clean)], settings, NoProgress())
    predict(PredictRequest(str(clean), model=model, out=str(scored)), NoProgress())
    with scored.open(encoding="utf-8", newline="") as stream:
        return model, {row["roll"]: row["placement_probability"] for row in csv.DictReader(stream)}


if __name__ == "__main__":
    raise SystemExit(main())
