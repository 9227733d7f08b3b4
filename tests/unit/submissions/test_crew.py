"""Work in several processes: each task has its result, one that ends costs its own task alone, and limits hold.

What is done stands in the tests as an expression, for the processes are started afresh and know no test.
"""

import os

import pytest

from submissions import crew

DOUBLED = "__import__('time').sleep(0.3 * (number == 0)) or 2 * number"
KILLED = "__import__('os').kill(__import__('os').getpid(), 9) if number % 2 else number"
NO_SPACE = "open('/dev/full', 'w', 1).write('x\\n')"
ROOM = "__import__('os').umask(0), __import__('resource').getrlimit(__import__('resource').RLIMIT_{})[0]"


def results(expression: str, numbers: range, processes: int = 2) -> list:
    return list(crew.each(eval, expression, [({"number": number},) for number in numbers], processes))


def test_every_task_has_its_result_whichever_is_done_first():
    done = results(DOUBLED, range(5))
    assert sorted(done) == [(number, 2 * number) for number in range(5)]
    assert done[0][0] != 0


def test_a_process_that_is_killed_costs_its_own_task_and_another_takes_its_place():
    done = dict(results(KILLED, range(5)))
    assert done == {0: 0, 1: crew.Ended("SIGKILL"), 2: 2, 3: crew.Ended("SIGKILL"), 4: 4}


def test_processes_are_kept_for_the_next_call_but_for_those_that_ended_while_they_rested():
    process = "__import__('os').getpid() * number ** 0"
    with crew.kept():
        before = {answer for _, answer in results(process, range(6))}
        assert {answer for _, answer in results(process, range(6))} == before
        assert {answer for _, answer in results(process, range(1), 1)}.isdisjoint(before)
        ended = crew._crews[-1][2][-1][1]
        ended.kill()
        ended.join()
        again = {answer for _, answer in results(process, range(6))}
        assert ended.pid not in again and all(isinstance(answer, int) for answer in again)
        resting = [process for some in crew._crews[-1].values() for _, process in some]
    assert not any(process.is_alive() for process in resting)


def test_a_kept_process_is_told_what_the_work_of_the_next_call_is():
    with crew.kept():
        assert dict(results("number", range(3))) == {0: 0, 1: 1, 2: 2}
        assert dict(results("-number", range(3))) == {0: 0, 1: -1, 2: -2}


def test_what_is_wrong_with_the_machine_ends_the_work():
    with pytest.raises(OSError, match="No space left"):
        results(NO_SPACE, range(2))


def test_a_process_has_little_room_and_writes_for_its_owner_alone(monkeypatch):
    monkeypatch.setenv("POLARS_MAX_THREADS", "7")
    threads = "__import__('os').environ['POLARS_MAX_THREADS']"
    asked = ", ".join(f"({one})" for one in (*map(ROOM.format, ("CORE", "CPU", "AS")), threads))
    ((_, ((umask, core), (_, seconds), (_, memory), threads)),) = results(f"({asked})", range(1), 1)
    assert (umask, core) == (0o077, 0)
    assert crew.LONGEST <= seconds <= crew.LONGEST + 60
    assert memory == max(crew.LEAST_MEMORY, crew._memory())
    assert threads == str(len(os.sched_getaffinity(0)))
    assert os.environ["POLARS_MAX_THREADS"] == "7"
