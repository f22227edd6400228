"""The loop that fits a network to images, and the graphs it runs: no runs, no files. `training` enters, and `terminal`."""
