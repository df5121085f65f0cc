"""Colleges whose effect is known: the interval holds it, and no benefit is said where none is."""

from pathlib import Path

import numpy as np
import pytest

SCRIPTS = Path(__file__).resolve().parents[2] / "scripts"


@pytest.fixture
def simulation(monkeypatch):
    monkeypatch.syspath_prepend(str(SCRIPTS))
    import effect_simulation

    return effect_simulation


@pytest.mark.parametrize("cell", [(0.0, 10, 1), (0.1, 20, 1), (0.3, 20, 1), (0.3, 10, 2)])
def test_what_is_said_of_colleges_is_true(simulation, cell):
    counted = simulation.simulate_cell(*cell, 150, np.random.default_rng(1))
    assert counted.is_right


def test_an_interval_that_holds_too_little_is_seen(simulation):
    cell = simulation.Cell(0.1, 20, 1, 2000, 1850, 100, 0.05)
    assert not cell.is_right
    assert not simulation.Cell(0.0, 20, 1, 2000, 1950, 80, 0.025).is_right
    assert not simulation.Cell(0.3, 20, 1, 2000, 1950, 900, 0.3).is_right
