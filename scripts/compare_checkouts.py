"""Run the same commands in two checkouts and compare all that comes out, byte for byte.

    python scripts/compare_checkouts.py OLD NEW [FOLDER_OF_REAL_FILES] [--quick] [--only PATTERN]

Each checkout runs the commands in one process and an empty folder, with the interpreter of its
`.venv` (or `--python`), on the data of NEW. Compared are exit codes, standard output and error,
with --json and without, and all files written: bundles, tables (a workbook member by member),
reports, pictures, and what MLflow holds but for the source code in a logged model. `MASKED` is what
differs between any two runs and is therefore masked, as are the paths of folder and checkout.

Exit 0 where nothing differs but numbers, by at most 1e-12 of their size, and checksums of what
holds such numbers; else 1. `--allow FILE` names expected differences, a pattern a line, such as
`train-youden/*:config.threshold`; a line `REGEX => REPLACEMENT` says where a value of OLD stands in
NEW, so that the two are compared. `--save DIR` keeps results; DIR/old may then stand for OLD.
"""

import argparse
import contextlib
import difflib
import io
import json
import math
import os
import re
import shlex
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import time
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import pandas as pd
from real_files import CASES, placement
from safetensors import SafetensorError
from safetensors.numpy import load as tensors

Moves = list[tuple[str, str]]
TOLERANCE = 1e-12
MASKED = {
    "ids of runs and models": (r"\b(m-)?[0-9a-f]{32}\b", "<id>"),
    "times": (r"\b\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d+)?(\+00:00|Z|\b)", "<time>"),
    "sizes of logged models": (r"\bmodel_size_bytes: \d+", "<size>"),
    "progress": (r"(?m)^[a-z-]+: [\d,]+( of [\d,]+)? [a-z]+s(,.*)?\n", ""),
}
# Each is run with --json and without. A star: with --quick too. A dollar: run once and in this
# order, for it uses the store. @NAME OPTIONS: train students.csv --no-track --out NAME OPTIONS.
# OR: another spelling; the first that is not refused as wrong usage counts.
COMMANDS = """
@*plain ; @*no-penalty --l2 0 ; @*logits --loss logits ; @*firth --firth ; @*spline --spline cgpa
@platt --calibrate platt ; @isotonic --calibrate isotonic ; @sensitive --sensitive gender,branch
@*balanced --class-weight balanced ; @*float32 --dtype float32 ; @gd --optimizer gd --patience 50
@sgd --optimizer sgd --lr 0.01 --batch-size 64 ; @adam --optimizer adam ; @lbfgs --optimizer lbfgs
@newton --optimizer newton ; @*stream --stream --cache cache ; @refit --refit
@streamed-curve --stream --cache cache --spline cgpa --calibrate isotonic ; @all-rows --test-size 0
@curved --spline cgpa:4 --step tenth:60 --interaction cgpa:aptitude ; @group --group branch
@weighted --weight internships ; @batch --test-where batch==2025 ; @no-groups --sensitive ''
@dropped --missing drop --drop projects --categorical internships ; @strict --strict
@chosen --features cgpa,branch,gender --allow-sensitive gender ; @seed --seed 7 --test-size 0.3
@checked --gradcheck-every 50 ; @settings --epsilon 0.01 --config settings.toml
@fixed --threshold 0.6 ; @*youden --threshold youden OR --youden
@recall --threshold recall=0.9 OR --min-recall 0.9
@precision --threshold precision=0.85 OR --min-precision 0.85
@capacity --threshold capacity=60 OR --capacity 60
@cost --threshold cost=1:5 OR --cost-fp 1 --cost-fn 5
@cost-platt --calibrate platt --threshold cost=2:1 OR --calibrate platt --cost-fp 2 --cost-fn 1
*train students.csv --dry-run ; *train office_sheet.xlsx --no-track
train office_sheet.xlsx --ignore-label 'Higher Studies' --no-track --out office
train earlier.csv --test later.csv --no-track --out earlier
train marks.csv --labels outcomes.csv --on register_no --absent unknown --no-track --out joined
train later.csv --l2 0 --features ctc_lpa --allow-leak ctc_lpa --no-track
train students.csv --target plcaed ; train students.csv --l3 1 ; train --l2 2 --print-config
train students.csv --test later.csv --group branch ; train nothing.csv ; train
*predict students.csv --model plain --out scored.csv
*predict students.csv --model plain --reasons --about --out scored.xlsx
*predict students.csv --model plain
*predict --model spline --set cgpa=7.4 --set branch=CSE --set tenth=71 --set twelfth=68 --set \
active_backlogs=0 --set aptitude=66 --set internships=1 --set projects=
predict students.csv --unknown --threshold 0.7 --model isotonic
predict students.csv --rank risk --top 9 --by branch --model platt --out ranked.xlsx
predict students.csv --where batch==2026 --model curved --out new.parquet
predict students.csv --rank chance --reasons --model float32 --out chance.tsv
predict office_sheet.xlsx --unknown --model office --out office_scored.xlsx
predict later.csv --model none ; predict office_sheet.xlsx --model plain
*evaluate students.csv --model plain ; evaluate students.csv --model isotonic
evaluate later.csv --model curved ; evaluate later.csv --model cost
evaluate students.csv --rivals --model plain
evaluate students.csv --sensitive gender,branch --model no-penalty
evaluate later.csv --weight internships --threshold 0.4 --model earlier ; *explain --model plain
explain --model curved ; explain students.csv --model plain
explain --unpenalised --per cgpa=0.5 --model plain
*explain students.csv --row 2 --reach 0.8 --model spline
explain later.csv --row 5 --changeable cgpa,projects --model isotonic
*drift later.csv --model plain ; drift office_sheet.xlsx --model office
drift earlier.csv --fail-above 0.01 --model plain
compare plain no-penalty spline --data students.csv ; compare earlier isotonic --data later.csv
tune students.csv --no-track
tune students.csv --no-track --group branch --repeats 1 --folds 4 --spline cgpa
report plain --data students.csv --out page.html ; lesson ; *gradcheck ; *gradcheck students.csv
*gradcheck --break dyhat_dz ; gradcheck --x 7.2 --y 1 --dtype float64
gradcheck students.csv --row 3 --graph --draw row.svg --model plain
$train earlier.csv --run-name first
$train earlier.csv --run-name second --l2 5 --tag a=b --log-data --json
$train students.csv --run-name third --register other --calibrate platt --json
$tune earlier.csv --run-name tuning --repeats 1 --json
$compare champion challenger --data later.csv --json ; $promote challenger --data earlier.csv
$promote challenger --data later.csv --json ; $promote --rollback mistaken --json
$promote models:/placement/2 --force tried --json ; $predict later.csv --out late.csv --about
$evaluate later.csv --json ; $drift later.csv --json ; $report --data earlier.csv
$report --json --out again.html ; $lesson chain --log --json ; $runs --json ; $runs ; $STORE
"""
STORED = """
SELECT 'param', name, key, 0, value FROM params JOIN runs USING (run_uuid) UNION ALL
SELECT 'tag', name, key, 0, value FROM tags JOIN runs USING (run_uuid) UNION ALL
SELECT 'metric', name, key, step, value FROM metrics JOIN runs USING (run_uuid) UNION ALL
SELECT 'version tag', name, key, version, value FROM model_version_tags UNION ALL
SELECT 'alias', name, alias, 0, version FROM registered_model_aliases ORDER BY 1, 2, 3, 4
"""
OWNERS = """
SELECT run_uuid, name FROM runs UNION ALL
SELECT model_id, runs.name || '-model' FROM logged_models JOIN runs ON run_uuid = source_run_id
"""
LESSONS = "square chain perceptron vector accumulate no-grad target clamp descend"
HELP = "train predict evaluate explain tune compare promote drift report runs ui lesson gradcheck"


