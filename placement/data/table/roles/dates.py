"""Columns of dates, in whatever order, language or form: when something was, never a measurement.

A serial number of Excel is a date by the column's name alone, since fees lie in that range too.
"""

import re
import unicodedata

from placement.data.columns.column import Column
from placement.data.columns.column_summary import ColumnSummary
from placement.data.columns.raw_column import NUMBER_SHARE, CategoricalColumn
from placement.data.names.quantities import means_date
from placement.data.schema import word_set
from placement.model.scorer import MISSING_NUMBERS

_MONTHS = word_set(
    "january february march april may june july august september october november december sept "
    "janvier fevrier mars avril mai juin juillet aout septembre octobre novembre decembre "
    "januar jaenner februar marz maerz juni juli oktober dezember okt dez mrz "
    "enero febrero marzo abril mayo junio julio agosto septiembre setiembre octubre noviembre "
    "diciembre ene ago dic janeiro fevereiro marco maio junho julho setembro outubro novembro "
    "dezembro fev abr set out gennaio febbraio aprile maggio giugno luglio settembre ottobre "
    "dicembre gen mag giu lug ott januari februari maret mei agustus desember agu des ags "
    "янв фев мар апр мая июн июл авг сен окт ноя дек "
    "يناير فبراير مارس أبريل مايو يونيو يوليو أغسطس سبتمبر أكتوبر نوفمبر ديسمبر "
    "जनवरी फरवरी मार्च अप्रैल मई जून जुलाई अगस्त सितंबर सितम्बर अक्टूबर नवंबर नवम्बर दिसंबर दिसम्बर"
)
_SHORT = frozenset(month[:3] for month in _MONTHS if month.isascii())
_DAY, _YEAR = r"(?:0?[1-9]|[12]\d|3[01])", r"(?:\d{4}|'?\d{2})"
_TIME = r"(?:[t ,]+\d{1,2}[:.]\d{2}\b.*)?"
_NUMERIC = re.compile(
    rf"(?:\d{{4}}([-/. ]){_DAY}\1{_DAY}|{_DAY}([-/. ]){_DAY}\2{_YEAR}){_TIME}"
    rf"|\d{{4}} ?年 ?\d{{1,2}} ?月(?: ?\d{{1,2}} ?日)?{_TIME}"
)
_NAMED = re.compile(
    r"(?:[^\W\d]+\.?,? +)?"  # the day of the week
    rf"(?:{_DAY}(?:st|nd|rd|th|er|º|\.)?[-/ .]*(?:de |of )?(?P<month>[^\W\d]+)\.?(?:[-/ .,]|de )*"
    rf"(?:{_YEAR})?|(?P<first>[^\W\d]+)\.?[-/ ]*(?:{_DAY}(?:st|nd|rd|th)?,? +)?{_YEAR}){_TIME}"
)
_SERIALS, _COMPACT = (10_000, 80_000), (19_000_101, 21_001_231)
_YEARLESS = 8  # so many days without a year are dates: "20-Oct" among few may have been "10-20"


def date_reason(column: Column, summary: ColumnSummary) -> str | None:
    """Say that a column holds dates; else None."""
    raw, named = column.raw, means_date(column.name)
    if column.kind == "number":
        serial = any(
            low <= summary.low and summary.high <= high for low, high in (_SERIALS, _COMPACT)
        )
        return "a date" if named and summary.non_missing and serial else None
    if not isinstance(raw, CategoricalColumn):
        return None
    texts = [
        (_plain(text), int(rows))
        for text, rows in zip(raw.texts, raw.counts, strict=True)
        if rows and text.strip().casefold() not in MISSING_NUMBERS
    ]
    rows = sum(number for _, number in texts)
    dates = [(text, number) for text, number in texts if is_date(text)]
    if not rows or sum(number for _, number in dates) < NUMBER_SHARE * rows:
        return None
    yearless = not any(re.search(r"\d\D+\d", text) for text, _ in dates)
    return None if yearless and not named and len(dates) < _YEARLESS else "a date"


def _plain(text: str) -> str:
    """Return a text without accents, its digits those of ASCII."""
    if text.isascii():
        return text.strip().casefold()
    parts = unicodedata.normalize("NFD", text.casefold())
    return "".join(
        str(unicodedata.decimal(c)) if c.isdecimal() else c
        for c in parts
        if not "\u0300" <= c <= "\u036f"
    ).strip()


def is_date(text: str) -> bool:
    """Whether a plain text is a date: 2003-05-17, 5/17/03 10:30, 17-may-2003, may 2003."""
    if not any(c.isdigit() for c in text):
        return False
    if _NUMERIC.fullmatch(text):
        return True
    named = _NAMED.fullmatch(text)
    month = named and (named["month"] or named["first"])
    return bool(month) and (month in _MONTHS or month in _SHORT)
