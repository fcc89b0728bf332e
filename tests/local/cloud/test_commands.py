"""The commands for stages: what they refuse before anything is packaged or sent."""

import pytest
from click.testing import CliRunner

from local.cloud.commands import deploy, package
from local.cloud.stages import StageError


@pytest.mark.parametrize("text", ["CorsOrigin", "=x", ""])
def test_parameter_that_is_no_pair_is_refused_with_an_example(text: str) -> None:
    done = CliRunner().invoke(deploy, ["--stage", "dev", "--parameter", text])
    assert done.exit_code == 2
    assert "is not NAME=VALUE, such as CorsOrigin=https://example.org" in " ".join(done.output.split())


def test_package_of_an_unknown_stage_names_the_known_ones() -> None:
    done = CliRunner().invoke(package, ["--stage", "tst"])
    assert isinstance(done.exception, StageError)
    assert '"dev", "prod"' in str(done.exception)
