"""Damage one table in many ways, and see that no damage is read wrongly without a word.

    python scripts/damage.py [--quick] [--kind NAME] [--show]

Each kind of damage is done at several positions of one table of students. What was true is kept
cell by cell before the damage; what was read is compared with it by code that uses nothing of the
reader. A file must come out right, be read in part with every gap said, or be refused by name, with
the reason. The same files are then scored: no cell may move, and each student must have the answer
of the undamaged table, or a note.
"""

import argparse
import csv
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from scripts.damaged.judge import WRONG, Read, Verdict, compare, refused  # noqa: E402
from scripts.damaged.kinds import KINDS  # noqa: E402
from scripts.damaged.scored import Due, compare_answers  # noqa: E402
from scripts.damaged.sheet import GUESSES, NAMES, ROWS, Row, Sheet, students  # noqa: E402

_SUFFIX = {b"\x1f\x8b": ".csv.gz", b"PK": ".xlsx"}


@dataclass(frozen=True)
class Damaged:
    """A damaged file: the kind of its damage, the true rows, and its bytes."""

    kind: str
    truth: Sequence[Row]
    content: bytes


@dataclass(frozen=True)
class Undamaged:
    """The undamaged table: the model learnt of it, what is said of it, and its rows' answers."""

    model: str
    said: Sequence[str]
    rows: Sequence[Row]
    answers: Mapping[str, str]


def damaged_files(positions: int, only: str | None = None) -> Iterator[Damaged]:
    """Yield the damaged files of each kind, or of one."""
    draw = Random(11)
    for name, damage in KINDS.items():
        for number in range(positions if only in (None, name) else 0):
            sheet = Sheet(students())
            content = damage(sheet, number * (ROWS - 1) // max(positions - 1, 1), draw)
            yield Damaged(name, sheet.rows, sheet.text().encode() if content is None else content)


def read(path: Path) -> Read:
    """Read a file as training does."""
    from placement.data.table.read_table import read_table
    from placement.model.scorer import words

    table = read_table(str(path))
    columns = {name: [word or "" for word in words(c)] for name, c in table.columns.items()}
    # A name in the heading may be damaged: then the columns are known by their order.
    names = [name for name in columns if not name.startswith("unnamed") or name in NAMES]
    if not set(NAMES) <= set(names):
        names = list(columns)[-len(NAMES) :]
    # Rows that the outcome leaves out are counted by their reason, others have one each.
    counted = dict(table.left_out)
    unreadable = [row.text for row in table.left_out_rows() if row.reason not in counted]
    true_names = dict(zip(names, NAMES, strict=True)) if len(names) == len(NAMES) else {}
    cells = {true_names.get(name, name): column for name, column in columns.items()}
    return Read(
        rows=[{name: cells[name][row] for name in NAMES} for row in range(len(table))],
        outcomes=table.label.tolist(),
        said=(*table.notes, *table.warnings),
        left_out=unreadable,
        uncounted=sum(number for _, number in table.left_out) - len(unreadable),
    )


def judge_reading(path: Path, damaged: Damaged, undamaged: Undamaged) -> Verdict:
    """Read one damaged file and compare."""
    from placement.errors import DataError

    try:
        result = read(path)
    except DataError as error:
        return refused(path.name, str(error))
    except KeyError as error:
        return Verdict(WRONG, f"no column {error}")
    return compare(damaged.truth, result, undamaged.said, guess=damaged.kind in GUESSES)


def judge_scoring(path: Path, damaged: Damaged, undamaged: Undamaged) -> Verdict:
    """Score one damaged file and compare."""
    from placement.errors import DataError

    answers = undamaged.answers
    if any(row not in undamaged.rows for row in damaged.truth):
        answers = score_truth(path.with_name("truth.csv"), damaged.truth, undamaged.model)
    out = path.with_name("scored.csv")
    out.unlink(missing_ok=True)
    try:
        warnings = score(path, undamaged.model, out)
    except DataError as error:
        return refused(path.name, str(error))
    due = {row["roll"]: Due(answers[row["roll"]], row) for row in damaged.truth}
    return compare_answers(path, out, due, warnings)


def score(path: Path, model: str, out: Path) -> tuple[str, ...]:
    """Score a file as the command does; return what it warns of."""
    from placement.runtime.progress import NoProgress
    from placement.workflows.scoring.predict import predict
    from placement.workflows.scoring.predict_request import PredictRequest

    request = PredictRequest(str(path), model=model, out=str(out))
    return predict(request, NoProgress()).warnings


def score_truth(path: Path, rows: Sequence[Row], model: str) -> dict[str, str]:
    """Return the answer for each roll of an undamaged table of these rows."""
    path.write_text(Sheet(list(rows)).text(), encoding="utf-8")
    out = path.with_name("truth_scored.csv")
    score(path, model, out)
    with out.open(encoding="utf-8", newline="") as stream:
        return {row["roll"]: row["placement_probability"] for row in csv.DictReader(stream)}


def train_undamaged(folder: Path) -> Undamaged:
    """Train on the undamaged table."""
    from placement.config.train_config import TrainConfig
    from placement.runtime.progress import NoProgress
    from placement.workflows.training.train import train

    clean, model, rows = folder / "clean.csv", str(folder / "model"), students()
    clean.write_text(Sheet(rows).text(), encoding="utf-8")
    settings = TrainConfig(
        track=False, out=model, optimizer="newton", sensitive=(), drop=("remark",)
    )
    train([str(clean)], settings, NoProgress())
    return Undamaged(model, read(clean).said, rows, score_truth(clean, rows, model))


def judge(path: Path, damaged: Damaged, undamaged: Undamaged) -> dict[str, Verdict]:
    """Read and score a damaged file, which is written beside this path."""
    path = path.with_name("students" + _SUFFIX.get(damaged.content[:2], ".csv"))
    path.write_bytes(damaged.content)
    verdicts = {
        "read": judge_reading(path, damaged, undamaged),
        "scored": judge_scoring(path, damaged, undamaged),
    }
    path.unlink()
    return verdicts


def judge_all(folder: Path, positions: int, only: str | None, *, show: bool) -> list[str]:
    """Read and score every damaged file; return what was wrong of which kind."""
    undamaged, counts, wrong = train_undamaged(folder), dict[str, Counter[str]](), []
    for damaged in damaged_files(positions, only):
        for road, verdict in judge(folder / "students", damaged, undamaged).items():
            counts.setdefault(damaged.kind, Counter())[f"{road} {verdict.word}"] += 1
            if verdict.word == WRONG:
                wrong.append(f"{damaged.kind}, {road}: {verdict.why}")
            if show:
                print(f"{damaged.kind}, {road}: {verdict.word} {verdict.why}")
    for name, words in counts.items():
        print(f"{name:50} " + ", ".join(f"{word} {n}" for word, n in sorted(words.items())))
    files = sum(words.total() for words in counts.values()) // 2
    print(f"{len(counts)} kinds, {files:,} files, wrong without a word: {len(wrong)}")
    return wrong


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
        wrong = judge_all(Path(folder), positions, given.kind, show=given.show)
    for text in dict.fromkeys(wrong):
        print("  " + text[:300])
    return int(bool(wrong))


if __name__ == "__main__":
    raise SystemExit(main())
