import re
from pathlib import Path

import placement.serving
from placement.errors import DataError
from placement.serving.pages.render import sentence_of
from tests.serving.conftest import SCORE, SEE

TEMPLATES = Path(placement.serving.__file__).parent / "templates"


def test_every_form_that_writes_repeats_the_session_first():
    forms = [
        form
        for path in TEMPLATES.glob("*.html")
        for form in re.findall(
            r'<form[^>]*method="post"[^>]*>\s*([\s\S]{45})', path.read_text("utf-8")
        )
    ]
    assert len(forms) >= 8
    first = ("{{ csrf_field(csrf) }}", '<input type="hidden" name="csrf_token"')
    of_login = '<input type="hidden" name="next"'
    assert [one for one in forms if not one.startswith((*first, of_login))] == []


def test_no_template_has_a_script_or_a_style_of_its_own():
    for path in TEMPLATES.glob("*.html"):
        found = re.findall(r"<style|style=|\bon\w+=|https?://|\|\s*safe|<script>", path.read_text())
        assert found == [], path.name


def test_a_page_of_students_needs_the_role_that_scores(guarded):
    for token, status in ((SCORE, 200), (SEE, 403)):
        answer = guarded.get("/students/one", headers={"authorization": f"Bearer {token}"})
        assert answer.status_code == status
    assert guarded.get("/students/one").status_code == 401
    assert answer.headers["cache-control"] == "no-store"


def test_what_is_refused_does_not_say_where_a_sheet_is_kept():
    text = "/srv/mlruns/jobs/sheets/0123456789abcdef/marks.xlsx, row 7: no number"
    assert sentence_of(DataError(text)) == "marks.xlsx, row 7: no number"
