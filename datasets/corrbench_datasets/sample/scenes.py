"""The four clips of the sample: what is in them and how it moves, at each difficulty."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from corrbench_datasets.sample.figure import PERSON_PARTS, figure
from corrbench_datasets.sample.motion import STEADY, Array, Motion, Wave
from corrbench_datasets.sample.photos import backdrop, photo, tinted
from corrbench_datasets.sample.render import HEIGHT, WIDTH, Scene
from corrbench_datasets.sample.sprites import Body, Labels, box, cut, ellipse


@dataclass(frozen=True)
class Level:
    """What a difficulty changes."""

    pace: float  # of all motion
    cover: float  # width of what stands in front
    light: float  # how far gain and gamma move from 1
    noise: float  # standard deviation in grey levels
    twin_in_front: bool  # whether the unlabelled twin passes before or behind the labelled one


LEVELS = (
    Level(pace=0.6, cover=0.5, light=0.3, noise=0.0, twin_in_front=False),
    Level(pace=1.0, cover=1.0, light=1.0, noise=2.0, twin_in_front=False),
    Level(pace=1.5, cover=1.3, light=1.5, noise=5.0, twin_in_front=True),
)


def scenes(level: Level) -> tuple[Scene, ...]:
    """The clips in the order of the list file."""
    return walker(level), twins(level), pillar(level), trio(level)


def walker(level: Level) -> Scene:
    """A person walks past a lamp post, swinging arms and legs, while the camera pans over a brick wall."""
    wall = np.rot90(tinted("brick.png", (0.45, 0.30, 0.24), (0.80, 0.72, 0.64)), axes=(0, 1))
    lawn = tinted("grass.png", (0.10, 0.22, 0.06), (0.62, 0.78, 0.38))
    world = backdrop(wall, 1.57, (HEIGHT + 1, WIDTH + 161))
    world[340:] = backdrop(lawn, 1.0, (HEIGHT - 339, WIDTH + 161))
    person = Motion(x=Wave(395, 165), y=Wave(280, 8, 7, 0.25), angle=Wave(0, 0.06, 14), scale=Wave(0.97, 0.08, 40))
    steel = tinted("gravel.png", (0.07, 0.09, 0.10), (0.30, 0.36, 0.38))
    width = 24 * level.cover
    post = cut(steel, (200, 250), 1.0, box(width, 300, 6), (width, 300))
    return Scene(
        name="walker",
        seed=1,
        backdrop=world,
        camera=(Wave(80, 50, 34).paced(level.pace), Wave(0)),
        actors=(
            figure(1, person.paced(level.pace), 14 / level.pace),
            Body(0, post, Motion(Wave(430), Wave(230))),
        ),
        parts=PERSON_PARTS,
        noise=level.noise,
    )


def twins(level: Level) -> Scene:
    """Two cats of one texture cross, one of them unlabelled, and a cup turns and grows before them."""
    world = backdrop(photo("motorcycle_left.png"), 1.15, (HEIGHT + 1, WIDTH + 61), (20, 20))
    cat = cut(photo("chelsea.png"), (222, 130), 0.72, ellipse(82, 72, 5, 0.05), (88, 78), _bands(-14, 24))
    cup = cut(photo("coffee.png"), (330, 190), 0.40, ellipse(80, 72), (80, 72), _rings(29, 50, first=4))
    first = Motion(Wave(300, 110), Wave(170, 30, 26), Wave(0, 0.2, 24), STEADY, Wave(0, 9, 40, 0.2), 7, 150)
    second = Motion(Wave(420, -130), Wave(175, -30, 30), Wave(0, -0.2, 30), STEADY, Wave(0, 9, 44), 7, 150)
    third = Motion(Wave(350, -50, 32), Wave(370, -14, 18), Wave(0.3, 0.7, 30), Wave(0.95, 0.2, 30))
    labelled, twin = Body(1, cat, first.paced(level.pace), _ring(50)), Body(0, cat, second.paced(level.pace))
    pair = (labelled, twin) if level.twin_in_front else (twin, labelled)
    return Scene(
        name="twins",
        seed=2,
        backdrop=world,
        camera=(Wave(30, 28, 40).paced(level.pace), Wave(0)),
        actors=(*pair, Body(2, cup, third.paced(level.pace), _ring(46))),
        parts={1: "forehead", 2: "eyes", 3: "muzzle", 4: "coffee", 5: "cup", 6: "saucer"},
        noise=level.noise,
    )


def pillar(level: Level) -> Scene:
    """At nightfall a ball rolls behind a pillar, is gone for some frames, and comes out on the other side."""
    park = tinted("camera.png", (0.12, 0.15, 0.06), (0.80, 0.88, 0.95))
    world = backdrop(park, 1.3, (HEIGHT + 1, WIDTH + 1), (8, 60))
    radius = 40
    ball = cut(photo("astronaut.png"), (48, 200), 0.8, ellipse(radius, radius), (radius, radius), _ball)
    rolling = Motion(Wave(320, 175), Wave(370, 10, 14), Wave(0, 1.3))
    stone = tinted("brick.png", (0.35, 0.16, 0.10), (0.78, 0.48, 0.34))
    width = 90 * level.cover
    column = cut(stone, (250, 250), 1.0, box(width, 300, 4), (width, 300))
    return Scene(
        name="pillar",
        seed=3,
        backdrop=world,
        camera=(Wave(0), Wave(0)),
        actors=(
            Body(1, ball, rolling.paced(level.pace), _ring(26)),
            Body(0, column, Motion(Wave(320), Wave(240))),
        ),
        parts={1: "middle", 2: "upper rim", 3: "lower rim"},
        gain=Wave(1 - 0.2 * level.light, -0.2 * level.light, 32).paced(level.pace),
        gamma=Wave(1 + 0.15 * level.light, 0.15 * level.light, 32).paced(level.pace),
        noise=level.noise,
    )


def trio(level: Level) -> Scene:
    """A globe that comes nearer, a flag that bends and a coin that turns, on pebbles under changing light."""
    world = backdrop(tinted("gravel.png", (0.12, 0.13, 0.16), (0.70, 0.68, 0.62)), 1.34, (HEIGHT + 41, WIDTH + 41))
    globe = cut(photo("retina.jpg"), (700, 700), 0.12, ellipse(74, 74), (74, 74), _bands(-24, 24))
    flag = cut(photo("astronaut.png"), (180, 390), 0.9, box(82, 56, 10), (82, 56), _halves(first=4))
    gold = tinted("coins.png", (0.25, 0.15, 0.02), (1.0, 0.88, 0.45))
    coin = cut(gold, (345, 182), 2.0, ellipse(50, 50), (50, 50), _rings(25, 40, first=6))
    motions = (
        Motion(Wave(190, 40, 30), Wave(170, 20, 36), Wave(0, 0.6, 34), Wave(0.95, 0.3, 28)),
        Motion(Wave(440, -35, 30), Wave(320, 20, 32), Wave(0, 0.2, 26), STEADY, Wave(0, 11, 40, 0.2), 12, 120),
        Motion(Wave(400, -130, 28), Wave(210, 60, 34), Wave(0, 1.4, 30), Wave(1.0, 0.12, 18)),
    )
    rings = (_ring(48), _ring(34), _ring(30))
    bodies = tuple(
        Body(number, sprite, motion.paced(level.pace), ring)
        for number, (sprite, motion, ring) in enumerate(zip((globe, flag, coin), motions, rings, strict=True), start=1)
    )
    return Scene(
        name="trio",
        seed=4,
        backdrop=world,
        camera=(Wave(20, 18, 38).paced(level.pace), Wave(20, 18, 50).paced(level.pace)),
        actors=bodies,
        parts=dict(
            enumerate(("north", "equator", "south", "left half", "right half", "relief", "field", "rim"), start=1)
        ),
        gain=Wave(1, 0.22 * level.light, 24, 0.25).paced(level.pace),
        gamma=Wave(1, 0.12 * level.light, 30, 0.25).paced(level.pace),
        noise=level.noise,
    )


def _ring(radius: float) -> tuple[tuple[float, float], ...]:
    """The centre and six points round it."""
    turns = np.arange(6) * np.pi / 3 + 0.2
    return (0.0, 0.0), *((float(radius * np.cos(turn)), float(radius * np.sin(turn))) for turn in turns)


def _bands(*borders: float) -> Callable[[Array, Array], Labels]:
    """Parts 1, 2, ... from top to bottom."""
    return lambda _, y: (1 + np.digitize(y, borders)).astype(np.uint8)


def _rings(*borders: float, first: int) -> Callable[[Array, Array], Labels]:
    """Parts from the centre outwards; borders are radii."""
    return lambda x, y: (first + np.digitize(np.hypot(x, y), borders)).astype(np.uint8)


def _halves(first: int) -> Callable[[Array, Array], Labels]:
    return lambda x, _: (first + (x > 0)).astype(np.uint8)


def _ball(x: Array, y: Array) -> Labels:
    return np.where(np.hypot(x, y) < 20, 1, np.where(y < 0, 2, 3)).astype(np.uint8)
