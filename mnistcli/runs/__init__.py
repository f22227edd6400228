"""Run folders: configuration, history, files, one beside the other. Any room above may enter."""
