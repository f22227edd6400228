"""What is no digit, drawn by code, as images that a network can learn to refuse.

`shapes` are letters and signs, `scribbles` draws what means nothing, `parts` spoils digits of the
synthetic dataset as a bad cut does; `hand` varies ways of the pen and inks them. Everything
comes as a mask, uint8 (h, w) of 0 and 1, and becomes an image as any picture's digit does.
"""
