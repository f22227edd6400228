"""What the command line takes: options parsed, one core function called. `cli` alone enters."""
