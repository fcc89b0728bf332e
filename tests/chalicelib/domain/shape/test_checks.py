"""The keys that shape rows: what a description may say, and the sentence for what it may not."""

import json

import pytest

from chalicelib.domain.dataset_description import Description
from chalicelib.errors import InvalidDescription

COLUMNS = {"question": "Q", "location": "L", "value": "V"}
FACTS = {"title": "t", "columns": COLUMNS}
WIDE = {"title": "t", "columns": {"question": "Q", "location": "L"}}


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"read": []}, '"read" is not an object'),
        ({"read": {"delimiter": ";"}}, '"read" has "delimiter"; it takes "sep"'),
        ({"read": {"sep": ";;"}}, '"sep" is ";;", not one character'),
        ({"read": {"decimal": ""}}, '"decimal" is "", not one character'),
        ({"read": {"thousands": "5"}}, '"thousands" is "5", not one character'),
        ({"read": {"decimal": ",", "thousands": ","}}, "both the mark of decimals and of thousands"),
        ({"read": {"thousands": "."}}, "both the mark of decimals and of thousands"),
        ({"read": {"encoding": "latin-99"}}, '"encoding" is "latin-99", not the name of an encoding'),
        ({"read": {"encoding": "base64"}}, "not the name of an encoding"),
        ({"read": {"skiprows": -1}}, '"skiprows" is -1, not a number of lines'),
        ({"read": {"skiprows": True}}, '"skiprows" is true'),
        ({"read": {"skipfooter": 1.5}}, '"skipfooter" is 1.5'),
        ({"read": {"header": "first"}}, '"header" is "first"'),
        ({"read": {"header": None}}, '"names" gives the columns their names'),
        ({"read": {"names": "a,b"}}, '"names" is "a,b", not a list'),
        ({"read": {"comment": ""}}, '"comment" is "", not a text'),
        ({"read": {"na_values": "NA"}}, '"na_values" is "NA", not a list of texts'),
        ({"read": {"na_values": [-9]}}, '"na_values" is \\[-9\\], not a list of texts'),
        ({"keep": {"T": "Crude"}}, '"keep" has "T": "Crude", not a list of texts'),
        ({"drop": {"T": []}}, '"drop" has "T": \\[\\], not a list of texts'),
        ({"constants": {"value": "1"}}, '"constants" has "value"; it takes the roles'),
        ({"constants": {"category": " "}}, '"constants" has "category": " ", not a text'),
        ({"constants": {"question": "x"}}, '"question" is given more than once, by "columns", "constants"'),
        ({"melt": {"match": "^2", "var_name": "year"}}, '"melt" gives the value, so "columns" has none'),
        ({"pivot": {"column": "T", "low": "L"}}, '"pivot" needs "column", and "value"'),
        ({"pivot": {"column": "T", "value": "P", "year": "Y"}}, '"pivot" has "year"'),
        ({"extract": {"V": "("}}, '"extract": "V" is no regular expression'),
        ({"extract": {"V": "[0-9]"}}, '"extract": "V" has no group named by a role'),
        ({"extract": {"T": "(?P<month>.)"}}, 'has the group "month"; the roles are'),
        ({"extract": {"T": "(?P<value>.)"}}, '"value" is given more than once, by "columns", "extract"'),
        ({"dimensions": {"Sex": 1}}, '"dimensions" has "Sex": 1, not the text that means its whole'),
        (
            {"dimensions": {"Sex": "All"}, "columns": COLUMNS | {"category": "C", "segment": "S"}},
            '"category" is given more than once, by "columns", "dimensions"',
        ),
        ({"columns": COLUMNS | {"value": ["a", "b"]}}, '"value" is a list; only "question", "location"'),
        ({"columns": COLUMNS | {"location": []}}, '"columns", the column of each role'),
        ({"columns": {"location": "L", "value": "V"}}, '"constants": {"question": "its text"}'),
        ({"columns": {"location": "L", "question": "Q"}}, '"melt": {"match":'),
        ({"columns": COLUMNS | {"segment": "S"}}, '"dimensions": {"the column"'),
        ({"whole": {"Sex": 1}}, '"whole"'),
    ],
)
def test_wrong_key_is_refused_with_its_value_and_what_it_takes(
    change: dict[str, object], sentence: str
) -> None:
    with pytest.raises(InvalidDescription, match=sentence):
        Description.from_dict(FACTS | change)


@pytest.mark.parametrize(
    ("melt", "sentence"),
    [
        ({"var_name": "year"}, 'needs "value_vars", a list of columns, or "match"'),
        ({"match": "^2"}, 'needs "var_name", the role'),
        ({"match": "(", "var_name": "year"}, "is no regular expression"),
        ({"value_vars": "2020", "var_name": "year"}, "not a list of columns"),
        ({"match": "^2", "var_name": "value"}, 'needs "var_name", the role'),
        ({"match": "^2", "var_name": "year", "id_vars": []}, '"melt" has "id_vars"'),
    ],
)
def test_wrong_melt_is_refused(melt: dict[str, object], sentence: str) -> None:
    with pytest.raises(InvalidDescription, match=sentence):
        Description.from_dict(WIDE | {"melt": melt})


def test_keys_survive_the_way_through_a_snapshot() -> None:
    facts = {
        "title": "t",
        "columns": {"location": ["County", "State"]},
        "read": {"sep": ";", "decimal": ",", "header": [0, 1], "skiprows": [0, 2]},
        "keep": {"T": ["Crude"]},
        "drop": {"State": ["US", ""]},
        "constants": {"question": "Unemployment"},
        "melt": {"match": "^([0-9]{4})$", "var_name": "year"},
        "extract": {"T": "(?P<category>.+): (?P<segment>.+)"},
        "whole": {"Sex": "Both sexes", "Overall": "Overall"},
    }
    read = Description.from_dict(facts)
    assert Description.from_dict(json.loads(json.dumps(read.to_dict()))) == read
    assert read.roles == {"location", "question", "year", "value", "category", "segment"}
    assert read.wholes == (("Sex", "Both sexes"), ("Overall", "Overall"))


def test_description_of_before_has_the_bytes_of_before() -> None:
    """Its fingerprint names stored data sets."""
    assert Description.from_dict(FACTS).canonical() == (
        b'{"aliases": {}, "best": {}, "columns": {"location": "L", "question": "Q", "value": "V"}, '
        b'"licence": "", "source": "", "synthetic": false, "title": "t"}'
    )


def test_both_forms_of_whole_are_read() -> None:
    pair = Description.from_dict(FACTS | {"whole": {"category": "Total", "segment": "All"}})
    assert pair.wholes == (("Total", "All"),)
    dimensions = Description.from_dict(FACTS | {"dimensions": {"Sex": "Both"}})
    assert dimensions.wholes == (("Total", "Total"),)
    assert Description.from_dict(FACTS).wholes == ()


def test_description_is_in_composed_unicode() -> None:
    decomposed = Description.from_dict(FACTS | {"keep": {"Re\u0301gion": ["Que\u0301bec"]}})
    assert decomposed.keep == {"Région": ["Québec"]}
