"""picture: what people bring -> 28 x 28 images of what may be digits, or "no digit found"."""

import csv
import gzip
from pathlib import Path

import cv2
import numpy as np
import pytest
from common.pens import alike, file, ink, largest, on
from hypothesis import given, settings
from hypothesis import strategies as st

from mnistcli.errors import PictureError
from mnistcli.picture.conversion import mnist_box, segment_picture

SHARED = Path(__file__).resolve().parents[3] / "shared"
SAME = 0.9  # cosine of two images of one drawing; of two different digits it is below 0.8
RNG = np.random.default_rng(7)


def plain(digit: int, pen: int = 14) -> np.ndarray:
    """The image of a digit drawn black on white, in the best of conditions."""
    return largest(file(on(255, ink(digit, pen=pen))))


def reads_as(digit: int, picture: np.ndarray, kind: str = "PNG", **options: object) -> bool:
    image = largest(file(picture, kind, **options))
    return alike(image, plain(digit)) >= SAME


def noisy(picture: np.ndarray, spread: float = 4) -> np.ndarray:
    noise = RNG.normal(0, spread, picture.shape)
    return np.clip(picture + noise, 0, 255).astype(np.uint8)


def sloping_light(shape: tuple[int, int], darkest: float = 0.4) -> np.ndarray:
    return np.linspace(1, darkest, shape[1], dtype=np.float32)[None, :].repeat(shape[0], 0)


def lit(picture: np.ndarray, light: np.ndarray) -> np.ndarray:
    light = light if picture.ndim == 2 else light[..., None]
    return np.rint(picture * light).astype(np.uint8)


def test_the_image_is_made_as_mnists_were():
    image = plain(7)
    rows, columns = np.nonzero(image)
    mass = image[rows, columns].astype(float)
    assert image.shape == (28, 28)
    assert image.dtype == np.uint8
    assert image.max() == 255
    assert max(np.ptp(rows), np.ptp(columns)) + 1 == 20
    assert abs(rows @ mass / mass.sum() - 14) <= 0.51
    assert abs(columns @ mass / mass.sum() - 14) <= 0.51


@pytest.mark.parametrize("digit", [0, 1, 4, 5, 7])
def test_both_polarities_give_the_same_image(digit):
    black_on_white = on(255, ink(digit))
    assert reads_as(digit, black_on_white)
    assert reads_as(digit, 255 - black_on_white)


@pytest.mark.parametrize("pen", [2, 6, 14, 30])
def test_hairlines_thicken_and_felt_pens_thin(pen):
    image = largest(file(on(255, ink(7, size=(300, 300), pen=pen))))
    assert 60 <= np.count_nonzero(image > 127) <= 110


@pytest.mark.parametrize("colour", [(255, 220, 0), (30, 60, 190), (230, 30, 30), (120, 200, 120)])
def test_coloured_ink_on_white(colour):
    assert reads_as(4, on(255, ink(4), colour))


@pytest.mark.parametrize(
    ("paper", "colour"),
    [((250, 240, 150), (40, 50, 170)), ((40, 150, 60), (220, 60, 50)), ((235, 30, 40), (30, 60, 190))],
)  # fmt: skip
def test_coloured_ink_on_coloured_paper(paper, colour):
    assert reads_as(5, on(np.array(paper), ink(5), colour))


@pytest.mark.parametrize(("paper", "grey"), [(255, 200), (0, 60)])
def test_faint_strokes(paper, grey):
    assert reads_as(7, on(paper, ink(7), grey))


def test_uneven_light():
    paper = lit(on(240, ink(4), 40), sloping_light((300, 300), 0.3))
    assert reads_as(4, noisy(paper), "JPEG")


def test_a_hard_shadow_across_the_digit():
    light = np.where(np.add.outer(np.arange(300), np.arange(300)) < 300, 1.0, 0.5)
    assert reads_as(0, noisy(lit(on(240, ink(0), 30), light.astype(np.float32))), "JPEG")


def test_lined_paper():
    paper = np.full((300, 300), 240.0)
    paper[20::35] = 170
    assert reads_as(5, noisy(on(paper, ink(5), 30)), "JPEG")


def test_squared_paper():
    paper = np.full((300, 300), 240.0)
    paper[10::25] = 180
    paper[:, 10::25] = 180
    assert reads_as(4, noisy(on(paper, ink(4), 30)), "JPEG")


