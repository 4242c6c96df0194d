"""A face in a picture: detections, landmarks and mesh as types, and the crop that networks are given."""
