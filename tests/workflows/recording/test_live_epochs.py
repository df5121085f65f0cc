"""Epochs of a job are recorded as they come: seldom, few at a time, and each at most once."""

import dataclasses

import numpy as np
import pytest

from placement.config.train_config import TrainConfig
from placement.model.history import Epoch
from placement.runtime.worker_process import InlineWorker
from placement.tracking.runs import ensure_experiment
from placement.workflows.recording import live_epochs
from placement.workflows.recording.live_epochs import LiveEpochs
from placement.workflows.recording.run_recorder import Recorder

FIRST = Epoch(0, "gd", 0.69, 0.69, 0.1, 0.01, 0, 0, None, None, None, np.zeros(1), 0.0)


def epoch(number):
    return dataclasses.replace(FIRST, number=number, loss=0.69 - number / 1e4)


@pytest.fixture
def recorder(store):
    """A recorder of a run that goes on, and what is logged of its loss: `(recorder, steps)`."""
    experiment, _ = ensure_experiment(store, "placement")
    client = store.client()
    run_id = client.create_run(experiment).info.run_id
    made = InlineWorker(Recorder)
    made.submit(Recorder.begin, TrainConfig(), {}, [], None, run_id).result()

    def steps():
        return [point.step for point in client.get_metric_history(run_id, "train/loss")]

    return made, steps


def test_epochs_are_recorded_once_a_second_at_first_then_less_often(recorder, monkeypatch):
    made, steps = recorder
    clock = [0.0]
    monkeypatch.setattr(live_epochs.time, "monotonic", lambda: clock[0])
    live = LiveEpochs(made)
    for number in range(8):
        clock[0] += 0.3
        live.add(epoch(number))
        assert len(steps()) == (0 if clock[0] < 1.1 else 4 if clock[0] < 2.3 else 8)
    clock[0] = 1000.0
    live.add(epoch(8))
    known = len(steps())
    clock[0] += 10
    live.add(epoch(9))
    assert len(steps()) == known
    clock[0] += 15
    live.add(epoch(10))
    assert len(steps()) > known


def test_the_rest_is_recorded_in_the_end_and_nothing_twice(recorder, monkeypatch):
    made, steps = recorder
    clock = [0.0]
    monkeypatch.setattr(live_epochs.time, "monotonic", lambda: clock[0])
    live = LiveEpochs(made)
    history = [epoch(number) for number in range(500)]
    for one in history[:400]:
        clock[0] += 0.003
        live.add(one)
    early = steps()
    assert 0 < len(early) <= 10  # of some hundred
    made.submit(Recorder.log_epochs, history).result()
    assert steps()[: len(early)] == early
    assert len(set(steps())) == len(steps())
    assert steps()[-1] == 499


def test_a_store_that_fails_is_told_at_the_epoch(recorder, monkeypatch):
    made, _ = recorder
    monkeypatch.setattr(live_epochs, "_SECONDS", 0.0)
    monkeypatch.setattr(Recorder, "log_epochs", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        LiveEpochs(made).add(epoch(0))
