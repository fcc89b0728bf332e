"""Threads that wait for the completion of jobs."""

import threading

from chalicelib.application.completion import Completions


def test_notify_wakes_every_thread_that_waits_for_the_job_and_no_other() -> None:
    completions = Completions()
    with (
        completions.event("job_id_1") as first,
        completions.event("job_id_1") as second,
        completions.event("job_id_2") as other,
    ):
        completions.notify("job_id_1")
        assert first.is_set()
        assert second.is_set()
        assert not other.is_set()


def test_notify_after_the_event_exists_is_not_missed() -> None:
    completions, woken = Completions(), []

    def wait() -> None:
        with completions.event("job_id_1") as finished:
            waiting.set()
            woken.append(finished.wait(5))

    waiting = threading.Event()
    thread = threading.Thread(target=wait)
    thread.start()
    waiting.wait(5)
    completions.notify("job_id_1")
    thread.join()
    assert woken == [True]


def test_events_are_removed_after_the_wait() -> None:
    completions = Completions()
    with completions.event("job_id_1"), completions.event("job_id_1"):
        pass
    completions.notify("job_id_1")
    assert not completions._waiting
