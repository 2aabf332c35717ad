"""A model tried before it is added: a real task's predictions against the model's own."""
