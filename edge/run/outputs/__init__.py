"""What a session writes: summaries, crops, tables of frames, figures for a booth's page."""
