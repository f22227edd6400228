"""transcription: what the network says of each candidate -> the text."""

import numpy as np
import pytest

from mnistcli.errors import PictureError
from mnistcli.picture.segmentation import Candidate, Segmentation
from mnistcli.reading.transcription import Transcription, transcribe

IMAGE = np.zeros((28, 28), np.uint8)
HEIGHT = 50.0


class Picture:
    """Candidates on a picture, and what a network says of them."""

    def __init__(self, *lines: int) -> None:
        self.unread = tuple((5.6,) * pieces for pieces in lines)
        self.candidates: list[Candidate] = []
        self.rows: list[np.ndarray] = []
        self.strange: list[float] = []

    def add(
        self,
        digit,
        first,
        last=None,
        *,
        line=0,
        sure=0.9,
        strange=0.0,
        cost=0.0,
        cuts=(None, None),
        left=None,
    ):
        last = first if last is None else last
        row = np.full(10, (1 - sure) / 9)
        row[digit] = sure
        start = 60 * first if left is None else left
        box = (start, 60 * line, 40 + 60 * (last - first), 50)
        self.candidates.append(Candidate(line, first, last, box, IMAGE, cost, cuts))
        self.rows.append(row)
        self.strange.append(strange)
        return self

    def read(self, count: int | None = None, *, left_out: bool = False) -> Transcription:
        heights = (HEIGHT,) * len(self.unread)
        found = Segmentation((500, 500), tuple(self.candidates), self.unread, heights, left_out)
        return transcribe(found, np.array(self.rows), np.array(self.strange), count)


def test_digits_are_read_in_order():
    said = Picture(3).add(3, 0).add(1, 1).add(4, 2).read()
    assert said.text == "314"
    assert [digit.digit for digit in said.digits] == [3, 1, 4]
    assert not said.doubtful


@pytest.mark.parametrize("count", [None, 1])
def test_a_cut_is_paid_for_once_whichever_side_of_it_is_read(count):
    whole = Picture(2).add(0, 0, 1, cost=8)
    assert whole.add(7, 1, cuts=(1, None)).read(count).text == "7"
    whole = Picture(2).add(0, 0, 1, cost=8)
    assert whole.add(7, 1, cuts=(2, None)).read(count).text == "0"
    whole = Picture(2).add(0, 0, 1, cost=8)
    assert whole.add(7, 0, cuts=(None, 2)).read(count).text == "0"


@pytest.mark.parametrize("count", [None, 2])
def test_a_cut_between_digits_is_paid_for_once(count):
    parts = Picture(2).add(0, 0, 1, cost=3.5).add(1, 0, cuts=(None, 2)).add(7, 1, cuts=(2, None))
    assert parts.read(count).text == "17"


def one_or_two(*lines: int) -> Picture:
    """A 0, rather than a 1 and a 7 that touch."""
    parts = Picture(*lines).add(0, 0, 1, cost=0.8)
    return parts.add(1, 0, cuts=(None, 0)).add(7, 1, cuts=(0, None))


def test_whoever_lets_digits_touch_in_a_line_may_have_done_so_again():
    assert one_or_two(2).read().text == "0"
    again = one_or_two(4).add(3, 2, cuts=(None, 0)).add(5, 3, cuts=(0, None))
    assert again.read().text == "1735"
    below = one_or_two(2, 2).add(3, 0, line=1, cuts=(None, 0)).add(5, 1, line=1, cuts=(0, None))
    assert below.read().text == "0\n35"


def test_one_digit_has_the_probability_that_the_network_gives_it():
    said = Picture(1).add(7, 0, sure=0.8).read()
    assert (said.text, said.probability) == ("7", pytest.approx(0.8))


def test_the_probability_of_a_number_is_that_of_all_its_digits():
    said = Picture(2).add(3, 0, sure=0.9).add(1, 1, sure=0.8).read()
    assert said.probability == pytest.approx(0.72, abs=0.01)


def test_paths_to_the_same_text_add_up():
    either = Picture(1).add(5, 0).add(5, 0, cost=0.1)
    either.add(1, 0, cost=0.1)
    said = either.read()
    assert said.text == "5"


def test_the_better_of_two_segmentations_is_read():
    whole = Picture(2).add(0, 0, 1, sure=0.99).add(1, 0, sure=0.5, cuts=(None, 1))
    assert whole.add(7, 1, sure=0.5, cuts=(1, None)).read().text == "0"
    cut = Picture(2).add(0, 0, 1, strange=0.999).add(1, 0, cuts=(None, 1)).add(7, 1, cuts=(1, None))
    assert cut.read().text == "17"


def test_a_price_makes_the_other_segmentation_better():
    dear = Picture(2).add(0, 0, 1, sure=0.6).add(1, 0, sure=0.9, cost=1).add(7, 1, sure=0.9, cost=1)
    assert dear.read().text == "0"


