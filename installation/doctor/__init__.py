"""The command `doctor`: what of a set-up is well, doubtful or broken, and what to do about it."""
