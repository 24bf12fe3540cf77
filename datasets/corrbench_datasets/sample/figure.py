"""A person with swinging limbs, fifteen joints and the parts of a human parsing data set."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from corrbench_datasets.sample.motion import Array, Map, Motion, Wave
from corrbench_datasets.sample.photos import photo, tinted
from corrbench_datasets.sample.sprites import Labels, Placed, Sprite, box, cut, ellipse, limb

JOINTS = (  # JHMDB's order; right and left are the person's own, who faces the camera
    "neck", "belly", "face", "right shoulder", "left shoulder", "right hip", "left hip", "right elbow",
    "left elbow", "right knee", "left knee", "right wrist", "left wrist", "right ankle", "left ankle",
)  # fmt: skip
PERSON_PARTS = {  # class ids of VIP's official list
    2: "hair", 5: "upper-clothes", 9: "pants", 13: "face", 14: "left-arm", 15: "right-arm", 16: "left-leg",
    17: "right-leg", 18: "left-shoe", 19: "right-shoe",
}  # fmt: skip
_IDS = {name: number for number, name in PERSON_PARTS.items()}
_SIDES = (("right", -1.0), ("left", 1.0))  # and where the side is in the image: the figure faces us

_LENGTHS = {"upper arm": 48.0, "forearm": 44.0, "thigh": 62.0, "calf": 58.0}  # pixels at scale 1
_WAIST = 40.0  # below the centre of the torso
_TORSO, _HEAD, _NECK, _BELLY, _FACE = (0.0, -48.0), (0.0, -136.0), (0.0, -103.0), (0.0, -44.0), (0.0, -130.0)
_SHOULDER, _HIP = (34.0, -90.0), (17.0, -2.0)  # of the left side


@dataclass(frozen=True)
class Figure:
    """A person seen from the front: the body follows `motion`, the limbs swing every `stride` frames."""

    object: int
    pieces: dict[str, Sprite]  # back to front
    motion: Motion
    stride: float

    def place(self, time: float) -> tuple[Placed, ...]:
        """Its pieces at a time, back to front."""
        maps = self._maps(time)
        return tuple(Placed(sprite, maps[name], self.object) for name, sprite in self.pieces.items())

    def keypoints(self, time: float) -> Array:
        """The joints (15, 2) in the order of JOINTS."""
        maps = self._maps(time)
        points = [_point(maps["body"], place) for place in (_NECK, _BELLY, _FACE)]
        order = (("upper arm", -1), ("thigh", -1), ("upper arm", 1), ("thigh", 1), ("forearm", 1), ("calf", 1))
        for kind, end in order:
            points += [_point(maps[f"{side} {kind}"], (0.0, end * _LENGTHS[kind] / 2)) for side, _ in _SIDES]
        return np.stack(points)

    def _maps(self, time: float) -> dict[str, Map]:
        """The map of every piece and of the whole body, whose (0, 0) is between the hips."""
        body = self.motion.at(time)

        def swing(centre: float, amplitude: float, phase: float) -> float:
            return Wave(centre, amplitude, self.stride, phase).at(time)

        maps = {
            "body": body,
            "torso": body.joint(_TORSO, 0.0),
            "head": body.joint(_HEAD, swing(0.0, 0.1, 0.2)),
        }
        for side, sign in _SIDES:
            turn = 0.0 if sign < 0 else 0.5  # the sides swing in turn
            outwards = -sign  # a positive angle swings a hanging limb to the left of the image
            chains = (
                ("upper arm", "forearm", _SHOULDER, swing(0.6, 0.4, turn + 0.25), swing(0.35, 0.45, turn + 0.4)),
                ("thigh", "calf", _HIP, swing(0.16, 0.22, turn), swing(-0.12, 0.14, turn + 0.1)),
            )
            for upper, lower, (x, y), raised, bent in chains:
                root = body.joint((sign * x, y), outwards * raised)
                middle = root.joint((0.0, _LENGTHS[upper]), outwards * bent)
                maps[f"{side} {upper}"] = root.joint((0.0, _LENGTHS[upper] / 2), 0.0)
                maps[f"{side} {lower}"] = middle.joint((0.0, _LENGTHS[lower] / 2), 0.0)
                maps[f"{side} foot"] = middle.joint((sign * 6.0, _LENGTHS[lower] + 7.0), 0.0)
        return maps


def figure(object: int, motion: Motion, stride: float) -> Figure:
    """A person in an orange jacket and blue trousers, about 320 pixels tall at scale 1."""
    suit, skin = photo("astronaut.png"), tinted("chelsea.png", (0.55, 0.30, 0.20), (1.0, 0.84, 0.72))
    denim = tinted("grass.png", (0.05, 0.09, 0.25), (0.42, 0.54, 0.85))
    leather = tinted("gravel.png", (0.06, 0.03, 0.03), (0.62, 0.30, 0.22))
    pieces: dict[str, Sprite] = {}
    for number, (side, _) in enumerate(_SIDES):
        leg, shoe = _whole(_IDS[f"{side}-leg"]), _whole(_IDS[f"{side}-shoe"])
        pieces[f"{side} calf"] = _limb("calf", skin, (150 + 90 * number, 200), (13, 9), leg)
        pieces[f"{side} foot"] = cut(leather, (100 + 90 * number, 90), 1.0, ellipse(20, 11), (20, 11), shoe)
        pieces[f"{side} thigh"] = _limb("thigh", denim, (150 + 90 * number, 150), (18, 13), _whole(_IDS["pants"]))
    pieces["torso"] = _torso(suit, denim)
    for number, (side, _) in enumerate(_SIDES):
        arm, sleeve = _whole(_IDS[f"{side}-arm"]), _whole(_IDS["upper-clothes"])
        pieces[f"{side} forearm"] = _limb("forearm", skin, (220 + 60 * number, 120), (10, 8), arm)
        pieces[f"{side} upper arm"] = _limb("upper arm", suit, (90 + 20 * number, 330), (14, 11), sleeve)
    pieces["head"] = cut(suit, (226, 97), 0.45, ellipse(29, 35), (29, 35), _face_and_hair)
    return Figure(object, pieces, motion, stride)


def _limb(
    kind: str,
    pixels: Array,
    centre: tuple[float, float],
    radii: tuple[float, float],
    part: Callable[[Array, Array], Labels],
) -> Sprite:
    half = (max(radii), _LENGTHS[kind] / 2 + max(radii))
    return cut(pixels, centre, 1.0, limb(_LENGTHS[kind], *radii), half, part)


def _torso(suit: Array, denim: Array) -> Sprite:
    silhouette, half = box(37, 58, 18), (37.0, 58.0)
    jacket = cut(suit, (165, 385), 0.62, silhouette, half, _whole(_IDS["upper-clothes"]))
    trousers = cut(denim, (195, 90), 1.0, silhouette, half, _whole(_IDS["pants"]))
    below = np.arange(-jacket.half[1], jacket.half[1] + 1)[:, None] > _WAIST
    texture = np.where(below[..., None], trousers.texture, jacket.texture)
    return replace(jacket, texture=texture, parts=np.where(below, trousers.parts, jacket.parts))


def _whole(part: int) -> Callable[[Array, Array], Labels]:
    return lambda x, _: np.full(x.shape, part, np.uint8)


def _face_and_hair(x: Array, y: Array) -> Labels:
    face = (x / 19) ** 2 + ((y - 9) / 27) ** 2 < 1
    return np.where(face, _IDS["face"], _IDS["hair"]).astype(np.uint8)


def _point(body: Map, place: tuple[float, float]) -> Array:
    return body.forward(np.array(place))
