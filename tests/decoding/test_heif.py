"""HEIC, what phones take: decoded within the same bounds as all else. The files are drawn by code.

`seven.heic` is 400 x 300; `seven_turned.heic` the same held upright, 300 x 400 turned by its `irot`,
and its EXIF says so once more.
"""

from pathlib import Path

import numpy as np
import pytest

from mnistcli.decoding import bounds
from mnistcli.decoding import decode as decoding
from mnistcli.decoding.decode import decode, decode_sized
from mnistcli.errors import PictureError

FILES = Path(__file__).parent / "files"
SEVEN, TURNED = ((FILES / name).read_bytes() for name in ("seven.heic", "seven_turned.heic"))


def test_a_heic_is_read():
    light, size = decode_sized(SEVEN)
    assert light.shape == (300, 400, 3)
    assert size == (400, 300)
    assert light[0, 0].min() > 200
    assert light[80, 200].max() < 150


def test_a_turned_heic_is_turned_once():
    light, size = decode_sized(TURNED)
    assert size == (400, 300)
    assert np.abs(light.astype(int) - decode(SEVEN)).mean() < 1


@pytest.mark.parametrize("tenths", range(1, 10))
def test_a_truncated_heic_is_refused_or_read(tenths):
    data = SEVEN[: len(SEVEN) * tenths // 10]
    try:
        assert decode(data).shape[:2] == (300, 400)
    except PictureError as error:
        assert "HEIF file is damaged" in str(error)


def claiming(width: int, height: int) -> bytes:
    """The seven, said to be of another size."""
    size = b"".join(side.to_bytes(4, "big") for side in (width, height))
    place = SEVEN.index(b"ispe") + 8
    return SEVEN[:place] + size + SEVEN[place + 8 :]


def test_a_heic_that_is_too_large_is_refused_by_its_header():
    with pytest.raises(PictureError, match=r"too large|damaged"):
        decode(claiming(20_000, 20_000))


def test_a_heic_whose_pixels_are_more_than_it_claims_is_refused():
    with pytest.raises(PictureError, match="damaged"):
        decode(claiming(10, 10))


def test_a_heic_of_48_megapixels_is_within_the_bounds():
    per_pixel = bounds.BYTES_OF_FORMAT["HEIF"]
    assert 8064 * 6048 * per_pixel < decoding.MAX_BYTES
