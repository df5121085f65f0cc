"""Held-out figures of pure noise; `scripts/noise.py` tries each option on many more tables."""

import pytest

from scripts import noise


@pytest.mark.parametrize("option", [noise.OPTIONS[0], noise.OPTIONS[-1]], ids=lambda o: o.words)
def test_held_out_figures_of_noise_stay_at_the_base_rate(option):
    assert not noise.leaks(noise.simulate(option, 5))


def test_a_leak_would_be_seen():
    assert noise.leaks(noise.simulate(noise.CONTROL, 5))
