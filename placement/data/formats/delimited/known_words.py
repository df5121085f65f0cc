"""Words of tables of students in other languages, and how frequent a language's letters are.

They tell in which encoding a table is written: the one in which words of this list stand in it.
Words of ASCII letters alone are none, as they stand in every encoding.
"""

from placement.data.schema import word_set

WORDS = word_set(
    """
    prénom étudiant étudiante étudiants élève élèves numéro année âge spécialité filière
    générale catégorie université école diplôme réussite résultat employé employée placé placée
    inséré accepté acceptée refusé refusée sélectionné sélectionnée décision ajourné
    établissement matière crédits durée région département mécanique électronique électrique
    génie économie compétences présélection intégré embauché recruté évaluation pondérée
    société célibataire marié série très félicitations assiduité
    matrícula año género número población dirección teléfono título situación calificación
    promoción ingeniería educación informática mecánica electrónica economía sí categoría
    práctica prácticas inglés técnico técnica colocación inserción selección
    admisión español nación región cédula período códigos código máster título edición
    matemáticas física química biología administración evaluación graduación años vinculación
    não município média situação gênero género período instituição aprovação seleção
    formação graduação computação mecânica eletrônica física química educação colocação inglês
    classificação avaliação ocupação inserção estágio estágios graduação família cônjuge pós
    mãe raça endereço área matemática português técnico técnica câmpus
    männlich größe prüfung universität fakultät straße übernommen geschäft abschluß
    ausgewählt bestätigt plätze geprüft für staatsangehörigkeit fähigkeit prüfungen
    ausländer zusätzlich ärzte müller schröder
    muñoz núñez peña ibáñez garcía martínez lópez gonzález rodríguez fernández hernández pérez
    sánchez ramírez gómez josé maría joão são conceição araújo gonçalves magalhães simões antônio
    andré coruña españa françois hélène chloé zoé noël jérôme cécile jürgen jörg björn käthe león
    málaga
    płeć imię średnia wydział zdał przyjęty nieprzyjęty miejscowość zarządzanie
    język ukończenia województwo województwa końcowa
    łódź kraków poznań gdańsk wrocław białystok częstochowa łukasz paweł małgorzata dąbrowski
    jméno příjmení pohlaví průměr známka známky věk město žena muž přijat nepřijat bydliště
    zaměstnán nezaměstnán číslo účetnictví strojírenství stavebnictví škola ročník jiří
    dvořák tomáš kateřina lukáš plzeň studijní příjem úspěch neúspěch známok
    prijatý mužské ženské študent študijný áno
    név átlag nő férfi város azonosító életkor évfolyam gépész győr
    lőrinc jenő győri születési építőmérnök közgazdász elutasított
    vârstă oraș și județ
    šifra žensko muško
    şehir bölüm adı soyadı öğrenci öğrenciler yaş kadın hayır yerleşti başarı
    üniversite fakülte işe alındı doğum yıldız öztürk çelik doğan şahin ayşe mühendisliği
    имя фамилия отчество пол возраст средний балл группа факультет специальность курс город да нет
    трудоустроен трудоустроена трудоустроены зачислен зачислена принят принята отказ номер мужской
    женский муж жен студент студенты оценка оценки направление регион школа доход прошел сдал
    не поступил поступила результат практика стажировка зарплата компания экзамен информатика
    механика строительство электроника экономика выпуск год итог статус место москва
    име успех специалност випуск град назначен неназначен приет приета неприет мъж жена средна
    оценка фак номер възраст образование стаж студент икономика информатика машинно софия
    ім'я прізвище стать вік середній бал місто спеціальність так ні працевлаштований
    презиме просек смер запослен да не пол
    الاسم الجنس ذكر أنثى المعدل العمر الكلية القسم التخصص الجامعة نعم لا الحالة المدينة الرقم
    الطالب اسم رقم النتيجة ناجح راسب مقبول مرفوض موظف الدرجة السنة الجنسية هندسة حاسوب محمد أحمد
    نام جنسیت سن معدل رشته شهر بله خیر
    όνομα επώνυμο φύλο ηλικία βαθμός μέσος όρος τμήμα πόλη ναι όχι αριθμός ονοματεπώνυμο σχολή
    άνδρας γυναίκα αποτέλεσμα
    שם מין גיל ממוצע חוג כן לא עיר תוצאה
    姓名 性别 男 女 学号 专业 学院 班级 年级 成绩 平均分 绩点 年龄 民族 籍贯 城市 学校 学历 电话
    身份证号 是 否 是否就业
    就业 已就业 未就业 就业情况 录取 未录取 录用 未录用 通过 未通过 合格 不合格 实习 机械 计算机
    电子 土木 经济 土木工程
    机械工程 软件工程 会计 金融 英语 数学 毕业 去向 有 无 备注 序号 编号 状态 结果 学生 系别 院系
    地区 北京 上海
    學號 性別 科系 系所 學院 年級 成績 平均 年齡 縣市 學校 學歷 電話 錄取 未錄取 就業 已就業
    未就業 實習 機械 資訊 電子 經濟
    土木工程 班級 畢業 備註 序號 編號 狀態 結果 學生 會計 金融 數學 英語 錄用 通過 未通過 系別
    臺北 台北 高雄
    氏名 名前 性別 学部 学科 学年 学籍番号 成績 平均 平均点 年齢 都道府県 大学 学歴 内定 内定あり
    内定なし 就職 就職先 進学
    はい いいえ 有り 無し あり なし 合格 不合格 採用 不採用 機械 電子 情報 経済 専攻 番号 結果
    状態 備考 学生 住所 東京 機械工学
    이름 성명 성별 남 여 학번 학과 전공 학년 성적 평점 평균 나이 도시 대학 취업 미취업 취업여부
    합격 불합격 예 아니오 아니요
    기계 전자 컴퓨터 경제 결과 상태 비고 번호
    """
)
# Letters beyond ASCII in the order of their frequency, for the languages of an encoding.
LETTERS: dict[str, tuple[str, ...]] = {
    "cp1252": (
        "éèêàçôîâëùïûœæ", "óíáéñúü", "ãçáéíõóêâàúô", "äüöß", "àèéòùì", "åäöé", "øåæé", "éëïöè",
        "áðíþóæéöýú", "äöå",
    ),
    "cp1250": (
        "łąęóżśćńź", "íáéěřšýčžůúňťďó", "áíéýčšžúľťňôďäóŕĺ", "áéöóőüíúű", "ăîâşţșț", "čšžćđ",
        "äüöß",
    ),
    "cp1254": ("ıüşöçğİâîû",),
    "cp1257": ("āīšēūņļģķžčģ", "ėšųįžąčūę", "õäüöšž"),
}  # fmt: skip