def test_the_back_of_the_sheet_showing_through():
    back = on(240, ink(0)[:, ::-1], 205)
    assert reads_as(7, noisy(on(back, ink(7), 30)), "JPEG")


def test_pencil():
    grain = RNG.uniform(0.3, 0.7, (300, 300)).astype(np.float32)
    assert reads_as(4, noisy(on(220, ink(4) * cv2.GaussianBlur(grain, (3, 3), 0), 60)), "JPEG")


def test_a_hairline_on_a_big_canvas():
    assert reads_as(7, on(255, ink(7, size=(1500, 2000), pen=1)))


def test_a_stroke_in_several_pieces():
    broken = ink(0)
    broken[145:155] = 0
    assert reads_as(0, on(255, broken))


def test_a_five_whose_bar_is_apart_keeps_it():
    top_rows = plain(5)[4:7]
    assert np.count_nonzero(top_rows.max(axis=0)) >= 10


@pytest.mark.parametrize("centre", [(0.2, 0.2), (0.8, 0.3), (0.5, 0.85)])
def test_off_centre_and_tiny_in_the_frame(centre):
    picture = on(255, ink(4, size=(900, 1200), centre=centre, height=0.1, pen=7))
    assert alike(largest(file(picture)), plain(4)) >= SAME


def test_cut_by_the_border():
    whole = on(255, ink(7))
    assert reads_as(7, whole[:-65])


def test_a_sheets_edge():
    picture = on(240, ink(4), 30)
    picture[:, 260:] = 60
    picture[:30] = 80
    assert reads_as(4, noisy(picture), "JPEG")


@pytest.mark.parametrize("shade", [60, 165])
def test_a_hairline_on_a_strip_of_paper_on_a_dark_table(shade):
    paper = np.full((280, 600), 40.0)
    cv2.fillPoly(paper, [np.array([(60, 70), (545, 60), (550, 205), (65, 215)])], 220)
    digits = ink(4, size=(280, 600), height=0.25, pen=3)
    assert reads_as(4, noisy(on(paper, digits, shade)), "JPEG")


def test_a_grey_patch_around_the_digit():
    paper = np.full((300, 300), 255.0)
    paper[40:260, 40:260] = 200
    assert reads_as(0, on(paper, ink(0), 20), "JPEG")


@pytest.mark.parametrize("shape", ["box", "circle"])
def test_a_frame_around_the_digit(shape):
    paper = np.full((300, 300), 255, np.uint8)
    if shape == "box":
        cv2.rectangle(paper, (20, 20), (280, 280), 30, 6)
    else:
        cv2.circle(paper, (150, 150), 140, 30, 6)
    assert reads_as(7, on(paper, ink(7), 30))


def test_a_screenshot_with_a_title_bar():
    picture = on(30, ink(4), 240)
    picture[:30] = 235
    assert reads_as(4, picture)


def test_a_dark_red_digit_under_a_white_title_bar():
    picture = on(np.full(3, 30.0), ink(7), (200, 25, 30))
    picture[:30] = 255
    assert reads_as(7, picture)


def test_a_scan_with_black_borders():
    picture = on(245, ink(0), 40)
    picture[:12] = picture[-12:] = 5
    picture[:, :12] = picture[:, -12:] = 5
    assert reads_as(0, picture)


def test_specks():
    picture = on(250, ink(5), 30)
    for row, column in RNG.integers(0, 300, (40, 2)):
        picture[row : row + 3, column : column + 3] = 60
    assert reads_as(5, picture)


def test_blur_and_strong_jpeg_noise():
    picture = cv2.GaussianBlur(on(235, ink(4), 40), (0, 0), 4)
    assert reads_as(4, noisy(picture), "JPEG", quality=15)


@pytest.mark.parametrize("side", [20, 28, 40])
def test_pictures_of_a_few_pixels(side):
    large = on(255, ink(7, pen=26, height=0.7))
    small = cv2.resize(large, (side, side), interpolation=cv2.INTER_AREA)
    assert reads_as(7, small)


def nothings() -> dict[str, np.ndarray]:
    noise = RNG.normal(128, 25, (150, 150)).clip(0, 255).astype(np.uint8)
    soft = cv2.GaussianBlur(RNG.uniform(0, 255, (300, 300)).astype(np.float32), (0, 0), 40)
    shadow = np.full((300, 300), 230.0)
    shadow[:, 120:] = 120
    return {
        "black": np.zeros((28, 28), np.uint8),
        "white": np.full((400, 300, 3), 255, np.uint8),
        "one pixel": np.zeros((1, 1), np.uint8),
        "noise": noise,
        "noise in colours": RNG.integers(0, 256, (100, 100, 3)).astype(np.uint8),
        "soft light": cv2.normalize(soft, None, 60, 230, cv2.NORM_MINMAX).astype(np.uint8),
        "flat photo": noisy(lit(np.full((300, 300), 220, np.uint8), sloping_light((300, 300)))),
        "shadow": noisy(shadow.astype(np.uint8)),
        "row": np.arange(10_000, dtype=np.uint8)[None, :],
    }


