import json


def test_the_model_is_described_without_a_student(client, trained):
    answer = client.get("/v1/model")
    about = answer.json()
    assert [one["name"] for one in about["schema"]["features"]] == [
        "stream", "cgpa", "backlogs", "aptitude",
    ]  # fmt: skip
    assert about["schema"]["features"][0]["levels"] == ["CSE", "ECE", "MECH"]
    assert 0.5 < about["figures"]["evaluation"]["metrics"]["roc_auc"] < 1
    assert about["card"].startswith("# Report on a model of status")
    assert about["version"] == about["digest"][:12]
    sheet = (trained.parent / "students.csv").read_text()
    assert "Quixworth" in sheet
    assert "Quixworth" not in answer.text
    assert not any(line.split(",")[0] in answer.text for line in sheet.splitlines()[1:])
    json.loads(answer.text, parse_constant=lambda _: 1 / 0)
