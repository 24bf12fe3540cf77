"""The photographs that come with scikit-image, as textures: nothing is ever downloaded."""

from functools import lru_cache
from importlib.resources import files

import numpy as np
from PIL import Image
from scipy import ndimage

from corrbench.errors import DataError
from corrbench_datasets.sample.motion import Array

Colour = tuple[float, float, float]


@lru_cache(maxsize=16)
def photo(name: str) -> Array:
    """A bundled photograph by file name, (H, W, 3) in [0, 1]; a grey one has three equal channels."""
    path = files("skimage.data") / name
    try:
        with path.open("rb") as file, Image.open(file) as image:
            pixels = np.asarray(image.convert("RGB"), dtype=np.float64) / 255
    except OSError as error:
        raise DataError(
            f"{path}: the embedded sample is made of this photograph of scikit-image, which is not readable "
            f"({error}); reinstall scikit-image"
        ) from error
    pixels.setflags(write=False)
    return pixels


def tinted(name: str, dark: Colour, light: Colour) -> Array:
    """A photograph recoloured: its darkest percent is `dark`, its lightest `light`; (H, W, 3) in [0, 1]."""
    grey = photo(name).mean(axis=2)
    low, high = np.percentile(grey, [1, 99])
    share = np.clip((grey - low) / (high - low), 0, 1)[..., None]
    recoloured: Array = np.asarray(dark) * (1 - share) + np.asarray(light) * share
    return recoloured


def crop(pixels: Array, centre: tuple[float, float], zoom: float, places: Array) -> Array:
    """The colours at `places` (2, h, w), in pixels from `centre` (x, y), of a photograph enlarged by `zoom`.

    Mirrored beyond the border, and smoothed first where it shrinks; (h, w, 3).
    """
    if zoom < 1:
        blur = (1 / zoom - 1) / 2
        pixels = np.asarray(ndimage.gaussian_filter(pixels, (blur, blur, 0)), dtype=np.float64)
    rows, columns = places[1] / zoom + centre[1], places[0] / zoom + centre[0]
    channels = [
        ndimage.map_coordinates(pixels[..., channel], [rows, columns], order=1, mode="mirror") for channel in range(3)
    ]
    return np.stack(channels, axis=-1)


def backdrop(pixels: Array, zoom: float, size: tuple[int, int], corner: tuple[float, float] = (0, 0)) -> Array:
    """A photograph enlarged by `zoom` from its point `corner` (x, y), mirrored to fill `size`; (h, w, 3)."""
    rows, columns = np.mgrid[: size[0], : size[1]].astype(np.float64)
    return crop(pixels, corner, zoom, np.stack([columns, rows]))
