"""The tracker `dcf`: a discriminative correlation filter on features, learned in closed form."""

import torch
from torch import Tensor

from corrbench.tracking.rectangles import Rectangle
from corrbench.tracking.rules import DcfRule
from corrbench.tracking.search import best_response, inner_cells, next_box, prepared, search_regions, taper
from corrbench.tracking.tracker import Look


class DcfTracker:
    """A filter whose response to the target is a Gaussian, adapted after each frame.

    Source: UniTrack a83e782f, test/test_sot_cfnet.py and tracker/sot/lib/models/cfnet.py (after DCFNet), but that the
    largest size is bounded by the frame's width and height, which are mixed up there.
    """

    def __init__(self, box: Rectangle, look: Look, rule: DcfRule, frame: tuple[int, int], normalise: bool) -> None:
        """Learn the filter in frame 0, whose size is (H, W); `normalise` features to unit length."""
        self._box, self._first = box, box
        self._rule, self._frame, self._normalise = rule, frame, normalise
        target = self._target(look)  # (C, h, w)
        self._grid = target.shape[1], target.shape[2]
        self._taper = taper(*self._grid, target.device)
        self._wanted = torch.fft.rfft2(_gaussian(self._grid, rule).to(target.device))  # (h, w // 2 + 1)
        self._template, self._gain = self._learned(target)

    def step(self, look: Look) -> Rectangle:
        """Where the target is in the next frame."""
        regions = search_regions(self._box, self._rule)
        spectra = torch.fft.rfft2(prepared(look(regions), self._normalise) * self._taper)  # (S, C, h, w // 2 + 1)
        products = (spectra * self._template.conj()).sum(1) * self._gain  # (S, h, w // 2 + 1)
        scale, *place = best_response(torch.fft.irfft2(products, s=self._grid), self._rule)
        row, column = (_signed(index, cells) for index, cells in zip(place, self._grid, strict=True))
        self._box = next_box(regions[scale], (row, column), self._grid, self._first, self._frame, self._rule)
        self._adapt(look)
        return self._box

    def _adapt(self, look: Look) -> None:
        rate = self._rule.learning_rate
        if rate:
            template, gain = self._learned(self._target(look))
            self._template = (1 - rate) * self._template + rate * template
            self._gain = (1 - rate) * self._gain + rate * gain

    def _target(self, look: Look) -> Tensor:
        """Features (C, h, w) of the region around the box, 0 but for the cells that the box takes."""
        features = prepared(look([self._box.scaled(self._rule.search_factor)]), self._normalise)[0]
        rows, columns = (inner_cells(cells, self._rule) for cells in features.shape[1:])
        kept = torch.zeros_like(features)
        kept[:, rows, columns] = features[:, rows, columns]
        return kept

    def _learned(self, target: Tensor) -> tuple[Tensor, Tensor]:
        """The spectrum (C, h, w // 2 + 1) of a target (C, h, w), and the gain (h, w // 2 + 1) of the filter."""
        spectrum = torch.fft.rfft2(target)
        return spectrum, self._wanted / (spectrum.abs().square().sum(0) + self._rule.regularisation)


def _gaussian(grid: tuple[int, int], rule: DcfRule) -> Tensor:
    """The wanted response (h, w): 1 at cell (0, 0), falling with the distance around the edges of the grid."""
    rows, columns = (
        torch.exp(
            torch.tensor([_signed(cell, cells) for cell in range(cells)]).square()
            / (-2 * (rule.label_sigma * cells / rule.search_factor) ** 2)
        )
        for cells in grid
    )
    return rows[:, None] * columns


def _signed(index: int, cells: int) -> int:
    """A place on an axis that goes around, from -cells / 2 to cells / 2."""
    return index - cells if index > cells / 2 else index
