"""Which trait of a person a column tells, by its name or by its words, in many languages.

Proxies, which stand for such a trait (mother tongue, native place, blood group …), are treated like
it. An age is none of them: it is used, and said.
"""

import re
from collections.abc import Iterable
from functools import lru_cache

from placement.data.names.phrases import name_words, phrases, plain, runs, whole

PROXY = "a proxy"

# Each trait by phrases that may stand anywhere in a name.
_TRAITS = {
    "sex": phrases(
        "gender, sex, male, female, transgender, sexual orientation, sexo, sexe, género,"
        "gênero, geschlecht, sesso, cinsiyet, jenis kelamin, kelamin, jantina, geslacht,"
        "płeć, giới tính, kasarian, jinsia, kjønn, sukupuoli, lingam, जेंडर, लिंग, லிங்கம்,"
        "பாலினம், పాలినం, లింగం, ಲಿಂಗ, ലിംഗം, লিঙ্গ, લિંગ, ਲਿੰਗ, جنسیت, الجنس, جنس, φύλο"
    ),
    "caste": phrases(
        "caste, castes, subcaste, obc, scst, ews, sebc, scheduled caste, backward class,"
        "reservation category, reserved category, caste category, social category, minority,"
        "jati, jaati, jathi, casta, kasta, जाति, जाती, जात, சாதி, కులం, ಜಾತಿ, ജാതി, জাতি,"
        "જાતિ, ਜਾਤ"
    ),
    "religion": phrases(
        "religion, religions, religious, faith, agama, religión, religião, religione,"
        "confession, konfession, dharm, dharma, mazhab, tôn giáo, धर्म, மதம், మతం, ಧರ್ಮ,"
        "മതം, ধর্ম, ધર્મ, ਧਰਮ, الديانة, ديانة, الدين, مذهب, مذہب, вероисповедание, религия,"
        "ศาสนา"
    ),
    "marital status": phrases(
        "marital, marital status, married, status nikah, status pernikahan,"
        "status perkawinan, status kawin, taraf perkahwinan, estado civil, état civil,"
        "etat civil, stato civile, situation familiale, situation matrimoniale,"
        "familienstand, medeni durum, medeni hal, burgerlijke staat, stan cywilny,"
        "tình trạng hôn nhân, vaivahik sthiti, वैवाहिक स्थिति, الحالة الاجتماعية,"
        "الحاله الاجتماعيه, وضعیت تأهل, семейное положение"
    ),
    "nationality": phrases(
        "nationality, nacionality, citizenship, nacionalidad, nacionalidade, nationalité,"
        "nationalität, staatsangehörigkeit, staatsbürgerschaft, cittadinanza, nazionalità,"
        "uyruk, uyruğu, kewarganegaraan, warga negara, warganegara, quốc tịch, obywatelstwo,"
        "nationaliteit, rashtriyata, राष्ट्रीयता, الجنسية, جنسية, تابعیت, гражданство,"
        "национальность, สัญชาติ"
    ),
    "ethnicity": phrases(
        "ethnicity, ethnic, ethnic group, etnia, etnis, ethnie, ethnizität, raza, raça,"
        "tribe, tribal, raça cor, skin colour, skin color, complexion, suku bangsa, dân tộc,"
        "etnik, etnicità, العرق, قومیت, этнос"
    ),
    "disability": phrases(
        "disability, disabilities, disabled, pwd, differently abled, handicap, handicapped,"
        "divyang, discapacidad, deficiência, deficiencia, handicapé, behinderung,"
        "disabilità, disabilitas, engelli, engellilik, khuyết tật, viklang, विकलांग,"
        "दिव्यांग, الإعاقة, إعاقة, инвалидность"
    ),
    f"{PROXY}: mother tongue": phrases(
        "mother tongue, native language, native tongue, home language, language at home,"
        "language spoken at home, bahasa ibu, lengua materna, língua materna,"
        "langue maternelle, muttersprache, madrelingua, lingua madre, ana dili, anadili,"
        "tiếng mẹ đẻ, matribhasha, matrubhasha, मातृभाषा, தாய்மொழி, మాతృభాష, ಮಾತೃಭಾಷೆ,"
        "മാതൃഭാഷ, মাতৃভাষা, اللغة الأم, родной язык"
    ),
    f"{PROXY}: place of origin": phrases(
        "place of birth, birth place, birthplace, country of birth, state of birth,"
        "city of birth, birth country, country of origin, place of origin, native place,"
        "native state, native district, native village, native town, native city,"
        "native country, hometown, home town, domicile, tempat lahir, kota lahir,"
        "tempat asal, asal daerah, daerah asal, lugar de nacimiento, país de nacimiento,"
        "local de nascimento, naturalidade, lieu de naissance, pays de naissance,"
        "geburtsort, geburtsland, luogo di nascita, doğum yeri, nơi sinh, quê quán,"
        "janm sthan, janmsthan, जन्म स्थान, जन्मस्थान, مكان الميلاد, محل الميلاد, محل تولد,"
        "место рождения, pin code, pincode, zip code, zipcode, postal code, postcode,"
        "kode pos, código postal, code postal, postleitzahl"
    ),
    f"{PROXY}: blood group": phrases(
        "blood group, blood type, bloodgroup, bloodtype, golongan darah, gol darah,"
        "grupo sanguíneo, tipo sanguíneo, groupe sanguin, blutgruppe, gruppo sanguigno,"
        "kan grubu, nhóm máu, rakt samuh, रक्त समूह, रक्तगट, فصيلة الدم, زمرة الدم,"
        "группа крови"
    ),
    f"{PROXY}: first graduate": phrases(
        "first graduate, first generation, first gen, firstgen, 1st graduate,"
        "1st generation, first in family, primera generación, primeira geração,"
        "première génération"
    ),
}  # fmt: skip
# Chinese, Japanese and Korean write no blanks between words.
_UNSPACED = {
    "sex": phrases("性别, 性別, 성별"),
    "ethnicity": phrases("民族, 种族, 種族"),
    "religion": phrases("宗教, 종교"),
    "marital status": phrases("婚姻, 婚否, 결혼"),
    "nationality": phrases("国籍, 國籍, 국적"),
    "disability": phrases("残疾, 殘疾, 장애"),
    f"{PROXY}: mother tongue": phrases("母语, 母語, 모국어"),
    f"{PROXY}: place of origin": phrases("籍贯, 籍貫, 生源地, 出生地, 户籍, 户口, 출생지"),
    f"{PROXY}: blood group": phrases("血型, 血液型, 혈액형"),
}
# Words that mean such a trait only where they are the whole name.
_WHOLE = {
    "caste": phrases(
        "category, studentcategory, community, cast, scst, scstobc, minoritystatus,"
        "kategori sosial, varg, वर्ग"
    ),
    "ethnicity": phrases("race, raca, cor, suku, bangsa, kaum, ras"),
    "sex": phrases("pol, пол, ling, linga, jk, lp, mf, kön, nam nữ, النوع, מין, genere, เพศ"),
    "religion": phrases("din, dini, دين, вера"),
    f"{PROXY}: place of origin": phrases("native, nativity"),
    f"{PROXY}: first graduate": phrases("fg, firstgraduate"),
}
# What is taught or counted: sex education, marks in religion, gender studies.
_TAUGHT = phrases(
    "mark, marks, score, scores, education, studies, study, exam, grade, grades, cgpa,"
    "gpa, hours, count, participation, club, competition, debate, course, training,"
    "workshop, awareness, ratio, folder, project, projects, paper, attendance, nilai,"
    "nota, notas, note"
)
_NEVER_TAUGHT = {"disability", "marital status"}  # a percentage of disability is one
_PARENTS = phrases(
    "father, fathers, mother, mothers, parent, parents, parental, guardian, guardians,"
    "family, household, ayah, ibu, orang tua, orangtua, wali, keluarga, pai, mãe, padre,"
    "madre, padres, père, mère, famille, familiale, familial, familiar, familia,"
    "família, vater, mutter, eltern, baba, anne, aile, pita, mata, parivar, पिता, माता,"
    "परिवार, الأب, الأم, الأسرة"
)
_LIVELIHOOD = phrases(
    "occupation, occupations, income, job, profession, salary, pekerjaan, penghasilan,"
    "pendapatan, profissão, ocupação, ocupación, profesión, trabajo, trabalho, renda,"
    "ingreso, ingresos, revenu, revenus, emploi, métier, beruf, einkommen, gelir,"
    "meslek, vyavsay, aay, व्यवसाय, आय, مهنة, دخل"
)
_LIVELIHOOD_UNSPACED = phrases("父亲职业, 母亲职业, 家庭收入, 父母职业")
_AGE = phrases("age, umur, usia, edad, idade, âge, alter, età, yaş, tuổi, umr, आयु, उम्र, العمر")
_AGE_UNSPACED = phrases("年龄, 年齡, 나이, возраст")


