"""Work done in threads before it is asked for."""

import threading
import time

import pytest

from corrbench.evaluation.ahead import ahead


@pytest.mark.parametrize("workers", [0, 1, 3])
def test_results_come_in_order_whatever_takes_longest(workers: int) -> None:
    def job(number: int) -> int:
        time.sleep(0.01 if number % 3 == 0 else 0)
        return 10 * number

    assert list(ahead(job, range(7), workers, waiting=4)) == [0, 10, 20, 30, 40, 50, 60]


def test_an_error_is_raised_in_its_place() -> None:
    def job(number: int) -> int:
        if number == 2:
            raise ValueError("no third one")
        return number

    results = ahead(job, range(5), 2, waiting=4)
    assert [next(results), next(results)] == [0, 1]
    with pytest.raises(ValueError, match="no third one"):
        next(results)


def test_no_more_is_started_than_may_wait_and_nothing_after_the_end() -> None:
    started = []
    results = ahead(lambda number: started.append(number), range(100), 1, waiting=3)
    next(results)
    results.close()
    assert len(started) <= 3
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("corrbench")]
