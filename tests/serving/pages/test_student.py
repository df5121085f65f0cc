import re


def chance(client, **cells):
    text = client.get("/students/one", params=cells).text
    return int(re.search(r'class="big">(\d+)<', text)[1]), text


def test_the_chance_is_that_of_the_service(client):
    cells = {"stream": "CSE", "cgpa": "7.25", "backlogs": "0", "aptitude": "61.5"}
    record = {"stream": "CSE", "cgpa": 7.25, "backlogs": 0, "aptitude": 61.5}
    said = client.post("/v1/predictions", json={"records": [record]}).json()
    shown, _ = chance(client, **cells)
    assert shown == round(100 * said["predictions"][0]["probability"])


def test_what_if_speaks_of_what_can_change_and_never_of_a_lower_mark(client):
    _, text = chance(client, stream="MECH", cgpa="6.5", backlogs="3", aptitude="40")
    changes = re.findall(r'<th scope="row">(\w+) ([\d.]+) \((?:down )?from ([\d.]+)\)', text)
    assert changes
    for name, value, now in changes:
        assert name in ("cgpa", "backlogs", "aptitude")
        assert (float(value) < float(now)) == (name == "backlogs")


def test_a_cell_in_doubt_is_said(client):
    assert "Check: " in chance(client, stream="Marine", cgpa="7", backlogs="0", aptitude="50")[1]