def _glued(text: str) -> str:
    """Return a text as one word: `Laki - laki` is `lakilaki`."""
    return "".join(name_words(text.casefold()))


def _values(text: str) -> frozenset[str]:
    return frozenset(map(_glued, " ".join(text.split()).split(",")))


# What cells say where they tell a trait; the neutral ones may stand among them.
_NEUTRAL = _values(
    "other, others, unknown, na, n/a, none, nil, not known, not disclosed,"
    "prefer not to say, rather not say, outro, otro, autre, lainnya, lain lain, o, 其他"
)
_VALUES = {
    "sex": _values(
        "m, f, male, female, man, woman, men, women, boy, girl, boys, girls, transgender,"
        "laki laki, laki, lelaki, pria, perempuan, wanita, hombre, mujer, varón, homme,"
        "femme, masculino, femenino, feminino, masculin, féminin, männlich, weiblich,"
        "maschio, femmina, uomo, donna, erkek, kadın, kız, nam, nữ, mężczyzna, kobieta,"
        "mulher, homem, 男, 女, 男性, 女性, 남, 여, 남자, 여자, पुरुष, महिला, स्त्री, पुरूष, ஆண், பெண்,"
        "పురుషుడు, స్త్రీ, ذكر, أنثى, انثى, زن, مرد, мужской, женский, муж, жен, purush,"
        "mahila, stri"
    ),
    "religion": _values(
        "hindu, hinduism, muslim, islam, christian, christianity, sikh, sikhism, jain,"
        "jainism, buddhist, buddhism, parsi, jewish, judaism, catholic, protestant,"
        "orthodox, kristen, katolik, katholik, hindhu, buddha, budha, konghucu, católica,"
        "católico, evangélica, evangélico, हिंदू, हिन्दू, मुस्लिम, सिख, ईसाई, مسلم, مسيحي,"
        "kristen protestan, atheist"
    ),
    "marital status": _values(
        "married, single, unmarried, divorced, widowed, widow, separated, menikah,"
        "belum menikah, kawin, belum kawin, cerai, soltero, soltera, casado, casada,"
        "divorciado, divorciada, viudo, viuda, solteiro, solteira, viúvo, viúva,"
        "célibataire, marié, mariée, divorcé, divorcée, ledig, verheiratet, geschieden,"
        "verwitwet, celibe, nubile, coniugato, coniugata, evli, bekar, विवाहित, अविवाहित,"
        "已婚, 未婚, 离异, أعزب, متزوج, متزوجة, عزباء"
    ),
    "caste": _values(
        "gen, general, ur, oc, obc, obc ncl, sc, st, ews, sebc, bc, mbc, bca, bcb, bcc, bcd,"
        "bcm, bc a, bc b, bc c, bc d, bc e, bc m, sca, dnc, nt, vjnt, sbc, open,"
        "scheduled caste, scheduled tribe, other backward class, forward, fc, gm, 1g, 2a,"
        "2b, 3a, 3b, cat 1"
    ),
}
_TELLING_CASTE = _values(
    "obc, obc ncl, ews, sebc, mbc, bca, bcm, bc a, bc m, scheduled caste,"
    "scheduled tribe, other backward class, vjnt"
)


