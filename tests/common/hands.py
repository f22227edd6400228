"""How people write the ten digits: strokes through points of the unit square, y downwards."""

import math

Stroke = list[tuple[float, float]]


def arc(x: float, y: float, rx: float, ry: float, start: float, end: float) -> Stroke:
    """Points of an ellipse's arc; degrees run clockwise from three o'clock."""
    steps = max(2, round(abs(end - start) / 15))
    angles = [math.radians(start + (end - start) * k / steps) for k in range(steps + 1)]
    return [(x + rx * math.cos(each), y + ry * math.sin(each)) for each in angles]


DIGITS: dict[int, list[Stroke]] = {
    0: [arc(0.5, 0.5, 0.2, 0.3, -90, -450)],
    1: [[(0.54, 0.2), (0.5, 0.8)]],
    2: [[*arc(0.5, 0.36, 0.19, 0.17, -170, 40), (0.32, 0.78), (0.7, 0.78)]],
    3: [[*arc(0.48, 0.34, 0.17, 0.15, -150, 90), *arc(0.48, 0.64, 0.2, 0.16, -90, 150)]],
    4: [[(0.4, 0.2), (0.32, 0.52), (0.7, 0.52)], [(0.62, 0.3), (0.58, 0.82)]],
    5: [
        [(0.42, 0.2), (0.38, 0.46), *arc(0.48, 0.6, 0.19, 0.18, -120, 150)],
        [(0.42, 0.2), (0.68, 0.2)],
    ],
    6: [[(0.58, 0.18), (0.42, 0.4), (0.36, 0.6), *arc(0.5, 0.65, 0.14, 0.14, 180, -180)]],
    7: [[(0.3, 0.22), (0.68, 0.22), (0.46, 0.8)]],
    8: [[*arc(0.5, 0.35, 0.13, 0.14, 60, -240), *arc(0.5, 0.64, 0.17, 0.16, -120, 240)]],
    9: [[*arc(0.48, 0.36, 0.14, 0.15, -10, -350), (0.61, 0.4), (0.58, 0.6), (0.54, 0.82)]],
}
