"""What the networks that read faces are worth: `python -m training.evaluation.readers`."""
