"""The contract of every JobStore, and what is particular to the one on AWS."""

import os
import re
import zlib
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import pytest
from botocore.exceptions import ClientError
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chalicelib.adapters.aws_clients import Aws
from chalicelib.adapters.dynamodb_job_store import DynamoDbJobStore
from chalicelib.adapters.job_indexes import share
from chalicelib.application.job import LONGEST_REASON, Job, JobStatus, by_acceptance, job_number
from chalicelib.application.known_results import computed_outcome, key_of, known_result, reusing
from chalicelib.application.pagination import FOR_EVER, Filter, page
from chalicelib.application.ports import JobStore
from chalicelib.config import LARGEST_INLINE
from chalicelib.errors import AwsUnavailable, JobNotFound
from chalicelib.routes.request.body import LARGEST_BODY
from tests.support.samples import job


def test_ids_of_an_empty_store_start_at_1_in_consecutive_blocks(store: JobStore) -> None:
    assert [*store.reserve_ids(3), *store.reserve_ids(2)] == [1, 2, 3, 4, 5]


def test_concurrent_reservations_never_share_an_id(store: JobStore) -> None:
    with ThreadPoolExecutor(8) as pool:
        blocks = list(pool.map(lambda _: store.reserve_ids(5), range(40)))
    assert sorted(n for block in blocks for n in block) == list(range(1, 201))


def test_created_job_is_read_back_with_any_characters(store: JobStore) -> None:
    asked = job(7, inputs={"question": "Größe, 100 % 'x' \"y\"\n☃", "state": "Curaçao"})
    store.create(asked)
    assert store.get("job_id_7") == asked


# Among them more digits than DynamoDB's numbers have, and more bytes than its keys may have.
NO_JOBS = [
    *("job_id_9", "job_id_0", "job_id_01", "#counter", "#control", "", "../x", "ÿ"),
    *(f"job_id_{'9' * digits}" for digits in (19, 39, 2048)),
]


@pytest.mark.parametrize("job_id", NO_JOBS)
def test_unknown_or_invalid_id_is_not_found_and_deletes_nothing(store: JobStore, job_id: str) -> None:
    store.reserve_ids(1)
    with pytest.raises(JobNotFound):
        store.get(job_id)
    store.delete(job_id)
    assert list(store.jobs()) == []
    assert store.reserve_ids(1)[0] == 2


def test_job_keeps_its_trace_through_its_outcome(store: JobStore) -> None:
    asked = job(7, trace="4bf92f3577b34da6a3ce929d0e0e4736")
    store.create(asked)
    assert store.get("job_id_7") == asked
    assert store.finish(asked.succeed(b"1", now=5_000)).trace == asked.trace
    assert store.finish(asked.fail("late", now=6_000)).trace == asked.trace
    assert store.get("job_id_7").trace == asked.trace


def test_finished_job_has_its_result_byte_for_byte(store: JobStore) -> None:
    store.create(job(1))
    done = job(1).succeed('{"é":1.5}'.encode(), now=5_000)
    assert store.finish(done) == done
    assert store.get("job_id_1") == done


def test_failed_job_has_its_reason(store: JobStore) -> None:
    store.create(job(1))
    store.finish(job(1).fail("no such state", now=5_000))
    assert store.get("job_id_1").reason == "no such state"
    assert store.get("job_id_1").status is JobStatus.FAILED


def test_first_outcome_stands_and_is_returned_to_later_writers(store: JobStore) -> None:
    store.create(job(1))
    first = store.finish(job(1).succeed(b"1", now=5_000))
    assert store.finish(job(1).fail("late", now=6_000)) == first
    assert store.finish(job(1).succeed(b"2", now=7_000)) == first
    assert store.get("job_id_1") == first


def test_concurrent_outcomes_all_return_the_one_that_was_stored(store: JobStore) -> None:
    for number in range(1, 11):
        store.create(job(number))
        outcomes = [job(number).succeed(b"%d" % n, now=n) for n in range(8)]
        with ThreadPoolExecutor(8) as pool:
            heard = set(pool.map(lambda outcome: store.finish(outcome).result, outcomes))
        assert heard == {store.get(f"job_id_{number}").result}


