"""Descriptions and fingerprints."""

import json
from hashlib import sha256
from pathlib import Path

import pytest

from chalicelib.domain.dataset_description import Description, find_description, fingerprint
from chalicelib.domain.sources import digest_of
from chalicelib.errors import InvalidDescription
from local.settings import DEFAULT_DESCRIPTION
from tests.support.measured import DESCRIPTION as MEASURED
from tests.support.samples import DESCRIPTION, SOIL

SOIL_DESCRIPTION = Description.from_dict(DESCRIPTION)


def saved(folder: Path, name: str, facts: object) -> Path:
    path = folder / name
    path.write_text(json.dumps(facts))
    return path


def test_a_description_survives_load_and_to_dict(tmp_path: Path) -> None:
    read = Description.load(saved(tmp_path, "x.json", DESCRIPTION))
    assert read.columns["question"] == "Frage"
    assert Description.from_dict(read.to_dict()) == read


def test_like_takes_defaults_from_another_file(tmp_path: Path) -> None:
    saved(tmp_path, "base.json", DESCRIPTION)
    read = Description.load(
        saved(tmp_path, "x.json", {"like": "base.json", "title": "Mine", "synthetic": True})
    )
    assert (read.title, read.synthetic, read.columns) == ("Mine", True, DESCRIPTION["columns"])


def test_a_circle_of_like_is_refused(tmp_path: Path) -> None:
    saved(tmp_path, "a.json", {"like": "b.json"})
    with pytest.raises(InvalidDescription, match="back to itself"):
        Description.load(saved(tmp_path, "b.json", {"like": "a.json"}))


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"colour": 1}, "colour"),
        ({"title": None}, "title"),
        ({"columns": ["Frage"]}, "columns"),
        ({"columns": {"question": "Q", "value": "V"}}, "location"),
        ({"columns": {"question": "Q", "value": "V", "location": "L", "month": "M"}}, "month"),
        ({"columns": {"question": "Q", "value": "V", "location": "L", "category": "C"}}, "segment"),
        ({"best": {"S1": "middle"}}, "middle"),
        ({"best": ["S1"]}, "best"),
        ({"best": None}, "best"),
        ({"title": " "}, "title"),
        ({"title": "\ud800"}, "half a character"),
        ({"source": 3}, "source"),
        ({"synthetic": "no"}, "synthetic"),
        ({"columns": {"question": "Q", "value": 3, "location": "L"}}, "columns"),
        ({"aliases": {"colour": {"a": "b"}}}, "colour"),
        ({"aliases": {"category": "Sex"}}, "aliases"),
        ({"aliases": {"category": {"Sex": 3}}}, "aliases"),
        ({"aliases": []}, "aliases"),
    ],
)
def test_a_wrong_description_is_refused_with_the_cause(
    tmp_path: Path, change: dict[str, object], named: str
) -> None:
    with pytest.raises(InvalidDescription, match=named):
        Description.load(saved(tmp_path, "x.json", DESCRIPTION | change))


NOTE = {"code": "dry", "text": "A dry year.", "source": "weather service"}


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"columns": {"low": "L"}}, '"low" and "high" together'),
        ({"columns": {"high": "H"}}, '"low" and "high" together'),
        ({"columns": {"low": "L", "high": "H"}}, 'limits need "interval"'),
        ({"columns": {"year_end": "E"}}, '"year_end" without "year"'),
        ({"unit": 3}, '"unit" is "3", not a text'),
        ({"interval": {"level": 95, "scale": "logit"}}, '"interval" is .*95.*, not .*between 0 and 1'),
        ({"interval": {"level": 0, "scale": "logit"}}, "between 0 and 1"),
        ({"interval": {"level": True, "scale": "logit"}}, "between 0 and 1"),
        ({"interval": {"level": "0.95", "scale": "logit"}}, "between 0 and 1"),
        ({"interval": {"level": float("nan"), "scale": "logit"}}, "between 0 and 1"),
        ({"interval": {"level": 0.95}}, "interval"),
        ({"interval": {"level": 0.95, "scale": "probit"}}, "probit"),
        ({"interval": 0.95}, "interval"),
        ({"whole": {"category": "Total"}}, "whole"),
        ({"whole": "Total"}, "whole"),
        ({"national": ["US"]}, "national"),
        ({"territories": "GU"}, "territories"),
        ({"territories": [66]}, "66"),
        ({"no_group": "none"}, "no_group"),
        ({"age": {"category": "Age"}}, "age"),
        ({"age": {"category": "Age", "standard": {}}}, "age"),
        ({"age": {"category": "Age", "standard": {"18 - 24": 0}}}, "weight above 0"),
        ({"age": {"category": "Age", "standard": {"18 - 24": "26258"}}}, "26258"),
        ({"age": {"category": "Age", "standard": {"18 - 24": float("inf")}}}, "Infinity"),
        ({"age": []}, "age"),
        ({"population": 1}, "population"),
        ({"citation": None}, "citation"),
        ({"notes": {}}, "notes"),
        ({"notes": ["dry"]}, '"notes", number 1: it is not an object'),
        ({"notes": [NOTE, {"code": "wet"}]}, '"notes", number 2: it needs "text"'),
        ({"notes": [NOTE | {"text": ""}]}, 'it needs "text"'),
        ({"notes": [NOTE | {"states": ["BY"]}]}, 'unknown key "states"'),
        ({"notes": [NOTE | {"years": ["2017"]}]}, '"years" is not a list of years such as 2017'),
        ({"notes": [NOTE | {"years": 2017}]}, '"years"'),
        ({"notes": [NOTE | {"questions": "S1"}]}, '"questions" is not a list of texts'),
        ({"notes": [NOTE | {"when": "always"}]}, '"when" is "always"; it takes "any", "mixed"'),
    ],
)
def test_a_wrong_fact_for_the_new_statistics_is_refused_by_name(
    tmp_path: Path, change: dict[str, object], named: str
) -> None:
    columns = DESCRIPTION["columns"] | change.get("columns", {})  # type: ignore[operator] # dicts
    with pytest.raises(InvalidDescription, match=named):
        Description.load(saved(tmp_path, "x.json", DESCRIPTION | change | {"columns": columns}))


