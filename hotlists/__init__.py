"""What we watch for, and what came of it (B.1, C.2.A, C.2.B.1-2). Nothing is kept here yet: see the clause page."""
