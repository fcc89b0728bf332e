"""The two indexes of the jobs' table, read across their shards.

DynamoDB writes only so much a second under one key, so that the jobs of an index are spread over several (see
job_item). Readers ask all of them at once for their first page, and merge their jobs by acceptance; a further
page of a shard is read when the merge comes to it.
"""

import contextvars
import itertools
import math
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from heapq import merge
from typing import Any, TypeVar

from chalicelib.adapters.aws_clients import Aws, pages
from chalicelib.adapters.job_item import LISTED, Item, encoded, index_keys
from chalicelib.application.job import job_number

# At most as many calls at once as a client of botocore keeps connections.
THREADS = 10
# Items. A page ends at one megabyte too.
LARGEST_PAGE = 20_000
# Jobs that readers of open jobs are supposed to take.
FEW = 100

T = TypeVar("T")


class JobIndexes:
    """Reads the indexes `open` and `listed` of a table whose keys are in so many `shards`."""

    def __init__(self, aws: Aws, table: str, shards: int) -> None:
        self._aws, self._table, self._shards = aws, table, shards

    def count(self, kind: str) -> int:
        """Count the jobs of a kind in `open`."""

        def count_key(key: str) -> int:
            return sum(page.get("Count", 0) for page in self._pages("open", key, Select="COUNT"))

        return sum(in_parallel(count_key, index_keys(kind, self._shards)))

    def before(self, moment: int, kind: str) -> Iterator[tuple[str, int]]:
        """Iterate over id and acceptance of the jobs of a kind accepted before `moment`, oldest first."""
        for item in self._merged("open", kind, FEW, condition=" AND accepted < :moment", moment=moment):
            yield item["id"]["S"], accepted(item)

    def listed(self, until: int | None = None, count: int = LARGEST_PAGE) -> Iterator[Item]:
        """Iterate over the projections of jobs by acceptance, then number: all of them, oldest first.

        With `until`, those accepted then or before, newest first, of which the caller takes about `count`.
        """
        newest_first = until is not None
        options: dict[str, Any] = {"ScanIndexForward": False} if newest_first else {}
        condition = " AND accepted <= :moment" if newest_first else ""
        found = self._merged(LISTED, LISTED, count, condition=condition, moment=until, **options)
        # An index has the jobs of one millisecond in no order.
        for _, together in itertools.groupby(found, key=accepted):
            yield from sorted(together, key=number, reverse=newest_first)

    def _merged(self, index: str, kind: str, count: int, **options: Any) -> Iterator[Item]:
        def first_page(key: str) -> Iterator[Item]:
            rest = self._pages(index, key, first=share(count, self._shards), **options)
            return itertools.chain(next(rest)["Items"], (item for page in rest for item in page["Items"]))

        newest_first = options.get("ScanIndexForward") is False
        streams = in_parallel(first_page, index_keys(kind, self._shards))
        return merge(*streams, key=accepted, reverse=newest_first)

    def _pages(
        self,
        index: str,
        key: str,
        first: int = LARGEST_PAGE,
        condition: str = "",
        moment: int | None = None,
        **options: Any,
    ) -> Iterator[Any]:
        """Yield the pages of one key, the `first` of so many items; `condition` compares with `:moment`."""
        values = {":key": key} | ({} if moment is None else {":moment": moment})
        return pages(
            growing(self._aws.dynamodb.query, first),
            "ExclusiveStartKey",
            "LastEvaluatedKey",
            TableName=self._table,
            IndexName=index,
            KeyConditionExpression=f"#index = :key{condition}",
            ExpressionAttributeNames={"#index": index},
            ExpressionAttributeValues=encoded(values),
            **options,
        )


def in_parallel(function: Callable[[str], T], arguments: Sequence[str]) -> list[T]:
    """Call a function for each argument on threads, each under the caller's deadline and trace.

    The first call ends before the others begin, so that an outage fails one call. After an error no further
    call begins.
    """
    first, *others = arguments
    results = [function(first)]
    with ThreadPoolExecutor(THREADS) as pool:
        calls = [pool.submit(contextvars.copy_context().run, function, value) for value in others]
        try:
            return results + [call.result() for call in calls]
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise


def share(count: int, shards: int) -> int:
    """Return how many items of one shard are likely among `count` of all, and the one after them."""
    mean = count / shards
    return min(LARGEST_PAGE, math.ceil(mean + 3 * math.sqrt(mean)) + 1)


def growing(query: Callable[..., Any], count: int) -> Callable[..., Any]:
    """Return the call with pages of `count` items, then of twice as many: a filter may skip most of them."""
    limits = (min(count << doubled, LARGEST_PAGE) for doubled in itertools.count())
    return lambda **arguments: query(**arguments, Limit=next(limits))


def accepted(item: Item) -> int:
    return int(item["accepted"]["N"])


def number(item: Item) -> int:
    return job_number(item["id"]["S"])