def test_facts_for_the_new_statistics_survive_load_and_to_dict(tmp_path: Path) -> None:
    facts = MEASURED | {
        "no_group": ["unknown"],
        "age": {"category": "Alter", "standard": {"18 - 24": 26258, "25 - 34": 37233.5}},
        "notes": [NOTE | {"questions": ["S1"], "years": [2021], "when": "mixed"}],
        "population": "all soils",
        "citation": "Soil survey, 2022",
    }
    read = Description.load(saved(tmp_path, "x.json", facts))
    assert Description.from_dict(json.loads(json.dumps(read.to_dict()))) == read
    assert {key: getattr(read, key) for key in facts} == facts


def test_empty_value_switches_off_what_like_brings(tmp_path: Path) -> None:
    saved(tmp_path, "base.json", MEASURED)
    off = {"like": "base.json", "national": "", "territories": [], "whole": {}}
    read = Description.load(saved(tmp_path, "x.json", off))
    assert (read.unit, read.national, [*read.territories], read.whole) == ("%", "", [], {})
    assert not {"national", "territories", "whole"} & set(read.to_dict())


def test_bundled_description_has_the_2000_standard_population() -> None:
    standard = Description.load(DEFAULT_DESCRIPTION).age["standard"]
    assert [round(weight / 203_851, 6) for weight in standard.values()] == [
        *(0.128810, 0.182648, 0.219077, 0.181652, 0.117542, 0.170271)
    ]


def test_a_circle_of_like_is_refused_whatever_its_paths(tmp_path: Path) -> None:
    path = saved(tmp_path, "a.json", {"like": f"../{tmp_path.name}/a.json"})
    with pytest.raises(InvalidDescription, match="back to itself"):
        Description.load(path)


@pytest.mark.parametrize("text", ["", "{", "[]", "\x00", "[" * 100_000])
def test_a_missing_file_and_other_json_are_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "x.json"
    with pytest.raises(InvalidDescription, match="no such file"):
        Description.load(path)
    path.write_text(text)
    with pytest.raises(InvalidDescription, match=r"x\.json"):
        Description.load(path)


@pytest.mark.parametrize(
    "name",
    [
        *("soil.csv", "soil.csv.gz", "soil.CSV", "SOIL.CSV.GZ", "soil.tsv", "soil.txt", "soil.parquet"),
        *("soil.xlsx", "Soil.XLSX", "soil"),
    ],
)
@pytest.mark.parametrize("beside", ["soil.json", "Soil.JSON"])
def test_the_description_beside_the_data_precedes_the_default(tmp_path: Path, name: str, beside: str) -> None:
    default = tmp_path / "default.json"
    (tmp_path / name).write_text("x")
    assert find_description(tmp_path / name, default) == default
    described = saved(tmp_path, beside, {})
    assert find_description(tmp_path / name, default) == described


def test_description_of_the_same_case_precedes_others(tmp_path: Path) -> None:
    saved(tmp_path, "SOIL.json", {})
    assert find_description(tmp_path / "soil.csv", tmp_path).name == "SOIL.json"
    same = saved(tmp_path, "soil.json", {})
    assert find_description(tmp_path / "soil.csv", tmp_path) == same


def test_folder_and_pattern_are_described_by_description_json(tmp_path: Path) -> None:
    default = tmp_path / "default.json"
    assert find_description(tmp_path, default) == default
    inside = saved(tmp_path, "description.json", {})
    assert find_description(tmp_path, default) == inside
    assert find_description(tmp_path / "*.csv", default) == inside
    assert find_description(tmp_path / "one.csv", default) == default
    assert find_description(tmp_path / "nowhere" / "one.csv", default) == default


def test_description_may_begin_with_a_byte_order_mark(tmp_path: Path) -> None:
    path = tmp_path / "x.json"
    path.write_text(json.dumps(DESCRIPTION), encoding="utf-8-sig")
    assert Description.load(path) == SOIL_DESCRIPTION


def test_fingerprint_depends_on_contents_description_and_version_only() -> None:
    one, two = digest_of([sha256(SOIL.encode()).digest()]), digest_of([])
    name = fingerprint([one, two], SOIL_DESCRIPTION, 1)
    other = Description.from_dict(DESCRIPTION | {"best": {}})
    assert name == fingerprint([two, one], SOIL_DESCRIPTION, 1)
    others = [
        fingerprint(digests, description, version)
        for digests in ([one], [one, two], [one, one])
        for description in (SOIL_DESCRIPTION, other)
        for version in (1, 2)
    ]
    assert len({*others}) == 12
    assert name in others
