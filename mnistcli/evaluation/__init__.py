"""How good a run is: what it scores, where it errs, how far it can be believed. For all above."""
