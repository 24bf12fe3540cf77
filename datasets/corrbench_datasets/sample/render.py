"""One frame of a scene with its exact ground truth, and the motion from one frame to the next."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from corrbench_datasets.sample.motion import STEADY, Array, Wave
from corrbench_datasets.sample.sprites import Actor, Labels, Placed

HEIGHT, WIDTH = 480, 640
_LEVELS = 4096  # of light, before it becomes 256 levels of grey


@dataclass(frozen=True)
class Scene:
    """A backdrop, a camera that pans over it, and what moves in front of it."""

    name: str
    seed: int  # of the noise
    backdrop: Array  # (h, w, 3) in [0, 1]: the world, in whose pixels the actors move
    camera: tuple[Wave, Wave]  # the world pixel (x, y) at the upper left of the image
    actors: tuple[Actor, ...]  # back to front
    parts: dict[int, str]  # names of the part ids
    gain: Wave = STEADY
    gamma: Wave = STEADY
    noise: float = 0.0  # standard deviation in grey levels

    @property
    def objects(self) -> int:
        """How many objects are labelled: ids 1..objects."""
        return max(actor.object for actor in self.actors)

    @property
    def labelled(self) -> tuple[Actor, ...]:
        """The labelled actors in the order of their ids."""
        return tuple(sorted((actor for actor in self.actors if actor.object), key=lambda actor: actor.object))


@dataclass(frozen=True)
class Rendered:
    """One frame and all that is known of it but its motion. Pixels (x, y), whole numbers at pixel centres."""

    frame: NDArray[np.uint8]  # (H, W, 3) RGB
    mask: Labels  # (H, W) object ids
    parts: Labels  # (H, W) part ids
    keypoints: NDArray[np.float32]  # (P, 2), of object 1 first
    visible: NDArray[np.bool_]  # (P,) inside the image, and its pixel belongs to its object
    boxes: NDArray[np.float32]  # (O, 4) x, y, w, h of the visible mask in whole pixels; NaN where hidden
    owner: NDArray[np.int16]  # (H, W) which piece each pixel shows, from 1; 0 is the backdrop
    placed: tuple[Placed, ...]  # the pieces, in image pixels
    camera: Array  # (2,)


def render(scene: Scene, time: int) -> Rendered:
    """Frame number `time` of a scene; any frame can be asked for, in any order."""
    camera = np.array([wave.at(time) for wave in scene.camera])
    placed = tuple(
        Placed(piece.sprite, piece.map.moved(-camera), piece.object)
        for actor in scene.actors
        for piece in actor.place(time)
    )
    light = _backdrop(scene.backdrop, camera)
    owner = np.zeros((HEIGHT, WIDTH), np.int16)
    parts = np.zeros((HEIGHT, WIDTH), np.uint8)
    for number, piece in enumerate(placed, start=1):
        _paint(piece, number, light, owner, parts)
    mask = np.array([0, *(piece.object for piece in placed)], np.uint8)[owner]
    points = [(actor.object, actor.keypoints(time) - camera) for actor in scene.labelled]
    return Rendered(
        frame=_expose(light, scene, time),
        mask=mask,
        parts=parts,
        keypoints=np.concatenate([places for _, places in points]).astype(np.float32),
        visible=np.concatenate([_shown(mask, object, places) for object, places in points]),
        boxes=_boxes(mask, scene.objects),
        owner=owner,
        placed=placed,
        camera=camera,
    )


def motion(now: Rendered, later: Rendered) -> tuple[Array, NDArray[np.bool_]]:
    """The flow to a later frame (H, W, 2), (x, y) in pixels, and where its end is visible (H, W).

    Every pixel has a flow, that of the surface it shows; it is valid where the later frame shows the same
    surface at the pixel nearest to its end.
    """
    flow = np.empty((HEIGHT, WIDTH, 2))
    flow[:] = now.camera - later.camera
    for number, (piece, moved) in enumerate(zip(now.placed, later.placed, strict=True), start=1):
        rows, columns = np.nonzero(now.owner == number)
        start = np.stack([columns, rows]).astype(np.float64)
        flow[rows, columns] = (moved.map.forward(piece.map.inverse(start)) - start).T
    rows, columns = np.mgrid[:HEIGHT, :WIDTH]
    x, y = (np.rint(start + flow[..., axis]).astype(int) for axis, start in enumerate((columns, rows)))
    inside = (x >= 0) & (x < WIDTH) & (y >= 0) & (y < HEIGHT)
    same = later.owner[y.clip(0, HEIGHT - 1), x.clip(0, WIDTH - 1)] == now.owner
    return flow, inside & same


def _backdrop(world: Array, camera: Array) -> Array:
    """What the camera sees of the world, (H, W, 3), bilinearly; the world ends a pixel later than that."""
    x, y = np.floor(camera).astype(int)
    right, down = camera - (x, y)
    seen = world[y : y + HEIGHT + 1, x : x + WIDTH + 1]
    seen = seen[:-1] * (1 - down) + seen[1:] * down if down else seen[:-1]
    view: Array = seen[:, :-1] * (1 - right) + seen[:, 1:] * right
    return view


def _paint(piece: Placed, number: int, light: Array, owner: NDArray[np.int16], parts: Labels) -> None:
    """Lay a piece over the frame: light with a soft edge, owner and parts where pixel centres are inside."""
    window = _window(piece)
    rows, columns = np.mgrid[window].astype(np.float64)
    if not rows.size:
        return
    across, down = piece.sprite.half
    x, y = piece.map.inverse(np.stack([columns, rows]))
    places = np.stack([y + down, x + across])
    distance = ndimage.map_coordinates(piece.sprite.distance, places, order=1, mode="nearest") * piece.map.scale
    cover = np.clip(0.5 - distance, 0, 1)
    near = cover > 0
    for channel in range(3):
        colour = ndimage.map_coordinates(piece.sprite.texture[..., channel], places[:, near], order=1, mode="nearest")
        layer = light[(*window, channel)]
        layer[near] += cover[near] * (colour - layer[near])
    inside = distance < 0
    owner[window][inside] = number
    column, row = (np.rint(place[inside]).astype(int) for place in (places[1], places[0]))
    parts[window][inside] = piece.sprite.parts[row, column] if piece.object else 0


def _window(piece: Placed) -> tuple[slice, slice]:
    """The rows and columns that a piece can touch: the border of its grid, in the image, bounds it."""
    across, down = piece.sprite.half
    x, y = np.arange(-across, across + 1.0), np.arange(-down, down + 1.0)
    sides = [(x, np.full_like(x, -down)), (x, np.full_like(x, down))]
    sides += [(np.full_like(y, -across), y), (np.full_like(y, across), y)]
    border = piece.map.forward(np.concatenate([np.stack(side) for side in sides], axis=1))
    low, high = np.floor(border.min(axis=1)).astype(int), np.ceil(border.max(axis=1)).astype(int)
    return slice(max(low[1], 0), min(high[1] + 1, HEIGHT)), slice(max(low[0], 0), min(high[0] + 1, WIDTH))


def _expose(light: Array, scene: Scene, time: int) -> NDArray[np.uint8]:
    """The frame (H, W, 3) as a camera with noise, gain and gamma takes it."""
    if scene.noise:
        light = light + _grain(scene, time) * (scene.noise / 255)
    levels = np.linspace(0, 1, _LEVELS)
    table = np.rint(255 * np.clip(scene.gain.at(time) * levels ** scene.gamma.at(time), 0, 1)).astype(np.uint8)
    return table[np.rint(np.clip(light, 0, 1) * (_LEVELS - 1)).astype(np.int32)]


def _grain(scene: Scene, time: int) -> Array:
    """Noise of standard deviation 1 for one frame, (H, W, 1), from a generator of its own."""
    generator = np.random.default_rng((scene.seed, time))
    return generator.standard_normal((HEIGHT, WIDTH, 1))


def _shown(mask: Labels, object: int, places: Array) -> NDArray[np.bool_]:
    """Whether each of the points (P, 2) lies inside the image on a pixel of its object, (P,)."""
    x, y = np.rint(places).astype(int).T
    inside = (x >= 0) & (x < WIDTH) & (y >= 0) & (y < HEIGHT)
    shown: NDArray[np.bool_] = inside & (mask[y.clip(0, HEIGHT - 1), x.clip(0, WIDTH - 1)] == object)
    return shown


def _boxes(mask: Labels, objects: int) -> NDArray[np.float32]:
    """The tight box (x, y, w, h) of each object, (O, 4); NaN where it has no pixel."""
    boxes = np.full((objects, 4), np.nan, np.float32)
    for index, found in enumerate(ndimage.find_objects(mask, max_label=objects)):
        if found is not None:
            rows, columns = found
            boxes[index] = columns.start, rows.start, columns.stop - columns.start, rows.stop - rows.start
    return boxes