@dataclass(frozen=True)
class Case:
    """A command, in one or more spellings."""

    name: str
    spellings: list[list[str]]

    @property
    def stored(self) -> bool:
        """Whether it uses the store, so that it needs those before it."""
        return self.name.startswith("store-")

    @property
    def model(self) -> str | None:
        """The folder of the model that it trains."""
        args = self.spellings[0]
        return args[args.index("--out") + 1] if {"train", "--out"} <= {*args} else None

    @property
    def forms(self) -> dict[str, list[str]]:
        """What is added to the command, by the name under which the results are kept."""
        args = {*self.spellings[0]}
        once = self.stored or "--help" in args or {"predict", "--out"} <= args
        return {"text": []} if once else {"text": [], "json": ["--json"]}


def cases(only: str, *, quick: bool, real: bool) -> list[Case]:
    """All cases that are asked for, and those that they need, in the order in which they run."""
    texts = re.split(r"\n| ; ", COMMANDS.strip())
    for name in LESSONS.split():
        texts += [f"*lesson {name}", *(f"lesson {name} --{more}" for more in ("graph", "code"))]
        texts.append(f"lesson {name} --draw {name}.svg")
    texts += [f"{name} --help" for name in ("", *HELP.split())]
    found = []
    for text in texts if not quick else [text for text in texts if "*" in text[:2]]:
        line = text.lstrip("@*$")
        name, begin = re.sub(r"[^\w.]+", "-", line).strip("-"), []
        if text.startswith("@"):
            model, _, line = line.partition(" ")
            name, begin = f"train-{model}", ["train", "students.csv", "--no-track", "--out", model]
        spellings = [begin + shlex.split(own) for own in line.split(" OR ")]
        found.append(Case("store-" * text.startswith("$") + name, spellings))
    if real and not quick:
        found += real_cases()
    kept: list[Case] = []
    for case in reversed(found):
        needed = case.model in {word for own in kept for word in own.spellings[0]}
        needed = needed or (case.stored and any(own.stored for own in kept))
        if needed or fnmatchcase(case.name, only):
            kept.insert(0, case)
    return kept


