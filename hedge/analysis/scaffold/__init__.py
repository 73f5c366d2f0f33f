"""Scaffolds: they write working files of the project as a starting point.

Each reads the project, and writes all of its files or none. The templates are in the folder
templates beside this file.
"""

from hedge.analysis.scaffold.challenge import NewChallenge, new_challenge
from hedge.analysis.scaffold.decoder import NewDecoder, new_decoder
from hedge.analysis.scaffold.metric import NewMetric, new_metric
from hedge.analysis.scaffold.metric_source import NewMetricSource, new_metric_source
from hedge.analysis.scaffold.raw_table import NewRawTable, new_raw_table

__all__ = [
    "NewChallenge",
    "NewDecoder",
    "NewMetric",
    "NewMetricSource",
    "NewRawTable",
    "new_challenge",
    "new_decoder",
    "new_metric",
    "new_metric_source",
    "new_raw_table",
]
