"""Images to probabilities, pictures to digits, on LiteRT. Any room above may enter."""
