import pytest

from placement.data.names.sensitive import means_age, means_sensitive, sensitive_trait


@pytest.mark.parametrize(
    "name",
    ["Gender", "Caste", "Category", "community", "Religion", "Disability", "Marital status",
     "Nacionality", "Father's occupation", "family_income", "SC/ST", "Sub-Caste", "race",
     "Sex (1=Male, 2=Female)", "Percentage of disability", "Annual income of parents"],
)  # fmt: skip
def test_sensitive_names_are_recognised(name):
    assert means_sensitive(name)


@pytest.mark.parametrize(
    ("name", "trait"),
    [
        ("JENIS KELAMIN", "sex"), ("Jenis_Kelamin", "sex"), ("SEXO", "sex"), ("GENERO", "sex"),
        ("gênero", "sex"), ("SEXE", "sex"), ("GESCHLECHT", "sex"), ("Sesso", "sex"),
        ("Cinsiyet", "sex"), ("लिंग", "sex"), ("ling", "sex"), ("الجنس", "sex"), ("性别", "sex"),
        ("学生性别", "sex"), ("Пол", "sex"), ("성별", "sex"), ("L/P", "sex"),
        ("Agama", "religion"), ("dharm", "religion"), ("धर्म", "religion"), ("宗教", "religion"),
        ("jati", "caste"), ("जाति", "caste"), ("RACA", "ethnicity"), ("COR", "ethnicity"),
        ("Raça/Cor", "ethnicity"), ("etnia", "ethnicity"), ("民族", "ethnicity"),
        ("STATUS NIKAH", "marital status"), ("ESTADO CIVIL", "marital status"),
        ("État civil", "marital status"), ("Familienstand", "marital status"),
        ("NationalITy", "nationality"), ("Staatsangehörigkeit", "nationality"),
        ("Pekerjaan Orang Tua", "the parents' occupation or income"),
        ("Renda familiar", "the parents' occupation or income"),
        ("家庭收入", "the parents' occupation or income"),
    ],
)  # fmt: skip
def test_traits_are_recognised_in_other_languages_split_or_glued(name, trait):
    assert sensitive_trait(name) == trait


@pytest.mark.parametrize(
    "name",
    ["Mother Tongue", "Native Place", "PlaceofBirth", "Place of Birth", "tempat lahir",
     "Blood Group", "golongan darah", "First Graduate", "first_generation", "Hometown", "籍贯",
     "मातृभाषा", "مكان الميلاد", "PIN Code", "Geburtsort"],
)  # fmt: skip
def test_proxies_are_sensitive_and_said_to_be_proxies(name):
    assert sensitive_trait(name).startswith("a proxy: ")


@pytest.mark.parametrize(
    "name",
    ["community_service_hours", "job category", "Father's age", "mba_p", "race_score",
     "Race rank", "sex education marks", "colour of folder", "First Language marks",
     "Second_Language", "category of project", "marks in religion", "Gender studies grade",
     "Nilai Agama", "casting club", "color", "corner", "corporate training", "polytechnic",
     "linguistics", "nationals played", "international student", "National level",
     "native app projects", "origin of idea", "domain", "blood donation camps", "first class",
     "first attempt", "First Year CGPA", "zip file", "code quality", "place", "birthday",
     "mother board repairs", "ethical hacking", "minor degree", "Status_Kerja", "marathon",
     "description", "mail", "familiarity with python", "family size", "Mother's qualification",
     "income of startup", "gen AI course", "general aptitude", "sc_percentage", "essex", "castle",
     "languages known", "Region", "State", "Displaced", "International", "generation"],
)  # fmt: skip
def test_names_that_only_resemble_sensitive_ones_are_not(name):
    assert sensitive_trait(name) is None


@pytest.mark.parametrize(
    ("texts", "trait"),
    [
        (["M", "F"], "sex"),
        (["f", "m ", "Other", "", None], "sex"),
        (["LAKI - LAKI", "PEREMPUAN"], "sex"),
        (["Hombre", "Mujer"], "sex"),
        (["男", "女"], "sex"),
        (["ذكر", "أنثى"], "sex"),
        (["Männlich", "Weiblich"], "sex"),
        (["Hindu", "Muslim", "Other"], "religion"),
        (["GEN", "OBC", "SC", "ST"], "caste"),
        (["BC-A", "BC-B", "OC"], "caste"),
        (["A+", "B+ve", "O-", "AB +"], "a proxy: blood group"),
        (["MENIKAH", "BELUM MENIKAH"], "marital status"),
        (["casado", "solteiro"], "marital status"),
    ],
)
def test_values_tell_a_trait_under_any_name(texts, trait):
    assert sensitive_trait("column 7", texts) == trait


@pytest.mark.parametrize(
    "texts",
    [["A", "B"], ["SC", "ST"], ["Yes", "No"], ["A+", "A", "B+"], ["A+", "B+"], ["M", "T"],
     ["Boys", "Girls", "Co-ed"], ["Single", "Double"], ["General", "Management"], ["m"],
     ["L", "P"], ["Sci", "Comm"], ["1", "2"], [], ["Other", "Unknown"]],
)  # fmt: skip
def test_values_of_other_things_tell_none(texts):
    assert sensitive_trait("column 7", texts) is None


def test_marks_of_m_and_f_are_marks():
    assert sensitive_trait("Grade in maths", ["M", "F"]) is None


def test_an_age_is_no_protected_trait_but_recognised():
    assert all(map(means_age, ["Age", "UMUR", "Age (in years)", "idade", "年龄"]))
    assert not any(map(means_age, ["average", "Age group of customers", "usage"]))
    assert not means_sensitive("UMUR")
