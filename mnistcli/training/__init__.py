"""Fits a network to a dataset, alone or with other workers. `commands` enter, and `terminal`."""
