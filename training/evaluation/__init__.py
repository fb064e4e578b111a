"""What a generator's weights are worth, in figures and sheets: `python -m training.evaluation`."""
