"""Environments of models: packages of exact versions, locked, installed, sealed and published."""
