"""Work on districts in several processes at once, each with limits, so that none takes the others down with it.

What the work is, is known to the caller. A process that ends before its task is done (killed, out of memory, or by a
fault in a library) costs that task alone: another takes its place.
"""

import gc
import os
import resource
import signal
from collections import defaultdict, deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from multiprocessing import get_context
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from typing import Any

LEAST_MEMORY = 4 * 2**30
"""What each process may take at least. On a machine with less for each processor, fewer of them work."""

LONGEST = 3_600
"""The seconds of a processor that one task may take."""

_LIMITS = {resource.RLIMIT_FSIZE: 64 * 2**30, resource.RLIMIT_NOFILE: 1_024, resource.RLIMIT_CORE: 0}


@dataclass(frozen=True)
class Ended:
    """What stands in the place of a result where a process ended before it had one."""

    why: str


def processors() -> int:
    """Say how many processes the machine can take: one for each processor, as far as the memory goes."""
    return max(1, min(len(os.sched_getaffinity(0)), _memory() // LEAST_MEMORY))


def each(work: Callable[..., Any], shared: Any, tasks: Sequence[tuple], processes: int) -> Iterator[tuple[int, Any]]:
    """Yield the place of each task and `work(shared, *task)`, or `Ended`, as they are done.

    Tasks are begun in their order, so the longest should come first. `shared` is sent to each process once a call. An
    exception that the work raises is raised here, and ends the others. Processes are started afresh, for one that is
    forked can inherit a lock that no one will ever open.
    """
    waiting = deque(enumerate(tasks))
    at_work: dict[Connection, tuple[BaseProcess, int]] = {}
    try:
        while waiting or at_work:
            while waiting and len(at_work) < processes:
                connection, process = _rested(processes) or _hire(processes)
                at_work[connection] = process, _hand_out(connection, waiting, (work, shared))
            for connection in wait(list(at_work)):
                process, place = at_work.pop(connection)
                try:
                    raised, answer = connection.recv()
                except (EOFError, ConnectionError):
                    process.join()
                    raised, answer = False, Ended(_why(process.exitcode))
                    connection.close()
                else:
                    if waiting:
                        at_work[connection] = process, _hand_out(connection, waiting)
                    elif _crews:
                        _crews[-1][processes].append((connection, process))
                    else:
                        _dismiss(connection, process)
                if raised:
                    raise answer
                yield place, answer
    finally:
        for process, _ in at_work.values():
            process.kill()
            process.join()


@contextmanager
def kept() -> Iterator[None]:
    """Keep the processes of each call meanwhile for the next one, for to start them takes a second."""
    _crews.append(defaultdict(list))
    try:
        yield
    finally:
        for resting in _crews.pop().values():
            for one in resting:
                _dismiss(*one)


_crews: list[defaultdict[int, list[tuple[Connection, BaseProcess]]]] = []
"""Who rests until the next call, by how many work at once: a list for each `kept` that goes on."""


def _rested(processes: int) -> tuple[Connection, BaseProcess] | None:
    resting = _crews[-1][processes] if _crews else []
    while resting:
        connection, process = resting.pop()
        if process.is_alive():
            return connection, process
        _dismiss(connection, process)
    return None


def _dismiss(connection: Connection, process: BaseProcess) -> None:
    connection.close()
    process.join()


def _hand_out(connection: Connection, waiting: deque, job: tuple | None = None) -> int:
    place, task = waiting.popleft()
    with suppress(ConnectionError):  # where it has ended, reading from it will say so
        connection.send((job, task))
    return place


def _hire(processes: int) -> tuple[Connection, BaseProcess]:
    context = get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=_serve, args=(theirs, processes), daemon=True)
    with _few_threads(processes):
        process.start()
    theirs.close()
    return ours, process


@contextmanager
def _few_threads(processes: int) -> Iterator[None]:
    """Let a process that is started meanwhile compute on its share of the processors."""
    before = os.environ.get("POLARS_MAX_THREADS")
    os.environ["POLARS_MAX_THREADS"] = str(max(1, len(os.sched_getaffinity(0)) // processes))
    try:
        yield
    finally:
        del os.environ["POLARS_MAX_THREADS"]
        if before is not None:
            os.environ["POLARS_MAX_THREADS"] = before


def _memory() -> int:
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")


def _why(exitcode: int) -> str:
    return signal.Signals(-exitcode).name if exitcode < 0 else f"exit code {exitcode}"


# --- in the process of its own


def _serve(connection: Connection, processes: int) -> None:
    """Work on one task after the other, until there are no more; the first of a call says what the work is."""
    os.umask(0o077)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # whoever started it is told, and ends it
    for limit, most in (_LIMITS | {resource.RLIMIT_AS: max(LEAST_MEMORY, _memory() // processes)}).items():
        _limit(limit, most)
    while True:
        try:
            job, task = connection.recv()
        except EOFError:
            return
        if job:
            work, shared = job
            gc.freeze()  # what was imported stays, and need not be looked through whenever Python looks for what can go
        used = resource.getrusage(resource.RUSAGE_SELF)
        _limit(resource.RLIMIT_CPU, int(used.ru_utime + used.ru_stime) + LONGEST)
        try:
            answer = False, work(shared, *task)
        except Exception as error:
            answer = True, error
        connection.send(answer)


def _limit(limit: int, most: int) -> None:
    """Lower what this process may take; the limits that were set from outside stay where they are lower."""
    _, highest = resource.getrlimit(limit)
    resource.setrlimit(limit, (most if highest == resource.RLIM_INFINITY else min(most, highest), highest))
