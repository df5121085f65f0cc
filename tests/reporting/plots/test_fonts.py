"""Names in any script: drawn where a font has the letters, never as boxes."""

import warnings

import pytest
from fontTools.fontBuilder import FontBuilder
from fontTools.pens.ttGlyphPen import TTGlyphPen
from matplotlib.font_manager import fontManager

from placement.reporting.plots import fonts
from placement.reporting.plots.training_plots import coefficient_plot, write_pictures

HINDI, TAMIL = "कुल प्राप्तांक", "மதிப்பெண்"


@pytest.fixture
def no_other_font(monkeypatch):
    """Only the fonts that come with matplotlib, whatever this machine has."""
    own = [entry for entry in fontManager.ttflist if entry.name.startswith("DejaVu")]
    monkeypatch.setattr(fontManager, "ttflist", own)
    fonts.fonts_for.cache_clear()
    yield
    fonts.fonts_for.cache_clear()


@pytest.fixture
def hindi_font(no_other_font, tmp_path):
    """A font with nothing but a bar for each letter of a Hindi name."""
    builder = FontBuilder(1000, isTTF=True)
    pen = TTGlyphPen(None)
    pen.moveTo((100, 0))
    for point in ((100, 700), (500, 700), (500, 0)):
        pen.lineTo(point)
    pen.closePath()
    letters = {ord(letter): "bar" for letter in HINDI if letter != " "}
    builder.setupGlyphOrder([".notdef", "bar"])
    builder.setupCharacterMap(letters)
    builder.setupGlyf({".notdef": TTGlyphPen(None).glyph(), "bar": pen.glyph()})
    builder.setupHorizontalMetrics({".notdef": (600, 0), "bar": (600, 100)})
    builder.setupHorizontalHeader(ascent=800, descent=-200)
    builder.setupNameTable({"familyName": "Hindi of a test", "styleName": "Regular"})
    builder.setupOS2()
    builder.setupPost()
    builder.save(tmp_path / "hindi.ttf")
    fontManager.addfont(tmp_path / "hindi.ttf")
    return "Hindi of a test"


def drawn(*names):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        return coefficient_plot(["cgpa", *names], range(1, len(names) + 2))


def test_names_are_drawn_with_an_installed_font_that_has_their_letters(hindi_font):
    assert drawn(HINDI).names == {}
    assert fonts.fonts_for(frozenset(HINDI.replace(" ", ""))) == (hindi_font,)
    assert drawn(HINDI) != drawn("name 1")


@pytest.mark.usefixtures("no_other_font")
def test_a_name_that_no_font_has_is_a_number_whose_meaning_is_said():
    picture = drawn(HINDI, f"{TAMIL} 3 {TAMIL}", "Средний балл")
    assert picture.names == {"name 1": f"{TAMIL} 3 {TAMIL}", "name 2": HINDI}
    assert picture == drawn("name 2", "name 1", "Средний балл")


@pytest.mark.usefixtures("no_other_font")
def test_the_names_behind_the_numbers_stand_beside_the_picture(tmp_path):
    write_pictures(tmp_path, {"weights": drawn(HINDI), "plain": drawn("aptitude")})
    assert (tmp_path / "weights.txt").read_text("utf-8") == f"name 1: {HINDI}\n"
    assert not (tmp_path / "plain.txt").exists()
