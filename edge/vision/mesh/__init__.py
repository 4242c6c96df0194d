"""The face mesh: 468 points of a face, and what follows from them."""