def test_finishing_a_job_that_was_never_created_is_refused(store: JobStore) -> None:
    with pytest.raises(JobNotFound):
        store.finish(job(5).succeed(b"1", now=1))


def test_result_over_the_inline_limit_is_read_back(store: JobStore) -> None:
    store.create(job(1))
    answer = os.urandom(50_000).hex().encode()
    store.finish(job(1).succeed(answer, now=5_000))
    assert store.get("job_id_1").result == answer


def test_longest_question_is_stored_and_longest_reason_is_cut(store: JobStore) -> None:
    asked = job(1, inputs={"question": "ß" * 16_384, "state": "ß" * 16_384})
    store.create(asked)
    failed = store.finish(asked.fail("ß" * 1_000_000, now=5_000))
    assert store.get("job_id_1") == failed
    assert failed.reason == "ß" * (LONGEST_REASON - 1) + "…"


def test_deleted_job_is_not_found_nor_listed(store: JobStore) -> None:
    for number in (1, 2):
        store.create(job(number))
        store.finish(job(number).succeed(os.urandom(5_000), now=9))
    store.delete("job_id_1")
    store.delete("job_id_1")
    with pytest.raises(JobNotFound):
        store.get("job_id_1")
    assert [one.id for one in [*store.jobs(), *store.latest(9_999)]] == ["job_id_2"] * 2


def test_finishing_a_deleted_job_is_refused(store: JobStore) -> None:
    store.create(job(1))
    store.delete("job_id_1")
    with pytest.raises(JobNotFound):
        store.finish(job(1).succeed(b"1", now=5_000))


def test_jobs_are_listed_oldest_first_without_results(store: JobStore) -> None:
    """By time of acceptance, then by number."""
    for number, accepted in ((10, 5), (9, 5), (2, 7), (30, 1)):
        store.create(job(number, accepted=accepted))
    store.finish(job(9, accepted=5).succeed(b"1", now=8))
    listed = list(store.jobs())
    assert [one.id for one in listed] == ["job_id_30", "job_id_9", "job_id_10", "job_id_2"]
    assert listed[1] == replace(job(9, accepted=5), status=JobStatus.SUCCESSFUL, finished=8)


def test_latest_lists_newest_first_up_to_a_time(store: JobStore) -> None:
    """By time of acceptance, then by number."""
    for number, accepted in ((10, 5), (9, 5), (2, 7), (30, 1)):
        store.create(job(number, accepted=accepted))
    store.finish(job(9, accepted=5).succeed(b"1", now=8))
    assert [one.id for one in store.latest(7)] == ["job_id_2", "job_id_10", "job_id_9", "job_id_30"]
    assert [one.id for one in store.latest(6)] == ["job_id_10", "job_id_9", "job_id_30"]
    assert [one.result for one in store.latest(7)] == [None] * 4
    assert list(store.latest(0)) == []


def test_every_field_is_read_back_from_the_job_and_the_lists(store: JobStore) -> None:
    asked = job(1, response="document", media_type="text/csv", fresh=True)
    store.create(asked)
    done = replace(asked, started=4_000, source="job_id_3", computed=3_000)
    done = done.fail("no rows", now=5_000, cause="NoUsableRows")
    store.finish(done)
    assert store.get("job_id_1") == done
    # Whether reuse was declined is not in lists.
    assert [replace(one, fresh=True) for one in [*store.jobs(), *store.latest(9_000)]] == [done, done]


def test_dismissed_job_stays_dismissed(store: JobStore) -> None:
    store.create(job(1))
    dismissed = store.finish(job(1).dismiss(now=5_000))
    assert store.finish(job(1).succeed(b"1", now=6_000)) == dismissed
    assert store.get("job_id_1").status is JobStatus.DISMISSED
    assert store.count_open() == 0


def test_list_over_a_megabyte_is_read_and_counted_whole(store: JobStore) -> None:
    for number in range(1, 61):
        store.create(job(number, inputs={"question": "x" * 30_000}))
    assert len(list(store.jobs())) == len(list(store.latest(9_999))) == 60
    assert store.count_open() == 60


