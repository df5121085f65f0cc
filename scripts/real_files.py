"""Try `placement train` on real placement files written by others, and say whether each behaves.

    python scripts/real_files.py DIR [--json]

DIR holds one folder a file. What each file should do, and the figures of an unpenalised
statsmodels fit to be reproduced, stand in `CASES`. One line a file; exit 1 if any fails.
The commands run in this process: starting torch anew 60 times would take minutes.
"""

import argparse
import contextlib
import csv
import io
import json
import os
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

Options = tuple[str, ...]
ALL_BUT_LAST = ("*",)


@dataclass(frozen=True)
class Reference:
    """A statsmodels fit without penalty on these columns, in-sample."""

    features: tuple[str, ...]
    log_loss: float
    accuracy: float
    options: Options = ()


@dataclass(frozen=True)
class Case:
    """What one file should do. `refused`: a phrase of the reason, where it is to be refused."""

    path: str
    options: Options = ()
    refused: str | None = None
    reference: Reference | None = None
    separable: bool = False
    kept: tuple[str, ...] = ()
    dropped: tuple[str, ...] = ()
    better: bool | None = None
    warned: str | None = None
    first_refused: str | None = None  # the reason without the options
    aliased: tuple[tuple[str, ...], int] | None = None  # of these columns, so many at --l2 0


def _grades(log_loss: float, accuracy: float, *features: str, options: Options = ()) -> Reference:
    return Reference(features, log_loss, accuracy, options)


HEADERLESS = "Age,Gender,Stream,Internships,CGPA,Hostel,HistoryOfBacklogs,PlacedOrNot"
UFRGS = (
    *("Female", "Male", "Physics", "Biology", "History", "Second_Language", "Geography"),
    *("Literature", "Portuguese_and_Essay", "Math", "Chemistry", "GPA"),
)
COLLEGE = ("Age", "Internships", "CGPA", "Hostel", "HistoryOfBacklogs")

CASES = (
    Case(
        "campusx-cgpa-iq-lf/placement.csv",
        kept=("cgpa",),
        reference=_grades(0.14001059, 0.9, "cgpa", "iq"),
    ),
    Case(
        "score-placed-100-bsd/Placement2.csv",
        kept=("Cgpa",),
        reference=_grades(0.14001059, 0.9, "Cgpa", "Score"),
    ),
    Case(
        "score-placed-1000-bsd/student_placement.csv",
        better=False,
        reference=_grades(0.69222692, 0.535, "cgpa", "Score"),
    ),
    Case(
        "score-placed-1000-gpl/placement_data.csv",
        reference=_grades(0.59781668, 0.647, "cgpa", "resume_score"),
    ),
    Case(
        "campusx-resume-score-100/placement.csv",
        kept=("cgpa",),
        reference=_grades(0.06618030, 0.97, "cgpa", "resume_score"),
    ),
    Case(
        "campusx-decimal-comma-missing/modified_placement_data.csv",
        kept=("cgpa",),
        reference=_grades(0.12763669, 0.9263, "cgpa", "iq", options=("--missing", "drop")),
    ),
    Case("yes-no-101-dups/placement_data.csv", kept=("CGPA",), separable=True),
    Case("tiny-whitespace-tail/placement.csv", kept=("CGPA",), separable=True, warned="8 "),
    Case("campusx-cgpa-package-bsd/placement.csv", refused="target"),
    Case("xlsx-cgpa-package-mit/placement.xlsx", refused="target"),
    Case(
        "campus-recruitment/Placement_Data.csv",
        better=True,
        dropped=("salary", "sl_no"),
        reference=_grades(0.29798020, 0.8465, "ssc_p", "hsc_p", "degree_p", "etest_p", "mba_p"),
    ),
    Case(
        "campus-recruitment-xlsx/placement.xlsx",
        kept=("CGPA",),
        reference=_grades(0.29798020, 0.8465, "ssc_p", "hsc_p", "CGPA", "etest_p", "Masters"),
    ),
    Case("college-place/collegePlace.csv", reference=_grades(0.44874099, 0.7707, *COLLEGE)),
    Case(
        "college-place-headerless/collegePlace.csv",
        options=("--names", HEADERLESS),
        first_refused="--names",
        reference=_grades(0.44872351, 0.7701, "Age", "Gender", *COLLEGE[1:]),
    ),
    Case(
        "college-place-trailing-empty-cols/collegePlace.csv",
        reference=_grades(0.44874099, 0.7707, *COLLEGE),
    ),
    Case(
        "placementdata-10k/placementdata.csv",
        dropped=("StudentID",),
        reference=_grades(
            *(0.44914040, 0.7939, "CGPA", "Internships", "Projects", "Workshops/Certifications"),
            *("AptitudeTestScore", "SoftSkillsRating", "SSC_Marks", "HSC_Marks"),
        ),
    ),
    Case(
        "placement-2500/student_placement_data.csv",
        reference=_grades(
            *(0.22668409, 0.9032, "cgpa", "internships", "projects", "backlogs"),
            *("coding_score", "comm_score", "dsa_score", "webdev_score"),
        ),
    ),
    Case(
        "ufrgs-gpa-43k-headerless/gpa_regression_dataset.csv",
        options=("--names", ",".join(UFRGS), "--target", "GPA", "--positive", ">=3"),
        first_refused="--names",
        aliased=(UFRGS[:-1], 1),
        reference=_grades(0.63331339, 0.6406, *UFRGS[2:-1]),
    ),
    Case(
        "uci-dropout-comma-mit/predict_students_dropout_and_academic_success.csv",
        options=("--target", "Target", "--positive", "Graduate"),
        first_refused="--positive",
        reference=Reference(ALL_BUT_LAST, 0.22691151, 0.9171, ("--negative", "Dropout")),
    ),
    Case(
        "lower-yes-no-625/placement_data.csv",
        options=("--target", "target"),
        aliased=(("SIE", "APT", "GD", "PI", "ten", "puc", "deg"), 2),  # ten = puc = deg
    ),
    Case("separable-6k-20col/student_placement_dataset.csv", separable=True),
)