def real_cases() -> Iterator[Case]:
    """Yield the commands on the files that `real_files.py` lists."""
    for own in CASES:
        path, options = f"real/{own.path}", list(own.options)
        name, _, _ = f"real-{own.path}".partition("/")
        train, model = ["train", path, "--no-track"], ["--model", name]
        data = [path, *(options[:2] if "--names" in options[:1] else []), *model]
        yield Case(f"{name}-train", [[*train, *options, "--out", name]])
        if own.first_refused:
            yield Case(f"{name}-refused", [train])
        commands = {
            "no-penalty": [*train, *options, "--l2", "0", "--out", f"{name}-no-penalty"],
            "predict": ["predict", *data],
            "predict-file": ["predict", *data, "--out", f"{name}{Path(path).suffix}"],
            "evaluate": ["evaluate", *data],
            "drift": ["drift", *data],
            "explain": ["explain", *model],
            "explain-row": ["explain", *data, "--row", "3"],
        }
        for case, args in {} if own.refused else commands.items():
            yield Case(f"{name}-{case}", [args])


class Driver:
    """Runs cases in this process; leaves what comes out, masked, in a folder of results."""

    def __init__(self, checkout: Path, results: Path) -> None:
        self.checkout, self.results, self.work = checkout, results, results / "work"
        self.paths = {str(self.work): "<work>", str(checkout): "<checkout>"}

    def prepare(self, data: Path, real: Path | None) -> None:
        """Fill the folder that the commands run in, once it is known whose code will run."""
        import placement as package

        if not Path(str(package.__file__)).is_relative_to(self.checkout):
            raise SystemExit(f"{package.__file__} is imported, which is not in {self.checkout}")
        self.work.mkdir(parents=True)
        os.chdir(self.work)
        for name in ("students.csv", "office_sheet.xlsx"):
            shutil.copy(data / name, name)
        if real:
            Path("real").symlink_to(real, target_is_directory=True)
        Path("settings.toml").write_text("l2 = 2.0\nseed = 3\n", "utf-8")
        rows = pd.read_csv("students.csv", dtype=str, keep_default_na=False).set_index("batch")
        rows.loc[["2023", "2024"]].to_csv("earlier.csv")
        rows.loc[["2025"]].to_csv("later.csv")
        rows.loc[["2023", "2024", "2025"]].drop(columns=["status", "ctc_lpa"]).to_csv("marks.csv")
        rows.loc[["2024", "2025"], ["register_no", "status"]].to_csv("outcomes.csv", index=False)

    def run(self, wanted: list[Case]) -> None:
        """Run the cases; say which of their spellings counted."""
        spelled = {}
        for case in wanted:
            before, target = self.files(), self.results / case.name
            for form, extra in case.forms.items():
                if case.spellings == [["STORE"]]:
                    self.keep_store(self.work / "mlruns", target)
                    break
                for number, args in enumerate(case.spellings):
                    spelled[case.name], ran = number, placement(*args, *extra)
                    if ran.code != 2:
                        break
                said = {"exit": f"{ran.code}\n", "stdout": ran.out, "stderr": ran.err}
                for name, text in said.items():
                    self.keep(text.encode(), target / form / name)
            for path, seen in self.files().items():
                if before.get(path) != seen:
                    self.keep(path.read_bytes(), target / "files" / path.relative_to(self.work))
        os.chdir(self.results)
        shutil.rmtree(self.work)
        (self.results / "spelled.json").write_text(json.dumps(spelled), "utf-8")

    def files(self) -> dict[Path, int]:
        """Return the files in the folder, with the time of their last change."""
        tops = [top for top in self.work.iterdir() if top.name not in {"mlruns", "cache", "real"}]
        found = [path for top in tops for path in (top, *top.rglob("*")) if path.is_file()]
        return {path: path.stat().st_mtime_ns for path in found}

    def keep(self, content: bytes, target: Path) -> None:
        """Write what a file held, masked; a workbook becomes a folder."""
        if zipfile.is_zipfile(packed := io.BytesIO(content)):
            with zipfile.ZipFile(packed) as members:
                for name in members.namelist():
                    self.keep(members.read(name), target / name)
            return
        with contextlib.suppress(UnicodeDecodeError):
            text = content.decode()
            for folder, word in self.paths.items():
                text = text.replace(folder, word)
            for name, (pattern, word) in MASKED.items():
                if name != "progress" or target.name == "stderr":
                    text = re.sub(pattern, word, text)
            content = text.encode()
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)

    def keep_store(self, store: Path, target: Path) -> None:
        """Keep what MLflow holds: settings, tags, curves, aliases, and the files of every run."""
        if not (store / "mlflow.db").is_file():
            return
        with sqlite3.connect(store / "mlflow.db") as database:
            told, owners = database.execute(STORED).fetchall(), dict(database.execute(OWNERS))
        document = {".".join(map(str, own[:4])): own[4] for own in told}
        self.keep(json.dumps(document).encode(), target / "store.json")
        for path in (store / "artifacts").rglob("*"):
            parts = path.relative_to(store / "artifacts").parts
            if path.is_file() and "code" not in parts:
                self.keep(path.read_bytes(), target.joinpath(*(owners.get(p, p) for p in parts)))


