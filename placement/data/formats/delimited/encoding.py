"""In which encoding a text is written: by its first bytes, else as a detector and words say."""

import codecs
import math
import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

from placement.data.formats.delimited.known_words import LETTERS, WORDS
from placement.data.formats.sources import Source, reading
from placement.errors import DataError

_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),  # begins as UTF-16 does
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
# Codecs that write a byte order mark of their own, at each call.
_WITHOUT_MARK = {"utf-8-sig": "utf-8", "utf-16": "utf-16-le", "utf-32": "utf-32-le"}
# What Excel writes, by the codec that reads it; and the detector's word for it.
_SCRIPTS = {
    "cp1252": "Western European", "cp1250": "Central European", "cp1251": "Cyrillic",
    "cp1253": "Greek", "cp1254": "Turkish", "cp1255": "Hebrew", "cp1256": "Arabic",
    "cp1257": "Baltic", "gb18030": "Chinese, simplified", "cp950": "Chinese, traditional",
    "cp932": "Japanese", "cp949": "Korean",
}  # fmt: skip
_DETECTED = {"big5": "cp950", "big5hkscs": "cp950", "euc_kr": "cp949", "shift_jis": "cp932"}
# UTF-16 text without a BOM: nearly every other byte is zero, and hardly any of the rest.
_MANY, _FEW = 0.4, 0.05
_CONTROLS = bytes({*range(32)} - {*b"\t\n\x0b\x0c\r\x1a"})
_FEW_CONTROLS = 0.01
_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)?")
_SIGN_IN_WORD = re.compile(r"[^\W\d_][^\w\s'’´`.,:;/&()\[\]\"#*+|°ºª…–—·@!?<>=%$€£₹-][^\W\d_]")
# How many times as likely as the next a reading must be, the more so the fewer its words.
_SURE, _SURE_BY_WORD = 1.2, 2.0
_FAVOUR = 1.0  # of cp1252, in nats: it is the most frequent
_MARGIN = 1.5
_STRAY = 0.1
_SHOWN = 3
_RARE = 0.002  # the share of a letter that a language does not have


def said_encoding(name: str, data: bytes) -> tuple[str, bytes]:
    """Return the codec that a user's word means for some data, and the data's byte order mark."""
    codec = codecs.lookup(name).name
    for bom, encoding in _BOMS:
        if data.startswith(bom) and encoding.startswith(codec.removesuffix("-sig")):
            return encoding, bom
    return _WITHOUT_MARK.get(codec, codec), b""


def read_text(
    source: Source, encoding: str | None, said_by: str = "--encoding"
) -> tuple[str, tuple[str, ...]]:
    """Return the text of a whole file, and what is said of its encoding (`encoding` if said)."""
    with reading(source.name), source.open() as stream:
        data = stream.read()
    if encoding is None:
        codec, bom = find_encoding(source.name, data, whole=True)
    else:
        codec, bom = said_encoding(encoding, data)
    try:
        text = data[len(bom) :].decode(codec)
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise not_readable(f"{source.name}, line {line}", codec) from error
    return text, encoding_notes(codec, said_by="" if encoding is None else said_by)


def find_encoding(name: str, data: bytes, *, whole: bool) -> tuple[str, bytes]:
    """Find the encoding of a text, and its byte order mark. `whole`: nothing follows the data.

    Raises `DataError` where it is no text, or where two readings are as plausible.
    """
    for bom, encoding in _BOMS:
        if data.startswith(bom):
            return encoding, bom
    if b"\0" in data:
        wide = _wide_encoding(data)
        if wide is not None:
            return wide, b""
        data = _without_zeros(name, data)
    try:
        # A sample may end amid a character: only a whole file must end with a whole one.
        codecs.getincrementaldecoder("utf-8")().decode(data, final=whole)
    except UnicodeDecodeError as error:
        _refuse_stray_bytes(name, data, error)
        return _legacy_encoding(name, data), b""
    return "utf-8", b""


def encoding_notes(encoding: str, said_by: str = "") -> tuple[str, ...]:
    """Say of a text that is not UTF-8 how it is read."""
    if encoding == "utf-8":
        return ()
    words = encoding + (f" ({_SCRIPTS[encoding]})" if encoding in _SCRIPTS else "")
    if said_by:
        return (f"read as {words}, as {said_by} says",)
    if encoding.startswith("utf"):
        return (f"read as {words}",)
    return (f"not UTF-8, read as {words}; where that is wrong, say --encoding NAME",)


def not_readable(where: str, encoding: str) -> DataError:
    """Return the error of a line that is not of its file's encoding."""
    return DataError(
        f"{where}: not readable as {encoding}: save the file as UTF-8, or say --encoding NAME"
    )


