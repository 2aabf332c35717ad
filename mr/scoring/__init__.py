"""What pipelines that score are made of: a block in, a model's checked predictions out."""
