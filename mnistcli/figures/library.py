"""Matplotlib as it comes: imported without the settings and the caches that this machine has.

Import what it offers from here. Left to itself it makes `~/.config/matplotlib` and
`~/.cache/matplotlib`, for a list of all fonts, of which only its own are drawn with here.
"""

import logging
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from tempfile import TemporaryDirectory


@contextmanager
def _as_shipped() -> Iterator[None]:
    """Import with a folder for its files that is gone afterwards."""
    names = ("MATPLOTLIBRC", "MPLBACKEND", "MPLCONFIGDIR", "MPL_IGNORE_SYSTEM_FONTS")
    before = {name: os.environ.pop(name) for name in names if name in os.environ}
    with TemporaryDirectory() as folder:
        os.environ.update(MPLCONFIGDIR=folder, MPL_IGNORE_SYSTEM_FONTS="1")
        try:
            yield
        finally:
            del os.environ["MPLCONFIGDIR"], os.environ["MPL_IGNORE_SYSTEM_FONTS"]
            os.environ.update(before)


FIRST = "matplotlib" not in sys.modules

logging.getLogger("matplotlib").setLevel(logging.ERROR)

with _as_shipped():
    import matplotlib as mpl
    from matplotlib.axes import Axes
    from matplotlib.colors import LinearSegmentedColormap
    from matplotlib.figure import Figure
    from matplotlib.layout_engine import ConstrainedLayoutEngine
    from matplotlib.patches import Rectangle
    from matplotlib.ticker import FuncFormatter, MaxNLocator

    if FIRST:  # else its settings are another program's
        mpl.rcdefaults()  # a matplotlibrc in the current folder has been read all the same

__all__ = [
    "Axes",
    "ConstrainedLayoutEngine",
    "Figure",
    "FuncFormatter",
    "LinearSegmentedColormap",
    "MaxNLocator",
    "Rectangle",
    "mpl",
]
