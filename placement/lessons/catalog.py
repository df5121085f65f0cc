"""The lessons by name, and how one is run."""

from collections.abc import Mapping
from importlib import import_module
from operator import attrgetter
from pkgutil import iter_modules
from typing import Any

from placement.errors import UsageError, did_you_mean
from placement.lessons import course
from placement.lessons.definition import Lesson
from placement.lessons.result import LessonResult


def _lessons() -> dict[str, Lesson]:
    """Return the `LESSON` of each module of the course, so that a new one is one new file."""
    names = [f"{course.__name__}.{module.name}" for module in iter_modules(course.__path__)]
    lessons: list[Lesson] = [import_module(name).LESSON for name in names]
    return {lesson.name: lesson for lesson in sorted(lessons, key=attrgetter("order"))}


LESSONS: Mapping[str, Lesson] = _lessons()


def lesson(name: str, **inputs: Any) -> LessonResult:
    """Run a lesson, with its defaults where no inputs are given. Raises UsageError.

    >>> lesson("square", x=3)["dy_dx"]
    6.0
    """
    if str(name) not in LESSONS:
        raise UsageError(
            f"there is no lesson {name!r}{did_you_mean(str(name), LESSONS)}: {', '.join(LESSONS)}"
        )
    specs = LESSONS[name].inputs
    for key in inputs:
        if key not in specs:
            options = ", ".join(f"--{option}" for option in specs)
            raise UsageError(f"the lesson {name} has no --{key}; it takes {options}")
    values = {key: spec.parse(key, inputs.get(key, spec.default)) for key, spec in specs.items()}
    return LessonResult(LESSONS[name], values, LESSONS[name].compute(**values))
