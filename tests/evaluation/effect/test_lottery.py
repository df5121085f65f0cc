"""The draw: the same in any order, fair to each student of the band, and it touches nobody else."""

import numpy as np
import pytest

from placement.evaluation.effect.lottery import (
    CERTAIN,
    DRAWN,
    NONE,
    NOT_DRAWN,
    Candidates,
    LotteryRequest,
    assign_seats,
    lots,
    row_names,
)

HALF = 0.5


def candidates(n=100, *, groups=1, digest=None, interval=None, probability=None):
    draw = np.random.default_rng(1)
    chances = draw.uniform(0.05, 0.95, n) if probability is None else np.asarray(probability)
    rows = draw.integers(0, 2**63, n).astype(np.uint64) if digest is None else digest
    return Candidates(chances, interval, np.arange(n, dtype=np.intp) % groups, rows)


def test_half_of_the_band_draws_a_seat_and_nobody_else_is_touched():
    students = candidates()
    seats = assign_seats(students, LotteryRequest("risk", 60, 20, 7))
    order = np.argsort(students.probability)
    assert (seats.seat[order[:50]] == CERTAIN).all()
    assert (seats.seat[order[70:]] == NONE).all()
    band = seats.seat[order[50:70]]
    assert (np.sum(band == DRAWN), np.sum(band == NOT_DRAWN)) == (10, 10)
    assert (seats.rank[order] == np.arange(1, 101)).all()
    assert (seats.order == order).all()


def test_the_draw_is_the_same_in_any_order_with_equal_rows_and_equal_chances():
    draw = np.random.default_rng(2)
    digest = draw.integers(0, 30, 80).astype(np.uint64)
    chances = np.round(draw.uniform(0, 1, 30), 1)[digest]  # equal rows have equal chances
    first = assign_seats(
        candidates(80, digest=digest, probability=chances), LotteryRequest("risk", 30, 16, 3)
    )
    turn = draw.permutation(80)
    second = assign_seats(
        candidates(80, digest=digest[turn], probability=chances[turn]),
        LotteryRequest("risk", 30, 16, 3),
    )

    def seats_of_rows(seats, rows, chance):
        return sorted(zip(rows.tolist(), chance.tolist(), seats.seat.tolist(), strict=True))

    assert seats_of_rows(first, digest, chances) == seats_of_rows(
        second, digest[turn], chances[turn]
    )


def test_each_student_of_the_band_has_the_same_chance():
    # The last ten of the band are five pairs whose rows are equal.
    rows = np.array([n if n < 20 else 20 + n // 2 for n in range(40)], dtype=np.uint64)
    students = candidates(40, digest=rows, probability=np.arange(40) / 40)
    names, lists = row_names(rows)[10:30], 10_000
    drawn, together = np.zeros(20), 0
    for seed in range(lists):
        seated = np.argsort(lots(names, seed, "seat"))[:10]
        drawn[seated] += 1
        together += (12 in seated) == (13 in seated)
        if seed % 50 == 0:  # the lots are what the list is made by
            seat = assign_seats(students, LotteryRequest("risk", 20, 20, seed)).seat
            assert set(np.flatnonzero(seat == DRAWN) - 10) == set(seated.tolist())
    error = np.sqrt(HALF * HALF / lists)
    assert np.abs(drawn / lists - HALF).max() < 4 * error
    # Equal rows draw on their own, each its lot: both or neither in 9 of 19.
    assert together / lists == pytest.approx(9 / 19, abs=4 * error)


def test_who_is_in_the_band_by_lot_has_no_better_chance_of_a_seat():
    # Three differ, and of eight that are equal to the model three get into the band by lot.
    students = candidates(11, probability=[0.1, 0.2, 0.3, *[0.5] * 8])
    drawn, in_band, lists = 0, np.zeros(8), 800
    for seed in range(lists):
        seat = assign_seats(students, LotteryRequest("risk", 3, 6, seed)).seat[3:]
        drawn += np.sum(seat == DRAWN)
        in_band += seat != NONE
    assert drawn / in_band.sum() == pytest.approx(HALF, abs=4 * HALF / np.sqrt(3 * lists))
    assert np.abs(in_band / lists - 3 / 8).max() < 4 * HALF / np.sqrt(lists)


def test_a_band_of_its_own_in_each_group():
    students = candidates(90, groups=3)
    seats = assign_seats(students, LotteryRequest("chance", 10, 6, 0))
    assert [band.groups for band in seats.bands] == [(0,), (1,), (2,)]
    for group in range(3):
        of_group = seats.seat[students.group == group]
        assert np.bincount(of_group, minlength=4).tolist() == [7, 3, 3, 17]


def test_a_group_too_small_shares_the_band_nearest_in_probability():
    # Of the second group 11 students are there, too few for 10 seats and a band of 6 round the cut.
    chances = np.concatenate([np.linspace(0.1, 0.4, 30), np.linspace(0.5, 0.6, 11)])
    chances = np.concatenate([chances, np.linspace(0.6, 0.9, 30), [0.1] * 8])
    group = np.repeat(np.arange(4), [30, 11, 30, 8])
    students = Candidates(chances, None, group, np.arange(79, dtype=np.uint64))
    seats = assign_seats(students, LotteryRequest("risk", 10, 6, 0))
    assert (seats.small, seats.full) == ((1,), (3,))
    assert [(band.groups, band.students, band.seats) for band in seats.bands] == [
        ((0,), 6, 3),
        ((1, 2), 4 + 6, 3 + 3),
    ]
    assert (seats.seat[group == 3] == CERTAIN).all()
    assert np.sum(seats.seat == DRAWN) == 9


def test_a_band_whose_ends_clearly_differ_is_seen():
    chances = np.arange(40) / 40
    sure = (chances - 0.05, chances + 0.05)
    unsure = (chances - 0.5, chances + 0.5)
    request = LotteryRequest("risk", 20, 10, 0)
    clear, vague, unknown = (
        assign_seats(candidates(40, probability=chances, interval=limits), request).bands[0]
        for limits in (sure, unsure, None)
    )
    assert (clear.is_clear, vague.is_clear, unknown.is_clear) == (True, False, False)
    assert (clear.low, clear.high) == (15 / 40, 24 / 40)
