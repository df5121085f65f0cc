import pytest

from placement.data.names.identifiers import (
    identity_columns,
    means_identifier,
    means_person,
    means_persons_name,
    means_serial_number,
    means_student_number,
)


@pytest.mark.parametrize(
    "name", ["college_name", "has_mobile_app", "name of college", "contact hours"]
)
def test_names_of_other_things_are_no_persons(name):
    assert not means_person(name)


@pytest.mark.parametrize(
    "name",
    ["नाम", "छात्र का नाम", "Nama Mahasiswa", "nama_lengkap", "Nombre y apellidos", "Nome do aluno",
     "Prénom", "Nachname", "ФИО", "الاسم", "姓名", "Ad Soyad", "Họ tên"],
)  # fmt: skip
def test_persons_names_are_recognised_in_other_languages(name):
    assert means_person(name)


@pytest.mark.parametrize("name", ["Nombre de la universidad", "Nama sekolah", "nomor", "dominio"])
def test_other_names_in_those_languages_are_no_persons(name):
    assert not means_person(name)


@pytest.mark.parametrize(
    "name",
    ["Admission grade", "Internships", "video", "noise", "grid", "Enrolment Fee", "ID proof",
     "Registration Marks", "Number of backlogs", "No of internships", "No. of projects",
     "Serial Arrears", "enrolment_income_rupees", "Happiness Index", "Body mass index",
     "Registration delay", "Internships No", "Total no of arrears", "how many internships",
     "No of students in class", "Roll of honour points", "Registration fee paid"],
)  # fmt: skip
def test_word_parts_grades_and_quantities_are_no_identifiers(name):
    assert not means_identifier(name)
    assert not means_student_number(name)


@pytest.mark.parametrize(
    "name",
    ["StudentID", "id_student", "Roll No", "Roll no of student", "RegNo", "University Roll No",
     "Reg. No (University)", "Hall Ticket Number", "Admission No", "NIM", "学号", "Matrícula",
     "अनुक्रमांक", "Application Number", "Student Code", "id"],
)  # fmt: skip
def test_numbers_of_students_are_recognised_in_their_languages(name):
    assert means_identifier(name)
    assert means_student_number(name)


@pytest.mark.parametrize("name", ["College ID", "Centre No", "Branch ID", "Fee Receipt No"])
def test_numbers_of_other_things_identify_only_where_they_are_distinct(name):
    assert means_identifier(name)
    assert not means_student_number(name)


def test_serial_numbers_only_count_lines():
    assert all(map(means_serial_number, ["Sl", "S.No.", "Sr. No.", "sl_no", "Serial Number"]))
    assert not any(map(means_serial_number, ["No", "Roll No", "Serial Arrears", "index"]))


@pytest.mark.parametrize("name", ["E-mail", "Mobile No", "email_address", "WhatsApp number"])
def test_mail_and_phone_are_of_a_person_but_no_name(name):
    assert means_person(name)
    assert not means_persons_name(name)


def test_a_student_is_known_by_the_first_number_and_the_names_of_his_own():
    names = ["S.No", "Register No", "Hall ticket no", "Name", "Father's name", "E-mail", "CGPA"]
    assert identity_columns(names) == ["Register No", "Name"]
    assert identity_columns(["S.No", "विद्यार्थी का नाम"]) == ["S.No", "विद्यार्थी का नाम"]
    assert identity_columns(["CGPA"]) == []
