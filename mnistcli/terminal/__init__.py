"""What a person sees in a terminal, a view a command, by rich. `commands` enter, and `cli`."""