@dataclass(frozen=True)
class Difference:
    """Where two results differ, how that is told, and of what kind it is."""

    place: str
    told: str
    kind: str = "other"
    pair: tuple[Any, Any] = (None, None)

    @property
    def folder(self) -> str:
        """The folder of the file."""
        return self.place.partition(":")[0].rpartition("/")[0]


def relative(a: Any, b: Any) -> float:
    """Return how far two values are apart; infinite where they are no fractions."""
    if type(a) is not float or type(b) is not float:
        return 0.0 if type(a) is type(b) and a == b else math.inf
    return 0.0 if a == b else abs(a - b) / max(abs(a), abs(b))


def leaves(place: str, value: Any) -> Iterator[tuple[str, Any]]:
    """Yield every plain value of a document with its path."""
    if value and isinstance(value, dict | list):
        dot = "" if place.endswith(":") else "."
        for key, inner in value.items() if isinstance(value, dict) else enumerate(value):
            yield from leaves(f"{place}{dot}{key}", inner)
    else:
        yield place, value


def unequal(old: dict[str, Any], new: dict[str, Any]) -> Iterator[Difference]:
    """Yield where two documents differ, as their plain values by path."""
    for place in dict.fromkeys([*old, *new]):
        a, b = old.get(place, "(none)"), new.get(place, "(none)")
        if gap := relative(a, b):
            digests = all(re.fullmatch("[0-9a-f]{64}", str(own)) for own in (a, b))
            kind = "checksum" if digests else "float" if gap <= TOLERANCE else "other"
            size = f" (relative difference {gap:.1e})" if gap < math.inf else ""
            yield Difference(place, f"{a!r:.150} -> {b!r:.150}{size}", kind, (a, b))


