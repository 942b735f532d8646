"""What it all adds up to (K, L.4, L.5, N.2, N.3). Nothing is kept here yet: see the clause page."""
