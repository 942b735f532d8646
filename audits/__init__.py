"""How long records are kept, legal holds over them, and their disposal by two persons (K.report, F.1)."""