@dataclass(frozen=True)
class Ran:
    """How a command ended."""

    code: int
    out: str
    err: str

    @property
    def document(self) -> dict[str, Any]:
        """The JSON on standard output; empty where there is none."""
        with contextlib.suppress(ValueError):
            return dict(json.loads(self.out))
        return {}


@dataclass
class Verdict:
    """What happened to one file, and what was wrong with it."""

    file: str
    happened: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    seconds: float = 0.0

    def expect(self, holds: bool, said: str, otherwise: str) -> None:
        """Note `said` where it holds, else what is wrong."""
        (self.happened if holds else self.wrong).append(said if holds else otherwise)


def placement(*arguments: str) -> Ran:
    """Run the command line in this process and catch all it writes."""
    from placement.cli import run

    out, err = (io.TextIOWrapper(io.BytesIO(), "utf-8", write_through=True) for _ in range(2))
    argv, sys.argv = sys.argv, ["placement", *arguments]
    try:
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            code = run()
    except Exception as defect:  # noqa: BLE001  one file's defect must not hide the others
        code = 1
        err.write(f"{type(defect).__name__}: {defect}\n")
    finally:
        sys.argv = argv
    written = [stream.buffer.getvalue().decode() for stream in (out, err)]
    return Ran(code, *written)


def train(path: Path, *options: str) -> Ran:
    return placement("train", str(path), *options, "--no-track", "--json")


def last_line(ran: Ran) -> str:
    lines = [line for line in ran.err.splitlines() if line.strip()]
    return f"exit {ran.code}: {lines[-1] if lines else 'nothing said'}"


def refused(ran: Ran, phrase: str) -> bool:
    return ran.code == 3 and phrase in ran.err and "Traceback" not in ran.err


def judge(folder: Path, case: Case) -> Verdict:
    """Run everything that is stated of one file."""
    path, verdict, start = folder / case.path, Verdict(case.path), time.perf_counter()
    if not path.is_file():
        verdict.wrong.append("no such file")
        return verdict
    if case.refused:
        ran = train(path)
        said = f"refused: {case.refused!r}"
        verdict.expect(refused(ran, case.refused), said, f"not {said} but {last_line(ran)}")
    else:
        judge_training(path, case, verdict)
        for check in (judge_first, judge_reference, judge_separable, judge_aliased):
            check(path, case, verdict)
    verdict.seconds = round(time.perf_counter() - start, 2)
    return verdict


