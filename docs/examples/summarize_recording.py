"""Prints a summary for every ten seconds of a recording as JSON lines: `python summarize_recording.py FILE`.

Nothing is written to a disk. A camera (`camera:0`) and a stream's URL work too; their absences go to standard error.
"""

import json
import sys

import edge


def main(source: str) -> None:
    """Print each window's summary, and the session's at the end."""
    with edge.Watcher() as watcher:
        for event in watcher.events(source, window_s=10):
            if isinstance(event, edge.SourceAway):
                print(f"{event.message} Next try in {event.retry_s:.0f} s.", file=sys.stderr)
            elif isinstance(event, edge.WindowClosed | edge.SessionEnded):
                summary = event.summary
                figures = {
                    "kind": summary.kind,
                    "length_s": round(summary.length_s, 2),
                    "readable_share": round(summary.readable_share, 3),
                    "levels": summary.levels,
                    "score_mean": summary.score_mean,
                }
                print(json.dumps(figures))


if __name__ == "__main__":
    main(sys.argv[1])
