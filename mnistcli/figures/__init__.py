"""A run as plots and as a page, written into its folder. `commands` enter, and `terminal`."""