def judge_training(path: Path, case: Case, verdict: Verdict) -> None:
    """It trains with its options; columns, warnings and skill are as stated."""
    ran = train(path, *case.options)
    done = ran.document
    verdict.expect(ran.code == 0 and bool(done), "trains", f"does not train: {last_line(ran)}")
    if not done:
        return
    gone = {item["column"] for item in done["dropped"]}
    for name in case.kept:
        verdict.expect(name in done["features"], f"keeps {name}", f"{name} is no feature")
    for name in case.dropped:
        verdict.expect(name in gone, f"drops {name}", f"{name} is not dropped")
    if case.warned:
        warned = any(case.warned in warning for warning in done["warnings"])
        verdict.expect(warned, "warns", f"no warning of {case.warned!r}: {done['warnings']}")
    if case.better is not None:
        better = done["skill"]["verdict"] == "better"
        said = "beats the base rate" if better else "knows nothing"
        verdict.expect(better == case.better, said, f"wrongly {said}")


def judge_first(path: Path, case: Case, verdict: Verdict) -> None:
    """Without the options it is refused, and the reason shows the way."""
    if case.first_refused:
        ran, hint = train(path), case.first_refused
        said = f"refused without {hint}"
        verdict.expect(refused(ran, hint), said, f"not {said} but {last_line(ran)}")


def judge_reference(path: Path, case: Case, verdict: Verdict) -> None:
    """The unpenalised fit has statsmodels' log-loss and accuracy."""
    reference = case.reference
    if reference is None:
        return
    features = header(path)[:-1] if reference.features == ALL_BUT_LAST else reference.features
    given = ("--features", record(features), "--l2", "0", "--test-size", "0")
    ran = train(path, *case.options, *reference.options, *given)
    done = ran.document
    if ran.code or not done:
        verdict.wrong.append(f"no reference fit: {last_line(ran)}")
        return
    loss, accuracy = done["train_loss"], done["metrics"]["accuracy"]
    met = abs(loss - reference.log_loss) <= 1e-6
    said = f"log-loss {loss:.8f}"
    verdict.expect(met, said, f"{said}, wanted {reference.log_loss:.8f} ({done['stopped']})")
    met = abs(accuracy - reference.accuracy) <= 5.1e-5
    verdict.expect(met, f"accuracy {accuracy:.4f}", f"accuracy {accuracy:.4f} differs")


def judge_separable(path: Path, case: Case, verdict: Verdict) -> None:
    """Without a penalty it is refused, for its classes can be separated."""
    if case.separable:
        ran = train(path, *case.options, "--l2", "0")
        verdict.expect(refused(ran, "separa"), "separable", f"not separable: {last_line(ran)}")


def judge_aliased(path: Path, case: Case, verdict: Verdict) -> None:
    """Columns that others determine have no coefficient at --l2 0."""
    if case.aliased:
        columns, count = case.aliased
        ran = train(path, *case.options, "--features", record(columns), "--l2", "0")
        found = [
            c["feature"] for c in ran.document.get("coefficients", []) if c["coefficient"] is None
        ]
        said = f"aliases {', '.join(found) or 'nothing'}"
        verdict.expect(len(found) == count, said, f"{said}, wanted {count}: {last_line(ran)}")


def header(path: Path) -> list[str]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return [name.strip() for name in next(csv.reader(file))]


def record(names: tuple[str, ...] | list[str]) -> str:
    """Names as one CSV record."""
    text = io.StringIO()
    csv.writer(text, lineterminator="").writerow(names)
    return text.getvalue()


@contextlib.contextmanager
def elsewhere() -> Iterator[None]:
    """Work in an empty directory, so that no settings file is picked up and nothing is left."""
    before = Path.cwd()
    with tempfile.TemporaryDirectory() as directory:
        os.chdir(directory)
        try:
            yield
        finally:
            os.chdir(before)


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("directory", type=Path, help="the folder of real files")
    parser.add_argument("--json", action="store_true", help="print one JSON document instead")
    asked = parser.parse_args()
    folder = asked.directory.resolve()
    if not folder.is_dir():
        print(f"real_files: {asked.directory}: no such folder", file=sys.stderr)
        return 2
    verdicts = []
    with elsewhere():
        for case in CASES:
            verdict = judge(folder, case)
            verdicts.append(verdict)
            if not asked.json:
                show(verdict)
    good = sum(not verdict.wrong for verdict in verdicts)
    if asked.json:
        print(json.dumps({"format": 1, "good": good, "files": [asdict(v) for v in verdicts]}))
    else:
        print(f"{good} of {len(CASES)} behave as stated")
    return 0 if good == len(CASES) else 1


def show(verdict: Verdict) -> None:
    name, _, _ = verdict.file.partition("/")
    facts = "; ".join([*(f"WRONG {fact}" for fact in verdict.wrong), *verdict.happened])
    word = "FAILED" if verdict.wrong else "ok"
    print(f"{name:34} {word:6} {verdict.seconds:4.1f} s  {facts}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
