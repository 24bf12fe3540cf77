"""The sample as a folder in DAVIS layout, written frame by frame and described in sample.json."""

import hashlib
import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image

from corrbench.core.images import write_mask
from corrbench_datasets.sample.figure import JOINTS, Figure
from corrbench_datasets.sample.motion import Array
from corrbench_datasets.sample.render import HEIGHT, WIDTH, Rendered, Scene, motion, render
from corrbench_datasets.sample.scenes import LEVELS, scenes
from corrbench_datasets.sample.truth import truth_of, write_truth

VERSION = 1  # of the generator: to be raised with every change of a pixel
SPLIT = "val"
FRAMES, MASKS, TRUTH = Path("JPEGImages/480p"), Path("Annotations/480p"), Path("truth")
LIST, ABOUT = Path(f"ImageSets/2017/{SPLIT}.txt"), Path("sample.json")


def parameters(frames: int, difficulty: int) -> dict[str, int]:
    """What, besides the generator's version, decides every pixel."""
    return {"frames": frames, "difficulty": difficulty}


def write_sample(folder: Path, *, frames: int, difficulty: int) -> None:
    """Fill a folder with the sample; sample.json comes last, so a folder that has it was finished."""
    clips = scenes(LEVELS[difficulty])
    (folder / LIST).parent.mkdir(parents=True, exist_ok=True)
    (folder / LIST).write_text("".join(f"{clip.name}\n" for clip in clips), encoding="utf-8")
    about: dict[str, Any] = {
        "name": "corrbench sample",
        "version": VERSION,
        "parameters": parameters(frames, difficulty),
        "size": [HEIGHT, WIDTH],
        "sequences": {clip.name: _describe(clip) | {"hash": _write_clip(folder, clip, frames)} for clip in clips},
    }
    about["hash"] = combined_hash(about, about["sequences"])
    (folder / ABOUT).write_text(json.dumps(about, indent=1) + "\n", encoding="utf-8")


def combined_hash(about: dict[str, Any], sequences: Iterable[str]) -> str:
    """The sha256 over version, parameters and the hashes of these sequences, 64 hex digits."""
    content = {
        "version": about["version"],
        "parameters": about["parameters"],
        "sequences": [[name, about["sequences"][name]["hash"]] for name in sequences],
    }
    return hashlib.sha256(json.dumps(content, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


def content_hash(rendered: Iterable[Rendered]) -> str:
    """The sha256 over frame (before JPEG), mask, parts, keypoints and boxes of each frame, 64 hex digits."""
    digest = hashlib.sha256()
    for now in rendered:
        for array in (now.frame, now.mask, now.parts, now.keypoints, now.boxes):
            digest.update(np.ascontiguousarray(array).tobytes())
    return digest.hexdigest()


def _write_clip(folder: Path, clip: Scene, frames: int) -> str:
    """Write the frames, masks and truth of one clip; its content hash. Two frames at a time are in memory."""
    for kind in (FRAMES, MASKS, TRUTH):
        (folder / kind / clip.name).mkdir(parents=True, exist_ok=True)
    return content_hash(_written(folder, clip, frames))


def _written(folder: Path, clip: Scene, frames: int) -> Iterator[Rendered]:
    """The frames of a clip, each as soon as it is on disk."""
    now = render(clip, 0)
    for time in range(frames):
        later = render(clip, time + 1) if time + 1 < frames else None
        flow, valid = motion(now, later) if later else _no_motion()
        stem = f"{time:05d}"
        image = Image.fromarray(now.frame)
        image.save(folder / FRAMES / clip.name / f"{stem}.jpg", quality=95, subsampling=0)
        write_mask(folder / MASKS / clip.name / f"{stem}.png", torch.from_numpy(now.mask))
        write_truth(folder / TRUTH / clip.name / f"{stem}.npz", truth_of(now, flow, valid))
        yield now
        if later:
            now = later


def _no_motion() -> tuple[Array, NDArray[np.bool_]]:
    return np.zeros((HEIGHT, WIDTH, 2)), np.zeros((HEIGHT, WIDTH), dtype=np.bool_)


def _describe(clip: Scene) -> dict[str, Any]:
    """What the ids and points of a clip mean."""
    people = [actor.object for actor in clip.labelled if isinstance(actor, Figure)]
    counts = {actor.object: len(actor.keypoints(0)) for actor in clip.labelled}
    return {
        "objects": clip.objects,
        "parts": {str(number): name for number, name in clip.parts.items()},
        "keypoint_objects": [number for number, count in counts.items() for _ in range(count)],
        "people": people,  # objects whose points are these joints, and whose parts are VIP's classes
        "joints": list(JOINTS) if people else [],
    }
