"""Names of columns that tell who a student is: numbers of persons, their names, mail and phone."""

from collections.abc import Iterable

from placement.data.names.phrases import name_words, phrases, runs

_SERIAL = phrases("sl, sno, serial, slno, sr, srno, srl")
_NUMBER_OF_STUDENT = phrases(
    "roll, rollno, rollnumber, reg, regno, regn, regd, register, registration,"
    "enrolment, enrol, enrollment, enroll, usn, prn, adm no, admn no, hall ticket,"
    "hallticketno, admission no, admission number, application no, application number,"
    "seat no, seat number, matric no, matriculation number, student number,"
    "candidate number, aadhaar, aadhar, apaar, nim, npm, nis, nisn, nomor induk,"
    "matrikel, matrikelnummer, matricula, matrícula, matricule, legajo, cédula, dni,"
    "cpf, rut, öğrenci no, mã số sinh viên, 学号, 學號, 准考证号, 考号, الرقم الجامعي, رقم الطالب,"
    "номер зачетки, अनुक्रमांक, नामांकन"
)
_NUMBERED = _SERIAL | _NUMBER_OF_STUDENT | {"id", "no", "index", "obs"}
_STUDENT = phrases(
    "student, students, candidate, candidates, applicant, applicants, pupil, learner,"
    "scholar, person, user, estudiante, aluno, alumno, alumna, siswa, mahasiswa,"
    "étudiant, schüler"
)
_OF_WHOM = _STUDENT | phrases(
    "of, the, s, your, unique, official, if, any, university, college, institute,"
    "school, exam, examination, board"
)
_LONGEST = 4  # words of the longest of these
_EXPLICIT = {"no", "id", "number", "roll", "rollno", "regno", "usn", "prn", "code"}
_COUNTED = phrases(
    "backlogs, backlog, arrears, arrear, internships, internship, projects,"
    "certificates, courses, certifications, subjects, attempts, siblings, children,"
    "papers, publications, workshops, events, hours, days, weeks, months, years,"
    "credits, absences, classes"
)
_PERSON_NAMES = phrases(
    "name, fullname, firstname, lastname, middlename, surname, studentname,"
    "candidatename, नाम, nama, nombre, nombres, nombre apellidos, apellido, apellidos, nome,"
    "sobrenome, nom, prénom, vorname, nachname, имя, фамилия, фио, الاسم, اسم الطالب,"
    "姓名, ad soyad, họ tên"
)
_MAIL = phrases("email, emailid, emailaddress, mail")
_MAIL_OR_PHONE = _MAIL | phrases(
    "mobile, mobileno, mobilenumber, phone, phoneno, phonenumber, contact, contactno,"
    "contactnumber, telephone, whatsapp"
)
_RELATIVES = phrases("parent, parents, father, fathers, mother, mothers, guardian, guardians")
_PERSON_FILLERS = phrases(
    "student, students, candidate, applicant, person, personal, official, primary,"
    "parent, parents, father, fathers, mother, mothers, guardian, guardians, s, of, the,"
    "no, number, id, address, full, first, last, middle, given, family, whatsapp,"
    "विद्यार्थी, छात्र, का, siswa, mahasiswa, lengkap, estudiante, alumno, del, y, completo, aluno,"
    "do, étudiant, complet"
)


def means_person(name: str) -> bool:
    """Whether the name is a person's name, e-mail or phone (`college_name` is not)."""
    return _is_one_of(name, _PERSON_NAMES | _MAIL_OR_PHONE)


def means_persons_name(name: str) -> bool:
    """Whether the name is that of a person's name, not of mail or phone."""
    return _is_one_of(name, _PERSON_NAMES)


def means_mail(name: str) -> bool:
    """Whether the name is that of a person's own e-mail, not of a relative's."""
    return _is_one_of(name, _MAIL) and not _RELATIVES & set(name_words(name))


def _is_one_of(name: str, meanings: frozenset[str]) -> bool:
    words = [word.rstrip("0123456789") for word in name_words(name)]
    rest = [word for word in words if word and word not in _PERSON_FILLERS]
    return "".join(rest) in meanings or "".join(words) in meanings


def identity_columns(names: Iterable[str]) -> list[str]:
    """Return the columns that say who a student is: the first number of one, and his names.

    A number that only counts the lines of a list says it where there is no other.
    """
    known = list(names)
    numbers = sorted(filter(means_identifier, known), key=means_serial_number)
    written = [name for name in known if means_persons_name(name)]
    return [*numbers[:1], *(name for name in written if not _RELATIVES & set(name_words(name)))]


def means_identifier(name: str) -> bool:
    """Whether the name is that of a serial, roll or register number, or of an ID.

    What such a word only qualifies is a quantity: Enrolment Fee, Registration Marks, Number of
    backlogs.
    """
    words = _without_owner(name_words(name))
    if _counts_something(words) or not words:
        return False
    if words[-1] in {"index", "obs"}:
        return len(words) == 1 or words[-2] == "row"
    endings = {"".join(words[-length:]) for length in range(1, _LONGEST + 1)}
    return bool(_NUMBERED & endings) or means_student_number(name)


def means_student_number(name: str) -> bool:
    """Whether the whole name is that of a number which one student has, on all of his rows."""
    words = [word for word in name_words(name) if not word.isdigit()]
    rest = set(words) - _OF_WHOM - {"number", "code", "admission", "application", "seat"}
    if _counts_something(words) or not rest <= _NUMBERED | {"hall", "ticket", "adm", "admn"}:
        return False
    named = bool({"id", "code"} & set(words)) and (bool(_STUDENT & set(words)) or words == ["id"])
    return named or bool(_NUMBER_OF_STUDENT & runs(words))


def _without_owner(words: list[str]) -> list[str]:
    """Return words without those at the end that only say whose number it is."""
    while words and (words[-1] in _OF_WHOM or words[-1].isdigit()):
        words = words[:-1]
    return words


def says_number(name: str) -> bool:
    """Whether the name says that it is a number or code, as Registration alone does not."""
    words = name_words(name)
    return bool(_EXPLICIT & set(words)) or bool((_NUMBER_OF_STUDENT & runs(words)) - set(words))


def means_serial_number(name: str) -> bool:
    """Whether the whole name is that of a number that only counts the lines of a list."""
    words = set(name_words(name))
    return words <= _SERIAL | {"no", "number", "s"} and bool(words & (_SERIAL | {"s"}))


def _counts_something(words: list[str]) -> bool:
    """Whether words tell of how many there are of something: no of, number of, how many."""
    of_start = (words[:1] == ["total"] and words[1:]) or words
    if len(of_start) > 1 and of_start[0] in {"no", "nos", "number", "count", "how", "num"}:
        return of_start[1] in {"of", "many", "much"}
    return bool(_COUNTED & set(words)) or "count" in words
