"""What a fitted model takes and gives, learned from the model itself without calling it."""
