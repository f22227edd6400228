"""Decode one picture in full, and nothing else.

Usage: bare_decode.py PICTURE
"""

import sys

from PIL import Image

print(Image.open(sys.argv[1]).convert("L").size)
