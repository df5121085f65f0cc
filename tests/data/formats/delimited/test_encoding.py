"""In which encoding a table is written: marks, a detector, and the words that are known."""

import codecs

import pytest

from placement.config.file_options import FileOptions
from placement.data.formats.table_reader import open_table
from placement.errors import DataError, UsageError

TABLES = [
    ("cp1252", "Prénom,Filière,Placé\nZoé,Génie,Oui\nHélène,Électronique,Non\n"),
    ("cp1252", "Nombre,Placed\nJosé Núñez,Yes\nMaría Peña,No\nIñaki Zúñiga,Yes\n"),
    ("cp1252", "Nome,Situação\nJoão Simões,Sim\nInês Falcão,Não\n"),
    ("cp1252", "Name,Placed\nJürgen Weiß,Yes\nKäthe Größ,No\n"),
    ("cp1250", "Imię,Średnia,Placed\nŁukasz,4.5,Yes\nPaweł,3.5,No\n"),
    ("cp1250", "Name,Placed\nJiří Dvořák,Yes\nLucie Černá,No\n"),
    ("cp1251", "roll,name,placed\n1,Петров Олег,нет\n2,Иванова Анна,да\n"),
    ("cp1251", "Име,Успех,Назначен\nСтоян,5.5,Да\nЦветелина,4.5,Не\n"),
    ("cp1256", "الاسم,المعدل,الحالة\nمحمد,7.5,نعم\nفاطمة,6.5,لا\n"),
    ("gb18030", "姓名,专业,是否就业\n王小明,机械,是\n李娜,土木工程,否\n"),
    ("gb18030", "name,branch,placed\nx,机械,1\ny,计算机,0\n"),
    ("cp950", "姓名,科系,錄取\n林怡君,機械,是\n陳建宏,資訊,否\n"),
    ("cp932", "氏名,学科,内定\n佐藤健,機械,あり\n鈴木花子,電子,なし\n"),
    ("cp949", "이름,전공,취업\n김민수,기계,예\n이영희,전자,아니오\n"),
    ("cp1254", "Adı,Bölüm,Placed\nAyşe Yıldız,İnşaat,Yes\nUğur Işık,Makine,No\n"),
    ("cp1252", "Name,Temp,Fee\nO’Brien,20°,£500\nA – B,25°,½\n"),
]


@pytest.fixture
def written(tmp_path):
    """A function that writes a table in an encoding."""

    def write(text, encoding):
        path = tmp_path / "t.csv"
        path.write_bytes(text if isinstance(text, bytes) else text.encode(encoding))
        return path

    return write


def cells(reader):
    return [reader.names, *zip(*(next(reader.blocks()).columns.values()), strict=True)]


@pytest.mark.parametrize(("encoding", "text"), TABLES)
def test_a_table_is_read_in_its_encoding_and_that_is_said(written, encoding, text):
    reader = open_table(written(text, encoding))
    assert cells(reader) == [tuple(line.split(",")) for line in text.splitlines()]
    assert any(f"not UTF-8, read as {encoding} (" in note for note in reader.notes)


def test_the_same_words_are_read_whichever_encoding_they_stand_in(written):
    text = TABLES[10][1]
    assert cells(open_table(written(text, "gb18030"))) == cells(open_table(written(text, "utf-8")))


def test_of_utf_8_nothing_is_said(written):
    assert open_table(written("a,b\n1,é\n", "utf-8")).notes == ()
    assert open_table(written("a,b\n1,é\n", "utf-8-sig")).notes == ()
    assert open_table(written("a,b\n1,é\n", "utf-16")).notes == ("read as utf-16-le",)


def test_where_two_readings_are_as_plausible_both_are_shown(written):
    path = written("Name,Placed\nTóth Gergő,Yes\nx,No\n", "cp1250")
    with pytest.raises(DataError) as refused:
        open_table(path)
    assert "--encoding cp1250   Gergő, Tóth" in str(refused.value)
    assert "--encoding cp1252   Gergõ, Tóth" in str(refused.value)
    reader = open_table(path, FileOptions(encoding="windows-1250"))
    assert cells(reader)[1] == ("Tóth Gergő", "Yes")
    assert reader.notes == ("read as cp1250 (Central European), as --encoding says",)


def test_a_few_bytes_that_are_not_utf_8_are_refused_by_line(written):
    text = "Prénom,a\n" + "Zoé,1\n" * 20
    with pytest.raises(DataError, match=r"line 2: bytes that are not UTF-8, as the rest"):
        open_table(written(text.encode().replace(b"Zo\xc3\xa9", b"Zo\xe9", 2)[:-1] + b"\n", ""))


def test_a_file_that_is_not_in_the_encoding_that_is_said_is_refused(written):
    path = written("a,b\n1,x\n2,Zoë\n", "cp1252")
    with pytest.raises(DataError, match=r"line 3: not readable as utf-8.*--encoding NAME"):
        open_table(path, FileOptions(encoding="utf-8"))


@pytest.mark.parametrize("name", ["foo", "rot13", "base64", "a\0b"])
def test_an_encoding_that_there_is_none_of_is_wrong_usage(name):
    with pytest.raises(UsageError, match="there is no such encoding"):
        FileOptions(encoding=name)


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-be", "utf-8-sig", "utf-32"])
def test_a_byte_order_mark_is_no_part_of_the_first_name(written, encoding):
    marks = {"utf-16-be": codecs.BOM_UTF16_BE}
    path = written(marks.get(encoding, b"") + "é,b\n1,2\n".encode(encoding), "")
    for options in (FileOptions(), FileOptions(encoding=encoding)):
        assert open_table(path, options).names == ("é", "b")


@pytest.mark.parametrize(
    ("text", "remark"),
    [
        ("cgpa,remark\n7.5,good\n8,x\n\0\0\0\0\0\0", "good"),
        ("cgpa,remark\n7.5,go\0od\n8,x\n", "go\0od"),
        ("cgpa,remark\n7.5,good\n8,x\n\x1a", "good"),
        ('cgpa,remark\n\ufeff"7.5",good\n8,x\n', "good"),
    ],
)
def test_signs_astray_in_a_text_hide_no_row(written, text, remark):
    text = text.replace("8,x\n", "8,x\n" * 200)
    reader = open_table(written(text.encode(), ""))
    assert cells(reader)[:2] == [("cgpa", "remark"), ("7.5", remark)]
    assert len(cells(reader)) == 202


def test_bytes_of_which_many_are_zero_are_no_text(written):
    with pytest.raises(DataError, match="binary data"):
        open_table(written(b"a,b\n1,\0\0\0\n2,3\n" * 9, ""))