def moves_to(place: str, moves: Moves) -> str:
    """Return where a value of OLD stands in NEW."""
    for pattern, replacement in moves:
        place = re.sub(pattern, replacement, place)
    return place


def document_of(content: bytes) -> Any:
    """Return the content of JSON or of a file of tensors; None for anything else."""
    with contextlib.suppress(ValueError, SafetensorError):
        if content[:1] in {b"{", b"["}:
            return json.loads(content)
        return {name: own.tolist() for name, own in tensors(content).items()}
    return None


def document_at(file: Path, other: Any) -> Any:
    """Return a document of OLD; of a bundle in an earlier format, as NEW would write it again."""
    document = document_of(file.read_bytes())
    bundles = file.name == "fitted.json" and isinstance(document, dict) and other is not None
    if not bundles or document["format"] == other["format"]:
        return document
    from placement.model.fitted import load_fitted

    again = {**document, **load_fitted(file.parent).document, "format": other["format"]}
    return json.loads(json.dumps(again))


def differences(place: str, old: Path, new: Path, moves: Moves) -> Iterator[Difference]:
    """Yield where two files differ; one of them may be missing."""
    if not (old.is_file() and new.is_file()):
        yield Difference(place, f"only in {'OLD' if old.is_file() else 'NEW'}")
        return
    a, b = old.read_bytes(), new.read_bytes()
    if a == b:
        return
    documents = document_at(old, document_of(b)), document_of(b)
    if documents[0] is not None and documents[1] is not None:
        before, after = (dict(leaves(f"{place}:", own)) for own in documents)
        moved = {moves_to(path, moves): value for path, value in before.items()}
        if len(moved) < len(before):
            yield Difference(place, "--allow moves two values of OLD to one place")
        same = "equal values, in another order or written in another way"
        kind = "other" if moved.keys() == before.keys() else "allowed"
        yield from list(unequal(moved, after)) or [Difference(place, same, kind)]
        return
    texts = [content.decode(errors="replace") for content in (a, b)]
    parts = [re.split(r"(-?\d+\.\d+(?:e[+-]?\d+)?)", text) for text in texts]
    if parts[0][::2] == parts[1][::2]:
        worst = max(map(relative, *(map(float, own[1::2]) for own in parts)), default=math.inf)
        if worst <= TOLERANCE:
            yield Difference(place, f"numbers, by at most {worst:.1e} of their size", "float")
            return
    one, other = (text.splitlines() for text in texts)
    lines = list(difflib.unified_diff(one, other, n=0, lineterm=""))[2:]
    more = [f"... {len(lines) - 8:,} more lines"] if len(lines) > 8 else []
    yield Difference(place, "\n      ".join(["", *(line[:150] for line in lines[:8]), *more]))


def compared(old: Path, new: Path, wanted: list[Case], moves: Moves) -> list[Difference]:
    """Return all differences; the results of one side may be missing."""
    found: list[Difference] = []
    for case in wanted:
        sides = [side / case.name for side in (old, new)]
        paths = {p.relative_to(side) for side in sides for p in side.rglob("*") if p.is_file()}
        for path in sorted(paths):
            place = f"{case.name}/{path.as_posix()}"
            found += differences(place, sides[0] / path, sides[1] / path, moves)
    return found


