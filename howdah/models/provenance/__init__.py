"""What a model's file was made with, read from it without loading anything of it.

``reading`` recognises a file or folder by its content and asks the module of its format;
``requirements`` says which packages, in which versions, its environment needs.
"""
