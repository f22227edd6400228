"""Numbers on paper as it is, composed from single digits of known labels.

`compose` in `kinds` makes a picture and its text; below it, `pen` makes ink of a 28x28 image,
`layout` puts digits beside each other, `furniture` prints what paper has on it, `light` makes a
picture of ink and paper, and `screens` what programs and phones put around a digit. `letters` and
`scribbles` draw what is no digit. `python benchmarks/write_paper.py` writes folders of them all.

Everything follows from a NumPy generator. Arrays of ink are coverage, float32 (h, w) of 0..1.
"""
