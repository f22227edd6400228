"""The runs of a sweep, several at once. `commands` enter, and `terminal`."""
