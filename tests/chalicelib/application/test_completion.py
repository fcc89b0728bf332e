"""Waiting for jobs to end."""

import threading

from chalicelib.application.completion import Completions


def test_all_who_wait_for_a_job_are_told() -> None:
    """And nobody else."""
    completions = Completions()
    with completions.event("job_id_1") as one, completions.event("job_id_1") as two, completions.event("job_id_2") as other:
        completions.notify("job_id_1")
        assert one.is_set()
        assert two.is_set()
        assert not other.is_set()


def test_an_announcement_before_the_wait_is_not_missed() -> None:
    """The event is there from the first moment on."""
    completions, told = Completions(), []

    def wait() -> None:
        with completions.event("job_id_1") as ended:
            waiting.set()
            told.append(ended.wait(5))

    waiting = threading.Event()
    thread = threading.Thread(target=wait)
    thread.start()
    waiting.wait(5)
    completions.notify("job_id_1")
    thread.join()
    assert told == [True]


def test_nothing_is_kept_of_those_who_left() -> None:
    """Jobs nobody waits for cost nothing."""
    completions = Completions()
    with completions.event("job_id_1"), completions.event("job_id_1"):
        pass
    completions.notify("job_id_1")
    assert not completions._waiting
