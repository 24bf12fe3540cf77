"""Motions that are defined at every time: smooth waves, and invertible maps from an object to the image."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Wave:
    """A number that swings for ever: centre + amplitude * cos of a full turn every `period` frames."""

    centre: float
    amplitude: float = 0.0
    period: float = 28.0
    phase: float = 0.5  # in turns; half a turn starts at centre - amplitude, at rest

    def at(self, time: float) -> float:
        """The value at a time in frames."""
        return self.centre + self.amplitude * float(np.cos(2 * np.pi * (time / self.period + self.phase)))

    def paced(self, pace: float) -> "Wave":
        """The same swing, `pace` times as fast."""
        return replace(self, period=self.period / pace)


STEADY = Wave(1.0)


@dataclass(frozen=True)
class Ripple:
    """A smooth bend in two shears, each along one axis, so that its inverse is exact. Lengths in pixels."""

    amplitude: float
    wavelength: float
    phase: float  # radians

    def forward(self, points: Array) -> Array:
        """Points (2, ...) of the object at rest, bent."""
        x = points[0] + self._bend(points[1])
        return np.stack([x, points[1] + self._bend(x + self.wavelength / 4)])

    def inverse(self, points: Array) -> Array:
        """Bent points (2, ...) put back."""
        y = points[1] - self._bend(points[0] + self.wavelength / 4)
        return np.stack([points[0] - self._bend(y), y])

    def _bend(self, along: Array) -> Array:
        bend: Array = self.amplitude * np.sin(2 * np.pi / self.wavelength * along + self.phase)
        return bend


@dataclass(frozen=True)
class Map:
    """From object to image coordinates: bend, then matrix, then offset; points are (2, ...), x first."""

    matrix: Array  # (2, 2)
    offset: Array  # (2,)
    ripple: Ripple | None = None

    @property
    def scale(self) -> float:
        """Image pixels per object pixel, the mean over directions."""
        return float(np.sqrt(abs(np.linalg.det(self.matrix))))

    def forward(self, points: Array) -> Array:
        """Where points (2, ...) of the object lie in the image."""
        bent = points if self.ripple is None else self.ripple.forward(points)
        return _apply(self.matrix, bent) + _column(self.offset, points.ndim)

    def inverse(self, points: Array) -> Array:
        """Which points of the object lie at these places (2, ...) of the image."""
        back = np.linalg.inv(self.matrix).astype(np.float64, copy=False)
        straight = _apply(back, points - _column(self.offset, points.ndim))
        return straight if self.ripple is None else self.ripple.inverse(straight)

    def moved(self, by: Array) -> "Map":
        """The same map, its image shifted by (x, y)."""
        return replace(self, offset=self.offset + by)

    def joint(self, place: tuple[float, float], angle: float) -> "Map":
        """The map of a limb that hangs at `place` of this body, turned by `angle`, without its bend."""
        return Map(self.matrix @ rotation(angle), self.matrix @ np.array(place) + self.offset)


@dataclass(frozen=True)
class Motion:
    """Where an object is at each time: position in pixels, angle in radians (clockwise), scale, bend."""

    x: Wave
    y: Wave
    angle: Wave = Wave(0.0)
    scale: Wave = Wave(1.0)
    ripple: Wave = Wave(0.0)  # the phase of the bend, in radians
    bend: float = 0.0  # its amplitude in pixels; 0 is a rigid object
    wavelength: float = 120.0  # in pixels

    def at(self, time: float) -> Map:
        """The map at a time in frames."""
        ripple = Ripple(self.bend, self.wavelength, self.ripple.at(time)) if self.bend else None
        matrix = self.scale.at(time) * rotation(self.angle.at(time))
        return Map(matrix, np.array([self.x.at(time), self.y.at(time)]), ripple)

    def paced(self, pace: float) -> "Motion":
        """The same path, `pace` times as fast."""
        waves = {name: getattr(self, name).paced(pace) for name in ("x", "y", "angle", "scale", "ripple")}
        return replace(self, **waves)


def rotation(angle: float) -> Array:
    """The matrix (2, 2) that turns (x, y) by `angle` radians, clockwise on the screen."""
    cosine, sine = np.cos(angle), np.sin(angle)
    return np.array([[cosine, -sine], [sine, cosine]], dtype=np.float64)


def _apply(matrix: Array, points: Array) -> Array:
    x, y = points
    return np.stack([matrix[0, 0] * x + matrix[0, 1] * y, matrix[1, 0] * x + matrix[1, 1] * y])


def _column(offset: Array, dimensions: int) -> Array:
    return offset.reshape(2, *[1] * (dimensions - 1))
