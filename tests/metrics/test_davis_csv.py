from math import nan

from corrbench.metrics.davis_csv import global_results, per_sequence_results
from corrbench.metrics.summary import SegmentationSummary, Summary

SUMMARY = SegmentationSummary(
    metrics={
        "J&F": 0.630587,
        "J-Mean": 0.59206,
        "J-Recall": 0.705182,
        "J-Decay": 0.11104,
        "F-Mean": 0.669115,
        "F-Recall": 0.765095,
        "F-Decay": -0.099537,
    },
    objects={
        "judo_1": (Summary(0.74738, 1, 0), Summary(0.780769, 1, 0)),
        "judo_2": (Summary(0.47511, 1, 0), Summary(1.0, 1, 0)),
        "short_1": (Summary(nan, nan, nan), Summary(nan, nan, nan)),
    },
    unscored=["short"],
)


def test_the_global_table_is_that_of_the_official_tool():
    assert global_results(SUMMARY) == (
        "J&F-Mean,J-Mean,J-Recall,J-Decay,F-Mean,F-Recall,F-Decay\n0.631,0.592,0.705,0.111,0.669,0.765,-0.100\n"
    )


def test_the_table_of_sequences_has_a_row_for_each_object_and_no_number_for_nan():
    assert per_sequence_results(SUMMARY) == (
        "Sequence,J-Mean,F-Mean\njudo_1,0.747,0.781\njudo_2,0.475,1.000\nshort_1,,\n"
    )
