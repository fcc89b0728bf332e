"""Answers that are computed once."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.application.result_cache import ResultCache
from chalicelib.errors import UnknownState
from tests.support.samples import job
from tests.support.simulated import SimulatedClock

NOW = SimulatedClock()


def test_an_answer_is_computed_once() -> None:
    """The second job with the same question on the same data gets the first one's bytes."""
    answers, asked = ResultCache(1000), []
    for number in (1, 2):
        found = answers.get_or_compute(
            job(number), lambda: asked.append(1) or b"answer", lambda number=number: number
        )
        assert found == (b"answer", "job_id_1", 1)
    assert len(asked) == 1


def test_who_declines_has_it_computed() -> None:
    """And what was computed for it is given to others, from then on."""
    answers = ResultCache(1000)
    for number in (1, 2):
        found = answers.get_or_compute(job(number, fresh=True), lambda: b"answer", NOW)
        assert found.source == f"job_id_{number}"
    assert answers.get_or_compute(job(3), lambda: b"answer", NOW).source == "job_id_2"
    assert answers.size == len(b"answer")


@pytest.mark.parametrize(
    "changes",
    [
        {"dataset": "e" * 64},
        {"statistic": "best5"},
        {"inputs": {"question": "Sand"}},
        {"inputs": {"question": "Humus", "state": "Bayern"}},
    ],
)
def test_another_question_has_another_answer(changes: dict[str, object]) -> None:
    """Or another data set."""
    answers = ResultCache(1000)
    assert answers.get_or_compute(job(1), lambda: b"first", NOW).result == b"first"
    assert answers.get_or_compute(job(2, **changes), lambda: b"second", NOW).result == b"second"


def test_a_failure_is_not_kept() -> None:
    """It passes through, and the next one is computed."""
    answers = ResultCache(1000)

    def fail() -> bytes:
        raise UnknownState("Atlantis", ["Bayern"])

    with pytest.raises(UnknownState):
        answers.get_or_compute(job(1), fail, NOW)
    assert answers.get_or_compute(job(2), lambda: b"answer", NOW).result == b"answer"


@given(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 40)), max_size=50))
def test_what_is_kept_is_bounded(asked: list[tuple[int, int]]) -> None:
    """By its bytes, whatever is asked in whatever order; and what comes back is never another's."""
    answers = ResultCache(100)
    for question, size in asked:
        due = bytes([question]) * (size if question else 200)
        one = job(1, inputs={"question": f"{question} {size}"})
        assert answers.get_or_compute(one, lambda due=due: due, NOW).result == due
    assert answers.size <= 100