def _wide_encoding(data: bytes) -> str | None:
    half = max(len(data) // 2, 1)
    even, odd = data[::2].count(0) / half, data[1::2].count(0) / half
    if odd > _MANY and even < _FEW:
        return "utf-16-le"
    if even > _MANY and odd < _FEW:
        return "utf-16-be"
    return None


def _without_zeros(name: str, data: bytes) -> bytes:
    """Return a text without the few zero bytes that are astray in it, and those behind it."""
    text = data.rstrip(b"\0")
    if len(text.translate(None, _CONTROLS)) < len(text) * (1 - _FEW_CONTROLS):
        raise DataError(f"{name}: binary data, not a table of text")
    return text.replace(b"\0", b"")


def _refuse_stray_bytes(name: str, data: bytes, error: UnicodeDecodeError) -> None:
    """Refuse what is UTF-8 but for a few bytes: read otherwise, all its words would be wrong."""
    text = data.decode("utf-8", "replace")
    beyond = sum(not character.isascii() for character in text)
    stray = text.count("\ufffd")
    if beyond - stray >= 2 and stray <= _STRAY * beyond:
        line = data.count(b"\n", 0, error.start) + 1
        raise DataError(
            f"{name}, line {line}: bytes that are not UTF-8, as the rest of the file is: "
            "mend that line, or say the encoding of the whole file with --encoding NAME"
        )


@dataclass(frozen=True)
class _Reading:
    """A text as one encoding reads it: its words with a letter beyond ASCII, each once."""

    encoding: str
    confidence: float
    text: str

    @cached_property
    def words(self) -> frozenset[str]:
        words = _WORD.findall(unicodedata.normalize("NFC", self.text))
        return frozenset(word for word in words if not word.translate(_APOSTROPHE).isascii())

    @cached_property
    def known(self) -> int:
        return len(WORDS & {word.casefold() for word in self.words})

    @cached_property
    def has_words(self) -> bool:
        return any(len(word) > 1 for word in self.words)

    @cached_property
    def plausible(self) -> bool:
        """Whether hardly any word mixes scripts, or has a sign amid its letters."""
        odd = sum(_mixes_scripts(word) for word in self.words)
        odd += len(set(_SIGN_IN_WORD.findall(self.text)))
        odd += sum(unicodedata.category(c) in {"Cc", "Co", "Cn"} for c in set(self.text) - _SPACES)
        return odd * 10 <= len(self.words)

    @cached_property
    def letters(self) -> float:
        """The log-likelihood of the letters beyond ASCII in the likeliest language."""
        seen = [_lower(c) for word in self.words for c in word if c.isalpha() and not c.isascii()]
        favour = _FAVOUR if self.encoding == "cp1252" else 0.0
        return favour + max(_log_likelihood(seen, order) for order in LETTERS[self.encoding])

    def example(self) -> str:
        """Show a few words, the longest first."""
        return ", ".join(sorted(self.words, key=lambda word: (-len(word), word))[:_SHOWN])


_APOSTROPHE = str.maketrans("’", "'")
_SPACES = frozenset("\t\r\n\x0b\x0c\x1a")


def _mixes_scripts(word: str) -> bool:
    scripts = {_script(character) for character in word if character.isalpha()}
    return len(scripts) > 1


def _script(letter: str) -> str:
    """Return LATIN, CYRILLIC …; what Japanese and Chinese mix is one."""
    script = unicodedata.name(letter, "?").split()[0]
    return "CJK" if script in {"CJK", "HIRAGANA", "KATAKANA", "KATAKANA-HIRAGANA"} else script


def _lower(letter: str) -> str:
    """Return the small letter; Turkish has two of i, of which Python makes one and a dot."""
    return letter if letter == "İ" else letter.lower()


def _log_likelihood(letters: Sequence[str], order: str) -> float:
    total = sum(1 / rank for rank in range(1, len(order) + 1))
    share = {letter: 1 / rank / total for rank, letter in enumerate(order, start=1)}
    return sum(math.log(share.get(letter, _RARE)) for letter in letters)


def _legacy_encoding(name: str, data: bytes) -> str:
    readings = _readings(data)
    plausible = [reading for reading in readings if reading.plausible] or readings
    if not plausible:
        raise DataError(f"{name}: text in an encoding that was not found: say --encoding NAME")
    if not any(reading.has_words for reading in plausible):
        return "cp1252"  # signs alone: degrees, dashes, quotes
    most = max(reading.known for reading in plausible)
    ranked = _by_letters([reading for reading in plausible if reading.known == most])
    first, others = ranked[0], ranked[1:]
    rival = next((other for other in others if other.words != first.words), None)
    sure = _SURE + _SURE_BY_WORD / max(1, len(first.words))
    if rival is None or first.confidence >= sure * rival.confidence:
        same = {reading.encoding for reading in ranked if reading.words == first.words}
        return "cp1252" if "cp1252" in same else first.encoding
    raise DataError(
        f"{name}: not UTF-8, and two encodings are as likely; choose the one that reads right:\n"
        + "\n".join(f"  --encoding {r.encoding:8} {r.example()}" for r in (first, rival))
    )


def _readings(data: bytes) -> list[_Reading]:
    """Return what the detector proposes, the likeliest first."""
    import chardet

    lines = b"\n".join(dict.fromkeys(line for line in data.splitlines() if not line.isascii()))
    names = [*_SCRIPTS, *_DETECTED]
    proposals = chardet.detect_all(lines, ignore_threshold=True, include_encodings=names)
    readings: dict[str, _Reading] = {}
    for proposal in proposals:
        codec = codecs.lookup(proposal["encoding"] or "ascii").name
        encoding = _DETECTED.get(codec, codec)
        try:
            text = codecs.getincrementaldecoder(encoding)().decode(lines, final=False)
        except UnicodeDecodeError:
            continue
        readings.setdefault(encoding, _Reading(encoding, proposal["confidence"], text))
    return list(readings.values())


def _by_letters(readings: Iterable[_Reading]) -> list[_Reading]:
    """Rank readings; of those in Latin letters only the ones that the letters leave in doubt."""
    ranked = sorted(readings, key=lambda reading: -reading.confidence)
    latin = [reading for reading in ranked if reading.encoding in LETTERS]
    best = max((reading.letters for reading in latin), default=0.0)
    return [r for r in ranked if r not in latin or r.letters > best - _MARGIN]
