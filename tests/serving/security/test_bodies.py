import gzip
import json
import zlib

import pytest

from placement.serving.settings import Limits

ONE = {"stream": "CSE", "cgpa": 7, "backlogs": 0, "aptitude": 60}
BODY = json.dumps({"dataframe_records": [ONE]}).encode()
JSON = {"content-type": "application/json"}


def post(client, body, **headers):
    return client.post("/invocations", content=body, headers=JSON | headers)


def test_a_body_beyond_the_limit_is_refused_however_it_comes(started):
    with started(limits=Limits(body=1000)) as client:
        assert post(client, BODY).status_code == 200
        assert post(client, BODY + b" " * 1000).status_code == 413
        pieces = (b" " * 100 for _ in range(20))
        assert post(client, pieces).status_code == 413
        assert post(client, iter([BODY[:10], BODY[10:]])).status_code == 200


@pytest.mark.parametrize("length", ["x", "-1", "1" * 30])
def test_a_length_that_is_none_is_refused(client, length):
    assert post(client, BODY, **{"content-length": length}).status_code in (400, 413)


def test_rows_beyond_the_limit_are_refused_in_every_protocol(started):
    records = [ONE] * 11
    cells = [{"name": n, "shape": [11], "datatype": "BYTES", "data": ["7"] * 11} for n in ONE]
    csv = "\n".join([",".join(ONE), *["CSE,7,0,60"] * 11])
    with started(limits=Limits(rows=10)) as client:
        answers = [
            client.post("/invocations", json={"dataframe_records": records}),
            client.post("/invocations", content=csv, headers={"content-type": "text/csv"}),
            client.post("/v1/predictions", json={"records": records}),
            client.post("/v2/models/model/infer", json={"inputs": cells}),
        ]
        assert [answer.status_code for answer in answers] == [413] * 4
        assert client.post("/v1/predictions", json={"records": records[1:]}).status_code == 200


@pytest.mark.parametrize(
    ("encoding", "pack"), [("gzip", gzip.compress), ("deflate", zlib.compress)]
)
def test_a_packed_body_is_unpacked_up_to_a_limit(started, encoding, pack):
    with started(limits=Limits(decompressed=10_000)) as client:
        packed = {"content-encoding": encoding}
        assert post(client, pack(BODY), **packed).status_code == 200
        assert post(client, pack(BODY + b" " * 100_000), **packed).status_code == 413
        assert post(client, pack(BODY)[:-9], **packed).status_code == 400
        assert post(client, BODY, **packed).status_code == 400


def test_another_encoding_is_refused(client):
    assert post(client, BODY, **{"content-encoding": "br"}).status_code == 415
