"""Objects at rest: a texture, a silhouette and its parts on a pixel grid of their own."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from corrbench_datasets.sample.motion import Array, Map, Motion
from corrbench_datasets.sample.photos import crop

Labels = NDArray[np.uint8]
Silhouette = Callable[[Array, Array], Array]  # (x, y) -> distance to the outline, in pixels, negative inside
Division = Callable[[Array, Array], NDArray[np.integer]]  # (x, y) -> part id, not 0

_EDGE = 6  # pixels of texture kept beyond the outline: soft edges take their colour from it


@dataclass(frozen=True)
class Sprite:
    """A piece of an object on its grid; object point (0, 0) is the centre of the grid."""

    texture: Array  # (h, w, 3) in [0, 1], defined beyond the outline too
    distance: Array  # (h, w) pixels to the outline, negative inside
    parts: Labels  # (h, w) part ids, defined beyond the outline too; they count where it is labelled

    @property
    def half(self) -> tuple[int, int]:
        """Half its extent, (x, y): the grid spans -half..half."""
        return self.distance.shape[1] // 2, self.distance.shape[0] // 2


@dataclass(frozen=True)
class Placed:
    """A sprite where it is at one time."""

    sprite: Sprite
    map: Map
    object: int  # 0 is no labelled object


class Actor(Protocol):
    """Something that moves through a scene; the pieces it is made of keep their number and order."""

    @property
    def object(self) -> int:
        """The id in the masks, 0 for what is not labelled."""
        ...

    def place(self, time: float) -> tuple[Placed, ...]:
        """Its pieces at a time, back to front, in world pixels."""
        ...

    def keypoints(self, time: float) -> Array:
        """Its points (P, 2) at a time, in world pixels."""
        ...


@dataclass(frozen=True)
class Body:
    """An actor of one piece."""

    object: int
    sprite: Sprite
    motion: Motion
    points: tuple[tuple[float, float], ...] = ()

    def place(self, time: float) -> tuple[Placed, ...]:
        """Its one piece."""
        return (Placed(self.sprite, self.motion.at(time), self.object),)

    def keypoints(self, time: float) -> Array:
        """Its points (P, 2), which bend with it."""
        return self.motion.at(time).forward(np.array(self.points, dtype=np.float64).reshape(-1, 2).T).T


def cut(
    photo: Array,
    centre: tuple[float, float],
    zoom: float,
    silhouette: Silhouette,
    half: tuple[float, float],
    division: Division | None = None,
) -> Sprite:
    """A piece cut out of a photograph around `centre` (x, y), enlarged by `zoom`, darker towards its outline.

    `half` is half the extent (x, y) of the silhouette; without a division its pieces carry part 0.
    """
    across, down = (int(np.ceil(extent)) + _EDGE for extent in half)
    y, x = np.mgrid[-down : down + 1, -across : across + 1].astype(np.float64)
    distance = silhouette(x, y)
    shade = 0.72 + 0.28 * np.clip(-distance / (0.3 * min(half)), 0, 1)
    texture = crop(photo, centre, zoom, np.stack([x, y])) * shade[..., None]
    parts = np.zeros(x.shape, np.uint8) if division is None else division(x, y).astype(np.uint8)
    return Sprite(texture, distance, parts)


def ellipse(across: float, down: float, lobes: int = 0, depth: float = 0.0) -> Silhouette:
    """An ellipse of these half axes; `lobes` waves of relative `depth` run round its outline."""

    def distance(x: Array, y: Array) -> Array:
        u, v = x / across, y / down
        radius = np.hypot(u, v)
        outline = 1 + depth * np.cos(lobes * np.arctan2(v, u)) if lobes else 1.0
        slope = np.hypot(u / across, v / down) / np.maximum(radius, 1e-6)  # 1 / pixels of one unit of radius
        result: Array = (radius - outline) / np.maximum(slope, 1 / max(across, down))
        return result

    return distance


def box(across: float, down: float, corner: float) -> Silhouette:
    """A rectangle of these half sides with rounded corners."""

    def distance(x: Array, y: Array) -> Array:
        over_x, over_y = np.abs(x) - across + corner, np.abs(y) - down + corner
        outside = np.hypot(np.maximum(over_x, 0), np.maximum(over_y, 0))
        result: Array = outside + np.minimum(np.maximum(over_x, over_y), 0) - corner
        return result

    return distance


def limb(length: float, start: float, end: float) -> Silhouette:
    """An upright limb, `length` pixels from joint to joint; its radius goes from `start` to `end`."""

    def distance(x: Array, y: Array) -> Array:
        along = np.clip(y, -length / 2, length / 2)
        result: Array = np.hypot(x, y - along) - (start + (end - start) * (along / length + 0.5))
        return result

    return distance
