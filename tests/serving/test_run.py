import json
import signal
import socket
import subprocess
import sys
import time
import urllib.request

import pytest

ONE = {"stream": "CSE", "cgpa": 7.25, "backlogs": 0, "aptitude": 61.5}
HEAVY = {"torch", "mlflow", "pandas", "sklearn", "scipy", "matplotlib"}
TOLD = """
import json, sys, threading
def tell():
    import time, os
    while not os.path.exists(sys.argv[1]):
        time.sleep(0.05)
    print(json.dumps(sorted({name.partition('.')[0] for name in sys.modules})), flush=True)
threading.Thread(target=tell, daemon=True).start()
from placement.cli import main
main(sys.argv[2:])
"""


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Running:
    """The command in a process of its own, on a port of its own."""

    def __init__(self, process, port, told):
        self.process, self.port, self.told = process, port, told

    def ask(self, path, document=None):
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.port}{path}",
            None if document is None else json.dumps(document).encode(),
            {"content-type": "application/json"},
        )
        with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310
            return json.loads(answer.read())

    def wait_until_up(self):
        for _ in range(600):
            try:
                socket.create_connection(("127.0.0.1", self.port), 1).close()
            except OSError:
                assert self.process.poll() is None, self.process.stderr.read()
                time.sleep(0.1)
            else:
                return self
        raise TimeoutError


@pytest.fixture
def running(trained, code_path, tmp_path):
    """`placement serve` of the small model."""
    port, told = free_port(), tmp_path / "told"
    command = [sys.executable, "-c", TOLD, told, "serve", "--model", trained, "--port", port]
    process = subprocess.Popen(
        list(map(str, command)), env=code_path, cwd=tmp_path,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    yield Running(process, port, told).wait_until_up()
    process.kill()
    process.communicate()


def test_serving_a_bundle_loads_nothing_heavy_and_ends_when_told(running, trained):
    for path, document in (
        ("/invocations", {"dataframe_records": [ONE, ONE | {"cgpa": None}]}),
        ("/v1/predictions", {"records": [ONE], "reasons": True}),
        ("/v1/what-if", {"record": ONE}),
        ("/v1/model", None),
    ):
        assert running.ask(path, document)
    running.told.touch()
    loaded = set(json.loads(running.process.stdout.readline()))
    assert "fastapi" in loaded
    assert not loaded & HEAVY
    running.process.send_signal(signal.SIGTERM)
    _, err = running.process.communicate(timeout=60)
    assert running.process.returncode == 143
    assert "serving at http://127.0.0.1:" in err


def test_what_is_in_flight_is_answered_before_the_end(running):
    body = json.dumps({"dataframe_records": [ONE]}).encode()
    with socket.create_connection(("127.0.0.1", running.port), 30) as one:
        head = (
            f"POST /invocations HTTP/1.1\r\nHost: 127.0.0.1:{running.port}\r\n"
            f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        one.sendall(head.encode() + body[:-5])
        time.sleep(0.5)
        running.process.send_signal(signal.SIGTERM)
        time.sleep(0.5)
        assert running.process.poll() is None
        one.sendall(body[-5:])
        answer = one.recv(65536)
        while b"predictions" not in answer and (more := one.recv(65536)):
            answer += more
        assert answer.startswith(b"HTTP/1.1 200")
    running.process.communicate(timeout=60)


def test_a_head_that_is_too_long_or_too_slow_is_cut_off(running):
    with socket.create_connection(("127.0.0.1", running.port), 30) as one:
        one.sendall(b"GET /ping HTTP/1.1\r\nX: ")
        with pytest.raises(ConnectionError):
            one.sendall(b"x" * 50_000_000)


def test_a_wrong_start_is_told_with_its_exit_code(run, trained, tmp_path, monkeypatch):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        outcome = run("serve", "--model", trained, "--port", port)
    assert outcome.code == 6
    assert "cannot listen" in outcome.err
    monkeypatch.chdir(tmp_path)
    outcome = run("serve", "--model", "nothing", "--port", free_port())
    assert outcome.code == 5
    outcome = run("serve", "--host", "0.0.0.0")  # noqa: S104
    assert outcome.code == 2
    assert "--token-file" in outcome.err


def test_without_its_extra_the_command_names_the_line_to_type(run, monkeypatch):
    for name in [name for name in sys.modules if name.startswith("placement.serving")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "uvicorn", None)
    outcome = run("serve")
    assert outcome.code == 2
    assert "pip install 'placement-perceptron[serve]'" in outcome.err
