"""Work done in threads before it is asked for, and handed over in order."""

from collections import deque
from collections.abc import Callable, Generator, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

Item = TypeVar("Item")
Outcome = TypeVar("Outcome")


def ahead(
    job: Callable[[Item], Outcome], items: Iterable[Item], workers: int, waiting: int
) -> Generator[Outcome, None, None]:
    """What the job gives for each item, in their order, made by `workers` threads.

    At most `waiting` items are under way or done and not yet asked for, and none once this is closed. Without workers
    each job is done when it is asked for. An error of a job is raised in its place.
    """
    if not workers:
        yield from map(job, items)
        return
    pool = ThreadPoolExecutor(workers, thread_name_prefix="corrbench")
    running: deque[Future[Outcome]] = deque()
    try:
        for item in items:
            running.append(pool.submit(job, item))
            if len(running) >= waiting:
                yield running.popleft().result()
        while running:
            yield running.popleft().result()
    finally:
        pool.shutdown(cancel_futures=True)
