"""How A(w, u) moves expressions from face to face: `python -m training.evaluate`."""