def test_only_open_jobs_are_counted(store: JobStore) -> None:
    for number in range(1, 6):
        store.create(job(number))
    store.finish(job(1).succeed(b"1", now=9))
    store.finish(job(2).fail("why", now=9))
    store.delete("job_id_3")
    assert store.count_open() == 2


def test_open_jobs_before_a_time_are_listed_oldest_first(store: JobStore) -> None:
    for number, accepted in ((1, 50), (2, 10), (3, 20), (4, 30), (5, 5)):
        store.create(job(number, accepted=accepted))
    store.finish(job(5, accepted=5).succeed(b"1", now=60))
    assert list(store.open_before(30)) == [("job_id_2", 10), ("job_id_3", 20)]
    assert list(store.open_before(0)) == []


@pytest.mark.usefixtures("transactions")
def test_jobs_created_together_are_stored_whole(store: JobStore) -> None:
    jobs = [job(number, inputs={"question": f"Q{number}"}) for number in range(1, 5)]
    store.create(*jobs)
    assert [store.get(one.id) for one in jobs] == jobs == list(store.jobs())
    assert store.count_open() == 4


def computed(number: int, result: bytes = b"[1,[]]", now: int = 5_000, **changes: object) -> Job:
    return computed_outcome(job(number, **changes), result, now)


def kept(store: JobStore, number: int, result: bytes = b"[1,[]]", **changes: object) -> Job:
    """Store a job and the result that it computed."""
    store.create(job(number, **changes))
    return store.finish(computed(number, result, **changes))


def reused(number: int, first: Job) -> Job:
    known = known_result(first)
    assert known is not None
    return reusing(job(number, started=9_000, accepted=9_000), known, 9_000)


@pytest.mark.parametrize("size", [10, 50_000])
def test_computed_result_is_found_by_its_question(store: JobStore, size: int) -> None:
    """A large one may be without its bytes."""
    first = kept(store, 1, os.urandom(size))
    key = key_of(first)
    found = store.find_results([key])[key]

    assert found.result in (first.result, None)
    assert (found.digest, found.source, found.computed) == (first.digest, "job_id_1", 5_000)
    assert size > 1_000 or found.result is not None


def test_questions_are_found_together(store: JobStore) -> None:
    first, second = kept(store, 1), kept(store, 2, b"[1,[2]]", statistic="best5")
    unknown = key_of(job(3, dataset="e" * 64))
    found = store.find_results([key_of(first), key_of(second), unknown])
    assert {key: known.source for key, known in found.items()} == {
        key_of(first): "job_id_1",
        key_of(second): "job_id_2",
    }


def test_failure_and_result_without_a_digest_are_not_found(store: JobStore) -> None:
    for number in (1, 2):
        store.create(job(number))
    store.finish(job(1).fail("why", now=9))
    store.finish(job(2).succeed(b"1", now=9))
    assert store.find_results([key_of(job(1))]) == {}


@pytest.mark.parametrize("size", [10, 50_000])
def test_job_created_with_a_known_result_is_finished(store: JobStore, size: int) -> None:
    again = reused(2, kept(store, 1, os.urandom(size)))
    store.create(again)

    assert store.get("job_id_2") == again
    assert store.count_open() == 0
    assert list(store.open_before(10**15)) == []
    assert store.finish(job(2).fail("late", now=9_999)) == again


@pytest.mark.usefixtures("transactions")
def test_known_and_new_jobs_are_created_together(store: JobStore) -> None:
    again = reused(2, kept(store, 1))
    store.create(again, job(3))
    assert [store.get(f"job_id_{number}") for number in (2, 3)] == [again, job(3)]
    assert store.count_open() == 1


def test_pending_callback_of_a_known_job_is_listed(store: JobStore) -> None:
    subscriber = {"successUri": "http://a.test/"}
    again = replace(reused(2, kept(store, 1)), subscriber=subscriber, callback_pending=True)
    store.create(again)
    assert list(store.pending_callbacks_before(10**15)) == ["job_id_2"]
    store.mark_delivered("job_id_2")
    assert store.get("job_id_2") == replace(again, callback_pending=False)


