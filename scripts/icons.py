"""Draw the app's icons from the strokes of icon.svg. `python -m scripts.icons`."""

from __future__ import annotations

import math
import struct
import zlib
from itertools import pairwise
from pathlib import Path

STATIC = Path(__file__).parents[1] / "src" / "openhitl" / "review" / "static"
BLUE, WHITE = (11, 92, 173), (255, 255, 255)
#: In units of icon.svg, which is 32 by 32.
SIDE, ROUND, THICK = 32.0, 8.0, 3.5
MARK = ((9.0, 16.5), (14.0, 21.5), (23.0, 10.5))
#: What masks leave of an icon is at least its middle circle. W3C "Maskable icons".
SAFE = 0.8

Point = tuple[float, float]


def to_segment(point: Point, start: Point, end: Point) -> float:
    """Return the distance of a point to a line from one point to another."""
    along = (end[0] - start[0], end[1] - start[1])
    length = along[0] ** 2 + along[1] ** 2
    part = ((point[0] - start[0]) * along[0] + (point[1] - start[1]) * along[1]) / length
    part = min(1.0, max(0.0, part))
    return math.dist(point, (start[0] + part * along[0], start[1] + part * along[1]))


def outside_of_square(point: Point, corner: float) -> float:
    """Return how far a point lies outside of the icon with round corners; less than zero inside."""
    half = SIDE / 2 - corner
    beyond = [abs(value - SIDE / 2) - half for value in point]
    return math.hypot(*(max(0.0, one) for one in beyond)) + min(0.0, max(beyond)) - corner


def pixels(size: int, *, corner: float, scale: float, ground: bool) -> bytes:
    """Paint rows of RGBA, edges as soft as one pixel is wide."""
    unit = SIDE / size
    rows = bytearray()
    for y in range(size):
        rows.append(0)  # PNG §9.2: no filter
        for x in range(size):
            point = ((x + 0.5) * unit, (y + 0.5) * unit)
            drawn = tuple((value - SIDE / 2) / scale + SIDE / 2 for value in point)
            to_mark = min(to_segment(drawn, *pair) for pair in pairwise(MARK)) * scale
            mark = covered(to_mark - THICK / 2 * scale, unit)
            square = covered(outside_of_square(point, corner), unit) if ground else mark
            colour = (
                round(b + (w - b) * mark) for b, w in zip(BLUE if ground else WHITE, WHITE, strict=True)
            )
            rows.extend((*colour, round(255 * square)))
    return bytes(rows)


def covered(distance: float, unit: float) -> float:
    """Return how much of a pixel lies inside of an edge."""
    return min(1.0, max(0.0, 0.5 - distance / unit))


def png(size: int, rows: bytes) -> bytes:
    """Wrap rows into a file."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", size, size, 8, 6, 0, 0, 0)
    parts = (chunk(b"IHDR", header), chunk(b"IDAT", zlib.compress(rows, 9)), chunk(b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


def icons() -> dict[str, bytes]:
    """Draw every icon, by its file's name."""
    return {
        "icon-192.png": png(192, pixels(192, corner=ROUND, scale=1, ground=True)),
        "icon-512.png": png(512, pixels(512, corner=ROUND, scale=1, ground=True)),
        "maskable-512.png": png(512, pixels(512, corner=0, scale=SAFE, ground=True)),
        "touch-180.png": png(180, pixels(180, corner=0, scale=SAFE, ground=True)),
        "badge-96.png": png(96, pixels(96, corner=0, scale=1.2, ground=False)),
    }


if __name__ == "__main__":
    for name, content in icons().items():
        (STATIC / name).write_bytes(content)
