"""Make small pictures of arrays, as data URLs that are identified by their hash."""

from __future__ import annotations

import base64
import dataclasses
import hashlib
import io
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from kwidgets.insight.samples.png import write_png

#: The sides of thumbnails, without WebP and with it, and of a picture at large.
PNG_SIDE: Final = 48
WEBP_SIDE: Final = 64
LARGE_SIDE: Final = 256
#: Up to this side each pixel counts, and a picture is exact.
EXACT_SIDE: Final = 32
_WEBP_QUALITY: Final = 80
#: Colors of classes in masks, told apart in light and dark; class 0 is transparent.
_MASK_COLORS: Final = np.array(
    [
        (0, 0, 0, 0),
        (0, 114, 178, 255),
        (230, 159, 0, 255),
        (0, 158, 115, 255),
        (204, 121, 167, 255),
        (86, 180, 233, 255),
        (213, 94, 0, 255),
        (240, 228, 66, 255),
        (128, 128, 128, 255),
    ],
    np.uint8,
)
#: The longer side of a heat map, and its colors for and against, told apart without red and green.
HEAT_SIDE: Final = 64
_HEAT_COLORS: Final = np.array([(213, 94, 0), (0, 114, 178)], np.uint8)
_HEAT_OPACITY: Final = 200


@dataclasses.dataclass(frozen=True)
class ValueSpan:
    """The values that are black and white."""

    low: float
    high: float


def span_of(values: NDArray[Any]) -> ValueSpan:
    """Return the span of pictures: 0–1, 0–255, −1–1, or that of the values."""
    numbers = values[np.isfinite(values)] if values.dtype.kind == "f" else values
    if not numbers.size:
        return ValueSpan(0, 1)
    low, high = (float(value) for value in np.percentile(numbers, (1, 99)))
    least, largest = float(numbers.min()), float(numbers.max())
    if least >= 0 and largest <= 1:
        return ValueSpan(0, 1)
    if least >= -1 and largest <= 1:
        return ValueSpan(-1, 1)
    if least >= 0 and largest <= 255:
        return ValueSpan(0, 255)
    return ValueSpan(low, high if high > low else low + 1)


def as_pixels(values: NDArray[Any], span: ValueSpan) -> NDArray[np.uint8]:
    """Return (height, width, channels) of 0…255; NaN is 0.

    Args:
        values: (height, width) or (height, width, 1, 3 or 4).
        span: the values that are black and white.
    """
    values = values[..., None] if values.ndim == 2 else values
    scaled = (values.astype(np.float32) - span.low) / (span.high - span.low) * 255
    pixels: NDArray[np.uint8] = np.clip(np.nan_to_num(scaled), 0, 255).round().astype(np.uint8)
    return pixels


def shrink(values: NDArray[Any], side: int) -> NDArray[Any]:
    """Return a picture whose sides are at most ``side``: means of blocks, or every n-th pixel of a
    very large one."""
    stride = max(values.shape[0], values.shape[1]) // (8 * side)
    if stride > 1:
        values = values[::stride, ::stride]
    step = -(-max(values.shape[0], values.shape[1]) // side)
    if step <= 1:
        return values
    height, width = (max(1, size // step) * step for size in values.shape[:2])
    if height > values.shape[0] or width > values.shape[1]:
        return values[::step, ::step]
    blocks = values[:height, :width].astype(np.float32)
    blocks = blocks.reshape(height // step, step, width // step, step, *values.shape[2:])
    means: NDArray[Any] = blocks.mean(axis=(1, 3))
    return means


def picture_url(values: NDArray[Any], span: ValueSpan, large: bool = False) -> str:
    """Return a picture as a data URL: exact if it is small, else WebP where Pillow is there."""
    thumbnail = PNG_SIDE if _pillow() is None else WEBP_SIDE
    side = LARGE_SIDE if large else thumbnail
    pixels = as_pixels(shrink(values, side), span)
    if max(pixels.shape[:2]) > EXACT_SIDE:
        webp = _webp(pixels)
        if webp is not None:
            return _url("webp", webp)
        # Four bits a channel take a third of the bytes.
        pixels = (pixels // 17 * 17).astype(np.uint8) if not large else pixels
    return _url("png", write_png(pixels))


def mask_url(mask: NDArray[Any]) -> str:
    """Return the class numbers of pixels, (height, width), as a picture in colors."""
    numbers = np.clip(np.nan_to_num(mask), 0, None).astype(np.int64)
    colors = np.where(numbers > 0, 1 + (numbers - 1) % (len(_MASK_COLORS) - 1), 0)
    return _url("png", write_png(_MASK_COLORS[colors]))


def heat_url(shares: NDArray[Any]) -> str:
    """Return a heat map to be drawn over a picture: what counts more is more opaque.

    Args:
        shares: (height, width) from −1 (against) to 1 (for).
    """
    small = shrink(shares, HEAT_SIDE)
    opacity = np.clip(np.abs(small), 0, 1) * _HEAT_OPACITY
    colors = _HEAT_COLORS[(small < 0).astype(int)]
    pixels = np.concatenate([colors, opacity.round().astype(np.uint8)[..., None]], axis=-1)
    return _url("png", write_png(pixels))


def picture_hash(url: str) -> str:
    """Return what identifies a picture."""
    return hashlib.sha256(url.encode()).hexdigest()[:16]


def _url(kind: str, data: bytes) -> str:
    return f"data:image/{kind};base64,{base64.b64encode(data).decode('ascii')}"


def _pillow() -> Any:
    try:
        from PIL import Image, features
    except ImportError:
        return None
    return Image if features.check("webp") else None


def _webp(pixels: NDArray[np.uint8]) -> bytes | None:
    image = _pillow()
    if image is None:
        return None
    buffer = io.BytesIO()
    gray = pixels.shape[2] == 1
    image.fromarray(pixels[..., 0] if gray else pixels).save(buffer, "WEBP", quality=_WEBP_QUALITY)
    return buffer.getvalue()
