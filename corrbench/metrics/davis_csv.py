"""The two result tables of DAVIS as text.

Source: davis2017-evaluation ac7c43fc, evaluation_method.py. Values are fractions with three decimals; NaN
is an empty field.
"""

import csv
from collections.abc import Iterable, Sequence
from io import StringIO
from math import isnan

from corrbench.metrics.summary import SegmentationSummary


def global_results(summary: SegmentationSummary) -> str:
    """The text of global_results-<set>.csv: a header and one row."""
    # The table alone writes J&F-Mean for what everything else calls J&F.
    header = ["J&F-Mean" if name == "J&F" else name for name in summary.metrics]
    return _table(header, [[_number(value) for value in summary.metrics.values()]])


def per_sequence_results(summary: SegmentationSummary) -> str:
    """The text of per-sequence_results-<set>.csv: a header and a row for each object, '<sequence>_<id>'."""
    rows = [[name, _number(j.mean), _number(f.mean)] for name, (j, f) in summary.objects.items()]
    return _table(["Sequence", "J-Mean", "F-Mean"], rows)


def _number(value: float) -> str:
    return "" if isnan(value) else f"{value:.3f}"


def _table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    text = StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(rows)
    return text.getvalue()
