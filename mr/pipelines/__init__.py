"""One module or package per pipeline, and the registry that names all of them."""
