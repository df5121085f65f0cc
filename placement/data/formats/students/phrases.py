"""What people write in rows of a table that are no students: totals, notes, signatures."""

import re

from placement.data.schema import word_set

# A figure of the whole table: a total, an average, what the marks are out of.
_FIGURES = (
    r"(?:sub|grand|over ?all|final|running)?[ -]*totals?|sum|averages?|avg|mean|median|mode|"
    r"min(?:imum)?|max(?:imum)?|std|stdev|s\.? ?d|std\.? ?dev(?:iation)?|standard deviation|"
    r"standard error|variance|range|(?:grand |head ?)?count|counts|highest|lowest|topper|"
    r"out of|full marks|pass(?:ing)? marks?|credits?|weight(?:age)?s?|percentile|"
    r"(?:pass |placement )?(?:percentage|percent|rate|%)|n(?:o|um|umber)s?\.? of|total no|"
    r"strength|summary|statistics|quartile|q[1-3]|"
    # Spanish, Portuguese, French, Italian, German, Indonesian, Turkish, Russian
    r"promedio|suma|media|m[eé]dia|soma|totale|totaux|moyenne|somme|[eé]cart[- ]type|"
    r"m[aá]ximo|m[ií]nimo|desviaci[oó]n(?: est[aá]ndar)?|summe|gesamt|insgesamt|durchschnitt|"
    r"mittelwert|standardabweichung|jumlah|rata[- ]rata|toplam|ortalama|итого|всего|среднее|"
    # Hindi, Arabic, Chinese, Japanese
    r"कुल|योग|औसत|المجموع|المتوسط|المعدل|合计|总计|小计|平均值?|平均分|最高分?|最低分?|总分|合計|満点"
)
_OF_WHAT = (
    r"of|for|in|no|number|marks?|students?|placed|placements?|scores?|strength|appeared|passed|"
    r"eligible|registered|count|value|points?|cgpa|gpa|percentage|offers?|deviation|"
    r"candidates?|applicants?|selected|salary|package|per|\d|general"
)
_WHOSE = (
    r"(?:class|section|branch|batch|college|dept\.?|department|year|page|this page|overall|net|"
    r"the|table|group|course|programme|program|semester|sem|highest|lowest)"
)
FIGURES = re.compile(
    rf"[*#(\[]?(?:{_WHOSE} )?(?:{_FIGURES})"
    rf"(?:\s*[.:=(/%)\-–—\]].*|\s+(?:{_OF_WHAT})\b.*)?|%(?: .*)?",
    re.IGNORECASE | re.DOTALL,
)
# "CSE Average": what it is the average of may be any word. No people are called by these.
LAST_WORD_OF_FIGURES = re.compile(
    r"[^\d,;|\t]+[\s\-–—:(](?:sub ?totals?|totals?|averages?|avg\.?|highest|lowest|maximum|minimum|"
    r"median|std\.? ?dev\.?|strength|percentage|promedio|moyenne|durchschnitt|toplam|jumlah)\)?",
    re.IGNORECASE,
)
# Words of FIGURES that people and places are called as well.
NAMES_TOO = word_set("max min sum mean mode count media range suma")

_BY = r"(?:prepared|checked|verified|approved|compiled|submitted|signed|entered|reviewed|issued|"
_WHO = (
    r"h\.? ?o\.? ?d\.?|head|head of (?:the )?dep.*|principal|dean|director|registrar|"
    r"vice[- ]principal|controller of exam.*|co-?ordinator|tpo|officer|examiner|faculty|seal|"
    r"(?:class|course|section|placement|t ?& ?p|training|tutor|faculty|exam|department|dept\.?) "
    r"(?:teacher|advis[eo]r|co-?ordinator|officer|in-?charge|incharge|head|cell).*"
)
NOTES = re.compile(
    _BY + r"generated|printed|created|exported|downloaded|collected|certified) ?(?:by|on|from|at|"
    r"to|date|:).*|"
    r"\(?(?:signatur|sign(?:ed)?\b|sd ?/).*|"
    rf"\(?(?:{_WHO})\)?(?:[,:/&( -].*)?|"
    r"notes?(?:\s*[:.\-–(*].*|\s+\d.*)?|n\. ?b\b.*|nb ?[:.].*|[*#†‡§].*|"
    r"(?:report|list|file|data|table|document) (?:generated|printed|created|ends?|as o[nf]|date).*|"
    r"-*\s*end(?:s| of .*)?\s*-*|.*\bend of (?:the )?(?:report|list|table|data|file|document)\b.*|"
    r"(?:page|sheet|pg\.?)\s*(?:no\.?)?\s*:?\s*\d+(?:\s*(?:of|/)\s*\d+)?|page|"
    r"this (?:is|report|list|document)\b.*|computer[- ]generated.*|"
    r"(?:source|date|dated|place|legend|key|abbreviations?|remarks?|disclaimer|copyright|contact|"
    r"confidential|updated|last updated|as on|as of|status as|w\.? ?e\.? ?f)(?:\s*[:.(©–-].*|"
    r"\s+(?:on|of|as|at|\d).*)?|©.*|\(?cont(?:d|inued|\.).*|.*\bcont(?:d\.?|inued)\)?[ .…]*|"
    r"total pages.*|[-=_.~*#\s]{3,}",
    re.IGNORECASE | re.DOTALL,
)
TITLES = re.compile(
    r".*\b(?:engineering|engg|technology|sciences?|department|dept|batch|section|class|year|"
    r"semester|sem|branch|group|division|stream|course|programme|session|shift|list of|details|"
    r"summary|statistics|report|results?|students?|college|institute|university|school|"
    r"b\.? ?tech|m\.? ?tech|b\.? ?e|mca|mba|bca|placed|placement|table|annexure|appendix|part)\b.*"
    r"|.*(?:19|20)\d\d.*|.*:",
    re.IGNORECASE | re.DOTALL,
)

# What columns of a table that is not of students are called.
HEADING_WORDS = word_set(
    "branch branches department dept company companies offers offer students student count number "
    "no nos total placed unplaced percentage percent average avg highest lowest name designation "
    "role roles salary package ctc lpa remarks grade marks range category gender year batch "
    "section course strength registered eligible recruiter visited date sno slno srno"
)
