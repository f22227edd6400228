"""What a person sees in a terminal, a view a command; the one room with rich. For `commands`."""
