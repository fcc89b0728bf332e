"""Read and write units of DynamoDB by partition key, counted from the public events of a botocore client.

AWS bills a write by the kilobyte of the larger image of the item, and again for each index entry that it
adds, changes or removes; a read by four kilobytes, half of it if eventually consistent; transactions twice.
"""

import math
import threading
from collections import Counter, defaultdict
from collections.abc import Mapping
from typing import Any

from local.emulator import moto_backend

Item = Mapping[str, Any]

WRITES = ("PutItem", "UpdateItem", "DeleteItem")
WRITE_BYTES, READ_BYTES = 1024, 4096
# Of an entry of an index that projects keys only, which a count does not return.
KEY_BYTES = 100


class UnitMeter:
    """Counts the units of a table's calls through one client.

    `writes` and `reads` are by (index or "table", partition key). Conditional writes that fail count too.
    """

    def __init__(self, client: Any, table: str) -> None:
        self.writes = Counter[tuple[str, str]]()
        self.reads = defaultdict[tuple[str, str], float](float)
        self._client, self._table = client, table
        self._indexes = {
            index["IndexName"]: index for index in moto_backend.table_properties()["GlobalSecondaryIndexes"]
        }
        self._images: dict[str, Item | None] = {}
        self._lock, self._looking = threading.Lock(), threading.local()
        client.meta.events.register("provide-client-params.dynamodb", self._before)
        client.meta.events.register("after-call.dynamodb", self._after)

    def clear(self) -> None:
        self.writes.clear()
        self.reads.clear()

    def _before(self, params: Any, context: dict[str, Any], **_: Any) -> None:
        context["params"] = params

    def _after(self, http_response: Any, model: Any, parsed: Any, context: dict[str, Any], **_: Any) -> None:
        if getattr(self._looking, "now", False):
            return
        params, name = context["params"], model.name
        if name in WRITES:
            self._write(params, refused=http_response.status_code >= 300)
        elif name == "TransactWriteItems":
            for change in params["TransactItems"]:
                for write in change.values():
                    self._write(write, times=2)
        elif name == "Query":
            self._query(params, parsed)
        elif name in ("GetItem", "BatchGetItem"):
            self._reads(params, parsed)

    def _write(self, params: Any, times: int = 1, refused: bool = False) -> None:
        item_id = (params.get("Item") or params["Key"])["id"]["S"]
        before = self._images.get(item_id)
        after = before if refused else params.get("Item") or self._image(item_id)
        self._images[item_id] = after
        units = math.ceil(max(size(before), size(after), 1) / WRITE_BYTES)
        with self._lock:
            self.writes["table", item_id] += units * times
            for index, entries in self._entries(before, after).items():
                for key, entry_bytes in entries.items():
                    self.writes[index, key] += math.ceil(entry_bytes / WRITE_BYTES) * times

    def _entries(self, before: Item | None, after: Item | None) -> dict[str, dict[str, int]]:
        """Return the bytes of the entries that a change writes to each index, by partition key."""
        written = {}
        for name, index in self._indexes.items():
            images = [projected(index, image) for image in (before, after)]
            entries = [image for image in images if image] if images[0] != images[1] else []
            written[name] = {image[name]["S"]: size(image) for image in entries}
        return written

    def _image(self, item_id: str) -> Item | None:
        self._looking.now = True
        try:
            key = {"id": {"S": item_id}}
            response = self._client.get_item(TableName=self._table, Key=key, ConsistentRead=True)
        finally:
            self._looking.now = False
        image: Item | None = response.get("Item")
        return image

    def _reads(self, params: Any, parsed: Any) -> None:
        items = {params["Key"]["id"]["S"]: parsed.get("Item", {})} if "Key" in params else {}
        items |= {item["id"]["S"]: item for item in parsed.get("Responses", {}).get(self._table, [])}
        with self._lock:
            for item_id, item in items.items():
                units = max(1, math.ceil(size(item) / READ_BYTES))
                self.reads["table", item_id] += units if params.get("ConsistentRead") else units / 2

    def _query(self, params: Any, parsed: Any) -> None:
        key = params["ExpressionAttributeValues"][":key"]["S"]
        found = sum(map(size, parsed.get("Items", []))) or parsed["ScannedCount"] * KEY_BYTES
        units = max(1, math.ceil(found / READ_BYTES)) / 2
        with self._lock:
            self.reads[params["IndexName"], key] += units


def projected(index: Any, image: Item | None) -> Item | None:
    """Return the entry of an item in an index, or None without the index' key."""
    name = index["IndexName"]
    if image is None or name not in image:
        return None
    names = {"id", name, "accepted", *index["Projection"].get("NonKeyAttributes", ())}
    return {attribute: value for attribute, value in image.items() if attribute in names}


def size(item: Item | None) -> int:
    """Return the bytes of an item by AWS's rules."""
    return sum(len(name.encode()) + value_size(value) for name, value in (item or {}).items())


def value_size(value: Mapping[str, Any]) -> int:
    ((kind, content),) = value.items()
    if kind == "S":
        return len(content.encode())
    if kind == "N":
        return len(content.strip("-").replace(".", "")) // 2 + 2
    if kind == "B":
        return len(content)
    if kind == "M":
        return 3 + sum(1 + len(name.encode()) + value_size(one) for name, one in content.items())
    if kind == "L":
        return 3 + sum(1 + value_size(one) for one in content)
    return 1
