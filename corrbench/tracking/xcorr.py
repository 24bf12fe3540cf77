"""The tracker `xcorr`: the cells of the first box, laid on every place of the region around the last one."""

from torch.nn import functional as F

from corrbench.tracking.rectangles import Rectangle
from corrbench.tracking.rules import XcorrRule
from corrbench.tracking.search import best_response, inner_cells, next_box, prepared, search_regions, taper
from corrbench.tracking.tracker import Look


class XcorrTracker:
    """Cross-correlation with a template that never changes.

    Source: UniTrack a83e782f, test/test_sot_siamfc.py and tracker/sot/lib/models/siamfc.py, but that a response is
    counted from the place where the template was taken, in cells of the features. (There it is counted from the middle
    of the responses, half a template off by a cell, and in cells of the responses.) The factor on responses changes
    nothing and is left out.
    """

    def __init__(self, box: Rectangle, look: Look, rule: XcorrRule, frame: tuple[int, int], normalise: bool) -> None:
        """Take the template from frame 0, whose size is (H, W); `normalise` features to unit length."""
        self._box, self._first = box, box
        self._rule, self._frame, self._normalise = rule, frame, normalise
        features = prepared(look([box.scaled(rule.search_factor)]), normalise)  # (1, C, h, w)
        self._rows, self._columns = (inner_cells(cells, rule) for cells in features.shape[2:])
        self._template = features[:, :, self._rows, self._columns]
        self._taper = taper(features.shape[2], features.shape[3], features.device)

    def step(self, look: Look) -> Rectangle:
        """Where the target is in the next frame."""
        regions = search_regions(self._box, self._rule)
        features = prepared(look(regions), self._normalise) * self._taper  # (S, C, h, w)
        responses = F.conv2d(features, self._template)[:, 0]  # (S, a, b)
        scale, row, column = best_response(responses, self._rule)
        cells = row - self._rows.start, column - self._columns.start
        grid = features.shape[2], features.shape[3]
        self._box = next_box(regions[scale], cells, grid, self._first, self._frame, self._rule)
        return self._box
