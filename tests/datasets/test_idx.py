"""IDX bytes to arrays and back."""

import struct

import numpy as np
import pytest
from common.idxfile import serialize
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from mnistcli.datasets import idx
from mnistcli.errors import DatasetError

# The format's own description, spelled out by hand: magic 00 00 08 02, 2 rows, 3 columns, data.
TWO_BY_THREE = bytes.fromhex("00000802 00000002 00000003 000102 fdfeff")


def test_parse_reads_a_file_written_by_hand():
    array = idx.parse(TWO_BY_THREE)
    assert array.dtype == np.uint8
    assert array.tolist() == [[0, 1, 2], [253, 254, 255]]


def test_serialize_writes_the_file_written_by_hand():
    array = np.array([[0, 1, 2], [253, 254, 255]], np.uint8)
    assert serialize(array) == TWO_BY_THREE


@given(arrays(np.uint8, array_shapes(max_dims=4, max_side=5)))
def test_parse_undoes_serialize(array):
    np.testing.assert_array_equal(idx.parse(serialize(array)), array)


def test_serialize_of_a_transposed_view_is_in_row_order():
    view = np.array([[0, 253], [1, 254], [2, 255]], np.uint8).T
    assert serialize(view) == TWO_BY_THREE


@pytest.mark.parametrize(
    ("data", "found"),
    [
        (b"", "nothing"),
        (b"<!DOCTYPE html>", "3c 21 44 4f"),
        (bytes.fromhex("00000d01 00000001 00000000"), "00 00 0d 01"),
        (bytes.fromhex("01000801 00000001 00"), "01 00 08 01"),
    ],
)
def test_a_wrong_magic_number_is_named(data, found):
    with pytest.raises(DatasetError, match=f"expected it to begin with 00 00 08, got {found}"):
        idx.parse(data)


@pytest.mark.parametrize("length", range(4, 12))
def test_a_header_that_is_cut_short_is_refused(length):
    with pytest.raises(DatasetError, match="header is cut short"):
        idx.parse(TWO_BY_THREE[:length])


@pytest.mark.parametrize("data", [TWO_BY_THREE[:-1], TWO_BY_THREE + b"\0"])
def test_content_shorter_or_longer_than_the_dimensions_is_refused(data):
    with pytest.raises(DatasetError, match=f"2 x 3 has 18 bytes, got {len(data)}"):
        idx.parse(data)


def test_absurd_dimensions_are_refused_without_taking_memory():
    four_thousand_million_cubed = bytes.fromhex("00000803") + b"\xff" * 12
    with pytest.raises(DatasetError, match="4294967295 x 4294967295 x 4294967295"):
        idx.parse(four_thousand_million_cubed)


def test_no_dimensions_at_all_are_refused():
    with pytest.raises(DatasetError):
        idx.parse(bytes.fromhex("00000800 00"))


@given(st.binary(max_size=64))
def test_any_bytes_are_an_array_or_a_dataset_error(data):
    try:
        array = idx.parse(data)
    except DatasetError:
        return
    assert array.dtype == np.uint8


@given(st.binary(max_size=24), st.integers(1, 255))
def test_any_bytes_behind_a_right_magic_number_are_an_array_or_a_dataset_error(rest, dimensions):
    try:
        idx.parse(bytes([0, 0, 8, dimensions]) + rest)
    except DatasetError:
        return


def test_a_header_holds_its_dimensions_as_big_endian_uint32():
    assert idx.header((60_000, 28, 28)) == struct.pack(">4B3I", 0, 0, 8, 3, 60_000, 28, 28)
