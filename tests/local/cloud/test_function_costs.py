"""What a data set costs a function: measured in a process of its own, and refused where it is too much."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from local.cloud.function_costs import RESERVE, Cost, TooLarge, measure, memory_sizes, require_memory
from local.settings import PROJECT
from tests.support.measured import GRADES, write_grades
from tests.support.samples import soil

COST = Cost(empty=55.2, loaded=361.4, asked=447.6, seconds=0.5)
