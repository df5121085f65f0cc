"""Which columns a student can still change, and which way is the better one, by their names.

Never past marks (school, an earlier degree) and never a personal attribute: advice about those is
none. A figure of the present such as the CGPA, a test, internships or projects can be raised, an
active backlog can be cleared.
"""

from collections.abc import Sequence
from typing import Literal

from placement.data.names.phrases import name_words
from placement.data.names.sensitive import means_sensitive
from placement.data.schema import Feature, Schema, matching_columns
from placement.errors import UsageError

Better = Literal["more", "less"]

_LESS = {"backlog", "backlogs", "arrear", "arrears", "kt", "kts"}
_PAST = {
    "ssc", "hsc", "sslc", "puc", "school", "secondary", "higher", "matric", "matriculation",
    "tenth", "twelfth", "10th", "12th", "10", "12", "x", "xii", "intermediate", "inter", "diploma",
    "degree", "bachelor", "bachelors", "ug", "admission", "entrance", "history", "past", "previous",
    "earlier", "board", "jee", "cat", "gate",
}  # fmt: skip
_GRADES = {"cgpa", "gpa", "sgpa", "cpi", "spi", "mba", "semester"}
_TESTS = {
    "test", "tests", "etest", "exam", "aptitude", "score", "scores", "coding", "dsa", "skill",
    "skills", "softskills", "mock", "communication", "comm", "resume", "webdev",
}  # fmt: skip
_DEEDS = {
    "internship", "internships", "project", "projects", "certification", "certifications",
    "certificate", "certificates", "workshop", "workshops", "course", "courses", "hackathon",
    "hackathons", "publication", "publications", "training", "extracurricular", "activities",
}  # fmt: skip
_PERSONAL = {"iq", "age", "height", "weight", "hostel", "income", "personality"}


def better(name: str) -> Better:
    """Return whether more of a column is better, or less: fewer backlogs are."""
    return "less" if _LESS & _words(name) else "more"


def changeable(schema: Schema, names: Sequence[str] = ()) -> tuple[Feature, ...]:
    """Return the features a student can change: those named, or those that their names imply.

    Raises DataError for an unknown column, UsageError for a personal attribute.
    """
    by_name = {feature.name: feature for feature in schema.features}
    if not names:
        return tuple(f for f in schema.features if _is_changeable(f.name))
    matched = matching_columns(by_name, list(names), option="--changeable", file="the model")
    for name in matched.values():
        if means_sensitive(name) or _PERSONAL & _words(name):
            raise UsageError(
                f"--changeable {name}: nobody is advised to change a personal attribute"
            )
        if _PAST & _words(name):
            raise UsageError(f"--changeable {name}: nobody can change past marks")
    return tuple(by_name[matched[name]] for name in names)


def _is_changeable(name: str) -> bool:
    words = _words(name)
    if words & (_PAST | _PERSONAL) or means_sensitive(name):
        return False
    return bool(words & (_GRADES | _TESTS | _DEEDS | _LESS))


def _words(name: str) -> set[str]:
    """The words of a name, those without digits at their ends among them."""
    words = name_words(name)
    return {*words, *(word.rstrip("0123456789") for word in words)} - {""}
