def value(text, name):
    (line,) = (line for line in text.splitlines() if line.startswith(name + " "))
    return float(line.rsplit(" ", 1)[1])


def test_requests_and_rows_are_counted_by_route_without_a_path_of_theirs(started):
    body = {"records": [{"stream": "CSE", "cgpa": 7, "backlogs": 0, "aptitude": 60}] * 3}
    with started() as client:
        for _ in range(2):
            client.post("/v1/predictions", json=body)
        client.get("/nowhere/Quixworth")
        client.post("/v1/predictions", json={})
        answer = client.get("/metrics")
    assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
    text = answer.text
    labels = 'method="POST",route="/v1/predictions"'
    assert value(text, f'placement_requests_total{{{labels},status="200"}}') == 2
    assert value(text, f'placement_requests_total{{{labels},status="400"}}') == 1
    assert value(text, "placement_rows_total") == 6
    assert 'placement_request_seconds_bucket{le="0.1",route="/v1/predictions"}' in text
    assert "placement_model{digest=" in text
    assert "Quixworth" not in text
