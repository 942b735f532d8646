"""Reads reported wrong."""
