"""skdeep.core.crew."""

import os
import threading
import time

import pytest

from skdeep.core.crew import Crew

each_number = pytest.mark.parametrize("n_threads", [1, 2, 4])


def helpers():
    """Threads that help."""
    return [thread for thread in threading.enumerate() if thread.name == "skdeep"]


def meet(n_threads):
    """Tasks that end only when all of them have been begun, so that each is another thread's; the threads' numbers."""
    barrier, numbers = threading.Barrier(n_threads, timeout=30), []

    def task(thread):
        numbers.append(thread)
        barrier.wait()

    return [task] * n_threads, numbers


@each_number
@pytest.mark.parametrize("n_tasks", [0, 1, 3, 50])
def test_every_task_is_done_once(n_threads, n_tasks):
    """However many threads and tasks there are."""
    done = []
    with Crew(n_threads) as crew:
        crew.run([lambda thread, number=number: done.append(number) for number in range(n_tasks)])
    assert sorted(done) == list(range(n_tasks))


@each_number
def test_all_threads_work_at_once(n_threads):
    """Each under a number of its own, the caller under 0."""
    tasks, numbers = meet(n_threads)
    with Crew(n_threads) as crew:
        crew.run(tasks)
    assert sorted(numbers) == list(range(n_threads))


@pytest.mark.parametrize(("n_threads", "n_tasks"), [(1, 5), (4, 1)])
def test_no_thread_is_started_that_has_nothing_to_do(n_threads, n_tasks):
    """Of one alone, or for a single task."""
    seen = []
    with Crew(n_threads) as crew:
        crew.run([lambda thread: seen.append(len(helpers()))] * n_tasks)
    assert set(seen) == {0}


def test_threads_are_kept_from_one_list_to_the_next():
    """They sleep meanwhile."""
    with Crew(3) as crew:
        crew.run(meet(3)[0])
        before = helpers()
        crew.run(meet(3)[0])
        assert helpers() == before
    assert not helpers()


def test_every_helper_begins_with_what_it_is_told():
    """Once, and before its first task."""
    begun = []
    with Crew(3, begin=lambda: begun.append(threading.current_thread())) as crew:
        for _ in range(2):
            crew.run(meet(3)[0])
        assert sorted(map(id, begun)) == sorted(map(id, helpers()))


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt])
@pytest.mark.parametrize("thread", [0, 1])
def test_an_error_is_raised_when_all_threads_have_ended(error, thread):
    """Of the caller's task or a helper's; tasks that nobody has begun are left."""
    barrier, later = threading.Barrier(2, timeout=30), []

    def task(number):
        barrier.wait()
        if number == thread:
            raise error("stop")

    crew = Crew(2)
    with pytest.raises(error, match="stop"):
        crew.run([task, task])
    assert not helpers()
    crew.run([lambda number: later.append(number)] * 2)
    crew.close()
    assert len(later) == 2


def test_no_task_is_begun_after_an_error_of_the_caller():
    """The helper, which is busy with its first task, finds none left."""
    failed, done = threading.Event(), []

    def fail(number):
        failed.set()
        raise ValueError("stop")

    def first(number):
        if number == 0:
            fail(number)
        failed.wait(30)

    with pytest.raises(ValueError, match="stop"):
        Crew(2).run([first, first, *[lambda number: done.append(number)] * 1000])
    assert len(done) < 1000


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork on this system")
@pytest.mark.filterwarnings("ignore:.*use of fork")
def test_a_process_that_has_forked_starts_helpers_of_its_own():
    """Those of its parent are no more."""
    with Crew(2) as crew:
        crew.run(meet(2)[0])
        child = os.fork()
        if child == 0:
            tasks, numbers = meet(2)
            crew.run(tasks)
            os._exit(0 if sorted(numbers) == [0, 1] else 1)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


def test_a_second_interrupt_is_raised_when_all_threads_have_ended(monkeypatch):
    """They may still write on what the caller goes on with."""
    join, n_joined, written = threading.Thread.join, [], []

    def interrupted(thread, timeout=None):
        n_joined.append(thread)
        if len(n_joined) == 1:
            raise KeyboardInterrupt
        join(thread, timeout)

    def task(number):
        if number == 0:
            raise KeyboardInterrupt
        begun.set()
        time.sleep(0.2)
        written.append(number)

    def first(number):
        begun.wait(30)
        task(0)

    begun, crew = threading.Event(), Crew(2)
    crew.run(meet(2)[0])
    monkeypatch.setattr(threading.Thread, "join", interrupted)
    tasks = [lambda number: first(number) if number == 0 else task(number)] * 2
    with pytest.raises(KeyboardInterrupt):
        crew.run(tasks)
    assert not helpers()
    assert written == [1]


def test_an_error_before_the_first_task_is_raised():
    """Of what every helper does first; nobody waits for it."""

    def begin():
        raise OSError("no library")

    with pytest.raises(OSError, match="no library"):
        Crew(2, begin=begin).run([lambda number: time.sleep(0.05)] * 20)


def test_where_no_thread_can_be_started_fewer_do_it_all(monkeypatch):
    """As where the system has no more."""

    def start(thread):
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(threading.Thread, "start", start)
    done = []
    with Crew(4) as crew:
        crew.run([lambda thread, number=number: done.append(number) for number in range(9)])
    assert done == list(range(9))


def test_an_interrupt_while_a_thread_starts_is_that_interrupt(monkeypatch):
    """And no word on the thread that did not."""

    def start(thread):
        raise KeyboardInterrupt

    monkeypatch.setattr(threading.Thread, "start", start)
    with pytest.raises(KeyboardInterrupt):
        Crew(4).run([lambda number: None] * 9)
