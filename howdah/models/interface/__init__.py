"""What a fitted model takes and gives, found out by inspecting the model without calling it."""
