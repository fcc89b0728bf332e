"""moto, as a laptop mends it."""

import gc
from collections import Counter

import pytest

from chalicelib.adapters.aws_clients import Aws
from chalicelib.config import Settings
from chalicelib.errors import AwsUnavailable
from local.emulator import moto_backend

TABLE, BUCKET, JOBS = Settings().table, Settings().bucket, 50


def alive() -> Counter[str]:
    """How many objects of moto there are, by their class."""
    gc.collect()
    kinds = (type(one) for one in gc.get_objects())
    return Counter(kind.__name__ for kind in kinds if str(kind.__module__).startswith("moto."))


def test_moto_keeps_no_deleted_items_or_objects(clients: Aws) -> None:
    def work() -> None:
        for number in range(JOBS):
            item = {"id": {"S": f"job_id_{number}"}}
            clients.dynamodb.put_item(TableName=TABLE, Item=item)
            clients.dynamodb.delete_item(TableName=TABLE, Key=item)
            clients.s3.put_object(Bucket=BUCKET, Key="answer", Body=b"1")
            clients.s3.delete_object(Bucket=BUCKET, Key="answer")

    work()
    before = alive()
    work()
    grown = {name: count for name, count in (alive() - before).items() if count >= JOBS // 2}
    assert grown == {}


def test_request_past_moto_meets_a_closed_port() -> None:
    moto = moto_backend.start_moto()
    clients = moto_backend.connect(Settings())
    moto.stop()
    with pytest.raises(AwsUnavailable) as caught:
        clients.s3.list_buckets()
    assert "ProxyConnectionError" in caught.value.cause
