"""Tables of students of several shapes, in which no cell is the work of chance."""

_NAMES = ("Bela C.", "Ravi G.", "Chand R.", "Hari U.", "Mohan B.", "Esha R.", "Farid D.", "Jaya Q.")
_BRANCHES = ("CSE", "ECE", "MECH")
_LEVELS = ("Good", "Average", "Poor")
HEADER = ("Roll No", "Name", "Branch", "CGPA", "Aptitude", "Backlogs", "Placed")


def _student(number: int) -> list[str]:
    cgpa, aptitude = 5 + (number * 37 % 48) / 10 + 0.03, 30 + number * 23 % 61
    placed = "yes" if number * 37 % 48 > 22 else "no"
    name, branch = _NAMES[number * 5 % 8], _BRANCHES[number * 7 % 3]
    return [
        f"22X{5000 + number}", name, branch, f"{cgpa:.2f}", str(aptitude), str(number % 3), placed
    ]  # fmt: skip


FULL = [_student(number) for number in range(40)]

TABLES: dict[str, tuple[tuple[str, ...], list[list[str]]]] = {
    "full": (HEADER, FULL),
    "money": (
        (*HEADER[:6], "Fee", "Placed"),
        [[*s[:6], f"₹ {int(s[4]) * 1217}", s[6]] for s in FULL],
    ),
    "serial": (
        ("S.No", *HEADER[1:]),
        [[str(n + 1), *student[1:]] for n, student in enumerate(FULL)],
    ),
    "numbered": (
        ("roll", "name", "branch", "cgpa", "backlogs", "remarks", "placed"),
        [
            [str(n + 1), *s[1:4], s[5], ("", "Total fees due", "Note: bond", "good")[n % 4], s[6]]
            for n, s in enumerate(FULL)
        ],
    ),
    "anonymous": (
        ("Branch", "CGPA", "Aptitude", "Placed"),
        [[s[2], s[3], s[4], s[6]] for s in FULL],
    ),
    "names": (
        ("Name", "CGPA", "Backlogs", "Placed"),
        [[f"{s[1]}{chr(65 + n // 2)}", s[3], s[5], s[6]] for n, s in enumerate(FULL)],
    ),
    "narrow": (("cgpa", "placed"), [[s[3], s[6]] for s in FULL]),
    "levels": (
        ("Communication", "CGPA", "Backlogs", "Placed"),
        [[_LEVELS[n % 3], s[3], s[5], s[6]] for n, s in enumerate(FULL)],
    ),
    "codes": (
        ("Roll No", "CGPA", "Aptitude", "Placed"),
        [[s[0], s[3], s[4], str(int(s[6] == "yes"))] for s in FULL],
    ),
}


def with_rows(table: str, rows: list[str], at: int = 40) -> tuple[tuple[str, ...], list[list[str]]]:
    """Return a table's names, and its rows with some more (commas between cells) at a position."""
    names, students = TABLES[table]
    more = [(row.split(",") + [""] * len(names))[: len(names)] for row in rows]
    return names, [*students[:at], *more, *students[at:]]
