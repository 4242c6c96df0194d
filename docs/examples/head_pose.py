"""Prints where the head in a video faces, and how far eyes and mouth are open: `python head_pose.py VIDEO`."""

import sys

import edge


def main(path: str) -> None:
    """Print a line for each frame with a face."""
    with edge.Watcher(mesh=True) as watcher:
        for seen in watcher.observations(path):
            if seen.mesh is None:
                continue
            mesh, head = seen.mesh, seen.mesh.head
            angles = f"yaw {head.yaw_deg:+4.0f}  pitch {head.pitch_deg:+4.0f}  roll {head.roll_deg:+4.0f}"
            print(
                f"{seen.tick_s:7.2f} s  {angles}"
                f"  eyes {mesh.right_eye_opening:.2f} {mesh.left_eye_opening:.2f}"
                f"  mouth {mesh.mouth_opening:.2f}  smile {mesh.smile:.2f}"
            )


if __name__ == "__main__":
    main(sys.argv[1])
