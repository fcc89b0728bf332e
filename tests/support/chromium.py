"""A tab of a real browser, where one is installed, and axe-core where npm has installed it."""

import pytest

from bench.chromium import Tab, chromium
from local.settings import PROJECT
from tests.support.browser import needs_browser

__all__ = ["AXE", "Tab", "chromium", "needs_axe", "needs_browser"]

AXE = PROJECT / "web" / "node_modules" / "axe-core" / "axe.min.js"
needs_axe = pytest.mark.skipif(not AXE.exists(), reason="axe-core is not here (make web-test installs it)")