NOTHINGS = nothings()


@pytest.mark.parametrize("name", NOTHINGS)
@pytest.mark.parametrize("kind", ["PNG", "JPEG"])
def test_no_digit_is_found_where_there_is_none(name, kind):
    with pytest.raises(PictureError, match="no digit found") as refusal:
        segment_picture(file(NOTHINGS[name], kind))
    assert "\n" not in str(refusal.value)


def test_an_image_like_mnists_passes_unchanged_and_inverted():
    image = plain(4)
    assert np.array_equal(largest(file(image)), image)
    assert np.array_equal(largest(file(255 - image)), image)


def test_an_image_off_centre_is_not_like_mnists():
    assert not mnist_box(np.roll(plain(4), 2, axis=0))


@pytest.mark.skipif(not SHARED.exists(), reason="needs MNIST, in ../shared")
def test_mnists_test_images_come_back_byte_for_byte(request):
    step = 1 if request.config.getoption("--long") else 20
    packed = (SHARED / "mnist/t10k-images-idx3-ubyte.gz").read_bytes()
    images = np.frombuffer(gzip.decompress(packed), np.uint8, offset=16).reshape(-1, 28, 28)
    images = images[::step]
    changed = [n for n, image in enumerate(images) if (largest(file(image)) != image).any()]
    assert changed == []


@pytest.mark.skipif(not SHARED.exists(), reason="needs people's pictures, in ../shared")
def test_a_digit_is_found_on_every_picture_that_people_made(request):
    step = 1 if request.config.getoption("--long") else 20
    with (SHARED / "own-digits/MANIFEST.csv").open() as manifest:
        paths = [SHARED / "own-digits" / row["path"] for row in csv.DictReader(manifest)]
    images = [largest(path.read_bytes()) for path in paths[::step]]
    assert all(image.max() >= 250 for image in images)


@settings(deadline=None, max_examples=15)
@given(
    st.integers(1, 40),
    st.integers(1, 40),
    st.sampled_from([1, 3]),
    st.sampled_from([2, 16, 256]),
    st.integers(0, 2**32 - 1),
)
def test_any_small_picture_is_read_or_refused(height, width, planes, levels, seed):
    light = np.random.default_rng(seed).integers(0, levels, (height, width, planes)) * 255
    picture = (light // (levels - 1)).astype(np.uint8).squeeze(2 if planes == 1 else ())
    try:
        image = largest(file(picture))
    except PictureError:
        return
    assert image.shape == (28, 28)
    assert image.max() > 0


def test_a_pale_digit_above_a_black_line_is_found_without_it():
    paper = np.full((300, 300), 250.0)
    paper[270:276, 30:270] = 20
    pale = on(paper, ink(4, pen=6), 175)
    assert alike(largest(file(noisy(pale, 2))), plain(4)) >= SAME


@pytest.mark.parametrize("pen", [3, 5])
def test_a_thick_frame_around_a_row_of_digits(pen):
    paper = np.full((44, 160), 255.0)
    cv2.rectangle(paper, (5, 5), (154, 38), 50, pen)
    row = sum(ink(4, size=(44, 160), centre=(0.5, at), height=0.4, pen=2) for at in (0.2, 0.5, 0.8))
    found = segment_picture(file(on(paper, row)))
    assert 10 < max(each.box[2] for each in found.candidates) < 24


@pytest.mark.parametrize("spread", [0, 5])
def test_a_broad_pen_on_a_tight_crop_is_not_hollowed(spread):
    small = cv2.resize(
        ink(4, size=(96, 96), pen=14, height=0.7), (28, 28), interpolation=cv2.INTER_AREA
    )
    large = cv2.resize(small, (140, 140), interpolation=cv2.INTER_CUBIC).clip(0, 1)
    picture = on(240, large, 40)
    image = largest(file(noisy(picture, spread)))
    assert alike(image, largest(file(on(255, ink(4, pen=40, height=0.7))))) >= SAME
