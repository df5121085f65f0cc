"""Which column of a file is probably the one that a model knows by another name."""

import difflib
from collections.abc import Iterable, Mapping, Sequence

from placement.data.names.phrases import name_words, phrases, plain, runs

_SAME = {
    "tenth": "x, xth, 10, 10th, ssc, sslc, hslc, matric, matriculation, class 10, class10",
    "twelfth": "xii, xiith, 12, 12th, hsc, hssc, puc, intermediate, class 12, class12, plus two,"
    "higher secondary, senior secondary",
    "backlog": "backlogs, arrear, arrears",
    "internship": "internships, intern, interns",
    "project": "projects",
    "branch": "department, dept, discipline, stream",
    "gender": "sex",
    "cgpa": "cgpas",
    "certification": "certifications, certificate, certificates",
}
_MEANING = {phrase: meaning for meaning, said in _SAME.items() for phrase in phrases(said)}
# What says how it is measured, or nothing; then what only some files need to say.
_UNITS = phrases(
    "p, percentage, percent, perc, pct, pc, marks, mark, score, scores, no, nos, of, number, num,"
    "in, the, your, what, is, are, only, how, many, total, count, std, standard, class, board,"
    "exam, examination, obtained, secured, out, test"
)
_WEAK = phrases("ug, degree, graduation, overall, aggregate, agg, current, till, date, so, far")
_NEAR = 0.8


def equivalents(lacking: Sequence[str], spare: Iterable[str]) -> Mapping[str, str]:
    """Map names that a file lacks to those of its spare columns that say the same, if just one."""
    candidates = list(spare)
    pairs = [
        (name, other) for name in lacking for other in candidates if _core(name) == _core(other)
    ]
    certain = _one_to_one(pairs)
    left = [name for name in lacking if name not in certain]
    free = [name for name in candidates if name not in certain.values()]
    return certain | _one_to_one([(a, b) for a in left for b in free if _is_near(a, b)])


def _one_to_one(pairs: Sequence[tuple[str, str]]) -> dict[str, str]:
    names, others = [a for a, _ in pairs], [b for _, b in pairs]
    return {a: b for a, b in pairs if names.count(a) == 1 and others.count(b) == 1}


def _core(name: str) -> frozenset[str]:
    """Return the words of a name that tell what is measured: `X %` is `tenth`."""
    words = name_words(name)
    glued = {_MEANING[run] for run in runs(words) if run in _MEANING}
    said = {_MEANING.get(word, word) for word in words} | glued
    measured = said - _UNITS or said
    return frozenset(measured - _WEAK or measured)


def means(name: str, meaning: str) -> bool:
    """Whether a name says what a meaning such as `branch` does, by any of its words."""
    return meaning in _core(name)


def may_be_same(name: str, other: str) -> bool:
    """Whether two names may say the same: `SSC` and `10th %`, `CGPA/10` and `cgpa`."""
    short, long = sorted((plain(name), plain(other)), key=len)
    return _core(name) == _core(other) or _is_near(name, other) or long.startswith(short)


def _is_near(name: str, other: str) -> bool:
    return difflib.SequenceMatcher(None, plain(name), plain(other)).ratio() >= _NEAR