@pytest.mark.parametrize("size", [10, 50_000])
def test_deleted_job_leaves_the_shared_result(store: JobStore, size: int) -> None:
    first = kept(store, 1, os.urandom(size))
    store.create(reused(2, first))
    store.delete("job_id_1")
    assert store.get("job_id_2").result == first.result
    assert key_of(first) in store.find_results([key_of(first)])


def test_fresh_result_is_found_from_then_on(store: JobStore) -> None:
    first = kept(store, 1)
    store.create(job(2, fresh=True))
    store.finish(computed(2, now=7_000))
    [found] = store.find_results([key_of(first)]).values()
    assert (found.source, found.computed) == ("job_id_2", 7_000)


def test_outcomes_are_stored_together_and_missing_jobs_left_out(store: JobStore) -> None:
    for number in range(1, 4):
        store.create(job(number))
    dismissed = store.finish(job(2).dismiss(now=4_000))
    known = known_result(computed(1))
    outcomes = [computed(1), computed(2), computed(9), reusing(job(3), known, 9_000)]

    assert store.finish_all(outcomes) == [outcomes[0], dismissed, None, outcomes[3]]
    assert [store.get(f"job_id_{number}") for number in (1, 2, 3)] == [outcomes[0], dismissed, outcomes[3]]


def test_concurrent_processes_keep_one_result(store: JobStore) -> None:
    numbers = range(1, 9)
    for number in numbers:
        store.create(job(number))
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(store.finish, [computed(number, now=number) for number in numbers]))
    assert {store.get(f"job_id_{number}").result for number in numbers} == {b"[1,[]]"}
    assert len(store.find_results([key_of(job(1))])) == 1


def test_other_bytes_of_a_question_replace_no_result(store: JobStore) -> None:
    """As when a formula changed without a new version."""
    first = kept(store, 1)
    other = kept(store, 2, b"[1,[99]]")
    again = reused(3, first)
    store.create(again)
    assert [store.get(f"job_id_{n}").result for n in (1, 2, 3)] == [first.result, other.result, first.result]


@pytest.fixture
def dynamo(clients: Aws) -> DynamoDbJobStore:
    return DynamoDbJobStore(clients, "statline", "statline", inline_limit=1000)


def test_finished_job_expires_and_an_open_one_never(clients: Aws) -> None:
    """Not found and not listed, though DynamoDB may remove the item much later."""
    now = [10.0]
    store = DynamoDbJobStore(clients, "statline", "statline", 1000, retention=60, clock=lambda: now[0])
    store.create(job(1))
    store.create(job(2))
    store.finish(job(1).succeed(b"1", now=10_000))
    now[0] = 69.9
    assert store.get("job_id_1").result == b"1"
    now[0] = 70.0
    with pytest.raises(JobNotFound):
        store.get("job_id_1")
    assert [one.id for one in [*store.jobs(), *store.latest(9_999)]] == ["job_id_2"] * 2


def test_repeated_create_of_the_same_job_succeeds(dynamo: DynamoDbJobStore) -> None:
    """The SDK repeats a write whose response was lost."""
    for _ in range(2):
        dynamo.create(job(1, trace="4bf92f3577b34da6a3ce929d0e0e4736"))
    assert dynamo.count_open() == 1


def test_create_with_the_id_of_another_job_is_refused(dynamo: DynamoDbJobStore) -> None:
    dynamo.create(job(1))
    with pytest.raises(ClientError):
        dynamo.create(job(1, statistic="best5"))
    assert dynamo.get("job_id_1").statistic == "global_mean"


