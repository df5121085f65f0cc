"""How often the encoding of a short table is read right: 36 made-up tables a language.

    python scripts/guess_encodings.py

A third of the tables has headings and words of the language, a third English headings over its
names and words, a third its headings over ASCII cells. "asked": refused with the lines to type.
"""

import random
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from placement.data.formats.table_reader import open_table
from placement.errors import DataError

TABLES = 36
ENGLISH = "Roll No,Name,City,Branch,CGPA,Placed"
# Encoding; headings; names; towns; branches; yes and no.
LANGUAGES = {
    "French": ("cp1252", "N° étudiant,Prénom,Ville,Filière,Moyenne générale,Placé",
               "Zoé Lefèvre,Chloé Gérard,Théo Bénard,Hélène Crépin,Noël Maréchal,Marie Dubois",
               "Orléans,Nîmes,Évry,Besançon,Angoulême,Paris,Lyon,Saint-Étienne",
               "Génie civil,Mécanique,Électronique,Informatique,Économie", "Oui,Non"),
    "Spanish": ("cp1252", "Matrícula,Nombre,Población,Carrera,Calificación,Colocado",
                "José Núñez,María Peña,Andrés Gómez,Sofía Ibáñez,Iñaki Zúñiga,Luis Ramos",
                "Málaga,Cádiz,León,La Coruña,Córdoba,Madrid,Logroño,Mérida",
                "Ingeniería civil,Mecánica,Electrónica,Informática,Economía", "Sí,No"),
    "Portuguese": ("cp1252", "Matrícula,Nome,Município,Curso,Média,Situação",
                   "João Conceição,Inês Magalhães,Antônio Simões,Conceição Araújo,Luís Falcão",
                   "São Paulo,Brasília,Goiânia,Maceió,Florianópolis,Santos,Curitiba,Niterói",
                   "Engenharia civil,Mecânica,Eletrônica,Computação,Administração", "Sim,Não"),
    "German": ("cp1252", "Matrikelnr,Name,Wohnort,Fakultät,Durchschnitt,Übernommen",
               "Jürgen Müller,Käthe Größ,Jörg Weiß,Björn Schröder,Anna Becker,Uwe Krämer",
               "München,Köln,Göttingen,Düsseldorf,Würzburg,Berlin,Gießen,Tübingen",
               "Maschinenbau,Bauwesen,Physik,Wirtschaft für Ärzte,Straßenbau", "Ja,Nein"),
    "Polish": ("cp1250", "Nr albumu,Imię i nazwisko,Miejscowość,Kierunek,Średnia,Zatrudniony",
               "Łukasz Wiśniewski,Małgorzata Zając,Paweł Dąbrowski,Jerzy Kozłowski",
               "Łódź,Kraków,Gdańsk,Poznań,Wrocław,Warszawa,Białystok,Częstochowa",
               "Budownictwo lądowe,Mechanika,Elektronika,Informatyka,Zarządzanie", "Tak,Nie"),
    "Czech": ("cp1250", "Číslo,Příjmení,Bydliště,Obor,Průměr,Přijat",
              "Jiří Dvořák,Tomáš Němec,Lucie Černá,Kateřina Růžičková,Ondřej Šťastný,Jan Novák",
              "Plzeň,Olomouc,Hradec Králové,České Budějovice,Třebíč,Praha,Zlín,Děčín",
              "Stavebnictví,Strojírenství,Elektronika,Účetnictví,Ekonomie", "Ano,Ne"),
    "Hungarian": ("cp1250", "Azonosító,Név,Város,Szak,Átlag,Elhelyezkedett",
                  "Kovács Ödön,Szűcs Lőrinc,Győri Erzsébet,Tóth Gergő,Nagy Ágnes,Szabó Péter",
                  "Győr,Pécs,Kecskemét,Székesfehérvár,Gödöllő,Szeged,Eger,Hódmezővásárhely",
                  "Építőmérnök,Gépész,Villamosmérnök,Közgazdász,Informatikus", "Igen,Nem"),
    "Russian": ("cp1251", "Номер,Фамилия,Город,Специальность,Средний балл,Трудоустроен",
                "Петров Олег,Иванова Анна,Щукин Юрий,Жукова Мария,Соколов Игорь,Кузнецова Елена",
                "Москва,Казань,Пермь,Самара,Томск,Уфа,Челябинск",
                "Строительство,Механика,Электроника,Информатика,Экономика", "Да,Нет"),
    "Bulgarian": ("cp1251", "Номер,Име и фамилия,Град,Специалност,Успех,Назначен",
                  "Георги Димитров,Мария Ангелова,Стоян Колев,Цветелина Жечева,Ивайло Пърчев",
                  "София,Пловдив,Варна,Бургас,Търново,Кърджали,Шумен",
                  "Строителство,Машинно инженерство,Електроника,Счетоводство,Икономика", "Да,Не"),
    "Arabic": ("cp1256", "الرقم,الاسم,المدينة,التخصص,المعدل,الحالة",
               "محمد علي,فاطمة حسن,أحمد خالد,سارة يوسف,عمر إبراهيم,ليلى منصور,نور الدين,خديجة سعيد",
               "القاهرة,بغداد,دمشق,عمان,الرباط,تونس,جدة",
               "هندسة مدنية,ميكانيكا,إلكترونيات,حاسوب,اقتصاد", "نعم,لا"),
    "Simplified": ("gb18030", "学号,姓名,城市,专业,平均分,是否就业",
                   "王小明,李娜,张伟,刘洋,陈静,杨帆,赵磊,周婷,孙浩,郭晓燕",
                   "北京,上海,广州,成都,西安,南京,武汉",
                   "机械,土木工程,电子,计算机,经济", "是,否"),
    "Traditional": ("big5", "學號,姓名,縣市,科系,平均,錄取",
                    "王小明,林怡君,陳建宏,張雅婷,黃志豪,劉淑芬,蔡宗翰,吳佩珊,鄭家豪",
                    "臺北,高雄,臺中,新竹,花蓮,嘉義,臺南",
                    "機械,土木工程,電子,資訊,經濟", "是,否"),
    "Japanese": ("cp932", "学籍番号,氏名,都道府県,学科,平均点,内定",
                 "佐藤健,鈴木花子,高橋一郎,田中美咲,渡辺翔,伊藤さくら,山本太郎,小林あゆみ",
                 "東京,大阪,京都,北海道,福岡,名古屋,仙台",
                 "機械工学,土木,電子,情報,経済", "はい,いいえ"),
    "Korean": ("cp949", "학번,이름,도시,전공,평점,취업",
               "김민수,이영희,박지훈,최은지,정우성,강수진,조현우",
               "서울,부산,대구,인천,광주,대전,울산",
               "기계,토목,전자,컴퓨터,경제", "예,아니오"),
    "Turkish": ("cp1254", "Numara,Adı Soyadı,Şehir,Bölüm,Ortalama,Yerleşti",
                "Ayşe Yıldız,Mehmet Öztürk,Gülşen Çelik,İbrahim Doğan,Ali Kaya,Uğur Işık",
                "İstanbul,İzmir,Muğla,Eskişehir,Diyarbakır,Ankara,Elazığ",
                "İnşaat,Makine,Elektronik,Bilişim,İktisat", "Evet,Hayır"),
    "Greek": ("cp1253", "Αριθμός,Ονοματεπώνυμο,Πόλη,Τμήμα,Μέσος όρος,Τοποθετήθηκε",
              "Γιώργος Παππάς,Μαρία Νικολάου,Κώστας Δήμου,Ελένη Αλεξίου,Άννα Ξένου",
              "Αθήνα,Πάτρα,Βόλος,Χανιά,Λάρισα",
              "Πολιτικών μηχανικών,Ηλεκτρονική,Πληροφορική,Οικονομικά", "Ναι,Όχι"),
}  # fmt: skip
ASCII = "A,,CSE ECE MECH CIVIL,Yes No"


