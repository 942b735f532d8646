"""The demo: fictional people, cameras, reads and searches, all dated relative to today and the same for each seed.

Nobody and no vehicle in it exists. Plates have the form of a California passenger plate with I, O or Q as the first
letter, where California never puts one (nor does it sell such plates by number), so no vehicle on the road bears one.
Mail addresses end in ``.invalid``, a domain that cannot exist; they also tell the demo's members from real ones.
"""
