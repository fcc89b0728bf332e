"""No C library decides a bit of an answer."""

import ast
import hashlib
from pathlib import Path

import pytest

from chalicelib.domain import inference
from chalicelib.domain.inference.beta import Beta
from chalicelib.domain.inference.distributions import chi_square_p, student_p, student_quantile
from chalicelib.domain.inference.logits import expit, logit
from chalicelib.domain.inference.normal import two_sided_p, two_sided_quantile
from chalicelib.domain.inference.studentised_range import solve

MODULES = sorted(Path(inference.__file__).parent.glob("*.py"))
CORRECTLY_ROUNDED = {"sqrt", "fsum"}
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
    """Recorded on x86-64 under glibc. A change of a formula changes it too: record it again."""
    zs, shares = [0.01 * step for step in range(1, 3000, 7)], [0.1 * step for step in range(1, 1000, 9)]
    numbers = [
        *(two_sided_p(z) for z in zs),
        *(chi_square_p(z, df) for z in zs for df in (1, 2, 11)),
        *(student_p(z, df) for z in zs for df in (1, 2, 10)),
        *(student_quantile(0.95, df) for df in range(1, 30)),
        *(expit(logit(share, 100.0) + 0.1, 100.0) for share in shares),
        *(Beta(share, 100.5 - share).lower_quantile(0.025) for share in shares),
        *(two_sided_quantile(level) for level in (0.9, 0.95, 0.99)),
        solve(51),
    ]

    digest = hashlib.sha256("\n".join(map(repr, numbers)).encode()).hexdigest()

    assert digest == "f851d92b05b03231ef0787af61168f464570e76d78e81fdc044a22235f95ec74"