def test_largest_item_stays_under_400_kb(clients: Aws) -> None:
    store = DynamoDbJobStore(clients, "statline", "statline", inline_limit=LARGEST_INLINE)
    asked = job(1, inputs={"question": "ß" * (LARGEST_BODY // 2)}, trace="f" * 32)
    answer = os.urandom(LARGEST_INLINE - 200)
    assert LARGEST_INLINE - 200 < len(zlib.compress(answer)) <= LARGEST_INLINE
    store.create(asked)
    store.finish(asked.succeed(answer, now=5_000))
    assert store.get("job_id_1").result == answer
    assert stored_keys(clients) == []
    assert LARGEST_BODY + 4 * LONGEST_REASON + LARGEST_INLINE + 1024 < 400 * 1024


@pytest.mark.parametrize(("size", "objects"), [(100, 0), (5_000, 1)])
def test_small_result_is_in_the_item_and_a_large_one_in_s3(
    dynamo: DynamoDbJobStore, clients: Aws, size: int, objects: int
) -> None:
    dynamo.create(job(1))
    dynamo.finish(job(1).succeed(os.urandom(size), now=9))
    assert len(stored_keys(clients)) == objects
    dynamo.delete("job_id_1")
    assert stored_keys(clients) == []


@pytest.mark.parametrize(("size", "objects"), [(100, 0), (5_000, 1)])
def test_thousand_jobs_store_their_result_once(
    dynamo: DynamoDbJobStore, clients: Aws, size: int, objects: int
) -> None:
    """A small one as an item, a large one as an object; no job's item has it."""
    first = kept(dynamo, 1, os.urandom(size))
    for number in range(2, 30):
        dynamo.create(reused(number, first))
    items = clients.dynamodb.scan(TableName="statline")["Items"]
    with_result = [item["id"]["S"] for item in items if "answer" in item]
    assert with_result == ["#result:" + key_of(first).digest.hex()] * (1 - objects)
    assert stored_keys(clients) == [f"results/{first.digest}"] * objects
    assert dynamo.get("job_id_29").result == first.result


def test_shared_result_expires_after_its_own_time(clients: Aws) -> None:
    """It is put anew, with more time, when it is computed again."""
    now = [10.0]
    store = DynamoDbJobStore(
        clients, "statline", "statline", 1000, retention=60, clock=lambda: now[0], result_lifetime=500
    )
    first = kept(store, 1)
    key = {"id": {"S": "#result:" + key_of(first).digest.hex()}}

    def expires() -> str:
        return str(clients.dynamodb.get_item(TableName="statline", Key=key)["Item"]["expires"]["N"])

    assert expires() == "510"
    now[0] = 400.0
    kept(store, 2)
    assert expires() == "900"


@pytest.mark.parametrize("size", [100, 5_000])
def test_lost_result_leaves_the_job_and_can_be_restored(clients: Aws, size: int) -> None:
    writer, reader = (DynamoDbJobStore(clients, "statline", "statline", 1000) for _ in range(2))
    first = kept(writer, 1, os.urandom(size))
    clients.dynamodb.delete_item(
        TableName="statline", Key={"id": {"S": "#result:" + key_of(first).digest.hex()}}
    )
    for name in stored_keys(clients):
        clients.s3.delete_object(Bucket="statline", Key=name)
    assert reader.get("job_id_1") == replace(first, result=None)
    reader.restore_result(first)
    assert DynamoDbJobStore(clients, "statline", "statline", 1000).get("job_id_1") == first


def test_results_are_compressed(dynamo: DynamoDbJobStore, clients: Aws) -> None:
    answer = b"{\"('Alabama', 'Age', '18 - 24')\":24.9," * 2_000
    finished: Job = job(1).succeed(answer, now=9)
    dynamo.create(job(1))
    dynamo.finish(finished)
    item = clients.dynamodb.get_item(TableName="statline", Key={"id": {"S": "job_id_1"}})["Item"]
    assert len(item["answer"]["B"]) < len(answer) / 10


class CountedQueries:
    """A client that notes how many items each of its queries read."""

    def __init__(self, client: Any) -> None:
        self._client, self.items = client, list[int]()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._client, name)

    def query(self, **arguments: Any) -> Any:
        response = self._client.query(**arguments)
        self.items.append(response["ScannedCount"])
        return response


@pytest.fixture
def queries(clients: Aws) -> Iterator[list[int]]:
    counted = clients.dynamodb = CountedQueries(clients.dynamodb)
    yield counted.items
    clients.dynamodb = counted._client


@pytest.fixture
def sharded(clients: Aws) -> DynamoDbJobStore:
    return DynamoDbJobStore(clients, "statline", "statline", inline_limit=1000, shards=4)


def test_page_of_a_long_list_reads_little_more_than_it_returns(
    sharded: DynamoDbJobStore, queries: list[int]
) -> None:
    for number in range(1, 201):
        sharded.create(job(number, accepted=number))

    newest = page(sharded.latest(FOR_EVER, 11), Filter(), 10, None)

    assert [one.id for one in newest.jobs] == [f"job_id_{number}" for number in range(200, 190, -1)]
    assert len(queries) == 5
    assert sum(queries) <= 5 * share(11, 4) == 45


def test_filter_that_few_jobs_match_reads_pages_that_grow(
    sharded: DynamoDbJobStore, queries: list[int]
) -> None:
    for number in range(1, 201):
        sharded.create(job(number))

    page(sharded.latest(FOR_EVER, 3), Filter(processes=frozenset({"best5"})), 2, None)

    assert sum(queries) == 200
    # 5, 10, 20, 40 of some fifty in each shard; an emulator may end with an empty page.
    assert len([count for count in queries if count]) == 16


def items_by_key(clients: Aws, name: str) -> Counter[str]:
    items = clients.dynamodb.scan(TableName="statline")["Items"]
    return Counter(item[name]["S"] for item in items if name in item)


def test_index_keys_are_spread_over_shards(dynamo: DynamoDbJobStore, clients: Aws) -> None:
    for number in range(1, 321):
        dynamo.create(job(number, subscriber={"successUri": "http://a.test/"}))
    dynamo.finish(job(1).succeed(b"1", now=9))
    dynamo.finish(job(2, subscriber={"successUri": "http://a.test/"}).succeed(b"1", now=9))

    opened, listed = items_by_key(clients, "open"), items_by_key(clients, "listed")

    assert {*listed} == {f"listed#{shard:02}" for shard in range(64)}
    assert max(listed.values()) <= 8
    assert sum(count for key, count in opened.items() if re.fullmatch("open#[0-6][0-9]", key)) == 318
    assert sum(count for key, count in opened.items() if re.fullmatch("unsent#[0-6][0-9]", key)) == 1
    assert dynamo.count_open() == 318
    assert list(dynamo.pending_callbacks_before(FOR_EVER)) == ["job_id_2"]


@given(st.lists(st.tuples(st.integers(1, 10**6), st.integers(0, 20)), unique_by=lambda one: one[0]))
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_lists_are_in_order_across_shards_and_versions(
    sharded: DynamoDbJobStore, clients: Aws, numbers: list[tuple[int, int]]
) -> None:
    """Every third job is of a version whose keys had no shards."""
    jobs = [job(number, accepted=accepted) for number, accepted in numbers]
    for one in jobs:
        item = sharded.item(one)
        if job_number(one.id) % 3 == 0:
            item |= {"listed": {"S": "job"}, "open": {"S": "open"}}
        clients.dynamodb.put_item(TableName="statline", Item=item)
    try:
        ordered = sorted(jobs, key=by_acceptance)
        assert list(sharded.jobs()) == ordered
        assert list(sharded.latest(20, 3)) == ordered[::-1]
        assert [at for _, at in sharded.open_before(21)] == [one.accepted for one in ordered]
        assert {name for name, _ in sharded.open_before(21)} == {one.id for one in jobs}
        assert sharded.count_open() == len(jobs)
    finally:
        for one in jobs:
            sharded.delete(one.id)


def test_failed_query_begins_no_other(sharded: DynamoDbJobStore, clients: Aws) -> None:
    calls: list[str] = []

    class Failing:
        def query(self, **arguments: Any) -> Any:
            calls.append(arguments["ExpressionAttributeValues"][":key"]["S"])
            raise AwsUnavailable("no")

    original, clients.dynamodb = clients.dynamodb, Failing()  # type: ignore[assignment] # acts as a client
    try:
        with pytest.raises(AwsUnavailable):
            sharded.count_open()
    finally:
        clients.dynamodb = original
    assert calls == ["open#00"]


def stored_keys(clients: Aws) -> list[str]:
    return [found["Key"] for found in clients.s3.list_objects_v2(Bucket="statline").get("Contents", [])]
