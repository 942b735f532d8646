"""The ground floor: the order's duties, numbers, closed lists and pure rules. Imports nothing of ours and no Django."""
