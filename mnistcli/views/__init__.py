"""What a person sees of each command: progress on stderr, results on stdout."""
