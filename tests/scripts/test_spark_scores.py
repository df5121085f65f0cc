"""Spark answers as `placement predict` does, where there is a Spark."""

import importlib.util
import os
import shutil
from pathlib import Path

import pytest

SCRIPTS = Path(__file__).resolve().parents[2] / "scripts"


@pytest.fixture
def spark_scores(monkeypatch):
    monkeypatch.syspath_prepend(str(SCRIPTS))
    import spark_scores

    return spark_scores


def test_each_answer_of_spark_is_that_of_predict_to_the_last_bit(spark_scores, capsys):
    cache = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache"))
    made = cache / "placement-clients" / "spark" / "complete"
    if importlib.util.find_spec("pyspark") is None and not made.exists():
        pytest.skip("pyspark is not there (python scripts/spark_scores.py makes a place for it)")
    if shutil.which("java") is None:
        pytest.skip("Java is not there (on Debian: apt-get install openjdk-17-jre-headless)")
    assert spark_scores.main(["--rows", "500", "--partitions", "3"]) == 0
    assert "0 of 500 answers differ" in capsys.readouterr().out


def test_without_java_it_says_what_is_missing(spark_scores, monkeypatch, capsys):
    monkeypatch.setattr(spark_scores.shutil, "which", lambda _: None)
    assert spark_scores.main([]) == 3
    assert "not tried: it needs Java" in capsys.readouterr().out
