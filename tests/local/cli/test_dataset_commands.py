"""`check` and `describe`: what a person sees, and the exit status."""

import gzip
import io
import json
from pathlib import Path

import pandas as pd
import pytest
from click.testing import CliRunner

from local.__main__ import main
from tests.support import shapes
from tests.support.buckets import BUCKET, BucketServer


def run(*arguments: object, status: int = 0) -> str:
    result = CliRunner().invoke(main, [*map(str, arguments)])
    assert result.exit_code == status, result.output
    return result.output


@pytest.fixture
def places(tmp_path: Path) -> Path:
    path = tmp_path / "places.csv"
    path.write_text(shapes.PLACES)
    return path


def test_describe_then_check_says_what_is_in_the_file(places: Path) -> None:
    told = run("describe", places)
    assert f"wrote {places.with_suffix('.json')}" in told
    checked = run("check", places)
    assert f"{places}, described by {places.with_suffix('.json')}" in checked
    assert "2 rows, 0 of them without a value" in checked
    assert '2 locations: "Washington, OH", "Washington, PA"' in checked
    assert "years 2022 to 2022" in checked
    assert "Nothing is wrong or doubtful." in checked


def test_describe_writes_over_nothing_unless_it_is_forced(places: Path) -> None:
    places.with_suffix(".json").write_text("{}")
    result = CliRunner().invoke(main, ["describe", str(places)])
    assert result.exit_code == 2
    assert "--force" in result.output
    assert places.with_suffix(".json").read_text() == "{}"
    run("describe", "--force", places)
    assert json.loads(places.with_suffix(".json").read_text())["title"] == "places"


def test_check_counts_doubts(places: Path) -> None:
    facts = {key: value for key, value in shapes.PLACES_FACTS.items() if key not in ("keep", "drop")}
    places.with_suffix(".json").write_text(json.dumps({"title": "PLACES"} | facts))
    told = run("check", places)
    assert 'doubtful: "Data_Value_Type" has several kinds of values' in told
    assert told.splitlines()[-1].endswith("doubts.")


def test_check_tells_all_that_is_wrong_a_line_each(places: Path) -> None:
    places.write_text(shapes.PLACES.replace("40.0", "NA").replace("36.0,34.0", '"36,5",34.0'))
    other = places.with_name("other.json")
    other.write_text(json.dumps({"title": "PLACES"} | shapes.PLACES_FACTS))
    _, first, second, together = run("check", "--description", other, places, status=4).splitlines()
    assert first.endswith('"NA" is not a number: "read": {"na_values": ["NA"]}')
    assert second.endswith('"36,5" is not a number: "read": {"decimal": ","}')
    assert together.endswith('together: "read": {"na_values": ["NA"], "decimal": ","}')


def test_file_without_description_says_whose_was_used(places: Path) -> None:
    places.write_text("Land,Wert\nHessen,1\n")
    told = run("check", places, status=4)
    assert "There is no description places.json beside it, so" in told
    assert "brfss.json was used" in told
    assert f"`statline describe {places}` writes a first one" in told


def test_describe_looks_at_the_first_of_several_files_and_check_at_all(tmp_path: Path) -> None:
    folder = tmp_path / "places"
    (folder / "more").mkdir(parents=True)
    (folder / "a.csv").write_text(shapes.PLACES)
    (folder / "more" / "b.csv").write_text(shapes.PLACES.replace("Washington", "Adams"))

    told = run("describe", folder)
    assert f"wrote {folder / 'description.json'}" in told
    assert json.loads((folder / "description.json").read_text())["title"] == "places"
    for source in (folder, f"{folder}/**/*.csv"):
        checked = run("check", source)
        assert f"{source}, described by {folder / 'description.json'}" in checked
        assert "2 files" in checked
        assert '4 locations: "Adams, OH", "Adams, PA", "Washington, OH", "Washington, PA"' in checked
    assert "--force" in CliRunner().invoke(main, ["describe", f"{folder}/*.csv"]).output


def test_check_of_several_files_names_the_first_bad_one(tmp_path: Path) -> None:
    (tmp_path / "description.json").write_text(json.dumps({"title": "PLACES"} | shapes.PLACES_FACTS))
    for name in ("a", "b", "c"):
        bad = "NA" if name != "a" else "40.0"
        (tmp_path / f"{name}.csv").write_text(shapes.PLACES.replace("40.0", bad))
    told = run("check", tmp_path, status=4)
    assert f"{tmp_path}/b.csv, line " in told
    assert "c.csv" not in told


@pytest.mark.parametrize("suffix", ["csv", "csv.gz", "parquet"])
def test_files_of_a_bucket_are_described_and_checked(suffix: str, monkeypatch: pytest.MonkeyPatch) -> None:
    content = shapes.PLACES.encode()
    if suffix == "csv.gz":
        content = gzip.compress(content)
    if suffix == "parquet":
        content = pd.read_csv(io.StringIO(shapes.PLACES), dtype=str, keep_default_na=False).to_parquet()
    with BucketServer().running() as server:
        server.use(monkeypatch)
        server.reset()
        server.put(f"places/a.{suffix}", content)
        source = f"s3://{BUCKET}/places/"
        told = CliRunner().invoke(main, ["describe", source])
        assert f"put this at {source}description.json, or in a file that STATLINE_" in told.stderr
        server.put("places/description.json", told.stdout)
        checked = run("check", source)
        assert f"{source}, described by {source}description.json" in checked
        assert '2 locations: "Washington, OH", "Washington, PA"' in checked
        assert "Nothing is wrong or doubtful." in checked
