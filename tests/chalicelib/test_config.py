"""Settings from an environment."""

import re

import pytest

from chalicelib.config import LARGEST_BLOCK, LARGEST_INLINE, Settings, choice, integer
from chalicelib.errors import InvalidSetting
from local.settings import PROJECT


def test_unset_or_empty_variable_is_the_default() -> None:
    assert Settings.from_environ({}) == Settings()
    assert Settings.from_environ({"STATLINE_TABLE": "t", "STATLINE_ID_BLOCK": " 7 "}).id_block == 7
    assert integer({"N": ""}, "N", 3) == 3


@pytest.mark.parametrize("text", ["x", "-1", "1.5", "٣", "1e3", "0", "9" * 5000])
def test_invalid_number_is_refused_with_variable_and_minimum(text: str) -> None:
    with pytest.raises(InvalidSetting, match=f"N={text} is not a whole number of at least 1"):
        integer({"N": text}, "N", 3, minimum=1)


@pytest.mark.parametrize(
    ("name", "largest"), [("STATLINE_INLINE_LIMIT", LARGEST_INLINE), ("STATLINE_ID_BLOCK", LARGEST_BLOCK)]
)
def test_number_beyond_the_limits_of_aws_is_refused(name: str, largest: int) -> None:
    Settings.from_environ({name: str(largest)})
    with pytest.raises(
        InvalidSetting, match=f"{name}={largest + 1} is not a whole number of at most {largest}"
    ):
        Settings.from_environ({name: str(largest + 1)})


def test_choice_ignores_case_and_refuses_other_words() -> None:
    assert choice({"F": "JSON"}, "F", "text", ("text", "json")) == "json"
    with pytest.raises(InvalidSetting, match="F=xml is not one of text, json"):
        choice({"F": "xml"}, "F", "text", ("text", "json"))


def test_only_bootstrap_reads_the_environment() -> None:
    sources = (PROJECT / "chalicelib").rglob("*.py")
    # Pages show code that reads it, too.
    readers = {path.name for path in sources if re.search(r"^import os$", path.read_text(), re.MULTILINE)}
    assert readers == {"bootstrap.py"}


def test_log_settings_and_stage_are_read() -> None:
    settings = Settings.from_environ(
        {"STATLINE_LOG_LEVEL": "DEBUG", "STATLINE_LOG_FORMAT": "text", "STATLINE_STAGE": "dev"}
    )
    assert (settings.log_level, settings.log_format, settings.stage) == ("debug", "text", "dev")
