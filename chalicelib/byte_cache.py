"""A cache bounded by bytes: clients choose how long an entry is, so a number of them bounds no memory."""

import functools
import threading
from collections import OrderedDict
from collections.abc import Callable
from typing import Generic, TypeVar

K = TypeVar("K")
V = TypeVar("V")
Texts = str | bytes

ENTRY_BYTES = 200  # of the cache's own, and of Python's objects


class ByteCache(Generic[K, V]):
    """A least-recently-used cache of at most `limit` bytes, as `measure` counts key and value.

    For any number of threads. An entry that is larger than the limit is not kept.
    """

    def __init__(self, limit: int, measure: Callable[[K, V], int]) -> None:
        self._limit, self._measure = limit, measure
        self._lock = threading.Lock()
        self._entries: OrderedDict[K, V] = OrderedDict()
        self.size = 0  # bytes

    def get(self, key: K) -> V | None:
        with self._lock:
            if key in self._entries:
                self._entries.move_to_end(key)
            return self._entries.get(key)

    def put(self, key: K, value: V) -> None:
        size = self._measure(key, value)
        with self._lock:
            if key in self._entries:
                self.size -= self._measure(key, self._entries.pop(key))
            if size > self._limit:
                return
            self._entries[key] = value
            self.size += size
            while self.size > self._limit:
                self.size -= self._measure(*self._entries.popitem(last=False))


def cached(limit: int) -> Callable[[Callable[..., bytes]], Callable[..., bytes]]:
    """Remember the results of a function of texts in a ByteCache, whose size counts the texts too."""

    def wrap(function: Callable[..., bytes]) -> Callable[..., bytes]:
        cache = ByteCache[tuple[Texts, ...], bytes](limit, text_bytes)

        @functools.wraps(function)
        def remembered(*texts: Texts) -> bytes:
            if (result := cache.get(texts)) is None:
                result = function(*texts)
                cache.put(texts, result)
            return result

        vars(remembered)["cache"] = cache
        return remembered

    return wrap


def text_bytes(texts: tuple[Texts, ...], result: bytes = b"") -> int:
    """Return the bytes of texts and a result, as many as a text can have."""
    lengths = (4 * len(text) if isinstance(text, str) else len(text) for text in texts)
    return ENTRY_BYTES + sum(lengths) + len(result)