def shown(found: list[Difference], allowed: list[str], most: int) -> bool:
    """Print the differences by kind; return whether there are none but those to be expected."""
    kinds: dict[str, list[Difference]] = {"other": [], "float": [], "checksum": [], "allowed": []}
    # The checksum of a bundle follows from what else differs in it, and may stand elsewhere too.
    changed = {one.folder for one in found if one.kind != "checksum"}
    bundles = [one for one in found if re.search(r"/fitted\.json:(weights_)?digest$", one.place)]
    follow = {one.pair for one in bundles if one.folder in changed}
    for one in found:
        kind = "other" if one.kind == "checksum" and one.pair not in follow else one.kind
        expected = any(fnmatchcase(one.place, pattern) for pattern in allowed)
        kinds["allowed" if expected else kind].append(one)
    for kind, own in kinds.items():
        print(f"{kind}: {len(own):,}")
        alike: dict[str, list[Difference]] = {}  # the same path, but for numbers of places
        for one in own:
            file, _, path = one.place.partition(":")
            name = re.sub(r"([.:])\d+\b", r"\1*", f"{Path(file).name}:{path}")
            name = name if path else one.place
            alike.setdefault(name, []).append(one)
        for first, *others in list(alike.values())[:most]:
            more = f" (and {len(others):,} like it)" if others else ""
            print(f"  {first.place}{more}  {first.told}")
        if len(alike) > most:
            print(f"  ... {len(alike) - most:,} more: see --most")
    return not kinds["other"]


def launched(checkout: Path, side: str, asked: argparse.Namespace, folder: Path) -> Any:
    """Start the process that runs all cases in one checkout."""
    own = checkout / ".venv" / "bin" / "python"
    python = asked.python or (own if own.exists() else sys.executable)
    shutil.rmtree(folder / side, ignore_errors=True)
    settings = {"PYTHONPATH": str(checkout), "COLUMNS": "100", "NO_COLOR": "1", "TZ": "UTC"}
    settings |= {"MPLBACKEND": "Agg", "GIT_CEILING_DIRECTORIES": str(folder)}
    settings |= dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("MLFLOW_", "PLACEMENT_"))}
    command = [str(python), __file__, *sys.argv[1:], "--save", str(folder), "--drive", side]
    return subprocess.Popen(command, env=kept | settings, stdin=subprocess.DEVNULL)


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("old", type=Path, help="a checkout, or DIR/old of an earlier --save DIR")
    parser.add_argument("new", type=Path, help="the checkout to compare with it")
    parser.add_argument("real", type=Path, nargs="?", help="folder of files for real_files.py")
    parser.add_argument("--quick", action="store_true", help="only the commands with a star")
    parser.add_argument("--only", default="*", metavar="PATTERN", help="only cases of such names")
    parser.add_argument("--allow", type=Path, metavar="FILE", help="patterns of what may differ")
    parser.add_argument("--most", type=int, default=40, help="differences to print of each kind")
    parser.add_argument("--save", type=Path, metavar="DIR", help="keep the results here")
    parser.add_argument("--python", type=Path, metavar="FILE", help="interpreter of both")
    parser.add_argument("--drive", choices=("old", "new"), help=argparse.SUPPRESS)
    asked = parser.parse_args()
    real = asked.real.resolve() if asked.real else None
    sides = {"old": asked.old.resolve(), "new": asked.new.resolve()}
    wanted = cases(asked.only, quick=asked.quick, real=real is not None)
    if asked.drive:
        own = Driver(sides[asked.drive], asked.save / asked.drive)
        own.prepare(sides["new"] / "data", real)
        own.run(wanted)
        return 0
    start = time.perf_counter()
    with tempfile.TemporaryDirectory() as scratch:
        results = (asked.save or Path(scratch)).resolve()
        jobs = {}
        for side, checkout in sides.items():
            if (checkout / "placement").is_dir():
                jobs[side] = launched(checkout, side, asked, results)
                sides[side] = results / side
        if sum(abs(job.wait()) for job in jobs.values()) or not wanted:
            print("no comparison: a checkout could not run the cases, or there are none")
            return 2
        one, other = (json.loads((own / "spelled.json").read_text()) for own in sides.values())
        differently = [name for name in one if other.get(name, one[name]) != one[name]]
        print(f"cases spelled differently in OLD and NEW: {', '.join(differently) or 'none'}")
        allowed = asked.allow.read_text("utf-8").split("\n") if asked.allow else []
        moves = [
            (one, other)
            for one, arrow, other in (line.partition(" => ") for line in allowed)
            if arrow
        ]
        found = compared(sides["old"], sides["new"], wanted, moves)
        good = shown(found, allowed, asked.most)
    print(f"{len(wanted)} cases, {time.perf_counter() - start:.0f} s; masked: {', '.join(MASKED)}")
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
