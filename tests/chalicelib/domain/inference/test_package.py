"""No C library decides a bit of an answer."""

import ast
import hashlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from chalicelib.domain import inference
from chalicelib.domain.inference.beta import Beta
from chalicelib.domain.inference.comparisons import against_rest, holm, ratio
from chalicelib.domain.inference.distributions import chi_square_p, student_p, student_quantile
from chalicelib.domain.inference.intervals import derived_interval, standard_error
from chalicelib.domain.inference.logits import expit, logit
from chalicelib.domain.inference.normal import two_sided_p, two_sided_quantile
from chalicelib.domain.inference.pooling import heterogeneity
from chalicelib.domain.inference.ranks import critical_values, scores
from chalicelib.domain.inference.reliability import assess
from chalicelib.domain.inference.trends import fit_trend

MODULES = sorted(Path(inference.__file__).parent.glob("*.py"))
CORRECTLY_ROUNDED = {"sqrt", "fsum", "ldexp"}
LIBM_MODULES = {"cmath", "statistics", "random", "numpy", "scipy"}


@pytest.mark.parametrize("module", MODULES, ids=lambda path: path.stem)
def test_only_correctly_rounded_functions_are_imported(module: Path) -> None:
    for node in ast.walk(ast.parse(module.read_text())):
        if isinstance(node, ast.ImportFrom) and node.module == "math":
            assert {alias.name for alias in node.names} <= CORRECTLY_ROUNDED
        if isinstance(node, ast.ImportFrom):
            assert node.module not in LIBM_MODULES
        if isinstance(node, ast.Import):
            assert not {alias.name for alias in node.names} & {"math", *LIBM_MODULES}


@pytest.mark.parametrize("module", MODULES, ids=lambda path: path.stem)
def test_neither_libms_pow_nor_the_interpreters_sum_is_called(module: Path) -> None:
    """Python 3.12 made the sum of floats more precise than 3.11's."""
    nodes = list(ast.walk(ast.parse(module.read_text())))

    assert not [node for node in nodes if isinstance(node, ast.Pow)]
    assert not [node for node in nodes if isinstance(node, ast.Name) and node.id in {"pow", "sum"}]


def test_bits_are_the_same_on_every_processor() -> None:
    """The digest is equal on x86-64 and on aarch64, where libm's erfc, lgamma, exp, log and pow are not.

    A change of a formula changes it: record it again.
    """
    digest = hashlib.sha256("\n".join(map(repr, [*distributions(), *estimates()])).encode()).hexdigest()

    assert digest == "f1902ed5e29862a5cfcda56c0177be32ba3135fd3df7c434b4ad7af0d9f81184"


def distributions() -> Iterator[object]:
    zs, shares = [0.01 * step for step in range(1, 3000, 7)], [0.1 * step for step in range(1, 1000, 9)]
    yield from (two_sided_p(z) for z in zs)
    yield from (chi_square_p(z, df) for z in zs for df in (1, 2, 11))
    yield from (student_p(z, df) for z in zs for df in (1, 2, 10))
    yield from (student_quantile(0.95, df) for df in range(1, 30))
    yield from (expit(logit(share, 100.0) + 0.1, 100.0) for share in shares)
    yield from (Beta(share, 100.5 - share).lower_quantile(0.025) for share in shares)
    yield from (two_sided_quantile(level) for level in (0.9, 0.95, 0.99))
    yield from (critical_values(k) for k in (2, 51, 101))


def estimates() -> Iterator[object]:
    z = two_sided_quantile(0.95)
    values = [20 + 0.7 * (index * 37 % 23) for index in range(51)]
    ses = [standard_error(value, value - 1.9, value + 2.0, 100.0, z) or 0.0 for value in values]
    yield from (derived_interval(value, se, 100.0, z) for value, se in zip(values, ses, strict=True))
    yield from (assess("nchs", value, se, 900, 100.0) for value, se in zip(values, ses, strict=True))
    yield from (ratio(value, se, 25.0, 1.5, z) for value, se in zip(values, ses, strict=True))
    yield from (fit_trend(range(12), values[k : k + 12], ses[k : k + 12], 0.95, z) for k in range(39))
    yield heterogeneity(values, ses)
    against = against_rest(values, ses, z)
    yield against
    yield holm([area.difference.p for area in against])
    yield scores(values, ses, 100.0, highest_best=True)