_BLOOD_GROUP = re.compile(r"(a[12]?b?|b|o|0)\s*\(?(\+|-|\+ve|-ve|pos|neg|positive|negative)\)?")
_MOST_WORDS = 40


def sensitive_trait(name: str, texts: Iterable[str | None] = ()) -> str | None:
    """Return the trait that a column tells by its name, or else by all of its texts; else None."""
    return _trait_of_name(name) or (
        None if _is_taught(name_words(name)) else _trait_of_texts(texts)
    )


def means_sensitive(name: str) -> bool:
    """Whether a name is that of a protected trait, of a proxy, or of the parents' livelihood."""
    return _trait_of_name(name) is not None


def means_age(name: str) -> bool:
    """Whether a whole name is that of an age."""
    words = [word for word in name_words(name) if word not in {"student", "in", "years", "yrs"}]
    return whole(words) in _AGE | _AGE_UNSPACED


@lru_cache(1 << 14)
def _trait_of_name(name: str) -> str | None:
    words = name_words(name)
    glued, joined = runs(words), "".join(words)
    named_parent = bool(glued & _PARENTS and glued & _LIVELIHOOD)
    if named_parent or any(phrase in joined for phrase in _LIVELIHOOD_UNSPACED):
        return "the parents' occupation or income"
    if {"special", "needs"} <= glued:
        return "disability"
    named = [trait for trait, listed in _TRAITS.items() if glued & listed]
    named += [trait for trait, listed in _UNSPACED.items() if any(p in joined for p in listed)]
    named += [trait for trait, listed in _WHOLE.items() if whole(words) in listed]
    taught = _is_taught(words)
    return next((trait for trait in named if not taught or trait in _NEVER_TAUGHT), None)


def _is_taught(words: list[str]) -> bool:
    return bool(_TAUGHT & set(words))


def _trait_of_texts(texts: Iterable[str | None]) -> str | None:
    """Return the trait that all of some texts tell, if there is one; two of them at least."""
    said = set[str]()
    for text in texts:
        said |= {plain(text.strip())} if text and text.strip() else set()
        if len(said) > _MOST_WORDS:
            return None
    if len(said) < 2:
        return None
    # A+ and B+ alone may be marks.
    if all(map(_BLOOD_GROUP.fullmatch, said)) and any(t.startswith(("o", "0", "ab")) for t in said):
        return f"{PROXY}: blood group"
    words = set(map(_glued, said)) - _NEUTRAL
    for trait, listed in _VALUES.items():
        if len(words) > 1 and words <= listed and (trait != "caste" or words & _TELLING_CASTE):
            return trait
    return None
