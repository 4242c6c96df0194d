"""The pose of a body: 33 points of the most certain person in a picture."""