def tables(language: str) -> Iterator[tuple[str, bytes, str]]:
    """Yield the kind, the bytes and the text of each table."""
    encoding, headings, names, towns, branches, answers = LANGUAGES[language]
    draw = random.Random(language)  # noqa: S311 - made-up tables
    for index in range(TABLES):
        kind = ("all", "words", "headings")[index % 3]
        lines = [ENGLISH if kind == "words" else headings]
        for row in range(draw.choice([5, 8, 12, 20, 40])):
            name, town = draw.choice(names.split(",")), draw.choice(towns.split(","))
            branch, answer = draw.choice(branches.split(",")), draw.choice(answers.split(","))
            if kind == "headings":
                name, town = f"R{row}", "A"
                branch, answer = draw.choice(["CSE", "ECE"]), draw.choice(["1", "0"])
            elif kind == "words":
                answer = draw.choice(["Yes", "No"])
            cgpa = f"{draw.uniform(5, 10):.2f}"
            lines.append(",".join([str(22001 + row), name, town, branch, cgpa, answer]))
        text = "\r\n".join(lines) + "\r\n"
        yield kind, text.encode(encoding), text


def read_as(path: Path, content: bytes, text: str) -> str:
    """Return "right", "asked" or "wrong" of a table."""
    path.write_bytes(content)
    try:
        reader = open_table(path)
    except DataError as problem:
        return "asked" if "--encoding" in str(problem) else "wrong"
    encoding = reader.dialect.encoding if reader.dialect else ""
    return "right" if content.decode(encoding, "replace") == text else "wrong"


def main() -> None:
    """Print a line a language."""
    with tempfile.TemporaryDirectory() as folder:
        for language, (encoding, *_) in LANGUAGES.items():
            made = list(tables(language))
            results = [(kind, read_as(Path(folder, "t.csv"), *rest)) for kind, *rest in made]
            counts = Counter(result for _, result in results)
            bad = Counter(f"{kind} {result}" for kind, result in results if result != "right")
            print(f"{language:12} {encoding:8} {dict(counts)} {dict(bad) if bad else ''}")


if __name__ == "__main__":
    sys.exit(main())