def test_exactly_so_many_digits_are_read_as_asked_for():
    picture = Picture(2).add(0, 0, 1, sure=0.99).add(1, 0, sure=0.5).add(7, 1, sure=0.5)
    assert picture.read(1).text == "0"
    assert picture.read(2).text == "17"
    with pytest.raises(PictureError, match="3 digits"):
        picture.read(3)


def test_with_one_digit_too_many_the_least_likely_is_left_out():
    said = Picture(3).add(3, 0).add(1, 1, sure=0.3, strange=0.9).add(4, 2).read(2)
    assert [digit.digit for digit in said.digits] == [3, 4]


def test_a_dash_is_left_out_in_silence():
    picture = Picture(3).add(3, 0).add(1, 1, strange=0.99).add(4, 2)
    picture.unread = ((4.0, 1.4, 4.0),)
    said = picture.read()
    assert (said.text, said.doubtful) == ("3 4", False)


def test_a_tick_that_looks_like_a_1_is_left_out_and_joined_to_no_digit():
    picture = Picture(3).add(3, 0).add(1, 1, sure=0.99999, cost=14.0).add(9, 2)
    picture.add(4, 1, 2, cost=5.0).unread = ((4.0, 2.0, 4.0),)
    said = picture.read()
    assert (said.text.replace(" ", ""), said.doubtful) == ("39", False)


def test_a_letter_among_digits_makes_the_answer_doubtful():
    assert Picture(3).add(3, 0).add(4, 1, strange=0.99).add(4, 2).read().doubtful


def test_a_digit_in_an_odd_hand_is_rather_read_than_left_out_or_cut():
    odd = Picture(3).add(3, 0).add(6, 1, strange=0.95).add(4, 2)
    assert (odd.read().text, odd.read().doubtful) == ("364", True)
    odd = Picture(2).add(0, 0, 1, strange=0.5)
    cut = odd.add(1, 0, strange=0.01, cost=1.5).add(7, 1, strange=0.01, cost=1.5)
    assert cut.read().text == "0"


def test_what_is_no_digit_alone_is_read_with_doubt():
    said = Picture(1).add(4, 0, strange=0.99).read()
    assert (said.text, said.doubtful) == ("4", True)


def test_what_may_be_a_digit_and_was_left_out_makes_the_answer_doubtful():
    said = Picture(2).add(3, 0).add(4, 1).read(left_out=True)
    assert (said.text, said.doubtful) == ("34", True)


def test_what_is_cut_off_a_digit_and_left_out_makes_the_answer_doubtful():
    letter = Picture(3).add(3, 0).add(7, 1, cuts=(None, 1.0))
    letter.unread = ((5.6, 4.0, 1.4),)
    dash = Picture(3).add(3, 0).add(7, 1)
    dash.unread = letter.unread
    assert [(said.text, said.doubtful) for said in (letter.read(), dash.read())] == [
        ("37", True),
        ("37", False),
    ]


def test_where_nothing_is_a_digit_as_it_stands_the_answer_is_doubtful():
    assert Picture(2).add(1, 0, cuts=(None, 1)).add(1, 1, cuts=(1, None)).read().doubtful


def test_lines_are_parted_by_newlines_and_counted_from_the_first_that_is_read():
    picture = Picture(1, 1, 1).add(3, 0, line=1).add(1, 0, line=2)
    picture.unread = ((0.1,), (4.0,), (4.0,))
    said = picture.read()
    assert said.text == "3\n1"
    assert [digit.line for digit in said.digits] == [0, 1]


def test_a_line_of_print_is_left_out_with_doubt_and_a_line_of_digits_is_not():
    def lines(strange: float) -> Transcription:
        picture = Picture(4, 2)
        for piece in range(4):
            picture.add(1, piece, strange=strange, sure=0.99)
        return picture.add(3, 0, line=1).add(4, 1, line=1).read()

    printed, written = lines(0.9), lines(0.1)
    assert (printed.text.replace(" ", ""), printed.doubtful) == ("34", True)
    assert (written.text.replace(" ", ""), written.doubtful) == ("1111\n34", False)


def test_numbers_that_stand_apart_have_a_space_between_them():
    apart = Picture(4)
    for index, left in enumerate((0, 60, 200, 260)):
        apart.add(index, index, left=left)
    assert apart.read().text == "01 23"


def test_digits_that_all_stand_apart_are_one_number():
    apart = Picture(4)
    for index in range(4):
        apart.add(index, index, left=140 * index)
    assert apart.read().text == "0123"


def test_without_candidates_there_is_no_digit():
    with pytest.raises(PictureError, match="no digit found"):
        transcribe(Segmentation((9, 9), (), ((0.1,),), (9.0,)), np.empty((0, 10)), np.empty(0))
