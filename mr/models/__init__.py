"""A model's manifest, the loading of its files, and its compiled trees."""
