"""Seats: no more than there are, each given back once."""

from __future__ import annotations

import pytest

from app.runs.following.seats import NoSeat, Seats


def test_no_more_seats_are_taken_than_there_are() -> None:
    seats = Seats(2)
    first, _ = seats.take(), seats.take()
    with pytest.raises(NoSeat):
        seats.take()
    first.release()
    seats.take()
    assert seats.taken == 2


def test_a_seat_released_twice_frees_one() -> None:
    seats = Seats(2)
    first, _ = seats.take(), seats.take()
    first.release()
    first.release()
    assert seats.taken == 1


def test_a_block_that_fails_gives_its_seat_back() -> None:
    seats = Seats(1)
    with pytest.raises(ZeroDivisionError), seats.take():
        raise ZeroDivisionError
    assert seats.taken == 0
