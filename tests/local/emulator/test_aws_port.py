"""The port for AWS' own tools: it lets them read, and nobody else do anything."""

from collections.abc import Iterator

import boto3
import pytest
import requests
from botocore.exceptions import ClientError

from chalicelib.adapters.aws_clients import Aws
from chalicelib.bootstrap import job_store
from chalicelib.config import Settings
from local.emulator.aws_port import serve_aws
from tests.support.processes import free_port
from tests.support.samples import job

SCAN = {"X-Amz-Target": "DynamoDB_20120810.Scan", "Content-Type": "application/x-amz-json-1.0"}
# The tools send it; moto takes the region from it.
CREDENTIAL = "AWS4-HMAC-SHA256 Credential=x/20260101/us-east-1/dynamodb/aws4_request, Signature=0"


@pytest.fixture
def url(moto: Aws) -> Iterator[str]:
    """The port, with one job in the table and one object in the bucket."""
    job_store(moto, Settings()).create(job(1))
    moto.s3.put_object(Bucket="statline", Key="results/job_id_1", Body=b"1")
    server = serve_aws(free_port())
    yield f"http://127.0.0.1:{server.port}"
    server.shutdown()


@pytest.fixture
def session() -> boto3.session.Session:
    return boto3.session.Session("test", "test", region_name="us-east-1")


def test_boto3_reads_the_table_and_the_bucket(url: str, session: boto3.session.Session) -> None:
    dynamodb, s3 = session.client("dynamodb", endpoint_url=url), session.client("s3", endpoint_url=url)
    [item] = dynamodb.scan(TableName="statline")["Items"]
    assert item["id"] == {"S": "job_id_1"}
    key = {"id": {"S": "job_id_1"}}
    assert dynamodb.get_item(TableName="statline", Key=key)["Item"] == item
    assert dynamodb.list_tables()["TableNames"] == ["statline"]
    assert dynamodb.describe_table(TableName="statline")["Table"]["ItemCount"] == 1
    assert [bucket["Name"] for bucket in s3.list_buckets()["Buckets"]] == ["statline"]
    assert [found["Key"] for found in s3.list_objects_v2(Bucket="statline")["Contents"]] == [
        "results/job_id_1"
    ]
    assert s3.get_object(Bucket="statline", Key="results/job_id_1")["Body"].read() == b"1"
    assert s3.head_object(Bucket="statline", Key="results/job_id_1")["ContentLength"] == 1


def test_boto3_cannot_change_anything(url: str, session: boto3.session.Session) -> None:
    dynamodb, s3 = session.client("dynamodb", endpoint_url=url), session.client("s3", endpoint_url=url)
    item = {"id": {"S": "job_id_1"}}
    for change in (
        lambda: dynamodb.put_item(TableName="statline", Item=item),
        lambda: dynamodb.delete_item(TableName="statline", Key=item),
        lambda: dynamodb.delete_table(TableName="statline"),
        lambda: dynamodb.execute_statement(Statement="DELETE FROM statline"),
        lambda: s3.put_object(Bucket="statline", Key="x", Body=b""),
        lambda: s3.delete_object(Bucket="statline", Key="results/job_id_1"),
        lambda: session.client("sqs", endpoint_url=url).create_queue(QueueName="q"),
    ):
        with pytest.raises(ClientError) as caught:
            change()
        assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 403
    assert len(dynamodb.scan(TableName="statline")["Items"]) == 1


def scan(url: str, **headers: str) -> requests.Response:
    return requests.post(
        url,
        json={"TableName": "statline"},
        headers=SCAN | {"Authorization": CREDENTIAL} | headers,
        timeout=10,
    )


def test_responses_have_no_cors_headers(url: str) -> None:
    response = scan(url)
    assert response.status_code == 200
    assert not [name for name in response.headers if name.lower().startswith("access-control")]


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://example.org"},
        {"Origin": "null"},
        {"Sec-Fetch-Site": "same-origin"},
        {"Host": "example.org"},
        {"Host": "127.0.0.1"},
        {"Host": "169.254.169.254:80"},
    ],
    ids=str,
)
def test_request_of_a_browser_or_for_a_foreign_host_is_403(url: str, headers: dict[str, str]) -> None:
    response = scan(url, **headers)
    assert (response.status_code, "job_id_1" in response.text) == (403, False)


@pytest.mark.parametrize("path", ["/moto-api", "/moto-api/reset", "/moto-api/data.json", "//moto-api/reset"])
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_moto_api_is_403(url: str, path: str, method: str) -> None:
    response = requests.request(method, url + path, timeout=10)
    assert response.status_code == 403
    assert len(scan(url).json()["Items"]) == 1


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "OPTIONS"])
def test_other_methods_are_403(url: str, method: str) -> None:
    assert requests.request(method, f"{url}/statline/x", timeout=10).status_code == 403


@pytest.mark.parametrize("name", ["localhost", "127.0.0.1"])
def test_names_of_this_machine_are_accepted(url: str, name: str) -> None:
    port = url.rpartition(":")[2]
    assert scan(f"http://127.0.0.1:{port}", Host=f"{name}:{port}").status_code == 200
