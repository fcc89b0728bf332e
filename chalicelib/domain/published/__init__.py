"""Published survey estimates: the cells that a request selects, their uncertainty, and the answer about them.

The modules of `statistics` compute with these; nothing here knows a statistic.
"""
