"""Who asked, what we said, what left (E, H, I, N.1). Nothing is kept here yet: see the clause page."""
