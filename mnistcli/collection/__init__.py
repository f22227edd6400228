"""People's own labelled images, of whatever kind, into the store. Any room above may enter."""
