"""Where digits come from: mirrors and caches, verified, and the store. Any room above may enter."""
